"""`workbench sweep`: a grid over notebooks, planned, priced and run; killed and called again, it goes on."""

from __future__ import annotations

import argparse
import sys

from workbench.sweep.grid import from_file, from_words
from workbench.sweep.plan import Plan, plan
from workbench.sweep.run import options
from workbench.sweep.run import run as run_sweep
from workbench.work import progress

EPILOG = """\
examples:
  workbench sweep 01_winning_tickets -p fraction=0.2,0.5 -p seed=0:5
  workbench sweep 02_rare_gems 03_data_diet -p "model=lenet,lenet(hidden=(100, 50))" --repeats 3 --limit 10min
  workbench sweep mine.ipynb --grid grid.yaml --out s3://bucket/sweep --address tcp://10.0.0.1:8786

A list for a parameter that is a list stands in brackets: -p "densities=[0.1, 0.05],[0.2]" are two points.
"""
TLS = {"ca": "the authority's certificate", "cert": "this client's certificate", "key": "its key"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.epilog, parser.formatter_class = EPILOG, argparse.RawDescriptionHelpFormatter
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="a path, or the name of a lesson")
    parser.add_argument("-p", action="append", default=[], metavar="NAME=VALUES", dest="grid", help="all combinations")
    parser.add_argument(
        "-z", action="append", default=[], metavar="NAME=VALUES", dest="zipped", help="in step with others"
    )
    parser.add_argument("--grid", metavar="FILE", dest="file", help="YAML with notebooks, grid, zipped, points")
    parser.add_argument("--out", default="sweep", help="the folder, or URL, that all goes to (default: sweep)")
    parser.add_argument("--repeats", type=int, default=1, help="run each with so many seeds")
    parser.add_argument("--plan", action="store_true", help="show what would run and what it costs, and end")
    where = parser.add_argument_group("where it runs")
    where.add_argument("--workers", type=int, help="processes of this machine (default: one a core)")
    where.add_argument("--cores", type=int, default=1, help="cores that one point may use (default: 1)")
    where.add_argument("--address", help="of a Dask scheduler, instead of this machine's processes")
    for name, words in TLS.items():
        where.add_argument(f"--tls-{name}", metavar="FILE", help=words)
    ends = parser.add_argument_group("when it does not end well")
    ends.add_argument("--limit", help="the time that a point may take, as 600 (seconds) or 10min")
    ends.add_argument("--retries", type=int, default=1, help="tries of a point that failed, after the first")


def run(arguments: argparse.Namespace) -> int:
    """Plan, show, run. Returns 0 where all points are finished, 1 where some failed."""
    planned = _planned(arguments)
    tls = {name: file for name in TLS if (file := getattr(arguments, f"tls_{name}"))} or None
    where = {"workers": arguments.workers, "cores": arguments.cores, "address": arguments.address, "tls": tls}
    where |= {"limit": arguments.limit, "retries": arguments.retries}
    _say(f"{planned.text()}\n{planned.words(options(**where).workers)}")
    if arguments.plan:
        return 0
    failed = 0
    with progress.bar():
        for ended in run_sweep(planned, **where):
            if ended.state == "failed":
                failed += 1
                tries = "1 try" if ended.attempts == 1 else f"{ended.attempts} tries"
                _say(f"\n{ended.point} failed after {tries}: {ended.error}")
    count = len(planned.points)
    _say(f"{count - failed:,} of {count:,} points are finished, in {planned.out}")
    if failed:
        _say(f"{failed:,} failed: their notebooks and logs are there too; the same line tries them again")
    return 1 if failed else 0


def _planned(arguments: argparse.Namespace) -> Plan:
    read = from_file(arguments.file) if arguments.file else {}
    notebooks = arguments.notebooks or read.get("notebooks")
    if not notebooks:
        raise ValueError("a sweep needs a notebook or more: workbench sweep 01_winning_tickets -p seed=0:3")
    grid = {**(read.get("grid") or {}), **from_words(arguments.grid)}
    zipped = {**(read.get("zipped") or {}), **from_words(arguments.zipped)}
    points, repeats, out = read.get("points"), arguments.repeats, arguments.out
    return plan(notebooks, grid, zipped=zipped, points=points, repeats=repeats, out=out)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
