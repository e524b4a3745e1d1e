"""`workbench report`: one HTML file of a sweep, that needs no network and no server."""

from __future__ import annotations

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="the folder, or the URL, that the sweep wrote to")
    parser.add_argument("--out", metavar="FILE", help="where the HTML goes (default: into the folder)")


def run(arguments: argparse.Namespace) -> int:
    """Write the report and say where it is."""
    from workbench.sweep.review.report import report

    print(report(arguments.folder, arguments.out))
    return 0
