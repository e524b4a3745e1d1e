"""A lesson as a course sees it: its exercises and its questions, told by the tags of its cells.

A code cell tagged `exercise` holds a stub and, at its end, `wb.check.NAME(NAME)`, which knows what it is worth. A
second tag says how hard it is: `easy`, `middle` or `open`, where any way is right that gets there. The markdown cell
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

EXERCISE, QUESTIONS = "exercise", "questions"
LEVELS = ("easy", "middle", "open")
_CELL = re.compile(r"\A(.*^def (\w+)\(.*?)\s*^(wb\.check\.\2\(\2\))\s*\Z", re.MULTILINE | re.DOTALL)  # stub, check
_ITEM = re.compile(r"^\d+\. ", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """An exercise: its name and level, what it is worth, its task in words, the learner's stub, and its check."""

    place: int  # of its code cell in the notebook
    name: str
    level: str
    points: int
    task: str
    stub: str
    check: str  # "wb.check.ece(ece)"


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
    parts = _CELL.match(cell.source)
    levels = [tag for tag in cell.metadata.tags if tag in LEVELS]
    if parts is None or len(levels) != 1 or place == 0 or notebook.cells[place - 1].cell_type != "markdown":
        rule = "a task above it, one tag of easy, middle and open, a def, and its wb.check as the last line"
        raise ValueError(f"an exercise must have {rule}; its cell is:\n{cell.source}")
    stub, name, call = parts.groups()
    check_known("check", name, vars(check))
    task = notebook.cells[place - 1].source
    return Exercise(place, name, levels[0], vars(check)[name].of, task, stub, call)
