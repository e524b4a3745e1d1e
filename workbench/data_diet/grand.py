"""GraNd: the norm of the gradient that one example alone gives.

Paul, Ganguli & Dziugaite 2021, "Deep Learning on a Data Diet", definition 2.1: GraNd(x, y) = E ‖∇_w ℓ(f_w(x), y)‖₂ over
replicas, at step t, over all parameters. At initialisation it tracks the norm of the input and chooses data no better
than chance (Kirsch 2023); later in training it is fine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch._C import _functorch  # pyright: ignore[reportAttributeAccessIssue]
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from workbench.data.data import Data, Split
from workbench.data_diet.mean_over_networks import part_to_score
from workbench.data_diet.scores import Score
from workbench.nets.door import check_logits, taken_by
from workbench.nets.evaluation import BATCH
from workbench.nets.hardware import settle
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights, lent
from workbench.work import progress, rules

VARIANTS = ("all", "last_layer")
MEMORY = 2**28  # bytes of gradients at once, where each example's is made
AT_ONCE = 100  # examples, at most: more at once are slower (measured on ResNet-8)


def grand(
    model: nn.Module,
    networks: Sequence[Weights],
    data: Data,
    *,
    split: str = "train",
    step: int | None = None,
    variant: str = "all",
) -> Score:
    """Score the examples of a split by the mean over `networks` (replicas at one step) of ‖∇_w ℓ(f_w(x), y)‖₂.

    ℓ is the cross-entropy; eval mode, un-augmented images. "all" is exact, over all parameters that train: in closed
    form where they are all of linear layers, by `torch.func` otherwise. "last_layer" is over the last linear layer
    alone, as some libraries compute "GraNd", and is named "grand_last_layer". Raises a ValueError without a network,
    for an empty split, and for a last layer that is not linear.
    """
    rules.choice("variant of GraNd", variant, VARIANTS)
    part = part_to_score("grand", model, networks, data, split, step)
    norms = []
    for weights in progress.walk("network", iter(networks), len(networks)):
        norms.append(_norms(model, weights, part, variant == "last_layer"))
    name = "grand" if variant == "all" else "grand_last_layer"
    values = torch.stack(norms).mean(0)
    return Score(name, values, part.ids.cpu(), data.fingerprint, split, step, len(networks), variant)


def _norms(model: nn.Module, weights: Weights, split: Split, last_layer: bool) -> Tensor:
    """Return the norm of every example's gradient for one network."""
    device = settle(model).device
    network = private(model).to(device).eval()
    placed = {name: tensor.detach().to(device) for name, tensor in lent(weights, model).items()}
    every = list(network.named_parameters())  # before torch's swaps: see below
    trained = [name for name, p in every if p.requires_grad or last_layer]
    squares, norms, split, closed_form = [], {}, split.to(device), last_layer or _linear_alone(network)
    for places in torch.arange(len(split), device=split.images.device).split(BATCH):
        inputs, labels = split.inputs(places), split.labels[places]
        with taken_by(network, inputs):
            if first := not squares:
                leaves, logits = _of_one(network, placed, trained, inputs[:1])
                check_logits(logits, inputs[:1], split.labels, network)
                norms = _squares(leaves, logits, labels[:1]) if closed_form else {}
            square = _linear(network, placed, inputs, labels, last_layer) if closed_form else None
        if first and square is not None and not _proven(network, norms, square[0], last_layer):
            largest = square.argmax()[None]  # of a gradient that is nearly zero little more than rounding is left
            norms = _squares(*_of_one(network, placed, trained, inputs[largest]), labels[largest])
            square = square if _proven(network, norms, square[largest], last_layer) else None
        if square is None and last_layer:
            raise ValueError('the last layer must be linear, on one vector an example; variant="all" takes any network')
        closed_form = square is not None
        squares.append(_by_example(network, placed, trained, inputs, labels) if square is None else square)
        progress.report(int(places[-1]) + 1, len(split), "image")
    return torch.cat(squares).sqrt().cpu()


@torch.enable_grad()
def _of_one(network: nn.Module, weights: Weights, trained: list[str], image: Tensor) -> tuple[Weights, Any]:
    """Return the tensors that train and the logits of one image, which depend on them.

    Raises a ValueError where the network takes no image alone, as batch-norm does at times.
    """
    leaves = {name: weights[name].detach().requires_grad_() for name in trained}
    try:
        return leaves, functional_call(network, weights | leaves, (image,))
    except ValueError as error:
        refusal = f"GraNd is the gradient of one example, and {type(network).__name__} takes none alone ({error})"
        raise ValueError(f"{refusal}; score by el2n, which takes them together") from error


@torch.enable_grad()
def _squares(leaves: Weights, logits: Tensor, label: Tensor) -> Weights:
    """Return the squared norm of one example's gradient with respect to every tensor that trains, by backward."""
    loss = functional.cross_entropy(logits, label)
    slopes = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    norms = torch.stack(torch._foreach_norm(slopes)).square()  # pyright: ignore[reportPrivateImportUsage]
    return dict(zip(leaves, norms, strict=True))


