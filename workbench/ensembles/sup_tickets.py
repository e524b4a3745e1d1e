"""Sup-tickets: many cheap tickets of one run, superposed into one network.

Yin et al. 2022, "Superposing Many Tickets into One: A Performance Booster for Sparse Neural Network Training": after a
dynamic sparse run, its last tenth goes in cycles of the learning rate. Each begins by dropping and growing half of the
connections and ends in a cheap ticket, which is averaged with those before it; the average is pruned back to the
density. Seen: abstract, README and training script of the authors' code, not the paper. Here: their averaging CAA (not
CIMA); before the cycles the dropped share falls by a cosine from a half, where theirs stays at a half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from torch import nn

from workbench.data.batches import Order
from workbench.data.data import Data
from workbench.ensembles.member import Member
from workbench.ensembles.members import check_given, consume
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.initialisation import initialise
from workbench.nets.weights import Ticket, mix, on_cpu
from workbench.pruning.dynamic import dynamic_steps, rewire
from workbench.pruning.magnitude import magnitude
from workbench.training.recipe import Recipe
from workbench.training.steps import Step, network_weights
from workbench.work import rules
from workbench.work.seeds import number


@dataclass(frozen=True)
class Cyclic(Recipe):
    """A recipe whose last part goes in cycles, in which the rate rises from `low` to `high` and falls back.

    Both are shares of the learning rate, and the lines are straight. Before `first(of)`, the rest of the recipe holds,
    as if it ended there. The defaults are the authors': three cycles in the last tenth, 0.001 to 0.005 after 0.1.
    """

    cycles: int = 3
    last: float = 0.1
    low: float = 0.01
    high: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        rules.whole("cycles", self.cycles, least=1, most=10_000, way_on="3 are the authors'")
        rules.number("last", self.last, above=0, most=1, way_on="it is a share of the length; 0.1 is the authors'")
        for name in ("low", "high"):
            rules.number(name, getattr(self, name), above=0, way_on="it is a share of the learning rate; 0.05 is usual")

    def cycle(self, of: int) -> int:
        """Return the length of a cycle, in steps, of a run of so many."""
        return int(self.last * of / self.cycles + 1e-9)

    def first(self, of: int) -> int:
        """Return how many steps come before the first cycle."""
        return of - self.cycles * self.cycle(of)

    def rate(self, step: int, of: int) -> float:
        """Return the learning rate of a step, counted from 0, of a run of so many steps."""
        first, cycle = self.first(of), self.cycle(of)
        if step < first:
            return super().rate(step, first)
        t = (step - first) % cycle / cycle
        return self.learning_rate * (self.low + (self.high - self.low) * (1 - abs(2 * t - 1)))


def sup_tickets(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    cycles: int = 3,
    last: float = 0.1,
    explore: float = 0.5,
    seed: int = 0,
) -> Member:
    """Train one sparse network, and superpose the cheap tickets that its last part makes.

    It costs one training. `cycles` cycles share the part `last` of the run, each of which begins by dropping and
    growing the share `explore` of every layer. The mask else changes as by `dynamic_steps`, up to the first cycle.
    Batch-norm's statistics are taken anew in the end. Raises a ValueError where a cycle would have no step.
    """
    check_given(model, data, recipe, seed)
    of = recipe.length(len(data.train))
    cyclic = in_cycles(recipe, of, cycles=cycles, last=last, explore=explore)
    start, run_seed = initialise(model, seed=number(seed, "member weights")), number(seed, "member")
    first, full = cyclic.first(of), masks.full(model)
    order = Order(len(data.train), cyclic.batch_size, run_seed)
    superposed: list[Ticket] = []  # the last one is the average so far

    def walk() -> Iterator[Step]:
        options = {"density": density, "grow": grow, "drop": 0.5, "until": first / of, "seed": run_seed}
        for step in dynamic_steps(model, start, data, cyclic, **options):
            if step.step >= first and (step.step - first) % cyclic.cycle(of) == 0:
                cheap = Ticket(network_weights(model, start, step.state), on_cpu(step.state.mask or full))
                tickets = len(superposed) + 1
                superposed.append(superpose(superposed[-1], cheap, tickets, seed=run_seed) if superposed else cheap)
                if step.step < of:
                    ids = data.train.ids[order(step.step)]
                    rewire(step.state, model, start, data, cyclic, ids=ids, share=explore, grow=grow, seed=run_seed)
            yield step

    end, history = consume(walk(), recipe.loss)
    ticket = superposed[-1]
    weights = recompute_batch_norm(model, ticket.weights, data.train)
    return Member(weights, ticket.mask, recipe.loss, history, end.of, seed)


def in_cycles(recipe: Recipe, of: int, *, cycles: int = 3, last: float = 0.1, explore: float = 0.5) -> Cyclic:
    """Return the recipe with its cycles; a ValueError where they cannot be in a run of so many steps."""
    rules.whole("cycles", cycles, least=1, way_on="3 is the default, in the last tenth of the run")
    rules.number("last", last, above=0, below=1, way_on="a share of the run; 0.1 is the default")
    rules.number("explore", explore, least=0, below=1, way_on="the share that a cycle drops and grows; try 0.5")
    cyclic = Cyclic(**{f.name: getattr(recipe, f.name) for f in fields(Recipe)}, cycles=cycles, last=last)
    if cyclic.cycle(of) < 1:
        raise ValueError(f"the last {last:g} of {of} steps is too short for {cycles} cycles; train longer")
    return cyclic


def superpose(so_far: Ticket, cheap: Ticket, count: int, *, seed: int = 0) -> Ticket:
    """Return (1 - 1/count) · so_far + cheap / count, pruned back to the density by global magnitude.

    The cheap ticket is the `count`-th. As in the authors' code, the average is sparse again after every ticket. Buffers
    are averaged too, to be taken anew later.
    """
    if masks.kept(so_far.mask) != masks.kept(cheap.mask):
        counts = f"{masks.kept(so_far.mask)} and {masks.kept(cheap.mask)}"
        raise ValueError(f"tickets that are superposed must keep equally many weights, got {counts}; prune one first")
    mean = mix(so_far.weights, cheap.weights, 1 / count)
    either = {name: so_far.mask[name] | cheap.mask[name] for name in so_far.mask}
    return Ticket(mean, magnitude(mean, either, density=masks.density(cheap.mask), seed=seed))
