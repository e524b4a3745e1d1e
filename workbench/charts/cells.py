"""How subsets of the data, and cells of pre-training on them, look and are called, the same in all charts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.grammar.looks import SUBSETS
from workbench.experiments.pretraining import ENOUGH
from workbench.experiments.pretraining_tables import SAME_DATA

MARKS = {name: (look.colour, look.shape) for name, look in SUBSETS.items()}  # kind of subset: colour, shape


def kind(subset: str, pretrain_steps: int = 1) -> str:
    """Return which of `MARKS` a subset has: "window(skip=500)" is a window, and k = 0 saw nothing."""
    return subset.partition("(")[0] if pretrain_steps else "nothing"


def words(subset: str, size: int, pretrain_steps: int) -> str:
    """Return a cell in words: `easiest 1000, k 50`; `nothing, k 0`."""
    if not pretrain_steps:
        return "nothing, k 0"
    return f"{subset}, k {pretrain_steps}" if subset == "all" else f"{subset} {size}, k {pretrain_steps}"


def note(subset: str, pretrain_steps: int, presentations: float) -> str:
    """Return what fewer than 8 presentations of a subset mean, "" where there are more; all the data are no subset.

    k steps show at most k × batch examples, so that a random subset of fewer presentations is the all-data run.
    """
    if kind(subset, pretrain_steps) in ("nothing", "all") or presentations >= ENOUGH:
        return ""
    return SAME_DATA if subset == "random" else f"fewer than {ENOUGH} presentations"


def colour(field: str = "kind:N", legend: alt.Legend | None = None) -> alt.Color:
    """Return the colours of the kinds of subset."""
    scale = alt.Scale(domain=list(MARKS), range=[colour for colour, _ in MARKS.values()])
    return alt.Color(field, scale=scale, legend=legend)


def shape(field: str = "kind:N") -> alt.Shape:
    """Return the shapes of the kinds of subset."""
    scale = alt.Scale(domain=list(MARKS), range=[shape for _, shape in MARKS.values()])
    return alt.Shape(field, scale=scale, legend=None)


def column(
    ends: Iterable[dict[str, Any]], seen: list[float], at: float, gap: float, field: str
) -> list[dict[str, Any]]:
    """Return a label for the end of each line, in one column beside the picture, moved apart to `gap` of its height.

    `seen` are the values that the picture's height holds, `field` names the value, and `at` is the column's place;
    `from` and `from_at` are where the line ends, for a thin leader to it.
    """
    ends = list(ends)
    height = (max(seen) - min(seen)) or 0.01 if seen else 1.0
    places = theme.spread([end[field] for end in ends], gap * height)
    return [
        {**end, "role": "label", "from": end[field], "from_at": end["at"], field: place, "at": at}
        for end, place in zip(ends, places, strict=True)
    ]
