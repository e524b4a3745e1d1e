"""Where do the scores of a search go? Their histogram by step, and the score above which a weight is in the ticket.

A regulariser draws them down, the loss holds some up, and freezing takes the least of them out (Sreenivasan et al.
2022, "Rare Gems").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.found_tickets import ASKS
from workbench.charts.grammar import HEIGHT, ROWS, SIDE, STEP, Axis, Rows, grouped, kept, picture, thin, tips
from workbench.charts.grammar.looks import ORANGE

SEARCHES = 25  # in the menu
SCORE = Axis("low", "score", said=".3g", padding=0)
LISTS: list[Any] = ["low", "high", "count", "share"]  # of a row, a value a cell


@picture(
    asks=ASKS,
    selects=("search", "step"),
    title="Where do the scores go?",
    subtitle="share of the scores in each cell (logarithmic), {about}\nline: the least score in the rounded mask",
    menus={"search": "search"},
    needs="a method that searches by scores, as gem_miner and edge_popup do",
    holds="the scores of searches",
)
def scores_over_time(outcomes: Iterable[Any]) -> Rows:
    """Draw the histogram of a search's scores over its steps, as a field of cells, steps across and scores up, with a
    line at the score above which a weight is in the ticket; a menu chooses the search.

    `outcomes` are those of `experiments.tickets_at_initialisation`; the first replica is shown, since every one has
    scores of its own.
    """
    glimpses = [outcome for outcome in outcomes if hasattr(outcome, "scores")]
    least = min(((g.seed, g.replica) for g in glimpses), default=None)
    first = sorted((g for g in glimpses if (g.seed, g.replica) == least), key=lambda g: g.control != "none")
    searches = grouped(first, lambda g: (g.method, g.asked, g.control))
    rows: Rows = []
    for search in thin(list(searches), SEARCHES):
        steps = sorted({g.step: g for g in searches[search]}.values(), key=lambda g: g.step)
        method, asked, control = search
        name = f"{method}, {kept(asked)}" + ("" if control == "none" else f", {control}")
        before = 0
        for glimpse in thin(steps, ROWS // min(len(searches), SEARCHES)):
            rows.append({"search": name, "before": before, **_cells(glimpse)})
            before = glimpse.step
    return [{"about": f"replica {least[1]}", **row} for row in rows] if least else []


def _cells(glimpse: Any) -> dict[str, Any]:
    """Return the cells of one step that hold a score, a list a field."""
    width, total = glimpse.largest / len(glimpse.scores), max(1, sum(glimpse.scores))
    held = [(place, count) for place, count in enumerate(glimpse.scores) if count]
    return {
        "step": glimpse.step,
        "threshold": glimpse.threshold,
        "low": [place * width for place, _ in held],
        "high": [(place + 1) * width for place, _ in held],
        "count": [count for _, count in held],
        "share": [count / total for _, count in held],
    }


@scores_over_time.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: cells from one glimpse of the search to the next, and the threshold as a line over them."""
    inner = max(60, width - SIDE - 64)
    base = alt.Chart().transform_filter("datum.search == shown")
    scheme = alt.SchemeParams("cividis", extent=[0.12, 1])  # its darkest end would vanish on dark paper
    scale, key = alt.Scale(type="log", scheme=scheme), alt.Legend(title=None, format="~%", tickCount=4)
    told = {"share": ("share of the scores", ".2%"), "count": ("scores", ",")}
    tip = tips(step=("step", ","), low=("score from", ".3g"), high=("to", ".3g"), **told)
    cell = (
        base.transform_flatten(LISTS)
        .mark_rect(strokeWidth=0)
        .encode(
            x=STEP.x("before", width=inner),
            x2="step:Q",
            y=SCORE.y("low"),
            y2="high:Q",
            color=alt.Color("share:Q", scale=scale, legend=key),
            tooltip=tip,
        )
    )
    at = base.encode(x=STEP.x("step", width=inner), y=SCORE.y("threshold"))
    line = at.mark_line(color=ORANGE, strokeWidth=2.5)
    touch = at.mark_point(size=50, opacity=0, filled=True)
    said = tips(step=("step", ","), threshold=("least score in the mask", ".3g"))
    return alt.layer(cell, line, touch.encode(tooltip=said)).properties(width=inner, height=HEIGHT)


@scores_over_time.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every search the score above which a weight is in the ticket, first and last."""
    sentences = []
    for search, same in grouped(scores_over_time.rows(outcomes), lambda row: row["search"]).items():
        first, last = same[0], same[-1]
        ends = f"{first['threshold']:.3g} at step {first['step']}, {last['threshold']:.3g} at step {last['step']}"
        sentences.append(f"{search}: the least score in the rounded mask is {ends}.")
    return sentences
