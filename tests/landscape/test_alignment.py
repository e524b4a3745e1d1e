"""Alignment: the same function in another order of its units, found again, for any module whose units can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, narrow, same
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.data.data import Data
from workbench.landscape import align, match, path, permutations, permute
from workbench.landscape.hidden_units import hidden_units
from workbench.nets.weights import Weights

DATA = made(shape=(1, 8, 8))


def logits(model: nn.Module, weights: Weights, data: Data = DATA) -> Tensor:
    return wb.evaluate(model, weights, data.test).logits


def drawn(model: nn.Module, seed: int = 0) -> Weights:
    """Weights in which no two numbers are the same, batch-norm's included."""
    draw = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(t.shape, generator=draw) + 0.1 * (t.dim() == 1) - 0.4 * (t.dim() > 1)
        if t.is_floating_point()
        else t
        for name, t in wb.snapshot(model).items()
    }


def trained(name: str, data: Data, seed: int, steps: int) -> tuple[nn.Module, Weights]:
    model = wb.models.named(name, data, seed=seed)
    recipe = wb.Recipe(steps=steps, batch_size=64)
    return model, wb.train(model, wb.snapshot(model), data, recipe, seed=seed).weights


# ---- permuting


def test_two_units_change_places_with_all_that_reads_and_makes_them():
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 3))
    weights = {
        "1.weight": torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
        "1.bias": torch.tensor([5.0, 6.0]),
        "3.weight": torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "3.bias": torch.tensor([7.0, 8.0, 9.0]),
    }
    found = permute(model, weights, {"1.weight": torch.tensor([1, 0])})
    assert found["1.weight"].tolist() == [[3, 4], [1, 2]]
    assert found["1.bias"].tolist() == [6, 5]
    assert found["3.weight"].tolist() == [[2, 1], [4, 3], [6, 5]]
    assert found["3.bias"].tolist() == [7, 8, 9]  # classes keep their places


def test_behind_a_flatten_a_channel_is_a_block_of_its_pixels():
    model, order = Own(channels=3), torch.tensor([2, 0, 1])
    weights = drawn(model)
    found = permute(model, weights, {"conv.weight": order})
    assert torch.equal(found["fc.weight"], weights["fc.weight"].view(3, 3, 16)[:, order].reshape(3, 48))
    for name in ("conv.weight", "conv.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"):
        assert torch.equal(found[name], weights[name][order])
    assert torch.allclose(logits(model, found, made()), logits(model, weights, made()), atol=1e-5)


def test_a_residual_stream_is_one_group_with_its_shortcuts_and_norms():
    groups = hidden_units(wb.models.resnet8(DATA, width=4))
    assert {name: group.size for name, group in groups.items()} == {
        "conv.weight": 4,
        "blocks.0.conv1.weight": 4,
        "blocks.1.conv1.weight": 8,
        "blocks.1.conv2.weight": 8,
        "blocks.2.conv1.weight": 16,
        "blocks.2.conv2.weight": 16,
    }
    stream = {(axis.name, axis.dim) for axis in groups["conv.weight"].axes if axis.name.endswith("weight")}
    assert stream == {
        ("conv.weight", 0),
        ("norm.weight", 0),
        ("blocks.0.conv1.weight", 1),
        ("blocks.0.conv2.weight", 0),
        ("blocks.0.norm2.weight", 0),
        ("blocks.1.conv1.weight", 1),
        ("blocks.1.shortcut.0.weight", 1),
    }


@pytest.mark.parametrize("name", [name for name in wb.models.MODELS if name not in ("resnet32", "resnet56")])
def test_a_permuted_model_computes_the_same_and_is_found_again(name: str):
    model = wb.models.named(narrow(name), DATA)
    weights = drawn(model)
    mixed = permute(model, weights, permutations(model, seed=1))
    assert not same(mixed, weights)
    expected = logits(model, weights)
    assert torch.allclose(logits(model, mixed), expected, atol=1e-5 * float(expected.abs().max()))
    assert same(align(model, weights, mixed), weights)


# ---- modules of one's own


class Module(nn.Module):
    """A module of some layers whose forward pass is a function."""

    def __init__(self, run: Callable[[Any, Tensor], Any], **layers: Any) -> None:
        super().__init__()
        self.run = run
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, images: Tensor) -> Any:
        return self.run(self, images)


def conv(inputs: int, outputs: int, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, **options)


def concatenated(m: Any, x: Tensor) -> Tensor:
    a = functional.relu(m.a(x))
    b = m.norm(torch.cat([a, m.b(a)], dim=1))
    return m.fc(functional.adaptive_avg_pool2d(b, 2).flatten(1))


