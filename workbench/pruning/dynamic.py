"""Dynamic sparse training: a network that is sparse from its first step on, and changes which connections it has.

Every so often the smallest weights of each layer are dropped and as many connections grow elsewhere: where the dense
gradient is largest (RigL, Evci et al. 2020, "Rigging the Lottery", sections 2 and 3) or at random (SET, Mocanu et al.
2018, "Scalable training of artificial neural networks with adaptive sparse connectivity inspired by network science").
Seen: RigL's own code (`sparse_optimizers_base.py`, which also has SET); the defaults are the papers', recalled, not
verified. It trains weights and mask at once, so that its result is a ticket and no mask alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.data.batches import Order
from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.door import check_finite
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights, on_cpu
from workbench.pruning.rewiring import drop_share, random_start, rewired
from workbench.pruning.search import at_end, now_and_then
from workbench.training.entrance import check_state, check_training
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step, gradients, network_weights, steps
from workbench.work import rules
from workbench.work.seeds import generator, number

GROW = ("gradient", "random")
UPDATES = 40  # of the mask, were they to go on to the end: the default of `rewire_every`


@dataclass(frozen=True, eq=False)
class Evolved:
    """A sparse network at a step of its training: the ticket as it is then, and the state that training resumes.

    `seconds` is wall time since it began.
    """

    step: int
    of: int
    ticket: Ticket
    state: State
    seconds: float

    @property
    def density(self) -> float:
        """The share of the prunable weights that is kept: the same at every step."""
        return masks.density(self.ticket.mask)

    def __repr__(self) -> str:
        return f"Evolved(step={self.step}/{self.of}, density={self.density:.4g})"


def dynamic(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    layers: str = "erk",
    drop: float = 0.3,
    rewire_every: int | None = None,
    until: float = 0.75,
    mask: Mask | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
) -> Ticket:
    """Train a sparse network from its first step on, and return it: `dynamic_search` to its end."""
    return at_end(dynamic_search, locals()).ticket


def dynamic_search(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    layers: str = "erk",
    drop: float = 0.3,
    rewire_every: int | None = None,
    until: float = 0.75,
    mask: Mask | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    every: int | None = None,
    after: Evolved | None = None,
) -> Iterator[Evolved]:
    """Yield the sparse network every `every` steps (default: about 20 times), and always at the last.

    `after` is the last value that was yielded: the generator goes on behind it with the same bits. Everything else is
    as in `dynamic_steps`.
    """
    arguments = locals()

    def value(step: Step, seconds: float) -> Evolved:
        ticket = Ticket(network_weights(model, weights, step.state), on_cpu(step.state.mask or {}))
        return Evolved(step.step, step.of, ticket, step.state.copy(), seconds)

    least = "a sparse network trains for one step at least"
    yield from now_and_then(dynamic_steps, arguments, value, kind=Evolved, least=least)


def dynamic_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    layers: str = "erk",
    drop: float = 0.3,
    rewire_every: int | None = None,
    until: float = 0.75,
    mask: Mask | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    state: State | None = None,
    weights_of: Callable[[Weights, int], Weights] | None = None,
) -> Iterator[Step]:
    """Train from `weights` under a random mask that changes as it goes; yield every step of it.

    Exactly round(density × prunable) weights are kept at every step, and every layer keeps its count: `layers` is
    "erk" (density of a layer ∝ the sum of its shape over the product of it) or "uniform" (all layers alike; the paper
    leaves the first one dense). Every `rewire_every` steps (the paper: 100; by default a fortieth of the run), up to
    the share `until` of it, each layer drops the share `drop_share` of its weights and grows as many by `grow`,
    "gradient" (RigL) or "random" (SET). `mask` says what may ever be kept. A step's state is that after the change;
    `state=` and `weights_of` are as in `training.steps`; what the mask keeps at first begins at `weights`.
    Raises a ValueError for an option out of range.
    """
    seeds = {"seed": seed, "order_seed": order_seed, "augment_seed": augment_seed}
    check_training(model, weights, data, recipe, **seeds)
    check_finite(weights)
    if weights_of is not None:
        rules.function("weights_of", weights_of, "it makes the network's weights of (trained, step)")
    of = recipe.length(len(data.train))
    rewire_every = max(1, of // UPDATES) if rewire_every is None else rewire_every
    _check(grow, drop, rewire_every, until)
    may = masks.allowed(model, mask)
    first, end = random_start(may, density=density, layers=layers, seed=seed), round(until * of)
    if state is not None:
        _check_resumed(state, weights, first)
    order = Order(len(data.train), recipe.batch_size, seed if order_seed is None else order_seed)
    for step in steps(model, weights, data, recipe, mask=first, state=state, weights_of=weights_of, **seeds):
        if step.step % rewire_every == 0 and step.step < end:
            share, ids = drop_share(step.step, end, drop), data.train.ids[order(step.step)]
            rewire(step.state, model, weights, data, recipe, ids=ids, share=share, grow=grow, mask=may, seed=seed)
        yield step


def rewire(
    state: State,
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    ids: Tensor,
    share: float,
    grow: str = "gradient",
    mask: Mask | None = None,
    seed: int = 0,
) -> None:
    """Drop a share of every layer's weights and grow as many, in the live `state` of a run, between two steps.

    `ids` are those of the training examples whose mean loss gives the dense gradient, in eval mode and without
    augmentation (RigL's own code takes that of the step's batch, as it is in training). What is born starts at zero
    with zero momentum; what is dropped and grown in one go stays as it was, as in RigL's own code.
    """
    live = network_weights(model, weights, state)
    current = on_cpu(state.mask or {})
    if grow == "gradient":
        slopes = gradients(model, live, data, ids, recipe=recipe, step=state.step)
        saliency = {name: slopes[name].abs() for name in current}
    else:
        draw = generator(seed, "grow", state.step)
        saliency = {name: torch.rand(kept.shape, generator=draw, dtype=torch.float64) for name, kept in current.items()}
    tie_seed = number(seed, "rewire", state.step)
    state.remask(rewired(live, current, saliency, share=share, mask=mask, seed=tie_seed))


def _check(grow: str, drop: float, rewire_every: int, until: float) -> None:
    rules.choice("way to grow", grow, GROW)
    way_on = "the share of its weights that a layer drops at first; 0.3 is RigL's"
    rules.number("drop", drop, above=0, below=1, way_on=way_on)
    rules.number("until", until, above=0, most=1, way_on="the share of the run that rewires; 0.75 is RigL's")
    rules.whole("rewire_every", rewire_every, least=1, unit="steps", way_on="100 is RigL's")


def _check_resumed(state: State, weights: Weights, first: Mask) -> None:
    check_state(state, weights)
    count, least = masks.kept(state.mask or {}), masks.kept(first)
    if count != least:
        raise ValueError(f"what a run goes on from must keep as many weights as it, {least}, got {count}; begin anew")
