"""What a person selected in a chart, as values of the library; the ways to select without a mouse; and how it looks.

panel.selection                Selection(2 rows, 6 outcomes, rounds=(2, 3))
panel.selection.examples.ids   of a chart of examples: which, with their images and labels
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.charts.grammar import Picture
from workbench.charts.grammar.marks import png
from workbench.charts.grammar.picks import PICKED
from workbench.charts.grammar.rows import Rows, loose
from workbench.numbers import tables
from workbench.work.html import Html, element, joined, void

if TYPE_CHECKING:
    from workbench.data.data import Split

OFFERS = 200  # that the menu has, at most
IMAGES, ROWS, COLUMNS = 24, 30, 12  # that are shown, at most
TENTH = 0.1  # of the examples, from either end of an axis
DRAWN = {"role", "look", "line", "words", "where", "order", "at", "from_at", "from", "bar", "about", "image", "never"}
WITHIN = ("replica", "seed")  # fields that tell outcomes apart wherever rows have them


@dataclass(frozen=True, eq=False)
class Selection:
    """What is selected in a chart; empty, and false, where nothing is.

    `rows` are the chart's, `outcomes` those that they are of, as far as fields that both have can tell; `ids`, `rounds`
    and `layers` are named by either. `examples` are the images and labels of the ids, where outcomes hold them.
    """

    rows: Rows = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    ids: tuple[int, ...] = ()
    rounds: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    examples: Split | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        parts = [_count(self.rows, "row"), _count(self.outcomes, "outcome")]
        named = {name: getattr(self, name) for name in ("ids", "rounds", "layers")}
        return f"Selection({', '.join(parts + [f'{name}={value}' for name, value in named.items() if value])})"

    def _repr_html_(self) -> str:
        return shown(self)


def selected(picture: Picture[...], rows: Rows, params: Mapping[str, Any], outcomes: Sequence[Any]) -> Selection:
    """Return what is selected in a picture of some outcomes, by its rows and what was chosen in its parameters."""
    picked = picture.picked(rows, params.get(PICKED), params)
    if not picked:
        return Selection()
    theirs = [o for o in outcomes if any(_of(row, o, picture.selects) for row in picked)]
    ids = tuple(dict.fromkeys(int(row["id"]) for row in picked if "id" in row))
    rounds = _named(picked, "round") or {o.round for o in theirs if hasattr(o, "round")}
    layers = dict.fromkeys(str(row["layer"]) for row in picked if "layer" in row)
    examples, classes = _examples(ids, outcomes)
    return Selection(picked, theirs, ids, tuple(sorted(rounds)), tuple(layers), examples, classes)


def offers(picture: Picture[...], rows: Rows) -> dict[str, Any]:
    """Return what can be selected by name, as a value of the selection: every mark, or the ends of a brush's axes."""
    if picture.brushed:
        return _tenths(rows, {axis: str(rows[0].get(name)) for axis, name in picture.brushed.items()}) if rows else {}
    made: dict[str, Any] = {}
    for row in loose(rows, picture.selects[0]) if picture.selects else ():
        pick = {name: row[name] for name in picture.selects if _plain(row.get(name))}
        if len(pick) == len(picture.selects) and len(made) < OFFERS:
            made.setdefault(", ".join(f"{name} {_said(value)}" for name, value in pick.items()), [pick])
    return made


def shown(selection: Selection) -> Html:
    """Return the selection as HTML: its images, and a table of its outcomes, or of its rows."""
    if not selection:
        return joined()
    parts = [_count(selection.rows, "mark"), *([_count(selection.outcomes, "outcome")] if selection.outcomes else [])]
    head = element("p", element("b", "Selected: "), ", ".join(parts))
    rows = [tables.plain(outcome) for outcome in selection.outcomes] or selection.rows
    return element("div", head, _images(selection), _table(rows), class_="wb-selected")


