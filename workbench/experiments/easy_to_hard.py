"""From easy to hard: which examples does each member of an ensemble learn, and what does it alone get right?

The reading that Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets", give of their own ensemble:
members under uncertainty sets of different size "gradually capture different data distributions from easy to hard and
naturally complement each other" (abstract). Difficulty is a score of the examples, such as EL2N.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float64, Int64
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.batches import Batch
from workbench.data.data import Data
from workbench.data_diet.scores import Score, terciles
from workbench.ensembles.member import Member
from workbench.ensembles.predicted import predict
from workbench.ensembles.weighing import weigh
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.nets.door import check_data
from workbench.training.losses import in_words
from workbench.work import rules
from workbench.work.seeds import generator


@dataclass(frozen=True)
class Tercile:
    """How a member does on the easy, the middle or the hard third of the examples; `member` None is the ensemble.

    `trained_with` is the member's loss in words, `λ = 2`; `loss` is the mean cross-entropy in nats. `weight` is the
    share of the training weight that the member's loss gives this third at the end of training, and the three add up to
    1 (a third each where it weighs all alike); `gradient_weight` is the same of what it multiplies gradients by, which
    differs for the published gradient alone and can be negative. Both are None for the ensemble, and for examples that
    were not trained on.
    """

    method: str
    seed: int
    replica: int
    member: int | None
    trained_with: str | None
    split: str
    tercile: str
    examples: int
    score: float
    accuracy: float
    loss: float
    weight: float | None
    gradient_weight: float | None


@dataclass(frozen=True, eq=False)
class Solved:
    """A part of the test images, by which members are right: all of them, some, one alone, or none.

    `who` is "all", "some", "only" (with the `member`'s number) or "none"; the parts are of `share`, add up to 1, and
    hold the images `ids`. `ensemble` is the share of the part that the ensemble gets right, None where it is empty. One
    member alone is "only" where it is right: there is nothing for "all" to add.
    """

    method: str
    seed: int
    replica: int
    who: str
    member: int | None
    examples: int
    share: float
    ensemble: float | None
    ids: Int64[Tensor, " part"]

    def __repr__(self) -> str:
        who = self.who if self.member is None else f"{self.who} member {self.member}"
        return f"Solved({self.method}, replica={self.replica}: {who}, {self.examples} examples)"


def easy_to_hard(
    outcome: Ensembled, model: nn.Module, data: Data, score: Score, *, batch_size: int = 128, seed: int = 0
) -> list[Tercile]:
    """Return how every member, and then the ensemble, does by tercile of the score's examples.

    `data` are those trained on, with their pixel noise, and `score` is of one of their splits ("train" has weights). A
    member weighs in batches of `batch_size`, dealt by `seed`: give what it was trained with (`training_weights`).
    Images are taken in eval mode, un-augmented. Raises a ValueError for the data of another replica, and for a score of
    other data or of fewer examples.
    """
    rules.instance("outcome", outcome, Ensembled, "an ensemble", "wb.experiments.robust_ensembles(...) makes some")
    check_data(data)
    rules.instance("score", score, Score, "a Score", "wb.data_diet.el2n gives one")
    same = torch.equal(data.test.images.cpu(), outcome.examples.images.cpu())
    if not same or not torch.equal(data.validation.ids.cpu(), outcome.validation.ids.cpu()):
        raise ValueError(
            f"data must be those of the replica, with its pixel noise, got others for {outcome}; load them with its "
            f"seed: noisy(load(..., seed={outcome.drawn}), {outcome.pixel_noise:g}, seed={outcome.drawn})"
        )
    part, values = getattr(data, score.split), score.of(data)
    predicted, thirds = predict(model, outcome.members, part), terciles(values)
    labels, shared = predicted.labels, {**outcome.labels, "split": score.split}

    def by_third(right: Tensor, losses: Tensor, *weights: Tensor, **of_whom: Any) -> Iterator[Tercile]:
        for name, places in thirds.items():
            weight, gradient_weight = (float(each[places].sum()) for each in weights) if weights else (None, None)
            yield Tercile(
                **shared,
                **of_whom,
                tercile=name,
                examples=len(places),
                score=float(values[places].double().mean()),
                accuracy=float(right[places].double().mean()),
                loss=float(losses[places].mean()),
                weight=weight,
                gradient_weight=gradient_weight,
            )

    rows, dealt = [], {"batch_size": batch_size, "seed": seed}
    for m, (member, logits) in enumerate(zip(outcome.members, predicted.logits_MNC.double(), strict=True)):
        losses, right = functional.cross_entropy(logits, labels, reduction="none"), logits.argmax(1) == labels
        weights = training_weights(member, logits, labels, **dealt) if score.split == "train" else ()
        rows += by_third(right, losses, *weights, member=m, trained_with=in_words(member.loss))
    p = predicted.probabilities(outcome.combine)
    losses, right = -p.gather(1, labels[:, None])[:, 0].clamp_min(1e-300).log(), p.argmax(1) == labels
    return [*rows, *by_third(right, losses, member=None, trained_with=None)]


def solved(outcome: Ensembled) -> list[Solved]:
    """Return the test images by which members are right: all, some, each one alone, none."""
    rules.instance("outcome", outcome, Ensembled, "an ensemble", "wb.experiments.robust_ensembles(...) makes some")
    right = outcome.test.right()
    together = outcome.probabilities().argmax(1) == outcome.test.labels
    count, members = right.sum(0), len(right)
    parts = [
        ("all", None, (count == members) & (members > 1)),
        ("some", None, (count > 1) & (count < members)),
        *(("only", m, (count == 1) & right[m]) for m in range(members)),
        ("none", None, count == 0),
    ]
    return [
        Solved(
            **outcome.labels,
            who=who,
            member=m,
            examples=(n := int(part.sum())),
            share=n / len(part),
            ensemble=float(together[part].double().mean()) if n else None,
            ids=outcome.test.ids[part],
        )
        for who, m, part in parts
    ]


def solved_means(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the mean over replicas of each part of `solved`, from the plain fields of those outcomes.

    `kind` says who is right, `share` is the mean of the `shares`; `ensemble` is None where the part is always empty.
    """
    parts: dict[tuple[str, str, int | None], list[dict[str, Any]]] = {}
    for row in rows:
        if row.get("who"):
            parts.setdefault((row["method"], row["who"], row["member"]), []).append(row)
    means = []
    for (method, who, member), same in parts.items():
        shares, together = ([row[name] for row in same if row[name] is not None] for name in ("share", "ensemble"))
        part = {"method": method, "kind": who, "member": member, "shares": shares, "share": sum(shares) / len(shares)}
        means.append(part | {"ensemble": sum(together) / len(together) if together else None})
    return means


def training_weights(
    member: Member,
    logits: Float64[Tensor, "examples classes"],
    labels: Int64[Tensor, " examples"],
    *,
    batch_size: int = 128,
    seed: int = 0,
) -> tuple[Float64[Tensor, " examples"], Float64[Tensor, " examples"]]:
    """Return the weights that a member's loss gives examples at its last step, and those of their gradients.

    Each sums to 1. The examples are dealt by `seed` into batches of equal size (to one), at most `batch_size`, and each
    batch has the share of its examples; a member that weighed over the data set has one batch of all. Weights that
    boosting gave are not among them. Raises a ValueError for a batch size below one.
    """
    n = len(labels)
    rules.whole("batch_size", batch_size, least=1, way_on="give that of the recipe, 128 by default")
    count = 1 if member.over == "dataset" else math.ceil(n / batch_size)
    dealt = torch.randperm(n, generator=generator(seed, "batches")).tensor_split(count)
    losses = functional.cross_entropy(logits, labels, reduction="none")
    weights, of_gradients = torch.empty(2, n, dtype=torch.float64)
    for places in dealt:
        batch = Batch(places, labels[places], member.steps - 1, member.steps)
        weighed, share = weigh(member.loss, losses[places], batch), len(places) / n
        weights[places], of_gradients[places] = weighed.weights * share, weighed.of_gradients * share
    return weights, of_gradients
