"""Controls: each changes what it says it changes, and nothing else."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, last, same
from torch import Tensor

import workbench as wb
from workbench.lottery.sanity import (
    ANOTHER_DRAW,
    CONTROLS,
    reinitialised,
    scattered,
    shuffled_degrees,
    sign_preserving,
    trained_on,
)
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights

OTHER = wb.initialise(Own(), seed=9)
NAMES = {"mlp": "lenet(hidden=(24, 12))", "resnet": "resnet8(width=2)"}
OTHERS = (*ANOTHER_DRAW, trained_on)  # whose weights are not the ticket's own
MADE_BY = (*wb.pruning.METHODS, "magnitude(invert=True)", "rounds", "rounds, inverted", "signed constant")
CHANGES = {  # of a layer's mask, of what stands at the places that are kept, and of what has no mask
    "shuffled": {"places", "rows", "columns"},
    "shuffled_degrees": {"places"},
    "random_mask": {"places", "rows", "columns"},
    "random_uniform": {"places", "rows", "columns", "counts"},
    "reinitialised": {"signs", "magnitudes", "biases", "norms and buffers"},
    "signed": {"signs", "magnitudes"},
    "sign_preserving": {"magnitudes"},
    "trained_on": {"signs", "magnitudes", "biases", "norms and buffers"},  # by the weights that it is given
}


@pytest.fixture
def ticket() -> wb.Ticket:
    model = Own()
    weights = wb.initialise(model)
    return wb.Ticket(weights, wb.pruning.magnitude(weights, wb.masks.full(model), density=0.3))


@functools.cache
def made(net: str, by: str) -> tuple[wb.Ticket, Weights, Weights]:
    """A ticket of a network, the dense weights that it is part of, and another draw's, both trained for two steps."""
    data, recipe = wb.load("digits", train_size=100), wb.Recipe(steps=4, batch_size=20)
    model = wb.models.named(NAMES[net], data)
    rule = "signed_constant" if by == "signed constant" else "own"
    own, other = (wb.initialise(model, seed=seed, rule=rule) for seed in (0, 9))
    if by != "signed constant":
        own, other = (wb.weights_at(model, weights, data, recipe, step=2) for weights in (own, other))
    if by.startswith("rounds"):
        how: dict[str, Any] = {"rounds": 2, "fraction": 0.5, "rewind_step": 2, "rewound": own}
        ticket = last(wb.lottery.rounds(model, own, data, recipe, invert="inverted" in by, **how)).ticket
        return ticket, own, other
    method = "magnitude" if by == "signed constant" else by
    return wb.Ticket(own, wb.pruning.prune(method, model, own, data, recipe, density=0.3)), own, other


def parts(places: Mask, weights: Weights, kept: Mask) -> dict[str, list[Tensor]]:
    """What may change: of a mask, of the weights at the places `kept`, and of what has no mask, by name."""
    rest = {name: tensor for name, tensor in weights.items() if name not in places}
    biases = {name for name in rest if name.replace("bias", "weight") in places}
    return {
        "counts": [mask.sum() for mask in places.values()],
        "places": [*places.values()],
        "rows": [mask.flatten(1).sum(1) for mask in places.values()],
        "columns": [mask.flatten(1).sum(0) for mask in places.values()],
        "signs": [weights[name][mask].sign() for name, mask in kept.items()],
        "magnitudes": [weights[name][mask].abs() for name, mask in kept.items()],
        "biases": [rest[name] for name in sorted(biases)],
        "norms and buffers": [rest[name] for name in sorted(rest.keys() - biases)],
    }


def differences(a: dict[str, list[Tensor]], b: dict[str, list[Tensor]]) -> set[str]:
    return {part for part in a if not all(torch.equal(x, y) for x, y in zip(a[part], b[part], strict=True))}


