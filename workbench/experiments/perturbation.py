"""From how far away does a round's solution still return? Its starting point pushed aside, and trained again.

After "Unmasking the Lottery Ticket Hypothesis" (Paul et al. 2023; the test as recalled, not verified): the rewound,
masked starting point m ⊙ w_k is moved by a random vector and trained, and the result is joined by a line to the
solution of the point that was not moved. At a good rewinding step training returns even from as far away as the
projection of the last solution is; at a bad one it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import lottery
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, told
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.tickets_beside_dense import check_threshold
from workbench.landscape.pairs import distance
from workbench.landscape.path import Path, check_points
from workbench.landscape.perturbed import perturbed
from workbench.lottery.rounds import Round
from workbench.nets import masks
from workbench.nets.weights import Weights
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.seeds import number
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Returned:
    """One training from beside a round's starting point, and the line from there to the round's own solution.

    `kind` is perturbed, child (not moved: only other noise) or independent (another draw's weights under the same
    mask). `distance` is how far it began from the starting point, `away` how far it ended from the solution, both in
    units of |m ⊙ (target - w_k)|, `length` the first in weights. `barrier_error` (a fraction) and `barrier_loss` (nats)
    are above the straight line between the ends; `connected` says that the first is at most the threshold.
    """

    kind: str
    seed: int
    replica: int
    round: int
    density: float
    rewind_step: int
    distance: float
    length: float
    away: float
    barrier_error: float
    barrier_loss: float
    threshold: float
    connected: bool
    test_accuracy: float | None
    solution_accuracy: float | None
    split: str
    batch_norm: str
    run: Run
    path: Path

    def __repr__(self) -> str:
        where = f"replica={self.replica}, round={self.round}, distance={self.distance:.3g}"
        return f"Returned({self.kind}, {where}: barrier_error={self.barrier_error:.4f}, away={self.away:.3g})"


@typed
def perturbation(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=15),  # noqa: B008 (frozen)
    at: Sequence[int] = (0, 3),
    fraction: float = 0.5,
    rewind_step: int = 10,
    distances: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
    points: int = 11,
    split: str = "test",
    batch_norm: str = "average",
    threshold: float = 0.02,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Returned]:
    """Yield a `Returned` for every round in `at`, and every distance and control, replicas side by side.

    The starting point of round r is m_r ⊙ w_k. A `distance` of 1 is |m_r ⊙ (target - w_k)|, the target being the last
    round's solution w_{r-1}, whose projection on the surviving places this is (of the dense round 0: its own solution).
    The vector is Gaussian over the places that survive (no bias, no norm), one direction for all distances. All begin
    at step k and train under one noise seed that is not the solution's: so the child, at distance 0, is what noise
    alone does. `independent` is another draw's own weights at step k under the same mask. The line has so many `points`
    (odd). Raises a ValueError for an option out of range, before anything is trained.

    Arguments:
        at: The rounds whose starting point is pushed aside; 0 is the dense one.
        distances: How far it is pushed, in units of the way to the old solution.
        points: How many networks are evaluated on the path to the old solution, its ends included; an odd number.
        threshold: The error barrier, a fraction, up to which two networks count as connected.
    """
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": batch_norm}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    if not are(at, rules.whole, most=1000):
        raise ValueError(f"at must name rounds from 0 (dense) up, each once, got {told(at)}; at=(0, 3) is two of them")
    if distances != () and not are(distances, rules.number, above=0):
        raise ValueError(f"distances must be above 0, each once, got {told(distances)}; the child is at 0 already")
    check_points(points)
    check_threshold(threshold)
    lottery.counts(masks.full(experiment.network), max(at), fraction)
    starts_of_each, trained = len(distances) + 2, experiment.length - rewind_step
    each = trained, experiment.passes(points * len(getattr(experiment.data, split)))
    parts = ((max(at) + 1) * trained, *[starts_of_each * sum(each) for _ in at])

    def returns(replica: Replica) -> Iterator[Returned]:
        lottery_rounds = replica.rounds(rounds=max(at), fraction=fraction, rewind_step=rewind_step)
        solutions = list(progress.walk("ticket", lottery_rounds, parts, index=0))
        with progress.within("rewinding point", 0):
            other = replica.weights_at(replica.draw("independent"), rewind_step)
        shared = {**replica.labels, "rewind_step": rewind_step, "threshold": threshold}
        for index, r in enumerate(sorted(at), 1):
            solution = solutions[r]
            target = solutions[max(r - 1, 0)].run.weights
            unit, starts = _starts(solution, target, other, distances, number(replica.seed, "perturbation", r))
            for count, (kind, away, start) in enumerate(starts):
                with progress.within("part", index, parts), progress.within("start", count, len(starts)):
                    noise = number(replica.seed, "child")
                    with progress.within("part", 0, each):
                        run = replica.train(start, mask=solution.mask, step=rewind_step, seed=noise)
                    ends = solution.run.weights, run.weights
                    how = {"split": split, "points": points, "batch_norm": batch_norm}
                    with progress.within("part", 1, each):
                        line = replica.path(*ends, mask=solution.mask, **how)
                yield _returned(solution, run, line, unit, kind=kind, distance=away, **shared)

    yield from experiment.side_by_side(returns)


def _starts(
    solution: Round, target: Weights, other: Weights, distances: Sequence[float], seed: int
) -> tuple[float, list[tuple[str, float, Weights]]]:
    """Return |m ⊙ (target - w_k)| and where to train from: kind, distance in that unit, weights."""
    w, mask = solution.rewound, solution.mask
    unit = distance(target, w, mask)
    if not unit:
        rule = f"training moved no surviving weight of round {solution.round}, so no distance is 1"
        raise ValueError(f"{rule}; take fewer rounds")
    moved = [("perturbed", d, perturbed(w, mask, length=d * unit, seed=seed)) for d in sorted(distances)]
    return unit, [("child", 0.0, w), *moved, ("independent", distance(other, w, mask) / unit, other)]


def _returned(solution: Round, run: Run, line: Path, unit: float, **fields: Any) -> Returned:
    barrier = line.barrier()
    return Returned(
        round=solution.round,
        density=solution.density,
        length=fields["distance"] * unit,
        away=distance(run.weights, solution.run.weights, solution.mask) / unit,
        barrier_error=barrier,
        barrier_loss=line.barrier(of="loss"),
        connected=barrier <= fields["threshold"],
        test_accuracy=run.test_accuracy,
        solution_accuracy=solution.run.test_accuracy,
        run=run,
        path=line,
        **fields_of(line, "split batch_norm"),
        **fields,
    )
