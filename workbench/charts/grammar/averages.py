"""Records in, rows out: what is averaged over replicas, where it stands, and the labels at the ends of lines.

A record is a dict of one replica. Beside x, the measures and the line, it may say:

    role     "point", if it says nothing; "across": its value is a line over all of x; "mark": it stands by itself;
             "beneath": a point of a thin line that is not one's own
    look     which of the looks its line has, where that is not the line's own name
    words    what stands at the end of its line, where the look has no words, and in the tips
    seed, replica   whose it is: several records of one replica are averaged first
    less     its difference to what it is compared with: a mean that is not shown to match is hollow
    hollow   that it is, for a reason of one's own
    own      its interval, where it is not one of a mean: {"low", "high", "n", "interval" in words}
    named    False: its line has no label
    joined   False: beside its line, not on it · shape: which of `shapes` it has · together: what holds together records
             of one mean whose x differs from replica to replica · about: what the subtitle says of all
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.charts.grammar.axes import Axis
from workbench.charts.grammar.looks import Looking, in_order
from workbench.charts.grammar.room import HEIGHT, LINE
from workbench.charts.grammar.rows import ROWS, Rows, by_replica, grouped, span, thin
from workbench.numbers import intervals

CARRIED = ("hollow", "joined", "named", "shape", "replica")  # from a record to the row of its mean
ASIDE = 0.035  # of the width, from the end of the lines to their labels
Group = list[tuple[Any, float, dict[str, Any]]]  # (replica, value, record)


@dataclass(frozen=True, kw_only=True)
class Averages:
    """Means over replicas with their t intervals, by `x`, for each of the `measures`.

    `line` is the field of a record that names its line; so many lines are `named` at their ends, the first and the last
    among them, or all of them in a `legend` so called. `split` is a field by which
    pictures stand side by side; `chosen` is (a field, words), by which a menu chooses; `names` is the field with words
    for the values 0, 1, 2, … of x. `rules` are broken lines across, by measure: a number, or the field that has it.
    Intervals are Student's t over replicas, or, `ranged`, from the least to the most, or the records' own; `spread` is
    what tips call them, `rival` what a mean is compared with. A `bare` mean has none. On a logarithmic axis means may
    be `geometric`, with the intervals of logarithms, which end above zero. Lines stand `apart` by a share of the width;
    `height` is of a picture, or of each; `sizes` are square pixels of a point and of a mark. `carried` are numbers that
    tips say too, averaged, or (field, words). `packed` rows hold lists, for charts that have all the lines of a menu.
    `selects` are the fields of a record by which a person picks means.
    """

    x: Axis
    measures: Sequence[Axis]
    line: str = "kind"
    looks: Looking = in_order
    named: int = 16
    legend: str | None = None
    split: str | None = None
    chosen: tuple[str, str] | None = None
    names: str | None = None
    rules: Mapping[str, float | str] | None = None
    carried: Sequence[tuple[str, str] | Axis] = ()
    apart: float = 0.01
    height: int | Sequence[int] = HEIGHT
    sizes: tuple[int, int] = (64, 80)
    ranged: bool = False
    spread: str = "95 % interval"
    rival: str = "the dense network"
    bare: bool = False
    geometric: bool = False
    packed: bool = False
    selects: Sequence[str] = ()

    def rows(self, records: Rows) -> Rows:
        """Return a row for each mean, a rule for each picture, and a label for each line."""
        groups = self._groups(records)
        if not groups:
            return []
        x = self.x_of(records)
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
        made = [*(means if self.packed else self._few(means, ROWS - len(others))), *others]
        made = self._packed(made) if self.packed else made
        made[0] |= {field: records[0][field] for field in ("about", self.names) if field and field in records[0]}
        return made

    def _groups(self, records: Rows) -> dict[tuple[Any, ...], Group]:
        """Return (replica, value, record) by role, measure, what pictures and menus part, line, and place."""
        groups: dict[tuple[Any, ...], Group] = {}
        for number, record in enumerate(records):
            place = record.get("together", float(f"{record[self.x.field]:.6g}"))
            role = record.get("role", "point")
            alone = number if role == "mark" else record.get("shape")  # a mark is averaged with no other
            parts = tuple(record[field] for field in self.parts())
            replica = (record.get("seed"), record.get("replica", number))
            for measure in self.measures:
                value = record.get(measure.field)
                if value is not None and value == value:
                    key = (role, measure.field, parts, record[self.line], alone, place)
                    groups.setdefault(key, []).append((replica, value, record))
        return groups

    def _mean(self, key: tuple[Any, ...], same: Group, x: Axis) -> dict[str, Any]:
        role, field, parts, line, _, place = key
        first = same[0][2]
        measure = next(measure for measure in self.measures if measure.field == field)
        place = statistics.fmean(record[x.field] for *_, record in same) if "together" in first else place
        look = first.get("look", line)
        known = self.looks.get(look) if isinstance(self.looks, Mapping) else None
        words = first.get("words") or (known.words if known else "") or str(line)
        row = {"role": role, "measure": field, "line": line, "look": look, "words": words, x.field: place}
        row |= {"where": x.words(place)} | dict(zip(self.parts(), parts, strict=True))
        carried = [
            *CARRIED,
            *(f for f in self.selects if f != self.x.field),
            *(field[0] for field in self.carried if not isinstance(field, Axis)),
        ]
        row |= {name: first[name] for name in carried if name in first and (role == "mark" or name != "replica")}
        values = by_replica((replica, value) for replica, value, _ in same)
        row |= span(
            values, "value", measure.said, geometric=self.geometric and measure.type == "log", share=measure.share
        )
        if self.ranged:
            low, high = min(values), max(values)
            row |= {"low": low, "high": high, "interval": f"{low:{measure.said}} to {high:{measure.said}}"}
        row |= first.get("own", {})
        if self.bare:
            row |= {"low": None, "high": None}
        numbers = [axis.field for axis in self.carried if isinstance(axis, Axis)]
        row |= {field: statistics.fmean(record[field] for *_, record in same) for field in numbers}
        if "less" in first:
            less = by_replica((replica, record["less"]) for replica, _, record in same if record["less"] is not None)
            row["hollow"] = bool(less) and not intervals.matches(intervals.mean(less))
            row["match"] = "not shown to match" if row["hollow"] else "matches"
        return row

    def _labels(self, means: Rows, x: Axis) -> Rows:
        """Return a label for each line of each picture, in one column at the right, moved apart.

        `from` and `from_at` are where the line ends, for a thin leader to it.
        """
        drawn = [mean["at"] for mean in means]
        right = x.ends(drawn)[1]
        labels = []
        for (field, *_), shown in grouped(means, self._picture).items():
            number = [measure.field for measure in self.measures].index(field)
            named = [mean for mean in shown if mean["role"] != "mark" and mean.get("joined") is not False]
            named = [mean for mean in named if mean.get("named") is not False]
            ends = thin(list({mean["line"]: mean for mean in named}.values()), self.named)
            seen = [mean[part] for mean in shown for part in ("value", "low", "high") if mean[part] is not None]
            seen += [0.0] if self.measures[number].zero else []
            places = self.measures[number].spread([end["value"] for end in ends], LINE / self.height_of(number), seen)
            for end, place in zip(ends, places, strict=True):
                known = {name: end[name] for name in ("measure", "line", "look", "words", *self.parts())}
                at = x.beyond(right, ASIDE, drawn)
                where = {"value": place, "at": at, "from": end["value"], "from_at": end["at"]}
                labels.append({"role": "label", **known, **where})
        return labels

    def _few(self, means: Rows, most: int) -> Rows:
        """Return at most so many of the means: as many of every line, its ends among them."""
        lines = grouped(means, lambda mean: (mean["role"], *self._picture(mean), mean["line"])).values()
        each = most // max(1, len(lines))
        fits = len(means) <= most or not each
        return thin(means if fits else [mean for line in lines for mean in thin(line, each)], most)

    def _rules(self, means: Rows, records: Rows) -> Rows:
        """Return a broken line across for each picture of a measure that has one."""
        rules = {name: records[0][at] if isinstance(at, str) else at for name, at in (self.rules or {}).items()}
        pictures = dict.fromkeys(self._picture(mean) for mean in means if mean["measure"] in rules)
        named = (dict(zip(("measure", *self.parts()), picture, strict=True)) for picture in pictures)
        return [{"role": "rule", **picture, "value": rules[picture["measure"]]} for picture in named]

    def _picture(self, mean: dict[str, Any]) -> tuple[Any, ...]:
        """Return which picture of the chart a mean is in."""
        return mean["measure"], *(mean[field] for field in self.parts())

    def _packed(self, rows: Rows) -> Rows:
        """Return the rows of each picture and role as one, in which every field is a list."""
        apart, made = ("role", "measure", *self.parts()), []
        for key, same in grouped(rows, lambda row: (row["role"], *self._picture(row))).items():
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

    def parts(self) -> list[str]:
        return [field for field in (self.split, self.chosen and self.chosen[0]) if field]

    def height_of(self, number: int) -> int:
        return self.height if isinstance(self.height, int) else self.height[number]

    def x_of(self, rows: Rows) -> Axis:
        return replace(self.x, names=rows[0][self.names] if rows else [""]) if self.names else self.x
