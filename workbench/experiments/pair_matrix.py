"""Which tickets are alike? Every pair of rounds and seeds of a lottery experiment, in four measures.

The midpoint barrier (Frankle et al. 2020; successive rounds: Paul et al. 2023), the angle (Maene et al. 2021), what the
masks share, and where predictions differ. Pairs within a seed are what the papers look at; pairs of different seeds,
which share nothing but the data, are the control beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench import lottery, masks, models
from workbench.experiments.replica import prepare
from workbench.landscape.pairs import pairs
from workbench.landscape.path import MASKS_ON_PATH, slice_of
from workbench.lottery import Round
from workbench.nearest import unknown
from workbench.recipe import Recipe
from workbench.weights import snapshot
from workbench.work import progress
from workbench.work.archive import Archive, each
from workbench.work.calls import call
from workbench.work.replicas import replicas as side_by_side


@dataclass(frozen=True)
class Pair:
    """Two tickets, a before b by (replica, round), and how they compare on a split.

    `barrier_error` (a fraction) and `barrier_loss` (nats) are of the midpoint, above the mean of both ends; `angle` is
    0 to 1 for unrelated (NaN where no place is common), `overlap` the Jaccard overlap of the masks, `disagreement` the
    share of examples that are put into different classes.
    """

    seed: int
    replica_a: int
    round_a: int
    density_a: float
    accuracy_a: float | None
    replica_b: int
    round_b: int
    density_b: float
    accuracy_b: float | None
    barrier_error: float
    barrier_loss: float
    angle: float
    overlap: float
    disagreement: float
    split: str
    batch_norm: str


def pair_matrix(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    rounds: int = 6,
    fraction: float = 0.4,
    rewind_step: int = 0,
    split: str = "test",
    batch_norm: str = "average",
    mask: str = "union",
    seed: int = 0,
    replicas: int = 3,
    archive: Archive | str | None = None,
) -> Iterator[Pair]:
    """Yield a `Pair` for every two of the rounds of all replicas, as soon as both are trained.

    Replicas run side by side, so that pairs come in no fixed order; what a pair holds does not depend on it. A network
    is evaluated once, on `split`. `mask` is the one on the midpoint: "union", "denser" or "sparser" (within a replica
    masks are nested, and "union" is "denser", as `lottery.midpoint` has it). An `archive` keeps the rounds, which are
    those of `winning_tickets` with the same options. Raises a ValueError for an option out of range, before anything
    is trained.
    """
    options = {"train_size": train_size, "image_size": image_size, "model": model, "recipe": recipe}
    checked = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    data, network, drawn = prepare(dataset, seed=seed, replicas=replicas, **options, **checked)
    lottery.counts(masks.full(network), rounds, fraction)
    if mask not in MASKS_ON_PATH:
        raise unknown("mask on the path", mask, MASKS_ON_PATH)
    if (rounds + 1) * replicas < 2:
        raise ValueError("a pair needs two networks; take rounds=1 or more, or two replicas")

    known: dict[tuple[int, int], Round] = {}

    def replica(own: int) -> Iterator[Round]:
        born = models.named(model, data, seed=own)
        how = {"rounds": rounds, "fraction": fraction, "rewind_step": rewind_step, "seed": own}
        work = call(lottery.rounds, born, snapshot(born), data, recipe, **how)
        yield from progress.walk("tickets", each(work, archive), 1, index=0)

    def arriving() -> Iterator[tuple[tuple[int, int], Round]]:
        for own, found in side_by_side(replica, drawn):
            name = (drawn.index(own), found.round)
            known[name] = found
            yield name, found

    how = {"mask": mask, "batch_norm": batch_norm, "train": data.train}
    for (a, b), found in pairs(network, arriving(), slice_of(data, split), **how):
        ends = _end("a", a, known[a]) | _end("b", b, known[b])
        yield Pair(seed=seed, split=split, **ends, **vars(found))


def _end(which: str, name: tuple[int, int], found: Round) -> dict[str, Any]:
    """Return the fields of one of the two tickets."""
    replica, r = name
    fields = {"replica": replica, "round": r, "density": found.density, "accuracy": found.run.test_accuracy}
    return {f"{field}_{which}": value for field, value in fields.items()}
