"""The line that runs a panel's call in batch, from wherever a person stands: with this Python, and whole paths."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from workbench.work.calls import Call

NOTEBOOK = Path("notebooks", "00_workbench.ipynb")


def line(call: Call, archive: Any = None) -> str:
    """Return the papermill line of a call; its result is kept in the same archive, its notebook where it is run."""
    words = [sys.executable, "-m", "papermill", str(notebook()), "out.ipynb", "-p", "interactive", "False"]
    folder = getattr(archive, "folder", archive)
    if folder is not None:
        folder = os.fspath(folder)
        words += ["-p", "archive", folder if "://" in folder else os.path.abspath(folder)]
    return shlex.join([*words, "-p", "call", call.json()])


def notebook() -> Path:
    """Return where the notebook that runs any call lies: beside the package, or where this kernel works."""
    beside = Path(__file__).parents[2] / NOTEBOOK
    return beside if beside.exists() else Path(NOTEBOOK.name).absolute()
