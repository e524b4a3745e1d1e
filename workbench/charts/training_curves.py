"""How does a network learn? Accuracy and loss by step, on the images to train on, to choose by and to test with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.charts.grammar import STEP, Axis, Look, Looks, Means, thin
from workbench.charts.grammar.looks import BLUE, GOLD, GREEN
from workbench.numbers.numerals import percent, points

MEASURES = [
    Axis("accuracy", "accuracy", "~%", ".2%", within=(0, 1)),
    Axis("loss", "loss in nats (logarithmic)", "~g", ".4f", "log"),
]
PARTS: Looks = {
    "train": Look(GOLD, "square", "training"),
    "validation": Look(GREEN, "triangle-up", "validation"),
    "test": Look(BLUE, "circle", "test"),
}
POINTS = 60  # of a line, at most
LEAST = 1e-6  # of a loss, on a logarithmic axis


@Means(
    asks=("run start replica test_accuracy", "trained_networks"),
    selects=("part", "step"),
    x=STEP,
    measures=MEASURES,
    line="part",
    looks=PARTS,
    sizes=(20, 20),
    apart=0,
    stacked=True,
    height=(200, 200),
    geometric=True,
    title="How does it learn?",
    subtitle="{about}",
    holds="the histories of runs",
)
def training_curves(outcomes: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Draw accuracy and loss by optimiser step, a line for the training, the validation and the test images: the mean
    (of the loss the geometric one) and 95 % t interval over replicas.

    `outcomes` are those of `experiments.trained_networks`. The training loss is the mean since the point before.
    """
    outcomes = list(outcomes)
    replicas = f"{len(outcomes)} replica{'s' if len(outcomes) != 1 else ''}"
    for o in outcomes:
        about = f"{_begun(o)}; {replicas}, mean{' and 95 % t interval' if len(outcomes) > 2 else ''}"
        for row in thin(o.run.history, POINTS):
            for part in PARTS:
                loss, accuracy = row.get("loss" if part == "train" else f"{part}_loss"), row.get(f"{part}_accuracy")
                value = {"loss": None if loss is None else max(loss, LEAST), "accuracy": accuracy}
                if (loss, accuracy) != (None, None):
                    yield {"about": about, "part": part, "replica": o.replica, "step": row["step"], **value}


def _begun(outcome: Any) -> str:
    """Return what a network began from, in words."""
    if outcome.start == "fresh":
        return "from a fresh beginning, dense"
    return f'from the ticket "{outcome.start}", {percent(outcome.density)} of the weights kept'


@training_curves.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: what was trained, its test accuracy, and how much better it does on what it has seen."""
    tested = [o for o in outcomes if o.test_accuracy is not None]
    if not tested:
        return []
    reached = points([o.test_accuracy for o in tested], " %")
    sentences = [f"Trained {_begun(tested[0])}, for {tested[0].steps:,} steps: test accuracy {reached}."]
    gaps = [o.train_accuracy - o.test_accuracy for o in tested if o.train_accuracy is not None]
    if gaps:
        sentences.append(f"On the images that it was trained on it is {points(gaps, ' points')} better.")
    return sentences
