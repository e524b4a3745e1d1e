"""The line of a terminal that does what a plan and its run do: every value written so that it is read as it was.

line("01_winning_tickets", {"fraction": [0.2, 0.5], "seed": range(3)}, workers=2)
workbench sweep 01_winning_tickets -p fraction=0.2,0.5 -p seed=0:3 --workers 2
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.sweep.engine import CREDENTIALS
from workbench.sweep.grid import RANGE, Grid, Typed, check_grid, values
from workbench.sweep.plan import REPEATS, Names, several_notebooks
from workbench.sweep.run import options
from workbench.work import rules, typed_text
from workbench.work.nearest import check_known

SHORT = 3  # whole numbers in a row that are written as a range, at least
WORDS = ("none", "true", "false")


def line(
    notebooks: Names,
    grid: Grid | None = None,
    *,
    zipped: Grid | None = None,
    repeats: int = 1,
    out: str | os.PathLike[str] = "sweep",
    workers: int | None = None,
    cores: int = 1,
    address: str | None = None,
    tls: Mapping[str, Any] | None = None,
    limit: float | str | None = None,
    retries: int = 1,
) -> str:
    """Return the line that a terminal takes for the same; a ValueError for a text that none can be typed as."""
    check_grid(grid, zipped, None)
    options(workers, cores, address, None, limit, retries)  # of credentials, those of where it is typed
    rules.whole("repeats", repeats, least=1, most=REPEATS, way_on="3 runs every point with three seeds")
    if "://" not in str(out):
        rules.path("out", out, '"sweep" is usual')
    books = several_notebooks(notebooks)
    words = ["workbench", "sweep", *(str(book) for book in books)]
    for flag, of in (("-p", grid), ("-z", zipped)):
        for name, several in (of or {}).items():
            words += [flag, f"{name}={_several(several)}"]
    words += ["--out", os.fspath(out)] if os.fspath(out) != "sweep" else []
    told = {"repeats": (repeats, 1), "workers": (workers, None), "cores": (cores, 1), "address": (address, None)}
    rules.instance("tls", tls or {}, Mapping, "a dict of paths", '{"ca": "ca.pem", "cert": …, "key": …} is one')
    for name in tls or {}:
        check_known("part of tls", name, CREDENTIALS)
    told |= {f"tls-{name}": (os.fspath(path), None) for name, path in (tls or {}).items()}
    for name, (value, usual) in (told | {"limit": (limit, None), "retries": (retries, 1)}).items():
        words += [f"--{name}", str(value)] if value != usual else []
    return shlex.join(words)


def typed(value: Any) -> str:
    """Return a value as it is typed behind `-p name=`: a text in quotes where it would be read as something else."""
    value = _plain(value)
    if isinstance(value, str):
        return value if _stands_alone(value) else _quoted(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_literal(item) if isinstance(item, (list, tuple)) else typed(item) for item in value)}]"
    return _literal(value) if isinstance(value, dict) else repr(value)


def _plain(value: Any) -> Any:
    value = rules.bare(value)
    return value.item() if isinstance(value, np.generic) else value


def _several(several: Any) -> str:
    """The values of a parameter, those that follow on one another as a range."""
    if isinstance(several, Typed):
        return several
    given = [_plain(value) for value in values(several)]
    whole = len(given) >= SHORT and all(type(value) is int for value in given)
    if whole and given == list(range(given[0], given[0] + len(given))):
        return f"{given[0]}:{given[-1] + 1}"
    return ",".join(map(typed, given))


def _stands_alone(text: str) -> bool:
    """Whether a text is read as itself without quotes."""
    try:
        if typed_text.items(f"[{text}]") != [text] or RANGE.fullmatch(text) or text.lower() in WORDS:
            return False
    except ValueError:
        return False
    return text[0] not in "\"'[{" and not _reads(typed_text.number, text) and not _reads(typed_text.literal, text)


def _reads(read: Any, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    quote = next((quote for quote in "\"'" if quote not in text), None)
    if quote is None:
        raise ValueError(
            f"a text with both kinds of quotes cannot be typed, got {rules.shown(text)}; give it in Python"
        )
    return f"{quote}{text}{quote}"


def _literal(value: Any) -> str:
    """A value as Python's source has it, with no quote inside quotes, at which a terminal's list would be cut."""
    match _plain(value):
        case str(text):
            return json.dumps(text, ensure_ascii=False).replace('\\"', "\\x22")
        case list(items) | tuple(items):
            return f"[{', '.join(map(_literal, items))}]"
        case dict(items):
            return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in items.items()) + "}"
        case float(number) if number - number != 0:
            return f'float("{number}")'
        case other:
            return repr(other)
