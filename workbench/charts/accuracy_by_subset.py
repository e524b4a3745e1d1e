"""Which data must the first steps see? Test accuracy by density, a line for each subset, size and number of steps k.

The picture of "Lottery Tickets on a Data Diet" (Paul et al. 2022), whose published curves can be laid beneath.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import cells, theme
from workbench.charts.spans import points, records, span
from workbench.experiments.pretraining import ENOUGH
from workbench.experiments.pretraining_tables import SAME_DATA
from workbench.numbers.published import cited, published_curves

GAP = 0.062  # of the height, between two labels
HEIGHT = 380
DODGE = 0.005  # of the width, between two cells at one density
CELLS = 16  # lines with a label
FEW = "†"


def accuracy_by_subset(table: Any, published: str | None = None) -> alt.LayerChart:
    """Draw test accuracy by density for cells of pre-training: mean and 95 % t interval over replicas.

    `table` is a data frame or an iterable of the outcomes of `experiments.pretraining`. A subset that was seen fewer
    than 8 times is marked: a random one is the same data by arithmetic as a run on all. `published` is one of
    "cifar10-resnet20", "cifar100-resnet32", "cinic10-resnet56": the paper's curves as thin grey lines.
    """
    return draw(with_published(rows(table), published) if published else rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each cell and density, and a label for each cell."""
    values: dict[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)
    for row in records(table):
        if row.get("test_accuracy") is not None:
            cell = (int(row["pretrain_steps"]), row["subset"], int(row["size"]), float(row["presentations"]))
            own = (row["seed"], row["replica"])  # a table may hold a row for every threshold
            values[*cell, float(f"{row['density']:.6g}")][own] = row
    order = {cell: place for place, cell in enumerate(sorted({key[:4] for key in values}, key=_order))}
    right = min((key[4] for key in values), default=1.0)
    found = []
    for key, same in sorted(values.items(), key=lambda item: (order[item[0][:4]], -item[0][4])):
        at = key[4] * right ** (DODGE * (order[key[:4]] - (len(order) - 1) / 2))  # side by side
        found.append({**_cell(*key[:4]), "density": key[4], "at": at, "kept": theme.percent(key[4])}
                     | span([row["test_accuracy"] for row in same.values()], "accuracy"))  # fmt: skip
    labels = _labels(found)
    return [*theme.thin(found, theme.ROWS - 60), *labels]


def _order(cell: tuple[Any, ...]) -> tuple[Any, ...]:
    k, subset, size, _ = cell
    names = list(cells.MARKS)
    place = names.index(cells.kind(subset, k)) if cells.kind(subset, k) in names else len(names)
    return k, place, size, subset


def _cell(k: int, subset: str, size: int, presentations: float) -> dict[str, Any]:
    note = cells.note(subset, k, presentations)
    words = cells.words(subset, size, k)
    seen = f"{presentations:.3g}" + (f": {note}" if note else "")
    said = {"words": f"{words} {FEW}" if note else words, "presentations": seen, "note": note}
    return {"role": "point", "kind": cells.kind(subset, k), "cell": words, "steps": k, **said}


