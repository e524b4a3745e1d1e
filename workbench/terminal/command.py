"""The command `workbench`: one word in a terminal, and what follows it.

A subcommand is a file of this folder with `add(parser)`, which declares its arguments, and `run(arguments)`, which
returns an exit code. It is imported when it is asked for. What goes wrong is one line and the exit code 2; a traceback
follows `--debug`. Exit codes: 0 done, 1 it ran and something is not as it should be, 2 refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from workbench.work.nearest import check_known

COMMANDS = {  # word: its file, and what it does
    "lab": ("lab", "copy the lessons to a folder and open JupyterLab on the first"),
    "course": ("course", "write what a lecturer hands out: students' and teachers' editions, nbgrader assignments"),
    "sweep": ("sweeping", "run notebooks over a grid of their parameters, here or on a cluster"),
    "report": ("reporting", "make one HTML file of a finished sweep"),
    "data": ("fetching", "fetch data sets and say where they lie"),
    "doctor": ("doctor", "say what is wrong with this installation, and what to do"),
}
REFUSED, INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of these words (default: the terminal's) and return its exit code.

    Raises SystemExit where argparse itself answers: for `--help`, `--version` and words that it does not take.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in _before_dashes(words)
    try:
        return _run(words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the interpreter's exit
        return 1
    except (ValueError, OSError) as error:
        if debug:
            traceback.print_exc()
        print(f"workbench: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return REFUSED


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser("workbench", description="The Lottery Ticket Workbench.", allow_abbrev=False)
    _add_common(parser, default=False)
    parser.add_argument("--version", action="version", version=f"workbench {_version()}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=argparse.ArgumentParser)
    name = next((word for word in words if not word.startswith("-")), None)
    if name is not None:
        check_known("command", name, COMMANDS)
    for command, (file, about) in COMMANDS.items():
        one = subparsers.add_parser(command, help=about, description=f"{about[0].upper()}{about[1:]}.")
        _add_common(one, default=argparse.SUPPRESS)
        if command == name:  # the others are not imported
            importlib.import_module(f"workbench.terminal.{file}").add(one)
    before = _before_dashes(words)
    arguments = parser.parse_args(before)
    arguments.after = words[len(before) + 1 :]
    if arguments.command is None:
        parser.print_help()
        return 0
    if arguments.after and arguments.command != "lab":
        parser.error(f"{arguments.command} takes nothing after --, got {' '.join(arguments.after)}")
    return importlib.import_module(f"workbench.terminal.{COMMANDS[arguments.command][0]}").run(arguments)


def _add_common(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument("--debug", action="store_true", default=default, help="show the traceback of what goes wrong")


def _before_dashes(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("lottery-workbench")
    except PackageNotFoundError:
        return "(not installed)"
