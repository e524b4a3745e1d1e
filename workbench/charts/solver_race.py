"""Which solver is how near after how long? The error of every better subset by the seconds until it was found."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import ROWS, Axis, Rows, grouped, in_order, legend, picture, thin, tips, where
from workbench.charts.grammar.looks import channels
from workbench.charts.grammar.marks import BROKEN
from workbench.charts.grammar.room import HEIGHT, SIDE
from workbench.charts.solved_sums import TENS, WORDS, solved
from workbench.numbers.tables import plain

ERROR = Axis("error", "largest error of a coordinate (logarithmic)", "~g", ".2g", "log", ticks=TENS)
SECONDS = Axis(
    "seconds", "seconds, as measured when it was made (logarithmic)", "~g", ".2g", "log", ticks=TENS, padding=14
)
SIZES, STEPS = 100, 40  # in the menu, at most, and steps of a trace
SOONEST, NEAREST = 1e-5, 1e-17  # what logarithms begin at


@picture(
    asks=("dimension candidates solver replica trace law seconds status", "subset_sums"),
    selects=("solver", "replica"),
    title="Which solver is how near after how long?",
    subtitle=(
        "a line for each replica, a step for each better subset; broken: about the best there is, by the law\n"
        "errors below 1e-17 stand there"
    ),
    menus={"line": "dimension and candidates"},
    holds="the traces of solvers",
)
def solver_race(outcomes: Iterable[Any]) -> Rows:
    """Draw the error of the best subset so far by seconds, in steps, a line for each solver and replica, with the law
    of the best possible error across; a menu chooses the dimension and the number of candidates.

    `outcomes` are those of `experiments.subset_sums`.
    """
    sizes = grouped(_solved(outcomes), lambda row: row["line"])
    shown = thin(list(sizes.items()), SIZES)
    traces = [_trace(row) for _, same in shown for row in same]
    return [*(_law(line, same) for line, same in shown), *thin(traces, ROWS - len(shown))]


def _trace(row: dict[str, Any]) -> dict[str, Any]:
    """Return the steps of a replica, up to where its solver ended."""
    steps = [(max(at, SOONEST), max(error, NEAREST)) for at, error in thin(row["trace"], STEPS)]
    steps.append((max(row["seconds"], steps[-1][0]), max(row["error"], NEAREST)))
    lists = {"at": [at for at, _ in steps], "value": [error for _, error in steps]}
    known = {name: row[name] for name in ("line", "solver", "replica", "status", "seconds", "error")}
    return {"role": "trace", "look": row["name"], **known, **lists}


def _law(line: str, same: Rows) -> dict[str, Any]:
    """Return where the law is, if that is near the errors, and what is said of it."""
    law, errors = statistics.median(row["law"] for row in same), [row["error"] for row in same]
    least, most = max(min(errors) / 10, NEAREST), 10 * max(errors)
    words = f"law: {law:.2g}" if law <= most else "the law says nothing: the target is out of reach"
    value = law if least <= law <= most else least if law < least else max(min(errors), NEAREST)
    return {"role": "law", "line": line, "value": value, "words": words, "seen": value == law}


def _solved(outcomes: Iterable[Any]) -> Rows:
    """Return the sums with their trace: their `line` is their size and what else differs, `name` their solver."""
    outcomes = list(outcomes)
    rows = [plain(outcome) | {"place": place} for place, outcome in enumerate(outcomes)]
    rows = solved(rows, "dimension", "candidates", apart=("distribution", "scale"))
    traced = [row | {"trace": outcomes[row["place"]].trace, "name": WORDS["solver"](row["solver"])} for row in rows]
    return [row for row in traced if row["trace"]]


@solver_race.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: steps, their ends, and the law."""
    inner = width - SIDE - 12
    looks = in_order([row["look"] for row in rows if "look" in row])
    look = channels(looks, legend=legend("solver", looks, width))
    trace = where("trace").transform_filter("datum.line == shown")
    x, y = SECONDS.x("at", width=inner), ERROR.y("value", height=HEIGHT)
    place = tips(look="solver", replica="replica", status="found to be")
    tip = [*place, SECONDS.tip("at"), ERROR.tip("value")]
    steps = trace.transform_flatten(["at", "value"]).encode(x=x, y=y, color=look["color"], detail="replica:N")
    end = trace.transform_calculate(at="peek(datum.at)", value="peek(datum.value)")
    end = end.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=look["color"], shape=look["shape"])
    law = where("law").transform_filter("datum.line == shown").encode(y=y)
    name = law.mark_text(align="left", dx=4, dy=-8).encode(x=alt.value(0), text="words:N")
    layers = [
        *([law.transform_filter("datum.seen").mark_rule(**BROKEN)] if any(row.get("seen") for row in rows) else []),
        name,
        steps.mark_line(interpolate="step-after", strokeWidth=1.5, opacity=0.75),
        steps.mark_point(size=40, opacity=0, filled=True).encode(tooltip=tip),
        end.encode(tooltip=tip),
    ]
    return alt.layer(*layers).properties(width=inner, height=HEIGHT)


@solver_race.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the median error of every solver and its seconds, by dimension and candidates."""
    sentences = []
    for size, same in grouped(_solved(outcomes), lambda row: row["line"]).items():
        solvers = grouped(same, lambda row: row["name"])
        if len(solvers) > 1:
            medians = {
                name: [statistics.median(row[of] for row in rows) for of in ("error", "seconds")]
                for name, rows in solvers.items()
            }
            ranked = sorted(medians.items(), key=lambda pair: pair[1][0])
            said = ", ".join(f"{name} {error:.2g} in {seconds:.2g} s" for name, (error, seconds) in ranked)
            law = statistics.median(row["law"] for row in same)
            sentences.append(f"At {size}, median errors: {said}; the law has {law:.2g}.")
    return sentences
