"""Keep a ticket or a score of a run under a name, from which another panel begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.experiments import keep, scores_of, tickets_of
from workbench.work.archive import ArchiveLike


class Keeping:
    """A menu of what the outcomes hold, a name for it, and a button, in `box`; `tell(words)` says what was kept."""

    def __init__(self, tell: Callable[[str], Any], act: Callable[[Callable[[], Any]], Any]) -> None:
        self.tell = tell
        self.archive: ArchiveLike | None = None
        self.things: dict[str, Any] = {}
        self.menu = widgets.Dropdown(description="keep", options=(), style={"description_width": "auto"})
        self.name = widgets.Text(description="as", placeholder="a name", style={"description_width": "auto"})
        self.button = widgets.Button(description="Keep", tooltip="Other panels can begin from it by this name")
        self.menu.observe(lambda change: setattr(self.name, "value", change["new"] or ""), names="value")
        self.button.on_click(lambda _: act(self.keep))
        self.box = widgets.HBox([self.menu, self.name, self.button])
        self.box.add_class("wb-keeping")
        self.show([], None)

    def show(self, outcomes: list[Any], archive: ArchiveLike | None) -> None:
        """Offer what these outcomes hold, where there is an archive to keep it in."""
        things = {} if archive is None else {**tickets_of(outcomes), **scores_of(outcomes)}
        self.things, self.archive = things, archive
        if [*self.menu.options] != [*things]:
            self.menu.options = [*things]
        self.box.layout.display = None if things else "none"

    def keep(self) -> None:
        """Keep what the menu names."""
        if self.archive is not None and self.menu.value is not None:
            path = keep(self.things[self.menu.value], self.name.value.strip(), archive=self.archive)
            self.tell(f'"{path.stem}" is kept: panels that begin from a ticket or a score offer it by this name.')