def depthwise(m: Any, x: Tensor) -> Tensor:
    a = m.deep(m.a(x)).relu()
    a *= torch.sigmoid(m.gate(a.mean((2, 3), keepdim=True)))
    return m.fc(a[:, :, ::2, ::2].reshape(a.size(0), -1))


def shared(m: Any, x: Tensor) -> Tensor:
    a = m.first(torch.flatten(x, 1))
    for _ in range(3):
        a = a + torch.tanh(m.again(a)) * 0.5
    return m.fc(m.norm(a))


def scaled(m: Any, x: Tensor) -> Tensor:
    return m.fc(m.norm(m.up(m.act(m.a(x))) * m.scale).mean((2, 3)))


MODULES = {
    "concatenated": (
        lambda: Module(concatenated, a=conv(1, 4), b=conv(4, 3), norm=nn.BatchNorm2d(7), fc=nn.Linear(28, 3)),
        2,
    ),
    "depthwise, with a gate": (
        lambda: Module(
            depthwise, a=conv(1, 5), deep=conv(5, 5, groups=5), gate=nn.Conv2d(5, 5, 1), fc=nn.Linear(80, 3)
        ),
        1,
    ),
    "a layer used three times": (
        lambda: Module(shared, first=nn.Linear(64, 6), again=nn.Linear(6, 6), norm=nn.LayerNorm(6), fc=nn.Linear(6, 3)),
        1,
    ),
    "transposed, with a weight for each channel": (
        lambda: Module(
            scaled,
            a=conv(1, 4),
            act=nn.PReLU(4),
            up=nn.ConvTranspose2d(4, 5, 2),
            scale=nn.Parameter(torch.ones(5, 1, 1)),
            norm=nn.GroupNorm(1, 5),
            fc=nn.Linear(5, 3),
        ),
        2,
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_ones_own_is_followed(name: str):
    build, count = MODULES[name]
    model = build()
    weights = drawn(model)
    found = permutations(model, seed=2)
    assert len(found) == count
    mixed = permute(model, weights, found)
    expected = logits(model, weights)
    assert torch.allclose(logits(model, mixed), expected, atol=1e-5 * float(expected.abs().max()))
    assert not same(mixed, weights)
    assert same(align(model, weights, mixed), weights)
    assert same(weights, drawn(model))


def test_units_that_are_added_to_the_images_keep_their_places():
    model = Module(
        lambda m, x: m.fc(m.b(x + m.a(x)).relu().flatten(1)), a=conv(1, 1), b=conv(1, 3), fc=nn.Linear(192, 3)
    )
    assert set(permutations(model)) == {"b.weight"}


def attention(m: Any, x: Tensor) -> Tensor:
    a = m.a(x).flatten(1)
    return m.fc(torch.matmul(a, a))


UNKNOWN = {
    "an operation": (attention, "the operation matmul is not known"),
    "numbers": (lambda m, x: m.a(x) if m.a(x).norm() > 1 else x, "the operation norm is not known"),
    "flatten": (lambda m, x: m.fc(m.a(x).flatten(2)), "flatten other than from the second axis"),
    "no flatten": (lambda m, x: m.fc(m.a(x)), "a linear layer on an image that is not laid flat"),
    "a made weight": (lambda m, x: functional.conv2d(x, m.a.weight * 2), "not the model's own"),
    "groups": (lambda m, x: m.grouped(m.a(x)), "a convolution in groups"),
    "a view": (lambda m, x: m.a(x).view(-1, 2, 8, 8), "a view other than one that lays images flat"),
    "a mean": (lambda m, x: m.a(x).mean(1), "a mean over examples or over units"),
    "its own error": (lambda m, x: m.b(x), "has no attribute 'b'"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_followed_is_named(name: str):
    run, said = UNKNOWN[name]
    model = Module(run, a=conv(1, 4), grouped=conv(4, 4, groups=2), fc=nn.Linear(256, 3))
    with pytest.raises(ValueError, match="the hidden units of Module cannot be told") as caught:
        permutations(model)
    assert said in str(caught.value)
    assert "measure the plain path" in str(caught.value)


# ---- matching


@pytest.mark.parametrize(("name", "steps"), [("lenet(hidden=(24, 12))", 60), ("resnet8(width=4)", 40)])
def test_alignment_takes_away_the_barrier_to_a_permuted_copy(name: str, steps: int, digits: Data):
    model, weights = trained(name, digits, 1, steps)
    mixed = permute(model, weights, permutations(model, seed=3))

    def barrier(b: Weights) -> float:
        return path(model, weights, b, digits, points=5, batch_norm="recompute").barrier(of="loss")

    back = align(model, weights, mixed)
    assert same(back, weights)
    assert barrier(mixed) > 0.2
    assert barrier(back) == pytest.approx(0, abs=1e-6)


def test_networks_of_two_seeds_come_closer(digits: Data):
    model, a = trained("lenet(hidden=(64, 32))", digits, 1, 100)
    _, b = trained("lenet(hidden=(64, 32))", digits, 2, 100)
    found = match(model, a, b)
    for name, group in hidden_units(model).items():
        assert found[name].sort().values.tolist() == list(range(group.size))  # every unit once
    near = permute(model, b, found)
    assert torch.allclose(logits(model, near, digits), logits(model, b, digits), atol=1e-4)
    far, close = (path(model, a, end, digits, points=9, batch_norm="recompute") for end in (b, near))
    assert close.barrier(of="loss") < far.barrier(of="loss") / 3
    assert close.barrier() <= far.barrier()

    def inner(weights: Weights) -> float:
        return sum(float((a[name] * weights[name]).sum()) for name in a)

    assert inner(near) > inner(b)


def test_the_best_of_all_permutations_of_one_layer_is_found():
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 3))
    a, b = drawn(model, 1), drawn(model, 2)
    gain = torch.zeros(4, 4)
    for name, dim in (("1.weight", 0), ("1.bias", 0), ("3.weight", 1)):
        gain += a[name].movedim(dim, 0).reshape(4, -1) @ b[name].movedim(dim, 0).reshape(4, -1).T
    every = torch.cartesian_prod(*[torch.arange(4)] * 4)
    every = [order for order in every if len(set(order.tolist())) == 4]
    best = max(every, key=lambda order: float(gain[torch.arange(4), order].sum()))
    assert torch.equal(match(model, a, b)["1.weight"], best)


def test_a_mask_goes_along_with_its_ticket():
    model, a = trained("lenet(hidden=(7, 5))", DATA, 1, 5)
    mask = wb.pruning.magnitude(a, wb.masks.full(model), density=0.3)
    ticket = wb.Ticket(
        permute(model, a, permutations(model, seed=1)), permute(model, mask, permutations(model, seed=1))
    )
    found = match(model, wb.Ticket(a, mask).weights, ticket.weights)
    assert same(permute(model, ticket.mask, found), mask)
    assert wb.masks.density(ticket.mask) == wb.masks.density(mask)


def test_the_same_seed_finds_the_same_and_nothing_is_moved():
    model = Own()
    a, b = drawn(model, 1), drawn(model, 2)
    before, inside = (copied(a), copied(b)), wb.snapshot(model)
    assert same(match(model, a, b, seed=4), match(model, a, b, seed=4))
    assert same(a, before[0])
    assert same(b, before[1])
    assert same(wb.snapshot(model), inside)
    assert model.training
    assert not same(permutations(model, seed=1), permutations(model, seed=2))
    assert all(torch.equal(order, torch.arange(len(order))) for order in permutations(model).values())


def test_a_model_without_hidden_units_is_aligned_as_it_is():
    assert permutations(four()) == {}
    weights = drawn(four())
    assert same(align(four(), weights, weights), weights)


def test_tied_weights_are_permuted_under_both_names():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    model[5].weight = model[3].weight
    weights = drawn(model)
    weights["5.weight"] = weights["3.weight"]
    found = permute(model, weights, permutations(model, seed=1))
    assert torch.equal(found["5.weight"], found["3.weight"])
    assert torch.allclose(logits(model, found), logits(model, weights), atol=1e-5)


def test_a_stop_ends_the_search():
    def watcher(progress: Any) -> None:
        raise wb.progress.Stopped

    with wb.progress.watch(watcher), pytest.raises(wb.progress.Stopped):
        match(Own(), drawn(Own(), 1), drawn(Own(), 2))


def test_bad_input_is_named():
    model, weights = Own(), drawn(Own())
    with pytest.raises(ValueError, match="must have the shapes of the model"):
        align(model, drawn(Own(channels=3)), weights)
    with pytest.raises(ValueError, match=r"the second network is not finite in fc\.weight"):
        align(model, weights, weights | {"fc.weight": weights["fc.weight"] * torch.nan})
    with pytest.raises(ValueError, match="orders must be a whole number from 1 to 1000, got 0"):
        match(model, weights, weights, orders=0)
    with pytest.raises(ValueError, match=r'group of hidden units "conv" is not known; known: conv.weight'):
        permute(model, weights, {"conv": torch.arange(6)})
    with pytest.raises(ValueError, match=r"the permutation of conv.weight must hold each of its 6 units once"):
        permute(model, weights, {"conv.weight": torch.zeros(6, dtype=torch.int64)})
    with pytest.raises(ValueError, match="'other' of shape"):
        permute(model, {"other": torch.zeros(1)}, {})
