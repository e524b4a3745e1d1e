"""Which tickets are alike? Every pair of rounds and seeds in four small heat maps, linked: point at a pair in one.

Frankle et al. 2020 (barriers), Maene et al. 2021 (angles), Paul et al. 2023 (successive rounds) in one picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.spans import by_replica, points, records

NETWORKS = 31  # 465 pairs; more would be above what a live chart is sent
SIZE = 232
MAPS = {  # field: title, format, largest value (None: of what there is)
    "barrier_error": ("error barrier half-way", ".1~%", None),
    "angle": ("angle: 0 one direction, 1 unrelated", ".1f", 1),
    "overlap": ("mask overlap (Jaccard)", "~%", 1),
    "disagreement": ("predictions that differ", ".1~%", None),
}
MARK = "#D55E00"
CHOSEN = {"param": "pair", "empty": False}  # the pair that was pointed at last, in all maps


def pair_matrix(table: Any) -> alt.VConcatChart:
    """Draw the pairs: midpoint barrier, angle, mask overlap and disagreement, linked by pointing at a pair.

    `table` is a data frame or an iterable of the outcomes of `experiments.pair_matrix`. Of more than 31 networks some
    rounds are drawn, evenly spread, and the picture says so.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each pair that is drawn, and a note about what is."""
    found = records(table)
    if not found:
        return []
    networks = sorted({_name(row, which) for row in found for which in "ab"})
    shown = _thinned(networks)
    places = {name: place for place, name in enumerate(shown)}
    pairs = [row for row in found if _name(row, "a") in places and _name(row, "b") in places]
    drawn = [_row(row, places) for row in pairs]
    few = f"{len(shown)} of {len(networks)} networks, rounds evenly spread (the table has all)"
    several = f"{len(networks)} networks" if len(shown) == len(networks) else few
    note = f"{several}; batch-norm: {found[0]['batch_norm']}. Point at a pair to read it."
    return [*drawn, {"role": "note", "words": note}]


def _name(row: dict[str, Any], which: str) -> tuple[int, int]:
    return int(row[f"replica_{which}"]), int(row[f"round_{which}"])


def _thinned(networks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return at most 31 networks: the same rounds of every replica, the first and the last among them."""
    replicas = theme.thin(sorted({replica for replica, _ in networks}), NETWORKS)
    rounds = theme.thin(sorted({r for _, r in networks}), NETWORKS // len(replicas))
    return [(replica, r) for replica, r in networks if replica in replicas and r in rounds]


def _row(row: dict[str, Any], places: dict[tuple[int, int], int]) -> dict[str, Any]:
    a, b = _name(row, "a"), _name(row, "b")
    said = {which: f"{label[0]}·{label[1]}" for which, label in (("a", a), ("b", b))}
    kept = [theme.percent(row[f"density_{which}"]) for which in "ab"]
    measured = {name: row[name] for name in (*MAPS, "barrier_loss")}
    angle = "none in common" if row["angle"] is None else f"{row['angle']:.2f}"
    names = f"{said['a']} and {said['b']} ({kept[0]} and {kept[1]} kept)"
    barriers = f"barrier {row['barrier_error']:.1%} of error and {row['barrier_loss']:.3f} of loss"
    words = f"{names}\n{barriers}, angle {angle}, overlap {row['overlap']:.0%}, differ {row['disagreement']:.1%}"
    order = {"order_a": places[a], "order_b": places[b], "pair": f"{said['a']} {said['b']}"}
    return {"role": "pair", **said, **order, **measured, "kept_a": kept[0], "kept_b": kept[1], "words": words}


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows; the lower triangle, since a pair has no direction."""
    maps = [_map(field) for field in MAPS]
    # one selection over four views, by hand: lifting it from each of them is what altair warns of
    select = alt.PointSelectionConfig(type="point", fields=["pair"], on="pointerover")
    pick = alt.TopLevelSelectionParameter(name="pair", select=select, views=[f"map_{field}" for field in MAPS])
    base = alt.Chart().properties(width=2 * SIZE, height=54, view=alt.ViewConfig(stroke=None))
    words = base.mark_text(align="left", fontSize=12.5).encode(x=alt.value(0), text="words:N")
    note = words.transform_filter("datum.role == 'note'").encode(y=alt.value(8))
    readout = base.mark_text(align="left", fontSize=12.5, fontWeight=600, lineBreak="\n").encode(
        x=alt.value(0), text="words:N"
    )
    readout = readout.transform_filter(alt.ParameterPredicate(**CHOSEN)).encode(y=alt.value(26))
    lower = alt.layer(note, readout)
    four = alt.concat(*maps, columns=2).resolve_scale(color="independent")
    chart = alt.vconcat(four, lower, params=[pick], data=alt.Data(values=rows))
    description = (
        "Four heat maps of all pairs of networks, each named by replica and round: the error barrier half-way between "
        "the two, their angle, the overlap of their masks, and the share of predictions that differ."
    )
    subtitle = "every pair of networks, named replica · round; blocks on the diagonal are of one seed"
    return theme.dress(chart, "Pairs of tickets", description, subtitle)


def _map(field: str) -> alt.Chart:
    title, form, most = MAPS[field]
    axis = alt.Axis(labelOverlap="greedy", labelAngle=0, labelFontSize=10, ticks=False, domain=False)
    x = alt.X("a:N", title=None, sort=alt.EncodingSortField("order_a", op="min"), axis=axis)
    y = alt.Y("b:N", title=None, sort=alt.EncodingSortField("order_b", op="min"), axis=axis)
    scheme = alt.SchemeParams("cividis", extent=[0.12, 1])  # its darkest end would vanish on dark paper
    scale = alt.Scale(scheme=scheme, domainMin=0, clamp=True, **({} if most is None else {"domainMax": most}))
    legend = alt.Legend(title=None, format=form, gradientLength=SIZE - 20, gradientThickness=10, tickCount=4)
    tip = [
        alt.Tooltip("a:N", title="first"),
        alt.Tooltip("kept_a:N", title="kept"),
        alt.Tooltip("b:N", title="second"),
        alt.Tooltip("kept_b:N", title="kept by the second"),
        alt.Tooltip(f"{field}:Q", title=title, format=form if field == "overlap" else ".3" if most else ".2%"),
    ]
    chart = alt.Chart(name=f"map_{field}").transform_filter(f"datum.role == 'pair' && isValid(datum.{field})")
    chart = chart.mark_rect(stroke=MARK).encode(
        x=x,
        y=y,
        color=alt.Color(f"{field}:Q", scale=scale, legend=legend),
        strokeWidth=alt.StrokeWidthValue(0, condition={**CHOSEN, "value": 2.5}),
        order=alt.OrderValue(0, condition={**CHOSEN, "value": 1}),  # the chosen one last, above its neighbours
        tooltip=tip,
    )
    heading = alt.TitleParams(title, fontSize=12.5, fontWeight="normal", offset=6)
    return chart.properties(width=SIZE, height=SIZE, title=heading)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: successive rounds of one seed, and different seeds at one round."""
    outcomes = list(outcomes)
    own = [o for o in outcomes if o.replica_a == o.replica_b and o.round_b == o.round_a + 1]
    other = [o for o in outcomes if o.replica_a != o.replica_b and o.round_a == o.round_b]
    sentences = [f"{len(outcomes)} pairs; batch-norm on the midpoint: {outcomes[0].batch_norm}."] if outcomes else []
    if own:
        error = points(by_replica((o.replica_a, o.barrier_error) for o in own))
        differ = points(by_replica((o.replica_a, o.disagreement) for o in own))
        sentences.append(f"Successive rounds of one seed: error barrier {error}, {_angle(own)}, differ on {differ}.")
    if other:
        error, differ = (100 * _mean([getattr(o, name) for o in other]) for name in ("barrier_error", "disagreement"))
        said = f"error barrier {error:.1f} points, {_angle(other)}, differ on {differ:.1f} points"
        sentences.append(f"Different seeds at one round: {said} (mean of {len(other)} pairs).")
    return sentences


def _angle(outcomes: Sequence[Any]) -> str:
    angles = [o.angle for o in outcomes if not math.isnan(o.angle)]
    return f"angle {_mean(angles):.2f}" if angles else "no weight in common"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
