"""Which method is best calibrated, and is it still, once temperature scaling has been tried, which costs nothing?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import altair as alt

from workbench.charts.grammar import Axis, Rows, once, picture, records, thin
from workbench.charts.grammar.averages import Averages
from workbench.charts.grammar.axes import titles
from workbench.charts.grammar.looks import channels, of_methods
from workbench.charts.grammar.marks import names_up, rule, strips, tips
from workbench.experiments.calibration_tables import ensembles_table, less
from workbench.experiments.ensemble_outcome import check_once
from workbench.work.nearest import unknown

ORDINARY = "ordinary"  # what robust members are compared with
MOST = 24  # methods
LINE = 34  # pixels of a method
MEASURES = [
    Axis("nll", "NLL", said=".3f", padding=8),
    Axis("brier", "Brier score", said=".3f", padding=8),
    Axis("ece_debiased", "debiased ECE", "~%", ".1%", padding=8),
    Axis("wrong_confidence", "confidence where wrong", "~%", ".1%", within=(0, 1), padding=8),
    Axis("accuracy", "accuracy", "~%", ".1%", within=(0, 1), padding=8),
]
VALUES = Averages(
    x=Axis("place", ""),
    measures=MEASURES,
    line="method",
    named=0,
    carried=[("base", "less that of")],
    selects=("method",),
)
BETTER = {axis.field: f"{'higher' if axis.field == 'accuracy' else 'lower'} is better" for axis in MEASURES}
SIGNED = [replace(a, title=BETTER[a.field], said=f"+{a.said}", form=f"+{a.form}", within=None) for a in MEASURES]
LESS = replace(VALUES, measures=SIGNED)


@picture(
    asks=(
        "method seed replica combine members test|method seed replica combine temperature_scaled",
        "robust_ensembles",
    ),
    selects=("method",),
    tabled=titles(MEASURES),
    title="Which method is best calibrated?",
    subtitle="mean and 95 % t interval over replicas; hollow: after temperature scaling\n{about}",
    description=(
        "Five measures side by side, a line for each method: above their means with intervals, below the paired "
        "differences to a reference, with a rule at zero; full marks are before temperature scaling, hollow ones after."
    ),
)
def calibration_by_method(table: Any, reference: str | None = None) -> Rows:
    """Draw every measure by method, and its paired difference to the reference: means and 95 % t intervals.

    `table` is a data frame of `experiments.ensembles_table`, or the outcomes of `experiments.robust_ensembles`;
    `reference` is a method of it (default: "ordinary", else the first). Raises a ValueError for a reference that is not
    there, and for a table with more than one way to combine members, or of several experiments, in which a replica has
    a method twice.
    """
    rows: Rows = records(table if hasattr(table, "to_dict") else _measured(list(table)))
    if not rows:
        return []
    if len(ways := {row["combine"] for row in rows}) > 1:
        raise ValueError(f"all must be combined in one way, got {' and '.join(sorted(ways))}; draw one chart for each")
    check_once(tuple(row[key] for key in ("seed", "replica", "method", "temperature_scaled")) for row in rows)
    names = list(dict.fromkeys(row["method"] for row in rows))
    if reference is not None and reference not in names:
        raise unknown("method", reference, names)
    base = reference if reference is not None else (ORDINARY if ORDINARY in names else names[0])
    combined = f"members combined by mean {rows[0]['combine']}; below: less {base}, paired by replica"
    known = {"base": base, "about": f"{len(names)} methods, {combined}"}
    place = {name: {"place": place} for place, name in enumerate(thin(names, MOST))}
    shown = [row for row in rows if row["method"] in place]
    rows = [row | known | place[row["method"]] | {"shape": bool(row["temperature_scaled"])} for row in shown]
    kinds = {"value": VALUES.rows(rows), "difference": LESS.rows(less(rows, base))}
    return [row | {"kind": kind} for kind, means in kinds.items() for row in means]


_measured = once(ensembles_table)


@calibration_by_method.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a strip a measure, values above, differences below; hollow is after temperature scaling."""
    names = list(dict.fromkeys(row["line"] for row in sorted(rows, key=lambda row: row["place"])))
    strip = partial(_strip, names)
    shown = [MEASURES, SIGNED] if any(row["kind"] == "difference" for row in rows) else [MEASURES]
    return alt.vconcat(*(strips(axes, strip, names, width) for axes in shown), spacing=14)


def _strip(names: Sequence[str], axis: Axis, width: int, named: bool) -> Any:
    looks, signed = channels(of_methods(names), "line"), axis in SIGNED
    kind, paired = ("difference", "paired ") if signed else ("value", "")
    tip = tips(line="method", shape="temperature scaled", value=(kind, axis.said), interval=f"{paired}95 % interval")
    tip += tips(n="pairs", base="less that of") if signed else tips(n="replicas")
    base = alt.Chart().transform_filter(f"datum.kind == '{kind}' && datum.measure == '{axis.field}'")
    base = base.encode(y=names_up("line", named, names), yOffset="shape:N", color=looks["color"])
    point = base.encode(x=axis.x("value", width=width), shape=looks["shape"], tooltip=tip)
    layers = [
        *([rule(x=0)] if signed else []),
        base.mark_rule(strokeWidth=1.8).encode(x="low:Q", x2="high:Q"),
        point.transform_filter("!datum.shape").mark_point(filled=True, size=64, opacity=1),
        point.transform_filter("datum.shape").mark_point(size=52, strokeWidth=1.8, opacity=1),
    ]
    return alt.layer(*layers).properties(width=width, height=LINE * max(1, len(names)))


@calibration_by_method.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: what differs from the reference with an interval that excludes zero, twice."""
    titles = {axis.field: axis.title for axis in MEASURES}
    rows, sentences = calibration_by_method.rows(outcomes), []
    for method in dict.fromkeys(row["line"] for row in rows if row["line"] != row["base"]):
        name = f"{method} less {rows[0]['base']}"
        paired = [row for row in rows if (row["kind"], row["line"]) == ("difference", method)]
        for when, scaled in (("", False), ("After temperature scaling, ", True)):
            if same := [row for row in paired if row["low"] is not None and row["shape"] == scaled]:
                sure = [row for row in same if row["low"] > 0 or row["high"] < 0]
                told = ", ".join(f"{titles[row['measure']]} {row['interval']}" for row in sure)
                n = f"(paired 95 % intervals, n = {same[0]['n']})"
                sentences.append(f"{when}{name}: {told or 'nothing is told apart'} {n}.")
            elif not scaled:
                sentences.append(f"{name}: an interval needs 3 paired replicas.")
    return sentences
