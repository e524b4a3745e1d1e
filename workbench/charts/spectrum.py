"""How curved is the loss around a ticket, and in how many directions? The Hessian's spectrum by density.

Most eigenvalues are near zero, a few stand out, about as many as there are classes (Sagun et al. 2017; Papyan 2020): so
the axis of how many there are is logarithmic, and the largest are marked by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.numbers import intervals

KINDS = {  # kind: dashes, words
    "ticket": ([1, 0], "trained ticket"),
    "rewound": ([2, 3], "before training"),
    "random_mask": ([8, 4], "random places, trained"),
}
LEAST = 0.3  # eigenvalues per unit: below about one of them the estimate says nothing
STRIPS, TICKS = 4, 8  # densities that are shown, and eigenvalues of each


def spectrum(outcomes: Iterable[Any]) -> alt.FacetChart:
    """Draw the spectral density, a strip for every density, with the largest eigenvalues of the ticket at its foot.

    `outcomes` are those of `experiments.curvature`; spectra of single layers are left out. Curves and ticks are means
    over replicas.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each point of a curve (`role` is curve) and for each of the largest eigenvalues (tick)."""
    found: dict[tuple[str, float], list[Any]] = defaultdict(list)
    for o in outcomes:
        if o.layer == "all":
            found[o.kind, float(f"{o.density:.6g}")].append(o)
    shown = theme.thin(sorted({density for _, density in found}, reverse=True), STRIPS)
    keys = [(kind, density) for density in shown for kind in KINDS if (kind, density) in found]
    if not keys:
        return []
    every = [o.curvature for key in keys for o in found[key]]
    low, high = min(float(c.nodes_RM.min()) for c in every), max(float(c.nodes_RM.max()) for c in every)
    width = (high - low) or abs(high) or 1.0
    most = (theme.ROWS - STRIPS * TICKS) // len(keys)
    at = [low - 0.03 * width + i * 1.06 * width / (most - 1) for i in range(most)]
    curves = [row for key in keys for row in _curve(*key, found[key], at)]
    return curves + [tick for key in keys if key[0] == "ticket" for tick in _ticks(*key, found[key])]


def _curve(kind: str, density: float, same: Sequence[Any], at: Sequence[float]) -> list[dict[str, Any]]:
    """Return the points of the mean curve of some replicas: a bump as wide as a point for every quadrature node."""
    import numpy as np

    x, sigma = np.asarray(at), at[1] - at[0]
    heights = np.zeros(len(at))
    for o in same:
        nodes, weights = o.curvature.nodes_RM.numpy(), o.curvature.weights_RM.numpy()
        bumps = np.exp(-(((x[:, None, None] - nodes) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
        heights += o.dimension * (bumps * weights).sum((1, 2)) / len(nodes) / len(same)
    place = {"role": "curve", **_said(kind, density, same)}
    return [{**place, "at": a, "height": max(float(h), LEAST)} for a, h in zip(at, heights, strict=True)]


def _ticks(kind: str, density: float, same: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the largest eigenvalues, each the mean over replicas."""
    k = min(TICKS, *(len(o.curvature.eigenvalues) for o in same))
    means = [sum(float(o.curvature.eigenvalues[i]) for o in same) / len(same) for i in range(k)]
    place = {"role": "tick", **_said(kind, density, same)}
    return [{**place, "at": mean, "height": LEAST, "place": i + 1} for i, mean in enumerate(means)]


def _said(kind: str, density: float, same: Sequence[Any]) -> dict[str, Any]:
    kept = "dense" if density == 1 else f"{theme.percent(density)} kept"
    return {"kind": kind, "words": KINDS[kind][1], "density": density, "kept": kept, "n": len(same)}


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows: strips from dense to sparse, the ticket as an area, the controls as lines over it."""
    axis = alt.Axis(grid=False)
    x = alt.X("at:Q", title="eigenvalue of the Hessian of the mean loss", scale=alt.Scale(nice=False), axis=axis)
    scale = alt.Scale(type="log", domainMin=LEAST)
    title = "per unit"
    y = alt.Y("height:Q", title=title, scale=scale, axis=alt.Axis(format="~s", values=[1, 100, 10**4, 10**6]))
    shades = alt.Scale(type="log", range=theme.SEQUENCE, reverse=True)
    colour = alt.Color("density:Q", scale=shades, legend=None)
    known = alt.Scale(domain=[words for _, words in KINDS.values()], range=[dash for dash, _ in KINDS.values()])
    legend = alt.Legend(title=None, orient="top", symbolStrokeColor=theme.GREY, symbolStrokeWidth=2, symbolSize=300)
    dash = alt.StrokeDash("words:N", scale=known, legend=legend)
    tip = [
        alt.Tooltip("words:N", title="network"),
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("at:Q", title="eigenvalue", format=".3"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    curve = alt.Chart().transform_filter("datum.role == 'curve'").encode(x=x, y=y)
    ticket = curve.transform_filter("datum.kind == 'ticket'")
    tick = alt.Chart().transform_filter("datum.role == 'tick'")
    layers = [
        ticket.mark_area(color=theme.GREY, opacity=0.25).encode(y2=alt.datum(LEAST)),
        curve.mark_line(strokeWidth=1.6).encode(color=colour, strokeDash=dash, detail="kind:N"),
        tick.mark_tick(thickness=2.5, size=14, opacity=1, yOffset=-7).encode(
            x=x, y=y, color=colour, tooltip=[*tip, alt.Tooltip("place:Q", title="from the top")]
        ),
    ]
    strip = alt.Row(
        "kept:N",
        title=None,
        sort=alt.EncodingSortField("density", op="max", order="descending"),
        header=alt.Header(labelAngle=0, labelAlign="left", labelFontWeight="bold"),
    )
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH - 60, height=110)
    chart = chart.facet(row=strip, spacing=10)
    description = (
        "The spectral density of the Hessian of the mean loss, on surviving weights: how many eigenvalues there are by "
        "their size, a strip for every density: the trained ticket as an area, with its largest eigenvalues as ticks "
        "at the foot; dotted the same places before training, dashed random places."
    )
    subtitle = "how many eigenvalues a unit, on surviving weights; ticks: the ticket's largest; means over replicas"
    return theme.dress(chart, "The Hessian's spectrum", description, subtitle)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every density the largest eigenvalue, the trace, and the share that is foretold."""
    outcomes = [o for o in outcomes if o.layer == "all"]
    sentences = []
    for density in sorted({o.density for o in outcomes}, reverse=True):
        name = "The dense network" if density == 1 else f"At {theme.percent(density)}"
        for kind, (_, said) in KINDS.items():
            own = [o for o in outcomes if o.density == density and o.kind == kind]
            if own:
                top = _mean([o.top_eigenvalue for o in own])
                trace = _mean([o.trace for o in own])
                sentences.append(f"{name}, {said}: largest eigenvalue {top}, trace {trace}{_foretold(own)}.")
    return sentences


def _foretold(own: Sequence[Any]) -> str:
    shares = [o.prunable_share for o in own if o.prunable_share is not None]
    if not shares:
        return ""
    return f"; of its weights a share of {_mean(shares)} is foretold to be prunable at once (ε = {own[0].epsilon:g})"


def _mean(values: Sequence[float]) -> str:
    found = intervals.mean(values)
    if found.n < intervals.LEAST:
        return f"{found.mean:.3g} (n = {found.n})"
    return f"{found.mean:.3g} ± {found.high - found.mean:.2g}"
