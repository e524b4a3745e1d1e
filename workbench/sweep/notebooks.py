"""A notebook as a sweep takes it: found by its path or a lesson's name, with its parameters, known by its code."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.work import rules
from workbench.work.fingerprint import digest
from workbench.work.nearest import check_known, unknown
from workbench.work.parameter import COMPUTED, Parameter
from workbench.work.parameters import parameter_cells, read_parameters
from workbench.work.shipped import shipped

OURS = ("out", "archive", "interactive")  # parameters that a sweep sets itself: they move no number


@dataclass(frozen=True, eq=False)
class Notebook:
    """A notebook: its `name`, where it was read, its `text` without outputs, and its parameters by name."""

    name: str
    path: str
    text: str = field(repr=False)
    code: tuple[str, ...] = field(repr=False)
    parameters: dict[str, Parameter] = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """Equal for notebooks of equal code; what is written around it moves no number."""
        return digest(list(self.code))

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The parameters that move a number, as the notebook has them, less those that its code computes."""
        known = {name: one.default for name, one in self.parameters.items() if one.default is not COMPUTED}
        return {name: default for name, default in known.items() if name not in OURS}

    def checked(self, name: str, given: Any, typed: bool = False) -> Any:
        """Return a value of a parameter as the notebook means it; a ValueError in words where it will not do.

        `typed` values are text from a terminal.
        """
        check_known(f"parameter of {self.name}", name, self.parameters)
        if name in OURS:
            way_on = "tables and archive lie in the sweep's folder, and every point runs as a batch job"
            raise ValueError(f"{name} is set by the sweep itself, got {rules.shown(given)}; {way_on}")
        try:
            return self.parameters[name].from_text(str(given)) if typed else self.parameters[name].value(given)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None


def read_notebook(notebook: str | os.PathLike[str]) -> Notebook:
    """Read a notebook by its path, or a lesson by its name ("01_winning_tickets"). A ValueError where it is none."""
    path = _path(notebook)
    try:
        node = json.loads(path.read_text(encoding="utf-8"))  # nbformat would take a second to import its validator
        cells = [cell for cell in node["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]  # it is a text, or a list of lines
        marked = parameter_cells(node)
        parameters = read_parameters("\n".join(marked))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        way_on = "it is an .ipynb file of format 4, which JupyterLab saves"
        raise ValueError(
            f"notebook {path} cannot be read as one ({type(error).__name__}: {error}); {way_on}"
        ) from error
    if len(marked) != 1:
        there = "none" if not marked else f"{len(marked)} of them"
        raise ValueError(
            f'notebook {path} must have one cell with the tag "parameters", got {there}; tag it in JupyterLab'
        )
    for cell in cells:
        cell |= {"outputs": [], "execution_count": None}
    return Notebook(path.stem, str(path), json.dumps(node), tuple(sources), parameters)


def _path(notebook: str | os.PathLike[str]) -> Path:
    rules.path("notebook", notebook, '"01_winning_tickets" is one, and so is the path of your own')
    given = Path(notebook)
    for path in (given, given.with_name(f"{given.name}.ipynb")):
        if path.is_file():
            return path.resolve()
    lessons = {path.stem: path for path in sorted(shipped().glob("*.ipynb"))}
    if given.parent != Path() or given.suffix not in ("", ".ipynb") or given.stem not in lessons:
        raise unknown("notebook", notebook, lessons, "or the path of your own")
    return lessons[given.stem]
