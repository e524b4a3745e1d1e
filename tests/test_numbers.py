"""Small recorded results. Where one moves, archived results no longer stand for what the code does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny import Own, made

import workbench as wb

MOVED = (
    "a recorded result moved. If the change is meant to move results, raise workbench.NUMBERS by one "
    "(old archive entries are then made anew) and record the numbers printed here; otherwise the change has a bug"
)


def near(found: Any, recorded: Any, tolerance: float) -> None:
    assert found == pytest.approx(recorded, rel=tolerance, abs=tolerance), f"{MOVED}: {found}"


def checksum(weights: dict[str, torch.Tensor]) -> list[float]:
    """Sum and sum of magnitudes of all weights, which no single one dominates."""
    flat = torch.cat([tensor.double().flatten() for tensor in weights.values()])
    return [float(flat.sum()), float(flat.abs().sum())]


def test_draws_are_as_recorded(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(24, 12))
    near(checksum(wb.snapshot(model)), [2.91733, 147.29322], 1e-4)
    assert digits.train.ids[:6].tolist() == [0, 2, 6, 8, 39, 45], MOVED
    near(float(digits.train.inputs().abs().sum()), 18298.5, 1e-4)


def test_rounds_of_lenet_on_digits_are_as_recorded(digits: wb.Data):
    model = wb.models.lenet(digits, hidden=(24, 12))
    recipe = wb.Recipe(steps=40, device="cpu")
    found = list(wb.lottery.rounds(model, wb.snapshot(model), digits, recipe, rounds=2, fraction=0.5, rewind_step=4))
    near([r.run.test_accuracy for r in found], [0.8314, 0.8715, 0.8581], 0.01)
    near([r.run.test_loss for r in found], [0.5897, 0.4688, 0.4902], 0.01)
    near([x for r in found for x in checksum(r.run.weights)], [17.45, 254.42, 19.80, 228.27, 34.61, 177.90], 0.01)
    near([wb.masks.layers(r.mask)["1.weight"][0] for r in found], [1536, 707, 302], 0.01)


def test_a_network_with_batch_norm_and_augmentation_is_as_recorded():
    recipe = wb.Recipe(
        steps=10,
        batch_size=16,
        optimiser="adam",
        learning_rate=0.01,
        augment="crop+flip",
        schedule="cosine",
        device="cpu",
    )
    run = wb.train(Own(), wb.initialise(Own()), made(), recipe, seed=1)
    near(run.test_loss, 1.1116, 0.01)
    near(checksum(run.weights), [15.275, 44.496], 0.01)


def test_random_places_are_as_recorded():
    mask = wb.pruning.random_mask({"w": torch.ones(12, dtype=torch.bool)}, density=0.5, seed=3)
    assert mask["w"].nonzero().flatten().tolist() == [0, 2, 3, 4, 8, 11], MOVED
    ties = wb.pruning.magnitude({"w": torch.ones(12)}, {"w": torch.ones(12, dtype=torch.bool)}, density=0.5, seed=3)
    assert ties["w"].nonzero().flatten().tolist() == [1, 3, 5, 6, 7, 9], MOVED
    assert wb.NUMBERS == 1  # raised together with what is recorded above
