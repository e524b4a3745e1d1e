"""Which method is best calibrated? NLL, Brier, debiased ECE, confidence where wrong and accuracy, method by method.

Below the values stand the paired differences to the ordinary ensemble, replica by replica: what an interval away from
zero says is there. Hollow marks are the same after temperature scaling, the control that costs nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import methods, theme
from workbench.charts.spans import records, span
from workbench.experiments.ensemble_outcome import check_once
from workbench.numbers import intervals

MEASURES = {  # column: title, format, which way is better
    "nll": ("NLL", ".3f", "lower"),
    "brier": ("Brier score", ".3f", "lower"),
    "ece_debiased": ("debiased ECE", ".1%", "lower"),
    "wrong_confidence": ("confidence where wrong", ".1%", "lower"),
    "accuracy": ("accuracy", ".1%", "higher"),
}
WIDTH, LINE = 104, 34  # pixels: of a measure, and of a method
DODGE = 0.17  # of a line, between before and after temperature scaling
Values = dict[tuple[Any, Any], float]  # of a measure, by seed and replica


def calibration_by_method(table: Any, reference: str | None = None) -> alt.VConcatChart:
    """Draw every measure by method, and its paired difference to the reference: means and 95 % t intervals.

    `table` is a data frame of `experiments.ensembles_table`, or the outcomes of `experiments.robust_ensembles`;
    `reference` is a method of it (default: "ordinary", else the first). Raises a ValueError for a reference that is not
    there, and for a table with more than one way to combine members, or of several experiments, in which a replica has
    a method twice.
    """
    return draw(rows(table, reference))


def rows(table: Any, reference: str | None = None) -> list[dict[str, Any]]:
    """Return a dict for each measure, method and scaling: its value, and its difference to the reference."""
    found = _records(table)
    if not found:
        return []
    if len(ways := {row["combine"] for row in found}) > 1:
        raise ValueError(f"all must be combined in one way, got {' and '.join(sorted(ways))}; draw one chart for each")
    check_once((row["seed"], row["replica"], row["method"], row["temperature_scaled"]) for row in found)
    names = list(dict.fromkeys(row["method"] for row in found))
    base = methods.reference(names, reference)
    order = {name: place for place, name in enumerate(theme.thin(names, 24))}
    combined = found[0]["combine"]
    about = f"{len(names)} methods, members combined by mean {combined}; below: less {base}, paired by replica"
    values: dict[tuple[str, str, bool], Values] = defaultdict(dict)
    for row in found:
        for name in MEASURES:
            if row.get(name) is not None and row["method"] in order:
                key = name, row["method"], bool(row["temperature_scaled"])
                values[key][row["seed"], row["replica"]] = row[name]
    made = []
    for (name, method, scaled), own in values.items():
        which = {"about": about, "base": base, "measure": name, "method": method, "scaled": scaled}
        which |= {"place": order[method], "line": order[method] + (DODGE if scaled else -DODGE)}
        form, beside = MEASURES[name][1], values.get((name, base, scaled), {})
        made.append(which | span(list(own.values()), "value", form) | _difference(own, beside, method == base, form))
    return made


def _records(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table, or make it from the outcomes of the experiment."""
    if hasattr(table, "to_dict"):
        return records(table)
    outcomes = list(table)
    if not outcomes or isinstance(outcomes[0], dict):
        return records(outcomes)
    from workbench.experiments.calibration_tables import ensembles_table

    return records(ensembles_table(outcomes))


