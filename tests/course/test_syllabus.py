"""The syllabus names lessons, headings and cells that there are, and minutes that were measured."""

from __future__ import annotations

import math
import re
from pathlib import Path

import nbformat
import pytest

import workbench as wb
from workbench.work.shipped import shipped

TEXT = (shipped() / "SYLLABUS.md").read_text()
LESSONS = {path.stem[:2]: path for path in sorted(shipped().glob("0[1-6]*.ipynb"))}
LINKED = re.findall(r"https://(?:mybinder|colab)\S+/notebooks/(\w+)\.ipynb", TEXT)
TABLES = "\n".join(line for line in TEXT[TEXT.index("## Reading") :].splitlines() if line.startswith("|"))
NAMED = re.findall(r"(?:(0[1-6]), )?\*([A-Z][^*]+)\*(?: \(`(\w+)`)?", TABLES)


def cells(path: Path) -> dict[str, str]:
    return {cell.id: cell.cell_type for cell in nbformat.read(path, 4).cells}


def headings(path: Path) -> set[str]:
    sources = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
    return set(re.findall(r"^#+ (.+)$", "\n".join(sources), re.MULTILINE))


def test_every_lesson_has_both_badges() -> None:
    assert sorted(LINKED) == sorted([path.stem for path in LESSONS.values()] * 2)


def test_minutes_are_those_that_were_measured() -> None:
    seconds = wb.recorded("lessons").table.groupby("notebook").seconds.min()
    rows = re.findall(r"^\| \d \| `(\w+)` \|(?:[^|]+\|){3} (\d+) \|", TEXT, re.MULTILINE)
    assert {name: int(minutes) for name, minutes in rows} == {
        path.stem: math.ceil(seconds[path.stem] / 60) for path in LESSONS.values()
    }


def test_every_heading_and_cell_that_is_named_is_there() -> None:
    assert len(NAMED) > 30
    number = ""
    for given, heading, cell in NAMED:
        number = given or number  # "02, *The race*, *The sanity checks*"
        assert heading in headings(LESSONS[number]), f"{number} has no section {heading}"
        if cell:
            assert cells(LESSONS[number]).get(cell) == "code", f"{number} has no cell of code {cell}"


@pytest.mark.parametrize("believed", ["Tickets are in the initialisation", "Rewinding is fine-tuning", "A low barrier"])
def test_what_is_often_believed_is_in_the_table(believed: str) -> None:
    assert re.search(rf"^\| {believed}", TEXT, re.MULTILINE)
