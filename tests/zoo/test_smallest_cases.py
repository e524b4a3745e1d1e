"""What the table of the zoo cannot show: the smallest case of each way in which a module was once another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from modules import Attention, FrozenNorm, OwnInitialisation, Scaled, Tied, mlp
from tiny import made, same
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

import workbench as wb
from workbench.ensembles import multiplications
from workbench.nets.plain_module import private
from workbench.work.fingerprint import fingerprint

DATA = made(n=36)
RECIPE = wb.Recipe(steps=3, batch_size=12, learning_rate=0.05)
SLOPE: float = 2.0


def slope(x: Tensor) -> Tensor:
    return x * SLOPE


def steep(x: Tensor) -> Tensor:
    return slope(x).relu()


class Shared(nn.Module):
    """A module whose forward pass calls a function beside it, which reads a number beside that."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(steep(x.flatten(1)))


def with_buffer(value: float) -> nn.Module:
    model = mlp()
    model.register_buffer("offset", torch.tensor([value]), persistent=False)
    return model


def with_hook(factor: float) -> nn.Module:
    model = mlp()
    model.register_forward_hook(lambda module, inputs, output: factor * output)  # pyright: ignore[reportOperatorIssue]
    return model


def frozen(layer: int) -> nn.Module:
    model = mlp()
    model[layer].requires_grad_(False)
    return model


def resting(layer: int) -> nn.Module:
    model = mlp(nn.BatchNorm1d(6), nn.BatchNorm1d(6))
    model[layer].eval()
    return model


def tied(together: bool) -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 16, bias=False), nn.Linear(16, 16, bias=False), nn.Linear(16, 3))
    if together:
        model[2].weight = model[1].weight
    return model


PAIRS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module]]] = {
    "a plain number": (lambda: Scaled(1.0), lambda: Scaled(2.0)),
    "torch's functions": (lambda: Scaled(act=torch.relu), lambda: Scaled(act=torch.tanh)),
    "Python's functions of torch": (lambda: Scaled(act=functional.silu), lambda: Scaled(act=functional.mish)),
    "functions of one's own": (lambda: Scaled(act=slope), lambda: Scaled(act=steep)),
    "closures": (lambda: Scaled(act=lambda x: x + 1), lambda: Scaled(act=lambda x: x + 2)),
    "buffers that are not kept": (lambda: with_buffer(1.0), lambda: with_buffer(2.0)),
    "hooks": (lambda: with_hook(1.0), lambda: with_hook(2.0)),
    "what is frozen": (lambda: frozen(1), lambda: frozen(3)),
    "what rests in eval mode": (lambda: resting(2), lambda: resting(3)),
    "what is tied": (lambda: tied(True), lambda: tied(False)),
    "heads, which no repr shows": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        lambda: nn.MultiheadAttention(4, 4, batch_first=True),
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_modules_that_differ_have_two_keys(pair: tuple[Callable[[], nn.Module], Callable[[], nn.Module]]):
    one, other = pair
    assert fingerprint(one()) == fingerprint(one()) != fingerprint(other())


def test_what_a_modules_code_reads_is_in_its_key(monkeypatch: pytest.MonkeyPatch):
    before = fingerprint(Shared())
    monkeypatch.setitem(globals(), "SLOPE", 3.0)  # two calls away from the forward pass
    assert fingerprint(Shared()) != before


def test_what_a_function_reads_is_in_its_key(monkeypatch: pytest.MonkeyPatch):
    call = wb.call(steep, torch.ones(2))
    before = call.key()
    assert call.key() == before
    monkeypatch.setitem(globals(), "SLOPE", 3.0)
    assert call.key() != before
    monkeypatch.setitem(globals(), "slope", lambda x: x)
    assert call.key() != before


def test_a_modules_weights_are_in_the_key_where_no_argument_gives_others():
    one, other = mlp(), mlp()
    assert wb.call(wb.snapshot, one).key() != wb.call(wb.snapshot, other).key()
    weights = wb.snapshot(one)
    assert wb.call(wb.train, one, weights, DATA, RECIPE).key() == wb.call(wb.train, other, weights, DATA, RECIPE).key()


def test_what_cannot_be_told_apart_is_refused_by_name():
    model = mlp()
    model.draw = torch.Generator()  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"draw is a torch.*Generator, which has no fingerprint; pass"):
        fingerprint(model)


def test_a_model_in_eval_mode_is_trained_as_one_in_train_mode():
    model, other = mlp(nn.BatchNorm1d(6)), mlp(nn.BatchNorm1d(6)).eval()
    start = wb.snapshot(model)
    weights = [wb.train(net, start, DATA, RECIPE).weights for net in (model, other)]
    assert same(*weights)
    assert not torch.equal(weights[0]["2.running_mean"], start["2.running_mean"])
    assert not other.training


def test_a_norm_at_rest_in_a_model_in_train_mode_keeps_its_statistics():
    model = FrozenNorm()
    run = wb.train(model, wb.snapshot(model), DATA, RECIPE)
    assert torch.equal(run.weights["norm.running_mean"], torch.full((3,), 0.1))


