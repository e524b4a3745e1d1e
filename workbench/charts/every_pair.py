"""Which tickets are alike? Barriers (Frankle et al. 2020), angles (Maene et al. 2021), rounds (Paul et al. 2023)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar import Rows, by_replica, grid, picture, records, thin
from workbench.charts.grammar.looks import ORANGE
from workbench.charts.grammar.marks import tips
from workbench.charts.grammar.picture import headed
from workbench.numbers.numerals import percent, points

NETWORKS = 31  # 465 pairs; more would be above what a live chart is sent
MAPS = {  # field: title, format of the legend and of single values, largest value (None: of what there is)
    "barrier_error": ("error barrier half-way", ".1~%", ".2%", None),
    "angle": ("angle: 0 one direction, 1 unrelated", ".1f", ".3", 1),
    "overlap": ("mask overlap (Jaccard)", "~%", "~%", 1),
    "disagreement": ("predictions that differ", ".1~%", ".2%", None),
}
CHOSEN: dict[str, Any] = {"param": "pair", "empty": False}  # the pair that was pointed at last, in all maps


@picture(
    asks=(
        "replica_a round_a density_a replica_b round_b density_b barrier_error barrier_loss angle overlap disagreement "
        "batch_norm",
        "pair_matrix",
    ),
    selects=("replica_a", "round_a", "replica_b", "round_b"),
    title="Pairs of tickets",
    subtitle=(
        "every pair of networks, named replica · round; blocks on the diagonal are of one seed\n"
        "{about}. Point at a pair to read it; an angle above 1 has the colour of 1."
    ),
    description=(
        "Four heat maps of all pairs of networks, each named by replica and round: the error barrier half-way between "
        "the two, their angle, the overlap of their masks, and the share of predictions that differ."
    ),
)
def pair_matrix(table: Any) -> Rows:
    """Draw the pairs: midpoint barrier, angle, mask overlap and disagreement, linked by pointing at a pair.

    `table` is a data frame or an iterable of the outcomes of `experiments.pair_matrix`. Of more than 31 networks some
    rounds are drawn, the same of every replica, evenly spread, the first and the last among them; the picture says so.
    """
    pairs = [(row, *((int(row[f"replica_{n}"]), int(row[f"round_{n}"])) for n in "ab")) for row in records(table)]
    networks = sorted({network for _, *both in pairs for network in both})
    replicas = thin(sorted({replica for replica, _ in networks}), NETWORKS)
    rounds = thin(sorted({r for _, r in networks}), NETWORKS // max(1, len(replicas)))
    shown = [(replica, r) for replica, r in networks if replica in replicas and r in rounds]
    places = {network: place for place, network in enumerate(shown)}
    about = f"{len(networks)} networks"
    if len(shown) < len(networks):
        about = f"{len(shown)} of {about}, rounds evenly spread (the table has all)"
    return [
        {"about": f"{about}; batch-norm: {row['batch_norm']}", "order_a": places[a], "order_b": places[b]}
        | _said(row, f"{a[0]}·{a[1]}", f"{b[0]}·{b[1]}")
        for row, a, b in pairs
        if a in places and b in places
    ]


def _said(row: dict[str, Any], a: str, b: str) -> dict[str, Any]:
    kept_a, kept_b = percent(row["density_a"]), percent(row["density_b"])
    angle = "none in common" if row["angle"] is None else f"{row['angle']:.2f}"
    words = (
        f"{a} and {b} ({kept_a} and {kept_b} kept)\n"
        f"barrier {row['barrier_error']:.1%} of error and {row['barrier_loss']:.3f} of loss\n"
        f"angle {angle}, overlap {row['overlap']:.0%}, differ {row['disagreement']:.1%}"
    )
    names = {"pair": f"{a} {b}", "a": a, "b": b, "kept_a": kept_a, "kept_b": kept_b, "words": words}
    names |= {f"{of}_{n}": int(row[f"{of}_{n}"]) for n in "ab" for of in ("replica", "round")}
    return names | {name: row[name] for name in (*MAPS, "barrier_loss")}


@pair_matrix.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows; the lower triangle, since a pair has no direction."""
    room = grid(width, len(MAPS), left=34, right=63, gap=14, least=150)
    maps = alt.concat(*(_map(field, room.inner) for field in MAPS), columns=room.columns, spacing=14)
    # one selection over four views, by hand: lifting it from each of them is what altair warns of
    select = alt.PointSelectionConfig(type="point", fields=["pair"], on="pointerover")
    pick = alt.TopLevelSelectionParameter(name="pair", select=select, views=[f"map_{field}" for field in MAPS])
    text = alt.Chart().mark_text(align="left", fontSize=12.5, fontWeight=600, lineBreak="\n")
    readout = text.encode(x=alt.value(0), y=alt.value(8), text="words:N").properties(width=width - 60, height=54)
    readout = readout.transform_filter(alt.ParameterPredicate(**CHOSEN))
    return alt.vconcat(maps.resolve_scale(color="independent"), readout, params=[pick])


