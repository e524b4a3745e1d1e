"""How much can be pruned in one shot and retrained to match?

The dense solution's smallest weights are removed at once, the rest are rewound and trained again (one-shot pruning as
in Frankle & Carbin 2019 and Renda et al. 2020). "Unmasking the Lottery Ticket Hypothesis" (Paul et al. 2023) explains
why it stops early: the projection of the solution leaves the region that is linearly connected to it; so both are
measured beside the accuracy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import lottery
from workbench.experiments.given_names import are, told
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.tickets_beside_dense import as_fields, beside, tickets
from workbench.lottery.rounds import Matching, Round
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights
from workbench.pruning import check_method, prune
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Shot:
    """A network pruned in one shot by `share` and trained again; share 0 is the dense one.

    `kind` is ticket (by the `method`) or random_mask (as many places a layer, drawn anew). `barrier_error` (a fraction)
    and `barrier_loss` (nats) are half-way to the dense solution, above the mean of both: below zero where the pruned
    network is far worse. `projection_error` is what pruning alone costs the dense solution. All are on `split`, and 0
    for the dense network itself.
    """

    kind: str
    method: str
    seed: int
    replica: int
    share: float
    density: float
    test_accuracy: float | None
    dense_accuracy: float | None
    barrier_error: float
    barrier_loss: float
    projection_error: float
    rewind_step: int
    split: str
    batch_norm: str
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        where = f"{self.kind}, replica={self.replica}, share={self.share:.4g}"
        return f"Shot({where}: test_accuracy={accuracy}, barrier_error={self.barrier_error:.4f})"


@typed
def one_shot(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=15),  # noqa: B008 (frozen)
    shares: Sequence[float] = (0.5, 0.8, 0.9, 0.95, 0.98),
    rewind_step: int = 0,
    control: bool = True,
    method: str = "magnitude",
    split: str = "test",
    batch_norm: str = "average",
    seed: int = 0,
    replicas: int = 5,
    archive: ArchiveLike | None = None,
) -> Iterator[Shot]:
    """Yield a `Shot` for the dense network, every share by a method and, with `control`, at random places.

    A share is of the prunable weights; round(share × prunable) of them are removed, exactly, by a `method` of
    `wb.pruning.METHODS`, as in "random_mask(layers='erk')", which is given the dense solution. All train from step
    `rewind_step` to the end with the dense network's seed. The control keeps the ticket's count in every layer.
    Barriers and projection are measured on `split`. `prunable` says which share is the largest that matches. Raises a
    ValueError for an option out of range, before anything is trained.

    Arguments:
        shares: The shares of the prunable weights that are removed at once.
        method: How the weights to remove are chosen, by name, with options in parentheses.
    """
    check_method(method)
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    rules.flag("control", control, "False leaves out the random places")
    if not are(shares, rules.number, above=0, below=1):
        raise ValueError(f'shares must be in (0, 1), each once, got {told(shares)}; for "90 % pruned" pass 0.9')
    prunable_weights = masks.total(masks.full(experiment.network))
    if round(max(shares) * prunable_weights) == prunable_weights:
        raise ValueError(f"a share of {max(shares)} leaves none of {prunable_weights} weights; take a smaller one")
    parts = (1, *[1 + control for _ in shares])

    def shots(replica: Replica) -> Iterator[Shot]:
        (dense,) = progress.walk("dense", replica.rounds(rounds=0, rewind_step=rewind_step), parts, index=0)
        fields = {**replica.labels, **checked, "method": method, "dense_accuracy": dense.run.test_accuracy}
        itself: dict[str, Any] = {"barrier_error": 0.0, "barrier_loss": 0.0, "projection_error": 0.0}
        yield Shot(kind="ticket", share=0.0, **fields, **as_fields(dense), **itself)
        for index, share in enumerate(sorted(shares), 1):
            for place, (kind, ticket) in enumerate(_tickets(replica, dense, share, method, control)):
                with progress.within("share", index, parts), progress.within(kind, place, 1 + control):
                    run = replica.train(dense.rewound, mask=ticket.mask, step=rewind_step)
                sparse = Round(index, run.density, ticket.mask, run, dense.rewound, run.weights)
                measured = beside(replica, dense, sparse, split, batch_norm)
                yield Shot(kind=kind, share=share, **fields, **as_fields(sparse), **measured)

    yield from experiment.side_by_side(shots)


def prunable(outcomes: Iterable[Shot], *, kind: str = "ticket", margin: float = 0.01) -> Matching:
    """Say how far one may prune in one shot: 1 - `density` of the result is the largest share that matches.

    As `lottery.matching`: the lower end of the paired interval over replicas is at least -margin, for this share and
    every smaller one; `density` is None where the smallest does not match.
    """
    return lottery.matching(tickets(outcomes, kind), margin=margin)


def _tickets(replica: Replica, dense: Round, share: float, method: str, control: bool) -> Iterator[tuple[str, Ticket]]:
    """Yield the ticket of a method and, beside it, as many places a layer drawn at random."""
    prunable_weights = masks.total(dense.mask)
    density = (prunable_weights - round(share * prunable_weights)) / prunable_weights
    given = (replica.model, dense.run.weights, replica.data, replica.recipe)
    with progress.within("search", 0):
        mask = replica.run(prune, method, *given, density=density, mask=dense.mask, seed=replica.seed)
    ticket = Ticket(dense.rewound, mask)
    yield "ticket", ticket
    if control:
        yield "random_mask", replica.control("random_mask", ticket, dense.rewound, masks.kept(ticket.mask))