def test_a_constructor_draws_by_its_own_law_and_another_for_every_seed():
    one, again, other = (wb.initialise(OwnInitialisation, seed=seed) for seed in (1, 1, 2))
    assert same(one, again)
    assert float(one["first.weight"].std()) == pytest.approx(0.5, rel=0.2)
    assert not torch.equal(one["first.weight"], other["first.weight"])
    with pytest.warns(UserWarning, match=r"first.weight has mean .* and deviation 0\.5.*wb.initialise\(Net, seed=1\)"):
        wb.initialise(OwnInitialisation(), seed=1)


def test_a_draw_that_would_leave_weights_as_they_are_is_refused():
    def normed() -> nn.Module:
        return mlp(parametrizations.weight_norm(nn.Linear(6, 6)))

    with pytest.raises(ValueError, match=r"2 is made of other weights .* hand in what makes the model"):
        wb.initialise(normed(), seed=1)
    name = "2.parametrizations.weight.original1"
    assert not torch.equal(*(wb.initialise(normed, seed=seed)[name] for seed in (1, 2)))

    class Half(nn.Linear):
        def reset_parameters(self) -> None:
            nn.init.zeros_(self.weight)

    with pytest.raises(ValueError, match=r"bias are not drawn by any reset_parameters"):
        wb.initialise(Half(2, 2), seed=1)


def test_what_makes_the_same_model_for_every_seed_is_refused():
    with pytest.raises(ValueError, match="draws nothing from torch's generator, so that every seed"):
        wb.initialise(lambda: wb.models.lenet(DATA), seed=1)
    with pytest.raises(ValueError, match=r"model must be an nn.Module, or what makes one without arguments, got"):
        wb.initialise(wb.models.lenet, seed=1)  # pyright: ignore[reportArgumentType]


def test_a_layer_made_of_other_weights_is_pruned_around_where_keep_says_so():
    model = mlp(parametrizations.weight_norm(nn.Linear(6, 6)))
    with pytest.raises(ValueError, match=r"2.weight is made of other weights .* keep=\('2.weight',\) leaves it dense"):
        wb.masks.full(model)
    mask = wb.masks.full(model, keep=("2.weight",))
    assert list(mask) == ["1.weight", "4.weight"]
    options: dict[str, Any] = {"rounds": 1, "fraction": 0.5, "keep": ("2.weight",)}
    *_, last = wb.lottery.rounds(model, wb.snapshot(model), DATA, RECIPE, **options)
    assert wb.masks.density(last.mask) == 0.5
    kept = wb.pruning.prune("edge_popup", model, wb.snapshot(model), DATA, RECIPE, density=0.5, mask=mask)
    assert wb.masks.density(kept) == 0.5


def test_the_projections_of_attention_may_be_pruned_and_their_products_are_not_miscounted():
    model = Attention()
    assert list(wb.masks.full(model)) == ["attend.in_proj_weight", "attend.out_proj.weight", "out.weight"]
    options: dict[str, Any] = {"losses": [wb.CrossEntropy()], "density": 0.5}
    (member,) = wb.ensembles.members(model, DATA, RECIPE, **options)
    with pytest.raises(ValueError, match=r"attend.in_proj_weight is of neither; keep it dense"):
        multiplications(model, member, DATA)


def test_tied_weights_are_tied_through_every_door(tmp_path: Path):
    model = Tied()
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.1)
    weights = wb.snapshot(model)
    ticket = wb.Ticket(weights, mask)
    wb.save(ticket, tmp_path / "ticket.safetensors")
    call = wb.call(wb.train, model, weights, DATA, RECIPE, mask=mask)
    stored = [wb.Archive(tmp_path / "runs").run(call) for _ in range(2)][1].weights
    doors = {
        "state dict": wb.Ticket(model.state_dict(), mask).weights,
        "mix": wb.Ticket(wb.mix(weights, stored, 0.5), mask).weights,
        "file": wb.open(tmp_path / "ticket.safetensors").weights,
        "archive": wb.Ticket(stored, mask).weights,
        "perturbed": wb.landscape.perturbed(weights, mask, length=1.0),
    }
    for door, values in doors.items():
        assert torch.equal(values["first.weight"], values["second.weight"]), door
        assert float((values["second.weight"] != 0).float().mean()) < 0.2, door
    torn = weights | {"second.weight": weights["second.weight"] + 1}
    with pytest.raises(ValueError, match=r"first.weight and second.weight are one tensor in the model .* give both"):
        wb.evaluate(model, torn, DATA.test)


def test_a_private_copy_keeps_the_numbers_of_an_activation():
    model = mlp()
    model.seen = [model(torch.ones(2, 1, 4, 4))]  # pyright: ignore[reportArgumentType]
    copied: Any = private(model)
    assert torch.equal(copied.seen[0], model.seen[0])  # pyright: ignore[reportIndexIssue]
    assert copied.seen[0].is_leaf
