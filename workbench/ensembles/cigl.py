"""CigL: dynamic sparse training with a random mask on top, and an average late in training.

Lei et al. 2023, "Calibrating the Rigged Lottery: Making All Tickets Reliable", in small form. Seen: the abstract, the
introduction's first lines and the README alone, neither method section nor code. Theirs are the two masks, one found by
magnitudes and gradients, one drawn at random, and the averaging of weights and masks late in training. How large the
random mask is, how it is scaled, what is averaged when, and how the average becomes sparse again, are choices made
here: results tell of this form, not of the published one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import torch
from torch import nn

from workbench.data.data import Data
from workbench.ensembles.member import Member
from workbench.ensembles.members import check_given, consume
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.initialisation import initialise
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, mix, on_cpu
from workbench.pruning.dynamic import dynamic_steps
from workbench.training.recipe import Recipe
from workbench.training.steps import Step, network_weights
from workbench.work import rules
from workbench.work.seeds import generator, number

POINTS = 20  # of the run, at most, that are averaged


def cigl(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    leave_out: float = 0.1,
    average: float = 0.25,
    seed: int = 0,
) -> Member:
    """Train one sparse network under two masks, and average what its last part passes through.

    The deterministic mask is RigL's. At every step a random mask leaves out the share `leave_out` of the weights that
    it keeps (`thinned`). Over the last share `average` of the run, weights under the deterministic mask are averaged;
    that mask still changes for the first half of this part, so that masks are averaged with them. The average keeps as
    many weights in every layer as the run did (`largest`), and batch-norm's statistics are taken anew. Raises a
    ValueError for a share out of range.
    """
    check_given(model, data, recipe, seed)
    rules.number("leave_out", leave_out, above=0, below=1, way_on="a share of the weights; 0.1 is the default")
    rules.number("average", average, above=0, below=1, way_on="a share of the run; 0.25 is the default")
    of, names = recipe.length(len(data.train)), list(masks.full(model))
    start, run_seed = initialise(model, seed=number(seed, "member weights")), number(seed, "member")
    part = max(1, round(average * of))
    every = max(1, part // POINTS)
    mean, count = start, 0

    def thin(trained: Weights, step: int) -> Weights:
        return thinned(trained, step, names=names, leave_out=leave_out, seed=run_seed)

    def walk() -> Iterator[Step]:
        nonlocal mean, count
        options = {"density": density, "grow": grow, "until": 1 - average / 2, "seed": run_seed}
        for step in dynamic_steps(model, start, data, recipe, **options, weights_of=thin):
            if step.step > of - part and (of - step.step) % every == 0:
                count += 1
                mean = mix(mean, network_weights(model, start, step.state), 1 / count)
            yield step

    end, history = consume(walk(), recipe.loss)
    mask = largest(mean, on_cpu(end.state.mask or {}), seed=run_seed)
    weights = recompute_batch_norm(model, masks.apply(mean, mask), data.train)
    return Member(weights, mask, recipe.loss, history, end.of, seed)


def thinned(trained: Weights, step: int, *, names: Collection[str], leave_out: float, seed: int) -> Weights:
    """Return the weights without a random share of those in `names`, the others divided by the share that is left.

    So the mean over masks is the weights themselves, which are what is evaluated. Drawn from (seed, step) alone.
    """
    draw, thin = generator(seed, "random mask", step), dict(trained)
    for name in names:
        kept = (torch.rand(trained[name].shape, generator=draw) >= leave_out) / (1 - leave_out)
        thin[name] = trained[name] * kept.to(trained[name].device)
    return thin


def largest(mean: Weights, mask: Mask, *, seed: int = 0) -> Mask:
    """Return the mask of the largest weights of every layer, as many as `mask` keeps there; ties by the seed."""
    size = {name: mean[name].abs() for name in mask}
    everywhere = {name: torch.ones_like(kept) for name, kept in mask.items()}
    return masks.keep_by_layer(size, everywhere, masks.kept_by_layer(mask), seed=seed)
