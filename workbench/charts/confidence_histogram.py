"""Where is an ensemble sure, and where is it wrong? Right and wrong predictions by confidence, methods side by side.

The visual form of what "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023) claims: fewer wrong
predictions in the bins where the ensemble is sure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np

from workbench.charts import methods, theme
from workbench.charts.spans import points

COLOURS = {"right": "#0080C6", "wrong": "#D55E00"}
SURE = 0.9
SIZE = (172, 150)  # pixels


def confidence_histogram(outcomes: Iterable[Any]) -> alt.FacetChart:
    """Draw the test predictions by confidence, the wrong ones at the bottom: mean counts over replicas.

    `outcomes` are those of `experiments.robust_ensembles`; a menu chooses before or after temperature scaling.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each method, scaling and kind (right, wrong), whose bins are lists."""
    found = methods.by_method(outcomes)
    if not found:
        return []
    about, made = methods.about(found), []
    for order, (method, own) in enumerate(found.items()):
        for words, scaled in methods.MENU.items():
            counts = _counts(own, scaled)
            which = {"about": about, "method": method, "order": order, "scaled": words}
            which["heading"] = f"{methods.heading(own, scaled)}\n{_sure(own, scaled)}"
            for kind in COLOURS:
                made.append(which | {"kind": kind} | _bars(counts, kind))
    return made


def _counts(own: Sequence[Any], scaled: bool) -> dict[str, np.ndarray]:
    """Return the mean count of each bin over replicas, of right and of wrong predictions."""
    found = [methods.said(outcome, scaled) for outcome in own]
    return {
        kind: np.mean([np.bincount(s.bin[s.right == (kind == "right")], minlength=methods.BINS) for s in found], 0)
        for kind in COLOURS
    }


def _bars(counts: dict[str, np.ndarray], kind: str) -> dict[str, list[Any]]:
    wrong, all_ = counts["wrong"], counts["wrong"] + counts["right"]
    floor, top = (np.zeros(methods.BINS), wrong) if kind == "wrong" else (wrong, all_)
    edges = np.arange(methods.BINS + 1) / methods.BINS
    there = np.flatnonzero(all_)
    return {
        "low": edges[:-1][there].tolist(),
        "high": edges[1:][there].tolist(),
        "floor": floor[there].round(3).tolist(),
        "top": top[there].round(3).tolist(),
        "count": counts[kind][there].round(2).tolist(),
        "share": (counts[kind] / all_.sum())[there].round(5).tolist(),
        "accuracy": (counts["right"][there] / all_[there]).round(4).tolist(),
    }


def _sure(own: Sequence[Any], scaled: bool) -> str:
    found = [methods.said(outcome, scaled) for outcome in own]
    shares = [float((~s.right & (s.confidence > SURE)).mean()) for s in found]
    return f"wrong above {SURE:g}: {methods.in_points(shares, '.1f')} %"


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows: stacked bars for each method, the wrong ones full, the right ones as an outline above them."""
    scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    tip = [
        alt.Tooltip("method:N"),
        alt.Tooltip("kind:N", title="predictions"),
        alt.Tooltip("low:Q", title="confidence above", format=".1f"),
        alt.Tooltip("count:Q", title="mean count", format=".1f"),
        alt.Tooltip("share:Q", title="share of all", format=".1%"),
        alt.Tooltip("accuracy:Q", title="accuracy of the bin", format=".1%"),
    ]
    lists: list[Any] = ["low", "high", "floor", "top", "count", "share", "accuracy"]
    base = alt.Chart().transform_flatten(lists)
    axis = alt.Axis(grid=False, values=[0, 0.5, 1], format="~g")
    bars = base.mark_rect(strokeWidth=1.2).encode(
        x=alt.X("low:Q", title="confidence", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis),
        x2="high:Q",
        y=alt.Y("floor:Q", title="test images", axis=alt.Axis(tickCount=4)),
        y2="top:Q",
        color=alt.Color("kind:N", scale=scale, legend=alt.Legend(title=None, orient="top")),
        stroke=alt.Stroke("kind:N", scale=scale, legend=None),
        fillOpacity=alt.condition("datum.kind == 'wrong'", alt.value(1.0), alt.value(0.18)),
        tooltip=tip,
    )
    bars = bars.properties(width=SIZE[0], height=SIZE[1])
    chart = bars.facet(methods.facet(), columns=methods.ACROSS, data=alt.Data(values=rows))
    chart = chart.transform_filter(methods.SHOWN).add_params(methods.menu())
    description = (
        "Histograms of test predictions by confidence, a method each: the wrong predictions as full bars at the "
        "bottom, the right ones as outlines on top of them; a menu chooses before or after temperature scaling."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "Where is it sure, and where is it wrong?", description, about)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how many predictions are wrong and sure, by method."""
    found = methods.by_method(outcomes)
    said = []
    for own in found.values():
        shares = [float((~s.right & (s.confidence > SURE)).mean()) for s in map(methods.said, own)]
        said.append(f"{methods.name_of(own[0])} {points(shares, what=' %')}")
    return [f"Wrong, and surer than {SURE:g}: {'; '.join(said)}."] if said else []
