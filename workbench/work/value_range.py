"""The range of a parameter, read from the words of its comment: "share that is kept, in (0, 1]; 1 is dense".

A comment is clauses, between commas and semicolons. Those that are of this form are the range, all others are words:

    at least 1 · above 0 · at most 9 · below 1 · from 0 · from 4 to 5000 · 4 to 5000 · in (0, 1) · in [0, 1] · in (0, 1]
    whole · odd · each once · an integer from 0

A comment that begins with quoted names, joined by commas and "or", is the list of those that there are, where N stands
for a number: "auto", "cpu", "cuda" or "cuda:N". Infinity is in a range whose comment has the word, NaN in none.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass, field

from workbench.work import rules

NUMBER = r"(-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?(?:\*\*\d+)?(?: - \d+)?)"
FORMS = {  # the words of a clause: what its numbers are, as `rules.number` calls them
    rf"at least {NUMBER}": ("least",),
    rf"above {NUMBER}": ("above",),
    rf"at most {NUMBER}": ("most",),
    rf"below {NUMBER}": ("below",),
    rf"from {NUMBER}": ("least",),
    rf"(?:from )?{NUMBER} to {NUMBER}": ("least", "most"),
    rf"in \({NUMBER}, {NUMBER}\)": ("above", "below"),
    rf"in \({NUMBER}, {NUMBER}\]": ("above", "most"),
    rf"in \[{NUMBER}, {NUMBER}\)": ("least", "below"),
    rf"in \[{NUMBER}, {NUMBER}\]": ("least", "most"),
}
CLAUSE = re.compile(r'(?:"[^"]*"|[(\[][^()\[\]]*[)\]]|[^,;])+')
WHOLE = re.compile(r"^(?:an integer|a whole number|whole)(?: |$)")
NAME = r'"[^"]*"(?: \([^)]*\))?'
CHOICES = re.compile(rf"{NAME}(?:(?:, or |, | or ){NAME})+(?=$|[;:])")


@dataclass(frozen=True)
class Range:
    """What a value may be: numbers within `limits`, by the words of `rules.number`, and names among `choices`."""

    limits: dict[str, float] = field(default_factory=dict)
    whole: bool = False
    odd: bool = False
    once: bool = False
    infinite: bool = False
    choices: tuple[str, ...] = ()

    @property
    def of_numbers(self) -> bool:
        """Whether it says anything of a number."""
        return bool(self.limits) or self.whole or self.odd

    def holds(self, value: object) -> bool:
        """Whether one value lies in it; a name among numbers, as a number among names, is no question of range."""
        if isinstance(value, str):
            return not self.choices or any(map(functools.partial(_is_choice, value), self.choices))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.of_numbers:
            return True
        most = {"most": math.inf} if self.infinite else {}
        try:
            rules.number("value", value, way_on="", **(most | self.limits))
        except ValueError:
            return False
        return not (self.whole and value % 1) and not (self.odd and value % 2 != 1)


@functools.lru_cache(maxsize=1024)
def range_of(comment: str) -> Range:
    """Return the range that a comment gives."""
    limits: dict[str, float] = {}
    clauses, whole = [clause.strip() for clause in CLAUSE.findall(comment)], False
    for clause in clauses:
        form = _limits(WHOLE.sub("", clause))
        limits |= form or {}
        whole = whole or (form is not None and WHOLE.match(clause) is not None)
    names = CHOICES.match(comment)
    return Range(
        limits,
        whole=whole,
        odd="odd" in clauses,
        once="each once" in clauses,
        infinite=re.search(r"\binfinity\b", comment) is not None,
        choices=tuple(re.findall(r'"([^"]*)"', re.sub(r"\([^)]*\)", "", names[0]))) if names else (),
    )


def _limits(clause: str) -> dict[str, float] | None:
    """Return the limits that a clause gives, none of an empty one; None for one that is words."""
    if not clause:
        return {}
    for form, words in FORMS.items():
        if match := re.fullmatch(form, clause):
            return dict(zip(words, map(_number, match.groups()), strict=True))
    return None


def _number(text: str) -> float:
    """Return the number that is written so: 5000, 0.1, 1e-3, 2**53 - 1."""
    power, _, less = text.replace("_", "").partition(" - ")
    base, _, exponent = power.partition("**")
    return float(base) ** int(exponent or 1) - int(less or 0)


def _is_choice(value: str, choice: str) -> bool:
    """Whether a name is the one of a choice, where N stands for a number: "cuda:1" is "cuda:N"."""
    return re.fullmatch(re.escape(choice).replace(":N", r":\d{1,3}"), value) is not None
