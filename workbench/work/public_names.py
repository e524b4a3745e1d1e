"""Public names: where a function or class is found under `import workbench as wb`.

A public name outlives the file that its thing lies in: keys, scripts and stored values use it.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
import re
import types
from pathlib import Path
from typing import Any

import workbench

LONGEST = 100  # characters of a name that is not known, in an error
FROM_JSON = frozenset(  # what a call that comes as JSON may name: each returns a value, and writes nothing anywhere
    {
        # all functions and dataclasses of these, less those that take a `path`
        *("calibration", "data_diet", "ensembles", "experiments", "intervals", "landscape", "losses", "lottery"),
        *("masks", "models", "pruning", "robust", "sanity", "scores", "shift", "strong"),
        # functions
        *("alive", "compact", "evaluate", "initialise", "live_paths", "load", "mix", "noisy", "noisy_like", "seeds"),
        *("snapshot", "table", "train", "weights_along", "weights_at"),
        # dataclasses
        *("CVaR", "CrossEntropy", "Focal", "Recipe", "Robust", "Ticket"),
    }
)


def full_name(thing: Any) -> str:
    """Module and qualified name, `workbench.training.train`."""
    return f"{thing.__module__}.{thing.__qualname__}"


def ours(thing: Any) -> bool:
    """Whether a function or class is the workbench's own."""
    return str(getattr(thing, "__module__", "")).split(".")[0] == "workbench"


def public_name(thing: Any) -> str | None:
    """The shortest dotted name, `wb.train`, under which the workbench shows this very function or class, or None.

    Only what `workbench/__init__.pyi` shows counts, and what the modules and folders that it shows hold themselves, so
    that no name has a file's in it: `wb.train`, `wb.masks.full`, `wb.experiments.winning_tickets`.
    """
    name = getattr(thing, "__qualname__", ".")
    if not ours(thing) or "." in name:
        return None
    paths = [f"wb.{name}"]
    for shown, module in _shown():
        if f"{thing.__module__}.".startswith(f"{module}."):
            paths.append(f"wb.{shown}.{name}")
    return next((path for path in paths if not _private(path) and _walk(path) is thing), None)


@functools.cache
def _shown() -> list[tuple[str, str]]:
    """What the stub shows: the public name, and in full the module or the thing in a module that it is."""
    stub = Path(str(workbench.__file__)).with_suffix(".pyi").read_text()
    lines = re.findall(r"^from \.([\w.]*) import (\w+) as (\w+)$", stub, re.MULTILINE)
    return [(name, ".".join(part for part in ("workbench", module, thing) if part)) for module, thing, name in lines]


def public(path: str) -> Any:
    """The function or class of the workbench with this public name. Anything else is a ValueError."""
    if not _private(path) and path.startswith("wb."):
        thing = _walk(path)
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and public_name(thing) == path:
            return thing
    known = [f"wb.{name}" for name in dir(workbench) if not name.startswith("_")]
    near = difflib.get_close_matches(path[:LONGEST], known, 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise ValueError(f'"{path[:LONGEST]}" is not a public name of the workbench{hint} (names look like "wb.train")')


def from_json(path: str) -> Any:
    """The function or dataclass that JSON may name so. A ValueError for any other, public or not."""
    thing: Any = public(path)
    returns_a_value = any((inspect.isfunction(thing), dataclasses.is_dataclass(thing)))
    if path.split(".")[1] not in FROM_JSON or not returns_a_value or "path" in inspect.signature(thing).parameters:
        way_on = f"JSON may name what returns a value, of {', '.join(sorted(FROM_JSON))}"
        raise ValueError(
            f'"{path}" cannot be called from JSON; make that call in Python with wb.call({path}, ...); {way_on}'
        )
    return thing


def _private(path: str) -> bool:
    return any(not part or part.startswith("_") for part in path.split("."))


def _walk(path: str) -> Any:
    first, *inner = path.split(".")[1:]
    shown = first in dict(_shown())
    thing: Any = getattr(workbench, first) if shown else vars(workbench).get(first)
    if isinstance(thing, types.ModuleType) and not shown:
        return None  # a folder of the house, no public name
    for part in inner:
        thing = getattr(thing, part, None)
    return thing