def _difference(own: Values, base: Values, same: bool, form: str) -> dict[str, Any]:
    """Return the paired difference to the reference, with an interval from three pairs on; nothing for itself."""
    both = sorted(own.keys() & base.keys())
    nothing = {"difference": None, "difference_low": None, "difference_high": None, "pairs": len(both), "said": ""}
    if same or not both:
        return nothing
    found = intervals.paired([own[key] for key in both], [base[key] for key in both])
    if found.n < intervals.LEAST:
        return nothing | {"difference": found.mean, "said": "fewer than 3 pairs"}
    form = f"+{form}"
    said = f"{found.low:{form}} to {found.high:{form}}"
    return nothing | {
        "difference": found.mean,
        "difference_low": found.low,
        "difference_high": found.high,
        "said": said,
    }


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: a column a measure, values above, differences below; hollow is after temperature scaling."""
    names = list(dict.fromkeys(row["method"] for row in sorted(rows, key=lambda row: row["place"])))
    parts = [
        alt.hconcat(*(_column(name, names, place == 0, differ) for place, name in enumerate(MEASURES)), spacing=12)
        for differ in (False, True)
    ]
    chart = alt.vconcat(*parts, data=alt.Data(values=rows), spacing=14)
    description = (
        "Five measures side by side, a line for each method: above their means with intervals, below the paired "
        "differences to a reference, with a rule at zero; full marks are before temperature scaling, hollow ones after."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    how = "mean and 95 % t interval over replicas; hollow: after temperature scaling"
    return theme.dress(chart, "Which method is best calibrated?", description, f"{how}\n{about}")


def _column(name: str, names: list[str], first: bool, differ: bool) -> alt.LayerChart:
    title, form, better = MEASURES[name]
    fields = ("difference", "difference_low", "difference_high") if differ else ("value", "low", "high")
    words = {True: f"{better} is better", False: title}[differ]
    axis = alt.Axis(grid=True, tickCount=3, format="+~g" if differ else "~g", titleFontSize=11, labelFontSize=11)
    if form.endswith("%"):
        axis = alt.Axis(grid=True, tickCount=3, format="+~%" if differ else "~%", titleFontSize=11, labelFontSize=11)
    scale = alt.Scale(zero=False, padding=6)
    x = alt.X(f"{fields[0]}:Q", title=words, scale=scale, axis=axis)
    own = alt.Chart().transform_filter(f"datum.measure == '{name}' && isValid(datum.{fields[0]})")
    y = _line(names, first)
    colour, shape = methods.colour(names), methods.shape(names)
    tip = [
        alt.Tooltip("method:N"),
        alt.Tooltip("scaled:N", title="temperature scaled"),
        alt.Tooltip("value:Q", title=title, format=form),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
        alt.Tooltip("difference:Q", title="difference", format=f"+{form}"),
        alt.Tooltip("said:N", title="paired 95 % interval"),
        alt.Tooltip("base:N", title="less that of"),
    ]
    interval = own.mark_rule(strokeWidth=1.8).encode(
        x=alt.X(f"{fields[1]}:Q", scale=scale), x2=f"{fields[2]}:Q", y=y, color=colour
    )
    full = own.transform_filter("!datum.scaled").mark_point(filled=True, size=64, opacity=1)
    hollow = own.transform_filter("datum.scaled").mark_point(size=52, strokeWidth=1.8, opacity=1)
    layers: list[Any] = [
        interval,
        *(mark.encode(x=x, y=y, color=colour, shape=shape, tooltip=tip) for mark in (full, hollow)),
    ]
    if differ:
        measured = alt.Chart().transform_filter(f"datum.measure == '{name}'")
        layers.insert(0, theme.zero(measured).encode(x=alt.X("zero:Q")))
    chart = alt.layer(*layers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=WIDTH, height=LINE * max(1, len(names)))


def _line(names: list[str], labels: bool) -> alt.Y:
    """Return the axis of methods: numbers, so that before and after stand beside one another, with names as labels."""
    said = "[" + ", ".join(f"'{name}'" for name in names) + "][datum.value]"
    axis = alt.Axis(
        values=list(range(len(names))),
        labelExpr=said,
        labels=labels,
        ticks=False,
        domain=False,
        grid=False,
        labelLimit=150,
    )
    scale = alt.Scale(domain=[-0.5, len(names) - 0.5], reverse=True, nice=False, zero=False)
    return alt.Y("line:Q", title=None, scale=scale, axis=axis)


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: what differs from the reference with an interval that excludes zero, twice."""
    made = rows(outcomes)
    if not made:
        return []
    base, sentences = made[0]["base"], []
    for method in dict.fromkeys(row["method"] for row in made if row["method"] != base):
        for scaled in (False, True):
            own = [row for row in made if row["method"] == method and row["scaled"] == scaled and row["said"]]
            known = [row for row in own if row["difference_low"] is not None]
            when = "After temperature scaling, " if scaled else ""
            if not known:
                sentences += [] if scaled else [f"{method} less {base}: an interval needs 3 paired replicas."]
                continue
            sure = [row for row in known if row["difference_low"] > 0 or row["difference_high"] < 0]
            said = ", ".join(f"{MEASURES[row['measure']][0]} {row['said']}" for row in sure) or "nothing is told apart"
            sentences.append(f"{when}{method} less {base}: {said} (paired 95 % intervals, n = {known[0]['pairs']}).")
    return sentences
