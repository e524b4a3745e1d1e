"""A sweep in the making: the notebooks, the texts that a person typed, and the call and the line that they make."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.panels.fields import number_in
from workbench.sweep.engine import CREDENTIALS as TLS
from workbench.sweep.grid import Typed, check_grid, values
from workbench.sweep.line import line, typed
from workbench.sweep.notebooks import OURS, Notebook, read_notebook
from workbench.sweep.plan import Plan, plan
from workbench.sweep.run import run
from workbench.work import rules
from workbench.work.calls import Call, call
from workbench.work.nearest import check_known
from workbench.work.parameter import Parameter
from workbench.work.shipped import FIRST, shipped

REPORT = "90_report"  # which is made of a sweep
NUMBERS = ("repeats", "workers", "cores", "retries")
USUAL = {
    "out": "sweep",
    "repeats": "1",
    "cores": "1",
    "retries": "1",
    **dict.fromkeys(("workers", "address", "limit", *TLS), ""),
}
OF_PLAN = ("repeats", "out")


def lessons() -> list[str]:
    """Return the names of the lessons that a sweep can run."""
    names = sorted(path.stem for path in shipped().glob("[0-9]*.ipynb"))
    return [name for name in names if name not in (FIRST.removesuffix(".ipynb"), REPORT)]


class SweepDraft:
    """What the form of a sweep holds: `notebooks`, by parameter the `texts` of its values, and all else in `how`."""

    def __init__(self) -> None:
        self.notebooks: list[str] = lessons()[:1]
        self.texts: dict[str, str] = {}
        self.how: dict[str, str] = dict(USUAL)
        self._meant: dict[str, tuple[Any, list[Any]]] = {}  # by parameter: of which text and notebooks, the values

    def set(self, **options: Any) -> None:
        """Set arguments of `wb.sweep.plan` and `wb.sweep.run`, as if they were typed. A ValueError for another name."""
        for name, value in options.items():
            check_known('option of the panel "sweep"', name, ("notebooks", "grid", "tls", *USUAL))
            if name == "notebooks":
                books = [value] if isinstance(value, (str, os.PathLike)) else value
                rules.instance(name, books, Sequence, "a notebook, or a list of them", '"01_winning_tickets" is one')
                self.notebooks = [os.fspath(book) for book in books]
            elif name == "grid":
                check_grid(value, None, None)
                self.texts = {key: _text(several) for key, several in (value or {}).items()}
            elif name == "tls":
                self.how |= {part: os.fspath((value or {}).get(part, "")) for part in TLS}
            else:
                self.how[name] = "" if value is None else str(value)

    def books(self) -> list[Notebook]:
        """Read the notebooks that are chosen. A ValueError where one cannot be, or none is."""
        if not self.notebooks:
            raise ValueError("notebooks must be a notebook or more, got none; tick a lesson, or type the path of yours")
        return [read_notebook(one) for one in self.notebooks]

    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters that a sweep may set: those that every chosen notebook has."""
        first, *others = self.books()
        shared = {name: one for name, one in first.parameters.items() if name not in OURS}
        return {name: one for name, one in shared.items() if all(name in book.parameters for book in others)}

    def values(self, name: str) -> list[Any]:
        """Return what the text of a parameter means; none where it is empty. A ValueError where it will not do."""
        text = self.texts.get(name, "").strip()
        if not text:
            return []
        books = self.books()
        of = (text, [book.fingerprint for book in books])
        if name not in self._meant or self._meant[name][0] != of:
            several = values(Typed(text))
            meant = [[book.checked(name, one, isinstance(one, Typed)) for one in several] for book in books]
            self._meant[name] = (of, meant[0])
        return self._meant[name][1]

    @property
    def plan(self) -> Call:
        """The call of `wb.sweep.plan`. A ValueError in words where a value will not do."""
        grid = {name: several for name in self.texts if (several := self.values(name))}
        told = self._told(OF_PLAN)
        return call(plan, list(self.notebooks), grid or None, **told)

    @property
    def call(self) -> Call:
        """The call of `wb.sweep.run`, in which the plan's is. A ValueError in words where a value will not do."""
        self.check_how()
        return call(run, self.plan, **self._run())

    @property
    def out(self) -> str:
        """The folder, or URL, that all goes to."""
        return self.how["out"].strip() or USUAL["out"]

    def check_how(self) -> None:
        """Raise a ValueError that names an argument that will not do, values aside; nothing runs."""
        self._told(OF_PLAN)
        run(Plan((), self.out), **self._run())

    def line(self) -> str:
        """Return the line of a terminal that does the same, from wherever a person stands."""
        grid = {name: Typed(text.strip()) for name, text in self.texts.items() if text.strip()}
        books = [os.path.abspath(book) if os.path.exists(book) else book for book in self.notebooks]
        out = self.out
        out = out if "://" in out else os.path.abspath(os.path.expanduser(out))
        return line(books, grid, out=out, repeats=self._told(OF_PLAN).get("repeats", 1), **self._run())

    def _run(self) -> dict[str, Any]:
        told = self._told(name for name in USUAL if name not in OF_PLAN)
        tls = {name: os.path.expanduser(told.pop(name)) for name in TLS if name in told}
        return told | ({"tls": tls} if tls else {})

    def _told(self, names: Iterable[str]) -> dict[str, Any]:
        """What is typed and not as usual, numbers as such."""
        texts = {name: self.how[name].strip() for name in names}
        told: dict[str, Any] = {name: text for name, text in texts.items() if text not in ("", USUAL[name])}
        for name in [name for name in told if name in NUMBERS]:
            told[name] = number_in(text := told[name], whole=True)
            if not isinstance(told[name], int):
                raise rules.refused(name, "a whole number", text)
        return told


def _text(several: Any) -> str:
    """The values of a parameter as they are typed."""
    return several if isinstance(several, Typed) else ", ".join(map(typed, values(several)))
