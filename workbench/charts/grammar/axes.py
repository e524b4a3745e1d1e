"""A number as it is drawn: which field of the rows, its title with the unit, its scale, and how it is said."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from workbench.charts.grammar.room import spread, wrapped
from workbench.numbers.numerals import percent

_WAYS = {  # of a scale: to where lengths are as drawn, and back
    "linear": (float, float),
    "log": (lambda v: math.log(max(v, 1e-12)), math.exp),
    "sqrt": (lambda v: math.copysign(math.sqrt(abs(v)), v), lambda u: u * abs(u)),
    "symlog": (lambda v: math.asinh(v / 2), lambda u: 2 * math.sinh(u)),
}


@dataclass(frozen=True)
class Axis:
    """A number of a picture.

    `form` is d3's format of the labels: a kind such as "~%", "+~f", "~s", without digits, for an axis has as many as
    tell its ticks apart. `said` is the format of single values, in tips and words (Python's and d3's). An axis of
    `whole` numbers has no label between two of them; `names` are words for its values 0, 1, 2, …. No label, no tick
    and no line of the grid stands outside `within`. `ticks` stand at values of one's own.
    """

    field: str
    title: str
    form: str = "~f"
    said: str = ".3g"
    type: str = "linear"
    zero: bool = False
    reverse: bool = False
    whole: bool = False
    ticks: Sequence[float] | None = None
    names: Sequence[str] = ()
    domain: tuple[float, float] | None = None
    within: tuple[float, float] | None = None
    padding: int = 12

    def __post_init__(self) -> None:
        if re.search(r"\d", self.form):
            rule = "must have no digits, which an axis takes as its domain needs"
            raise ValueError(f'form {rule}, got "{self.form}"; pass a kind such as "~%" or "+~f"')

    @property
    def share(self) -> bool:
        """Whether it is a share, whose intervals stay within 0 and 1."""
        return (0, 1) in (self.within, self.domain)

    def x(self, field: str = "at", *, width: int = 400, title: bool = True) -> alt.X:
        """Return the axis across, over so many pixels; it has no grid."""
        axis = self._axis(max(2, min(10, width // 64)), grid=False)
        return alt.X(f"{field}:Q", title=self._title(title, width + 16), scale=self._scale(nice=False), axis=axis)

    def y(self, field: str = "value", *, height: int = 320, title: bool = True) -> alt.Y:
        """Return the axis up."""
        axis = self._axis(max(3, height // 50))
        return alt.Y(f"{field}:Q", title=self._title(title, height + 30), scale=self._scale(), axis=axis)

    def tip(self, field: str = "value") -> alt.Tooltip:
        """Return the line of a tip that says the value."""
        return alt.Tooltip(f"{field}:Q", title=self.title.partition(" (")[0], format=self.said)

    def words(self, value: float) -> str:
        """Say a value: `0.35 %` for a share, to two digits; that of `names` where it counts them."""
        if self.names:
            return self.names[int(value)]
        if self.said.endswith("%"):
            return percent(value)
        return f"{value:,.0f}" if self.whole else f"{value:{self.said}}"

    def beyond(self, value: float, share: float, seen: Sequence[float]) -> float:
        """Return the value that is drawn a share of the picture's width (or height) farther along, of what is seen."""
        there, back = _WAYS[self.type]
        return back(there(value) + (-share if self.reverse else share) * self._length(seen))

    def ends(self, seen: Sequence[float]) -> tuple[float, float]:
        """Return what is drawn at the left and at the right of what is seen."""
        low, high = self.domain or (min(seen, default=0.0), max(seen, default=1.0))
        return (high, low) if self.reverse else (low, high)

    def spread(self, values: Sequence[float], gap: float, seen: Sequence[float]) -> list[float]:
        """Move values apart to a share of the picture's height, as little as that takes, in their order."""
        there, back = _WAYS[self.type]
        length = gap * self._length(seen)
        places = spread([there(value) for value in values], length)
        low, high = (there(end) for end in sorted(self.ends(seen)))
        if (len(values) - 1) * length <= high - low:  # then all stand between the ends of the axis, clear of its ticks
            order = sorted(range(len(places)), key=lambda i: places[i])
            for rank, i in enumerate(order):
                places[i] = min(max(places[i], low + rank * length), high - (len(order) - 1 - rank) * length)
        return [back(place) for place in places]

    def _length(self, seen: Sequence[float]) -> float:
        left, right = map(_WAYS[self.type][0], self.ends(seen))
        return abs(right - left) or 0.01

    def _title(self, shown: bool, width: int) -> list[str] | None:
        return wrapped(self.title, width, 12.5) if shown and self.title else None

    def _scale(self, **more: Any) -> alt.Scale:
        more |= {} if self.type == "linear" else {"type": self.type}
        more |= {"constant": 2} if self.type == "symlog" else {}
        more |= {"nice": False} if self.type == "log" else {"zero": self.zero}
        more |= {"reverse": True} if self.reverse else {}
        if self.domain is not None:
            more["nice"] = False
            return alt.Scale(**more, domain=list(self.domain))
        return alt.Scale(**more, padding=0 if self.zero else self.padding)  # zero is on the axis itself

    def _axis(self, count: int, **more: Any) -> alt.Axis:
        if self.names:
            words = f"{json.dumps(list(self.names))}[datum.value]"
            return alt.Axis(values=list(range(len(self.names))), labelExpr=words, labelOverlap=True, **more)
        if self.whole:  # with few of them ticks stand between, whatever `tickMinStep` says
            more |= {"labelExpr": "datum.value % 1 ? '' : format(datum.value, ',d')", "tickMinStep": 1}
            more["tickOpacity"] = alt.condition("datum.value % 1 == 0", alt.value(1), alt.value(0))
        if self.within is not None:
            low, high = self.within
            outside = f"datum.value < {low - 1e-5} || datum.value > {high + 1e-5}"
            more["labelExpr"] = f"{outside} ? '' : datum.label"
            seen = alt.condition(outside, alt.value(0), alt.value(1))
            more |= {"tickOpacity": seen} | ({"gridOpacity": seen} if more.get("grid", True) else {})
        if self.ticks is None:
            more["tickCount"] = count
        else:
            more |= {"values": list(self.ticks), "labelOverlap": True, "labelSeparation": 6}
        return alt.Axis(format=self.form, **more) if self.form and not self.whole else alt.Axis(**more)


def titles(measures: Sequence[Axis]) -> dict[str, str]:
    """Return the words for measures by their field, as columns have them: without what is said of their axis."""
    return {measure.field: measure.title.partition(" (log")[0] for measure in measures}


_TENS = (1.0, *(digit * 10.0**-power for power in range(1, 6) for digit in (5, 2, 1)))
_DOUBLINGS = (0, *(digit * 10**power for power in range(6) for digit in (1, 2, 5)))
_KEPT = "density: weights kept (logarithmic)"
DENSITY = Axis("density", _KEPT, "~%", "%", "log", reverse=True, ticks=_TENS, padding=14)
ACCURACY = Axis("test_accuracy", "test accuracy", "~%", ".2%", within=(0, 1))
PARTED = Axis("rewind_step", "step at which the children part", "~s", ",.0f", "symlog", ticks=_DOUBLINGS, padding=10)
STEP = Axis("step", "optimiser step", said=",.0f", whole=True, zero=True)
BARRIER = Axis("barrier_error", "error barrier", "~%", ".2%", zero=True, within=(0, 1))
