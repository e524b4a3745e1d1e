"""What do ensembles say of images unlike those they learned from: corrupted ones, and those of other data?

Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets", ask it of CIFAR-10-C and of SVHN. Ovadia et
al. 2019, "Can You Trust Your Model's Uncertainty?", show that calibration falls with severity, a temperature fitted on
clean images included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from workbench import calibration
from workbench.data.data import Data, Split
from workbench.data.noise import check_clean, noisy_like
from workbench.data.sources import find
from workbench.ensembles.predicted import Predicted, predict
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.experiments.given_names import are, check_names, several, told
from workbench.nets.door import check_data
from workbench.numbers.asked import asked
from workbench.shift import CORRUPTIONS, OUT_OF_DISTRIBUTION_SCORES, corrupt, detection, like, roc
from workbench.work import progress, rules
from workbench.work.seeds import check_seed, generator

if TYPE_CHECKING:
    import pandas

NUMBERS = ("accuracy", "ece", "auroc", "aupr", "fpr95")
COLUMNS = ("method", "seed", "replica", "dataset", "corruption", "severity", "score", *NUMBERS)
SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Corrupted:
    """How an ensemble does on the test images of its own data under a corruption; None and severity 0 are without one.

    `ece` has 15 bins of equal width; `wrong_confidence` is NaN where no image is taken wrongly. With
    `temperature_scaled` the probabilities are scaled by the temperature of the clean validation images.
    """

    method: str
    seed: int
    replica: int
    dataset: str
    corruption: str | None
    severity: int
    temperature_scaled: bool
    accuracy: float
    nll: float
    brier: float
    ece: float
    signed_gap: float
    wrong_confidence: float


@dataclass(frozen=True)
class Detected:
    """How well a score of an ensemble tells the images of another `dataset` (positive) from its own test images.

    `inside` and `outside` count the images; `aupr` depends on their ratio. `curve` are points of the ROC curve, as
    pairs of the false-positive and the true-positive rate.
    """

    method: str
    seed: int
    replica: int
    dataset: str
    score: str
    auroc: float
    aupr: float
    fpr95: float
    inside: int
    outside: int
    curve: tuple[tuple[float, float], ...] = ()


def shifted(
    outcomes: Ensembled | Sequence[Ensembled],
    model: nn.Module,
    data: Data,
    *,
    corruptions: Sequence[str] = tuple(CORRUPTIONS),
    severities: Sequence[int] = SEVERITIES,
    others: Sequence[str | Data] = (),
    outside: int | None = None,
    scores: Sequence[str] = tuple(OUT_OF_DISTRIBUTION_SCORES),
    scaled: bool = False,
    seed: int = 0,
) -> Iterator[Corrupted | Detected]:
    """Yield a `Corrupted` for every ensemble, corruption and severity, then a `Detected` for every other set and score.

    `data` are those the ensembles were tested on, before pixel noise. A corruption is made once for all ensembles, on
    clean images drawn by `seed`; the pixel noise that each replica had comes after it, and another dataset gets noise
    of its own. `others` are names for `wb.load`, or data; at most `outside` of their images are taken, drawn
    by `seed` (None: all; with as many as there are test images, AUPR is 0.5 for a score that knows nothing). Members
    are combined as the outcome says. Raises a ValueError for an unknown name, an impossible severity or number, and for
    data that are not those of the outcomes.
    """
    check_data(data)
    tested: list[Ensembled] = asked("shifted", outcomes, "members test examples pixel_noise", "robust_ensembles")
    check_seed(seed)
    corruptions, others, scores = (
        several(what, given) for what, given in (("corruptions", corruptions), ("others", others), ("scores", scores))
    )
    check_shifts(corruptions, severities, scores, others)
    if outside is not None:
        rules.whole("outside", outside, least=1, way_on="None takes all images of another dataset")
    rules.flag("scaled", scaled)
    check_clean(data)

    def shown(split: Split, o: Ensembled, part: str) -> Split:
        return noisy_like(split, o.examples, o.pixel_noise, seed=o.drawn, part=part)

    def said(split: Split, part: str) -> list[tuple[Ensembled, Predicted]]:
        return [(o, predict(model, o.members, shown(split, o, part))) for o in tested]

    for o in tested:
        if not torch.equal(shown(data.test, o, "test").images, o.examples.images):
            rule = "data must be those that the ensembles were tested on, before pixel noise"
            raise ValueError(f"{rule}, got others for {o}; load them by the same name, test images and image_size")
    for o in tested:
        yield _corrupted(o, o.test, data.name, None, 0, scaled)

    def shifts() -> Iterator[list[Corrupted | Detected]]:
        for name, severity in ((name, severity) for name in corruptions for severity in severities):
            with progress.within("corruption", 0):
                predictions = said(corrupt(data.test, name, severity, seed=seed), "test")
            progress.report(1, 1)
            yield [_corrupted(o, predicted, data.name, name, severity, scaled) for o, predicted in predictions]
        for other in others:
            name = other.name if isinstance(other, Data) else other
            with progress.within("evaluation", 0):
                predictions = said(_some(like(other, data), outside, seed), "other")
            progress.report(1, 1)
            yield [_detected(o, predicted, name, score) for o, predicted in predictions for score in scores]

    for shift in progress.walk("shift", shifts(), len(corruptions) * len(severities) + len(others)):
        yield from shift


def shift_table(outcomes: Iterable[Corrupted | Detected]) -> pandas.DataFrame:
    """Return a row for every outcome of `shifted`: corruptions have no score, other datasets no severity."""
    import pandas

    outcomes = asked("shift_table", outcomes, "method severity accuracy|method score auroc", "under_shift")
    rows = [{name: getattr(o, name, None) for name in COLUMNS} for o in outcomes]
    types = {"severity": "Int64"} | dict.fromkeys(NUMBERS, "float64")
    return pandas.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def _corrupted(
    o: Ensembled, predicted: Predicted, dataset: str, corruption: str | None, severity: int, scaled: bool
) -> Corrupted:
    p, labels = predicted.probabilities(o.combine, o.temperature if scaled else 1.0), predicted.labels
    known: dict[str, Any] = {**o.labels, "dataset": dataset, "corruption": corruption, "severity": severity}
    known |= calibration.measured(p, labels, "accuracy nll brier ece signed_gap wrong_confidence")
    return Corrupted(**known, temperature_scaled=scaled)


def _detected(o: Ensembled, predicted: Predicted, dataset: str, score: str) -> Detected:
    strangeness = OUT_OF_DISTRIBUTION_SCORES[score]
    inside, outside = (strangeness(one.logits_MNC, how=o.combine, votes=one.votes) for one in (o.test, predicted))
    labels = {**o.labels, "dataset": dataset, "score": score, "inside": len(inside), "outside": len(outside)}
    curve = tuple((row["false_positive_rate"], row["true_positive_rate"]) for row in roc(inside, outside))
    return Detected(**labels, **vars(detection(inside, outside)), curve=curve)


def _some(split: Split, n: int | None, seed: int) -> Split:
    """Return at most n images of a split, drawn by the seed, in their order."""
    if n is None or n >= len(split):
        return split
    return split.take(torch.randperm(len(split), generator=generator(seed, "outside"))[:n].sort().values)


def check_shifts(
    corruptions: Sequence[str], severities: Sequence[int], scores: Sequence[str], others: Sequence[str | Data]
) -> None:
    """Raise a ValueError for a corruption, a score, a severity or other data that there are not."""
    check_names("corruption", several("corruptions", corruptions), CORRUPTIONS)
    check_names("score", several("scores", scores), OUT_OF_DISTRIBUTION_SCORES)
    if severities != () and not are(severities, rules.whole, least=1, most=5):
        rule = "severities must be among 1, 2, 3, 4 and 5, each once"
        raise ValueError(f"{rule}, got {told(severities)}; 0 is yielded without asking")
    for other in others:
        if not isinstance(other, Data):
            find(other)
