"""What lies between networks, in words: the plane, the barrier of the line, and that of the curve beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.numbers import intervals


def between(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the finest plane of the first replica, then line and curve, mean over replicas."""
    outcomes = list(outcomes)
    planes = [o for o in outcomes if o.kind == "plane"]
    said = []
    if planes:
        last = [o for o in planes if o.replica == min(p.replica for p in planes)][-1]
        where = f"{last.grid}×{last.grid} points, {last.split} images, batch-norm {last.batch_norm}"
        said.append(
            f"On the plane the loss is from {last.least_loss:.2g} to {last.most_loss:.2g} ({where}); "
            f"the trajectories are at most {last.off_plane:.2g} away from it."
        )
    barriers = {kind: [o for o in outcomes if o.kind == kind] for kind in ("line", "curve")}
    parts = [f"the {kind} {_points([o.barrier_error for o in found])}" for kind, found in barriers.items() if found]
    if parts:
        first = barriers["line"][0]
        ends = "draws" if first.between == "draws" else f"children that parted at step {first.rewind_step}"
        said.append(f"The error barrier between two {ends} is, on {' and on '.join(parts)}.")
    return said


def _points(barriers: list[float]) -> str:
    found = intervals.mean(barriers)
    if found.n < intervals.LEAST:
        return f"{100 * found.mean:.1f} points (n = {found.n})"
    return f"{100 * found.mean:.1f} ± {100 * (found.high - found.mean):.1f} points"
