"""Public names: where a function or class is found under `import workbench as wb`."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

import workbench


def full_name(thing: Any) -> str:
    """Module and qualified name, `workbench.training.train`."""
    return f"{thing.__module__}.{thing.__qualname__}"


def ours(thing: Any) -> bool:
    """Whether a function or class is the workbench's own."""
    return str(getattr(thing, "__module__", "")).split(".")[0] == "workbench"


def public_name(thing: Any) -> str | None:
    """The shortest dotted name, `wb.train`, under which the workbench shows this very function or class, or None.

    The file it stands in may be left out: `workbench.training.train` is `wb.train`, and the function of the file
    `workbench.experiments.winning_tickets` is `wb.experiments.winning_tickets`.
    """
    name = getattr(thing, "__qualname__", ".")
    if not ours(thing) or "." in name:
        return None
    folders = thing.__module__.split(".")[1:]
    for depth in range(len(folders) + 1):
        path = ".".join(["wb", *folders[:depth], name])
        if not _private(path) and _walk(path) is thing:
            return path
    return None


def public(path: str) -> Any:
    """The function or class of the workbench with this public name. Anything else is a ValueError."""
    if not _private(path) and path.startswith("wb."):
        thing = _walk(path)
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and public_name(thing) == path:
            return thing
    known = [f"wb.{name}" for name in dir(workbench) if not name.startswith("_")]
    near = difflib.get_close_matches(path, known, 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise ValueError(f'"{path}" is not a public name of the workbench{hint} (names look like "wb.train")')


def _private(path: str) -> bool:
    return any(not part or part.startswith("_") for part in path.split("."))


def _walk(path: str) -> Any:
    thing: Any = workbench
    for part in path.split(".")[1:]:
        thing = getattr(thing, part, None)
    return thing
