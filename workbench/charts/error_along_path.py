"""How high does the error rise between two children? The error along the path, one curve a step they part at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts import theme
from workbench.charts.grammar.looks import TREATMENTS


def error_along_path(partings: Iterable[Any]) -> alt.LayerChart:
    """Draw error along the path, mean over pairs and replicas, with a switch between the batch-norm treatments."""
    return draw(rows(partings))


def rows(partings: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each treatment, step and point of the path; on the test images where they were measured."""
    partings = list(partings)
    split = "test" if any(p.split == "test" for p in partings) else partings[0].split if partings else ""
    partings = [p for p in partings if p.split == split]
    values: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for p in partings:
        values[p.batch_norm, p.rewind_step].append(p.path)
    steps = theme.thin(sorted({step for _, step in values}), 12)
    most = theme.ROWS // max(1, len(values)) if len(values) > 6 else theme.ROWS // 6
    found = []
    for (how, step), lines in sorted(values.items()):
        if step in steps:
            error = torch.stack([line.error for line in lines]).mean(0)
            loss = torch.stack([line.loss for line in lines]).mean(0)
            points = zip(lines[0].alphas.tolist(), error.tolist(), loss.tolist(), strict=True)
            which = {"batch_norm": how, "rewind_step": step, "about": f"on {split} images", "n": len(lines)}
            every = [{**which, "alpha": a, "error": e, "loss": x} for a, e, x in points]
            found += theme.thin(every, most | 1)  # odd: the middle stays
    return found


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; buttons choose the treatment."""
    buttons = alt.binding_radio(options=list(TREATMENTS), name="batch-norm on the path: ")
    chosen = alt.param(name="treatment", value="average", bind=buttons)
    x = alt.X("alpha:Q", title="α, from one child to the other", axis=alt.Axis(grid=False))
    y = alt.Y("error:Q", title="error", axis=alt.Axis(format=".3~%"), scale=alt.Scale(zero=False))
    legend = alt.Legend(title="parted at step", symbolType="stroke", symbolStrokeWidth=3)
    scheme = alt.SchemeParams(name="plasma", extent=[0.25, 0.82])  # what both papers show
    colour = alt.Color("rewind_step:O", scale=alt.Scale(scheme=scheme), legend=legend)
    tip = [
        alt.Tooltip("rewind_step:O", title="parted at step"),
        alt.Tooltip("alpha:Q", title="α", format=".3f"),
        alt.Tooltip("error:Q", format=".2%"),
        alt.Tooltip("loss:Q", format=".4f"),
        alt.Tooltip("n:Q", title="pairs"),
    ]
    base = alt.Chart().transform_filter("datum.batch_norm == treatment").encode(x=x, y=y, color=colour)
    layers = [base.mark_line(strokeWidth=2), base.mark_point(size=26, filled=True, opacity=0.9).encode(tooltip=tip)]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).add_params(chosen)
    chart = chart.properties(width=theme.WIDTH, height=theme.HEIGHT)
    description = "The error along the straight line between two children, one curve for each step they parted at."
    about = rows[0]["about"] if rows else "nothing finished"
    subtitle = f"{about}, mean over pairs and replicas; the buttons switch the treatment of batch-norm"
    return theme.dress(chart, "The error between two children", description, subtitle)
