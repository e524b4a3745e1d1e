"""What a sweep adds to its notebooks: a point against papermill, two workers against one, large plans and tables."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas
import papermill
from measure import Row, in_turn, seconds, slower
from nbformat.v4 import new_code_cell, new_notebook

from workbench import sweep
from workbench.sweep.engine import client_of, this_machine
from workbench.sweep.point import Task, run_point
from workbench.sweep.store import Store
from workbench.sweep.tables import keep_tables, pack

SIZES = {  # turns, steps of a point, points of a sweep, steps of each, points of a plan
    "full": (5, 20_000, 20, 60_000, 10_000),
    "quick": (3, 8_000, 6, 30_000, 10_000),
    "tiny": (1, 10, 2, 10, 300),
}
PARAMETERS = """\
seed: int = 0  # from 0
steps: int = 10  # of training, at least 1
archive: "str or None" = None  # a folder
interactive: bool = True  # False in a batch job
out: str = "out"  # folder for the tables
"""
TRAIN = """\
from pathlib import Path
import workbench as wb
data = wb.load("digits")
model = wb.models.lenet(data)
run = wb.train(model, wb.snapshot(model), data, wb.Recipe(steps=steps, batch_size=64), seed=seed)
Path(out).mkdir(parents=True, exist_ok=True)
wb.table([run]).to_parquet(Path(out, "runs.parquet"))
"""


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for each."""
    turns, steps, points, long, many = SIZES[size]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "train.ipynb"
        cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), new_code_cell(TRAIN)]
        nbformat.write(new_notebook(cells=cells), book)
        yield _overhead(book, folder, turns, steps)
        yield _two_workers(book, folder, points, long)
        plans = [seconds(lambda: _shown(many, folder)) for _ in range(turns)]
        yield Row(f"a plan of {many} points, checked and shown", "", None, None, plans, target=5.0, unit="s")
        _fill(folder / "many", many)
        opened = [seconds(lambda: sweep.table(folder / "many", "rounds")) for _ in range(turns)]
        yield Row(f"a table of {many} points opened", "", None, None, opened, target=5.0, unit="s")


def _overhead(book: Path, folder: Path, turns: int, steps: int) -> Row:
    seeds = iter(range(1_000_000))

    def point() -> None:
        (one,) = sweep.plan(book, {"seed": next(seeds), "steps": steps}, out=folder / "one").points
        ours = {"out": "", "archive": str(folder / "one" / "archive"), "interactive": False}
        run_point(Task(one.name, "train", one.notebook.text, one.parameters, ours, str(folder / "one"), "benchmark"))

    def plain() -> None:
        given = {"seed": 0, "steps": steps, "out": str(folder / "plain"), "interactive": False}
        output = folder / "plain.ipynb"
        papermill.execute_notebook(book, output, given, kernel_name="python3", language="python", progress_bar=False)

    times = in_turn({"point": point, "papermill": plain}, turns)
    return slower("a point of a sweep", "papermill", times["point"], times["papermill"], target=1.10)


def _two_workers(book: Path, folder: Path, points: int, steps: int) -> Row:
    """Time equal points on one worker and on two, whose start is not counted."""
    took = {}
    for workers in (1, 2):
        plan = sweep.plan(book, {"seed": range(points), "steps": steps}, out=folder / f"on{workers}")
        with this_machine(workers) as address, client_of(address, workers, None) as client:
            client.wait_for_workers(workers)
            began = time.perf_counter()
            ended = list(sweep.run(plan, address=address))
            took[workers] = time.perf_counter() - began
        assert {one.state for one in ended} == {"finished"}
    name = f"{points} points of {took[1] / points:.0f} s on two workers"
    return slower(name, "one worker", [took[2]], [took[1]], steps=points, target=0.6)


def _shown(many: int, folder: Path) -> None:
    grid = {"seed": range(many // 10), "fraction": [0.1, 0.2, 0.3, 0.4, 0.5], "epochs": [1, 2]}
    plan = sweep.plan("01_winning_tickets", grid, out=folder / "none")
    assert len(plan.text() + plan.words(2) + plan._repr_html_()) > 100


def _fill(folder: Path, many: int) -> None:
    """Write the tables of so many points, as a sweep leaves them: all packed but the last ones."""
    made = folder / "made"
    made.mkdir(parents=True)
    rows = [
        {"kind": "ticket", "seed": 0, "replica": r, "round": k, "density": 0.8**k, "test_accuracy": 0.9}
        for r in range(3)
        for k in range(9)
    ]
    pandas.DataFrame(rows).to_parquet(made / "rounds.parquet", index=False)
    store = Store(str(folder))
    settings = sweep.plan("01_winning_tickets").points[0].parameters
    for index in range(many):
        keep_tables(
            store, made, "01_winning_tickets", f"01_winning_tickets-seed={index:06d}", settings | {"seed": index}
        )
    store.write("finished", f"01_winning_tickets-seed={many - 1:06d}", {"parameters": settings})
    pack(store)
