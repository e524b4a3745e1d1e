"""The named settings of a panel, as a menu that sets a whole form; a reset, and an undo of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels.declaration import USUAL
from workbench.panels.draft import Draft

KEPT = ("archive",)  # what is no setting of a call: where its results are kept


class Settings:
    """A menu of the named settings of a panel, which says when the form differs from them; Reset and Undo.

    `chosen` is the name of those that were chosen last.
    """

    def __init__(self, draft: Draft, put: Callable[..., Any]) -> None:
        self.draft, self.put = draft, put
        self.named = draft.declaration.settings
        self.states = {name: self._state(preset.options) for name, preset in self.named.items()}
        self.chosen = USUAL
        self.before: tuple[str, dict[str, Any]] | None = None  # what was chosen and set, for an undo
        self.quiet = False
        self.menu = widgets.Dropdown(description="preset", tooltip="Settings with a name and what they cost")
        self.reset = widgets.Button(description="Reset", tooltip="Set all fields back to the chosen preset")
        self.undo = widgets.Button(description="Undo", tooltip="Bring back what the last preset or reset replaced")
        self.widgets = (self.menu, self.reset, self.undo)
        self.menu.observe(lambda change: None if self.quiet else self._choose(change["new"]), names="value")
        self.reset.on_click(lambda _: self._choose(USUAL if self._held(self.chosen) else self.chosen))
        self.undo.on_click(lambda _: self._bring_back())
        self.menu.add_class("wb-field")

    @property
    def chosen_state(self) -> dict[str, Any]:
        """What the chosen settings hold, by option and argument."""
        return self.states[self.chosen]

    def show(self) -> None:
        """Say which settings the form holds, if any of these."""
        held = next((name for name in (self.chosen, *self.named) if self._held(name)), "")
        self.chosen = held or self.chosen
        priced = [(f"{name}: {preset.price}" if preset.price else name, name) for name, preset in self.named.items()]
        entries = [*priced, *([] if held else [(f"{self.chosen}, changed", "")])]
        self.quiet = True
        if list(self.menu.options) != entries:
            self.menu.options = entries
        self.menu.value = held
        self.quiet = False
        self.reset.disabled = held == USUAL
        self.undo.disabled = self.before is None

    def _state(self, options: dict[str, Any]) -> dict[str, Any]:
        draft = Draft(self.draft.name, self.draft.declaration)
        draft.set(**options)
        return draft.state

    def _held(self, name: str) -> bool:
        held = self.draft.state
        return all(held[key] == value for key, value in self.states[name].items() if key not in KEPT)

    def _choose(self, name: str) -> None:
        if name:
            self.before = (self.chosen, self.draft.state)
            self._set(name, self.states[name])

    def _bring_back(self) -> None:
        if self.before is not None:
            (name, held), self.before = self.before, None
            self._set(name, held)

    def _set(self, name: str, held: dict[str, Any]) -> None:
        self.chosen = name
        self.put(**{key: value for key, value in held.items() if key not in KEPT})
