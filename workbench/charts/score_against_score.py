"""Do two scores agree? An example's one score against its other, with their rank correlation; menus choose the two.

At most some hundred examples are drawn; the correlation is over all of them. Paul et al. 2021 found that EL2N early in
training agrees with forgetting over the whole of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts import theme
from workbench.charts.scored import NEVER, Scored, finite, scored
from workbench.data_diet import scores
from workbench.work.seeds import generator

POINTS = theme.ROWS - 1
AGREE = ("el2n", "forgetting")  # what is shown at first, where both are there
KINDS = {"as it is": ("#0080C6", "circle"), "label flipped": ("#D55E00", "diamond"), NEVER: ("#B8860B", "triangle-up")}
SIZE = 400


def score_against_score(
    outcomes: Iterable[Any], a: str | None = None, b: str | None = None, *, seed: int = 0
) -> alt.LayerChart:
    """Draw score `b` against score `a`, the means over replicas; at first el2n and forgetting, where they are there.

    `outcomes` are those of `experiments.example_scores`; `seed` draws the examples that are shown. Raises a ValueError
    for a score that is not there.
    """
    return draw(rows(outcomes, a, b, seed=seed))


def rows(outcomes: Iterable[Any], a: str | None = None, b: str | None = None, *, seed: int = 0) -> list[dict[str, Any]]:
    """Return a dict that says how all scores correlate, and one for each example that is drawn, with all its scores."""
    found = scored(outcomes)
    if found is None:
        return []
    names = list(found.scores)
    if set(AGREE) <= set(names):
        names.sort(key=lambda name: AGREE.index(name) if name in AGREE else len(AGREE))
    first, second = found.chosen(a or names[0]), found.chosen(b or names[min(1, len(names) - 1)])
    n = len(found.examples)
    some = torch.randperm(n, generator=generator(seed, "points"))[:POINTS].sort().values
    shown = "all" if n <= POINTS else f"{POINTS} of them"
    about = f"{found.about}, {shown} drawn"
    note = {"role": "note", "about": about, "names": names, "first": first, "second": second}
    return [note | correlated(found), *_examples(found, some)]


def correlated(found: Scored) -> dict[str, list[Any]]:
    """Return all pairs of scores as lists `a` and `b`, with Spearman's correlation of each, or None."""
    names, pairs = list(found.scores), []
    for i, one in enumerate(names):
        for other in names[i:]:
            value = 1.0 if one == other else scores.correlation(found.scores[one], found.scores[other])
            known = None if math.isnan(value) else round(value, 4)
            pairs += [(one, other, known)] if one == other else [(one, other, known), (other, one, known)]
    return {"a": [p[0] for p in pairs], "b": [p[1] for p in pairs], "correlation": [p[2] for p in pairs]}


def _examples(found: Scored, some: torch.Tensor) -> list[dict[str, Any]]:
    ids, labels = found.examples.ids[some].cpu(), found.examples.labels[some].tolist()
    flipped = torch.isin(ids, found.flipped).tolist()
    made = [
        {"role": "example", "id": int(i), "class": found.classes[c], "flipped": f, "never": ""}
        for i, c, f in zip(ids, labels, flipped, strict=True)
    ]
    for name in found.scores:
        values = found.values(name)
        known = finite(values)
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        beyond = high + 0.07 * ((high - low) or 1.0)  # where those stand that were never learned
        for row, value in zip(made, values[some].tolist(), strict=True):
            row[name] = float(f"{min(value, beyond):.5g}")
            row["never"] += f" {name}," if math.isinf(value) else ""
    return made


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; the menus choose among the scores that are there."""
    note = rows[0] if rows else {"names": [""], "first": "", "second": "", "about": "nothing finished"}
    params = [
        alt.param(name=f"score_{axis}", value=note[place], bind=alt.binding_select(options=note["names"], name=words))
        for axis, place, words in (("x", "first", "across: "), ("y", "second", "up: "))
    ]
    away = "indexof(datum.never, ' ' + {0} + ',') >= 0"
    never = f"{away.format('score_x')} || {away.format('score_y')}"
    base = alt.Chart().transform_filter("datum.role == 'example'").transform_calculate(
        x="datum[score_x]",
        y="datum[score_y]",
        kind=f"{never} ? '{NEVER}' : datum.flipped ? 'label flipped' : 'as it is'",
        said_x=f"{away.format('score_x')} ? '{NEVER}' : format(datum[score_x], '.4')",
        said_y=f"{away.format('score_y')} ? '{NEVER}' : format(datum[score_y], '.4')",
    )  # fmt: skip
    how: Any = {"title": None, "scale": alt.Scale(zero=False, nice=False, padding=12), "axis": alt.Axis(tickCount=6)}
    colour = alt.Scale(domain=list(KINDS), range=[c for c, _ in KINDS.values()])
    shape = alt.Scale(domain=list(KINDS), range=[s for _, s in KINDS.values()])
    tip = [alt.Tooltip("class:N"), alt.Tooltip("id:Q"), alt.Tooltip("kind:N")]
    tip += [alt.Tooltip("said_x:N", title="across"), alt.Tooltip("said_y:N", title="up")]
    legend = alt.Legend(title=None, orient="right")
    points = base.mark_point(size=30, filled=True, opacity=0.75).encode(
        x=alt.X("x:Q", **how),
        y=alt.Y("y:Q", **how),
        color=alt.Color("kind:N", scale=colour, legend=legend),
        shape=alt.Shape("kind:N", scale=shape, legend=legend),
        tooltip=tip,
    )
    chart = alt.layer(points, *_words(), data=alt.Data(values=rows)).add_params(*params)
    chart = chart.properties(width=SIZE, height=SIZE - 60)
    description = (
        "A point for each of some examples: one score across, another up, chosen by two menus; above it Spearman's "
        "rank correlation of the two over all examples."
    )
    return theme.dress(chart, "Do two scores agree?", description, note["about"])


def _words() -> list[Any]:
    """Return the correlation of the two that are chosen, below the title, and the words at both axes."""
    told = alt.Chart().transform_filter("datum.role == 'note'").transform_flatten(["a", "b", "correlation"])
    told = told.transform_filter("datum.a == score_x && datum.b == score_y").transform_calculate(
        words="isValid(datum.correlation) ? 'Spearman ' + format(datum.correlation, '+.2f') + ' over all of them'"
        " : 'no rank correlation: one of the two is the same for all'"
    )
    one = alt.Chart().transform_filter("datum.role == 'note'")
    across = one.transform_calculate(words="score_x").mark_text(align="center", dy=32)
    up = one.transform_calculate(words="score_y").mark_text(align="center", angle=270, dy=-48)
    height = SIZE - 60
    return [
        told.mark_text(align="left", dy=-10, fontWeight=600).encode(x=alt.value(0), y=alt.value(0), text="words:N"),
        across.encode(x=alt.value(SIZE / 2), y=alt.value(height), text="words:N"),
        up.encode(x=alt.value(0), y=alt.value(height / 2), text="words:N"),
    ]
