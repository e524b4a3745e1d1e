"""A lesson as a course sees it: its exercises and its questions, told by the tags of its cells.

A code cell tagged `exercise` holds a stub and, below it, `wb.check.NAME(NAME)`, which knows what it is worth. A second
tag says how hard it is: `easy`, `middle` or `open`; an open one has no check, and a person reads it. The markdown cell
before it is its task. A markdown cell tagged `questions` is a numbered list.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from workbench import check
from workbench.work.nearest import check_known

EXERCISE, QUESTIONS, PARAMETERS = "exercise", "questions", "parameters"
LEVELS = ("easy", "middle", "open")
_CHECK = re.compile(r"^wb\.check\.(\w+)\(\1\)$", re.MULTILINE)
_DEFINED = re.compile(r"^def (\w+)\(", re.MULTILINE)
_ITEM = re.compile(r"^\d+\. ", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """An exercise: its name and level, what it is worth, its task in words, the learner's stub, and its check."""

    place: int  # of its code cell in the notebook
    name: str
    level: str
    points: int  # that its check gives at most
    task: str
    stub: str
    check: str  # "wb.check.ece(ece)"; "" where it is open


def exercises(notebook: NotebookNode) -> list[Exercise]:
    """Return the exercises of a lesson, in order. Raises a ValueError for one whose cell does not say all."""
    return [_exercise(notebook, place) for place, _ in tagged(notebook, EXERCISE)]


def questions(notebook: NotebookNode) -> list[str]:
    """Return the questions of a lesson, in order, without their numbers."""
    return [question for _, cell in tagged(notebook, QUESTIONS) for question in items(cell.source)]


def tagged(notebook: NotebookNode, tag: str) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the place and the cell of every cell with a tag."""
    for place, cell in enumerate(notebook.cells):
        if tag in cell.metadata.get("tags", ()):
            yield place, cell


def items(text: str) -> list[str]:
    """Return the items of the numbered list in a text, without their numbers."""
    starts = [*(match.span() for match in _ITEM.finditer(text)), (len(text), len(text))]
    return [text[start:end].strip() for (_, start), (end, _) in itertools.pairwise(starts)]


def _exercise(notebook: NotebookNode, place: int) -> Exercise:
    cell: Any = notebook.cells[place]
    checked, defined = _CHECK.search(cell.source), _DEFINED.search(cell.source)
    levels = [tag for tag in cell.metadata.tags if tag in LEVELS]
    whole = len(levels) == 1 and bool(checked) == (levels != ["open"])
    if not whole or defined is None or notebook.cells[place - 1].cell_type != "markdown":
        rule = "a task above it, one tag of easy, middle and open, a def, and its wb.check unless it is open"
        raise ValueError(f"an exercise must have {rule}; its cell is:\n{cell.source}")
    task = notebook.cells[place - 1].source
    if checked is None:
        return Exercise(place, defined[1], levels[0], 0, task, cell.source.rstrip(), "")
    stub = cell.source[: checked.start()].rstrip()
    return Exercise(place, checked[1], levels[0], _points(checked[1]), task, stub, checked[0])


def _points(name: str) -> int:
    """What the check of a name is worth, which it says to a function that solves nothing, too."""
    check_known("check", name, vars(check))
    return vars(check)[name](lambda *_: None).of
