"""Does a ticket survive the sanity checks? What every control loses against it, paired by replica.

Frankle et al. 2021 and Su et al. 2020: where a ticket does no worse once its mask is shuffled, the densities of its
layers alone are what was found. A check is passed where the interval of the control's drop excludes zero; it is failed
where the control is no more than a point worse.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import altair as alt

from workbench.charts.found_tickets import ASKS, SPARSE, tried
from workbench.charts.grammar import RUNS, Axis, Rows, grouped, picture, thin
from workbench.charts.grammar.averages import Averages
from workbench.charts.grammar.looks import channels
from workbench.charts.grammar.marks import names_up, rule, strips, tips
from workbench.charts.grammar.picture import headed
from workbench.experiments.trial_of_tickets import CHECKS
from workbench.numbers import intervals
from workbench.numbers.numerals import points

METHODS, DENSITIES = 12, 5  # at most: with seven checks 420 rows
LINE = 30  # pixels of a check
LOOKS = {check: RUNS[kind or check] for check, kind in CHECKS.items()}
MEANS = {  # what it means where a control does no worse
    "shuffled": "its layers' densities alone do it",
    "shuffled_degrees": "how many connections each unit has does it, not which",
    "reinitialised": "its places alone do it, whatever the weights",
    "signed": "its places alone do it, whatever signs and sizes",
    "sign_preserving": "its signs do it, not the sizes of its weights",
    "random": "its layers' densities alone do it",
    "inverted": "its scores tell nothing: what they would remove does as well",
}
TICKS = (0.0, *(sign * tick for tick in (0.01, 0.05, 0.2, 0.5, 1.0) for sign in (-1, 1)))
LESS = Axis("less", "control less ticket (square root)", "+~%", "+.2%", "sqrt", ticks=TICKS, padding=10)
PASSED, FAILED = "passes", "fails, at most a point worse"
OPEN, FEW = "cannot tell, since the interval has room for both", "cannot tell with fewer than 3 replicas"
PICKED = ("method", "control", "asked")
VALUES = Averages(
    x=Axis("place", ""), measures=[LESS], line="control", split="method", chosen=SPARSE, named=0, selects=PICKED
)


@picture(
    asks=ASKS,
    selects=PICKED,
    title="Does the ticket survive the sanity checks?",
    subtitle=(
        "test accuracy after training, paired by replica: mean and 95 % t interval\n"
        "full: the interval is below zero, so that the check is passed; hollow: it is not"
    ),
    menus=dict([SPARSE]),
    needs="a control beside its ticket",
)
def sanity_checks(table: Any) -> Rows:
    """Draw for every method how much each control loses against the ticket, paired by replica, with 95 % t intervals
    and a rule at zero: left of it is worse; a menu chooses the density.

    `table` is a data frame of `experiments.tickets_table`, or the outcomes of `experiments.tickets_at_initialisation`.
    """
    checks = list(CHECKS)
    rows = [row | {"place": checks.index(row["control"]), "words": LOOKS[row["control"]].words} for row in _less(table)]
    methods = thin(list(dict.fromkeys(row["method"] for row in rows)), METHODS)
    densities = thin(list(dict.fromkeys(row["kept"] for row in rows)), DENSITIES)
    means = VALUES.rows([row for row in rows if row["method"] in methods and row["kept"] in densities])
    for mean in means:
        low, high = (math.nan if mean[end] is None else mean[end] for end in ("low", "high"))
        mean["verdict"] = verdict(intervals.Interval(mean["value"], low, high, mean["n"]))
    return means


def verdict(less: intervals.Interval) -> str:
    """Return what is said of a check by the difference of its control to the ticket.

    It is failed only where the control is shown to match; an interval that has room for both tells nothing.
    """
    if less.n < intervals.LEAST:
        return FEW
    return PASSED if less.high < 0 else FAILED if intervals.matches(less) else OPEN


def _less(table: Any) -> Rows:
    """Return the controls with their difference to the ticket of the same method, density and replica."""
    rows = tried(table)
    replica = ("method", "asked", "seed", "replica")
    tickets = {tuple(row[key] for key in replica): row for row in rows if row["control"] == "none"}
    pairs = ((row, tickets.get(tuple(row[key] for key in replica))) for row in rows if row["control"] in CHECKS)
    return [row | {"less": row["accuracy_after"] - to["accuracy_after"]} for row, to in pairs if to is not None]


@sanity_checks.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a strip for each method, the checks below one another."""
    checks = [check for check in CHECKS if any(row["line"] == check for row in rows)]
    methods = list(dict.fromkeys(row["method"] for row in rows)) or [""]
    names = [LOOKS[check].words for check in checks]
    strip = partial(_strip, names, width // 3 - 8, {row["verdict"] == PASSED for row in rows})
    chart = strips(methods, strip, names, width)
    return chart.resolve_scale(x="shared")


def _strip(checks: list[str], limit: int, passed: set[bool], method: str, width: int, named: bool) -> Any:
    looks = channels(LOOKS, "line")
    told = {"value": ("control less ticket", LESS.said), "interval": "paired 95 % interval", "n": "pairs"}
    tip = tips(method="method", words="control", **told, verdict="check")
    base = alt.Chart().transform_filter(alt.FieldEqualPredicate(field="method", equal=method))
    base = base.transform_filter("datum.kept == shown")
    base = base.encode(y=names_up("words", named, checks, limit), color=looks["color"])
    point = base.encode(x=LESS.x("value", width=width), shape=looks["shape"], tooltip=tip)
    full = point.transform_filter(f"datum.verdict == '{PASSED}'").mark_point(filled=True, size=110, opacity=1)
    hollow = point.transform_filter(f"datum.verdict != '{PASSED}'").mark_point(size=110, strokeWidth=1.4, opacity=1)
    points = [layer for has_passed, layer in ((True, full), (False, hollow)) if has_passed in passed]
    layers = [rule(x=0), base.mark_rule(strokeWidth=1.8).encode(x="low:Q", x2="high:Q"), *points]
    return headed(alt.layer(*layers).properties(width=width, height=LINE * max(1, len(checks))), method)


@sanity_checks.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: of every method and density the checks that it passes, those that it fails, and what so."""
    sentences = []
    for (method, kept), cell in grouped(_less(outcomes), lambda row: (row["method"], row["kept"])).items():
        said: dict[str, list[str]] = {PASSED: [], FAILED: [], OPEN: [], FEW: []}
        for check, same in grouped(cell, lambda row: row["control"]).items():
            less = [row["less"] for row in same]
            now = verdict(intervals.mean(less))
            so = f", so that {MEANS[check]}" if now == FAILED else ""
            said[now].append(f"{LOOKS[check].words} ({points(less, form='+.1f', of=False)}{so})")
        told = "; ".join(f"{now}: {', '.join(checks)}" for now, checks in said.items() if checks)
        n = max(len(same) for same in grouped(cell, lambda row: row["control"]).values())
        sentences.append(f"{method}, {kept}, n = {n}. {told[0].upper()}{told[1:]}.")
    return sentences
