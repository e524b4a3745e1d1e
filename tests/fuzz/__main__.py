"""The whole fuzz: `python tests/fuzz`, or of some functions alone: `python tests/fuzz 'wb.masks.*'`."""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from trial import Trial, all_trials
from world import functions


def main() -> None:
    """Try all, on as many processes as asked, and print the figures by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", nargs="?", default="*", help="which functions: wb.masks.*")
    parser.add_argument("--list", default="raw,accepted,hang,crash", help="verdicts whose trials are printed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", help="a file for all trials, as JSON")
    parser.add_argument("--share", type=float, default=1.0, help="try this share of the wrong values")
    options = parser.parse_args()
    paths = fnmatch.filter(functions(), options.pattern)
    parts = [paths[i :: options.workers] for i in range(options.workers)]
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
        done = [trial for part in pool.map(all_trials, parts, [options.share] * options.workers) for trial in part]
    for trial in sorted(done, key=str):
        if trial.verdict in options.list.split(","):
            sys.stdout.write(f"{trial}\n")
    if options.out:
        with open(options.out, "w") as file:
            json.dump([asdict(trial) for trial in done], file, indent=0)
    sys.stdout.write(f"{table(done)}\n")


def table(done: list[Trial]) -> str:
    """The figures: verdicts by whether the value was of the right type, and the share of clear errors."""
    lines = []
    for title, right in (("a wrong value of the right type", True), ("a value of a wrong type", False)):
        counts = Counter(trial.verdict for trial in done if trial.right_type is right)
        wrong = sum(n for verdict, n in counts.items() if verdict != "right")
        share = f"{counts['clear'] / wrong:.1%}" if wrong else "none"
        lines.append(f"{title}: {sum(counts.values())} calls, clear {share} of {wrong} wrong ones; {dict(counts)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
