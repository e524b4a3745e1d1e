"""How do accuracy and calibration fall as images are corrupted more? A line a method, by severity.

After Ovadia et al. 2019, "Can You Trust Your Model's Uncertainty?": a method that is calibrated on clean images need
not be on corrupted ones.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.cells import column
from workbench.charts.grammar.looks import channels, of_methods
from workbench.charts.spans import points, records
from workbench.experiments.ensemble_outcome import check_once
from workbench.numbers import intervals

ALL = "mean of all"
MEASURES = {  # field: title, format
    "accuracy": ("accuracy", ".1%"),
    "ece": ("ECE (15 bins)", ".1%"),
    "signed_gap": ("confidence - accuracy", "+.1%"),
}
SIZE = (150, 250)
GAP = 0.075  # of the height, between two labels
DODGE = 0.1  # of a severity, between two methods
MOST = 16  # methods
NEEDS = "a corruption and a severity"
NOTHING = intervals.Interval(math.nan, math.nan, math.nan, 0)


def accuracy_by_severity(table: Any) -> alt.HConcatChart:
    """Draw accuracy, ECE and signed gap by severity of a corruption, which a menu chooses: means and 95 % t intervals.

    `table` is a data frame of `experiments.shift_table`, or the outcomes of `experiments.shifted`; a measure that it
    does not have is not drawn. Intervals are over replicas; "mean of all" is over the corruptions of a severity,
    replica by replica. Raises a ValueError for rows of several experiments, in which a replica has a method twice.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each method and corruption, whose severities are lists, and a label for each line."""
    found = [row for row in records(table) if row.get("accuracy") is not None and row.get("severity") is not None]
    if not found:
        return []
    names = list(dict.fromkeys(row["method"] for row in found))
    kept = theme.thin(names, MOST)
    keys = ("seed", "replica", "method", "corruption", "severity")  # clean images may come with every call
    check_once(tuple(row[key] for key in keys) for row in found if row["severity"])
    corruptions = list(dict.fromkeys(row["corruption"] for row in found if row["severity"]))
    shown = theme.thin(corruptions, theme.ROWS // 2 // len(kept) - 1)
    scaled = ", after temperature scaling" if any(row.get("temperature_scaled") for row in found) else ""
    replicas = len({(row["seed"], row["replica"]) for row in found})
    about = f"{len(names)} methods, {replicas} replica{'s' if replicas > 1 else ''}{scaled}"
    lines = []
    for place, method in enumerate(kept):
        own = [row for row in found if row["method"] == method]
        for corruption in (ALL, *shown):
            line = _line(own, corruption, corruptions)
            if not line["severity"]:
                continue
            shift = DODGE * (place - (len(kept) - 1) / 2)
            at = [round(severity + shift, 3) for severity in line["severity"]]
            lines.append({"about": about, "role": "line", "method": method, "corruption": corruption, "at": at} | line)
    return [*lines, *_labels(lines)]


def _line(own: Sequence[dict[str, Any]], corruption: str, all_: Sequence[str]) -> dict[str, Any]:
    """Return the means and intervals by severity; severity 0, the clean images, is the same for all corruptions."""
    values: dict[int, dict[str, dict[tuple[Any, Any], list[float]]]] = defaultdict(
        lambda: {name: defaultdict(list) for name in MEASURES}
    )
    for row in own:
        if not row["severity"] or row["corruption"] == corruption or (corruption == ALL and row["corruption"] in all_):
            for name in MEASURES:
                if row.get(name) is not None:
                    values[int(row["severity"])][name][row["seed"], row["replica"]].append(row[name])
    severities = sorted(values)
    line: dict[str, Any] = {"severity": severities, "n": [len(values[at]["accuracy"]) for at in severities]}
    for name in MEASURES:
        there = [[sum(one) / len(one) for one in values[at][name].values()] for at in severities]
        spans = [intervals.mean(one) if one else NOTHING for one in there]
        line[name] = [_rounded(one.mean) for one in spans]
        line[f"{name}_low"] = [_rounded(one.low) for one in spans]
        line[f"{name}_high"] = [_rounded(one.high) for one in spans]
    return line


def _labels(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a label for every line, whose places in the pictures of the measures are lists, moved apart in each."""
    made = []
    for corruption in dict.fromkeys(line["corruption"] for line in lines):
        own = [line for line in lines if line["corruption"] == corruption]
        right = max(line["at"][-1] for line in own) + 0.25
        labels = {
            line["method"]: {"role": "label", "corruption": corruption, "method": line["method"], "at": right}
            | {"from_at": line["at"][-1], "measure": [], "value": [], "from": []}
            for line in own
        }
        for name in MEASURES:
            parts = [value for line in lines for part in ("", "_low", "_high") for value in line[f"{name}{part}"]]
            seen = [value for value in parts if value is not None] + ([] if name == "accuracy" else [0.0])
            ends = [{"method": line["method"], "at": 0, "value": line[name][-1]} for line in own]
            ends = [end for end in ends if end["value"] is not None]
            for placed in column(ends, seen, right, GAP, "value"):
                for field, value in (("measure", name), ("value", placed["value"]), ("from", placed["from"])):
                    labels[placed["method"]][field].append(value)
        made += labels.values()
    return made


