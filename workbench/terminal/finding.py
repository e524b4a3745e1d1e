"""What a checkup finds: how it is, in words, and what to do where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: its `state`, what was `seen`, and the `way_on` where that is not ok."""

    name: str
    state: State
    seen: str
    way_on: str = ""


def ok(name: str, seen: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", seen)


def warning(name: str, seen: str, way_on: str) -> Finding:
    """It works, and may surprise."""
    return Finding(name, "warning", seen, way_on)


def wrong(name: str, seen: str, way_on: str) -> Finding:
    """Something does not work."""
    return Finding(name, "wrong", seen, way_on)
