"""What is drawn of subset sums, the same in all charts: lines by what differs, medians, and the law beside them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.charts.grammar import Axis, Look, Looks, Rows, grouped, in_order, records, thin
from workbench.charts.grammar.looks import GREY
from workbench.numbers.intervals import LEAST
from workbench.strong.candidates import SPREAD

ASKS = ("dimension candidates distribution scale solver replica error law relative_error", "subset_sums")
CANDIDATES = Axis("candidates", "number of candidates n", whole=True, padding=14)
LAW = "law of "  # before the name of the line that it belongs to
RECALLED = (
    "The law (derived here, and measured) is that the best subset misses by about 2^(-n/m): a number of candidates n "
    "linear in the dimension m. That theorems ask for m³ (Becchetti et al. 2022), or about m⁶ for the vectors of "
    "pruned filters (da Cunha et al. 2023), is recalled, not verified."
)
POINTS = 33  # of a law
TENS = tuple(digit * 10.0**power for power in range(-17, 4) for digit in (1, 3))
WORDS: dict[str, Callable[[Any], str]] = {
    "dimension": lambda value: f"m = {value}",
    "candidates": lambda value: f"n = {value}",
    "distribution": lambda value: value.replace("_", " "),
    "scale": lambda value: f"scale {value:g}",
    "solver": lambda value: value.replace("_", " "),
}


def solved(table: Any, *shown: str, apart: Sequence[str] = ("distribution", "scale", "solver")) -> Rows:
    """Return the sums with their `line`: what is `shown`, and what tells them `apart`, in words; in order of these."""
    rows = records(table)
    told = [*shown, *(name for name in apart if len({row[name] for row in rows}) > 1)]
    rows = [row | {"line": ", ".join(WORDS[name](row[name]) for name in told)} for row in rows]
    return sorted(rows, key=lambda row: [(row[name], "") if name in shown else (0, str(row[name])) for name in told])


def medians(rows: Rows, x: str, measure: str) -> Iterator[dict[str, Any]]:
    """Yield a record for every line and x: the median over replicas, and the quartiles as its interval."""
    for (line, at), same in grouped(rows, lambda row: (row["line"], row[x])).items():
        low, middle, high = np.quantile([row[measure] for row in same], (0.25, 0.5, 0.75)).tolist()
        n = len(same)
        quartiles = {"low": low, "high": high, "n": n, "interval": f"{low:.2g} to {high:.2g}"}
        few = {"low": None, "high": None, "n": n, "interval": f"fewer than {LEAST} replicas"}
        yield {"line": line, x: at, measure: middle, "own": quartiles if n >= LEAST else few, "same": same} | {
            name: same[0][name] for name in ("dimension", "candidates", "scale")
        }


def laws(rows: Rows, number: Callable[..., float], measure: str, least: float, most: float) -> Iterator[dict[str, Any]]:
    """Yield the records of a law by the number of candidates, a broken line for each dimension and spread.

    It is number(dimension, candidates, target_norm=, spread=), from `least` to `most`, a mean over the targets.
    """
    for (m, spread), same in grouped(rows, lambda row: (row["dimension"], spread_of(row))).items():
        lines = list(dict.fromkeys(row["line"] for row in same))
        norms = thin(sorted({row["target_norm"] for row in same}), 9)
        sizes = [row["candidates"] for row in same]
        role = {"role": "beneath", "named": False, "line": LAW + lines[0], "words": f"the law, dimension {m}"}
        role["look"] = LAW + lines[0] if len(lines) == 1 else LAW
        for n in thin(range(min(sizes), max(sizes) + 1), POINTS):
            value = statistics.fmean(number(m, n, target_norm=norm, spread=spread) for norm in norms)
            if least <= value <= most:
                yield role | {"candidates": n, measure: value}


def spread_of(row: dict[str, Any]) -> float:
    """Return the standard deviation of a coordinate of the candidates."""
    return row["scale"] * SPREAD[row["distribution"]]


def beside_law(names: Sequence[str]) -> Looks:
    """Return the looks of lines in order, and of their laws in broken lines; one that is of several lines is grey."""
    looks = in_order([name for name in names if not name.startswith(LAW)])
    broken = {name: replace(looks.get(name.removeprefix(LAW), Look(GREY)), dash=(5, 4)) for name in names}
    return {**looks, **{name: look for name, look in broken.items() if name.startswith(LAW)}}
