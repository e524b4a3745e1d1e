"""Do easy examples connect first? The barrier by the step at which the children part, by thirds of EL2N."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.charts.grammar import PARTED, THIRDS, Axis, Means, first_of
from workbench.charts.grammar.rows import measured_on
from workbench.data_diet.scores import terciles
from workbench.nets.batch_norm import TREATMENTS
from workbench.work.nearest import check_known

ERROR = Axis("error", "error barrier", "~%", ".2%", zero=True, within=(0, 1))
LOSS = Axis("loss", "loss barrier (nats)", said=".3f", zero=True)


@Means(
    asks=("rewind_step split batch_norm path scores", "instability"),
    selects=("rewind_step", "group"),
    x=PARTED,
    measures=[ERROR, LOSS],
    line="group",
    looks=THIRDS,
    legend="third by EL2N",
    title="Do easy examples connect first?",
    subtitle="{about}; mean and 95 % t interval over replicas",
    needs="EL2N of the examples, from one network or more",
    holds="the paths between children",
)
def barrier_by_difficulty(partings: Iterable[Any], *, batch_norm: str = "average") -> Iterator[dict[str, Any]]:
    """Draw error and loss barriers of easy, middle and hard examples by the step at which the children parted.

    Hard examples have a high loss at the ends already, so that their loss barrier may be the lowest while their error
    barrier is the highest: both are drawn, mean and 95 % t interval over replicas. Training images come before test
    images, and where `batch_norm` was not measured, another treatment is drawn.
    """
    check_known("batch-norm treatment", batch_norm, TREATMENTS)
    for p in first_of([p for p in partings if p.scores is not None], batch_norm=batch_norm, split="train"):
        for group, examples in terciles(p.scores).items():
            barriers = {of: p.path.barrier(of=of, examples=examples) for of in ("error", "loss")}
            place = {"rewind_step": p.rewind_step, "replica": p.replica}
            yield {"about": measured_on(p), "group": group, **place, **barriers}
