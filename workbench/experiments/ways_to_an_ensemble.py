"""The ways to a network or an ensemble that are compared by their calibration; each returns its members.

A new one is a function here and a line in `WAYS`. All take the same random draw where they can (member m has its own
weights, scores and order), so that they are paired by the replica; an ensemble of M tickets of density K stands beside
single networks of density M · K. All steps that are trained are those of the members, and their `extra`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from workbench.ensembles.boosting import boosted
from workbench.ensembles.cigl import cigl
from workbench.ensembles.free_tickets import free_tickets
from workbench.ensembles.member import Member
from workbench.ensembles.members import as_trained, members, trained_member
from workbench.ensembles.sup_tickets import sup_tickets
from workbench.experiments.given_names import several
from workbench.experiments.replica import Replica
from workbench.lottery.rounds import Round, counts, rounds
from workbench.nets import masks
from workbench.nets.initialisation import initialise
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.pruning.magnitude import magnitude
from workbench.training.losses import CrossEntropy, Loss
from workbench.training.recipe import Recipe
from workbench.work import progress
from workbench.work.replicas import in_order
from workbench.work.seeds import number

ROUNDS = 5  # of iterative magnitude pruning, whatever the density
MIXUP = 1.0  # the published code's default


@dataclass(frozen=True, eq=False)
class Setting(Replica):
    """What a way to an ensemble is given: a replica, and how its M = `len(losses)` members of `density` are made.

    `tickets` are options of `members`: scope, rule, share, over.
    """

    density: float
    losses: tuple[Loss, ...]
    tickets: dict[str, Any]
    workers: int | None

    @property
    def total(self) -> float:
        """The density that M members have together, at most 1."""
        return min(1.0, self.density * len(self.losses))

    def member_start(self, m: int = 0) -> Weights:
        """Return the initial weights of member m, as the model draws them."""
        return initialise(self.model, seed=number(self.seed, "member weights", m))

    def member(
        self,
        start: Weights,
        m: int = 0,
        *,
        recipe: Recipe | None = None,
        loss: Loss = CrossEntropy(),  # noqa: B008 (frozen)
        mask: Mask | None = None,
    ) -> Member:
        """Train weights, dense or under a mask, with the order of member m."""
        trained, over = as_trained(loss, self.tickets["over"])
        options = {"loss": trained, "mask": mask, "over": over, "seed": number(self.seed, "member", m)}
        member = self.run(trained_member, self.model, start, self.data, recipe or self.recipe, **options)
        return replace(member, loss=loss)


def robust(s: Setting) -> list[Member]:
    """Edge-popup tickets, each under its own loss (the paper's ensemble)."""
    return _popup(s, s.losses, s.density)


def ordinary(s: Setting) -> list[Member]:
    """As many edge-popup tickets under the ordinary loss: the control that decides what robustness adds."""
    return _popup(s, (CrossEntropy(),) * len(s.losses), s.density)


def single(s: Setting) -> list[Member]:
    """One edge-popup ticket at the ensemble's total density."""
    return _popup(s, (CrossEntropy(),), s.total)


def adaboost(s: Setting) -> list[Member]:
    """Edge-popup tickets by boosting (SAMME), each on what those before it got wrong; the first is ordinary."""
    weights = initialise(s.model, seed=number(s.seed, "member weights"), rule=s.tickets["rule"], density=s.density)
    how = {"density": s.density, "members": len(s.losses), "scope": s.tickets["scope"], "seed": s.seed}
    tickets = list(boosted(s.model, weights, s.data, s.recipe, **how, archive=s.archive))
    if len(tickets) < len(s.losses):  # one more was trained, no better than a guess
        tickets[-1] = replace(tickets[-1], extra=tickets[-1].steps)
    return tickets


def dense(s: Setting) -> list[Member]:
    """The dense network, by the same recipe."""
    return [s.member(s.member_start())]


def dense_mixup(s: Setting) -> list[Member]:
    """The dense network, trained on mixtures of two images and their labels (Zhang et al. 2018)."""
    return [s.member(s.member_start(), recipe=replace(s.recipe, mixup=MIXUP))]


def deep_ensemble(s: Setting) -> list[Member]:
    """M dense networks of their own draws (Lakshminarayanan et al. 2017)."""
    return in_order(lambda m: s.member(s.member_start(m), m), range(len(s.losses)), workers=s.workers)


def imp(s: Setting) -> list[Member]:
    """One ticket by iterative magnitude pruning at the total density, rewound to its initial weights."""
    *_, last = _rounds(s, s.total, ROUNDS)
    order, steps = number(s.seed, "member"), last.run.steps
    return [Member(last.run.weights, last.mask, CrossEntropy(), [], steps, order, extra=last.round * steps)]


def l1(s: Setting) -> list[Member]:
    """The largest weights of a trained dense network at the total density, trained on by the same recipe."""
    with progress.within("dense", 0, 2):
        (trained,) = dense(s)
    mask = magnitude(trained.weights, masks.full(s.model), density=s.total, seed=s.seed)
    with progress.within("ticket", 1, 2):
        return [replace(s.member(trained.weights, mask=mask), extra=trained.steps)]


def robust_magnitude(s: Setting) -> list[Member]:
    """One magnitude ticket of the density of a member, trained once under each loss.

    M members cost M trainings beyond the search for their ticket, which is counted with the first.
    """
    return _magnitude(s, s.losses)


def ordinary_magnitude(s: Setting) -> list[Member]:
    """The same magnitude ticket, trained as often under the ordinary loss: its members differ by their order alone."""
    return _magnitude(s, (CrossEntropy(),) * len(s.losses))


def freetickets(s: Setting) -> list[Member]:
    """Tickets by dynamic sparse training from their own draws."""
    how = {"members": len(s.losses), "seed": s.seed, "workers": s.workers, "archive": s.archive}
    return free_tickets(s.model, s.data, s.recipe, density=s.density, **how)


def suptickets(s: Setting) -> list[Member]:
    """One network averaged from the cheap tickets of one dynamic sparse run, at the total density."""
    return _one(s, sup_tickets)


def cigl_net(s: Setting) -> list[Member]:
    """One network of calibrated dynamic sparse training, at the total density."""
    return _one(s, cigl)


class Way(NamedTuple):
    """A way to an ensemble, and how many trainings it takes: so many at first, and so many for each member."""

    make: Callable[[Setting], list[Member]]
    first: int = 0
    each: int = 0

    def __call__(self, setting: Setting) -> list[Member]:
        return self.make(setting)


WAYS = {
    "robust": Way(robust, each=1),
    "ordinary": Way(ordinary, each=1),
    "single": Way(single, first=1),
    "dense": Way(dense, first=1),
    "dense mixup": Way(dense_mixup, first=1),
    "deep ensemble": Way(deep_ensemble, each=1),
    "imp": Way(imp, first=ROUNDS + 1),
    "l1": Way(l1, first=2),
    "robust magnitude": Way(robust_magnitude, first=ROUNDS, each=1),
    "ordinary magnitude": Way(ordinary_magnitude, first=ROUNDS, each=1),
    "adaboost": Way(adaboost, each=1),
    "free tickets": Way(freetickets, each=1),
    "sup tickets": Way(suptickets, first=1),
    "cigl": Way(cigl_net, first=1),
}


def trainings(methods: Any, losses: Any) -> int:
    """Return how many trainings these methods take together, with a member for every loss.

    What is no method counts nothing, for whoever trains them says so.
    """
    members = len(losses) if isinstance(losses, Sequence) else 0
    ways = [WAYS[method] for method in several("methods", methods) if method in WAYS]
    return sum(way.first + members * way.each for way in ways)


def _popup(s: Setting, losses: Sequence[Loss], density: float) -> list[Member]:
    how = {"seed": s.seed, "workers": s.workers, "archive": s.archive}
    return members(s.model, s.data, s.recipe, losses=losses, density=density, **s.tickets, **how)


def _magnitude(s: Setting, losses: Sequence[Loss]) -> list[Member]:
    """Train the mask of iterative magnitude pruning under each loss; the last round of the search trains none."""
    start, mask, steps, costs = s.member_start(), masks.full(s.model), 0, (ROUNDS, len(losses))
    if s.density < 1:
        with progress.within("ticket", 0, costs):
            before = list(_rounds(s, s.density, ROUNDS - 1))
        density = counts(mask, ROUNDS, _fraction(s.density))[-1] / masks.total(mask)
        mask = magnitude(before[-1].ranked, before[-1].mask, density=density, seed=number(s.seed, "member"))
        steps = sum(ticket.run.steps for ticket in before)

    def member(m: int) -> Member:
        return replace(s.member(start, m, mask=mask, loss=losses[m]), extra=0 if m else steps)

    with progress.within("part", 1, costs):
        return in_order(member, range(len(losses)), workers=s.workers)


def _rounds(s: Setting, density: float, more: int) -> Iterator[Round]:
    """The dense round and some more, of those that keep `density` to within a few weights after `ROUNDS`."""
    options = {"rounds": more, "fraction": _fraction(density)} if density < 1 else {"rounds": 0}
    return s.each(rounds, s.model, s.member_start(), s.data, s.recipe, **options, seed=number(s.seed, "member"))


def _fraction(density: float) -> float:
    return 1 - density ** (1 / ROUNDS)


def _one(s: Setting, way: Callable[..., Member]) -> list[Member]:
    """Run a way to one network at the total density, through the archive."""
    return [s.run(way, s.model, s.data, s.recipe, density=s.total, seed=s.seed)]
