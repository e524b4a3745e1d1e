"""Waiting for what another thread or process is about to do, with patience: machines are shared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def until(true: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.02)


def written(file: Path) -> dict[str, Any]:
    """Return the JSON of a file, and nothing until all of it is there: a process makes its file before it writes it."""
    try:
        return json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