@torch.enable_grad()
def _linear(network: nn.Module, weights: Weights, inputs: Tensor, labels: Tensor, last: bool) -> Tensor | None:
    """Return ‖δ aᵀ‖² + ‖δ‖² = ‖δ‖² (‖a‖² + 1) of every example, summed over the linear layers, or of the last of them.

    a is what goes into a layer, δ the gradient of the loss with respect to what comes out: one backward pass of the
    summed loss gives it for all examples, which share nothing in eval mode. None where that does not hold: a layer that
    is used twice, not as a layer, or on more than one vector an example, or a last one that does not give the logits.
    """
    layers = [module for module in network.modules() if type(module) is nn.Linear]
    seen: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def remember(layer: Any, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor:
        output = output if output.requires_grad else output.requires_grad_()
        seen.append((layer, arguments[0].detach(), output))
        return output.clone()  # which what follows may write over

    hooks = [layer.register_forward_hook(remember) for layer in layers]
    logits = functional_call(network, weights, (inputs,))
    for hook in hooks:
        hook.remove()
    loss = functional.cross_entropy(logits, labels, reduction="sum")
    once = len({id(layer) for layer, *_ in seen}) == len(seen)
    if last:
        once = bool(seen) and sum(layer is seen[-1][0] for layer, *_ in seen) == 1 and torch.equal(seen[-1][2], logits)
        seen = seen[-1:]
    elif len(seen) < len(layers):
        once = False
    if not once or any(a.dim() != 2 for _, a, _ in seen):
        return None
    deltas = torch.autograd.grad(loss, [output for *_, output in seen], materialize_grads=True)
    return sum(
        delta.square().sum(1) * (a.square().sum(1) + (layer.bias is not None))
        for delta, (layer, a, _) in zip(deltas, seen, strict=True)
    )  # pyright: ignore[reportReturnType]


def _linear_alone(network: nn.Module) -> bool:
    """Whether all that trains belongs to linear layers, none of it shared or frozen."""
    linear = [p for module in network.modules() if type(module) is nn.Linear for p in module.parameters()]
    ids = {id(p) for p in network.parameters()}
    return {id(p) for p in linear} == ids and len(linear) == len(ids) and all(p.requires_grad for p in linear)


def _proven(network: nn.Module, norms: Weights, square: Tensor, last: bool) -> bool:
    """Whether the closed form is what autograd says of an example: the sum of its squared norms by tensor.

    It is not where a weight is used in a way that the form does not expect, or where examples see one another. For
    "last_layer" one of the linear layers has to give it: the last that is used is one of them.
    """
    if not last:
        return _alike(sum(norms.values()), square)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    layers = [[names[id(p)] for p in m.parameters()] for m in network.modules() if type(m) is nn.Linear]
    return any(_alike(sum(norms[name] for name in layer), square) for layer in layers)


def _alike(proof: Any, square: Tensor) -> bool:
    """Whether two squared norms are one, but for rounding; of nothing nothing is proven."""
    return bool(proof > 0) and bool(abs(proof - square) <= 1e-3 * proof)


def _by_example(network: nn.Module, weights: Weights, names: list[str], inputs: Tensor, labels: Tensor) -> Tensor:
    """Return the squared norm of every example's gradient, each made whole: any network, at more cost.

    The names of what is trained are given: `functional_call` leaves other tensors in a module that has two names.
    """
    trained = {name: weights[name] for name in names}

    def loss(trained: Weights, image: Tensor, label: Tensor) -> Tensor:
        return functional.cross_entropy(functional_call(network, weights | trained, (image[None],)), label[None])

    _functorch._set_vmap_fallback_warning_enabled(False)  # an operation that is slow so is no fault of the caller's
    gradients = vmap(grad(loss), in_dims=(None, 0, 0))
    try:
        gradients(trained, inputs[:1], labels[:1])
    except (RuntimeError, ValueError) as error:  # an operation that vmap does not know: one by one then
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return _one_by_one(network, weights, names, inputs, labels)
    size = max(1, min(AT_ONCE, MEMORY // (4 * sum(w.numel() for w in trained.values()))))
    squares = []
    for part in zip(inputs.split(size), labels.split(size), strict=True):
        slopes = gradients(trained, *part).values()
        squares.append(torch.stack([g.flatten(1).square().sum(1) for g in slopes]).sum(0))
        progress.report(sum(map(len, squares)), len(inputs))
    return torch.cat(squares)


def _one_by_one(network: nn.Module, weights: Weights, trained: list[str], inputs: Tensor, labels: Tensor) -> Tensor:
    """Return the squared norm of every example's gradient, by a backward pass each."""
    squares = []
    for i in range(len(inputs)):
        with taken_by(network, inputs):
            leaves, logits = _of_one(network, weights, trained, inputs[i : i + 1])
            squares.append(torch.stack([*_squares(leaves, logits, labels[i : i + 1]).values()]).sum())
        progress.report(i + 1, len(inputs))
    return torch.stack(squares)