@pytest.mark.parametrize("by", MADE_BY)
@pytest.mark.parametrize("net", NAMES)
@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_changes_what_it_says_and_nothing_else(control: str, net: str, by: str):
    ticket, own, other = made(net, by)
    given = other if CONTROLS[control] in OTHERS else own
    found = CONTROLS[control](ticket, weights=given, seed=3)
    before = parts(ticket.mask, own, found.mask)
    changed = differences(before, parts(found.mask, found.weights, found.mask))
    if given is other:  # what two draws have alike no other draw can change
        assert changed == CHANGES[control] & differences(before, parts(ticket.mask, other, found.mask))
    else:
        assert changed == CHANGES[control]
    assert wb.masks.kept(found.mask) == wb.masks.kept(ticket.mask)  # one of two masks shuffled would square the density


def test_two_draws_are_unlike_in_all_that_they_can_be():
    both = {"signs", "magnitudes", "biases", "norms and buffers"}
    for net, by, alike in (
        ("resnet", "rounds", set()),
        ("mlp", "magnitude", {"norms and buffers"}),  # it has none
        ("resnet", "signed constant", {"magnitudes", "biases", "norms and buffers"}),  # untrained
    ):
        ticket, own, other = made(net, by)
        assert differences(*(parts(ticket.mask, weights, ticket.mask) for weights in (own, other))) == both - alike


def test_every_control_has_its_line():
    assert CHANGES.keys() == CONTROLS.keys()


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_leaves_the_ticket_alone_and_is_drawn_by_its_seed(name: str, ticket: wb.Ticket):
    weights, mask, other = copied(ticket.weights), copied(ticket.mask), copied(OTHER)
    one, again, two = (CONTROLS[name](ticket, weights=OTHER, seed=seed) for seed in (1, 1, 2))
    assert same(ticket.weights, weights)
    assert same(ticket.mask, mask)
    assert same(OTHER, other)
    assert same(one.mask, again.mask)
    assert same(one.weights, again.weights)
    assert same(one.mask, two.mask) == (not CHANGES[name] & {"places"})
    assert same(one.weights, two.weights) == (CONTROLS[name] in OTHERS)


# ---- where


@pytest.mark.parametrize("name", ["shuffled", "shuffled_degrees", "random_mask"])
def test_every_layer_is_shuffled_and_keeps_its_count(name: str, ticket: wb.Ticket):
    found = CONTROLS[name](ticket, weights=OTHER, seed=1)
    assert wb.masks.layers(found.mask) == wb.masks.layers(ticket.mask)
    assert all(not torch.equal(found.mask[layer], ticket.mask[layer]) for layer in ticket.mask)
    assert 0.05 < wb.masks.overlap(found.mask, ticket.mask) < 0.5
    assert same(found.weights, wb.masks.apply(OTHER, found.mask))


def test_scattered_keeps_the_total_exactly_and_not_the_layers(ticket: wb.Ticket):
    found = [scattered(ticket, weights=OTHER, seed=seed) for seed in range(3)]
    assert {wb.masks.kept(f.mask) for f in found} == {103}  # round(0.3 · 342)
    assert any(wb.masks.layers(f.mask) != wb.masks.layers(ticket.mask) for f in found)


@pytest.mark.parametrize("name", ["shuffled", "random_mask"])
def test_a_shuffled_place_is_any_place_alike(name: str):
    ticket = wb.Ticket({"w": torch.ones(2, 3)}, {"w": torch.tensor([[1, 1, 0], [0, 0, 0]], dtype=torch.bool)})
    drawn = torch.stack([CONTROLS[name](ticket, weights=ticket.weights, seed=seed).mask["w"] for seed in range(600)])
    assert drawn.float().mean(0) == pytest.approx(torch.full((2, 3), 1 / 3), abs=0.08)  # four deviations


