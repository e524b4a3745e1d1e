"""Children: copies of one starting point, each trained under its own noise.

Instability analysis (Frankle et al. 2020): two children share weights, batch-norm statistics, the step and the schedule
of their starting point, and differ only in the order of the data and its augmentation. Where they end connected, the
noise of training no longer decides which solution is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import nn

from workbench.data.data import Data
from workbench.nets.door import check_keeps
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.runs import Run, train
from workbench.work import rules
from workbench.work.archive import ArchiveLike, run
from workbench.work.calls import call
from workbench.work.replicas import replicas
from workbench.work.seeds import number

MOST = 1000  # children of one start: more are a slip


@dataclass(frozen=True, eq=False)
class Child:
    """One child: the `step` it parted at, which of its siblings it is, its noise seed, and its training."""

    step: int
    child: int
    seed: int
    run: Run

    def __repr__(self) -> str:
        return f"Child({self.child} from step {self.step}: {self.run!r})"


def children(
    model: nn.Module,
    starts: Mapping[int, Weights],
    data: Data,
    recipe: Recipe,
    *,
    n: int = 2,
    mask: Mask | None = None,
    seed: int = 0,
    workers: int | None = None,
    archive: ArchiveLike | None = None,
) -> Iterator[Child]:
    """Yield `n` children of every starting point, side by side, as they finish.

    `starts` are weights by the step they stand at: `{0: start}`, `{k: round.rewound}`, or, for dense training,
    `wb.weights_along(…, at=steps)`. A child begins with a fresh optimiser, at that step of the schedule, and with an
    order of its own from its first step on; child i of every start has the same noise. With a `mask` they are the
    children of a ticket.
    """
    rules.whole("n", n, least=2, most=MOST, way_on="it is between children that a barrier is measured")
    if not isinstance(starts, Mapping) or not starts:
        raise rules.refused(
            "starts", "a dict of weights by the step they stand at, one at least", starts, "{0: start} is one"
        )
    if mask is not None:
        check_keeps(mask)
    for step, weights in starts.items():
        check_training(model, weights, data, recipe, mask, seed=seed)
        rules.whole(
            "a step in starts", step, most=recipe.length(len(data.train)), unit="steps", way_on="0 is the start"
        )
    jobs = [(step, child) for step in starts for child in range(n)]

    def trained(index: int) -> Child:
        step, child = jobs[index]
        noise = number(seed, "child", child)
        work = call(train, model, starts[step], data, recipe, mask=mask, step=step, seed=noise)
        return Child(step, child, noise, run(work, archive))

    for _, child in replicas(trained, range(len(jobs)), workers=workers):
        yield child
