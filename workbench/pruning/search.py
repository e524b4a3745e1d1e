"""A search for a mask: how its scores are trained, when it yields, how it goes on and ends, once for all methods.

A search trains a score for every weight and leaves the weights as they were drawn: the mask is what is learned
(Zhou et al. 2019, "Deconstructing Lottery Tickets"; Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural
Network?"). A method writes down its steps and what is kept of one; its three doors are then three signatures:

    method(…, density, …)                       return at_end(method_search, locals()).kept
    method_search(…, density, …, every, after)  yield from now_and_then(method_steps, locals(), value)
    method_steps(…, density, …, state)          yield from score_steps(…)

`locals()`, as the first thing that a door does, is what came in at it, by name; a test holds the signatures together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from torch import nn

from workbench.data.data import Data
from workbench.nets import masks
from workbench.nets.door import check_training_data
from workbench.nets.evaluation import place
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights, on_cpu
from workbench.training.entrance import check_recipe, check_state, check_training
from workbench.training.forward import settle_recipe
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.training.steps import Step, steps
from workbench.work import rules

VALUES = 20  # of a search, about, where `every` is left out
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Search:
    """A search after `step` of so many steps: the scores by name, the masks that they make, the norms' statistics.

    `kept` is what may still be kept, of the density `density`, the ticket to be trained; `rounded` is what the scores
    were trained under. They are one and the same where the search ranks scores, and `rounded` may be sparser where it
    rounds them. `bound` is the density that the search is held to at this step. `scores`, masks and `buffers` are
    copies on the CPU; `state` is all that the search goes on from; `seconds` is wall time since it began.
    """

    step: int
    of: int
    scores: Weights
    kept: Mask
    rounded: Mask
    buffers: Weights
    density: float
    bound: float
    state: State
    seconds: float

    def ticket(self, weights: Weights, *, rounded: bool = False) -> Ticket:
        """Return the ticket: the frozen weights that were searched, with the search's norm statistics, under `kept`.

        With `rounded=True` it is the network that the scores were trained on, of which no weight needs training.
        """
        return Ticket(weights | self.buffers, self.rounded if rounded else self.kept)

    @property
    def density_rounded(self) -> float:
        """The density of the rounded mask."""
        return masks.density(self.rounded)

    @property
    def collapsed(self) -> list[str]:
        """The layers that lost every weight of the rounded mask."""
        return masks.collapsed(self.rounded)

    def __repr__(self) -> str:
        rounded = "" if self.density_rounded == self.density else f", density_rounded={self.density_rounded:.4g}"
        collapse = f", collapsed={self.collapsed}" if self.collapsed else ""
        return f"Search(step={self.step}, of={self.of}, density={self.density:.4g}{rounded}{collapse})"


def searched(step: Step, kept: Mask, rounded: Mask, *, bound: float, seconds: float) -> Search:
    """Return the value of a step of a search that keeps, and rounds to, these masks."""
    scores, buffers, density = on_cpu(step.state.trained), on_cpu(step.state.buffers), masks.density(kept)
    return Search(step.step, step.of, scores, kept, rounded, buffers, density, bound, step.state.copy(), seconds)


def at_end(search: Callable[..., Iterator[Value]], arguments: Mapping[str, Any]) -> Value:
    """Run a search with these arguments to its end and return its last value, the only one that is made."""
    *_, last = search(**arguments, every=max(1, _length(arguments)))
    return last


def now_and_then(
    steps: Callable[..., Iterator[Step]],
    arguments: Mapping[str, Any],
    value: Callable[[Step, float], Value],
    *,
    kind: type = Search,
    least: str = "a search takes one step at least",
    also: Collection[int] = (),
) -> Iterator[Value]:
    """Yield the value of every so many steps, of those in `also`, and of the last, with a `…_search`'s arguments.

    `value(step, seconds)` makes it, of a step and the seconds since the search began. Two of the arguments end here:
    `every` (None makes about twenty values) and `after`, the last finished value, behind whose `state` the steps go on
    with the same bits; the others are those of `steps`. Raises a ValueError for an `after` that is not of the kind that
    is yielded, and for a recipe of no steps, which begins with `least`.
    """
    options, of = dict(arguments), _length(arguments)
    every, after = options.pop("every"), options.pop("after")
    if of < 1:
        raise ValueError(f"{least}, and the recipe has {of}; try Recipe(epochs=4)")
    every = max(1, of // VALUES) if every is None else every
    every = rules.whole("every", every, least=1, unit="steps", way_on=f"None yields about {VALUES} times")
    if after is not None:
        rules.instance("after", after, kind, f"the last {kind.__name__}", "without it the search begins anew")
    seconds, began = 0.0 if after is None else after.seconds, time.perf_counter()
    for step in steps(**options, state=None if after is None else after.state):
        if step.step % every == 0 or step.step == of or step.step in also:
            seconds += time.perf_counter() - began
            yield value(step, seconds)
            began = time.perf_counter()  # what the consumer did in between is no part of the search


class Rounding(Protocol):
    """What makes the network's weights of the scores at a step, as the `weights_of` of `training.steps`."""

    def __call__(self, scores: Weights, step: int) -> Weights: ...

    def allow(self, mask: Mask) -> None:
        """Let only what this mask keeps be kept from now on."""


