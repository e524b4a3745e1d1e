"""Weights and tickets: copies, mixtures, files."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
import torch
from tiny import Own, copied, four, made, same
from torch import nn

import workbench as wb
from workbench.nets.weights import owners, untied


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.fc = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.b.weight = self.a.weight

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.b(self.a(images.flatten(1)).relu()).relu())


def test_a_snapshot_is_a_copy_with_the_buffers():
    model = Own()
    taken = wb.snapshot(model)
    assert taken.keys() == model.state_dict().keys()
    assert {"norm.running_mean", "norm.num_batches_tracked"} < taken.keys()
    with torch.no_grad():
        model.fc.bias.add_(1)
    assert not torch.equal(taken["fc.bias"], model.fc.bias)
    assert not any(tensor.requires_grad for tensor in taken.values())


def test_tied_weights_stay_tied_in_a_snapshot_and_are_masked_together():
    model = Tied()
    taken = wb.snapshot(model)
    assert taken["a.weight"] is taken["b.weight"]
    assert owners(model)["b.weight"] == "a.weight"
    assert "b.weight" not in untied(taken, model)
    mask = wb.masks.full(model)
    assert list(mask) == ["a.weight", "fc.weight"]  # counted once
    mask["a.weight"][0] = False
    ticket = wb.Ticket(taken, mask)
    assert torch.equal(ticket.weights["a.weight"], ticket.weights["b.weight"])
    assert not ticket.weights["b.weight"][0].any()


def test_a_ticket_is_zero_where_it_is_pruned_and_leaves_the_weights_alone():
    weights = {"1.weight": torch.tensor([[1.0, -2.0], [3.0, 4.0]])}
    mask = {"1.weight": torch.tensor([[True, False], [False, True]])}
    ticket = wb.Ticket(weights, mask)
    assert ticket.weights["1.weight"].tolist() == [[1, 0], [0, 4]]
    assert weights["1.weight"].tolist() == [[1, -2], [3, 4]]
    assert repr(ticket) == "Ticket(density=0.5, kept=2)"


def test_a_mixture_lies_between_by_hand():
    a = {"w": torch.tensor([0.0, 4.0]), "n": torch.tensor(3)}
    b = {"w": torch.tensor([1.0, 0.0]), "n": torch.tensor(9)}
    mixed = wb.mix(a, b, 0.25)
    assert mixed["w"].tolist() == [0.25, 3.0]
    assert int(mixed["n"]) == 3  # integer buffers come from the first
    assert int(wb.mix(a, b, 1)["n"]) == 3


def test_mixing_weights_of_two_models_names_what_does_not_fit():
    with pytest.raises(ValueError, match=r"missing: .*conv.bias.*not known: 1.weight.*wb.snapshot\(model\)"):
        wb.mix(wb.snapshot(Own()), wb.snapshot(four()), 0.5)
    with pytest.raises(ValueError, match=r"conv.weight has \(4, 1, 3, 3\), not \(6, 1, 3, 3\)"):
        wb.mix(wb.snapshot(Own(6)), wb.snapshot(Own(4)), 0.5)


@pytest.mark.parametrize("build", [Own, Tied, four])
def test_a_saved_ticket_opens_with_the_same_bits_and_loads_into_the_plain_module(build: type, tmp_path: Path):
    model = build()
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.5)
    ticket = wb.Ticket(wb.initialise(model, seed=3), mask)
    wb.save(ticket, tmp_path / "t.safetensors")
    opened = wb.open(tmp_path / "t.safetensors")
    assert same(ticket.weights, opened.weights)
    assert same(ticket.mask, opened.mask)
    plain = build()
    plain.load_state_dict(opened.weights)
    assert same(wb.snapshot(plain), ticket.weights)
    assert [path.name for path in tmp_path.iterdir()] == ["t.safetensors"]


def test_a_trained_ticket_with_tied_weights_computes_the_same_in_the_plain_module(tmp_path: Path):
    model, data = Tied(), made()
    r = list(wb.lottery.rounds(model, wb.snapshot(model), data, wb.Recipe(steps=5), rounds=1))[-1]
    wb.save(r.trained, tmp_path / "t.safetensors")
    model.load_state_dict(wb.open(tmp_path / "t.safetensors").weights)
    logits = model.eval()(data.test.inputs())
    assert torch.allclose(logits, wb.evaluate(model, r.run.weights, data.test).logits, atol=1e-6)
    model.load_state_dict(r.ticket.weights)
    assert same(wb.snapshot(model), r.ticket.weights)


def test_opening_what_is_no_ticket_says_so(tmp_path: Path):
    with pytest.raises(ValueError, match=r"there is no ticket at .*nothing; wb.save\(ticket, path\) writes one"):
        wb.open(tmp_path / "nothing")
    (tmp_path / "half").write_bytes(b"12345678{")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        wb.open(tmp_path / "half")
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2)}, tmp_path / "weights")
    with pytest.raises(ValueError, match="holds no mask"):
        wb.open(tmp_path / "weights")


def test_saving_into_a_folder_that_is_not_there_says_so(tmp_path: Path):
    ticket = wb.Ticket(wb.snapshot(four()), wb.masks.full(four()))
    with pytest.raises(ValueError, match="no folder; make it first"):
        wb.save(ticket, tmp_path / "none" / "t")


def test_a_full_disk_leaves_the_ticket_that_was_there(tmp_path: Path):
    model = Own()
    old = wb.Ticket(wb.initialise(model), wb.masks.full(model))
    wb.save(old, tmp_path / "t")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"t cannot be written"):
            wb.save(wb.Ticket(wb.initialise(model, seed=1), wb.masks.full(model)), tmp_path / "t")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert same(wb.open(tmp_path / "t").weights, copied(old.weights))
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ({"2.weight": torch.ones(2, 2, dtype=torch.bool)}, "2.weight.*does not have.*wb.masks.full"),
        ({"1.weight": torch.ones(3, 2, dtype=torch.bool)}, r"\(3, 2\), its weights \(2, 2\)"),
        ({"1.weight": torch.ones(2, 2)}, "bool tensors, but 1.weight is torch.float32"),
    ],
)
def test_a_ticket_with_a_mask_that_does_not_fit_is_an_error(mask: wb.masks.Mask, message: str):
    with pytest.raises(ValueError, match=message):
        wb.Ticket(wb.snapshot(four()), mask)
