"""Strong tickets beside their targets and rivals, their price, their cost, and why there is a block mask."""

from __future__ import annotations

import statistics

import pytest
import torch

import workbench as wb
from workbench.experiments import Matched, Strong
from workbench.strong.structures import STRUCTURES

SMALL = {"model": "plain_cnn(channels=(4, 4))", "recipe": wb.Recipe(epochs=20, batch_size=64), "replicas": 2}


@pytest.fixture(scope="module")
def outcomes() -> list[Matched | Strong]:
    ways = (*STRUCTURES, "edge_popup", "filter_popup")
    popup = {"popup": wb.Recipe(epochs=3, batch_size=64), "popup_rates": (1.0, 10.0)}
    return list(wb.experiments.strong_tickets(**SMALL, structures=ways, ratios=(4.0, 20.0), **popup))


def tickets(outcomes: list[Matched | Strong], **fields: object) -> list[Strong]:
    strong = [o for o in outcomes if isinstance(o, Strong)]
    return [o for o in strong if all(getattr(o, name) == value for name, value in fields.items())]


def test_every_structure_ratio_and_replica_has_its_ticket_and_every_layer_its_pair(outcomes) -> None:
    assert len(tickets(outcomes)) == 2 * (4 * 2 + 2)
    layers = [o for o in outcomes if isinstance(o, Matched)]
    assert len(layers) == 2 * 4 * 2 * 3
    for ticket in tickets(outcomes):
        own = [
            o for o in layers if (o.structure, o.ratio, o.replica) == (ticket.structure, ticket.ratio, ticket.replica)
        ]
        assert sum(o.kept_filters for o in own) == (ticket.kept_filters if own else 0)
        assert [o.index for o in own] == list(range(len(own)))


def test_with_20_candidates_a_dimension_a_ticket_of_filters_is_its_target(outcomes) -> None:
    for ticket in tickets(outcomes, structure="filter", ratio=20.0):
        assert ticket.target_accuracy > 0.85
        assert ticket.agreement > 0.985
        assert abs(ticket.ticket_accuracy - ticket.target_accuracy) <= 0.01
        assert ticket.kernel_error is not None
        assert ticket.kernel_error < 0.05


def test_what_is_bounded_is_bounded(outcomes) -> None:
    for ticket in tickets(outcomes):
        blocked = ticket.structure in STRUCTURES and STRUCTURES[ticket.structure].blocked
        assert (ticket.certificate is not None) == blocked
        assert ticket.certificate is None or ticket.certificate >= ticket.measured_sup


def test_more_candidates_match_better_and_structure_takes_more_of_them(outcomes) -> None:
    def error(structure: str, ratio: float) -> float:
        return statistics.mean(t.kernel_error or 0 for t in tickets(outcomes, structure=structure, ratio=ratio))

    for structure in STRUCTURES:
        assert error(structure, 20.0) < error(structure, 4.0)
    drawn = {s: tickets(outcomes, structure=s, ratio=20.0)[0].candidates_per_block for s in STRUCTURES}
    assert drawn == {"filter": 2 * 20 * 36, "kernel": 2 * 20 * 9, "weight": 2 * 20, "neuron": 2 * 20 * 36}


def test_neurons_alone_do_not_make_the_network(outcomes) -> None:
    for ticket, blocked in zip(
        *(tickets(outcomes, structure=s, ratio=20.0) for s in ("neuron", "filter")), strict=True
    ):
        assert ticket.random_filters == blocked.random_filters
        assert ticket.logit_error > 5 * blocked.logit_error


