"""The benchmarks: `python tests/benchmarks`, or some of them: `python tests/benchmarks steps replicas --quick`.

Each prints a table of ratios that were measured in alternation. Run them on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[2]))  # this checkout's workbench

NAMES = (
    "steps",
    "experiment",
    "executions",
    "replicas",
    "settings",
    "start",
    "archive",
    "journal",
    "paths",
    "curvature",
    "scores",
    "edge_popup",
    "at_initialisation",
    "calibration",
    "rates",
    "subset_sums",
    "watched",
    "progress_estimates",
    "all_day",
    "sweeps",
)


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser("python tests/benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which of {', '.join(NAMES)}; all without one")
    parser.add_argument("--quick", action="store_const", dest="size", const="quick", help="fewer turns: a first look")
    parser.add_argument(
        "--tiny", action="store_const", dest="size", const="tiny", help="noise, two steps: does it run?"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="for steps and settings")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in NAMES]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    from measure import machine, show  # before workbench, and not for a word of help: it imports torch

    print(machine(), flush=True)
    for name in chosen.names or NAMES:
        module, began = importlib.import_module(name), time.perf_counter()
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        show(list(module.run(chosen.size or "full", device=chosen.device)))
        print(f"({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
