"""Do two scores agree? An example's one score against its other, with their rank correlation; menus choose the two.

At most some hundred examples are drawn; the correlation is over all of them. Paul et al. 2021 found that EL2N early in
training agrees with forgetting over the whole of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import ROWS, SIDE, Look, Looks, Rows, legend, menu, picture, tips, where
from workbench.charts.grammar.looks import BLUE, GOLD, ORANGE, channels
from workbench.charts.scored_examples import NEVER, correlated, scored_examples
from workbench.work.seeds import check_seed, generator

POINTS = ROWS - 1
AGREE = ("el2n", "forgetting")  # what is shown at first, where both are there
KINDS: Looks = {"as it is": Look(BLUE), "label flipped": Look(ORANGE, "diamond"), NEVER: Look(GOLD, "triangle-up")}
HEIGHT, MOST = 340, 640  # pixels up, and across at most


@picture(
    asks=("scores flipped examples classes|forgetting flipped examples classes", "example_scores"),
    selects=("id",),
    brushed={"x": "score_x", "y": "score_y"},
    title="Do two scores agree?",
    subtitle="{about}",
    holds="the scores of single examples",
)
def score_against_score(outcomes: Iterable[Any], a: str | None = None, b: str | None = None, *, seed: int = 0) -> Rows:
    """Draw a point for each of some examples: one score across, another up, chosen by two menus; above it Spearman's
    rank correlation of the two over all examples.

    `outcomes` are those of `experiments.example_scores`, whose replicas are averaged; `a` and `b` are the scores across
    and up at first: el2n and forgetting, where they are there. `seed` draws the examples that are shown. Raises a
    ValueError for a score that is not there.
    """
    check_seed(seed)
    outcomes = list(outcomes)
    examples = scored_examples(outcomes)
    if examples is None:
        return []
    names = list(examples.scores)
    names = list(dict.fromkeys([*AGREE, *names])) if set(AGREE) <= set(names) else names
    first, second = (
        examples.chosen(names[0] if a is None else a),
        examples.chosen(names[min(1, len(names) - 1)] if b is None else b),
    )
    n = len(examples.examples)
    drawn = torch.randperm(n, generator=generator(seed, "points"))[:POINTS].sort().values
    about = f"{examples.about}, {'all' if n <= POINTS else f'{POINTS} of them'} drawn"
    pairs, correlations = zip(*correlated(outcomes).items(), strict=True)
    note = {"role": "note", "about": about, "names": names, "score_x": first, "score_y": second}
    note |= {"a": [pair[0] for pair in pairs], "b": [pair[1] for pair in pairs], "correlation": list(correlations)}
    ids, labels = examples.examples.ids[drawn].cpu(), examples.examples.labels[drawn].tolist()
    flipped = torch.isin(ids, examples.flipped).tolist()
    points = [
        {"role": "example", "id": int(i), "class": examples.classes[label], "flipped": flip, "never": ""}
        for i, label, flip in zip(ids, labels, flipped, strict=True)
    ]
    for name in names:
        values = examples.values(name)
        known = values[torch.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        beyond = high + 0.07 * ((high - low) or 1.0)  # where those stand that were never learned
        for point, value in zip(points, values[drawn].tolist(), strict=True):
            point[name] = float(f"{min(value, beyond):.5g}")
            point["never"] += f" {name}," if math.isinf(value) else ""
    return [note, *points]


@score_against_score.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows; the menus choose among the scores that are there."""
    note = rows[0] if rows else {"names": [""], "score_x": "", "score_y": ""}
    menus = [
        menu([note[name], *note["names"]], words, name=name)  # what is chosen comes first
        for name, words in (("score_x", "across"), ("score_y", "up"))
    ]
    away = {axis: f"indexof(datum.never, ' ' + score_{axis} + ',') >= 0" for axis in "xy"}
    kind = f"{away['x']} || {away['y']} ? '{NEVER}' : datum.flipped ? 'label flipped' : 'as it is'"
    said = {f"said_{axis}": f"{away[axis]} ? '{NEVER}' : format(datum[score_{axis}], '.4')" for axis in "xy"}
    inner = min(width - SIDE - 10, MOST)
    how: Any = {"title": None, "scale": alt.Scale(zero=False, nice=False, padding=12)}
    tip = tips(**{"class": "class", "id": "id", "kind": "kind", "said_x": "across", "said_y": "up"})
    looks = channels(KINDS, "kind", legend(None, KINDS, width, offset=24, values=_kinds(rows)))
    points = where("example").transform_calculate(x="datum[score_x]", y="datum[score_y]", kind=kind, **said)
    points = points.mark_point(size=30, filled=True, opacity=0.75).encode(
        x=alt.X("x:Q", **how, axis=alt.Axis(tickCount=max(3, inner // 64))),
        y=alt.Y("y:Q", **how, axis=alt.Axis(tickCount=6)),
        **{channel: looks[channel] for channel in ("color", "shape")},
        tooltip=tip,
    )
    about = where("note")
    told = about.transform_flatten(["a", "b", "correlation"])
    told = told.transform_filter("datum.a == score_x && datum.b == score_y").transform_calculate(
        words="isValid(datum.correlation) ? 'Spearman ' + format(datum.correlation, '+.2f') + ' over all of them'"
        " : 'no rank correlation: one of the two is the same for all'"
    )
    words = [
        (told.mark_text(align="left", dy=-12, fontWeight=600, limit=width - 12), -54, 0),
        (about.transform_calculate(words="score_x").mark_text(align="center", dy=32), inner / 2, HEIGHT),
        (about.transform_calculate(words="score_y").mark_text(align="center", angle=270, dy=-48), 0, HEIGHT / 2),
    ]
    placed = [text.encode(x=alt.value(x), y=alt.value(y), text="words:N") for text, x, y in words]
    return alt.layer(points, *placed).properties(width=inner, height=HEIGHT).add_params(*menus)


def _kinds(rows: Rows) -> Any:
    """Return which kinds of examples there are for the scores that the menus have chosen, as an expression."""
    names, examples = (rows[0]["names"] if rows else []), rows[1:]

    def kinds(x: str, y: str) -> list[str]:
        away = [any(f" {name}," in row["never"] for name in (x, y)) for row in examples]
        flipped = [row["flipped"] and not never for row, never in zip(examples, away, strict=True)]
        plain = [not row["flipped"] and not never for row, never in zip(examples, away, strict=True)]
        return [kind for kind, there in zip(KINDS, (plain, flipped, away), strict=True) if any(there)]

    by_scores = {x: {y: kinds(x, y) for y in names} for x in names}
    return alt.ExprRef(f"{json.dumps(by_scores)}[score_x][score_y]")


@score_against_score.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how the two scores that are shown at first agree."""
    rows = score_against_score.rows(outcomes)
    if not rows:
        return []
    note = rows[0]
    pairs = zip(note["a"], note["b"], note["correlation"], strict=True)
    value = next((r for a, b, r in pairs if (a, b) == (note["score_x"], note["score_y"])), None)
    agree = "have no rank correlation" if value is None else f"agree by Spearman's {value:+.2f}"
    return [f"{note['score_x']} and {note['score_y']} {agree} ({note['about']})."]
