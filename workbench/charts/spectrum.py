"""How curved is the loss around a ticket, and in how many directions? The Hessian's spectrum by density.

Most eigenvalues are near zero, a few stand out, about as many as there are classes (Sagun et al. 2017; Papyan 2020): so
the axis of how many there are is logarithmic, and the largest are marked by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import ROWS, Axis, Look, Looks, Rows, kept, legend, picture, thin
from workbench.charts.grammar.looks import GREY, SEQUENCE, scale
from workbench.charts.grammar.marks import tips, where
from workbench.charts.grammar.room import SIDE
from workbench.landscape.spectrum import even, smoothed
from workbench.numbers.numerals import percent, plus_minus

KINDS: Looks = {
    "ticket": Look(GREY, words="trained ticket"),
    "rewound": Look(GREY, words="before training", dash=(2, 3)),
    "random_mask": Look(GREY, words="random places, trained", dash=(8, 4)),
}
DASHES = {look.words: look for look in KINDS.values()}
LEAST = 0.3  # eigenvalues per unit: below about one of them the estimate says nothing
STRIPS, TICKS = 4, 8  # densities that are shown, and eigenvalues of each
HIGH = 110  # pixels of a strip
EIGENVALUE = Axis("at", "eigenvalue of the Hessian of the mean loss", padding=0)
PER_UNIT = Axis("height", "per unit", "~s", type="log", ticks=(1, 100, 10**4, 10**6))


@picture(
    asks=("kind density layer dimension curvature", "curvature"),
    selects=("density", "kind"),
    title="The Hessian's spectrum",
    subtitle="how many eigenvalues a unit, on surviving weights; ticks: the ticket's largest; means over replicas",
    description=(
        "The spectral density of the Hessian of the mean loss, on surviving weights: how many eigenvalues there are by "
        "their size, a strip for every density: the trained ticket as an area, with its largest eigenvalues as ticks "
        "at the foot; dotted the same places before training, dashed random places."
    ),
    holds="spectra",
)
def spectrum(outcomes: Iterable[Any]) -> Rows:
    """Draw the spectral density, a strip for every density, with the largest eigenvalues of the ticket at its foot.

    `outcomes` are those of `experiments.curvature`; spectra of single layers are left out. Curves and ticks are means
    over replicas.
    """
    groups, rows = _grouped(outcomes), []
    shown = thin(list(dict.fromkeys(density for density, _ in groups)), STRIPS)
    drawn = {(density, kind): same for (density, kind), same in groups.items() if density in shown}
    if not drawn:
        return []
    at = even([o.curvature for same in drawn.values() for o in same], (ROWS - STRIPS * TICKS) // len(drawn))
    for (density, kind), same in drawn.items():
        row = {"kind": kind, "words": KINDS[kind].words, "density": density, "kept": kept(density), "n": len(same)}
        # a bump as wide as a point for every node
        each = [o.dimension * smoothed(at, o.curvature.nodes_RM, o.curvature.weights_RM, at[1] - at[0]) for o in same]
        heights = torch.stack(each).mean(0).clamp_min(LEAST).tolist()
        rows += [row | {"role": "curve", "at": x, "height": y} for x, y in zip(at.tolist(), heights, strict=True)]
        if kind == "ticket":
            most = min(TICKS, *(len(o.curvature.eigenvalues) for o in same))
            largest = torch.stack([o.curvature.eigenvalues[:most] for o in same]).mean(0).tolist()
            rows += [row | {"role": "tick", "at": x, "height": LEAST, "place": i + 1} for i, x in enumerate(largest)]
    return rows


def _grouped(outcomes: Iterable[Any]) -> dict[tuple[float, str], list[Any]]:
    """Return the outcomes of whole networks by density, from dense to sparse, and by kind."""
    groups: dict[tuple[float, str], list[Any]] = defaultdict(list)
    whole = (o for o in outcomes if o.layer == "all")
    for o in sorted(whole, key=lambda o: (-float(f"{o.density:.6g}"), [*KINDS].index(o.kind))):
        groups[float(f"{o.density:.6g}"), o.kind].append(o)
    return groups


@spectrum.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: strips from dense to sparse, the ticket as an area, the controls as lines over it."""
    inner = max(60, width - SIDE - 8)
    x, y = EIGENVALUE.x(width=inner), PER_UNIT.y("height", height=HIGH).scale(type="log", domainMin=LEAST)
    colour = alt.Color("density:Q", scale=alt.Scale(type="log", range=list(SEQUENCE), reverse=True), legend=None)
    key = legend(None, DASHES, width, symbolStrokeColor=GREY, symbolStrokeWidth=2, symbolSize=300)
    dash = alt.StrokeDash("words:N", scale=scale(DASHES, "dash"), legend=key)
    tip = tips(words="network", kept="density", at=("eigenvalue", ".3"), n="replicas", place="from the top")
    curve, tick = where("curve").encode(x=x, y=y), where("tick").encode(x=x, y=y, color=colour, tooltip=tip)
    area = curve.transform_filter("datum.kind == 'ticket'").mark_area(color=GREY, opacity=0.25)
    area = area.encode(y2=alt.datum(LEAST))
    line = curve.mark_line(strokeWidth=1.6).encode(color=colour, strokeDash=dash, detail="kind:N")
    tick = tick.mark_tick(thickness=2.5, size=14, opacity=1, yOffset=-7)
    header = alt.Header(labelOrient="top", labelAnchor="start", labelFontWeight="bold")
    down = alt.EncodingSortField("density", op="max", order="descending")
    strip = alt.layer(area, line, tick, data=alt.Data(values=[])).properties(width=inner, height=HIGH)
    return strip.facet(row=alt.Row("kept:N", title=None, sort=down, header=header), spacing=10)


@spectrum.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every density the largest eigenvalue, the trace, and the share that is foretold."""
    sentences = []
    for (density, kind), same in _grouped(outcomes).items():
        name = "The dense network" if density == 1 else f"At {percent(density)}"
        top, trace = (_mean([getattr(o, field) for o in same]) for field in ("top_eigenvalue", "trace"))
        shares = [o.prunable_share for o in same if o.prunable_share is not None]
        prunable = f"is foretold to be prunable at once (ε = {same[0].epsilon:g})"
        foretold = f"; of its weights a share of {_mean(shares)} {prunable}" if shares else ""
        sentences.append(f"{name}, {KINDS[kind].words}: largest eigenvalue {top}, trace {trace}{foretold}.")
    return sentences


def _mean(values: Sequence[float]) -> str:
    return plus_minus(values, form=".3g", half=".2g", of=len(values) < 3)
