"""Which scores say the same? Spearman's rank correlation of every two, as numbers on a heat map.

The lesson of it: GraNd at initialisation goes with the norm of the input, not with what is learned (Kirsch 2023), and
a random score with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Rows, cells, picture, thin, tips, widest
from workbench.charts.grammar.looks import DEEP, ORANGE, PALE
from workbench.charts.scored_examples import correlated, scored_examples
from workbench.experiments.score_tables import found_among_hardest
from workbench.numbers.numerals import percent

SCORES = 22
CELL = 52  # pixels across, at most
KEY = 100  # of the colours, with their title


@picture(
    asks=("scores flipped examples classes|forgetting flipped examples classes", "example_scores"),
    selects=("a", "b"),
    title="Which scores say the same?",
    subtitle="{about}",
    holds="the scores of single examples",
)
def score_correlations(outcomes: Iterable[Any]) -> Rows:
    """Draw a heat map of Spearman's rank correlations between all scores, the number in every cell; orange cells agree,
    blue ones are reversed, grey ones have nothing in common.

    `outcomes` are those of `experiments.example_scores`, whose replicas are averaged.
    """
    outcomes = list(outcomes)
    examples = scored_examples(outcomes)
    if examples is None:
        return []
    names = thin(list(examples.scores), SCORES)
    return [
        {
            "a": a.replace("_", " "),
            "b": b.replace("_", " "),
            "order_a": names.index(a),
            "order_b": names.index(b),
            "correlation": value,
            "words": "–" if value is None else f"{round(value, 2) + 0.0:+.2f}" if a != b else "1",
            "about": f"{examples.about}; Spearman, infinity ranks hardest",
        }
        for (a, b), value in correlated(outcomes).items()
        if a in names and b in names
    ]


@score_correlations.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: orange where two agree, blue where one is the other's reverse, the number on it."""
    count = max((row["order_a"] + 1 for row in rows), default=1)
    names = min(130, widest(row["b"] for row in rows) + 8)
    aside = width >= 480
    across = min(1.6 * CELL, (width - names - (KEY if aside else 0) - 16) / count)
    axis: dict[str, Any] = {"domain": False, "ticks": False, "labelLimit": names}
    sort_a, sort_b = (alt.EncodingSortField(f"order_{which}", op="min") for which in "ab")
    x = alt.X("a:N", title=None, sort=sort_a, axis=alt.Axis(labelAngle=-40, **axis))
    y = alt.Y("b:N", title=None, sort=sort_b, axis=alt.Axis(**axis))
    scale = alt.Scale(domain=[-1, 0, 1], range=[DEEP, PALE, ORANGE], interpolate="lab")
    key = alt.Legend(title="rank correlation", tickCount=5, gradientLength=160, orient="right" if aside else "bottom")
    tip = tips(a="score", b="and", correlation=("correlation", "+.3f"))
    colour = alt.Color("correlation:Q", scale=scale, legend=key)
    font = max(5, min(12, int(across / 3.4)))
    layers = cells(x, y, colour, tip, pale="datum.correlation >= -0.6", none="!isValid(datum.correlation)", font=font)
    down = max(14.0, 0.62 * min(across, CELL))
    return alt.layer(*layers).properties(width=round(across * count), height=round(down * count))


@score_correlations.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: what agrees with EL2N, or with the first score, from the closest to the least close."""
    examples = scored_examples(outcomes)
    if examples is None:
        return []
    name = "el2n" if "el2n" in examples.scores else examples.chosen(None)
    values = correlated(outcomes)
    known = [(b, value) for (a, b), value in values.items() if a == name != b and value is not None]
    known.sort(key=lambda pair: -abs(pair[1]))
    others = ", ".join(f"{other.replace('_', ' ')} {value:+.2f}" for other, value in known)
    sentences = [f"Spearman's rank correlation with {name} ({examples.about}): {others}."] if others else []
    if 0 < len(examples.flipped) < len(examples.examples):
        noise = found_among_hardest(examples.scores[name], examples.flipped)
        hit = f"{percent(noise.precision)} have a flipped label, {noise.times:.1f} times the base rate"
        sentences.append(f"Of the hardest tenth by {name} {hit} (AUROC {noise.auroc:.2f}).")
    early = values.get(("grand_init", "input_norm"))
    if early is not None:
        sentences.append(f"GraNd at initialisation goes with the norm of the input: {early:+.2f}.")
    return sentences
