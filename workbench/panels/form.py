"""The form of a panel: a labelled widget for each option, in titled groups; all of them work by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from workbench.panels.browser import Range
from workbench.panels.options import Flag, Names, Number, Numbers, Option, Several, Slider, Text, as_it_is
from workbench.work.html import element

LAYOUT = {"width": "100%", "min_width": "0"}
PARTS = re.compile(r"(?:\((?:[^()]|\([^()]*\))*\)|[^,])+")  # between commas, but for those within parentheses
STYLE = {"description_width": "8.6em"}

Typed = Callable[[str, Any], None]


class Form:
    """The widgets by option name; `typed(name, value)` is called when a person changes one."""

    def __init__(self, groups: dict[str, tuple[Option, ...]], values: dict[str, Any], typed: Typed) -> None:
        self.fields = {option.name: field(option, values[option.name]) for group in groups.values() for option in group}
        for name, shown in self.fields.items():
            shown.changed(lambda value, name=name: typed(name, value))
        boxes = [
            widgets.VBox([widgets.HTML(element("h4", title)), *(self.fields[option.name].widget for option in group)])
            for title, group in groups.items()
        ]
        for box in boxes:
            box.add_class("wb-group")
        self.box = widgets.Box(boxes)
        self.box.add_class("wb-form")

    def show(self, values: dict[str, Any]) -> None:
        """Show values that were set from Python; what a widget cannot show is left to the panel's words."""
        for name, value in values.items():
            self.fields[name].show(value)


def field(option: Option, value: Any) -> Field:
    """Make the widget of an option."""
    words: dict[str, Any] = {"description": option.label, "layout": dict(LAYOUT), "style": dict(STYLE)}
    typed = {"continuous_update": False, **words}  # told when it is left, not at every key
    match option:
        case Several():
            return Checks(option, value)
        case Flag():
            return Field(option, widgets.Checkbox(value=value, **words))
        case Slider():
            slider = Range(description=option.label, stops=list(option.stops), value=float(value))
            return Field(option, slider, shown=float)
        case Number(empty=""):
            kind = widgets.IntText if option.whole else widgets.FloatText
            return Field(option, kind(value=value, step=option.step, **typed))
        case Number() | Numbers() | Names():
            hint = getattr(option, "empty", "") or option.help or "with commas between"
            line = widgets.Text(value=as_line(value), placeholder=hint, **typed)
            return Field(option, line, shown=as_line, read=lambda text: from_line(option, text))
        case Text():
            suggestions = {"options": option.choices, "ensure_option": False}
            box = widgets.Combobox(value=option.shown(value), placeholder=option.help, **suggestions, **typed)
            return Field(option, box, shown=option.shown)
    return Menu(option, widgets.Dropdown(options=Menu.choices(option, value), value=value, **words))


class Field:
    """One option's `widget`: `show(value)` sets it, `changed(f)` has f(value) called when a person does.

    `shown(value)` is what the widget holds for a value, `read` which value that means; `ticks` are its boxes by name,
    where it has several.
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
        self.widget.tooltip = option.help
        self.ticks: dict[str, widgets.Checkbox] = {}
        self.quiet = False

    def show(self, value: Any) -> None:
        self.quiet = True
        try:
            self.put(value)
        except TraitError:
            pass
        finally:
            self.quiet = False

    def put(self, value: Any) -> None:
        self.widget.value = self.shown(value)

    def changed(self, f: Callable[[Any], None]) -> None:
        self.widget.observe(lambda change: None if self.quiet else f(self.read(change["new"])), names="value")


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

    def __init__(self, option: Several, value: Any) -> None:
        ticks = {
            name: widgets.Checkbox(value=name in value, description=label, indent=False)
            for name, label in zip(option.choices, option.labels or option.choices, strict=True)
        }
        box = widgets.HBox([widgets.Label(option.label), widgets.VBox(list(ticks.values()))], layout=dict(LAYOUT))
        box.add_class("wb-checks")
        super().__init__(option, box)
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
        return number_in(text.strip())
    parts = tuple(part.strip() for part in PARTS.findall(text) if part.strip())
    return parts if isinstance(option, Names) else tuple(map(number_in, parts))


def number_in(text: str) -> Any:
    """Return the number that a text says, the text itself where it says none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
