"""Is there a winning ticket? The ticket and its controls by density, over replicas.

Frankle & Carbin 2019, with rewinding (Frankle et al. 2020). For each replica: iterative magnitude pruning from its own
initial weights, then every sparse round's mask is put to the controls' questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from workbench import lottery
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import check_names
from workbench.experiments.replica import Replica, prepare
from workbench.lottery.sanity import AS_TRAINED, CONTROLS
from workbench.nets import masks
from workbench.nets.compaction import Alive
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Outcome:
    """One training of the experiment: the ticket of a round, or a control at its density; round 0 is the dense net.

    `kind` is ticket or a name in `wb.sanity.CONTROLS`. `steps` is what was trained, `seconds` wall time,
    `collapsed` counts the layers that lost every weight. `execution` is how the network was computed, "auto" resolved.
    `alive` counts what of every layer is alive; None for a network whose channels cannot be followed. `rewound` are the
    weights it began from.
    """

    kind: str
    seed: int
    replica: int
    round: int
    density: float
    test_accuracy: float | None
    test_loss: float | None
    validation_accuracy: float | None
    steps: int
    seconds: float
    rewind_step: int
    collapsed: int
    execution: str
    alive: dict[str, Alive] | None
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        where = f"replica={self.replica}, round={self.round}"
        return f"Outcome({self.kind}, {where}, density={self.density:.4g}, test_accuracy={accuracy})"


@typed
def winning_tickets(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    rounds: int = 8,
    fraction: float = 0.2,
    rewind_step: int = 0,
    controls: Sequence[str] = ("random_mask", "random_uniform", "reinitialised"),
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Outcome]:
    """Yield an `Outcome` for every training, as they finish: tickets of all replicas side by side, then controls.

    The data's split comes from `seed` and is the same for all replicas; each replica draws its own initial weights and
    its own order. `model` is a name such as "resnet8(width=16)". `controls` are names in `wb.sanity.CONTROLS`. With an
    `archive` (or its folder) every finished training is kept, and found again when the call is repeated. Raises a
    ValueError for an option out of range, before anything is trained.

    Arguments:
        controls: The masks that are trained beside the ticket of every round, with as many weights, to tell what it
            owes to its places and to its initial weights.
    """
    check_names("control", controls, CONTROLS)
    given = (dataset, train_size, image_size, model, recipe, seed, replicas, archive)
    experiment = prepare(*given, rewind_step=rewind_step)
    lottery.counts(masks.full(experiment.network), rounds, fraction)
    costs = (rounds + 1, *[rounds for _ in controls])

    def tickets_then_controls(replica: Replica) -> Iterator[Outcome]:
        tickets = []
        lottery_rounds = replica.rounds(rounds=rounds, fraction=fraction, rewind_step=rewind_step)
        for ticket in progress.walk("ticket", lottery_rounds, costs, index=0):
            tickets.append(ticket)
            yield _outcome(replica, "ticket", ticket.round, ticket.mask, ticket.rewound, ticket.run, rewind_step)
        sparse_rounds = (0, *[1 for _ in tickets[1:]])
        for index, kind in enumerate(controls, 1):
            weights = replica.rewound_for(kind, tickets[0].rewound, rewind_step)
            for denser, sparse in itertools.pairwise(tickets):
                weights = denser.run.weights if CONTROLS[kind] in AS_TRAINED else weights
                control = replica.control(kind, sparse.ticket, weights, sparse.round)
                with progress.within(kind, index, costs), progress.within("round", sparse.round, sparse_rounds):
                    run = replica.train(control.weights, mask=control.mask, step=rewind_step)
                before = _before(control, weights)
                yield _outcome(replica, kind, sparse.round, control.mask, before, run, rewind_step)

    yield from experiment.side_by_side(tickets_then_controls)


def _before(control: Ticket, given: Weights) -> Weights:
    """Return the weights that a control began from: those it was given, pruned places included, unless it drew some."""
    filled = masks.apply(given, control.mask)
    drew = any(not torch.equal(tensor, filled[name]) for name, tensor in control.weights.items())
    return control.weights if drew else given


def _outcome(
    replica: Replica, kind: str, round: int, mask: Mask, rewound: Weights, run: Run, rewind_step: int
) -> Outcome:
    return Outcome(
        kind=kind,
        round=round,
        density=masks.density(mask),
        rewind_step=rewind_step,
        collapsed=len(masks.collapsed(mask)),
        execution=run.hardware.execution,
        alive=replica.alive(mask),
        mask=mask,
        rewound=rewound,
        run=run,
        **replica.labels,
        **fields_of(run, "test_accuracy test_loss validation_accuracy steps seconds"),
    )
