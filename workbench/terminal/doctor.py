"""`workbench doctor`: what is wrong with this installation, and what to do. Exit code 0 where nothing is wrong."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator

from workbench.terminal import machine_checks, notebook_checks, version_checks
from workbench.terminal.finding import Finding, wrong

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "python": version_checks.python,
    "packages": version_checks.packages,
    "torch and torchvision": version_checks.torch_pair,
    "threads": machine_checks.threads,
    "memory": machine_checks.memory,
    "gpu": machine_checks.gpu,
    "data": machine_checks.data,
    "lessons": machine_checks.lessons,
    "charts": notebook_checks.charts,
    "kernel": notebook_checks.kernel,
    "widgets": notebook_checks.widgets,
    "jupyter on the PATH": notebook_checks.jupyter,
    "notebook": notebook_checks.notebook,
}
FAILED = "this should not fail: if what it says does not help, report it, with the output of workbench doctor --json"
NAMES, WIDTH = 9, 110  # columns: where names begin, and where a line ends
SEEN = NAMES + 37


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="for scripts: a list of what was found, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run every check, print what it finds as it comes, and return 1 where something is wrong."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        for finding in checked(name, check):
            findings.append(finding)
            if not arguments.json:
                print(line(finding), flush=True)
    count = sum(finding.state == "wrong" for finding in findings)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        print(f"{count} wrong" if count else "nothing is wrong")
    sys.stdout.flush()
    return 1 if count else 0


def checked(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; one that fails is itself wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what others warn of belongs to no line of this table
            yield from check()
    except Exception as error:
        yield wrong(name, f"{type(error).__name__}: {' '.join(str(error).split())[:500]}", FAILED)


def line(finding: Finding) -> str:
    """One finding as lines of text; what to do stands below what is not ok."""
    head = f"{finding.state:{NAMES}}{finding.name:{SEEN - NAMES}}"
    told = [head + finding.seen, *([" " * SEEN + f"→ {finding.way_on}"] if finding.way_on else [])]
    indent = " " * SEEN
    return "\n".join(
        textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for text in told
    )
