"""Scored examples as charts take them: the scores of an experiment's outcomes, and the examples they are of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workbench.charts import theme
from workbench.data.data import Split
from workbench.data_diet.scores import Score
from workbench.experiments.score_tables import averaged
from workbench.work.nearest import unknown

NEVER = "never learned"
CLASSES = 12  # with a place of their own


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores by name, over all replicas, the examples, the words for their classes, and the ids of flipped labels."""

    scores: dict[str, Score]
    examples: Split
    classes: tuple[str, ...]
    flipped: Tensor
    replicas: int
    when: str = ""

    def values(self, name: str) -> Tensor:
        """Return the values of a score in the order of the examples."""
        return self.scores[name].on(self.examples.ids.cpu()).double().cpu()

    def chosen(self, name: str | None) -> str:
        """Return the name of a score that is there, the first of them for None; a ValueError for another."""
        if name is None:
            return next(iter(self.scores))
        if name not in self.scores:
            raise unknown("score", name, self.scores)
        return name

    @property
    def about(self) -> str:
        """Return in words how many examples there are, and over how many networks scores are averaged."""
        networks = "1 network" if self.replicas == 1 else f"mean over {self.replicas} networks"
        return f"{len(self.examples):,} training examples, {networks}{self.when}"


def scored(outcomes: Iterable[Any]) -> Scored | None:
    """Read the outcomes of `experiments.example_scores`, or of `remembering`, whose last one tells; None without any.

    Of `remembering` there is the score "forgetting" alone, once every example was presented.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return None
    last, when = outcomes[-1], ""
    if hasattr(last, "scores"):
        scores = averaged(outcomes)
    else:
        when = f" at step {last.step} of {last.of}"
        unseen = bool((last.forgetting.presentations_RN.sum(0) == 0).any())
        scores = {} if unseen else {"forgetting": last.forgetting.score()}
    if not scores:
        return None
    replicas = len({(o.seed, getattr(o, "replica", 0)) for o in outcomes})
    return Scored(scores, last.examples, tuple(last.classes), last.flipped.cpu(), replicas, when)


def classes_of(found: Scored, most: int = CLASSES) -> list[int]:
    """Return the classes that have examples, at most so many, evenly spread."""
    return theme.thin(sorted(set(found.examples.labels.tolist())), most)


def finite(values: Tensor) -> Tensor:
    """Return the values that are no infinity, which is where an example was never learned."""
    return values[torch.isfinite(values)]


def bins(values: Tensor, edges: Tensor) -> Tensor:
    """Return the bin of every value; one more, after the last, for those that were never learned."""
    place = torch.bucketize(values, edges[1:-1])
    return torch.where(torch.isfinite(values), place, len(edges) - 1)


def ends(edges: Tensor) -> list[tuple[float, float]]:
    """Return where the bar of every bin begins and ends; that of the never learned stands apart."""
    edge = [float(f"{float(value):.5g}") for value in edges]
    width = (edge[-1] - edge[0]) or 1.0
    return [*itertools.pairwise(edge), (edge[-1] + 0.05 * width, edge[-1] + 0.1 * width)]


def span(low: float, high: float, never: bool) -> str:
    """Return the values of a bar in words."""
    return NEVER if never else f"{low:.3g} to {high:.3g}"
