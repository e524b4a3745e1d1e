"""Tickets at initialisation: every method in one table, a rate chosen by validation, checks of one thing each."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import CHECKS, Foreseen, Glimpse, Tried, tickets_at_initialisation, tickets_table
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.pruning import METHODS

TINY: dict[str, Any] = {
    "train_size": 200,
    "model": "lenet(hidden=(24, 12), norm=True, affine=False)",
    "recipe": wb.Recipe(steps=12, batch_size=32),
    "search": wb.Recipe(steps=30, batch_size=32, learning_rate=0.3, schedule="cosine"),
    "densities": (0.2,),
    "learning_rates": (0.05, 0.2),
}
THERE = 64 * 24 + 24 * 12 + 12 * 10
COLUMNS = {  # which the lesson's table has
    *("method", "control", "seed", "replica", "density", "density_rounded", "accuracy_before", "accuracy_before_kept"),
    *("batch_norm", "accuracy_after", "search_steps", "search_seconds", "collapsed_layers", "effective_density"),
}


def tried(**options: Any) -> list[Tried]:
    return [o for o in tickets_at_initialisation(**(TINY | options)) if isinstance(o, Tried)]


@pytest.fixture(scope="module")
def outcomes() -> list[Any]:
    methods = ("gem_miner(l2=0.01)", "snip", "random_mask", "dense")
    return list(tickets_at_initialisation(**TINY, methods=methods, controls=tuple(CHECKS), matched=True, replicas=2))


@pytest.fixture(scope="module")
def tickets(outcomes: list[Any]) -> list[Tried]:
    return [o for o in outcomes if isinstance(o, Tried)]


def one(tickets: list[Tried], method: str, control: str = "none", replica: int = 0, budget: str = "recipe") -> Tried:
    (o,) = [
        o
        for o in tickets
        if (o.method.partition("(")[0], o.control, o.replica, o.budget) == (method, control, replica, budget)
    ]
    return o


# ---- the table


def test_every_method_has_its_ticket_and_its_controls_in_every_replica(tickets: list[Tried]):
    told: dict[tuple[str, str], set[int]] = defaultdict(set)
    for o in tickets:
        if o.budget == "recipe":
            told[o.method.partition("(")[0], o.control].add(o.replica)
    expected = {(method, control) for method in ("gem_miner", "snip") for control in ("none", *CHECKS)}
    expected |= {("random_mask", control) for control in ("none", *CHECKS) if control != "inverted"}  # has no scores
    assert told == {key: {0, 1} for key in expected | {("dense", "none")}}


def test_the_table_has_the_columns_of_the_lesson_and_no_glimpse(outcomes: list[Any], tickets: list[Tried]):
    table = tickets_table(outcomes)
    assert set(table.columns) >= COLUMNS
    assert len(table) == len(tickets)
    assert set(table["control"]) == {"none", *CHECKS}


def test_every_ticket_has_exactly_its_density(tickets: list[Tried]):
    for o in tickets:
        count = THERE if o.method == "dense" else round(0.2 * THERE)
        assert masks.kept(o.mask) == count
        assert o.density == count / THERE
        assert o.density_rounded == masks.density(o.rounded) <= o.density
        assert o.effective_density is not None
        assert 0 <= o.effective_density <= o.density


def test_what_a_search_costs_is_told_in_steps_and_passes(tickets: list[Tried]):
    costs = {o.method.partition("(")[0]: (o.search_steps, o.search_passes) for o in tickets if o.control == "none"}
    assert costs == {"gem_miner": (30, 30), "snip": (0, 1), "random_mask": (0, 0), "dense": (0, 0)}
    assert all((o.search_seconds > 0) == (o.method != "dense") for o in tickets)


def test_the_rivals_have_a_matched_budget_of_as_many_passes(tickets: list[Tried]):
    matched = {(o.method, o.replica): o.steps for o in tickets if o.budget == "matched"}
    assert matched == {(m, r): 12 + s for m, s in (("snip", 29), ("random_mask", 30), ("dense", 30)) for r in (0, 1)}


def test_passes_follow_the_options_of_a_method():
    found = tried(
        methods=("snip(batches=3)", "grasp", "synflow(rounds=7)", "magnitude", "smart_ratio"),
        controls=(),
        replicas=1,
        learning_rates=(0.1,),
    )
    passes = {o.method.partition("(")[0]: o.search_passes for o in found}  # as they finish
    assert passes == {"snip": 3, "grasp": 6, "synflow": 7, "magnitude": 0, "smart_ratio": 0}
    assert {o.rule for o in found} == {"kaiming_normal"}


# ---- before and after


def test_accuracy_before_is_of_the_rounded_mask_with_statistics_taken_anew(tickets: list[Tried]):
    o = one(tickets, "gem_miner")
    data = wb.load("digits", train_size=200)
    model = wb.models.named(TINY["model"], data)
    weights = wb.initialise(model, seed=wb.seeds(0, 2)[0], rule="signed_constant")
    for mask, accuracy in ((o.rounded, o.accuracy_before), (o.mask, o.accuracy_before_kept)):
        network = recompute_batch_norm(model, masks.apply(weights, mask), data.train)
        assert wb.evaluate(model, network, data.test).accuracy == accuracy
    assert o.density_rounded < o.density
    assert o.accuracy_before != o.accuracy_before_kept


def test_the_ticket_is_trained_from_the_weights_that_were_searched(tickets: list[Tried]):
    o = one(tickets, "gem_miner", replica=1)
    data, seed = wb.load("digits", train_size=200), wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=seed)
    weights = wb.initialise(model, seed=seed, rule="signed_constant")
    recipe = wb.Recipe(steps=12, batch_size=32, learning_rate=o.learning_rate)
    run = wb.train(model, weights, data, recipe, mask=o.mask, seed=seed)
    assert same(run.weights, o.run.weights)
    search = wb.pruning.gem_miner(model, weights, data, TINY["search"], density=0.2, l2=0.01, seed=seed)
    assert same(search, o.mask)


def test_the_rounded_mask_is_trained_where_it_is_asked_for():
    what: dict[str, Any] = {"methods": ("gem_miner(l2=0.01)",), "controls": ("shuffled",), "replicas": 1}
    ticket, control = tried(**what, unflag=False)
    assert same(ticket.mask, ticket.rounded)
    assert ticket.density == ticket.density_rounded == control.density < 0.15
    assert ticket.run.density == ticket.density


# ---- the rate


def test_the_rate_is_the_first_replicas_best_on_validation_and_is_then_fixed(tickets: list[Tried]):
    data, seed = wb.load("digits", train_size=200), wb.seeds(0, 2)[0]
    model = wb.models.named(TINY["model"], data, seed=seed)
    weights = wb.initialise(model, seed=seed, rule="kaiming_normal")
    mask = one(tickets, "snip").mask
    accuracies = {
        rate: wb.train(
            model, weights, data, wb.Recipe(steps=12, batch_size=32, learning_rate=rate), mask=mask, seed=seed
        ).validation_accuracy
        for rate in (0.05, 0.2)
    }
    best = max(accuracies, key=lambda rate: accuracies[rate] or 0)
    for o in tickets:
        if o.method == "snip" and o.budget == "recipe":
            assert o.learning_rate == o.run.recipe.learning_rate == best
    assert one(tickets, "snip").validation_accuracy == accuracies[best]


def test_one_rate_is_taken_as_it_is():
    assert {o.learning_rate for o in tried(methods=("snip",), controls=(), learning_rates=(0.07,), replicas=1)} == {
        0.07
    }


def test_a_rate_that_diverges_is_not_chosen():
    what: dict[str, Any] = {"methods": ("dense",), "controls": (), "replicas": 1, "model": "lenet(hidden=(24, 12))"}
    (o,) = tried(**what, learning_rates=(1e12, 0.05))
    assert o.learning_rate == 0.05
    with pytest.raises(wb.Diverged):
        tried(**what, learning_rates=(1e12,))


# ---- the checks: each changes what it says and nothing else


def test_each_check_changes_what_it_says(tickets: list[Tried]):
    for method in ("gem_miner", "snip"):
        ticket = one(tickets, method)
        by_layer = masks.kept_by_layer(ticket.mask)
        for control in CHECKS:
            o = one(tickets, method, control)
            moved = control in ("shuffled", "shuffled_degrees", "random", "inverted")
            assert same(o.mask, ticket.mask) != moved, control
            assert o.accuracy_after != ticket.accuracy_after or not same(o.run.weights, ticket.run.weights)
            if control != "inverted":
                assert masks.kept_by_layer(o.mask) == by_layer
                assert same(o.mask, o.rounded)
        assert masks.overlap(one(tickets, method, "inverted").mask, ticket.mask) < 0.2


def test_another_draw_is_of_the_rule_of_the_method(tickets: list[Tried]):
    seed = wb.seeds(0, 2)[0]
    data = wb.load("digits", train_size=200)
    model = wb.models.named(TINY["model"], data, seed=seed)
    recipe = wb.Recipe(steps=12, batch_size=32)
    for method, rule in (("gem_miner", "signed_constant"), ("snip", "kaiming_normal")):
        o = one(tickets, method, "reinitialised")
        another = wb.initialise(model, seed=wb.work.seeds.number(seed, "another"), rule=rule)  # type: ignore[attr-defined]
        rate = wb.Recipe(**{**vars(recipe), "learning_rate": o.learning_rate})
        assert same(wb.train(model, another, data, rate, mask=o.mask, seed=seed).weights, o.run.weights)


@pytest.mark.parametrize("name", ["imp", "learning_rate_rewinding"])
def test_a_lottery_stands_in_the_same_table(name: str):
    controls = ("shuffled", "reinitialised", "inverted")
    ticket, *checks = tried(methods=(name,), densities=(0.5,), controls=controls, learning_rates=(0.1,), replicas=1)
    assert [o.control for o in checks] == list(controls)
    assert abs(ticket.density - 0.5) < 2 / THERE
    assert (ticket.search_steps, ticket.search_passes) == (36, 36)  # three rounds come to 0.51 of the weights, 3 · 12
    inverted = checks[-1]
    assert masks.overlap(inverted.mask, ticket.mask) < 0.3
    seed, data = wb.seeds(0, 1)[0], wb.load("digits", train_size=200)
    model = wb.models.named(TINY["model"], data, seed=seed)
    start = wb.initialise(model, seed=seed, rule="kaiming_normal")
    recipe = wb.Recipe(steps=12, batch_size=32, learning_rate=0.1)
    rewind = "weights" if name == "imp" else "learning_rate"
    fraction = 1 - 0.5 ** (1 / 3)
    *_, last = wb.lottery.rounds(model, start, data, recipe, rounds=3, fraction=fraction, rewind=rewind, seed=seed)
    assert same(last.mask, ticket.mask)
    assert same(last.run.weights, ticket.run.weights)


def test_a_warm_start_is_searched_and_trained_from_its_step():
    what: dict[str, Any] = {"methods": ("gem_miner", "imp"), "densities": (0.64,), "controls": (), "replicas": 1}
    found = tried(**what, rewind_step=5, learning_rates=(0.1,))
    assert [o.steps for o in found] == [7, 7]
    data, seed = wb.load("digits", train_size=200), wb.seeds(0, 1)[0]
    model = wb.models.named(TINY["model"], data, seed=seed)
    start = wb.initialise(model, seed=seed, rule="signed_constant")
    warm = wb.weights_at(model, start, data, wb.Recipe(steps=12, batch_size=32, learning_rate=0.1), step=5, seed=seed)
    mask = wb.pruning.gem_miner(model, warm, data, TINY["search"], density=0.64, seed=seed)
    assert same(one(found, "gem_miner").mask, mask)


# ---- searches as they go


def test_a_search_is_seen_as_it_goes_and_foreseen(outcomes: list[Any]):
    glimpses = [o for o in outcomes if isinstance(o, Glimpse)]
    seen = {(o.control, o.replica): [] for o in glimpses}
    for o in glimpses:
        seen[o.control, o.replica].append(o)
    assert seen.keys() == {(control, replica) for control in ("none", "inverted") for replica in (0, 1)}
    for each in seen.values():
        assert [o.step for o in each] == list(range(3, 31, 3))
        assert all(o.density == o.bound >= o.density_rounded for o in each)
        assert each[-1].density == round(0.2 * THERE) / THERE
        assert all(sum(o.scores) <= THERE and o.largest <= 1 for o in each)
    (foreseen,) = [o for o in outcomes if isinstance(o, Foreseen)]
    assert foreseen.words.startswith("λ = 0.01")
    assert outcomes.index(foreseen) < min(outcomes.index(o) for o in glimpses)


def test_nothing_is_seen_of_a_search_where_nothing_is_asked_for():
    found = list(tickets_at_initialisation(**TINY, methods=("gem_miner",), controls=(), glimpses=0, replicas=1))
    assert [type(o) for o in found] == [Tried]


# ---- the archive, and seeds


def test_the_same_call_gives_the_same_and_an_archive_goes_on_where_it_was_left(tmp_path: Path):
    what: dict[str, Any] = {"methods": ("gem_miner", "snip"), "controls": ("shuffled", "inverted"), "replicas": 2}
    archive = str(tmp_path / "archive")
    list(islice(tickets_at_initialisation(**TINY, **what, archive=archive), 12))
    whole, again = tried(**what), tried(**what, archive=archive)

    def key(o: Tried) -> tuple[str, str, int]:
        return o.method, o.control, o.replica

    for a, b in zip(sorted(whole, key=key), sorted(again, key=key), strict=True):
        assert key(a) == key(b)
        assert same(a.run.weights, b.run.weights)
        assert (a.accuracy_before, a.accuracy_after, a.density_rounded) == (
            b.accuracy_before,
            b.accuracy_after,
            b.density_rounded,
        )
    rows = len(wb.Archive(archive).table())
    tried(**what, archive=archive)
    assert len(wb.Archive(archive).table()) == rows  # nothing is made anew


# ---- what is refused, before any work


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ("gemminer",)}, 'method "gemminer" is not known; did you mean "gem_miner"'),
        ({"methods": ("gem_miner(lam=1)",)}, "option of gem_miner"),
        ({"methods": ()}, "methods must name one at least"),
        ({"methods": ("snip", "snip")}, "methods must be named once each"),
        ({"learning_rates": (0.0, 0.1)}, "learning_rates must be above 0"),
        ({"densities": (5.0,)}, r"densities must be in \(0, 1\], each once, got \[5.0\]"),
        ({"densities": ()}, "densities must be"),
        ({"densities": (0.0006,)}, "keeps 1 weights, fewer than there are layers, 3"),
        ({"controls": ("shufled",)}, 'control "shufled" is not known; did you mean "shuffled"'),
        ({"rule": "papers"}, 'rule "papers" is not known; did you mean "paper"'),
        ({"batch_norm": "average"}, "batch-norm treatment"),
        ({"glimpses": -1}, "glimpses must be a whole number from 0 to 10000"),
        ({"search": wb.Recipe(steps=0)}, "no time for it|one step at least"),
        ({"methods": ("gem_miner(period=40)",)}, "has no time for it: the first comes after 40, and the search has 30"),
        ({"methods": ("dense", "random_mask", "snip(batches=0)")}, "batches must be"),
        ({"methods": ("dense", "gem_miner(l2=-1.0)")}, "l2 must be at least 0"),
        ({"methods": ("dense", "edge_popup(gradual=True, period=30)")}, "has no time for it"),
        ({"methods": ("dense", "synflow(rounds=0)")}, "rounds must be"),
        ({"methods": ("dense", "smart_ratio(last=2.0)")}, "last must be"),
        ({"methods": ("imp",), "densities": (0.9999,)}, "removes none"),
        ({"rewind_step": 12}, "rewind_step must be from 0 to 11"),
    ],
)
def test_what_cannot_be_tried_is_said_before_anything_is_trained(options: dict[str, Any], message: str):
    began = []
    with pytest.raises(ValueError, match=message), wb.progress.watch(began.append):
        tried(**({"methods": ("gem_miner", "snip"), "controls": ()} | options))
    assert began == []


@pytest.mark.parametrize("name", wb.experiments.RARE_GEMS_PRESETS)
def test_a_preset_is_options_of_the_experiment(name: str):
    small: dict[str, Any] = {"dataset": "digits", "train_size": 100, "image_size": None, "glimpses": -1}
    with pytest.raises(ValueError, match="glimpses must be"):  # nothing is trained
        next(tickets_at_initialisation(**(wb.experiments.RARE_GEMS_PRESETS[name] | small)))


def test_the_papers_preset_has_its_time_for_decay_and_its_29_events():
    search = wb.experiments.RARE_GEMS_PRESETS["resnet20-cifar10"]["search"]
    of = search.length(50_000)
    assert of == 58_594
    decay = 2 * 1e-4 * sum(search.rate(step, of) for step in range(of)) / (1 - search.momentum)
    assert abs(decay - 5.9) < 0.05  # nats
    assert masks.survivors(masks.full(wb.models.resnet20(wb.load("digits"), affine=False)), 0.0144) > 3800


def test_every_method_of_the_register_can_be_tried():
    found = tried(methods=tuple(METHODS), densities=(0.5,), controls=("shuffled",), learning_rates=(0.1,), replicas=1)
    assert {o.method for o in found} == set(METHODS)
    assert all(o.control in ("none", "shuffled") and 0 <= (o.accuracy_after or 0) <= 1 for o in found)
    assert all(bool(torch.tensor(o.density).isfinite()) for o in found)
