"""Is there a winning ticket? The ticket and its controls by density, over replicas.

Frankle & Carbin 2019, with rewinding (Frankle et al. 2020). For each replica: iterative magnitude pruning from its own
initial weights, then every sparse round's mask is put to the controls' questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import lottery, masks, models
from workbench.data import Data
from workbench.experiments.replica import prepare
from workbench.initialisation import initialise
from workbench.masks import Mask
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.runs import Run, train, weights_at
from workbench.sanity import CONTROLS
from workbench.seeds import number
from workbench.weights import Weights, snapshot
from workbench.work import progress
from workbench.work.archive import Archive, each, run
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side


@dataclass(frozen=True, eq=False)
class Outcome:
    """One training of the experiment: the ticket of a round, or a control at its density; round 0 is the dense net.

    `kind` is ticket, random_mask, random_uniform or reinitialised. `steps` is what was trained, `seconds` wall time,
    `collapsed` counts the layers that lost every weight. `rewound` are the weights it began from.
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
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        where = f"replica={self.replica}, round={self.round}"
        return f"Outcome({self.kind}, {where}, density={self.density:.4g}, test_accuracy={accuracy})"


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
    controls: Sequence[str] = tuple(CONTROLS),
    seed: int = 0,
    replicas: int = 3,
    archive: Archive | str | None = None,
) -> Iterator[Outcome]:
    """Yield an `Outcome` for every training, as they finish: tickets of all replicas side by side, then controls.

    The data's split comes from `seed` and is the same for all replicas; each replica draws its own initial weights and
    its own order. `model` is a name such as "resnet8(width=16)". `controls` are names in `wb.sanity.CONTROLS`. With an
    `archive` (or its folder) every finished training is kept, and found again when the call is repeated. Raises a
    ValueError for an option out of range, before anything is trained.
    """
    for name in controls:
        if name not in CONTROLS:
            raise unknown("control", name, CONTROLS)
    what = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    data, network, drawn = prepare(dataset, **what, rewind_step=rewind_step, seed=seed, replicas=replicas)
    lottery.counts(masks.full(network), rounds, fraction)
    options = {"rounds": rounds, "fraction": fraction, "rewind_step": rewind_step}

    def replica(own: int) -> Iterator[Outcome]:
        for kind, found, trained in _replica(model, data, recipe, tuple(controls), own, options, archive):
            yield _outcome(kind, found, trained, seed, drawn.index(own), rewind_step)

    for _, outcome in side_by_side(replica, drawn):
        yield outcome


def _replica(
    name: str,
    data: Data,
    recipe: Recipe,
    controls: tuple[str, ...],
    seed: int,
    options: dict[str, Any],
    archive: Archive | str | None,
) -> Iterator[tuple[str, lottery.Round, tuple[Run, Mask, Weights]]]:
    """Yield (kind, the ticket's round, what was trained) for the tickets of one replica and then for its controls."""
    model, step = models.named(name, data, seed=seed), options["rewind_step"]
    tickets = call(lottery.rounds, model, snapshot(model), data, recipe, seed=seed, **options)
    found = []
    for r in progress.walk("kind", each(tickets, archive), 1 + len(controls), index=0):
        found.append(r)
        yield "ticket", r, (r.run, r.mask, r.rewound)
    for index, kind in enumerate(controls, 1):
        other = found[0].rewound
        if kind == "reinitialised":
            draw = initialise(model, seed=number(seed, "reinitialised"))
            with progress.within("rewinding point", 0):
                other = run(call(weights_at, model, draw, data, recipe, step=step, seed=seed), archive)
        for r in found[1:]:
            control = CONTROLS[kind](r.ticket, weights=other, seed=number(seed, kind, r.round))
            work = call(train, model, control.weights, data, recipe, mask=control.mask, seed=seed, step=step)
            with progress.within("kind", index, 1 + len(controls)), progress.within("round", r.round, len(found)):
                done = run(work, archive)
            yield kind, r, (done, control.mask, other)


def _outcome(
    kind: str, r: lottery.Round, trained: tuple[Run, Mask, Weights], seed: int, replica: int, rewind_step: int
) -> Outcome:
    run, mask, rewound = trained
    return Outcome(
        kind=kind,
        seed=seed,
        replica=replica,
        round=r.round,
        density=masks.density(mask),
        test_accuracy=run.test_accuracy,
        test_loss=run.test_loss,
        validation_accuracy=run.validation_accuracy,
        steps=run.steps,
        seconds=run.seconds,
        rewind_step=rewind_step,
        collapsed=len(masks.collapsed(mask)),
        mask=mask,
        rewound=rewound,
        run=run,
    )
