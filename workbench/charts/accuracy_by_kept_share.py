"""Which part of the data can be left out? Test accuracy by the share of the training examples that was kept.

The classical question of Toneva et al. 2019 and of "Deep Learning on a Data Diet" (Paul et al. 2021), in which the hard
examples are the ones to keep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import cells, theme
from workbench.charts.spans import points, records, span
from workbench.numbers import intervals

GAP = 0.07  # of the height, between two labels
DODGE = 0.012  # of the width, between two subsets at one share


def accuracy_by_kept_share(table: Any) -> alt.LayerChart:
    """Draw test accuracy by the share kept, a line a kind of subset: mean and 95 % t interval over replicas.

    `table` is a data frame or an iterable of the outcomes of `experiments.kept_part`; all the data are the line across.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each kind and share, the line of all the data, and a label for each kind."""
    values: dict[tuple[str, float], list[float]] = defaultdict(list)
    for row in records(table):
        if row["test_accuracy"] is not None:
            values[row["subset"], float(f"{row['share']:.6g}")].append(row["test_accuracy"])
    kinds = sorted({subset for subset, _ in values if subset != "all"}, key=_order)
    found = []
    for subset, share in sorted(values, key=lambda key: (key[0] != "all", _order(key[0]), key[1])):
        whole = subset == "all"
        place = 0.0 if whole else DODGE * (kinds.index(subset) - (len(kinds) - 1) / 2)
        which = {"role": "all" if whole else "point", "kind": cells.kind(subset), "subset": subset, "share": share}
        words = "all the data" if whole else subset
        found.append({**which, "at": share + place, "left": 0.0, "words": words, "kept": theme.percent(share)}
                     | span(values[subset, share], "accuracy"))  # fmt: skip
    seen = [row[name] for row in found for name in ("accuracy", "low", "high") if row[name] is not None]
    last = list({row["subset"]: row for row in found}.values())
    bare = [{name: row[name] for name in ("kind", "subset", "words", "accuracy", "at")} for row in last]
    return [*theme.thin(found, theme.ROWS - 20), *cells.column(bare[:20], seen, 1.04, GAP, "accuracy")]


def _order(subset: str) -> tuple[int, str]:
    names = list(cells.MARKS)
    kind = cells.kind(subset)
    return (names.index(kind) if kind in names else len(names)), subset


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows."""
    axis = alt.Axis(values=[step / 10 for step in range(0, 11, 2)], format="~%", grid=False)
    scale = alt.Scale(domain=[0, 1], nice=False, clamp=False)
    x = alt.X("at:Q", title="training examples kept", scale=scale, axis=axis)
    y, low, colour = theme.accuracy_axis(), theme.accuracy_axis("low:Q"), cells.colour()
    tip = [
        alt.Tooltip("words:N", title="kept"),
        alt.Tooltip("kept:N", title="share"),
        alt.Tooltip("accuracy:Q", title="test accuracy", format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    base = alt.Chart()
    whole = base.transform_filter("datum.role == 'all'").encode(color=colour)
    across: Any = {"x": alt.X("left:Q", scale=scale, axis=axis, title="training examples kept"), "x2": "at:Q"}
    point = base.transform_filter("datum.role == 'point'").encode(x=x, color=colour, detail="subset:N")
    label = base.transform_filter("datum.role == 'label'").encode(color=colour)
    leader: Any = {"x": alt.X("from_at:Q", scale=scale, axis=axis, title="training examples kept"), "x2": "at:Q"}
    leader |= {"y": theme.accuracy_axis("from:Q"), "y2": "accuracy:Q"}
    layers = [
        whole.mark_rect(opacity=0.15).encode(y=low, y2="high:Q", **across),
        whole.mark_rule(strokeDash=[5, 4], strokeWidth=1.5).encode(y=y, **across),
        point.mark_rule(strokeWidth=1.5, opacity=0.65).encode(y=low, y2="high:Q"),
        point.mark_line(strokeWidth=2).encode(y=y),
        point.mark_point(size=64, filled=True, opacity=1).encode(y=y, shape=cells.shape(), tooltip=tip),
        label.mark_rule(strokeWidth=0.8, opacity=0.5).encode(**leader),
        label.mark_text(align="left", dx=4, fontWeight=600).encode(x=x, y=y, text="words:N"),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH - 40, height=theme.HEIGHT)
    description = (
        "Test accuracy by the share of the training examples that was kept, a line for each kind of subset, and a "
        "broken line across for all the data."
    )
    return theme.dress(chart, "Which data can be left out?", description, "mean and 95 % t interval over replicas")


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: all the data, each kind at its smallest share, and the least that is shown to match."""
    outcomes = [o for o in outcomes if o.test_accuracy is not None]
    whole = {(o.seed, o.replica): o.test_accuracy for o in outcomes if o.subset == "all"}
    if not whole:
        return []
    sentences = [f"All the data: test accuracy {points(list(whole.values()), what=' %')}."]
    for kind in sorted({o.subset for o in outcomes if o.subset != "all"}, key=_order):
        parts: dict[float, list[Any]] = defaultdict(list)
        for o in outcomes:
            if o.subset == kind and (o.seed, o.replica) in whole:
                parts[o.share].append(o)
        if not parts:
            continue
        least, same = min(parts), None
        for share in sorted(parts, reverse=True):
            own = [o.test_accuracy for o in parts[share]]
            beside = [whole[o.seed, o.replica] for o in parts[share]]
            if not intervals.matches(intervals.paired(own, beside)):
                break
            same = share
        said = f"The {kind} {theme.percent(least)}: {points([o.test_accuracy for o in parts[least]], what=' %')}"
        down = "no share is shown to match all the data" if same is None else f"matches down to {theme.percent(same)}"
        sentences.append(f"{said}; {down} (paired 95 % interval, at most 1 point worse).")
    return sentences