def draw(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Draw the rows: a picture for each measure that they have, accuracy at the left."""
    lines = [row for row in rows if row["role"] == "line"]
    names = list(dict.fromkeys(row["method"] for row in lines))
    corruptions = list(dict.fromkeys(row["corruption"] for row in lines)) or [ALL]
    menu = alt.param(
        name="shown", value=corruptions[0], bind=alt.binding_select(options=corruptions, name="corruption: ")
    )
    there = [name for name in MEASURES if not lines or any(v is not None for line in lines for v in line[name])]
    pictures = [_picture(name, names) for name in there]
    chart = alt.hconcat(*pictures, data=alt.Data(values=rows), spacing=16).add_params(menu)
    description = (
        "Pictures by severity of a corruption that a menu chooses, from clean images at 0 to the strongest at 5, a "
        "line for each method: test accuracy, expected calibration error, and confidence less accuracy, above zero "
        "where it is too sure."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    subtitle = f"{about}; mean and 95 % t interval over replicas; severity 0 is without a corruption"
    return theme.dress(chart, "What happens as images are corrupted?", description, subtitle)


def _picture(name: str, names: Sequence[str]) -> alt.LayerChart:
    looks = channels(of_methods(names), "method")
    colour, shape = looks["color"], looks["shape"]
    title, form = MEASURES[name]
    scale = alt.Scale(zero=True, nice=True) if name == "ece" else alt.Scale(zero=name == "signed_gap", padding=8)
    axis = alt.Axis(grid=False, values=[0, 1, 2, 3, 4, 5], format="d")
    x = alt.X("at:Q", title="severity", axis=axis, scale=alt.Scale(nice=False, zero=False, padding=8))
    how = alt.Axis(format="+~%" if form.startswith("+") else "~%", tickCount=5)
    y = alt.Y(f"{name}:Q", title=title, scale=scale, axis=how)
    fields: list[Any] = ["at", "severity", "n", *(f"{m}{part}" for m in MEASURES for part in ("", "_low", "_high"))]
    own = alt.Chart().transform_filter("datum.corruption == shown")
    line = own.transform_filter("datum.role == 'line'").transform_flatten(fields).encode(x=x, color=colour)
    tip = [alt.Tooltip("method:N"), alt.Tooltip("corruption:N"), alt.Tooltip("severity:Q")]
    for measure, (words, form) in MEASURES.items():
        tip.append(alt.Tooltip(f"{measure}:Q", title=words, format=form))
        tip += [alt.Tooltip(f"{measure}_{end}:Q", title=f"{words}, {end}", format=form) for end in ("low", "high")]
    tip.append(alt.Tooltip("n:Q", title="replicas"))
    label = own.transform_filter("datum.role == 'label'").transform_flatten(["measure", "value", "from"])
    label = label.transform_filter(f"datum.measure == '{name}'").encode(color=colour)
    low = alt.Y(f"{name}_low:Q", scale=scale)
    layers = [
        line.mark_rule(strokeWidth=1.4, opacity=0.6).encode(y=low, y2=f"{name}_high:Q"),
        line.mark_line(strokeWidth=1.8).encode(y=y, detail="method:N"),
        line.mark_point(size=44, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip),
        label.mark_rule(strokeWidth=0.8, opacity=0.6).encode(
            x=alt.X("from_at:Q"), x2="at:Q", y=alt.Y("from:Q", scale=scale), y2="value:Q"
        ),
        label.mark_text(align="left", dx=3, fontSize=11.5, fontWeight=600).encode(
            x=alt.X("at:Q"), y=alt.Y("value:Q", scale=scale), text="method:N"
        ),
    ]
    if name == "signed_gap":
        layers.insert(0, theme.zero(own).encode(y=alt.Y("zero:Q", scale=scale)))
    chart = alt.layer(*layers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIZE[0], height=SIZE[1])


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: every measure on clean images and at the strongest severity, means over corruptions."""
    found = [row for row in records(outcomes) if row.get("accuracy") is not None]
    if not found:
        return []
    last, sentences = max(row["severity"] for row in found), []
    for method in dict.fromkeys(row["method"] for row in found):
        own = [row for row in found if row["method"] == method]
        said = []
        for name, (title, _) in MEASURES.items():
            clean, worst = (_by_replica([row for row in own if row["severity"] == at], name) for at in (0, last))
            if clean and worst:
                said.append(f"{title} from {points(clean, what=' %')} to {points(worst, what=' %')}")
        if said:
            sentences.append(f"{method}, from clean images to severity {last}: {'; '.join(said)}.")
    return sentences


def _by_replica(own: Sequence[dict[str, Any]], name: str) -> list[float]:
    values: dict[tuple[Any, Any], list[float]] = defaultdict(list)
    for row in own:
        if row.get(name) is not None:
            values[row["seed"], row["replica"]].append(row[name])
    return [sum(several) / len(several) for several in values.values()]


def _rounded(value: float | None, digits: int = 5) -> float | None:
    """Return a number that a chart can hold: None for NaN."""
    return None if value is None or value != value else round(float(value), digits)
