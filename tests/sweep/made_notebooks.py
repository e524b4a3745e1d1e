"""Small notebooks that tests sweep over: quick ones without torch, which leave a trace of every time that they run."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """\
seed: int = 0  # a whole number, from 0
size: float = 1.0  # of something, above 0
model: str = "lenet(hidden=(512, 512))"  # a name, # and brackets in it
kinds: list = ["a", "b"]  # names
many: "int or None" = None  # at least 1; None takes all
wait: float = 0.0  # seconds, from 0
fails: bool = False  # whether it raises
dies: bool = False  # whether its kernel ends
trace: str = ""  # a folder in which every run of a point leaves a file
interactive: bool = True  # False in a batch job
archive: "str or None" = None  # a folder
out: str = "out"  # folder for the tables
"""
BEGIN = """\
import os, time, uuid
from pathlib import Path
if trace:
    Path(trace, f"begun-{seed}-{os.getpid()}-{uuid.uuid4().hex}").touch()
print("seed", seed)
time.sleep(wait)
"""
FAIL = """\
if fails:
    raise RuntimeError(f"no luck with {seed}")
if dies:
    os.kill(os.getpid(), 9)
"""
WRITE = """\
import pandas
Path(out).mkdir(parents=True, exist_ok=True)
rows = [{"seed": seed, "row": row, "value": (seed + 1) * size * row, "seconds": time.time()} for row in range(3)]
pandas.DataFrame(rows).to_parquet(Path(out, "numbers.parquet"), index=False)
if trace:
    Path(trace, f"ended-{seed}-{uuid.uuid4().hex}").touch()
"""


def made_notebook(folder: Path, name: str = "made", parameters: str = PARAMETERS, write: str = WRITE) -> Path:
    """Write the notebook and return its path."""
    first = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell("# Made"), first, *map(new_code_cell, (BEGIN, FAIL, write))]
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def runs(trace: Path, what: str = "begun") -> dict[int, int]:
    """How often each seed began, or ended."""
    counts: dict[int, int] = {}
    for file in trace.glob(f"{what}-*"):
        seed = int(file.name.split("-")[1])
        counts[seed] = counts.get(seed, 0) + 1
    return counts
