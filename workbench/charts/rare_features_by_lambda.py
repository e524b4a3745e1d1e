"""Does robust training learn rare features, and make wrong predictions less sure? Three measures by lambda.

The direction is the claim of "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023); the toy is
`experiments.rare_features`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import Axis, Look, Means, records
from workbench.charts.grammar.looks import BLUE, ORANGE
from workbench.numbers.numerals import points


@Means(
    asks=(
        "lam gradient major_accuracy minor_accuracy wrong_confidence_major wrong_confidence_minor gap_major gap_minor",
        "rare_features",
    ),
    selects=("lambda", "kind"),
    x=Axis("place", "lambda", padding=10),
    measures=[
        Axis("accuracy", "accuracy", "~%", ".1%", within=(0, 1)),
        Axis("wrong_confidence", "confidence where wrong", "~%", ".1%", within=(0, 1)),
        Axis("gap", "gap: confidence - accuracy", "+~%", "+.1%"),
    ],
    looks={"major": Look(BLUE, "circle"), "minor": Look(ORANGE, "diamond", dash=(6, 3))},
    names="lambdas",
    rules={"gap": 0},
    height=230,
    title="Does robust training learn rare features?",
    subtitle="{about}; mean and 95 % t interval over replicas; major: frequent features, minor: rare ones",
)
def rare_features(table: Any) -> Iterator[dict[str, Any]]:
    """Draw accuracy, confidence where wrong, and gap by lambda, from the mean (infinity) at the left to the most robust
    at the right, a line for test images with a frequent feature and one for those with a rare feature.

    `table` is a data frame or an iterable of the outcomes of `experiments.rare_features`: means and 95 % t intervals
    over replicas.
    """
    rows = records(table)
    lams = sorted({row["lam"] for row in rows}, reverse=True)
    for row in rows:
        about = f"{row['gradient'].replace('_', ' ')} gradient; {len(lams)} lambdas"
        place = {
            "about": about,
            "place": lams.index(row["lam"]),
            "lambda": _words(row["lam"]),
            "lambdas": [_words(lam) for lam in lams],
        }
        for kind in ("major", "minor"):
            measured = {name: row[f"{name}_{kind}"] for name in ("wrong_confidence", "gap")}
            yield row | place | measured | {"kind": kind, "accuracy": row[f"{kind}_accuracy"]}


def _words(lam: float) -> str:
    return "∞" if math.isinf(lam) else f"{lam:.3g}"


@rare_features.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: rare features by the mean and by the smallest lambda, and what that costs."""
    sentences = []
    for lam in dict.fromkeys((max(o.lam for o in outcomes), min(o.lam for o in outcomes))):
        same = [o for o in outcomes if o.lam == lam]
        wrong = [o.wrong_confidence_minor for o in same if not math.isnan(o.wrong_confidence_minor)]
        sure = f", confidence where wrong {points(wrong, ' %')}" if wrong else ""
        right = points([o.minor_accuracy for o in same], " %")
        minor, major = (points([getattr(o, f"gap_{kind}") for o in same]) for kind in ("minor", "major"))
        rare = f"on rare features accuracy {right}{sure}, gap {minor}"
        sentences.append(f"Lambda {_words(lam)}: {rare}; on frequent ones gap {major}.")
    return sentences
