"""From how far away does a round's solution still return? Barrier and accuracy by the distance of the perturbation."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from typing import Any

from workbench.charts.grammar import ACCURACY, BARRIER, Axis, Look, Means, Rows, grouped, in_sequence, kept, records
from workbench.charts.grammar.looks import GREY, SHAPES
from workbench.numbers.numerals import percent, points

KINDS = {"perturbed": "perturbed", "child": "other noise only", "independent": "another draw"}
STARTS = {words: Look(GREY, shape) for words, shape in zip(KINDS.values(), SHAPES, strict=False)}


@Means(
    asks=("kind density distance threshold barrier_error test_accuracy", "perturbation"),
    selects=("kind", "density", "distance"),
    x=Axis("distance", "distance of the start (square root)", type="sqrt", padding=6),
    measures=[replace(BARRIER, title="error barrier to the solution"), ACCURACY],
    line="kept",
    looks=in_sequence,
    shapes=("start", STARTS),
    rules={"barrier_error": "threshold"},
    apart=0.015,
    height=280,
    title="How far away does the solution still return?",
    subtitle="1 is the way from the rewound weights to the projected solution; mean and 95 % t interval over replicas",
)
def barrier_by_distance(table: Any) -> Rows:
    """Draw the error barrier to the round's own solution, and test accuracy, by the distance at which training began:
    circles are perturbed starting points, squares other noise only, diamonds another draw of the weights.

    `table` is a data frame or an iterable of the outcomes of `experiments.perturbation`: mean and 95 % t interval over
    replicas; the dashed line is the threshold up to which two networks are called connected.
    """
    rows = sorted(records(table), key=lambda row: -row["density"])
    for row in rows:
        row |= {"kept": kept(row["density"]), "shape": KINDS[row["kind"]], "joined": row["kind"] != "independent"}
        if row["kind"] != "perturbed":  # whose distance is measured, and so one of its own for every seed
            row["together"] = row["kind"]
    return rows


@barrier_by_distance.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: for every density, the farthest start from which training returns, and the controls."""
    threshold = outcomes[0].threshold
    within = f"(mean error barrier of at most {100 * threshold:g} points)"
    sentences = []
    for density, same in sorted(grouped(outcomes, lambda o: o.density).items(), reverse=True):
        starts = sorted(grouped((o for o in same if o.kind == "perturbed"), lambda o: o.distance).items())
        means = ((distance, statistics.fmean(o.barrier_error for o in start)) for distance, start in starts)
        *_, back = None, *(distance for distance, _ in itertools.takewhile(lambda mean: mean[1] <= threshold, means))
        network = "The dense network" if density == 1 else f"At {percent(density)}"
        returns = "from none of the distances" if back is None else f"from up to {back:g} times the way to its target"
        sentences.append(f"{network}: training returns {returns} {within}.")
        for kind, name in (("child", "Other noise alone"), ("independent", "Another draw under the same mask")):
            if control := [o.barrier_error for o in same if o.kind == kind]:
                sentences.append(f"{name}: error barrier {points(control)}.")
    return sentences
