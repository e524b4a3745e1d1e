"""The kinds of options of a panel: a name, a number, several of them, a flag.

An option says in words what it means, which values it takes, and which widget shows it; it makes none itself. Its name
may be dotted: "recipe.epochs" is a field of the frozen value that the argument `recipe` holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any

from workbench.work import rules
from workbench.work.nearest import unknown


def as_it_is(value: Any) -> Any:
    """Return a value itself."""
    return value


@dataclass(frozen=True)
class Option:
    """A name: one of `choices`, or one for which `checked(name)` raises no ValueError, where that is given.

    `label` is what stands beside it, `help` a hint of how it is typed; what it is stands in the docstring of its
    argument. A `rare` option is folded away. `meant(value)` is what the function is given for a value. Setting it in
    the form sets the options in `also` too.
    """

    name: str
    label: str
    choices: tuple[str, ...] = ()
    help: str = ""
    checked: Callable[[str], Any] | None = None
    meant: Callable[[Any], Any] = as_it_is
    rare: bool = False
    also: dict[str, Any] = field(default_factory=dict)

    @property
    def range(self) -> str:
        """Which numbers it takes, in words; empty for what is no number."""
        return ""

    def check(self, value: Any) -> None:
        """Raise a ValueError that says what is wrong with a value."""
        if isinstance(value, (list, dict)):
            raise rules.refused(self.label, "one name", value)
        if self.checked is not None:
            self.checked(value)
        elif value not in self.choices:
            raise unknown(self.label, value, self.choices)


@dataclass(frozen=True)
class Text(Option):
    """A name that is typed, with the choices as suggestions; `shown(value)` is the text for a value that is none.

    `more()` are further suggestions, as there are when a panel is made: names that something was kept under.
    """

    shown: Callable[[Any], str] = str
    more: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True)
class Several(Option):
    """Any of the choices, a tuple of names in their order; `labels` are the words for each."""

    labels: tuple[str, ...] = ()

    def check(self, value: Any) -> None:
        if not isinstance(value, (list, tuple)):
            raise rules.refused(self.label, "names of what is to be ticked", value, f'("{self.choices[0]}",) is one')
        for name in value:
            super().check(name)


@dataclass(frozen=True)
class Number(Option):
    """A number from `low` to `high`; `whole` where it counts something, `empty` what no number means, if it may be."""

    low: float = 0
    high: float = math.inf
    step: float = 1
    whole: bool = False
    empty: str = ""

    @property
    def range(self) -> str:
        high = f" to {_plain(self.high)}" if math.isfinite(self.high) else " up"
        return f"{'a whole number' if self.whole else 'a number'} from {_plain(self.low)}{high}"

    def check(self, value: Any) -> None:
        if value is None and self.empty:
            return
        kind = Integral if self.whole else Real
        if isinstance(value, bool) or not isinstance(value, kind) or not self.low <= float(value) <= self.high:
            raise rules.refused(self.label, self.range, value, f'empty means "{self.empty}"' if self.empty else "")


@dataclass(frozen=True)
class Slider(Number):
    """A number on a slider that stands at one of `stops`; any other may be set from Python.

    Of two sliders one may count: that whose `also` holds what the options hold. The other says that it is not used.
    """

    stops: tuple[float, ...] = ()


@dataclass(frozen=True)
class Numbers(Option):
    """Several numbers, typed with commas between them; at least `least` of them, or, with `empty`, none at all.

    `single` where one number may stand for a list of it.
    """

    low: float = 0
    high: float = math.inf
    whole: bool = False
    least: int = 1
    empty: str = ""
    single: bool = False

    @property
    def range(self) -> str:
        return f"each {self._each.range}"

    @property
    def _each(self) -> Number:
        return Number(self.name, self.label, low=self.low, high=self.high, whole=self.whole)

    def check(self, value: Any) -> None:
        if value is None and self.empty:
            return
        value = (value,) if self.single and isinstance(value, Real) else value
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < self.least:
            raise ValueError(f'{self.label} must be {self.least} or more numbers with commas between, got "{value}"')
        for number in value:
            self._each.check(number)


@dataclass(frozen=True)
class Names(Option):
    """Several names, typed with commas between them; any will do where nothing is `checked`."""

    def check(self, value: Any) -> None:
        if not isinstance(value, (list, tuple)) or not value or not all(isinstance(name, str) for name in value):
            raise ValueError(f'{self.label} must be one or more names with commas between, got "{value}"')
        for name in value:
            if self.checked is not None:
                self.checked(name)


@dataclass(frozen=True)
class Flag(Option):
    """Whether something is so: a box to tick."""

    def check(self, value: Any) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"{self.label} must be True or False, got {value!r}")


def rare(*options: Option) -> tuple[Option, ...]:
    """Return options that fold away in the form."""
    return tuple(replace(option, rare=True) for option in options)


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else f"{int(number)}"
