"""What stands beside a chart: what is selected in it, and how to select without a mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from workbench.panels.selection import Selection, shown

NOTHING, OTHER = "nothing", "by hand"


class Beside:
    """A menu of what can be selected, a button that clears, and what is selected: its images, its table.

    `choose(value)` is called with what a person chose here, None for nothing.
    """

    def __init__(self, choose: Callable[[Any], Any]) -> None:
        self.offered: dict[str, Any] = {}
        self._shown: str = NOTHING  # what the menu was set to here, and nobody chose
        self._choose = choose
        self.menu = widgets.Dropdown(options=[NOTHING], description="select", style={"description_width": "auto"})
        self.menu.observe(lambda change: self._chosen(change["new"]), names="value")
        self.clear = widgets.Button(description="Clear selection")
        self.clear.on_click(lambda _: choose(None))
        self.selected = widgets.HTML()
        self.box = widgets.VBox([widgets.HBox([self.menu, self.clear]), self.selected])
        self.box.add_class("wb-beside")
        self.show({}, None, Selection())

    def show(self, offered: Mapping[str, Any], value: Any, selection: Selection) -> None:
        """Show what can be selected, and what is."""
        self.offered = dict(offered)
        names = [name for name, offer in offered.items() if offer == value]
        name = names[0] if names else OTHER if value else NOTHING
        options = (NOTHING, *offered, *([OTHER] if name == OTHER else []))
        if self.menu.options != options:
            self._shown = NOTHING
            self.menu.options = options
        self._shown = name
        self.menu.value = name
        (self.clear.remove_class if value else self.clear.add_class)("wb-off")
        self.box.layout.display = None if offered else "none"
        html = shown(selection)
        if self.selected.value != html:
            self.selected.value = html

    def _chosen(self, name: str) -> None:
        if name not in (self._shown, OTHER):
            self._shown = name
            self._choose(self.offered.get(name))
