"""The form of a panel: its common options in two columns, the rarer ones folded away, named settings above them.

All of it works by keyboard, and every field says what it is where the mouse rests on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets

from workbench.panels.browser import Fields
from workbench.panels.draft import Draft
from workbench.panels.fields import WIDE, field
from workbench.panels.options import Number, Option, Slider
from workbench.panels.presets import Settings
from workbench.work.html import element


class Form:
    """The `fields` by option name; `put(**options)` is called when a person changes some."""

    def __init__(self, draft: Draft, put: Callable[..., Any]) -> None:
        declaration = draft.declaration
        self.draft, self.options, self.help = draft, declaration.options, declaration.help
        self.fields = {
            name: field(option, draft.values[name], self.help[name]) for name, option in self.options.items()
        }
        for name, shown in self.fields.items():
            shown.changed(lambda value, name=name: put(**{name: value}, **self._also(name, value)))
        self.settings = Settings(draft, put)
        self.more = widgets.Checkbox(indent=False)
        self.unusual: set[str] = set()  # rare options that are not as the chosen settings have them, or wrong
        self.rare = widgets.VBox([self._group(title, group) for title, group in self._rare_groups().items()])
        self.rare.add_class("wb-rare")
        self.more.observe(lambda _: self._fold(), names="value")
        bar = widgets.HBox([*self.settings.widgets, *([self.more] if self.rare.children else [])])
        bar.add_class("wb-settings")
        common = self._columns(option for option in self.options.values() if not option.rare)
        self.box = widgets.VBox([bar, common, self.rare, self._keys()])
        self.box.add_class("wb-form")
        self._fold()
        self.show(draft.values)

    def show(self, values: dict[str, Any]) -> None:
        """Show values that were set from Python; a rare one that is unusual, or wrong, unfolds the rest."""
        for name, value in values.items():
            self.fields[name].show(value)
            if isinstance(self.options[name], Slider):
                also = self.options[name].also
                self.fields[name].widget.idle = any(values[other] != held for other, held in also.items())
        self.settings.show()
        unusual = {name for name in values if self.options[name].rare and self._is_unusual(name)}
        if unusual - self.unusual:
            self.more.value = True
        self.unusual = unusual
        count = sum(option.rare for option in self.options.values())
        self.more.description = f"more options ({count}{f', {len(unusual)} changed' if unusual else ''})"

    def _is_unusual(self, name: str) -> bool:
        try:
            self.options[name].check(self.draft.values[name])
        except Exception:
            return True
        return self.draft.values[name] != self.settings.chosen_state[name]

    def _also(self, name: str, value: Any) -> dict[str, Any]:
        return {} if value is None else self.options[name].also

    def _rare_groups(self) -> dict[str, list[Option]]:
        groups = {title: [option for option in group if option.rare] for title, group in self._groups.items()}
        return {title: group for title, group in groups.items() if group}

    @property
    def _groups(self) -> dict[str, tuple[Option, ...]]:
        return self.draft.declaration.groups

    def _group(self, title: str, group: list[Option]) -> widgets.VBox:
        box = widgets.VBox([widgets.HTML(element("h4", title)), self._columns(group)])
        box.add_class("wb-group")
        return box

    def _columns(self, options: Iterable[Option]) -> widgets.Box:
        wide_last = sorted(options, key=lambda option: isinstance(option, WIDE))
        box = widgets.Box([self.fields[option.name].box for option in wide_last])
        box.add_class("wb-columns")
        return box

    def _fold(self) -> None:
        self.rare.layout.display = None if self.more.value else "none"

    def _keys(self) -> Fields:
        numbers = [option for option in self.options.values() if isinstance(option, Number)]
        steps = {o.label: [o.step, o.low, o.high if math.isfinite(o.high) else None] for o in numbers}
        return Fields(steps=steps, help={option.label: self.help[name] for name, option in self.options.items()})
