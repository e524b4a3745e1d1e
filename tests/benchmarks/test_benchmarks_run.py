"""Benchmarks must not rot: each runs here with noise and two steps. What it measures then means nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_every_benchmark_runs_and_prints_its_table():
    old = "ignore:`torch.jit.script` is deprecated"  # torch's own jvp, and what curvlinops imports
    command = [sys.executable, "-W", "error", "-W", old, str(HERE), "--tiny"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for row in (
        "lenet step",
        "resnet20(width=8) step",
        "levels, auto",
        "lenet step, sparse, density 0.05",
        "rounds of lenet, auto",
        "resnet20, half its filters, batch 256",
        "lenet, two replicas",
        "resnet8(width=8): the default",
        "import workbench",
        "growth of a run",
        "into an archive",
        "3 jobs listed",
        "lenet path of 3 points",
        "lenet Hessian-vector product",
        "lenet GraNd of 300 examples",
        "lenet epoch counting forgetting",
        "interval of 50 predictions, 20 draws",
        "lenet edge-popup step, carried",
        "lenet SNIP of one batch",
        "SynFlow, 2 rounds",
        "lenet(hidden=(8,)) on mnist",
        "4 × 40 descent, one try",
        "lenet step, watched",
        "lottery: time left",
        "memory of 2 runs",
        "a point of a sweep",
    ):
        assert row in done.stdout


def test_an_unknown_benchmark_is_named_with_those_there_are():
    done = subprocess.run([sys.executable, str(HERE), "step"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no benchmark 'step'; there are steps, experiment" in done.stderr
