"""What a training step costs: steps of every execution in turn, over dense ones, at masks of weights and of filters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

import workbench as wb
from workbench.experiments import Timed, execution_costs, winning_tickets
from workbench.experiments.execution_costs import AGREED, AT_ONCE, EXECUTIONS
from workbench.experiments.replica import Replica
from workbench.nets.footprint import multiply_adds
from workbench.training.look import Look

TINY: dict[str, Any] = {
    "train_size": 100,
    "model": "lenet(hidden=(40, 12))",
    "recipe": wb.Recipe(steps=6, batch_size=20, weight_decay=1e-3),
    "densities": (0.04, 0.5),
    "repeats": 2,
    "replicas": 2,
}
WEIGHTS = 64 * 40 + 40 * 12 + 12 * 10


def costs(**options: Any) -> list[Timed]:
    return list(execution_costs(**{**TINY, **options}))


@pytest.fixture(scope="module")
def outcomes() -> list[Timed]:
    return costs()


def of(outcomes: list[Timed], execution: str, asked: float) -> Timed:
    return next(o for o in outcomes if (o.execution, o.asked, o.replica) == (execution, asked, 0))


def test_every_execution_is_timed_at_every_density_the_densest_first(outcomes: list[Timed]):
    assert [(o.replica, o.asked, o.execution) for o in outcomes] == [
        (replica, asked, execution)
        for replica in (0, 1)
        for asked in (0.5, 0.04)
        for execution in ("dense", "sparse", "compact")
    ]
    assert {o.density for o in outcomes if o.asked == 0.04} == {round(0.04 * WEIGHTS) / WEIGHTS}
    assert all(o.milliseconds > 0 and o.over_dense > 0 for o in outcomes)


def test_the_dense_step_is_what_others_are_held_against(outcomes: list[Timed]):
    for o in outcomes:
        if o.resolved == "dense":
            assert (o.over_dense, o.work, o.logits_apart, o.weights_apart) == (1, 1, 0, 0)
    dense, sparse = (of(outcomes, execution, 0.5) for execution in ("dense", "sparse"))
    assert (sparse.resolved, sparse.milliseconds) == ("dense", dense.milliseconds)


def test_all_executions_train_the_same_network_for_some_steps(outcomes: list[Timed]):
    assert {o.resolved for o in outcomes if o.execution != "dense" and o.asked == 0.04} == {"sparse", "compact"}
    assert all(o.logits_apart < 1e-5 and o.weights_apart < 1e-5 for o in outcomes)


def test_the_work_is_the_multiply_adds_that_are_left(outcomes: list[Timed]):
    """A sparse layer computes its kept weights, a compact one what is alive of it."""
    sparse, compact = (of(outcomes, execution, 0.04) for execution in ("sparse", "compact"))
    data = wb.load("digits", train_size=100)
    model = wb.models.named(TINY["model"], data, seed=wb.seeds(0, 2)[0])
    trained = wb.train(model, wb.snapshot(model), data, TINY["recipe"], seed=wb.seeds(0, 2)[0]).weights
    mask = wb.pruning.magnitude(trained, wb.masks.full(model), density=0.04)
    first = mask["1.weight"]
    assert sparse.work == pytest.approx(1 - int((~first).count_nonzero()) / WEIGHTS)
    smaller = wb.compact(model, trained, mask)
    there = sum(p.numel() for name, p in smaller.named_parameters() if name in mask)
    assert compact.work == pytest.approx(there / WEIGHTS)


def test_half_of_the_filters_is_a_network_of_half_the_channels():
    options = {"model": "plain_cnn(channels=(8, 8))", "masks_of": "filters", "densities": (0.5,), "replicas": 1}
    dense, compact = costs(**options, executions=("compact",))
    assert dense.alive is not None
    assert [layer.units_alive for layer in dense.alive.values()] == [4, 4, 10]
    data = wb.load("digits", train_size=100)
    of_channels = {n: wb.models.plain_cnn(data, channels=(n, n)).eval() for n in (4, 8)}
    counts = {n: multiply_adds(network, data.train.inputs(torch.arange(1))) for n, network in of_channels.items()}
    assert compact.work == counts[4] / counts[8]
    assert compact.logits_apart < 1e-5


def test_nobody_looks_at_a_step_that_is_timed():
    looks: list[Look] = []

    def watcher(report: wb.progress.Progress) -> None:
        if report.look is not None:
            looks.append(report.look())

    with wb.progress.watch(watcher):
        costs(replicas=1)
    assert {look.of for look in looks} == {6}
    assert AGREED + 1 + AT_ONCE * TINY["repeats"] != 6


def test_progress_rises_to_its_end_once():
    total, shares = wb.progress.Total(), []
    with wb.progress.watch(lambda report: shares.append(total(report))):
        costs(replicas=1)
    assert all(after >= before for before, after in pairwise(shares))
    assert shares[0] < 0.2
    assert shares[-1] == 1


def test_it_is_stopped_between_two_turns():
    def watcher(report: wb.progress.Progress) -> None:
        if report.path[-1][0] == "timing":
            raise wb.progress.Stopped

    with wb.progress.watch(watcher), pytest.raises(wb.progress.Stopped):
        costs()


def test_auto_tells_what_it_took():
    auto = costs(executions=("auto",), replicas=1)
    assert {o.resolved for o in auto} <= {"dense", *EXECUTIONS} - {"auto"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"densities": ()}, r"densities must be in \(0, 1\), each once, got \[\]"),
        ({"densities": (0.5, 1.0)}, r'for "5 % kept" pass 0.05'),
        ({"densities": (0.5, 0.5)}, "each once"),
        ({"densities": (1e-9,)}, "density"),
        ({"masks_of": "kernels"}, "masks_of"),
        ({"executions": ()}, "executions must name one at least"),
        ({"executions": ("dense",)}, "dense"),
        ({"executions": ("sparce",)}, 'did you mean "sparse"'),
        ({"repeats": 0}, "repeats must be a whole number from 1"),
        ({"recipe": wb.Recipe(steps=5, compile=True)}, "compile=False goes with it"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_trained(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        next(execution_costs(**TINY | options))


# ---- what a lottery says of them


def test_the_outcomes_of_a_lottery_say_what_computed_them_and_what_is_alive():
    options: dict[str, Any] = {name: TINY[name] for name in ("train_size", "model", "replicas")}
    recipe = wb.Recipe(steps=6, execution="compact")
    found = list(winning_tickets(**options, recipe=recipe, rounds=1, fraction=0.96, controls=("random_mask",)))
    assert {(o.round, o.execution) for o in found} == {(0, "dense"), (1, "compact")}
    for o in found:
        assert o.alive is not None
        first = o.mask["1.weight"]
        read = o.mask["3.weight"][o.mask["5.weight"].any(0)].any(0)
        assert o.alive["1.weight"].units_alive == int((first.any(1) & read).count_nonzero())
        assert o.alive["1.weight"].inputs == 64


def test_what_cannot_be_read_has_no_count_of_what_is_alive_and_trains_dense():
    class Odd(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(64, 10)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.layer(images.flatten(1)) if float(images.sum()) > 0 else self.layer(-images.flatten(1))

    data, model = wb.load("digits", train_size=100), Odd()
    assert Replica(model, data, TINY["recipe"], 0, {}, None).alive(wb.masks.full(model)) is None