def _labels(found: list[dict[str, Any]], beneath: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return the words beside the end of each line, the published ones with them, moved apart."""
    last = {row["cell"]: row for row in found}
    ends = [*theme.thin(list(last.values()), CELLS), *beneath]
    seen = [row[name] for row in found for name in ("accuracy", "low", "high") if row[name] is not None]
    seen += [value for curve in beneath for value in curve["accuracies"]]
    right = min((row["at"] for row in (*found, *beneath)), default=1.0)
    words = ("kind", "cell", "words", "accuracy", "at", "source")
    bare = [{name: end[name] for name in words if name in end} for end in ends]
    return cells.column(bare, seen, right * right**0.035, GAP, "accuracy")


def with_published(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return the rows with those of the published curves beneath, a row a curve, and all labels moved apart anew."""
    if not rows:
        return []
    curves = []
    for _, own in published_curves(name).groupby(["pretrain_steps", "subset", "size"], dropna=False):
        subset, size, k = own[["subset", "size", "pretrain_steps"]].iloc[0]
        words = cells.words(subset, 0 if subset == "all" else int(size), int(k))
        ends = {"at": float(own["density"].iloc[-1]), "accuracy": float(own["test_accuracy"].iloc[-1])}
        lists = {"densities": own["density"].tolist(), "accuracies": own["test_accuracy"].tolist()}
        said = {"cell": f"theirs: {words}", "words": f"theirs: {words}", "source": cited(name)}
        curves.append({"role": "published", "kind": "nothing", **said, **ends, **lists})
    found = [row for row in rows if row["role"] == "point"]
    about = {"about": f"thin grey lines: {cited(name)}"}
    return [about | found[0], *found[1:], *curves, *_labels(found, curves)]


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows: the published curves first, so that they lie beneath."""
    x, y = theme.density_axis("at:Q"), theme.accuracy_axis()
    colour, shape = cells.colour(), cells.shape()
    tip = [
        alt.Tooltip("cell:N", title="first steps saw"),
        alt.Tooltip("kept:N", title="density"),
        alt.Tooltip("accuracy:Q", title="test accuracy", format=".2%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
        alt.Tooltip("presentations:N", title="presentations of each example"),
    ]
    point = alt.Chart().transform_filter("datum.role == 'point'").encode(x=x, color=colour, detail="cell:N")
    dash = alt.condition("datum.note != ''", alt.value([3, 3]), alt.value([1, 0]))
    full = point.transform_filter("datum.note == ''").mark_point(size=64, filled=True, opacity=1)
    empty = point.transform_filter("datum.note != ''").mark_point(size=64, strokeWidth=2, opacity=1)
    layers = [
        *_beneath(),
        point.mark_rule(strokeWidth=1.5, opacity=0.5).encode(y=theme.accuracy_axis("low:Q"), y2="high:Q"),
        point.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash),
        full.encode(y=y, shape=shape, tooltip=tip),
        empty.encode(y=y, shape=shape, tooltip=tip),
        *_words(x, y, colour),
    ]
    chart = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=theme.WIDTH - 40, height=HEIGHT)
    description = (
        "Test accuracy by density, from dense at the left to sparse at the right, a line for each subset, size and "
        "number k of first steps; hollow marks and broken lines were shown fewer than 8 times."
    )
    about = rows[0].get("about", "") if rows else ""
    subtitle = f"mean and 95 % t interval over replicas; {FEW} and hollow: seen fewer than {ENOUGH} times, "
    subtitle += f"a random subset then is the {SAME_DATA}"
    title = "Which data must the first steps see?"
    return theme.dress(chart, title, description, f"{subtitle}\n{about}" if about else subtitle)


def _beneath() -> list[Any]:
    curve = alt.Chart().transform_filter("datum.role == 'published'")
    curve = curve.transform_flatten(["densities", "accuracies"], as_=["at", "accuracy"])
    curve = curve.encode(x=theme.density_axis("at:Q"), y=theme.accuracy_axis(), detail="cell:N")
    tip = [
        alt.Tooltip("cell:N", title="published"),
        alt.Tooltip("at:Q", title="density", format=".1%"),
        alt.Tooltip("accuracy:Q", title="test accuracy", format=".2%"),
        alt.Tooltip("source:N"),
    ]
    line = curve.mark_line(strokeWidth=1, color=theme.GREY, opacity=0.75)
    return [line, curve.mark_point(size=30, filled=True, opacity=0).encode(tooltip=tip)]


def _words(x: alt.X, y: alt.Y, colour: alt.Color) -> list[Any]:
    label = alt.Chart().transform_filter("datum.role == 'label'").encode(color=colour)
    back = theme.density_axis("from_at:Q")
    leader = label.mark_rule(strokeWidth=0.8, opacity=0.5)
    leader = leader.encode(x=back, y=theme.accuracy_axis("from:Q"), x2="at:Q", y2="accuracy:Q")
    theirs = "indexof(datum.words, 'theirs') == 0"
    own = label.transform_filter(f"!({theirs})").mark_text(align="left", dx=4, fontWeight=600)
    other = label.transform_filter(theirs).mark_text(align="left", dx=4, fontSize=11)
    return [leader, own.encode(x=x, y=y, text="words:N"), other.encode(x=x, y=y, text="words:N")]


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every cell the accuracy of its sparsest tickets, and which cells prove nothing."""
    outcomes = [o for o in outcomes if o.test_accuracy is not None]
    if not outcomes:
        return []
    least = min(o.density for o in outcomes)
    by_cell: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for o in outcomes:
        by_cell[o.pretrain_steps, o.subset, o.size, o.presentations].append(o)
    said, marked = [], []
    for cell in sorted(by_cell, key=_order):
        own = [o.test_accuracy for o in by_cell[cell] if o.density < 1.0001 * least]
        k, subset, size, presentations = cell
        name = cells.words(subset, size, k)
        if own:
            said.append(f"{name} {points(own, what=' %')}")
        if note := cells.note(subset, k, presentations):
            marked.append(f"{name} ({presentations:.2g} presentations: {note})")
    sentences = [f"At {theme.percent(least)} of the weights: {'; '.join(said)}."] if said else []
    if marked:
        sentences.append(f"No evidence that a subset equals all data: {', '.join(marked)}.")
    return sentences
