"""The key to a lesson: answers to its questions, solutions of its exercises, and mistakes that are common.

It is a page of Markdown in `notebooks/keys/`, so that what a learner opens never holds it. Under `## Questions` is a
numbered list of answers. Under `## NAME`, for every exercise, the first piece of Python is the solution, which begins
with the learner's stub; any later one is a mistake, and the quotation below it is what `wb.check` answers, where `…`
stands for what differs from call to call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.course import lesson

_PYTHON = re.compile(r"^```python\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"\n+> (.*)")


@dataclass(frozen=True)
class Mistake:
    """A wrong solution, and what is said of it."""

    code: str
    message: str

    def is_told_by(self, message: str) -> bool:
        """Whether a message of `wb.check` is this one."""
        return re.search(".*".join(map(re.escape, self.message.split("…"))), message) is not None


@dataclass(frozen=True)
class Solved:
    """What the key has to one exercise: the solution, and all below it as it stands there."""

    solution: str
    below: str
    mistakes: tuple[Mistake, ...]

    def body(self, stub: str) -> str:
        """Return what the solution adds to the learner's stub. Raises a ValueError if it does not begin with it."""
        if not self.solution.startswith(stub):
            raise ValueError(f"a solution must begin with the lesson's stub:\n{stub}\ngot:\n{self.solution}")
        return self.solution.removeprefix(stub).strip("\n")


@dataclass(frozen=True)
class Key:
    """The key to a lesson: an answer to each question, and what it has to each exercise, by name."""

    answers: tuple[str, ...]
    solved: dict[str, Solved]


def read(text: str) -> Key:
    """Return the key that a page holds. Raises a ValueError where an exercise has no solution."""
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    answers = lesson.items(sections.pop("Questions", ""))
    return Key(tuple(answers), {name: _solved(name, section) for name, section in sections.items()})


def _solved(name: str, section: str) -> Solved:
    pieces = list(_PYTHON.finditer(section))
    if not pieces:
        raise ValueError(f"the key to {name} must have a solution, got no piece of Python")
    mistakes = [(piece[1], _QUOTED.match(section, piece.end())) for piece in pieces[1:]]
    return Solved(
        pieces[0][1],
        section[pieces[0].end() :].strip(),
        tuple(Mistake(code, quoted[1] if quoted else "") for code, quoted in mistakes),
    )
