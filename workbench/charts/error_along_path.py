"""How high does the error rise between two children? The error along the path, one curve a step they part at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.charts.grammar import ROWS, TREATMENTS, Axis, Means, first_of, in_sequence, thin

STEPS = 12  # curves of a treatment, at most


@Means(
    asks=("rewind_step pair split batch_norm path", "instability"),
    selects=("rewind_step", "batch_norm"),
    x=Axis("alpha", "α, from one child to the other", said=".3f", padding=6),
    measures=[Axis("error", "error", "~%", ".2%")],
    line="parted",
    looks=in_sequence,
    legend="parted at step",
    chosen=("batch_norm", "batch-norm on the path"),
    buttons=True,
    bare=True,
    carried=[Axis("loss", "loss (nats)", said=".4f")],
    apart=0,
    sizes=(26, 26),
    title="The error between two children",
    subtitle="on {about} images, mean over pairs and replicas; the buttons switch the treatment of batch-norm",
    holds="the paths between children",
)
def error_along_path(partings: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Draw the error along the straight line between two children, one curve for each step they parted at.

    Mean over pairs and replicas, with a switch between the batch-norm treatments; test images come before others.
    """
    partings = first_of(list(partings), split="test")
    steps = thin(sorted({p.rewind_step for p in partings}), STEPS)
    curves = len({(p.batch_norm, p.rewind_step) for p in partings if p.rewind_step in steps})
    most = ROWS // max(6, curves) - 1 | 1  # odd: the middle stays
    for p in sorted(partings, key=lambda p: ([*TREATMENTS].index(p.batch_norm), p.rewind_step)):
        if p.rewind_step in steps:
            curve = {
                "about": p.split,
                "batch_norm": p.batch_norm,
                "parted": str(p.rewind_step),
                "rewind_step": p.rewind_step,
            }
            points = zip(*(values.tolist() for values in (p.path.alphas, p.path.error, p.path.loss)), strict=True)
            for alpha, error, loss in thin(list(points), most):
                yield {**curve, "alpha": alpha, "error": error, "loss": loss}
