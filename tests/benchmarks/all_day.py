"""What a panel takes of a day: Run to the first number, Stop, another chart, and the memory of fifty runs.

In a process of its own, as in a kernel, with a folder of its own that its runs are kept in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import Row

RUNS = {"full": 50, "quick": 50, "tiny": 2}
CODE = """
import gc, json, sys, time
import psutil
import workbench as wb
from workbench.panels.chart import bundle

def resident():
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20

def until(condition):
    began = time.monotonic()
    while not condition():
        time.sleep(0.002)
    return time.monotonic() - began

bundle()  # made once a machine
panel = wb.panel("lottery", train_size=500, epochs=2, rounds=2, replicas=2)
view = panel.view
view.run.click()
first = until(lambda: view.live.chart is not None and view.live.chart.rows)
panel.wait(120)
grown = []
for run in range(int(sys.argv[1])):
    panel.set(seed=run + 1)
    view.run.click()
    panel.wait(120)
    grown.append(resident())
changes = []
for name in view.live.menu.options[1:-1]:
    began = time.monotonic()
    view.live.menu.value = name
    changes.append(time.monotonic() - began)
panel.set(epochs=1000)
view.run.click()
until(lambda: panel.job.total.words())
view.stop.click()
stopped = until(lambda: "stopped after" in view.text["status"].value)
print(json.dumps({"first": first, "stopped": stopped, "changed": max(changes), "grown": grown[-1] - grown[0]}))
"""


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for each; the targets are seconds, and megabytes from the first of the runs to the last."""
    root = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", CODE, str(RUNS[size])]
        around = {**os.environ, "PYTHONPATH": str(root)}
        done = subprocess.run(words, cwd=folder, env=around, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"a process of all_day.py failed:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    yield Row("Run to the first number", "", None, None, [found["first"]], 2.0, unit="s")
    yield Row("Stop to its word", "", None, None, [found["stopped"]], 1.0, unit="s")
    yield Row("another chart, the slowest", "", None, None, [found["changed"]], 1.0, unit="s")
    yield Row(f"memory of {RUNS[size]} runs", "", None, None, [found["grown"]], 100.0, unit="MB")
