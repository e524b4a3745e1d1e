"""How do accuracy and calibration fall as images are corrupted more? A line a method, by severity.

After Ovadia et al. 2019, "Can You Trust Your Model's Uncertainty?": a method that is calibrated on clean images need
not be on corrupted ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from workbench.charts.grammar import ROWS, Axis, Means, Rows, by_replica, grouped, records, thin
from workbench.charts.grammar.looks import of_methods
from workbench.experiments.ensemble_outcome import check_once
from workbench.numbers.numerals import points

ALL = "mean of all"
SIGNED = Axis("signed_gap", "confidence - accuracy", "+~%", "+.1%", zero=True)  # two sides, so points and no share
MEASURES = [
    Axis("accuracy", "accuracy", "~%", ".1%", within=(0, 1)),
    Axis("ece", "ECE (15 bins)", "~%", ".1%", zero=True, within=(0, 1)),
    SIGNED,
]


@Means(
    asks=("method seed replica corruption severity|method seed replica dataset score", "under_shift"),
    selects=("method", "severity"),
    x=Axis("severity", "severity", said=".0f", whole=True),
    measures=MEASURES,
    line="method",
    looks=of_methods,
    chosen=("corruption", "corruption"),
    rules={"signed_gap": 0},
    packed=True,
    apart=0.03,
    height=250,
    title="What happens as images are corrupted?",
    subtitle="{about}; mean and 95 % t interval over replicas; severity 0 is without a corruption",
    needs="a corruption and a severity",
)
def accuracy_by_severity(table: Any) -> Iterator[dict[str, Any]]:
    """Draw test accuracy, expected calibration error, and confidence less accuracy, above zero where it is too sure, by
    severity of a corruption that a menu chooses, from clean images at 0 to the strongest at 5, a line for each method.

    `table` is a data frame of `experiments.shift_table`, or the outcomes of `experiments.shifted`; a measure that it
    does not have is not drawn. Means have 95 % t intervals over replicas; "mean of all" is over the corruptions of a
    severity, replica by replica. Raises a ValueError for rows of several experiments, in which a replica has a method
    twice.
    """
    rows = [row for row in _corrupted(table) if row.get("severity") is not None]
    keys = ("seed", "replica", "method", "corruption", "severity")  # clean images may come with every call
    check_once(tuple(row[key] for key in keys) for row in rows if row["severity"])
    names = list(dict.fromkeys(row["method"] for row in rows))
    corruptions = list(dict.fromkeys(row["corruption"] for row in rows if row["severity"]))
    shown = thin(corruptions, ROWS // (3 * len(MEASURES)) - 1)  # points, labels and a rule
    replicas = len({(row["seed"], row["replica"]) for row in rows})
    scaled = ", after temperature scaling" if any(row.get("temperature_scaled") for row in rows) else ""
    about = f"{len(names)} methods, {replicas} replica{'s' if replicas > 1 else ''}{scaled}"
    for row in rows:
        for corruption in (ALL, *(name for name in shown if not row["severity"] or name == row["corruption"])):
            yield row | {"corruption": corruption, "about": about}


def _corrupted(table: Any) -> Rows:
    return [row for row in records(table) if row.get("accuracy") is not None]


@accuracy_by_severity.sentences
def words(outcomes: Any) -> list[str]:
    """Say it in sentences: every measure on clean images and at the strongest severity, means over corruptions."""
    rows, sentences = _corrupted(outcomes), []
    last = max((row["severity"] for row in rows), default=0)
    for method, same in grouped(rows, lambda row: row["method"]).items():
        changes = []
        for measure in MEASURES:
            clean, worst = (
                by_replica(
                    ((row["seed"], row["replica"]), row[measure.field])
                    for row in same
                    if row["severity"] == severity and row.get(measure.field) is not None
                )
                for severity in (0, last)
            )
            if clean and worst:
                said = partial(points, form="+.1f") if measure is SIGNED else partial(points, unit=" %")
                changes.append(f"{measure.title} from {said(clean)} to {said(worst)}")
        if changes:
            sentences.append(f"{method}, from clean images to severity {last}: {'; '.join(changes)}.")
    return sentences
