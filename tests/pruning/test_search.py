"""What every search shares: one signature at three doors, and a throw-away search that is written by it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tiny import Own, last, made, same, same_state
from torch import nn

import workbench as wb
from workbench.data.batches import places_of
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, on_cpu
from workbench.pruning.search import at_end, now_and_then, score_steps, searched
from workbench.training.state import State
from workbench.training.steps import Step
from workbench.work.seeds import generator

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=16, learning_rate=0.2)
SEARCHES = [name.removesuffix("_search") for name in vars(wb.pruning) if name.endswith("_search")]


@pytest.mark.parametrize("name", SEARCHES)
def test_the_three_doors_of_a_search_have_one_signature(name: str):
    doors = (getattr(wb.pruning, door) for door in (name, f"{name}_search", f"{name}_steps"))
    method, search, steps = (dict(inspect.signature(door).parameters) for door in doors)
    assert [search.pop(option).default for option in ("every", "after")] == [None, None]
    assert search == method  # names, kinds, defaults and annotations
    assert steps.pop("state").default is None
    assert {option: steps[option] for option in method} == method


# ---- a search of another kind: scores in [0, 1], rounded at one half, a penalty, ever fewer that may be kept


class Halves:
    """Keeps what is scored above one half; the gradient of the mask is that of the score."""

    def __init__(self, frozen: Weights, mask: Mask) -> None:
        self.frozen = frozen
        self.allow(mask)

    def allow(self, mask: Mask) -> None:
        self.mask = mask

    def __call__(self, scores: Weights, step: int) -> Weights:
        hard = {name: (scores[name] > 0.5) & self.mask[name] for name in self.frozen}
        return {name: w * (hard[name] + scores[name] - scores[name].detach()) for name, w in self.frozen.items()}


def gem(
    model: nn.Module,
    weights: Weights,
    data: wb.Data,
    recipe: wb.Recipe,
    *,
    density: float,
    lam: float = 1e-3,
    seed: int = 0,
) -> Mask:
    return at_end(gem_search, locals()).kept


def gem_search(
    model: nn.Module,
    weights: Weights,
    data: wb.Data,
    recipe: wb.Recipe,
    *,
    density: float,
    lam: float = 1e-3,
    seed: int = 0,
    every: int | None = None,
    after: wb.Search | None = None,
) -> Iterator[wb.Search]:
    arguments = locals()

    def value(step: Step, seconds: float) -> wb.Search:
        kept = masks.allowed(model, step.state.mask)
        return searched(step, kept, kept, bound=density, seconds=seconds)

    yield from now_and_then(gem_steps, arguments, value)


def gem_steps(
    model: nn.Module,
    weights: Weights,
    data: wb.Data,
    recipe: wb.Recipe,
    *,
    density: float,
    lam: float = 1e-3,
    seed: int = 0,
    state: State | None = None,
) -> Iterator[Step]:
    def draw(mask: Mask) -> Weights:
        return {name: torch.rand(kept.shape, generator=generator(seed, name)) for name, kept in mask.items()}

    def penalty(scores: Weights) -> torch.Tensor:
        return lam * torch.stack([score.square().sum() for score in scores.values()]).sum()

    begin = {"mask": None, "scores": None, "state": state}
    for step in score_steps(model, weights, data, recipe, Halves, draw, **begin, seed=seed, penalty=penalty):
        for score in step.state.trained.values():
            score.detach().clamp_(0, 1)
        if step.step % 3 == 0:
            allowed, bound = masks.allowed(model, step.state.mask), density ** (step.step / step.of)
            count = round(bound * masks.total(allowed))
            step.state.remask(masks.keep_largest(on_cpu(step.state.trained), allowed, count, seed=seed))
        yield step


THINGS = (Own(), wb.initialise(Own(), rule="signed_constant"), DATA, RECIPE)


def test_a_throw_away_search_yields_now_and_then_and_keeps_its_bound():
    values = list(gem_search(*THINGS, density=0.2, every=3))
    assert [value.step for value in values] == [3, 6, 9, 12]
    assert [masks.kept(value.kept) for value in values] == [round(342 * 0.2 ** (k / 4)) for k in (1, 2, 3, 4)]
    assert all(0 <= float(score.min()) <= float(score.max()) <= 1 for score in values[-1].scores.values())
    assert same(gem(*THINGS, density=0.2), values[-1].kept)


def test_a_throw_away_search_runs_by_what_is_kept_and_rounded():
    model, weights, data, _ = THINGS
    before: Any = None
    for step in gem_steps(*THINGS, density=0.2):
        if before is not None:
            allowed = masks.allowed(model, before.mask)
            hard = {name: (before.trained[name] > 0.5) & kept for name, kept in allowed.items()}
            images = data.train.inputs(places_of(step.batch.ids, data.train.ids))
            network = masks.apply(weights, hard) | before.buffers
            assert torch.allclose(torch.func.functional_call(model, network, (images,)), step.logits, atol=1e-5)
        before = step.state.copy()


def test_a_throw_away_search_goes_on_with_the_same_bits_and_its_penalty_tells():
    whole = list(gem_search(*THINGS, density=0.2, every=5))
    rest = list(gem_search(*THINGS, density=0.2, every=5, after=whole[0]))
    assert all(same_state(a.state, b.state) for a, b in zip(whole[1:], rest, strict=True))
    small, large = (last(gem_search(*THINGS, density=0.9, lam=lam)).scores for lam in (0.0, 0.1))
    assert sum(float(score.sum()) for score in large.values()) < sum(float(score.sum()) for score in small.values())


def test_a_recipe_of_no_steps_is_said():
    with pytest.raises(ValueError, match="a search takes one step at least, and the recipe has 0"):
        gem(*THINGS[:3], wb.Recipe(steps=0), density=0.2)
