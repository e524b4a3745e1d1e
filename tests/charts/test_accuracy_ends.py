"""No axis of accuracies shows less than 0 % or more than 100 %: no label, no tick, no interval, no mark."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from samples import sample
from scene import Mark, scene

from workbench.charts import CHARTS
from workbench.charts.grammar import grouped

SPREAD = ((0.1, 0.9, 0.12), (0.9, 0.1, 0.98), (0.1, 0.9), (1.0, 0.98, 0.995), (0.0, 0.001, 0.01))  # by replica
SIGNED = ("less", "confidence -", "gap", "added", "ahead")  # what has two sides
SLACK = 1.5  # pixels
ACCURATE = (
    "accuracy by density",
    "accuracy by rewind step",
    "barrier by distance",
    "accuracy by share",
    "accuracy by subset",
    "accuracy by barrier",
    "accuracy by kept share",
    "accuracy by severity",
    "training curves",
    "rare features",
    "accuracy before and after",
    "accuracy by search cost",
    "strong accuracy",
)


def wide(outcomes: Sequence[Any], values: Sequence[float]) -> list[Any]:
    """Return the outcomes of so many replicas with these accuracies, one a replica, in every field of an accuracy."""
    replicas = sorted({o.replica for o in outcomes if hasattr(o, "replica")}) or [0]
    first = [o for o in outcomes if getattr(o, "replica", replicas[0]) == replicas[0]]
    made = []
    for replica, value in enumerate(values):
        for one in first:
            fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(one) if field.init}
            known = {
                name: value
                for name, was in fields.items()
                if "accuracy" in name and isinstance(was, float) and not isinstance(was, bool)
            }
            known |= {"replica": replica} if "replica" in fields else {}
            made.append(dataclasses.replace(one, **known))
    return made


@dataclasses.dataclass(frozen=True)
class Shares:
    """An axis of shares: its title, whether it goes up, and where 0 and 1 are, in pixels."""

    title: str
    up: bool
    zero: float
    one: float
    within: tuple[str, ...]

    def share(self, pixel: float) -> float:
        return (pixel - self.zero) / (self.one - self.zero)

    def pixels(self, mark: Mark) -> list[float]:
        """Return where a mark begins and ends along the axis, in pixels."""
        side, length = ("y", "height") if self.up else ("x", "width")
        begin = mark.y if self.up else mark.x
        at = float(mark.item.get(side) or 0)
        end = mark.item.get(f"{side}2", at + float(mark.item.get(length) or 0) if mark.kind == "rect" else at)
        return [begin, begin - at + float(end)]


def number(label: str) -> float:
    return float(label.replace("−", "-").rstrip("%").replace(",", "")) / 100


def axes(marks: Sequence[Mark]) -> Iterator[Shares]:
    """Yield the axes of accuracies: those with labels in per cent, whose numbers have no two sides."""
    parts = [mark for mark in marks if mark.role.startswith("axis-")]
    for within, same in grouped(parts, lambda mark: mark.within).items():
        title = " ".join(line for mark in same if mark.role == "axis-title" for line in mark.lines)
        labels = [m for m in same if m.role == "axis-label" and m.lines[0].endswith("%")]
        if "accuracy" not in title or any(word in title for word in SIGNED) or len(labels) < 2:
            continue
        up = len({round(mark.y) for mark in labels}) > 1
        first, last = (m for m in (labels[0], labels[-1]))
        at = [(number(m.lines[0]), m.y if up else m.x) for m in (first, last)]
        each = (at[1][1] - at[0][1]) / (at[1][0] - at[0][0])
        yield Shares(title, up, at[0][1] - each * at[0][0], at[0][1] + each * (1 - at[0][0]), within)


def beyond(marks: Sequence[Mark]) -> list[tuple[str, str, float]]:
    """Return what is drawn of less than 0 % or more than 100 %: the axis, the role, the share."""
    found = []
    for axis in axes(marks):
        slack = SLACK / abs(axis.one - axis.zero)
        for mark in marks:
            inside = mark.within[: len(axis.within) - 1] == axis.within[:-1]
            across = "x2" if axis.up else "y2"  # of a line of the axis' own grid
            is_one = mark.role == "mark" and mark.kind in ("rule", "symbol", "rect", "line")
            is_tick = mark.role == "axis-tick" and mark.within == axis.within
            is_line = mark.role == "axis-grid" and across in mark.item
            leader = mark.item.get("strokeDash") == [1, 2]
            if inside and mark.is_seen and not leader and (is_one or is_tick or is_line):
                shares = [axis.share(pixel) for pixel in axis.pixels(mark)]
                found += [(axis.title, mark.role, s) for s in shares if not -slack <= s <= 1 + slack]
    return found


def seen(name: str, outcomes: Sequence[Any]) -> list[Mark]:
    picture = CHARTS[name]
    rows = picture.rows(outcomes)
    return scene(picture.draw(rows).to_dict()) if rows else []


@pytest.mark.parametrize("name", list(CHARTS))
def test_no_axis_of_accuracies_leaves_0_to_100(name: str):
    assert beyond(seen(name, sample(name))) == []


@pytest.mark.parametrize("values", SPREAD)
@pytest.mark.parametrize("name", ACCURATE)
def test_wide_intervals_end_at_0_and_100(name: str, values: tuple[float, ...]):
    marks = seen(name, wide(sample(name), values))
    assert list(axes(marks)) or len(values) < 3  # two means that are the same have one label
    assert beyond(marks) == []
