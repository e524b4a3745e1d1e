"""Do successive rounds stay connected as long as the ticket matches? Barriers between rounds, accuracy beneath."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.spans import records, span
from workbench.experiments.tickets_beside_dense import tickets
from workbench.experiments.until_disconnected import disconnections, matching_beside
from workbench.numbers import intervals

BARRIER, ACCURACY = theme.OTHER[1][0], theme.kind("ticket")[0]


def barrier_between_rounds(table: Any) -> alt.VConcatChart:
    """Draw the error barrier between successive rounds by density, and the ticket's accuracy less the dense one's.

    `table` is a data frame or an iterable of the outcomes of `experiments.until_disconnected`: mean and 95 % t interval
    over the replicas that came so far, whose number is told; a cross marks where a replica is disconnected.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each density and measure, each disconnected replica, and the two lines to compare with."""
    outcomes = records(table)
    values: dict[float, list[dict[str, Any]]] = defaultdict(list)
    for row in outcomes:
        values[float(f"{row['density']:.4g}")].append(row)  # counts of survivors are the same for all replicas
    found = []
    for density, same in sorted(values.items(), reverse=True):
        place = {"density": density, "kept": theme.percent(density)}
        barriers = [row["barrier_error"] for row in same if row["barrier_error"] is not None]
        gaps = [_gap(row) for row in same if row["test_accuracy"] is not None]
        if barriers:
            found.append({**place, "role": "barrier", **span(barriers, "value")})
        if gaps:
            match = "matches" if intervals.matches(intervals.mean(gaps)) or density == 1 else "not shown to match"
            found.append({**place, "role": "accuracy", "match": match, **span(gaps, "value", "+.2%")})
    if not found:
        return []
    apart = [row for row in outcomes if row["disconnected"]]
    crosses = [
        {"role": "apart", "density": row["density"], "kept": theme.percent(row["density"]), "replica": row["replica"],
         "value": row["barrier_error"]}
        for row in theme.thin(apart, 100)
    ]  # fmt: skip
    lines = [{"role": "threshold", "value": outcomes[0]["threshold"]}, {"role": "margin", "value": -0.01}]
    return [*theme.thin(found, theme.ROWS - 110), *crosses, *lines]


def _gap(row: dict[str, Any]) -> float:
    return row["test_accuracy"] - row["dense_accuracy"]


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: barriers above, accuracies below, over one axis of densities."""
    density, replica = alt.Tooltip("kept:N", title="density"), alt.Tooltip("replica:N")
    cross = alt.Chart().transform_filter("datum.role == 'apart'").mark_point(shape="cross", size=60, angle=45)
    cross = cross.encode(
        x=theme.density_axis(title=""),
        y="value:Q",
        color=alt.value(theme.KINDS["random_mask"][0]),
        tooltip=[density, replica, alt.Tooltip("value:Q", title="disconnected: barrier", format=".2%")],
    )
    upper = _panel("barrier", "threshold", "error barrier to the round before", BARRIER, "", [cross])
    title = "density (logarithmic)"
    lower = _panel("accuracy", "margin", "accuracy less the dense one's", ACCURACY, title, [])
    chart = alt.vconcat(upper.properties(height=190), lower.properties(height=190), data=alt.Data(values=rows))
    chart = chart.resolve_scale(x="shared")
    description = (
        "Above, the error barrier between successive rounds by density, with a cross for every replica that is "
        "disconnected; below, the ticket's accuracy less the dense network's, filled where it is shown to match."
    )
    subtitle = "dashed: threshold of connection, margin of matching (filled: matches); mean and 95 % t interval"
    return theme.dress(chart, "Successive rounds", description, subtitle)


def _panel(role: str, line: str, title: str, colour: str, along: str, more: list[Any]) -> alt.LayerChart:
    x = theme.density_axis(title=along)
    axis = alt.Axis(format=".3~%", tickCount=6)
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=True, padding=8), axis=axis)
    tip = [
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("value:Q", title=title, format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    base = alt.Chart().transform_filter(f"datum.role == '{role}'").encode(x=x)
    full = base.transform_filter("datum.match != 'not shown to match'")
    empty = base.transform_filter("datum.match == 'not shown to match'")
    across = alt.Chart().transform_filter(f"datum.role == '{line}'")
    layers = [
        across.mark_rule(strokeDash=[5, 4], color=theme.GREY).encode(y=y),
        base.mark_rule(strokeWidth=1.5, opacity=0.65, color=colour).encode(y=alt.Y("low:Q", title=title), y2="high:Q"),
        base.mark_line(strokeWidth=2, color=colour).encode(y=y),
        full.mark_point(size=66, filled=True, opacity=1, color=colour).encode(y=y, tooltip=tip),
        empty.mark_point(size=66, strokeWidth=2, opacity=1, color=colour).encode(y=y, tooltip=tip),
        *more,
    ]
    chart = alt.layer(*layers).properties(width=theme.WIDTH)
    assert isinstance(chart, alt.LayerChart)
    return chart


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: where each replica was disconnected, and down to where the ticket matches."""
    outcomes = list(outcomes)
    if not any(o.round > 1 for o in outcomes):
        return []
    threshold = f"{100 * outcomes[0].threshold:g} points of error"
    ended = {replica: density for replica, density in disconnections(outcomes).items() if density is not None}
    replicas = len({o.replica for o in outcomes})
    sentences = [f"No successive rounds are disconnected so far (threshold {threshold})."]
    if ended:
        at = ", ".join(theme.percent(density) for density in sorted(ended.values(), reverse=True))
        sentences = [f"Successive rounds disconnect in {len(ended)} of {replicas} replicas, at {at} ({threshold})."]
    if replicas >= intervals.LEAST and len(tickets(outcomes)[0]) > 1:
        density = matching_beside(outcomes).density
        down = "is not shown to match" if density is None else f"matches down to {theme.percent(density)}"
        sentences.append(f"The ticket {down} (paired 95 % interval, at most 1 point worse).")
    return sentences
