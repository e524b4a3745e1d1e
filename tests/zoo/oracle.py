"""A plain loop over a module and an optimiser, written apart from the workbench: what every verb is held against.

It knows of the workbench the order of the batches and the seeds of draws alone, so that both see the same examples.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.batches import Order
from workbench.data.data import Data, Split
from workbench.training.recipe import Recipe

State = Mapping[str, Tensor]


def loaded(model: nn.Module, state: State) -> nn.Module:
    """The module itself, with these tensors in it."""
    model.load_state_dict(dict(state))
    return model


def train(
    model: nn.Module, data: Data, recipe: Recipe, *, mask: State | None = None, seed: int = 0, first: int = 0
) -> nn.Module:
    """Train the module itself by SGD, as it is handed in: what is in eval mode stays there. Return it."""
    tensors, order = dict(model.named_parameters()), Order(len(data.train), recipe.batch_size, seed)
    optimiser = torch.optim.SGD(model.parameters(), recipe.learning_rate, recipe.momentum)
    for name, kept in (mask or {}).items():
        tensors[name].data[~kept] = 0
    for step in range(first, recipe.length(len(data.train))):
        index = order(step)
        optimiser.zero_grad()
        loss = functional.cross_entropy(model(data.train.inputs(index)), data.train.labels[index])
        loss.backward()
        for name, kept in (mask or {}).items():
            if (slopes := tensors[name].grad) is not None:
                slopes[~kept] = 0
        optimiser.step()
    return model


@torch.no_grad()
def logits(model: nn.Module, split: Split) -> Tensor:
    """What the module says of a split, in eval mode."""
    return model.eval()(split.inputs())


def edge_popup(
    model: nn.Module, data: Data, recipe: Recipe, scores: State, counts: Mapping[str, int], *, seed: int = 0
) -> State:
    """Train scores of the module's own frozen weights: those with the `counts` largest |s| in a layer take part."""
    tensors, order = dict(model.named_parameters()), Order(len(data.train), recipe.batch_size, seed)
    frozen = {name: tensors[name].detach().clone() for name in scores}
    trained = {name: score.clone().requires_grad_() for name, score in scores.items()}
    optimiser = torch.optim.SGD(list(trained.values()), recipe.learning_rate, recipe.momentum)

    def largest() -> State:
        sizes = {name: score.detach().abs() for name, score in trained.items()}
        return {name: s >= s.flatten().sort(descending=True).values[counts[name] - 1] for name, s in sizes.items()}

    for step in range(recipe.length(len(data.train))):
        index, mask = order(step), largest()
        for name, kept in mask.items():
            tensors[name].data = frozen[name] * kept
        model.zero_grad()
        functional.cross_entropy(model(data.train.inputs(index)), data.train.labels[index]).backward()
        for name, score in trained.items():
            gradient = tensors[name].grad
            score.grad = (
                torch.zeros_like(score) if gradient is None else (gradient * frozen[name] * score.sign()).to(score)
            )
        optimiser.step()
    mask = largest()
    for name, kept in mask.items():
        tensors[name].data = frozen[name] * kept
    return mask


def forgotten(model: nn.Module, data: Data, recipe: Recipe, *, seed: int = 0) -> Tensor:
    """How often each example, once right, was wrong at its next presentation; never right: infinity."""
    right, events, learned = {}, torch.zeros(len(data.train)), torch.zeros(len(data.train), dtype=torch.bool)
    order, optimiser = Order(len(data.train), recipe.batch_size, seed), None
    optimiser = torch.optim.SGD(model.parameters(), recipe.learning_rate, recipe.momentum)
    for step in range(recipe.length(len(data.train))):
        index = order(step)
        optimiser.zero_grad()
        answers = model(data.train.inputs(index))
        functional.cross_entropy(answers, data.train.labels[index]).backward()
        optimiser.step()
        for place, correct in zip(
            index.tolist(), (answers.argmax(1) == data.train.labels[index]).tolist(), strict=True
        ):
            events[place] += right.get(place, False) and not correct
            learned[place] |= correct
            right[place] = correct
    return events.masked_fill(~learned, float("inf"))


def gradient_norms(model: nn.Module, split: Split) -> Tensor:
    """The norm of the gradient of each example alone."""
    norms, trained = [], [p for p in model.eval().parameters() if p.requires_grad]
    for image, label in zip(split.inputs(), split.labels, strict=True):
        loss = functional.cross_entropy(model(image[None]), label[None])
        slopes = torch.autograd.grad(loss, trained, allow_unused=True)
        norms.append(torch.stack([s.norm() for s in slopes if s is not None]).norm())
    return torch.stack(norms)


def curved(model: nn.Module, split: Split, vector: Tensor) -> Tensor:
    """The Hessian's product with a vector by differences of gradients: (g(w + h v) - g(w - h v)) / 2h, in double."""
    trained = [p for p in model.double().eval().parameters() if p.requires_grad]

    def gradient(h: float) -> Tensor:
        for p, part in zip(trained, vector.double().split([p.numel() for p in trained]), strict=True):
            p.data += h * part.view_as(p)
        loss = functional.cross_entropy(model(split.inputs().double()), split.labels)
        slopes = torch.autograd.grad(loss, trained, allow_unused=True)
        for p, part in zip(trained, vector.double().split([p.numel() for p in trained]), strict=True):
            p.data -= h * part.view_as(p)
        return torch.cat(
            [torch.zeros_like(p).flatten() if s is None else s.flatten() for p, s in zip(trained, slopes, strict=True)]
        )

    return (gradient(1e-5) - gradient(-1e-5)) / 2e-5
