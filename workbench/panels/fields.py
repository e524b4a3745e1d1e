"""The fields of a form: a stock widget for each kind of option, that holds what is typed and never another value.

Numbers are typed into lines of text and read here: a browser's own field for whole numbers makes 15 of "1.5".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from workbench.panels.browser import Range
from workbench.panels.options import Flag, Names, Number, Numbers, Option, Several, Slider, Text, as_it_is

PARTS = re.compile(r"(?:\((?:[^()]|\([^()]*\))*\)|[^,])+")  # between commas, but for those within parentheses
WIDE = (Names, Several)  # a line of their own
STYLE = {"description_width": "initial"}  # the width is that of form.css, where labels wrap


def field(option: Option, value: Any, help: str = "") -> Field:
    """Make the field of an option; `help` is said where the mouse rests on it."""
    words: dict[str, Any] = {"description": option.label, "tooltip": help, "style": dict(STYLE)}
    typed = {"continuous_update": False, **words}  # told when it is left, not at every key
    match option:
        case Several():
            return Checks(option, value, help)
        case Flag():
            return Field(option, widgets.Checkbox(value=value, indent=False, **words))
        case Slider():
            slider = Range(description=option.label, tooltip=help, stops=list(option.stops), value=float(value))
            return Field(option, slider, shown=float)
        case Number() | Numbers() | Names():
            hint = getattr(option, "empty", "") or option.help or "with commas between"
            line = widgets.Text(value=as_line(value), placeholder=hint, **typed)
            return Field(option, line, shown=as_line, read=lambda text: from_line(option, text))
        case Text():
            line = widgets.Text(value=option.shown(value), placeholder=option.help, **typed)
            return Suggested(option, line, shown=option.shown)
    return Menu(option, widgets.Dropdown(options=Menu.choices(option, value), value=value, **words))


class Field:
    """One option's `widget`: `show(value)` sets it, `changed(f)` has f(value) called when a person does.

    `shown(value)` is what the widget holds for a value, `read` which value that means; `box` is what stands in the
    form, `ticks` are its boxes by name, where it has several.
    """

    def __init__(
        self,
        option: Option,
        widget: Any,
        *,
        shown: Callable[[Any], Any] = as_it_is,
        read: Callable[[Any], Any] = as_it_is,
    ) -> None:
        self.option, self.widget, self.shown, self.read = option, widget, shown, read
        self.box = widget
        self.ticks: dict[str, widgets.Checkbox] = {}
        self.quiet = False
        widget.add_class("wb-field")
        if isinstance(option, WIDE):
            widget.add_class("wb-wide")

    def show(self, value: Any) -> None:
        """Show a value that was set from Python; what the widget cannot hold is left to the panel's words."""
        self.quiet = True
        try:
            self.put(value)
        except (TraitError, TypeError, ValueError):
            pass
        finally:
            self.quiet = False

    def put(self, value: Any) -> None:
        self.widget.value = self.shown(value)

    def changed(self, f: Callable[[Any], None]) -> None:
        self.widget.observe(lambda change: None if self.quiet else f(self.read(change["new"])), names="value")


class Suggested(Field):
    """A line in which anything may be typed, and beside it a menu of all that is known, whatever the line holds."""

    def __init__(self, option: Text, line: widgets.Text, *, shown: Callable[[Any], str]) -> None:
        super().__init__(option, line, shown=shown)
        self.names = tuple(dict.fromkeys((*option.choices, *option.more())))
        self.menu = widgets.Dropdown(options=self.names, value=None, description=f"choices for {option.label}")
        self.box = widgets.HBox([line, self.menu])
        self.box.add_class("wb-suggested")
        self._mark()
        line.observe(lambda _: self._mark(), names="value")
        self.menu.observe(lambda change: self._choose(change["new"]), names="value")

    def _mark(self) -> None:
        self.menu.value = self.widget.value if self.widget.value in self.names else None

    def _choose(self, name: str | None) -> None:
        if name is not None:
            self.widget.value = name


class Menu(Field):
    """One of a few names; a value that is none of them (a path of one's own) joins the menu."""

    @staticmethod
    def choices(option: Option, value: Any) -> list[Any]:
        return [*option.choices, *([] if value in option.choices else [value])]

    def put(self, value: Any) -> None:
        if value not in self.widget.options:
            self.widget.options = self.choices(self.option, value)
        super().put(value)


class Checks(Field):
    """Any of several names: a box to tick for each."""

    def __init__(self, option: Several, value: Any, help: str) -> None:
        ticks = {
            name: widgets.Checkbox(value=name in value, description=label, indent=False)
            for name, label in zip(option.choices, option.labels or option.choices, strict=True)
        }
        super().__init__(
            option, widgets.HBox([widgets.Label(option.label, tooltip=help), widgets.Box(list(ticks.values()))])
        )
        self.widget.add_class("wb-checks")
        self.ticks = ticks

    def put(self, value: Any) -> None:
        for name, tick in self.ticks.items():
            tick.value = name in value

    def changed(self, f: Callable[[Any], None]) -> None:
        def ticked(_: Any) -> None:
            if not self.quiet:
                f(tuple(name for name, tick in self.ticks.items() if tick.value))

        for tick in self.ticks.values():
            tick.observe(ticked, names="value")


def as_line(value: Any) -> str:
    """Return a number, or several numbers or names, as a person types them; nothing as an empty line."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def from_line(option: Option, text: str) -> Any:
    """Return the value that a line means; a text that is no number stays one, and the option's check refuses it."""
    if not text.strip() and getattr(option, "empty", ""):
        return None
    if isinstance(option, Number):
        return number_in(text.strip(), option.whole)
    parts = tuple(part.strip() for part in PARTS.findall(text) if part.strip())
    whole = isinstance(option, Numbers) and option.whole
    return parts if isinstance(option, Names) else tuple(number_in(part, whole) for part in parts)


def number_in(text: str, whole: bool = False) -> Any:
    """Return the number that a text says, the text itself where it says none; of whole ones, 1e4 is one too."""
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return int(number) if whole and number % 1 == 0 else number
    return text
