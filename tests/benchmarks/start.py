"""What a start costs: `import workbench` beyond `import torch`, the first panel, and the memory that a run takes.

Each in processes of its own. The memory is the resident high-water mark, which Linux alone can set back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from measure import Row, in_turn

SIZES = {"full": 9, "quick": 3, "tiny": 1}  # turns
IMPORTS = {
    "torch": "import torch",
    "workbench": "import torch, workbench",
    "used": "import torch, workbench as wb; wb.load, wb.models, wb.train, wb.lottery, wb.pruning, wb.replicas, wb.call",
}
PANEL = """
import json, time
import altair, anywidget, ipywidgets, torch, workbench as wb
began = time.perf_counter()
wb.panel("lottery").view.box
print(json.dumps(time.perf_counter() - began))
"""
MEMORY = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import torch
from pictures import pictures
import workbench as wb

def resident(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))

def some(split):
    return split.take(torch.arange(min(1000, len(split))))

data = pictures("mnist", size=sys.argv[1])
splits = (data.train, data.validation, data.test)
model, recipe = wb.models.lenet(data), wb.Recipe(steps=5 if sys.argv[1] == "tiny" else 300)
start = wb.snapshot(model)
small = wb.Data("some", *map(some, splits), classes=data.classes, flipped=data.flipped)
first = wb.train(model, start, small, recipe)  # what torch loads at its first step is not the run's
growth, mark = None, Path("/proc/self/clear_refs")
if mark.exists():
    mark.write_text("5")  # the high-water mark starts anew
    before = resident("VmRSS")
    run = wb.train(model, start, data, recipe)
    growth = resident("VmHWM") - before
images = sum(split.images.untyped_storage().nbytes() for split in splits)
print(json.dumps({"growth": growth, "bytes": images, "pixels": sum(split.images.numel() for split in splits)}))
"""


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield the rows of the imports, the panel and the memory."""
    repeats = SIZES[size]
    imports = {name: code for name, code in IMPORTS.items() if size != "tiny" or name != "used"}
    works = {name: lambda code=code: _python(code) for name, code in imports.items()}
    times = in_turn(works, repeats, warm=size != "tiny")
    for name, what, target in (("workbench", "import workbench", 0.3), ("used", "and first use of its names", None)):
        if name not in times:
            continue
        values = [ours - torch for ours, torch in zip(times[name], times["torch"], strict=True)]
        yield Row(what, "import torch", _middle(times[name]), _middle(times["torch"]), values, target, unit="s")
    panels = [float(json.loads(_python(PANEL))) for _ in range(repeats)]
    yield Row("first cell to panel, imports done", "", _middle(panels), None, panels, 3.0, unit="s")
    found = [_memory(size) for _ in range(min(repeats, 3))]
    yield Row("memory of a pixel", "", None, None, [f["bytes"] / f["pixels"] for f in found], 1.0, unit="byte")
    growth = [f["growth"] / f["bytes"] for f in found if f["growth"] is not None]
    yield Row("growth of a run", "the dataset" if growth else "(told on Linux only)", None, None, growth, 0.5)


def _memory(size: str) -> dict[str, Any]:
    return json.loads(_python(MEMORY, size, str(Path(__file__).parent)))


def _middle(times: list[float]) -> float:
    return 1000 * median(times)


def _python(code: str, *arguments: str) -> str:
    """Run code in a fresh process, with this checkout's workbench, and return the last line it printed."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"a process of start.py failed:\n{done.stderr}")
    return (done.stdout.splitlines() or [""])[-1]
