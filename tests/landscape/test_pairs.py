"""Two networks compared: angles of vectors one can see, overlaps one can count, barriers of four weights."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, pair, same

import workbench as wb
from workbench.landscape import angle, compare, disagreement, distance, middle, pairs, perturbed
from workbench.lottery.rounds import Round, midpoint, rounds
from workbench.nets.evaluation import evaluate_all

ALL = {"1.weight": torch.ones(2, 2, dtype=torch.bool)}


def weights(*values: float) -> dict[str, torch.Tensor]:
    return {"1.weight": torch.tensor(values).view(2, 2)}


def places(*values: int) -> dict[str, torch.Tensor]:
    return {"1.weight": torch.tensor(values, dtype=torch.bool).view(2, 2)}


def four_rounds(*networks: tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]) -> list[Round]:
    """Rounds of the four-weight model with these solutions and masks."""
    start = next(rounds(four(), wb.snapshot(four()), pair(), wb.Recipe(steps=0), rounds=0))
    return [replace(start, mask=mask, run=replace(start.run, weights=solution)) for solution, mask in networks]


@pytest.fixture(scope="module")
def found() -> list[Round]:
    """Three rounds of a small batch-normed network."""
    model, recipe = Own(), wb.Recipe(steps=9, batch_size=16, learning_rate=0.05)
    return list(rounds(model, wb.initialise(model), made(), recipe, rounds=2, fraction=0.3))


# ---- angle, distance, disagreement


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((1, 0, 0, 0), (3, 0, 0, 0), 0),
        ((1, 0, 0, 0), (1, 1, 0, 0), 0.5),  # 45 degrees of 90
        ((1, 0, 0, 0), (0, 2, 0, 0), 1),
        ((1, 0, 0, 0), (-1, 0, 0, 0), 2),
        ((1, 0, 0, 0), (1, math.sqrt(3), 0, 0), 2 / 3),  # 60 degrees
    ],
)
def test_an_angle_is_a_share_of_the_right_angle(a: tuple[float, ...], b: tuple[float, ...], expected: float):
    found = angle(weights(*map(float, a)), weights(*map(float, b)), ALL, ALL)
    assert found == pytest.approx(expected, abs=1e-7)


def test_an_angle_is_over_the_places_that_both_keep():
    a, b = weights(1.0, 5.0, 0.0, 9.0), weights(1.0, -5.0, 1.0, 7.0)
    # of the first and third place: (1, 0) and (1, 1)
    assert angle(a, b, places(1, 1, 1, 0), places(1, 0, 1, 1)) == pytest.approx(0.5)
    c, d = {**a, "bias": torch.tensor([100.0])}, {**b, "bias": torch.tensor([-100.0])}
    assert angle(c, d, places(1, 0, 1, 0), places(1, 0, 1, 0)) == pytest.approx(0.5)


def test_there_is_no_angle_without_a_common_place_or_with_zeros():
    assert math.isnan(
        angle(weights(1.0, 1.0, 1.0, 1.0), weights(1.0, 1.0, 1.0, 1.0), places(1, 0, 0, 0), places(0, 1, 1, 1))
    )
    assert math.isnan(angle(weights(0.0, 0.0, 0.0, 0.0), weights(1.0, 1.0, 1.0, 1.0), ALL, ALL))


def test_a_distance_is_over_the_places_of_the_mask():
    a, b = weights(3.0, 0.0, 7.0, 1.0), weights(0.0, 4.0, 0.0, 1.0)
    assert distance(a, b, places(1, 1, 0, 1)) == 5


def test_a_disagreement_counts_examples_not_logits():
    a = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 4.0], [0.0, 9.0]])
    b = torch.tensor([[9.0, 8.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.1]])
    assert disagreement(a, b) == 0.5
    assert disagreement(a, a) == 0
    with pytest.raises(ValueError, match=r"of the same examples, and of some, got \(4, 2\) and \(2, 2\)"):
        disagreement(a, b[:2])


# ---- pairs


def test_a_pair_of_four_weights_by_hand():
    # the first is right on both images, the second, -3, wrong on both; half-way, -1, is wrong on both
    right, wrong = weights(1.0, 0.0, 0.0, 1.0), weights(-3.0, 0.0, 0.0, -3.0)
    a, b = four_rounds((right, ALL), (wrong, places(1, 0, 0, 1)))
    found = compare(four(), a, b, pair().test)
    assert (found.barrier_error, found.overlap, found.disagreement, found.angle) == (0.5, 0.5, 1, pytest.approx(2))
    ends = [math.log(1 + math.exp(-x)) for x in (1, -3)]  # two logits, x apart
    assert found.barrier_loss == pytest.approx(math.log(1 + math.exp(1)) - sum(ends) / 2)


def test_the_barrier_of_nested_rounds_is_the_midpoint_of_the_lottery(found: list[Round]):
    data = made()
    for treatment in ("average", "keep"):
        options = {"batch_norm": treatment, "train": data.train}
        for (i, j), comparison in pairs(Own(), enumerate(found), data.test, **options):
            expected = midpoint(Own(), found[i], found[j], data.test, batch_norm=treatment)
            assert comparison.barrier_error == pytest.approx(expected, abs=1e-12)
            assert comparison.overlap == pytest.approx(found[j].density / found[i].density)


def test_a_network_against_itself_has_no_barrier_under_any_treatment(found: list[Round]):
    data = made()
    for treatment in ("average", "keep", "recompute"):
        same_one = compare(Own(), found[1], found[1], data.test, batch_norm=treatment, train=data.train)
        assert same_one.barrier_error == 0
        assert same_one.barrier_loss == pytest.approx(0, abs=1e-12)
        assert (same_one.overlap, same_one.disagreement, same_one.angle) == (1, 0, pytest.approx(0, abs=1e-7))


def test_a_network_is_evaluated_once_and_a_pair_once_more(found: list[Round], monkeypatch: pytest.MonkeyPatch):
    evaluated: list[int] = []

    def counting(model: Any, several: Any, split: Any, **options: Any) -> Any:
        evaluated.append(len(several))
        return evaluate_all(model, several, split, **options)

    for file in (wb.landscape.pairs, wb.landscape.path):
        module = __import__("sys").modules[file.__module__]
        monkeypatch.setattr(module, "evaluate_all", counting)
    networks = [*found, found[0], found[1]]
    assert len(list(pairs(Own(), enumerate(networks), made().test))) == 10
    assert sum(evaluated) == 5 + 10


def test_what_a_pair_holds_does_not_depend_on_the_order_in_which_networks_come():
    model, data, recipe = Own(), made(), wb.Recipe(steps=9, batch_size=16, learning_rate=0.05)
    named = [
        ((seed, r.round), r)
        for seed in (0, 1)
        for r in rounds(model, wb.initialise(model, seed=seed), data, recipe, rounds=1, fraction=0.5, seed=seed)
    ]
    for treatment, mask in (("keep", "denser"), ("average", "sparser"), ("average", "union")):
        options: dict[str, Any] = {"batch_norm": treatment, "mask": mask}
        forth, back = (dict(pairs(model, order, data.test, **options)) for order in (named, named[::-1]))
        assert forth == back
        assert all(a < b for a, b in forth)


def test_only_the_union_of_masks_leaves_both_ends_as_they_are():
    a, b = four_rounds(
        (weights(2.0, 4.0, 0.0, 0.0), places(1, 1, 0, 0)), (weights(0.0, 2.0, 6.0, 0.0), places(0, 1, 1, 0))
    )
    half = {
        mask: middle(four(), a, b, mask=mask)["1.weight"].flatten().tolist() for mask in ("union", "denser", "sparser")
    }
    assert half == {"union": [1, 3, 3, 0], "denser": [1, 3, 0, 0], "sparser": [0, 3, 3, 0]}


def test_comparing_moves_nothing_of_the_callers(found: list[Round]):
    model, data = Own(), made()
    before, solutions = copied(model.state_dict()), [copied(r.run.weights) for r in found]
    for treatment in ("average", "recompute"):
        list(pairs(model, enumerate(found), data.test, batch_norm=treatment, train=data.train))
    assert same(before, model.state_dict())
    assert all(same(kept, r.run.weights) for kept, r in zip(solutions, found, strict=True))
    assert model.training


def test_networks_that_cannot_be_compared_are_said(found: list[Round]):
    nan = replace(found[0].run, weights={**found[0].run.weights, "fc.bias": torch.full((3,), math.nan)})
    with pytest.raises(ValueError, match=r"network 1 is not finite in fc\.bias"):
        compare(Own(), found[0], replace(found[0], run=nan), made().test)
    other = four_rounds((weights(1.0, 1.0, 1.0, 1.0), ALL))[0]
    with pytest.raises(ValueError, match="must have the names of the model"):
        compare(Own(), found[0], other, made().test)
    with pytest.raises(ValueError, match='treatment "avrage" is not known; did you mean "average"'):
        compare(Own(), found[0], found[1], made().test, batch_norm="avrage")
    with pytest.raises(ValueError, match='mask on the path "dense" is not known'):
        compare(Own(), found[0], found[1], made().test, mask="dense")


# ---- perturbed


def test_a_perturbation_has_the_asked_length_and_leaves_pruned_places_zero(found: list[Round]):
    start, mask = copied(found[2].rewound), found[2].mask
    for length in (0.25, 3.0):
        moved = perturbed(start, mask, length=length, seed=1)
        assert distance(moved, start, mask) == pytest.approx(length, rel=1e-5)
        assert all(not bool(moved[name][~kept].any()) for name, kept in mask.items())
        assert all(torch.equal(moved[name], start[name]) for name in start if name not in mask)
    assert same(start, found[2].rewound)


def test_a_perturbation_keeps_its_direction_whatever_its_length(found: list[Round]):
    start, mask = found[2].rewound, found[2].mask
    near, far, other = (perturbed(start, mask, length=n, seed=s) for n, s in ((1.0, 0), (2.0, 0), (1.0, 1)))
    for name in mask:
        ground = start[name] * mask[name]
        assert torch.allclose(2 * (near[name] - ground), far[name] - ground, atol=1e-5)
    assert distance(near, other, mask) > 1  # another seed, another direction
    assert same(perturbed(start, mask, length=0.0), wb.masks.apply(start, mask))


def test_perturbations_that_cannot_be_are_said():
    with pytest.raises(ValueError, match=r"length must be in \[0, 1e\+30\], got -1"):
        perturbed(weights(1.0, 1.0, 1.0, 1.0), ALL, length=-1)
    with pytest.raises(ValueError, match="the mask keeps no weight"):
        perturbed(weights(1.0, 1.0, 1.0, 1.0), places(0, 0, 0, 0), length=1)
