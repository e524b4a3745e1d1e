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

from workbench import lottery, masks, models
from workbench.experiments.replica import beside, prepare, tickets
from workbench.lottery import Matching, Round
from workbench.masks import Mask
from workbench.pruning.magnitude import magnitude
from workbench.recipe import Recipe
from workbench.runs import Run, train
from workbench.sanity import CONTROLS
from workbench.seeds import number
from workbench.weights import Ticket, Weights, snapshot
from workbench.work import progress
from workbench.work.archive import Archive, each, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side


@dataclass(frozen=True, eq=False)
class Shot:
    """A network pruned in one shot by `share` and trained again; share 0 is the dense one.

    `kind` is ticket (by magnitude) or random_mask (as many places a layer, drawn anew). `barrier_error` (a fraction)
    and `barrier_loss` (nats) are half-way to the dense solution, above the mean of both: below zero where the pruned
    network is far worse. `projection_error` is what pruning alone costs the dense solution. All are on `split`, and 0
    for the dense network itself.
    """

    kind: str
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
    split: str = "test",
    batch_norm: str = "average",
    seed: int = 0,
    replicas: int = 5,
    archive: Archive | str | None = None,
) -> Iterator[Shot]:
    """Yield a `Shot` for the dense network, every share by magnitude and, with `control`, at random places.

    A share is of the prunable weights; round(share × prunable) of them are removed, exactly. All train from step
    `rewind_step` to the end with the dense network's seed. The control keeps the ticket's count in every layer.
    Barriers and projection are measured on `split`. `prunable` says which share is the largest that
    matches. Raises a ValueError for an option out of range, before anything is trained.
    """
    options = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    checked = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    data, network, drawn = prepare(dataset, seed=seed, replicas=replicas, **options, **checked)
    _check(shares, masks.total(masks.full(network)))

    def replica(own: int) -> Iterator[Shot]:
        born = models.named(model, data, seed=own)
        how = {"rounds": 0, "rewind_step": rewind_step, "seed": own}
        work = call(lottery.rounds, born, snapshot(born), data, recipe, **how)
        (dense,) = progress.walk("share", each(work, archive), 1 + len(shares), index=0)
        fixed = {"seed": seed, "replica": drawn.index(own), "rewind_step": rewind_step}
        fixed |= {"split": split, "batch_norm": batch_norm}
        itself = {"barrier_error": 0.0, "barrier_loss": 0.0, "projection_error": 0.0}
        yield _shot("ticket", 0.0, dense, dense, itself, fixed)
        for index, share in enumerate(sorted(shares), 1):
            for place, (kind, ticket) in enumerate(_tickets(dense, share, own, control)):
                work = call(train, born, dense.rewound, data, recipe, mask=ticket.mask, seed=own, step=rewind_step)
                with progress.within("share", index, 1 + len(shares)), progress.within("kind", place, 1 + control):
                    done = run(work, archive)
                found = Round(index, done.density, ticket.mask, done, dense.rewound, done.weights)
                yield _shot(kind, share, dense, found, beside(born, dense, found, data, split, batch_norm), fixed)

    for _, shot in side_by_side(replica, drawn):
        yield shot


def prunable(outcomes: Iterable[Shot], *, kind: str = "ticket", margin: float = 0.01) -> Matching:
    """Say how far one may prune in one shot: 1 - `density` of the result is the largest share that matches.

    As `lottery.matching`: the lower end of the paired interval over replicas is at least -margin, for this share and
    every smaller one; `density` is None where the smallest does not match.
    """
    return lottery.matching(tickets(outcomes, kind), margin=margin)


def _tickets(dense: Round, share: float, seed: int, control: bool) -> Iterator[tuple[str, Ticket]]:
    """Yield the ticket by magnitude and, beside it, as many places a layer drawn at random."""
    there = masks.total(dense.mask)
    density = (there - round(share * there)) / there
    ticket = Ticket(dense.rewound, magnitude(dense.run.weights, dense.mask, density=density, seed=seed))
    yield "ticket", ticket
    if control:
        drawn = number(seed, "random_mask", masks.kept(ticket.mask))
        yield "random_mask", CONTROLS["random_mask"](ticket, weights=dense.rewound, seed=drawn)


def _shot(
    kind: str, share: float, dense: Round, found: Round, measured: dict[str, float], fixed: dict[str, Any]
) -> Shot:
    return Shot(
        kind=kind,
        share=share,
        density=found.density,
        test_accuracy=found.run.test_accuracy,
        dense_accuracy=dense.run.test_accuracy,
        mask=found.mask,
        rewound=found.rewound,
        run=found.run,
        **measured,
        **fixed,
    )


def _check(shares: Sequence[float], there: int) -> None:
    if not shares or len(set(shares)) < len(shares) or not all(0 < share < 1 for share in shares):
        raise ValueError(f'shares must be in (0, 1), each once, got {list(shares)}; for "90 % pruned" pass 0.9')
    if round(max(shares) * there) == there:
        raise ValueError(f"a share of {max(shares)} leaves none of {there} weights; take a smaller one")
