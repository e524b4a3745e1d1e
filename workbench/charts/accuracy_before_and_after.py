"""How accurate is a ticket before a weight of it is trained, and after? The two halves of a rare gem, method by method.

Sreenivasan et al. 2022, "Rare Gems": accuracy before training is what no other ticket at initialisation has.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import altair as alt

from workbench.charts.found_tickets import ASKS, tried
from workbench.charts.grammar import ACCURACY, Axis, Look, Looks, Rows, grouped, picture, thin
from workbench.charts.grammar.averages import Averages
from workbench.charts.grammar.looks import GREY, channels, of_finders
from workbench.charts.grammar.marks import BROKEN, names_up, shaped, strips, tips
from workbench.charts.grammar.picture import headed
from workbench.numbers.numerals import points

METHODS, DENSITIES = 24, 6  # at most
LINE = 44  # pixels of a method
MEASURES = {  # a field, and what it is of
    "accuracy_after": "after training",
    "accuracy_before": "before, rounded mask",
    "accuracy_before_kept": "before, kept mask",
}
MARKS: Looks = {
    MEASURES[field]: Look(GREY, shape) for field, shape in zip(MEASURES, ("circle", "diamond", "cross"), strict=True)
}
SHARE = replace(ACCURACY, field="value", padding=10)
VALUES = Averages(
    x=Axis("place", ""),
    measures=[replace(ACCURACY, field=field) for field in MEASURES],
    line="method",
    split="kept",
    named=0,
    selects=("method", "asked"),
)


@picture(
    asks=ASKS,
    selects=("method", "asked"),
    tabled={"mark": "accuracy", "value": "test accuracy"},
    title="Accuracy before and after training",
    subtitle="on test images; mean and 95 % t interval over replicas; hollow: no weight is trained\n{about}",
)
def accuracy_before_and_after(table: Any) -> Rows:
    """Draw test accuracy by method, side by side for every density: full circles after training, hollow diamonds before
    it under the rounded mask, and hollow crosses before it under the kept mask, where that is another.

    `table` is a data frame of `experiments.tickets_table`, or the outcomes of `experiments.tickets_at_initialisation`.
    """
    rows = [row for row in tried(table) if row["control"] == "none"]
    dense = [row["accuracy_after"] for row in rows if row["method"] == "dense"]
    rows = [row for row in rows if row["method"] != "dense"] or rows
    names = thin(list(dict.fromkeys(row["method"] for row in rows)), METHODS)
    densities = thin(sorted({row["asked"] for row in rows}, reverse=True), DENSITIES)
    rows = [row for row in rows if row["method"] in names and row["asked"] in densities]
    rows.sort(key=lambda row: -row["asked"])
    for same in grouped(rows, lambda row: (row["method"], row["asked"])).values():
        if all(row["accuracy_before_kept"] == row["accuracy_before"] for row in same):
            for row in same:
                row["accuracy_before_kept"] = None
    means = VALUES.rows([row | {"place": names.index(row["method"])} for row in rows])
    about = f"broken line: the dense network after training, {points(dense, ' %')}" if dense else ""
    known = {"about": about, "dense": sum(dense) / len(dense) if dense else None}
    return [row | known | {"mark": MEASURES[row["measure"]]} for row in means]


@accuracy_before_and_after.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a strip for each density, methods below one another, the three accuracies of each in a line."""
    names = list(dict.fromkeys(row["line"] for row in sorted(rows, key=lambda row: row["place"])))
    densities = list(dict.fromkeys(row["kept"] for row in rows)) or [""]
    strip = partial(_strip, names, shaped("accuracy", MARKS, width, "mark"), width // 3 - 8)
    chart = strips(densities, strip, names, width)
    return chart.resolve_scale(x="shared")


def _strip(names: list[str], shape: alt.Shape, limit: int, density: str, width: int, named: bool) -> Any:
    looks = channels(of_finders(names), "line")
    tip = tips(line="method", mark="accuracy", value=("test accuracy", ".2%"), interval="95 % interval", n="replicas")
    base = alt.Chart().transform_filter(alt.FieldEqualPredicate(field="kept", equal=density))
    x, y = SHARE.x("value", width=width), names_up("line", named, names, limit)
    held = base.encode(y=y, yOffset=alt.YOffset("mark:N", sort=[*MARKS]), color=looks["color"])
    point = held.encode(x=x, shape=shape, tooltip=tip)
    after = "datum.measure == 'accuracy_after'"
    dense = base.transform_filter("isValid(datum.dense)").transform_aggregate(dense="mean(dense)", groupby=["kept"])
    layers = [
        dense.mark_rule(**BROKEN).encode(x="dense:Q"),
        held.mark_rule(strokeWidth=1.8).encode(x="low:Q", x2="high:Q"),
        point.transform_filter(after).mark_point(filled=True, size=64, opacity=1),
        point.transform_filter(f"!({after})").mark_point(size=48, strokeWidth=1.8, opacity=1),
    ]
    return headed(alt.layer(*layers).properties(width=width, height=LINE * max(1, len(names))), density)


@accuracy_before_and_after.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: for every method and density both accuracies, and the learning rate that was chosen."""
    rows = [row for row in tried(outcomes) if row["control"] == "none"]
    sentences = []
    for (method, kept), same in grouped(rows, lambda row: (row["method"], row["kept"])).items():
        before, after = (
            points([row[field] for row in same], " %", of=field == "accuracy_after")
            for field in ("accuracy_before", "accuracy_after")
        )
        rate = f"learning rate {same[0]['learning_rate']:g}"
        name = "dense" if method == "dense" else f"{method}, {kept}"
        sentences.append(f"{name}: {before} before training, {after} after, at {rate}.")
    return sentences
