"""Lines of means: a chart that is declared by its axes, its looks and the numbers that are averaged.

The function beneath a declaration gives the numbers, one dict a replica (`averages` says what it may hold); what is
made of them, and how it looks, is the same in every chart.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import altair as alt

from workbench.charts.grammar.averages import ASIDE, Averages
from workbench.charts.grammar.axes import Axis, titles
from workbench.charts.grammar.lines import Pane, lines, parts
from workbench.charts.grammar.looks import Looking, looks_of
from workbench.charts.grammar.marks import shaped, tips
from workbench.charts.grammar.picture import Picture, described, dress, headed, legend
from workbench.charts.grammar.room import LEAST, Grid, grid, widest
from workbench.charts.grammar.rows import Rows, grouped, loose

P = ParamSpec("P")
FEW = 4  # names of lines that stand inside a picture that has no room at its side


@dataclass(frozen=True, kw_only=True)
class Means(Averages):
    """Means over replicas as lines over `x`, a picture for each of the `measures` that the records have.

    `Averages` has the other fields. The pictures stand side by side where there is room, or, `stacked`, one below the
    other. `shapes` is (title, looks) of the records' `shape`; a menu of what is `chosen` is one of `buttons`. `asks`,
    `needs` and `holds` are the `Picture`'s; what a screen reader says is `described`, if there is no `description`.
    """

    title: str
    description: str = ""
    subtitle: str = "mean and 95 % t interval over replicas"
    shapes: tuple[str, Looking] | None = None
    buttons: bool = False
    stacked: bool = False
    asks: tuple[str, str] = ("", "")
    needs: str = ""
    holds: str = ""

    def __call__(self, numbers: Callable[P, Iterable[dict[str, Any]]]) -> Picture[P]:
        @functools.wraps(numbers)
        def rows(*args: P.args, **kwargs: P.kwargs) -> Rows:
            return self.rows(list(numbers(*args, **kwargs)))

        declared = replace(self, description=self.description or described(numbers))
        told: dict[str, Any] = {"asks": self.asks, "needs": self.needs, "holds": self.holds, "selects": self.selects}
        told["tabled"] = titles(self.measures)
        drawn: Any = Picture(rows, declared.draw, **told)
        drawn.means, drawn.numbers = declared, numbers
        drawn.sentences(lambda outcomes: declared.ends(drawn.rows(outcomes)))  # until it has some of its own
        return drawn

    def draw(self, rows: Rows, width: int) -> Any:
        """Draw the rows: a picture for each measure that they have, and for each value of the split."""
        return self.dressed(self.pictures(rows, width), rows, width)

    def pictures(self, rows: Rows, width: int) -> Any:
        """Return the pictures alone, for a chart that has more below them and is `dressed` as a whole."""
        splits = list(dict.fromkeys(row[self.split] for row in rows)) if self.split and rows else [None]
        seen = {row["measure"] for row in rows} or {self.measures[0].field}
        numbers = [number for number, measure in enumerate(self.measures) if measure.field in seen]
        shown = [(number, value) for value in splits for number in numbers]
        words = [word for row in rows if row["role"] == "label" for word in _several(row["words"])]
        room, inside = self._room(width, len(shown), words)
        whole = replace(self._pane(rows, width), inside=inside)
        if inside and len(set(words)) > FEW:
            whole = replace(whole, legend=_key(rows, whole, width), named=False)
        each = loose(rows) if self.packed else rows
        drawn, lists = [], _lists(rows, besides=self.names) if self.packed else {}
        for place, (number, value) in enumerate(shown):
            measure, last = self.measures[number], place == len(shown) - 1
            titles = (last or not self.stacked, place % room.columns == 0 or value is None)
            size, where = (room.inner, self.height_of(number)), self._filter(measure, value)
            seen = [r for r in each if r["measure"] == measure.field and (value is None or r[str(self.split)] == value)]
            there = parts(seen) - (set() if whole.named else {"label"})
            layers = alt.layer(*lines(replace(whole, y=measure, size=size, where=where, titles=titles), lists, there))
            layers.width, layers.height = size
            drawn.append(headed(layers, value))
        chart: Any = drawn[0]
        if len(drawn) > 1:
            chart = alt.concat(*drawn, columns=room.columns, spacing=12)
            channels = {"x": self.stacked or self.split, "y": self.split}
            shared: Any = {channel: "shared" for channel, is_shared in channels.items() if is_shared}
            chart.resolve = alt.Resolve(scale=alt.ScaleResolveMap(**shared)) if shared else alt.Undefined
        return chart

    def ends(self, rows: Rows) -> list[str]:
        """Say the means in sentences, one for each measure and picture: where every line begins, and where it ends."""
        points = [row for row in (loose(rows) if self.packed else rows) if row["role"] in ("point", "across")]
        across, sentences = self.x.title.partition(":")[0].partition(" (")[0], []
        for (field, *split), same in grouped(points, self._picture).items():
            measure = next(measure for measure in self.measures if measure.field == field)
            lines = [*grouped(same, lambda row: row["line"]).values()]
            told = [_way(line[0], line[-1], measure.said, across) for line in lines[:FEW]]
            more = f"; and {len(lines) - FEW} more lines" if len(lines) > FEW else ""
            name = ", ".join([titles([measure])[field].partition(" (")[0], *(str(part) for part in split if part)])
            key = f" ({self.legend})" if self.legend else ""
            sentences.append(f"{name[:1].upper()}{name[1:]}{key}: {'; '.join(told)}{more}.")
        return sentences

    def _room(self, width: int, count: int, words: Sequence[str]) -> tuple[Grid, bool]:
        """Return how the pictures share the width, and whether words must stand inside them."""
        most = 1 if self.stacked else count
        beyond = round(ASIDE * width) if self.x.domain else 0  # what no axis holds
        room = grid(width, count, right=widest(words, bold=True) + 16 + beyond, most=most)
        if self.legend or room.inner >= LEAST:
            return room, False
        return grid(width, count, right=14 + beyond, most=most), True

    def _pane(self, rows: Rows, width: int) -> Pane:
        """Return what all pictures of the chart have in common."""
        names = [name for row in rows for name in _several(row.get("look"))]
        looks = looks_of(self.looks, names)
        key = legend(self.legend, looks, width) if self.legend else None
        shapes = [name for row in rows for name in _several(row.get("shape"))]
        shape = shaped(self.shapes[0], looks_of(self.shapes[1], shapes), width) if self.shapes else None
        pane = Pane(self.x_of(rows), self.measures[0], (0, 0), looks, legend=key, shape=shape, sizes=self.sizes)
        carried = [c.tip(c.field) if isinstance(c, Axis) else tips(**{c[0]: c[1]})[0] for c in self.carried]
        return replace(pane, tips=self._tips(rows), carried=carried)

    def dressed(self, chart: Any, rows: Rows, width: int) -> Any:
        """Return a chart with its title, its menu and the house's colours."""
        around: dict[str, Any] = {"title": self.title, "subtitle": self.subtitle, "description": self.description}
        if self.chosen:
            around |= {"menus": dict([self.chosen]), "buttons": self.buttons}
        return dress(chart, rows, width, **around)

    def _filter(self, measure: Axis, value: Any) -> str:
        said = [f"datum.measure == '{measure.field}'"]
        said += [f"datum.{self.split} == {json.dumps(value)}"] if self.split and value is not None else []
        said += [f"datum.{self.chosen[0]} == shown"] if self.chosen else []
        return " && ".join(said)

    def _tips(self, rows: Rows) -> list[Any]:
        name = (self.legend or self.line).replace("_", " ")
        spread = {} if self.bare else {"interval": "range" if self.ranged else self.spread}
        match = {"match": self.rival} if any("match" in row for row in rows) else {}
        return tips(words=name, **spread, n="mean of" if self.ranged or self.bare else "replicas", **match)


