"""What a lecturer hands out: of every lesson the student's edition, the teacher's, and an nbgrader assignment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat

from workbench.course import key, lesson
from workbench.course.assignment import CONFIG, assignment
from workbench.course.teacher import teachers
from workbench.work.nearest import check_known
from workbench.work.shipped import KEYS, shipped

STUDENT, TEACHER, NBGRADER = "student", "teacher", "nbgrader"
SYLLABUS, GLOSSARY = "SYLLABUS.md", "GLOSSARY.md"


def editions(
    names: Sequence[str] = (), *, hidden: bool = False, written: int = 0, repository: str = ""
) -> dict[str, bytes]:
    """Return the files of a course by their paths; `names` are lessons, such as `01_winning_tickets`, all by default.

    `hidden` and `written` are those of `assignment`; `repository` takes the place of OWNER/REPO in the syllabus. Raises
    a ValueError for a lesson that there is not, and for one that its key does not fit.
    """
    source = shipped()
    known = {path.stem: path for path in sorted(source.glob("[0-8]*.ipynb"))}  # 90 reports sweeps
    for name in names:
        check_known("lesson", name, known)
    syllabus = (source / SYLLABUS).read_text("utf-8").replace("OWNER/REPO", repository or "OWNER/REPO").encode()
    beside = {SYLLABUS: syllabus, GLOSSARY: (source / GLOSSARY).read_bytes()}  # the lessons name both
    files = {f"{edition}/{name}": content for edition in (STUDENT, TEACHER) for name, content in beside.items()}
    files[f"{NBGRADER}/nbgrader_config.py"] = CONFIG.encode()
    for name in names or known:
        files |= _of(known[name], hidden, written)
    return files


def _of(path: Path, hidden: bool, written: int) -> dict[str, bytes]:
    """The files of one lesson; one without exercises is the same for all, and no assignment."""
    content, name = path.read_bytes(), path.stem
    notebook = nbformat.reads(content.decode(), 4)
    files = {f"{STUDENT}/{path.name}": content, f"{TEACHER}/{path.name}": content}
    if not any(lesson.tagged(notebook, lesson.EXERCISE)):
        return files
    held = key.read((path.parent / KEYS / f"{name}.md").read_text("utf-8"))
    made = {
        f"{TEACHER}/{path.name}": teachers(notebook, held),
        f"{NBGRADER}/source/{name}/{path.name}": assignment(notebook, held, hidden=hidden, written=written),
    }
    return files | {where: f"{nbformat.writes(one)}\n".encode() for where, one in made.items()}