def test_a_convolutions_degrees_are_of_its_output_channels_and_of_its_inputs_places():
    mask = torch.zeros(2, 2, 1, 2, dtype=torch.bool)
    mask[0, 0, 0, 0] = mask[1, 1, 0, 1] = True  # two outputs, each with a connection of its own
    ticket = wb.Ticket({"conv": torch.rand(2, 2, 1, 2)}, {"conv": mask})
    drawn = {
        tuple(shuffled_degrees(ticket, weights=ticket.weights, seed=s).mask["conv"].nonzero().flatten().tolist())
        for s in range(20)
    }
    assert drawn == {(0, 0, 0, 0, 1, 1, 0, 1), (0, 1, 0, 1, 1, 0, 0, 0)}  # as they were, or exchanged


# ---- what stands there


def test_reinitialised_keeps_the_mask_and_takes_the_other_weights(ticket: wb.Ticket):
    found = reinitialised(ticket, weights=OTHER)
    assert same(found.mask, ticket.mask)
    assert same(found.weights, wb.masks.apply(OTHER, ticket.mask))


def test_signed_is_one_magnitude_a_layer_with_the_signs_of_the_other_draw():
    (name,) = wb.masks.full(four())
    ticket = wb.Ticket(
        {name: torch.tensor([[0.1, 0.2], [0.3, -0.4]])}, {name: torch.tensor([[True, False], [True, True]])}
    )
    found = CONTROLS["signed"](ticket, weights={name: torch.tensor([[-5.0, 6.0], [7.0, -0.1]])})
    assert found.weights[name].tolist() == [[-1, 0], [1, -1]]  # sqrt(2 / 2)


def test_signed_of_a_draw_is_what_initialise_calls_a_signed_constant(ticket: wb.Ticket):
    constant = wb.initialise(Own(), rule="signed_constant", seed=9)
    found = CONTROLS["signed"](ticket, weights=wb.initialise(Own(), rule="kaiming_normal", seed=9))
    assert all(torch.equal(found.weights[n], torch.where(m, constant[n], 0)) for n, m in ticket.mask.items())


def test_preserved_signs_have_magnitudes_of_kaimings_law():
    weights = {"w": torch.randn(200, 50, generator=torch.Generator().manual_seed(1)).sign()}
    ticket = wb.Ticket(weights, {"w": torch.ones(200, 50, dtype=torch.bool)})
    found = sign_preserving(ticket, weights=weights).weights["w"]
    assert torch.equal(found.sign(), weights["w"])
    assert float(found.square().mean()) == pytest.approx(2 / 50, rel=0.06)  # four deviations of sqrt(2 / 10 000)
    assert float(found.abs().mean()) == pytest.approx((2 / 50 * 2 / torch.pi) ** 0.5, rel=0.03)


@pytest.mark.parametrize("name", ["signed", "sign_preserving"])
def test_tied_weights_stay_tied(name: str):
    shared = torch.rand(3, 3)
    ticket = wb.Ticket({"a": shared, "b": shared, "bias": torch.rand(3)}, {"a": torch.eye(3, dtype=torch.bool)})
    found = CONTROLS[name](ticket, weights=ticket.weights).weights
    assert torch.equal(found["a"], found["b"])
    assert not torch.equal(found["a"], ticket.weights["a"])
    assert torch.equal(found["bias"], ticket.weights["bias"])


@pytest.mark.parametrize("name", CONTROLS)
def test_a_layer_that_lost_every_weight_or_none_stays_as_it_is(name: str):
    weights = {"full": torch.rand(3, 2), "empty": torch.rand(2, 3), "half": torch.rand(4, 4)}
    mask = {
        "full": torch.ones(3, 2, dtype=torch.bool),
        "empty": torch.zeros(2, 3, dtype=torch.bool),
        "half": torch.eye(4, dtype=torch.bool),
    }
    if name != "random_uniform":
        found = CONTROLS[name](wb.Ticket(weights, mask), weights=weights, seed=1)
        assert bool(found.mask["full"].all())
        assert not bool(found.mask["empty"].any())
