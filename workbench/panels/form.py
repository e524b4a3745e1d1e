"""The form of a panel: a labelled widget for each option, in titled groups; all of them work by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from workbench.panels import options
from workbench.panels.options import Option
from workbench.panels.slider import Range

LAYOUT = {"width": "100%", "min_width": "0"}
STYLE = {"description_width": "8.6em"}

Typed = Callable[[str, Any], None]


class Form:
    """The widgets by option name; `typed(name, value)` is called when a person changes one."""

    def __init__(self, groups: dict[str, tuple[Option, ...]], values: dict[str, Any], typed: Typed) -> None:
        self.fields: dict[str, Field] = {}
        self.box = widgets.Box()
        self.box.add_class("wb-form")
        for title, group in groups.items():
            fields = {option.name: FIELDS[type(option)](option, values[option.name]) for option in group}
            for name, field in fields.items():
                field.changed(lambda value, name=name: typed(name, value))
            box = widgets.VBox([widgets.HTML(f"<h4>{title}</h4>"), *(field.box for field in fields.values())])
            box.add_class("wb-group")
            self.box.children += (box,)
            self.fields |= fields

    def show(self, values: dict[str, Any]) -> None:
        """Show values that were set from Python; what a widget cannot show is left to the panel's words."""
        for name, value in values.items():
            self.fields[name].show(value)


class Field:
    """One option's widget: `box` is what is shown, `show(value)` sets it, `changed(f)` has f(value) called.

    A kind of field makes its widget, and says what that holds for a value (`shown`) and which value it means (`read`).
    """

    def __init__(self, option: Any, value: Any) -> None:
        self.option = option
        self.words = {"description": option.words, "layout": dict(LAYOUT), "style": dict(STYLE)}
        self.widget: Any = self.make(value)
        self.widget.tooltip = option.help
        self.box: widgets.Widget = self.widget
        self.quiet = False

    def make(self, value: Any) -> Any:
        raise NotImplementedError

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

    def shown(self, value: Any) -> Any:
        return value

    def read(self, value: Any) -> Any:
        return value

    def changed(self, f: Callable[[Any], None]) -> None:
        self.widget.observe(lambda change: None if self.quiet else f(self.read(change["new"])), names="value")


class MenuField(Field):
    """One of a few names; a value that is none of them (a path of one's own) joins the menu."""

    def make(self, value: Any) -> Any:
        return widgets.Dropdown(options=self.choices(value), value=value, **self.words)

    def choices(self, value: Any) -> list[Any]:
        return [*self.option.choices, *([] if value in self.option.choices else [value])]

    def put(self, value: Any) -> None:
        if value not in self.widget.options:
            self.widget.options = self.choices(value)
        super().put(value)


class SuggestionField(Field):
    """Any text, with suggestions."""

    def make(self, value: Any) -> Any:
        suggestions = {"options": self.option.choices, "ensure_option": False, "continuous_update": False}
        return widgets.Combobox(value=value, placeholder=self.option.help, **suggestions, **self.words)


class NumberField(Field):
    """A number."""

    def make(self, value: Any) -> Any:
        kind = widgets.IntText if self.option.whole else widgets.FloatText
        return kind(value=value, step=self.option.step, continuous_update=False, **self.words)


class LineField(Field):
    """A line of text: a number that may be left out, several of them, several names."""

    def make(self, value: Any) -> Any:
        hint = self.empty or self.option.help or "with commas between"
        return widgets.Text(value=self.shown(value), placeholder=hint, continuous_update=False, **self.words)

    def shown(self, value: Any) -> str:
        if isinstance(value, Iterable) and not isinstance(value, str):
            return ", ".join(map(str, value))
        return "" if value is None else str(value)

    def read(self, value: str) -> Any:
        """Return what was typed; a text that is no number stays one, and the option's check refuses it in words."""
        if self.empty and not value.strip():
            return None
        if isinstance(self.option, options.Number):
            return number_in(value.strip())
        parts = (part.strip() for part in value.split(",") if part.strip())
        return tuple(parts if isinstance(self.option, options.Names) else map(number_in, parts))

    @property
    def empty(self) -> str:
        return getattr(self.option, "empty", "")


class SliderField(Field):
    """A slider with its value beside it; every move is told."""

    def make(self, value: Any) -> Any:
        return Range(description=self.option.words, stops=list(self.option.stops), value=float(value))

    def shown(self, value: Any) -> float:
        return float(value)


class FlagField(Field):
    """A box to tick."""

    def make(self, value: Any) -> Any:
        return widgets.Checkbox(value=value, **self.words)


class ChecksField(Field):
    """Any of several names: a box to tick for each."""

    def make(self, value: Any) -> Any:
        choices = self.option.choices
        self.ticks = {
            name: widgets.Checkbox(value=name in value, description=label, indent=False)
            for name, label in zip(choices, self.option.labels or choices, strict=True)
        }
        ticks = widgets.VBox(list(self.ticks.values()))
        box = widgets.HBox([widgets.Label(self.option.words), ticks], layout=dict(LAYOUT))
        box.add_class("wb-checks")
        return box

    def put(self, value: Any) -> None:
        for name, tick in self.ticks.items():
            tick.value = name in value

    def changed(self, f: Callable[[Any], None]) -> None:
        def ticked(_: Any) -> None:
            if not self.quiet:
                f(tuple(name for name, tick in self.ticks.items() if tick.value))

        for tick in self.ticks.values():
            tick.observe(ticked, names="value")


def number_in(text: str) -> Any:
    """Return the number that a text says, the text itself where it says none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _number(option: options.Number, value: Any) -> Field:
    return LineField(option, value) if option.empty else NumberField(option, value)


FIELDS: dict[type[Option], Callable[[Any, Any], Field]] = {
    options.Option: MenuField,
    options.Dataset: MenuField,
    options.Text: SuggestionField,
    options.Several: ChecksField,
    options.Number: _number,
    options.Slider: SliderField,
    options.Numbers: LineField,
    options.Names: LineField,
    options.Flag: FlagField,
}
