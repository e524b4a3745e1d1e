"""Searches and tickets at initialisation, made by hand: masks of two layers, three replicas that differ by a point."""

from __future__ import annotations

from typing import Any

from made import DENSE, SPARSE, outcome

from workbench.experiments import Foreseen, Glimpse, Tried
from workbench.nets.masks import Mask, density

GEM = "gem_miner(l2=0.001)"


def glimpse(method: str = GEM, *, step: int = 1, replica: int = 0, asked: float = 0.4, **fields: Any) -> Glimpse:
    """A search of four steps: at step s a share of 1 / 2^s is kept, half of that is in the rounded mask."""
    bound = 0.5**step
    made = {"control": "none", "seed": 0, "of": 4, "density": bound, "density_rounded": bound / 2, "bound": bound}
    made |= {"accuracy": 0.2 * step + 0.01 * replica, "collapsed_layers": 0, "largest": 1.0, "threshold": 0.5}
    scores = (0, 6, 0, 2) + (0,) * 16
    return Glimpse(**{**made, "scores": scores, **fields}, method=method, step=step, replica=replica, asked=asked)


def tried(
    method: str = GEM,
    control: str = "none",
    *,
    after: float = 0.9,
    replica: int = 0,
    mask: Mask = SPARSE,
    **fields: Any,
) -> Tried:
    """A ticket, or a control; what the charts do not read is empty."""
    accuracy = after + 0.01 * replica
    made = {"seed": 0, "asked": 0.4, "density": density(mask), "density_rounded": density(mask), "budget": "recipe"}
    made |= {"accuracy_before": 0.5, "accuracy_before_kept": 0.5, "batch_norm": "recompute", "rule": "paper"}
    made |= {"validation_accuracy": accuracy, "learning_rate": 0.05, "steps": 2, "search_steps": 4, "search_passes": 4}
    made |= {"search_seconds": 0.5, "collapsed_layers": 0, "effective_density": density(mask), "rounded": mask}
    made |= {"accuracy_after": accuracy, "run": outcome(mask=mask).run, "mask": mask, "rewound": {}}
    return Tried(**{**made, **fields}, method=method, control=control, replica=replica)


def gems(replicas: int = 3) -> list[Glimpse | Foreseen | Tried]:
    """A search by Gem-Miner, its ticket and two controls, a random mask that searches nothing, and the dense network.

    Shuffling costs 0.2, 0.21 and 0.22, another draw nothing.
    """
    made: list[Glimpse | Foreseen | Tried] = [Foreseen(GEM, 0, 0, 0.4, idle=False, words="λ will be felt.")]
    for replica in range(replicas):
        of: dict[str, Any] = {"replica": replica}
        made += [glimpse(step=step, **of) for step in range(1, 5)]
        made.append(tried(**of, accuracy_before_kept=0.3, density_rounded=0.2))
        made.append(tried(control="shuffled", after=0.7 - 0.01 * replica, **of))
        made.append(tried(control="reinitialised", **of))
        made.append(tried("random_mask", after=0.6, search_passes=0, accuracy_before=0.1, **of))
        made.append(tried("random_mask", after=0.65, search_passes=0, budget="matched", **of))
        made.append(tried("dense", after=0.95, mask=DENSE, asked=1.0, search_passes=0, accuracy_before=0.1, **of))
    return made
