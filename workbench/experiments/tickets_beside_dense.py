"""A ticket beside the denser network that it was pruned from, and all tickets of a kind for `lottery.matching`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from workbench.experiments.fields_of import fields_of
from workbench.experiments.replica import Replica
from workbench.landscape.pairs import compare
from workbench.landscape.path import slice_of
from workbench.lottery.rounds import Round, Trained, projection
from workbench.numbers.asked import asked
from workbench.work import progress, rules


def beside(replica: Replica, denser: Trained, sparser: Trained, split: str, batch_norm: str) -> dict[str, Any]:
    """Return the midpoint barriers between a network and one pruned from it, and what pruning alone cost the first."""
    part = slice_of(replica.data, split)
    pair = compare(replica.model, denser, sparser, part, batch_norm=batch_norm, train=replica.data.train)
    with progress.within("projection", 0):
        cost = projection(replica.model, denser, sparser, part)
    return {"barrier_error": pair.barrier_error, "barrier_loss": pair.barrier_loss, "projection_error": cost}


def check_threshold(threshold: float) -> None:
    """Raise a ValueError unless an error barrier can be above the threshold, or below it."""
    rules.number("threshold", threshold, above=0, below=1, way_on='for "2 points of error" pass 0.02')


def as_fields(trained: Round) -> dict[str, Any]:
    """Return the fields that outcomes have of a round: density and accuracy, mask, rewound weights, run."""
    return {"test_accuracy": trained.run.test_accuracy, **fields_of(trained, "density mask rewound run")}


def tickets(outcomes: Iterable[Any], kind: str = "ticket") -> list[list[Any]]:
    """Return, for every replica, the dense outcome and those of one kind, dense first, for `lottery.matching`.

    Each list is cut to the length of the shortest, so that what is compared is there in every replica.
    """
    by_replica: dict[int, list[Any]] = defaultdict(list)
    for o in asked("matching", outcomes, "replica density run", "one_shot"):
        if o.density == 1 or getattr(o, "kind", "ticket") == kind:
            by_replica[o.replica].append(o)
    lists = [sorted(one, key=lambda o: -o.density) for _, one in sorted(by_replica.items())]
    shortest = min((len(one) for one in lists), default=0)
    return [one[:shortest] for one in lists if one[0].density == 1]
