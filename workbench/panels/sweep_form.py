"""The form of a sweep: notebooks to tick, a line for each of their parameters, and how it runs, folded.

What is wrong with a value is said under its line when a person leaves it; else that place says its type and range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from workbench.panels.browser import Fields
from workbench.panels.fields import STYLE
from workbench.panels.sweep_draft import TLS, USUAL, SweepDraft, lessons
from workbench.work.html import element
from workbench.work.parameter import COMPUTED, Parameter

LONGEST = 60  # characters of a default in an empty line
HOW = {  # by argument: its label, what an empty line means, and its help
    "out": ("folder", "sweep", "all goes there, a folder or a URL of fsspec's; a sweep goes on where its folder is"),
    "repeats": ("repeats", "1", "so many seeds for every point, from the notebook's own up"),
    "workers": ("workers", "one a core", "processes of this machine that work side by side"),
    "cores": ("cores a point", "1", "for its replicas; 1 is best where there are more points than cores"),
    "limit": ("time limit", "none", "of a point: 600 (seconds), 10min, 2h"),
    "retries": ("tries again", "1", "of a point that failed, after the first try"),
    "address": ("address", "this machine", "of a Dask scheduler, tcp://10.0.0.1:8786, whose workers do it instead"),
    "ca": ("TLS authority", "none", "the file of the authority's certificate, where the address begins with tls://"),
    "cert": ("TLS certificate", "none", "the file of this client's certificate"),
    "key": ("TLS key", "none", "the file of its key"),
}
FIRST = ("out", "repeats")  # the others are folded
ABOUT = """An empty line is the default that it shows. “0.1, 0.05” are two values, “0:5” is 0 to 4, “[a, b], [c]” two
lists. Every combination is a point."""
OWN = "your own notebook"
OWN_HELP = "the path of a notebook with one cell tagged parameters"


class Line:
    """A line of text, and below it its help, or what is wrong; `box` is both."""

    def __init__(self, label: str, hint: str, help: str, typed: Callable[[str], Any]) -> None:
        self.help = help
        words: dict[str, Any] = {"description": label, "placeholder": hint, "tooltip": help, "style": dict(STYLE)}
        self.widget = widgets.Text(continuous_update=False, **words)
        self.widget.add_class("wb-field")
        self.below = widgets.HTML()
        self.box = widgets.VBox([self.widget, self.below])
        self.box.add_class("wb-sweep-line")
        self.quiet = False
        self.widget.observe(lambda change: None if self.quiet else typed(change["new"]), names="value")
        self.say("")

    def say(self, wrong: str) -> None:
        """Say what is wrong with what it holds; where nothing is, its help."""
        (self.box.add_class if wrong else self.box.remove_class)("wb-sweep-wrong")
        said = element("span", f"! {wrong}", role="alert") if wrong else element("span", self.help)
        if self.below.value != said:
            self.below.value = said

    def show(self, text: str) -> None:
        """Show a text that was set from Python."""
        self.quiet = True
        self.widget.value = text
        self.quiet = False


class SweepForm:
    """The widgets over a draft, in `box`; `changed()` is called when a person has changed it."""

    def __init__(self, draft: SweepDraft, changed: Callable[[], Any]) -> None:
        self.draft, self.changed = draft, changed
        self.ticks = {name: widgets.Checkbox(description=name, indent=False) for name in lessons()}
        self.own = Line(OWN, "none", OWN_HELP, lambda _: self._choose())
        self.quiet = False
        for tick in self.ticks.values():
            tick.observe(lambda _: None if self.quiet else self._choose(), names="value")
        self.lines: dict[str, Line] = {}  # of parameters, also of notebooks that were chosen before
        self.how = {name: Line(*HOW[name], lambda text, name=name: self._type(name, text)) for name in HOW}
        self.rows = widgets.Box()
        self.rows.add_class("wb-columns")
        self.left_out = widgets.HTML()
        self.more = widgets.Checkbox(description="more: where it runs, limits", indent=False)
        self.rare = widgets.VBox([self._columns(name for name in HOW if name not in (*FIRST, *TLS))])
        self.tls = widgets.VBox([self._columns(TLS)])
        self.rare.children = (*self.rare.children, self.tls)
        self.more.observe(lambda _: self._fold(), names="value")
        self.keys = Fields(help={line.widget.description: line.help for line in (*self.how.values(), self.own)})
        about = widgets.HTML(element("span", ABOUT, class_="wb-about"))
        grid = [self._title("values to sweep over"), about, self.rows, self.left_out]
        how = [self._title("how"), self._columns(FIRST), self.more, self.rare]
        self.box = widgets.VBox([self._books(), *grid, *how, self.keys])
        self.box.add_class("wb-form")
        self.box.add_class("wb-sweep-form")
        self.show()

    def show(self) -> None:
        """Show what the draft holds, and what is wrong with it, each beside its line."""
        self.quiet = True
        for name, tick in self.ticks.items():
            tick.value = name in self.draft.notebooks
        self.quiet = False
        self.own.show(next((book for book in self.draft.notebooks if book not in self.ticks), ""))
        for name, line in self.how.items():
            line.show("" if self.draft.how[name] == USUAL[name] else self.draft.how[name])
        if any(self.draft.how[name] != USUAL[name] for name in HOW if name not in FIRST):
            self.more.value = True
        self._fold()
        self.check()

    def check(self) -> str:
        """Say what is wrong beside the lines, and return the first of it; nothing where all will do."""
        wrong = [self._offer()]
        for name, line in self.lines.items():
            line.say(words := _problem(lambda name=name: self.draft.values(name)) if name in self.draft.texts else "")
            wrong.append(words)
        how = _problem(self.draft.check_how)
        at = next((name for name in HOW if how.startswith(name) or f'["{name}"]' in how[:20]), "")
        for name, line in self.how.items():
            line.say(how if name == at else "")
        return next(filter(None, [*wrong, how]), "")

    def _offer(self) -> str:
        """Give each parameter of the chosen notebooks a line; a problem in words where they cannot be read."""
        try:
            books, parameters = self.draft.books(), self.draft.parameters()
        except ValueError as error:
            self.own.say(str(error))
            return str(error)
        self.own.say("")
        for name, one in parameters.items():
            if name not in self.lines or self.lines[name].help != _help(one):
                self.lines[name] = Line(name, _default(one), _help(one), lambda text, name=name: self._type(name, text))
            self.lines[name].show(self.draft.texts.get(name, ""))
        self.lines = {name: self.lines[name] for name in parameters}
        self.rows.children = [line.box for line in self.lines.values()]
        self.keys.help = self.keys.help | {name: line.help for name, line in self.lines.items()}
        others = sorted({name for book in books for name in book.defaults} - set(parameters))
        self.left_out.value = element("span", f"Not in all of them: {', '.join(others)}." if others else "")
        strange = [name for name in self.draft.texts if name not in parameters]
        return _problem(lambda: self.draft.values(strange[0])) if strange else ""

    def _choose(self) -> None:
        own = str(self.own.widget.value).strip()
        self.draft.notebooks = [name for name, tick in self.ticks.items() if tick.value] + ([own] if own else [])
        known = _or(lambda: self.draft.parameters(), {})
        self.draft.texts = {name: text for name, text in self.draft.texts.items() if name in known}
        self.changed()

    def _type(self, name: str, text: str) -> None:
        if name in self.how:
            self.draft.how[name] = text.strip() or USUAL[name]
            self._fold()
        elif text.strip():
            self.draft.texts[name] = text
        else:
            self.draft.texts.pop(name, None)
        self.changed()

    def _fold(self) -> None:
        self.rare.layout.display = None if self.more.value else "none"
        self.tls.layout.display = None if self.draft.how["address"] else "none"

    def _books(self) -> widgets.Box:
        ticks = widgets.Box(list(self.ticks.values()))
        checks = widgets.HBox([widgets.Label("notebooks"), ticks])
        for name in ("wb-field", "wb-checks"):
            checks.add_class(name)
        box = widgets.VBox([checks, self.own.box])
        box.add_class("wb-sweep-books")
        return box

    def _columns(self, names: Any) -> widgets.Box:
        box = widgets.Box([self.how[name].box for name in names])
        box.add_class("wb-columns")
        return box

    def _title(self, words: str) -> widgets.HTML:
        return widgets.HTML(element("h4", words))


def _help(parameter: Parameter) -> str:
    return ": ".join(filter(None, (" or ".join(parameter.kinds), parameter.about)))


def _default(parameter: Parameter) -> str:
    from workbench.sweep.line import typed

    text = "computed" if parameter.default is COMPUTED else typed(parameter.default)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _problem(act: Callable[[], Any]) -> str:
    """What is wrong, in words."""
    try:
        act()
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _or(act: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return act()
    except (ValueError, OSError):
        return otherwise
