"""A parameter of a notebook: its name, its types, its default, and what its comment says of it, the range included.

    batch_size = Parameter("batch_size", ("int",), 128, "images a step, at least 1")
    batch_size.value(32.0)        32
    batch_size.from_text("1e3")   1000
    batch_size.value(2.5)         a ValueError: batch_size must be int: images a step, at least 1, got 2.5; …

What a person means is taken: a whole number given as 32.0, a number of numpy's, a bare name where a list is asked for.
Nothing else is guessed.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.work import rules, typed_text
from workbench.work.value_range import Range, range_of

COMPUTED = ...  # the default of a parameter that is no literal
KINDS: dict[str, type] = {  # in the order in which a text is tried; a kind that is not known takes anything
    "None": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "dict": dict,
    "list": list,
    "str": str,
}
NONE, TRUTHS = ("None", "none"), {"true": True, "false": False}


@dataclass(frozen=True)
class Parameter:
    """A parameter: its `kinds` by name, ("int", "None"), none where any value serves; `about` is its comment."""

    name: str
    kinds: tuple[str, ...]
    default: Any
    about: str = ""

    @property
    def range(self) -> Range:
        """The range that the comment gives, of each element where it is a list."""
        return range_of(self.about)

    @property
    def element(self) -> Parameter:
        """What an element of a list must be: of the kind that the default's elements are of."""
        kinds = {type(value) for value in self.default} if isinstance(self.default, (list, tuple)) else set()
        if self.range.whole:
            return replace(self, kinds=("int",), default=COMPUTED)
        if kinds == {float}:
            return replace(self, kinds=("float",), default=COMPUTED)
        if self.range.of_numbers or (kinds and kinds <= {int, float}):
            return replace(self, kinds=("int", "float"), default=COMPUTED)
        names = kinds == {str} or self.range.choices or "names" in self.about.split()
        return replace(self, kinds=("str",) if names else (), default=COMPUTED)

    def value(self, given: Any, *, way_on: str = "") -> Any:
        """Return what was given as the notebook means it; a ValueError names the parameter, its type and its range."""
        value, way_on = _plain(given), way_on or self._way_on()
        if self.kinds and not any(_is(kind, value) for kind in self.kinds):
            meant = [new for kind in self.kinds if (new := _as(kind, value)) is not None]
            if not meant:
                raise self._refused(given, way_on)
            value = meant[0]
        if not self.range.holds(value):
            raise self._refused(given, way_on)
        return self._elements(value, way_on) if isinstance(value, list) else value

    def from_text(self, text: str) -> Any:
        """Return the value that a text typed in a terminal means: none, true, 1e3, [conv2, lenet(norm=True)]."""
        if not isinstance(text, str):
            raise rules.refused(self.name, "text, as it is typed", text, "value(…) takes a value")
        return self.value(self._typed(str(text)))  # of a kind of text's own, too

    def _typed(self, text: str) -> Any:
        """Return the value of a text by the first kind that it is of; the text itself where it is of none."""
        for kind in sorted(self.kinds, key=lambda kind: [*KINDS, kind].index(kind)) or ["any"]:
            with contextlib.suppress(ValueError):
                return self._read(kind, text)
        return text

    def _read(self, kind: str, text: str) -> Any:
        """Return a text read as a kind; a ValueError where it is none."""
        word = text.strip()
        match kind:
            case "None" if word not in NONE:
                raise ValueError("this is something")
            case "None":
                return None
            case "bool" if word.lower() not in TRUTHS:
                raise ValueError("this is neither")
            case "bool":
                return TRUTHS[word.lower()]
            case "int" | "float":
                return typed_text.number(word)
            case "list" if word.startswith("[") or "str" not in self.kinds:
                return [self.element._typed(item) for item in typed_text.items(word)]
            case "str":
                return typed_text.unquoted(text)
        return typed_text.literal(word)

    def _elements(self, values: list[Any], way_on: str) -> list[Any]:
        """Return the elements of a list as they are meant, each held to the range."""
        element, meant = self.element, []
        for place, value in enumerate(values):
            here = replace(element, name=f"{self.name}[{place}]")
            meant.append(here.value(value, way_on=way_on))
            if meant[-1] == "" or (self.range.once and meant[-1] in meant[:-1]):
                raise here._refused(value, way_on)
        return meant

    def _refused(self, given: Any, way_on: str) -> ValueError:
        kinds = " or ".join(self.kinds).replace("bool", "bool (True or False)")
        return rules.refused(self.name, ": ".join(filter(None, (kinds, self.about))), given, way_on)

    def _way_on(self) -> str:
        text = repr(self.default)
        return "" if self.default is COMPUTED else f"its default is {text if len(text) <= 100 else f'{text[:97]}…'}"


def _plain(value: Any) -> Any:
    """Return Python's own of a number of numpy's or torch's; anything else as it is."""
    value = rules.bare(value)
    return value.item() if isinstance(value, np.generic) else value


def _is(kind: str, value: Any) -> bool:
    return kind not in KINDS or type(value) is KINDS[kind]


def _as(kind: str, value: Any) -> Any:
    """Return a value as it is meant of a kind that it is not of; None where nothing is."""
    match kind, value:
        case "int", float() if value.is_integer():
            return int(value)
        case "float", int() if not isinstance(value, bool) and abs(value) <= sys.float_info.max:
            return float(value)
        case "list", tuple():
            return list(value)
        case "list", str() if value and not value.startswith("["):  # a bare name, and no list that was not read
            return [value]
    return None
