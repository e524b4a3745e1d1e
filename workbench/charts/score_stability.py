"""How many networks does a score need? The rank correlation of a mean over few with the mean over all others.

Toneva et al. 2019 and Paul et al. 2021 found that a single network ranks examples poorly; the two sides of a division
share no network, whose own noise would else count as agreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.charts.grammar import Axis, Means, once, thin
from workbench.experiments.score_tables import stability

SCORES, COUNTS = 8, 8  # lines, and points on each, at most
DIVISIONS = 6
SAME, OTHER = "the same score", "forgetting"

divided = once(stability)  # some hundred rank correlations


@Means(
    asks=("scores forgetting replica", "example_scores"),
    selects=("score", "replicas"),
    x=Axis("replicas", "networks averaged", whole=True, padding=14),
    measures=[Axis("correlation", "rank correlation with the other networks", "+~f", "+.3f")],
    line="score",
    chosen=("beside", "with"),
    buttons=True,
    ranged=True,
    carried=[("others", "with the mean over others")],
    height=340,
    title="How many networks does a score need?",
    subtitle="{about}",
    needs="two networks or more, as replicas, and a score that asks them",
    holds="the scores of single examples",
)
def score_stability(outcomes: Iterable[Any], *, divisions: int = DIVISIONS, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Draw Spearman's rank correlation of the mean over few networks with the mean over all the others, a line a score,
    by the number of networks averaged; buttons compare with forgetting instead.

    `outcomes` are those of `experiments.example_scores`, two replicas or more; the buttons choose with which score of
    the other networks. `seed` draws the divisions.
    """
    outcomes = list(outcomes)
    names = [name for name in (outcomes[0].scores if outcomes else ()) if all(name in o.scores for o in outcomes)]
    names = [name for name in names if name != "input_norm"]  # which asks no network
    about = f"{len(outcomes)} networks, each drawn to one side or the other; mean and range over {divisions} divisions"
    for beside in (SAME, OTHER) if OTHER in names else (SAME,):
        other = None if beside == SAME else OTHER
        for name in thin(names, SCORES):
            rows = divided(outcomes, name, other, divisions=divisions, seed=seed)
            counts = thin(sorted({row["replicas"] for row in rows}), COUNTS)
            for number, row in enumerate(rows):
                if row["replicas"] in counts:
                    score = {"score": name.replace("_", " "), "replica": number}
                    yield {"about": about, "beside": beside, **row, **score}
