"""Tables of what children's paths say: a row a point, a row a barrier, and the step from which they are connected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.data_diet.scores import terciles
from workbench.experiments.fields_of import fields_of
from workbench.experiments.instability import Parting
from workbench.landscape.path import DEFINITIONS
from workbench.numbers import intervals

if TYPE_CHECKING:
    import pandas

LABELS = "rewind_step seed replica pair split batch_norm"
LIMIT = 0.02  # of the error barrier: below it two networks count as connected (Frankle et al. 2020)


def paths_table(partings: Iterable[Parting]) -> pandas.DataFrame:
    """Return a row for every point of every path: where it was measured, alpha, loss (nats), error (in [0, 1])."""
    import pandas

    return pandas.DataFrame(
        {**fields_of(p, LABELS), "alpha": float(alpha), "loss": float(loss), "error": float(error)}
        for p in partings
        for alpha, loss, error in zip(p.path.alphas, p.path.loss, p.path.error, strict=True)
    )


def barriers_table(
    partings: Iterable[Parting],
    *,
    thresholds: Sequence[float] = (0.1, 0.5),
    definitions: Sequence[str] = tuple(DEFINITIONS),
) -> pandas.DataFrame:
    """Return a row for every path, definition, group of examples and threshold.

    `group` is all, or a third by EL2N: easy, middle, hard. `barrier_loss` and `barrier_error` are of the group's mean
    along the path; `connected_share` is the share of its examples whose own loss barrier is below `threshold` nats;
    `end_loss` and `end_error` are the mean of both ends.
    """
    import pandas

    return pandas.DataFrame(
        row for p in partings for definition in definitions for row in _barriers(p, definition, thresholds)
    )


def _barriers(p: Parting, definition: str, thresholds: Sequence[float]) -> Iterable[dict[str, Any]]:
    groups = {"all": None} | (terciles(p.scores) if p.scores is not None else {})
    by_example = p.path.barriers(definition)
    for group, examples in groups.items():
        some = slice(None) if examples is None else examples
        measured = {
            "barrier_loss": p.path.barrier(definition, of="loss", examples=examples),
            "barrier_error": p.path.barrier(definition, of="error", examples=examples),
            "end_loss": float(p.path.losses_PN[[0, -1]][:, some].double().mean()),
            "end_error": float(p.path.wrong_PN[[0, -1]][:, some].double().mean()),
        }
        for threshold in thresholds:
            share = float((by_example[some] < threshold).double().mean())
            labels = {**fields_of(p, LABELS), "definition": definition, "group": group, "threshold": threshold}
            yield {**labels, **measured, "connected_share": share}


def stable_from(barriers: pandas.DataFrame, *, limit: float = LIMIT, definition: str = "linear") -> pandas.DataFrame:
    """Return the smallest step from which the error barrier stays below the limit, by split, treatment and group.

    `barriers` is `barriers_table`'s; pairs of one replica are averaged first. `steps` lists that step for every replica
    (None where even the last is not below); `mean`, `low`, `high` are over the replicas, only where all have one.
    """
    import pandas

    keys = ["split", "batch_norm", "group"]
    groups: Any = () if barriers.empty else barriers[barriers["definition"] == definition].groupby(keys)
    rows = []
    for labels, part in groups:
        by_step = part.pivot_table("barrier_error", "rewind_step", "replica")
        steps = [_stable(by_step[replica].dropna(), limit) for replica in by_step]
        row = dict(zip(keys, labels, strict=True)) | {"steps": steps, "n": len(steps)}
        if None not in steps:
            row |= fields_of(intervals.mean([step for step in steps if step is not None]), "mean low high")
        rows.append(row)
    return pandas.DataFrame(rows, columns=[*keys, "steps", "n", "mean", "low", "high"])


def _stable(barriers: Any, limit: float) -> int | None:
    """Return the first step from which on all of a series of barriers, by step, are below the limit."""
    below = (barriers < limit)[::-1].cummin()
    return int(below[below].index.min()) if below.any() else None
