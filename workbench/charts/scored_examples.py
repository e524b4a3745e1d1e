"""Scored examples as charts take them: the scores of an experiment's outcomes, and the examples they are of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workbench.charts.grammar import once, thin
from workbench.charts.grammar.bins import Bins, bins
from workbench.data.data import Split
from workbench.data_diet.scores import Score
from workbench.experiments.score_tables import averaged, rank_correlations
from workbench.work.nearest import check_known

NEVER = "never learned"


@dataclass(frozen=True, eq=False)
class ScoredExamples:
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

    def bins(self, name: str, count: int) -> Bins:
        """Return the bins of a histogram of a score, the last one of what was never learned."""
        return bins(self.values(name), count, 0.005, NEVER)

    def chosen(self, name: str | None) -> str:
        """Return the name of a score that is there, the first of them for None; a ValueError for another."""
        if name is None:
            return next(iter(self.scores))
        check_known("score", name, self.scores)
        return name

    def drawn_classes(self, most: int) -> list[int]:
        """Return the classes that have examples, at most so many, evenly spread."""
        return thin(sorted(set(self.examples.labels.tolist())), most)

    @property
    def about(self) -> str:
        """Return in words how many examples there are, and over how many networks scores are averaged."""
        networks = "1 network" if self.replicas == 1 else f"mean over {self.replicas} networks"
        return f"{len(self.examples):,} training examples, {networks}{self.when}"


def scored_examples(outcomes: Iterable[Any]) -> ScoredExamples | None:
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
    return ScoredExamples(scores, last.examples, tuple(last.classes), last.flipped.cpu(), replicas, when)


@once
def correlated(outcomes: list[Any]) -> dict[tuple[str, str], float | None]:
    """Return Spearman's correlation of every two scores, None where one of them is the same for all."""
    examples = scored_examples(outcomes)
    return rank_correlations(examples.scores) if examples else {}
