"""Where the lessons are that came with this package: inside it, where it was installed; beside it, in a checkout."""

from __future__ import annotations

from pathlib import Path

FIRST = "00_workbench.ipynb"  # what tells the folder of the lessons from another of that name
KEYS = "keys"  # the folder beside the lessons that is the teacher's: answers and solutions


def shipped() -> Path:
    """Return the folder of the lessons, `00_workbench.ipynb` to the last, and of `recorded/`, their recorded tables.

    Raises a FileNotFoundError where the package came without them.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package / "notebooks", package.parent / "notebooks")
    for folder in places:
        if (folder / FIRST).is_file():
            return folder
    where = f"there is no {FIRST} in {places[0]} (a wheel has them there) nor in {places[1]} (a checkout)"
    raise FileNotFoundError(f"{where}; install the workbench again: pip install --force-reinstall lottery-workbench")
