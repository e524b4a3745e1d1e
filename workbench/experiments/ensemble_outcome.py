"""One ensemble of one method, from one seed: its members and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from workbench.data.data import Split
from workbench.ensembles.member import Member
from workbench.ensembles.predicted import Predicted
from workbench.numbers.numerals import percent
from workbench.training.losses import in_words
from workbench.work.locks import cached_property

BINS = 10  # of diagrams and histograms; an ECE has its own 15


@dataclass(frozen=True, eq=False)
class Ensembled:
    """One ensemble (or single network) of the experiment.

    `method` is one of `WAYS`; `density` is what one member keeps of the prunable weights; `combine` is how members are
    combined, in the whole table. `validation` and `test` hold the members' logits; `examples` are the test images,
    `classes` their names. `steps` counts all optimiser steps that were trained for it, the search for a mask included.
    `union` is the share of places that any member keeps, `overlap` the mean Jaccard overlap of two members' masks;
    `bits` is what its members take to store beyond random weights that they share, `multiplications` what one image
    takes. `drawn` is the replica's own seed, from which its split of the data and its `pixel_noise` came.
    """

    method: str
    members: tuple[Member, ...]
    density: float
    seed: int
    replica: int
    combine: str
    steps: int
    overlap: float
    union: float
    bits: int
    multiplications: int
    pixel_noise: float
    drawn: int
    validation: Predicted
    test: Predicted
    examples: Split
    classes: tuple[str, ...]

    @property
    def labels(self) -> dict[str, Any]:
        """What it is known by in tables: method, seed, replica."""
        return {"method": self.method, "seed": self.seed, "replica": self.replica}

    @cached_property
    def temperature(self) -> float:
        """The temperature fitted on the validation split, after combining; the test split has no part in it."""
        from workbench.calibration import fit_temperature

        probabilities = self.validation.probabilities(self.combine)
        return fit_temperature(probabilities.clamp_min(1e-300).log(), self.validation.labels)

    def probabilities(self, *, scaled: bool = False) -> Tensor:
        """Return the ensemble's probabilities (N, C) on the test split, after temperature scaling if `scaled`."""
        return self.test.probabilities(self.combine, self.temperature if scaled else 1.0)

    @property
    def accuracy(self) -> float:
        """The ensemble's accuracy on the test split."""
        return float((self.probabilities().argmax(1) == self.test.labels).double().mean())

    @property
    def name(self) -> str:
        """The method with its size: `robust, 3 × 5 %`."""
        members = str(len(self.members)) if len(self.members) > 1 else ""
        size = " × ".join(filter(None, (members, "" if self.density == 1 else percent(self.density))))
        return f"{self.method}, {size}" if size else self.method

    @property
    def member_names(self) -> tuple[str, ...]:
        """The members' numbers and losses: `1: λ = ∞`."""
        return tuple(f"{m + 1}: {in_words(member.loss)}" for m, member in enumerate(self.members))

    def answers(self, *, scaled: bool = False) -> Answers:
        """Return what it says of every test image, after temperature scaling if `scaled`."""
        from workbench.calibration.arrays import top

        probabilities = self.probabilities(scaled=scaled)
        confidence, right = top(probabilities, self.test.labels)
        return Answers(self, confidence, probabilities.argmax(1).cpu().numpy(), right)

    def __repr__(self) -> str:
        size = f"members={len(self.members)}, density={self.density:.4g}, replica={self.replica}"
        return f"Ensembled({self.method}: {size}, accuracy={self.accuracy:.4f})"


@dataclass(frozen=True, eq=False)
class Answers:
    """What one ensemble says of every test image: how sure, which class, whether that is right, and in which bin."""

    outcome: Ensembled
    confidence: np.ndarray
    answer: np.ndarray
    right: np.ndarray

    @cached_property
    def bin(self) -> np.ndarray:
        """The bin of every confidence: ten of equal width, closed on the right."""
        from workbench.calibration.binned import cut

        return cut(self.confidence, BINS, "right", "width")[1]


def by_method(outcomes: Iterable[Ensembled]) -> dict[str, list[Ensembled]]:
    """Return the outcomes of each method, by replica, methods in the order in which they came.

    Raises a ValueError where outcomes were combined in different ways: their confidences cannot be compared; and where
    a replica has a method twice, as those of several experiments have.
    """
    outcomes = list(outcomes)
    if len(ways := {o.combine for o in outcomes}) > 1:
        raise ValueError(
            f"all must be combined in one way, got {' and '.join(sorted(ways))}; mean logits are surer than mean "
            "probabilities: draw one chart for each"
        )
    check_once((o.seed, o.replica, o.method) for o in outcomes)
    ensembles: dict[str, list[Ensembled]] = {o.method: [] for o in outcomes}
    for o in sorted(outcomes, key=lambda o: (o.seed, o.replica)):
        ensembles[o.method].append(o)
    return ensembles


def check_once(keys: Iterable[tuple[Any, ...]]) -> None:
    """Raise a ValueError where a key is there twice: a mean over replicas would mix experiments, or one hide another.

    A key is (seed, replica, method), and after these whatever else may differ, such as `temperature_scaled`.
    """
    twice = [(key, count) for key, count in Counter(keys).items() if count > 1]
    if twice:  # the first replica is named, in whichever order they finished
        (seed, replica, method, *_), count = min(twice, key=lambda one: one[0][:2])
        raise ValueError(
            f'a replica must have a method once, but "{method}" is there {count} times (seed {seed}, replica '
            f"{replica}); take one dataset and one setting (density, lams, combine, ...) at a time"
        )
