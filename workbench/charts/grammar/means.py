"""Lines of means: a chart that is declared by its axes, its looks and the numbers that are averaged.

The function beneath a declaration gives the numbers, one dict a replica (a record); what is made of them, and how it
looks, is the same in every chart. Beside x, the measures and the line, a record may say:

    role     "point", if it says nothing; "across": its value is a line over all of x; "mark": it stands by itself
    look     which of the looks its line has, where that is not the line's own name
    words    what stands at the end of its line, where the look has no words, and in the tips
    seed, replica   whose it is: several records of one replica are averaged first
    less     its difference to what it is compared with: a mean that is not shown to match is hollow
    hollow   that it is, for a reason of one's own
    joined   False: beside its line, not on it · shape: which of `shapes` it has · together: what holds together records
             of one mean whose x differs from replica to replica · about: what the subtitle says of all
"""

from __future__ import annotations

import functools
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import altair as alt

from workbench import intervals
from workbench.charts.grammar import marks
from workbench.charts.grammar.axes import Axis
from workbench.charts.grammar.lines import Pane, lines
from workbench.charts.grammar.looks import Looking, Looks, in_order, looks_of
from workbench.charts.grammar.picture import Picture, dress, headed, legend, menu
from workbench.charts.grammar.room import HEIGHT, LEAST, LINE, Grid, grid, widest
from workbench.charts.grammar.rows import ROWS, Rows, span, thin

P = ParamSpec("P")
CARRIED = ("hollow", "joined", "shape", "replica")  # from a record to the row of its mean
LABELS = 16  # in one picture
ASIDE = 0.035  # of the width, from the end of the lines to their labels


