"""Which tickets are alike? Every pair of rounds and seeds of a lottery experiment, in four measures.

The midpoint barrier (Frankle et al. 2020; successive rounds: Paul et al. 2023), the angle (Maene et al. 2021), what the
masks share, and where predictions differ. Pairs within a seed are what the papers look at; pairs of different seeds,
which share nothing but the data, are the control beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench import lottery
from workbench.experiments.replica import Replica, prepare
from workbench.landscape.pairs import pairs
from workbench.landscape.path import MASKS_ON_PATH, slice_of
from workbench.lottery.rounds import Round
from workbench.nets import masks
from workbench.training.recipe import Recipe
from workbench.work import progress
from workbench.work.archive import ArchiveLike
from workbench.work.nearest import check_known
from workbench.work.typed import typed


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


@typed
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
    archive: ArchiveLike | None = None,
) -> Iterator[Pair]:
    """Yield a `Pair` for every two of the rounds of all replicas, as soon as both are trained.

    Replicas run side by side, so that pairs come in no fixed order; what a pair holds does not depend on it. A network
    is evaluated once, on `split`. `mask` is the one on the midpoint: "union", "denser" or "sparser" (within a replica
    masks are nested, and "union" is "denser", as `lottery.midpoint` has it). An `archive` keeps the rounds, which are
    those of `winning_tickets` with the same options. Raises a ValueError for an option out of range, before anything
    is trained.

    Arguments:
        mask: Which weights the network half-way keeps: those of either ticket, of the denser one, or of the sparser
            one.
        replicas: How many seeds tickets are drawn from; every two tickets of all of them are compared.
    """
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    lottery.counts(masks.full(experiment.network), rounds, fraction)
    check_known("mask on the path", mask, MASKS_ON_PATH)
    if (rounds + 1) * replicas < 2:
        raise ValueError("a pair needs two networks; take rounds=1 or more, or two replicas")

    networks = (rounds + 1) * replicas
    number, tested = networks * (networks - 1) // 2, len(getattr(experiment.data, split))
    costs = networks * (experiment.length - rewind_step), experiment.passes(tested * number)
    known: dict[tuple[int, int], Round] = {}

    def numbered(replica: Replica) -> Iterator[tuple[tuple[int, int], Round]]:
        for ticket in replica.rounds(rounds=rounds, fraction=fraction, rewind_step=rewind_step):
            yield (replica.labels["replica"], ticket.round), ticket

    def noted() -> Iterator[tuple[tuple[int, int], Round]]:
        for name, ticket in experiment.side_by_side(numbered):  # which may be made in other processes
            known[name] = ticket
            yield name, ticket

    tickets = progress.walk("turn", noted(), costs, index=0)
    options = {"mask": mask, "batch_norm": batch_norm, "train": experiment.data.train}
    compare = pairs(experiment.network, tickets, slice_of(experiment.data, split), **options)
    for count, ((a, b), compared) in enumerate(compare, 1):
        with progress.within("turn", 1, costs):
            progress.report(count, number, "pair")
        ends = _end("a", a, known[a]) | _end("b", b, known[b])
        yield Pair(seed=seed, split=split, **ends, **vars(compared))


def _end(letter: str, name: tuple[int, int], ticket: Round) -> dict[str, Any]:
    """Return the fields of one of the two tickets."""
    replica, r = name
    fields = {"replica": replica, "round": r, "density": ticket.density, "accuracy": ticket.run.test_accuracy}
    return {f"{field}_{letter}": value for field, value in fields.items()}
