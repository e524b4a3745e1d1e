"""The training loop, the only one in the house: `steps` yields after every optimiser step.

Everything that trains consumes it. Stopping is no longer asking; resuming is handing a kept `State` back in. Masked
training follows Frankle & Carbin 2019: pruned weights start at zero, and a step masks the gradient alone, which keeps
zeros zero through momentum and weight decay, since the optimiser's own state starts at zero too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from workbench.data.batches import Batch, Mixture, Order, mixture, places_of
from workbench.data.data import Data, Split
from workbench.data.images import AUGMENTATIONS
from workbench.nets import masks
from workbench.nets.door import check_logits, taken_by
from workbench.nets.evaluation import place
from workbench.nets.hardware import Hardware, grad_mode_kept
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights, lent, on_cpu, owners, untied
from workbench.training.entrance import (
    check_example_weights,
    check_functions,
    check_losses,
    check_state,
    check_training,
    check_within,
    say_dropout,
)
from workbench.training.forward import Forward, settle_recipe
from workbench.training.look import Onlooker
from workbench.training.recipe import Recipe
from workbench.training.state import State
from workbench.work import progress, rules
from workbench.work.seeds import check_seed, generator

LOOKED_AT = 32  # images of a batch by which a network is held against what it keeps outside its state dict


class Diverged(ValueError):  # noqa: N818 (what happened, as `Stopped`)
    """A loss was not finite, and the run was stopped at once."""


@dataclass(frozen=True, eq=False)
class Step:
    """One optimiser step: which one, of how many, its batch, the logits and losses before the update, and the state."""

    step: int
    of: int
    batch: Batch
    logits: Float[Tensor, "batch classes"]
    losses: Float[Tensor, " batch"]
    state: State


def steps(
    model: nn.Module,
    weights: Weights,
    data: Data,
    recipe: Recipe,
    *,
    mask: Mask | None = None,
    seed: int = 0,
    order_seed: int | None = None,
    augment_seed: int | None = None,
    step: int = 0,
    state: State | None = None,
    trained: Weights | None = None,
    weights_of: Callable[[Weights, int], Weights] | None = None,
    penalty: Callable[[Weights], Tensor] | None = None,
    example_weights: Tensor | None = None,
) -> Iterator[Step]:
    """Train, and yield a `Step` after every optimiser step, up to the recipe's length.

    `weights` are the network's, buffers included. `trained` is what is trained (default: the parameters among them)
    and `mask` is over its names; `weights_of(trained, step)` turns it into weights of the network (a search, a curve);
    `penalty(trained)` adds to the loss. `example_weights`, one number an example of `data.train` in its order, multiply
    the losses from the beginning (under mixup, the weight is that of the image whose id the batch has). `step=k` begins
    there with a fresh optimiser: schedule and data order as at k. With `state=` everything in it comes from it, its
    example weights included. `seed` is both the order's seed and the augmentation's, which may be given apart. The
    caller's model and weights are not touched. Raises `Diverged` where the loss is not finite, a ValueError for what
    does not fit, and warns of active dropout, whose bits are not promised.
    """
    check_training(model, weights, data, recipe, seed=seed, order_seed=order_seed, augment_seed=augment_seed)
    check_functions(weights_of=weights_of, penalty=penalty)
    say_dropout(model)
    if state is None:
        state = _begin(model, weights, mask, step, trained)
        state.example_weights = check_example_weights(example_weights, len(data.train))
    elif weights_of is None:
        check_state(state, weights)
    state = state.ready(settle_recipe(model, recipe))
    forward = Forward(model, recipe, state.mask, search=weights_of is not None)
    hardware = forward.hardware
    frozen = untied(weights, model).keys() - state.trained.keys() - state.buffers.keys()
    fixed = {name: place(weights[name], hardware).clone() for name in frozen}
    onlooker, optimiser = Onlooker(model, data.validation, hardware), _optimiser(recipe, state)
    split = data.train.to(hardware.device)
    of, begun = recipe.length(len(split)), state.step
    check_within(begun, of)
    order = Order(len(split), recipe.batch_size, check_seed(seed if order_seed is None else order_seed))
    augment_seed = check_seed(seed if augment_seed is None else augment_seed)
    with grad_mode_kept():
        for s in range(state.step, of):
            index = order(s).to(hardware.device)
            inputs, mixed = _inputs(split, index, recipe, augment_seed, s)
            labels = split.labels.index_select(0, index)
            tensors = fixed | state.buffers | (state.trained if weights_of is None else weights_of(state.trained, s))
            logits = forward(tensors, place(inputs, hardware), state)
            if state.step == begun:
                check_logits(logits, inputs, split.labels, model)
            if s in (begun, of - 1):
                forward.check(tensors, fixed, place(inputs[:LOOKED_AT], hardware))
            if mixed is not None:
                labels = mixed.labels(labels, logits.shape[1])
            batch = Batch(split.ids.index_select(0, index), labels, s, of)
            losses = recipe.loss(logits, batch)
            if state.step == begun:
                check_losses(losses, index)
            if state.example_weights is not None:
                losses = losses * state.example_weights[index]
            loss = losses.mean() if penalty is None else losses.mean() + penalty(state.trained)
            state.forget_gradients()
            loss.backward()
            state.mask_gradients()
            optimiser.param_groups[0]["lr"] = recipe.rate(s, of)
            optimiser.step()
            _check_finite(loss, s, of, recipe, hardware)
            state.step = s + 1
            progress.report(s + 1 - begun, of - begun, "step", onlooker.at(s + 1, of, losses, tensors))
            yield Step(state.step, of, batch, logits.detach(), losses.detach(), state)


def gradients(
    model: nn.Module, weights: Weights, data: Data, ids: Tensor, *, recipe: Recipe | None = None, step: int = 0
) -> Weights:
    """Return the dense gradients of the mean loss over these training examples, in eval mode, un-augmented.

    `ids` are among `data.train.ids`, in any order. The loss is the recipe's, at `step` where it is annealed. What
    grows connections back (RigL) reads these: they are not masked. Raises a ValueError for an id that is not there.
    """
    recipe = Recipe(steps=1) if recipe is None else recipe
    check_training(model, weights, data, recipe)
    rules.whole("step", step, way_on="step=0 is the beginning")
    network = private(model).eval()
    trained = {name: weights[name].detach().clone().requires_grad_() for name in _trainable(network)}
    places = places_of(ids, data.train.ids)
    if not len(places):
        raise ValueError("ids must name a training example at least, got none; data.train.ids[:100] are a hundred")
    images, labels = data.train.inputs(places), data.train.labels[places]
    batch = Batch(ids, labels, step, max(1, recipe.length(len(data.train))))
    with taken_by(network, images):
        logits = functional_call(network, lent(weights, network) | trained, (images,))
    check_logits(logits, images, labels, network)
    slopes = torch.autograd.grad(recipe.loss(logits, batch).mean(), list(trained.values()))
    if not all(bool(slope.isfinite().all()) for slope in slopes):
        raise ValueError("the gradients are not finite: the weights are not, or the loss is infinite; train them anew")
    return dict(zip(trained, slopes, strict=True))


def _inputs(split: Split, index: Tensor, recipe: Recipe, seed: int, step: int) -> tuple[Tensor, Mixture | None]:
    """Return the images of a batch as the network takes them, augmented and mixed by the seed and the step."""
    images = split.images.index_select(0, index)  # ten times as fast as split.images[index]
    if recipe.augment != "none":
        images = AUGMENTATIONS[recipe.augment](images, generator(seed, "augment", step))
    inputs = split.normalise(images)
    if not recipe.mixup:
        return inputs, None
    mixed = mixture(recipe.mixup, len(index), seed, step)
    return mixed.of(inputs), mixed


def network_weights(model: nn.Module, weights: Weights, state: State) -> Weights:
    """Return the network's weights at a state, on the CPU; names that share one tensor in the model share it here."""
    live = on_cpu(state.trained | state.buffers)
    owner = owners(model)
    return {name: live.get(owner.get(name, name), weights[name]) for name in weights}