def _map(field: str, side: int) -> alt.Chart:
    title, form, said, most = MAPS[field]
    axis = alt.Axis(labelOverlap="greedy", labelAngle=0, labelFontSize=10, ticks=False, domain=False)

    scheme = alt.SchemeParams("cividis", extent=[0.12, 1])  # its darkest end would vanish on dark paper
    scale = alt.Scale(scheme=scheme, domainMin=0, domainMax=most or alt.Undefined, clamp=True)
    legend = alt.Legend(title=None, format=form, gradientLength=side - 20, gradientThickness=10, tickCount=4)
    chart = alt.Chart(name=f"map_{field}").transform_filter(f"isValid(datum.{field})").mark_rect(stroke=ORANGE)
    chart = chart.properties(width=side, height=side).encode(
        x=alt.X("a:N", title=None, sort=alt.EncodingSortField("order_a", op="min"), axis=axis),
        y=alt.Y("b:N", title=None, sort=alt.EncodingSortField("order_b", op="min"), axis=axis),
        color=alt.Color(f"{field}:Q", scale=scale, legend=legend),
        strokeWidth=alt.StrokeWidthValue(0, condition={**CHOSEN, "value": 2.5}),
        order=alt.OrderValue(0, condition={**CHOSEN, "value": 1}),  # the chosen one last, above its neighbours
        tooltip=tips(a="first", kept_a="kept", b="second", kept_b="kept by the second", **{field: (title, said)}),
    )
    return headed(chart, title)


@pair_matrix.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: successive rounds of one seed, and different seeds at one round."""
    outcomes = list(outcomes)
    own = [o for o in outcomes if o.replica_a == o.replica_b and o.round_b == o.round_a + 1]
    other = [o for o in outcomes if o.replica_a != o.replica_b and o.round_a == o.round_b]
    sentences = [f"{len(outcomes)} pairs; batch-norm on the midpoint: {outcomes[0].batch_norm}."] if outcomes else []
    fractions = ("barrier_error", "disagreement")
    if own:
        each = [points(by_replica((o.replica_a, getattr(o, name)) for o in own)) for name in fractions]
        sentences.append(f"Successive rounds of one seed: {_alike(own, *each)}.")
    if other:
        each = [f"{100 * statistics.fmean(getattr(o, name) for o in other):.1f} points" for name in fractions]
        sentences.append(f"Different seeds at one round: {_alike(other, *each)} (mean of {len(other)} pairs).")
    return sentences


def _alike(outcomes: Sequence[Any], error: str, differ: str) -> str:
    angles = [o.angle for o in outcomes if not math.isnan(o.angle)]
    angle = f"angle {statistics.fmean(angles):.2f}" if angles else "no weight in common"
    return f"error barrier {error}, {angle}, differ on {differ}"