def test_a_rival_keeps_half_of_what_it_may_choose_from(outcomes) -> None:
    for ticket in tickets(outcomes, structure="edge_popup"):
        network = ticket.random_parameters
        assert ticket.kept_parameters < network
    layers = [o for o in outcomes if isinstance(o, Matched) and (o.structure, o.ratio, o.replica) == ("filter", 4.0, 0)]
    left = sum(layer.random_filters // 4 * (1 + layer.dimension) for layer in layers)  # half of half as many, and slabs
    for ticket in tickets(outcomes, structure="filter_popup"):
        assert ticket.kept_filters == ticket.random_filters / 2
        assert ticket.kept_parameters == left
        assert ticket.ticket is None
        assert ticket.kernel_error is None


def test_a_table_has_the_columns_that_are_written(outcomes) -> None:
    columns = "structure candidates_per_block seed replica kernel_error certificate measured_sup target_accuracy"
    columns += " ticket_accuracy agreement kept_filters random_filters seconds"
    assert set(columns.split()) <= set(wb.table(tickets(outcomes)).columns)


def test_replicas_have_targets_and_random_networks_of_their_own(outcomes) -> None:
    a, b = tickets(outcomes, structure="filter", ratio=4.0)
    assert a.ticket is not None
    assert b.ticket is not None
    assert a.ticket.pairs[0].seed != b.ticket.pairs[0].seed
    assert not torch.equal(a.ticket.pairs[0].block(0)[0], b.ticket.pairs[0].block(0)[0])


def test_an_archive_gives_the_same_tickets_again_without_work(tmp_path) -> None:
    options = {**SMALL, "ratios": (4.0,), "replicas": 1, "archive": tmp_path / "runs"}
    once, again = (list(wb.experiments.strong_tickets(**options)) for _ in range(2))
    assert [repr(o) for o in once] == [repr(o) for o in again]
    assert [o.seconds for o in once] == [o.seconds for o in again]  # read, not measured anew


def test_signs_take_two_sums_for_a_channel_of_the_first_layer() -> None:
    given = {**SMALL, "ratios": (10.0,), "replicas": 1}
    signed = next(iter(wb.experiments.strong_tickets(**given, signed=True)))
    plain = next(iter(wb.experiments.strong_tickets(**given)))
    assert 1.5 < signed.kept_filters / plain.kept_filters < 2.7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "resnet8(width=4)"}, "the target must be a chain"),
        ({"structures": ("filters",)}, 'did you mean "filter"'),
        ({"structures": ("filter", "filter")}, "once"),
        ({"structures": ()}, "structures must name one at least"),
        ({"ratios": (0.0,)}, "ratios must be above 0"),
        ({"popup_rates": ()}, "popup_rates must be above 0"),
        ({"solver": "meet_in_the_middle"}, "layer '0': meet_in_the_middle takes"),
        ({"split": "all"}, "split"),
        ({"margin": 0.0}, "margin"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_refused_before_anything_is_trained(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        next(iter(wb.experiments.strong_tickets(**options)))


def test_the_price_of_structure_rises_with_the_dimension() -> None:
    priced = list(wb.experiments.price_of_structure(outputs=(4,), candidates=(20, 160, 640), replicas=3))
    error = {
        (s, n): statistics.median(p.error for p in priced if (p.structure, p.candidates) == (s, n))
        for s in ("weight", "kernel", "filter")
        for n in (20, 160, 640)
    }
    assert error["weight", 20] < 0.05 < error["kernel", 20]
    assert error["kernel", 160] < 0.03 < error["filter", 160]
    assert error["filter", 640] < 0.03
    assert {p.dimension for p in priced} == {1, 9, 36}


def test_without_its_block_mask_a_neuron_is_hardly_met_and_with_it_exactly() -> None:
    outcomes = list(wb.experiments.block_mask(hidden=(40, 160), replicas=3))
    errors = {
        (mask, hidden): statistics.median(o.error for o in outcomes if (o.mask, o.hidden) == (mask, hidden))
        for mask in ("blocked", "dense")
        for hidden in (40, 160)
    }
    assert errors["blocked", 160] < 1e-6 < 1e-3 < errors["dense", 160]
    assert errors["blocked", 160] < 1e-4 * errors["blocked", 40]


def test_compact_is_as_large_as_what_is_kept_and_masked_as_all_that_was_drawn() -> None:
    options = {"replicas": 1, "ratios": (8.0,), "images": 4, "repeats": 1, "recipe": wb.Recipe(steps=20)}
    cost = {o.view: o for o in wb.experiments.strong_costs(**options)}
    assert list(cost) == ["target", "random", "masked", "compact", "collapsed"]
    assert cost["masked"].parameters == cost["random"].parameters > cost["compact"].parameters
    assert cost["masked"].nonzero == cost["compact"].nonzero == cost["compact"].parameters
    assert cost["target"].parameters == cost["collapsed"].parameters < cost["compact"].parameters
    assert all(o.milliseconds > 0 for o in cost.values())