def _of(row: Mapping[str, Any], outcome: Any, fields: Iterable[str]) -> bool:
    """Whether a row is of an outcome: they agree in the selection's fields that both have, of which there is one."""
    both = [name for name in fields if name in row and hasattr(outcome, name)]
    also = [name for name in WITHIN if name in row and hasattr(outcome, name)]
    return bool(both) and all(_same(row[name], getattr(outcome, name)) for name in both + also)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9)
    return bool(a == b)


def _named(rows: Rows, name: str) -> set[int]:
    """Return the numbers in the fields `round`, and `round_a` and `round_b` of pairs."""
    return {int(row[key]) for row in rows for key in (name, f"{name}_a", f"{name}_b") if isinstance(row.get(key), int)}


def _examples(ids: tuple[int, ...], outcomes: Iterable[Any]) -> tuple[Split | None, tuple[str, ...]]:
    """Return the examples of these ids, in their order, and the names of classes, from an outcome that holds them."""
    for outcome in outcomes if ids else ():
        examples: Any = getattr(outcome, "examples", None)
        if not hasattr(examples, "ids"):
            continue
        places = {number: place for place, number in enumerate(examples.ids.tolist())}
        if all(number in places for number in ids):
            index = examples.ids.new_tensor([places[number] for number in ids])
            return examples.take(index), tuple(getattr(outcome, "classes", ()))
    return None, ()


def _tenths(rows: Rows, names: Mapping[str, str]) -> dict[str, Any]:
    """Return brushes over a tenth of the examples, from both ends of each axis."""
    ends = {axis: sorted(row[name] for row in rows if _number(row.get(name))) for axis, name in names.items()}
    if not all(ends.values()):
        return {}
    whole = {axis: [values[0], values[-1]] for axis, values in ends.items()}
    made = {}
    for axis, values in ends.items():
        most = max(1, round(TENTH * len(values)))
        made[f"the lowest tenth of {names[axis]}"] = {**whole, axis: [values[0], values[most - 1]]}
        made[f"the highest tenth of {names[axis]}"] = {**whole, axis: [values[-most], values[-1]]}
    return made


def _images(selection: Selection) -> Html:
    examples = selection.examples
    if examples is None:
        return joined()
    labels = [selection.classes[i] if i < len(selection.classes) else str(i) for i in examples.labels.tolist()]
    figures = [
        element(
            "figure",
            void("img", src=png(image), alt=f"image {number}"),
            element("figcaption", number, void("br"), label),
        )
        for number, image, label in zip(examples.ids[:IMAGES].tolist(), examples.images, labels, strict=False)
    ]
    more = element("p", f"the first {IMAGES} of {len(examples)}") if len(examples) > IMAGES else ""
    return joined(element("div", *figures, class_="wb-images"), more)


def _table(rows: Rows) -> Html:
    """Return a table of the fields that say something: numbers and short words that are not how a mark is drawn."""
    fields = [name for name in dict.fromkeys(key for row in rows for key in row) if name not in DRAWN]
    fields = [name for name in fields if any(_plain(row.get(name)) for row in rows)][:COLUMNS]
    head = element("tr", *(element("th", name.replace("_", " "), scope="col") for name in fields))
    lines = [element("tr", *(element("td", _said(row.get(name))) for name in fields)) for row in rows[:ROWS]]
    more = element("p", f"the first {ROWS} of {len(rows)}") if len(rows) > ROWS else ""
    table = element("table", element("thead", head), element("tbody", *lines))
    return joined(element("div", table, class_="wb-table", tabindex=0, role="region", aria_label="selected"), more)


def _plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= 60)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _said(value: Any) -> str:
    return (
        "" if value is None or isinstance(value, list) else f"{value:.4g}" if isinstance(value, float) else str(value)
    )


def _count(items: Sequence[Any], word: str) -> str:
    return f"{len(items)} {word}{'s' if len(items) != 1 else ''}"