def _way(first: dict[str, Any], last: dict[str, Any], said: str, across: str) -> str:
    """Return the ends of a line in words: `ticket 91 % at density 100 %, 81 % at 40 %`."""
    begin = f"{first['words']} {first['value']:{said}} at {across} {first['where']}"
    return begin if first is last else f"{begin}, {last['value']:{said}} at {last['where']}"


def _key(rows: Rows, pane: Pane, width: int) -> alt.Legend:
    """Return a legend with the words of labels; several lines that look alike share the name of their look."""
    named = [row for row in rows if row["role"] == "label"]
    pairs = [pair for row in named for pair in zip(_several(row["look"]), _several(row["words"]), strict=True)]
    words = {
        look: same[0][1] for look, same in grouped(dict.fromkeys(pairs), lambda pair: pair[0]).items() if not same[1:]
    }
    drawn = {look for look, _ in pairs}
    shown = {look: words.get(look, known.words or look) for look, known in pane.looks.items() if look in drawn}
    return legend(None, shown.values(), width, values=list(shown), labelExpr=f"{json.dumps(shown)}[datum.label]")


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _lists(rows: Rows, *, besides: str | None) -> dict[str, list[str]]:
    """Return by role the fields that hold lists, but for the words for x, which are of all rows."""
    return {
        row["role"]: [field for field, value in row.items() if isinstance(value, list) and field != besides]
        for row in reversed(rows)
    }
