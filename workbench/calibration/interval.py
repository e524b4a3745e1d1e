"""What one test split allows one to say: a bootstrap over its examples, for metrics that are a mean over them.

It tells of other test examples, not of other trainings: claims between methods rest on replicas
(`wb.intervals.paired`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from workbench.calibration.arrays import Array, checked, top
from workbench.calibration.proper import each_brier, each_nll
from workbench.numbers import intervals
from workbench.numbers.intervals import Interval
from workbench.work.nearest import check_known


def _wrong(probabilities: Array, labels: Array) -> np.ndarray:
    confidence_N, right_N = top(probabilities, labels)
    return confidence_N[~right_N]


MEANS: dict[str, Callable[[Array, Array], np.ndarray]] = {
    "accuracy": lambda probabilities, labels: top(probabilities, labels)[1].astype(np.float64),
    "nll": lambda probabilities, labels: each_nll(*checked(probabilities, labels)),
    "brier": lambda probabilities, labels: each_brier(*checked(probabilities, labels)),
    "signed_gap": lambda probabilities, labels: np.subtract(*top(probabilities, labels)),
    "wrong_confidence": _wrong,
}
_BIASED = (
    "a bootstrap overstates what is binned, each draw adds its own chance to that of the examples (simulated: of 300 "
    "examples near calibration a 95 % interval of the ECE held the truth in 0 to 7 of 100 cases); ece_in_full says "
    "what one split can"
)
REFUSED = {
    **dict.fromkeys(("ece", "ece_debiased", "ece_equal_mass", "ece_floor", "mce", "classwise_ece"), _BIASED),
    **dict.fromkeys(("aurc", "excess_aurc"), "it is no mean over examples"),
}


def by_example(metric: str, probabilities: Array, labels: Array) -> Float64[np.ndarray, " examples"]:
    """Return what each example adds to a metric that is a mean over them; of wrong_confidence, each wrong prediction.

    The difference of two methods on the same examples, with its interval, is
    `wb.intervals.bootstrap(np.mean, by_example("nll", a, labels) - by_example("nll", b, labels))`.
    """
    if isinstance(metric, str) and metric in REFUSED:
        raise ValueError(
            f"{metric} has no interval over examples: {REFUSED[metric]}; take wb.intervals.mean over replicas"
        )
    check_known("metric", metric, MEANS)
    return MEANS[metric](probabilities, labels)


def interval(
    metric: str, probabilities: Array, labels: Array, *, draws: int = 1000, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """Return a metric with its percentile interval over examples drawn with replacement.

    `metric` is a name in `MEANS`. wrong_confidence draws from the wrong predictions (`n` counts those), and is NaN
    where nothing is wrong. Raises a ValueError, with the reason, for an ECE and its kin, and for an infinite NLL.
    """
    values = by_example(metric, probabilities, labels)
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    if endless := int(np.isinf(values).sum()):
        raise ValueError(
            f"{endless} of {len(values)} labels were given probability 0, and the mean of an infinite loss has no "
            "interval; leave room for every class, as a softmax in float64 does, or take the interval of brier"
        )
    return intervals.bootstrap(np.mean, values, draws=draws, confidence=confidence, seed=seed)