def _begin(network: nn.Module, weights: Weights, mask: Mask | None, step: int, trained: Weights | None) -> State:
    rules.whole("step", step, way_on="step=0 begins at the beginning")
    trained = trained if trained is not None else {name: weights[name] for name in _trainable(network)}
    rules.tensors("trained", trained, "wb.snapshot(model) gives some")
    if not trained:
        raise ValueError("there is nothing to train: no parameter of the model asks for gradients (requires_grad)")
    if mask is not None:
        masks.check(mask, trained)
        trained = masks.apply(trained, mask)
    buffers = {name for name, _ in network.named_buffers()}
    held = {name: weight for name, weight in weights.items() if name in buffers}
    return State(trained, mask, held, {name: {} for name in trained}, step)


def _trainable(network: nn.Module) -> list[str]:
    return [name for name, parameter in network.named_parameters() if parameter.requires_grad]


def _optimiser(recipe: Recipe, state: State) -> torch.optim.Optimizer:
    """Make torch's optimiser around the state's tensors; its own state lives in `state.optimiser`, by name."""
    trained = list(state.trained.values())
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": True}
    if recipe.optimiser == "adam":
        optimiser = torch.optim.Adam(trained, betas=(recipe.momentum, 0.999), **common)
    else:
        optimiser = torch.optim.SGD(trained, momentum=recipe.momentum, nesterov=recipe.nesterov, **common)
    for name, tensor in state.trained.items():
        optimiser.state[tensor] = state.optimiser.setdefault(name, {})
    return optimiser


def _check_finite(loss: Tensor, step: int, of: int, recipe: Recipe, hardware: Hardware) -> None:
    if hardware.device != "cpu" and (step + 1) % 50 and step + 1 < of:
        return  # reading the loss waits for the GPU: now and then, and at the end, is soon enough
    value = loss.item()
    if not math.isfinite(value):
        way_on = f"try learning_rate={recipe.learning_rate / 10:g}, or warmup={min(of, max(10, of // 20))}"
        raise Diverged(f"the loss is {value} at step {step + 1} of {of}, so the run was stopped; {way_on}")
