"""`workbench lab`: the lessons in a folder of one's own, and JupyterLab open on the first."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from workbench.terminal import lessons
from workbench.work import rules
from workbench.work.shipped import FIRST


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "workbench lab [FOLDER] [--no-browser] [--no-start] [-- ARGUMENTS OF JUPYTER LAB]"
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default="workbench-lessons",
        help="where the lessons go (default: workbench-lessons); a file that you changed there is never written over",
    )
    parser.add_argument("--no-browser", action="store_true", help="start JupyterLab and open no browser")
    parser.add_argument("--no-start", action="store_true", help="copy the lessons only")


def run(arguments: argparse.Namespace) -> int:
    """Copy the lessons, start JupyterLab, wait for it, and return its exit code."""
    folder = rules.path("FOLDER", arguments.folder, '"workbench-lessons" is the usual one')
    for line in lessons.copy(folder):
        print(line)
    print(f"The lessons are in {folder.resolve()}")
    if arguments.no_start:
        return 0
    return _start(folder / FIRST, [*(["--no-browser"] if arguments.no_browser else []), *arguments.after])


def _start(notebook: Path, options: list[str]) -> int:
    """Start the JupyterLab of this Python, so that what draws and what computes are one environment."""
    sys.stdout.flush()
    lab = subprocess.Popen([sys.executable, "-m", "jupyterlab", str(notebook), *options])
    while True:
        try:
            code = lab.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:  # the terminal sends it to both, and JupyterLab asks whether to end
            continue
