"""Down to which density do successive rounds stay linearly connected? Pruning goes on until they disconnect.

"Unmasking the Lottery Ticket Hypothesis" (Paul et al. 2023; its adaptive procedure as recalled, not verified): the
successive rounds of a matching ticket connect, those of a failing one do not. So whether the next round still matches
can be seen before it is compared with the dense network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench import lottery
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.tickets_beside_dense import as_fields, beside, check_threshold, tickets
from workbench.lottery.rounds import Matching
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.numbers.asked import asked
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Successive:
    """One round, and the line to it from the round before.

    `barrier_error` (a fraction) and `barrier_loss` (nats) are of the midpoint, above the mean of both ends;
    `projection_error` is what pruning alone costs the round before; all on `split`, None for the dense round 0.
    `disconnected` says that the barrier is above the threshold. A barrier is above the mean of the ends: where the
    sparser one is itself far worse it may be small, or below zero, though nothing is connected; so look at both.
    """

    seed: int
    replica: int
    round: int
    density: float
    test_accuracy: float | None
    dense_accuracy: float | None
    barrier_error: float | None
    barrier_loss: float | None
    projection_error: float | None
    threshold: float
    disconnected: bool
    rewind_step: int
    split: str
    batch_norm: str
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        barrier = "None" if self.barrier_error is None else f"{self.barrier_error:.4f}"
        where = f"replica={self.replica}, round={self.round}, density={self.density:.4g}"
        return f"Successive({where}: barrier_error={barrier}{', disconnected' if self.disconnected else ''})"


@typed
def until_disconnected(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "resnet8(width=4)",  # where it is seen: LeNet on digits stays connected long after it fails
    recipe: Recipe = Recipe(epochs=8),  # noqa: B008 (frozen)
    rounds: int = 6,
    fraction: float = 0.5,
    rewind_step: int = 0,
    threshold: float = 0.02,
    beyond: int = 0,
    split: str = "test",
    batch_norm: str = "average",
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Successive]:
    """Yield a `Successive` for every round of every replica, until two disconnect, or `rounds` of them are done.

    A replica ends `beyond` rounds after the first whose error barrier to the one before is above `threshold`. The pair
    of the dense round and round 1 is measured but ends nothing: there a bump is common also where the ticket matches.
    The barrier is measured on `split`. `disconnections` says where each replica ended, `matching_beside` how far the
    tickets match. Raises a ValueError for an option out of range, before anything is trained.

    Arguments:
        rounds: How many rounds are trained at most, where none disconnects.
        threshold: The error barrier, a fraction, above which two successive rounds count as disconnected.
        beyond: How many rounds are trained after the first that is disconnected.
    """
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    lottery.counts(masks.full(experiment.network), rounds, fraction)
    rules.whole("rounds", rounds, least=2, way_on="only from round 1 on may two rounds disconnect")
    check_threshold(threshold)
    rules.whole("beyond", beyond, way_on="0 ends with the round that is disconnected")

    def successive_rounds(replica: Replica) -> Iterator[Successive]:
        shared = {**replica.labels, **checked, "threshold": threshold}
        before = dense = end = None
        for this in replica.rounds(rounds=rounds, fraction=fraction, rewind_step=rewind_step):
            dense = dense or this
            nothing: dict[str, Any] = dict.fromkeys(("barrier_error", "barrier_loss", "projection_error"))
            measured = nothing if before is None else beside(replica, before, this, split, batch_norm)
            apart = (measured["barrier_error"] or 0) > threshold
            accuracy = {"dense_accuracy": dense.run.test_accuracy}
            yield Successive(round=this.round, disconnected=apart, **accuracy, **shared, **as_fields(this), **measured)
            if end is None and apart and this.round > 1:
                end = this.round + beyond
            if end is not None and this.round >= end:
                break
            before = this

    yield from experiment.side_by_side(successive_rounds)


def disconnections(outcomes: Iterable[Successive]) -> dict[int, float | None]:
    """Return, by replica, the density of the first round that its predecessor is not connected to; None for none.

    Round 1 is left out, as in `until_disconnected`.
    """
    densities: dict[int, float | None] = {}
    outcomes = asked("disconnections", outcomes, "replica round density disconnected", "until_disconnected")
    for o in sorted(outcomes, key=lambda o: (o.replica, o.round)):
        if densities.get(o.replica) is None:
            densities[o.replica] = o.density if o.disconnected and o.round > 1 else None
    return densities


def matching_beside(outcomes: Iterable[Successive], *, margin: float = 0.01) -> Matching:
    """Say down to which density the tickets match the dense network, as `lottery.matching`, as far as all replicas go.

    Raises a ValueError where there is no sparse round of every replica yet.
    """
    return lottery.matching(tickets(outcomes), margin=margin)