@dataclass(frozen=True, kw_only=True)
class Means:
    """Means over replicas with their t intervals, as lines over `x`: a picture for each of the `measures`.

    `line` is the field of a record that names its line. Lines are `named` at their ends, or in a `legend` of this title.
    `split` is a field by which pictures stand side by side; `chosen` is (a field, words), by which a menu chooses, or
    `buttons` do; `names` is the field with words for the values 0, 1, 2, … of x. `rules` are broken lines across, by
    measure: a number, or the field that has it. `shapes` is (title, looks) of the records' `shape`. Intervals are
    Student's t over replicas, or, `ranged`, from the least to the most. Lines stand `apart` by a share of the width.

    Several measures stand side by side where there is room, or, `stacked`, one below the other; `height` is of a
    picture, or of each. `carried` are (field, words) of a record that tips say too. `packed` rows hold lists, for charts
    that have all the lines of a menu.
    """

    x: Axis
    measures: Sequence[Axis]
    title: str
    description: str
    subtitle: str = "mean and 95 % t interval over replicas"
    line: str = "kind"
    looks: Looking = in_order
    legend: str | None = None
    named: bool = True
    split: str | None = None
    chosen: tuple[str, str] | None = None
    buttons: bool = False
    names: str | None = None
    rules: Mapping[str, float | str] | None = None
    shapes: tuple[str, Looks] | None = None
    carried: Sequence[tuple[str, str]] = ()
    apart: float = 0.01
    height: int | Sequence[int] = HEIGHT
    stacked: bool = False
    ranged: bool = False
    packed: bool = False
    needs: str = ""
    holds: str = ""

    def __call__(self, numbers: Callable[P, Iterable[dict[str, Any]]]) -> Picture[P]:
        @functools.wraps(numbers)
        def rows(*args: P.args, **kwargs: P.kwargs) -> Rows:
            return self.rows(list(numbers(*args, **kwargs)))

        return Picture(rows, self.draw, needs=self.needs, holds=self.holds)

    def rows(self, records: Rows) -> Rows:
        """Return a row for each mean, a rule for each picture, and a label for each line."""
        groups = self._groups(records)
        if not groups:
            return []
        x = self._x(records)
        order = self._order(records)
        seen = [record[x.field] for record in records]
        means = [self._mean(key, same, x) for key, same in groups.items()]
        for mean in means:
            side = self.apart * (order.index(mean["line"]) - (len(order) - 1) / 2) if mean["role"] == "point" else 0
            mean["at"] = x.beyond(mean[x.field], side, seen)
            if mean["role"] == "across":
                mean["left"], mean["right"] = x.ends(seen)
                mean["at"] = mean["right"]
        means.sort(key=lambda mean: (order.index(mean["line"]), -mean["at"] if x.reverse else mean["at"]))
        labels = [] if self.legend or not self.named else self._labels(means, x)
        others = [*self._rules(means, records), *labels]
        made = [*(means if self.packed else thin(means, ROWS - len(others))), *others]
        made = self._packed(made) if self.packed else made
        made[0] |= {field: records[0][field] for field in ("about", self.names) if field and field in records[0]}
        return made

    def draw(self, rows: Rows, width: int) -> Any:
        """Draw the rows: a picture for each measure, and for each value of the split."""
        splits = list(dict.fromkeys(row[self.split] for row in rows)) if self.split and rows else [None]
        shown = [(number, value) for value in splits for number in range(len(self.measures))]
        words = [word for row in rows if row["role"] == "label" for word in _several(row["words"])]
        room, inside = self._room(width, len(shown), words)
        whole = replace(self._pane(rows, width), inside=inside)
        drawn, lists = [], _lists(rows) if self.packed else {}
        for place, (number, value) in enumerate(shown):
            measure, last = self.measures[number], place == len(shown) - 1
            titles = (last or not self.stacked, place % room.columns == 0 or value is None)
            size, where = (room.inner, self._height(number)), self._filter(measure, value)
            layers = alt.layer(*lines(replace(whole, y=measure, size=size, where=where, titles=titles), lists))
            drawn.append(headed(layers.properties(width=size[0], height=size[1]), value))
        chart: Any = drawn[0]
        if len(drawn) > 1:
            chart = alt.concat(*drawn, columns=room.columns, spacing=12)
            shared = {"x": self.stacked or self.split, "y": self.split}
            chart = chart.resolve_scale(**{channel: "shared" for channel, is_shared in shared.items() if is_shared})
        return self._dressed(chart, rows, width)

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
        shape = marks.shaped(self.shapes[0], self.shapes[1], width) if self.shapes else None
        return Pane(self._x(rows), self.measures[0], (0, 0), looks, legend=key, shape=shape, tips=self._tips(rows))

    def _dressed(self, chart: Any, rows: Rows, width: int) -> Any:
        around: dict[str, Any] = {"title": self.title, "subtitle": self.subtitle, "description": self.description}
        if self.chosen:
            field, words = self.chosen
            around["menus"] = [menu((row[field] for row in rows), words, buttons=self.buttons)]
        return dress(chart, rows, width, **around)

    def _groups(self, records: Rows) -> dict[tuple[Any, ...], list[tuple[Any, float, dict[str, Any]]]]:
        """Return (replica, value, record) by role, measure, what pictures and menus part, line, and place."""
        groups: dict[tuple[Any, ...], list[tuple[Any, float, dict[str, Any]]]] = defaultdict(list)
        for number, record in enumerate(records):
            place = record.get("together", float(f"{record[self.x.field]:.6g}"))
            role = record.get("role", "point")
            place = (place, number) if role == "mark" else place
            for measure in self.measures:
                value = record.get(measure.field)
                if value is not None and value == value:
                    parts = tuple(record[field] for field in self._parts())
                    key = (role, measure.field, parts, record[self.line], record.get("shape"), place)
                    replica = (record.get("seed"), record.get("replica", number))
                    groups[key].append((replica, value, record))
        return groups

    def _mean(self, key: tuple[Any, ...], same: Sequence[tuple[Any, float, dict[str, Any]]], x: Axis) -> dict[str, Any]:
        role, field, parts, line, *_ = key
        first = same[0][2]
        measure = next(measure for measure in self.measures if measure.field == field)
        place = statistics.fmean(record[x.field] for *_, record in same)
        look = first.get("look", line)
        known = self.looks.get(look) if isinstance(self.looks, Mapping) else None
        words = first.get("words") or (known.words if known else "") or str(line)
        row = {"role": role, "measure": field, "line": line, "look": look, "words": words, x.field: place}
        row |= {"where": x.words(place)} | dict(zip(self._parts(), parts, strict=True))
        carried = [*CARRIED, *(name for name, _ in self.carried)]
        row |= {name: first[name] for name in carried if name in first and (role == "mark" or name != "replica")}
        values = _by_replica((replica, value) for replica, value, _ in same)
        row |= span(values, "value", measure.said)
        if self.ranged:
            low, high = min(values), max(values)
            row |= {"low": low, "high": high, "interval": f"{low:{measure.said}} to {high:{measure.said}}"}
        if "less" in first:
            less = _by_replica((replica, record["less"]) for replica, _, record in same if record["less"] is not None)
            row["hollow"] = bool(less) and not intervals.matches(intervals.mean(less))
            row["match"] = "not shown to match" if row["hollow"] else "matches"
        return row

    def _labels(self, means: Rows, x: Axis) -> Rows:
        """Return a label for each line of each picture, in one column at the right, moved apart.

        `from` and `from_at` are where the line ends, for a thin leader to it.
        """
        pictures: dict[tuple[Any, ...], Rows] = defaultdict(list)
        for mean in means:
            pictures[mean["measure"], *(mean[field] for field in self._parts())].append(mean)
        drawn = [mean["at"] for mean in means]
        column = x.beyond(x.ends(drawn)[1], ASIDE, drawn)
        labels = []
        for (field, *_), shown in pictures.items():
            number = [measure.field for measure in self.measures].index(field)
            named = [mean for mean in shown if mean["role"] != "mark" and mean.get("joined", True)]
            ends = thin(list({mean["line"]: mean for mean in named}.values()), LABELS)
            seen = [mean[part] for mean in shown for part in ("value", "low", "high") if mean[part] is not None]
            places = self.measures[number].spread([end["value"] for end in ends], LINE / self._height(number), seen)
            for end, place in zip(ends, places, strict=True):
                known = {name: end[name] for name in ("measure", "line", "look", "words", *self._parts())}
                at = {"value": place, "at": column, "from": end["value"], "from_at": end["at"]}
                labels.append({"role": "label", **known, **at})
        return labels

    def _rules(self, means: Rows, records: Rows) -> Rows:
        """Return a broken line across for each picture of a measure that has one."""
        made = {}
        for mean in means:
            if mean["measure"] in (self.rules or {}):
                rule = (self.rules or {})[mean["measure"]]
                where = {"measure": mean["measure"], **{field: mean[field] for field in self._parts()}}
                made[tuple(where.values())] = {
                    "role": "rule",
                    **where,
                    "value": records[0][rule] if isinstance(rule, str) else rule,
                }
        return list(made.values())

    def _packed(self, rows: Rows) -> Rows:
        """Return the rows of each picture and role as one, in which every field is a list."""
        apart = ("role", "measure", *self._parts())
        groups: dict[tuple[Any, ...], Rows] = defaultdict(list)
        for row in rows:
            groups[tuple(row[field] for field in apart)].append(row)
        made = []
        for key, same in groups.items():
            fields = dict.fromkeys(field for row in same for field in row if field not in apart)
            lists = {field: [row.get(field) for row in same] for field in fields}
            made.append({**dict(zip(apart, key, strict=True)), **lists})
        return made

    def _order(self, records: Rows) -> list[Any]:
        """Return the names of the lines: those with a known look first, in its order, then the others as they come."""
        names = list(dict.fromkeys(record[self.line] for record in records))
        looks = {record[self.line]: record.get("look", record[self.line]) for record in records}
        known = list(self.looks) if isinstance(self.looks, Mapping) else []
        return sorted(names, key=lambda name: known.index(looks[name]) if looks[name] in known else len(known))

    def _parts(self) -> list[str]:
        return [field for field in (self.split, self.chosen and self.chosen[0]) if field]

    def _filter(self, measure: Axis, value: Any) -> str:
        said = [f"datum.measure == '{measure.field}'"]
        said += [f"datum.{self.split} == {value!r}"] if self.split and value is not None else []
        said += [f"datum.{self.chosen[0]} == shown"] if self.chosen else []
        return " && ".join(said)

    def _height(self, number: int) -> int:
        return self.height if isinstance(self.height, int) else self.height[number]

    def _x(self, rows: Rows) -> Axis:
        return replace(self.x, names=rows[0][self.names] if rows else [""]) if self.names else self.x

    def _tips(self, rows: Rows) -> list[Any]:
        name = (self.legend or self.line).replace("_", " ")
        match = [alt.Tooltip("match:N", title="the dense network")] if any("match" in row for row in rows) else []
        spread = "range" if self.ranged else "95 % interval"
        counted = [
            alt.Tooltip("interval:N", title=spread),
            alt.Tooltip("n:Q", title="of" if self.ranged else "replicas"),
        ]
        carried = [alt.Tooltip(f"{field}:N", title=words) for field, words in self.carried]
        return [alt.Tooltip("words:N", title=name), *counted, *match, *carried]


def _by_replica(values: Iterable[tuple[Any, float]]) -> list[float]:
    several: dict[Any, list[float]] = defaultdict(list)
    for replica, value in values:
        several[replica].append(value)
    return [statistics.fmean(same) for same in several.values()]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _lists(rows: Rows) -> dict[str, list[str]]:
    """Return by role the fields that hold lists."""
    lists: dict[str, list[str]] = {}
    for row in rows:
        lists.setdefault(row["role"], [field for field, value in row.items() if isinstance(value, list)])
    return lists