def score_steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    rounding: Callable[[Weights, Mask], Rounding],
    draw: Callable[[Mask], Weights],
    *,
    mask: Mask | None,
    scores: Weights | None,
    state: State | None,
    form: Callable[[Mask], Mask] = dict,
    **training: Any,
) -> Iterator[Step]:
    """Train the scores of frozen weights, and yield a `Step` after every one; `step.state.trained` are the scores.

    `rounding(frozen, allowed)` makes weights of scores; `scores`, or what `draw(allowed)` gives, is where they begin.
    What may be kept lies in `step.state.mask`, None where it is all: who freezes more on the way changes it there, and
    the next step rounds by it. Where other things than weights have scores (filters), `form` makes their mask of one of
    weights, and all masks here but the argument are of that form. `training` are options of `training.steps`: seeds, a
    penalty, weights of examples.
    """
    seeds = {name: seed for name, seed in training.items() if name in ("seed", "order_seed", "augment_seed")}
    check_training(model, weights, data, recipe, **seeds)
    hardware = settle_recipe(model, recipe)
    whole, trained = form(masks.prunable(model)), None
    if state is not None:
        check_state(state, whole)
        allowed = _in_order(state.mask or whole, whole)
        state.check_fits(allowed)
    else:
        allowed = form(masks.allowed(model, mask))
        trained = draw(allowed) if scores is None else _checked(scores, allowed)
        mask = None if masks.kept(allowed) == masks.total(whole) else allowed  # nothing to be masked
    weights_of = rounding({name: place(weights[name].detach(), hardware) for name in allowed}, allowed)
    training |= {"mask": mask, "trained": trained, "state": state, "weights_of": weights_of}
    for step in steps(model, weights, data, recipe, **training):
        before = step.state.mask
        yield step
        if step.state.mask is not before:  # the consumer changed it
            weights_of.allow(_in_order(step.state.mask or whole, whole))


def _length(arguments: Mapping[str, Any]) -> int:
    """Return how many steps a search of these arguments takes."""
    check_training_data(arguments["data"])
    check_recipe(arguments["recipe"])
    return arguments["recipe"].length(len(arguments["data"].train))


def _in_order(mask: Mask, whole: Mask) -> Mask:
    """Return what a state's mask keeps of all that is scored, on the CPU and in the order of the model."""
    masks.check(mask, whole)
    return {name: mask[name].cpu() for name in whole if name in mask}


def _checked(scores: Weights, mask: Mask) -> Weights:
    way_on = "initial_scores(model, mask, seed) draws scores of the right form"
    rules.tensors("scores", scores, way_on)
    if scores.keys() != mask.keys():
        raise ValueError(f"scores must name what may be pruned, {sorted(mask)}, got {sorted(scores)}; {way_on}")
    for name, score in scores.items():
        if score.shape != mask[name].shape or not score.is_floating_point() or not bool(score.isfinite().all()):
            raise ValueError(
                f"the scores of {name} must be finite floats of the shape {tuple(mask[name].shape)}; {way_on}"
            )
    return {name: scores[name].float() for name in mask}
