"""What scores of examples say together: means over replicas, a table by example, stability, found label noise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.data_diet import scores
from workbench.data_diet.forgetting import together
from workbench.data_diet.scores import Score
from workbench.experiments.example_scores import OF_TRAINING, Scored, score_names
from workbench.numbers.asked import asked
from workbench.work import rules
from workbench.work.nearest import check_known
from workbench.work.seeds import generator

if TYPE_CHECKING:
    import pandas


def averaged(outcomes: Iterable[Scored]) -> dict[str, Score]:
    """Return every score over all replicas; a replica that never learned an example counts as in `Forgetting.score`."""
    outcomes = _scored("averaged", outcomes)
    names = [name for name in (outcomes[0].scores if outcomes else ()) if all(name in o.scores for o in outcomes)]
    return {name: _over(outcomes, name) for name in names}


def scores_table(outcomes: Iterable[Scored]) -> pandas.DataFrame:
    """Return a row for every training example: its scores over all replicas, NaN for those that were not asked for.

    `label` is the one it was trained with, `flipped` whether that was moved, `step` where the networks were scored,
    `replicas` over how many. `forgetting` (mean events) and `first_learned` are over the replicas that learned it, and
    infinite where none did; `never_learned_share` is the share of the others. Their ranking is in `averaged`.
    """
    import pandas

    outcomes = _scored("scores_table", outcomes)
    if not outcomes:
        return pandas.DataFrame(columns=["id", "label", *_columns(), "replicas", "step", "flipped"])
    means, examples = averaged(outcomes), outcomes[0].examples
    ids = examples.ids.cpu()
    table: dict[str, Any] = {"id": ids.numpy(), "label": examples.labels.cpu().numpy()}
    for name in _columns():
        table[name] = means[name].on(ids).double().numpy() if name in means else float("nan")
    memory = together([o.forgetting for o in outcomes])
    table |= {"forgetting": memory.mean_events.numpy(), "never_learned_share": memory.never_learned_share.numpy()}
    flipped = torch.isin(ids, outcomes[0].flipped.cpu()).numpy()
    return pandas.DataFrame({**table, "replicas": len(outcomes), "step": outcomes[0].step, "flipped": flipped})


def _columns() -> list[str]:
    """Return the names of all scores, and beside forgetting by how many replicas an example was never learned."""
    return [c for name in score_names() for c in ((name, "never_learned_share") if name == "forgetting" else (name,))]


def rank_correlations(means: Mapping[str, Score]) -> dict[tuple[str, str], float | None]:
    """Return Spearman's correlation of every two scores, such as those of `averaged`, in both orders.

    It is None where one of the two is the same for all examples.
    """
    pairs: dict[tuple[str, str], float | None] = {}
    for a, b in itertools.combinations_with_replacement(means, 2):
        value = 1.0 if a == b else scores.correlation(means[a], means[b])
        pairs[a, b] = pairs[b, a] = None if math.isnan(value) else round(value, 4)
    return pairs


def stability(
    outcomes: Iterable[Scored], a: str, b: str | None = None, *, divisions: int = 20, seed: int = 0
) -> list[dict[str, Any]]:
    """Return how well few replicas rank: the rank correlation of `a` over r of them with `b` over all the others.

    `b` is another score, or `a` itself. r is from 1 to half of the replicas, each in several `divisions` drawn by the
    seed; the two sides share no network, whose own noise would else count as agreement. Each dict has `score`, `other`,
    `replicas` (r), `others`, `division`, `correlation`; two replicas are the least.
    """
    rules.whole("divisions", divisions, least=1, most=1000, way_on="20 show the range")
    outcomes = _scored("stability", outcomes)
    for name in (a, *([] if b is None else [b])):
        check_known("score", name, [name for o in outcomes for name in o.scores] or score_names())
    outcomes = sorted(outcomes, key=lambda o: (o.seed, o.replica))
    rows, n = [], len(outcomes)
    for r in range(1, n // 2 + 1):
        for division in range(divisions):
            order = torch.randperm(n, generator=generator(seed, f"division {r}", division)).tolist()
            some, others = ([outcomes[i] for i in part] for part in (order[:r], order[r:]))
            value = scores.correlation(_over(some, a), _over(others, b or a))
            sides = {"score": a, "other": b or a, "replicas": r, "others": n - r, "division": division}
            rows.append({**sides, "correlation": value})
    return rows


@dataclass(frozen=True)
class LabelNoiseFound:
    """How well a score finds flipped labels: among the hardest `share`, `precision` of the examples are flipped.

    `base_rate` is their share among all; `times` says by how much more: precision / base rate. `auroc` is the chance
    that a flipped example scores above one that is not, over all shares.
    """

    share: float
    precision: float
    base_rate: float
    times: float
    auroc: float


def found_among_hardest(score: Score, flipped: Int64[Tensor, " flipped"], share: float = 0.1) -> LabelNoiseFound:
    """Say how many of the hardest round(share · n) examples have a flipped label, by their ids.

    Where the border runs through equal scores, as it does in forgetting, precision is what a draw among them gives on
    average. Raises a ValueError for a share out of (0, 1], and where none or all of the examples are flipped.
    """
    from sklearn.metrics import roc_auc_score

    rules.instance("score", score, Score, "a Score", "wb.data_diet.el2n gives one")
    if not isinstance(flipped, Tensor) or flipped.ndim != 1 or flipped.is_floating_point():
        raise rules.refused("flipped", "a tensor of ids (flipped,)", flipped, "data.flipped is one")
    rules.number("share", share, above=0, most=1, way_on='for "the hardest tenth" pass 0.1')
    bad, n = torch.isin(score.ids, flipped.cpu()), len(score.ids)
    if not 0 < int(bad.sum()) < n:
        raise ValueError(
            f"{int(bad.sum())} of {n} examples are flipped, so there is nothing to find; try label_noise=0.1"
        )
    rank = score.values.unique(return_inverse=True)[1]  # infinity has a rank too
    size = max(1, round(share * n))
    border = int(rank.sort(descending=True).values[size - 1])
    above, at = rank > border, rank == border
    precision = (int(bad[above].sum()) + (size - int(above.sum())) * float(bad[at].double().mean())) / size
    base = int(bad.sum()) / n
    return LabelNoiseFound(share, precision, base, precision / base, float(roc_auc_score(bad.numpy(), rank.numpy())))


def _scored(name: str, outcomes: Iterable[Scored]) -> list[Scored]:
    if hasattr(outcomes, "to_dict"):
        raise rules.refused("outcomes", "the outcomes themselves", outcomes, "a table has no scores of single examples")
    return asked(name, outcomes, "scores forgetting examples flipped step", "example_scores")


def _over(outcomes: Sequence[Scored], name: str) -> Score:
    """Return one score over replicas."""
    missing = [o.replica for o in outcomes if name not in o.scores]
    if missing:
        raise ValueError(f"replica {missing[0]} has no {name}; ask for it: example_scores(scores=({name!r}, …))")
    if name in OF_TRAINING:
        return together([o.forgetting for o in outcomes]).score(name)
    return scores.mean([o.scores[name] for o in outcomes])
