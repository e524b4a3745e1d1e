"""Draws of a model's initial weights, each from its own seed.

Whether a ticket needs *its* initial weights is the question of the random re-initialisation control (Frankle & Carbin
2019, section 2): so another draw must be one call away, and must not touch the model.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from workbench.nets.weights import Weights, snapshot
from workbench.work import rules
from workbench.work.locks import Lock
from workbench.work.nearest import unknown
from workbench.work.seeds import generator, number

_DRAWING = Lock(awaited=True)  # `reset_parameters` draws from torch's global generator, which all threads share
RULES = ("own", "signed_constant", "kaiming_normal", "scaled_constant")


def initialise(model: nn.Module, *, seed: int = 0, rule: str = "own", density: float | None = None) -> Weights:
    """Draw the model's weights anew; the model is not touched.

    `rule="own"` draws as the model itself would: a module that has `reset_parameters` draws itself, and what it holds;
    any other leaves it to its children. The other rules are for weights that stay frozen in a search. They draw the
    weights of convolutions and linear layers by their fan-in, and set their biases to 0 (norms begin at 1 and 0):

        signed_constant    ±sqrt(2 / fan_in)
        kaiming_normal     sqrt(2 / fan_in) · N(0, 1)
        scaled_constant    ±sqrt(2 / (fan_in · density)), which keeps the variance where only that share is kept

    A seed gives all three the same signs. `density` is used by the last alone. torch's global generator is left as it
    was. Raises a ValueError for a module with parameters that nothing draws, or a rule or density out of range.
    The first two: Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?", as in the code of
    Sapkota et al. 2023.
    """
    rules.module(model)
    gain = 2 / _share(rule, density)
    drawn = copy.deepcopy(model)
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(number(seed, "initialise"))
        _reset(drawn, "the model")
    if rule != "own":
        layers = [module for module in drawn.modules() if isinstance(module, (nn.Linear, _ConvNd))]
        for index, layer in enumerate(layers):
            normal = torch.randn(layer.weight.shape, generator=generator(seed, "frozen", index))
            std = torch.tensor((gain / fan_in(layer.weight)) ** 0.5)
            with torch.no_grad():
                layer.weight.copy_(std * normal if rule == "kaiming_normal" else torch.copysign(std, normal))
                if layer.bias is not None:
                    layer.bias.zero_()
    return snapshot(drawn)


def fan_in(weight: Tensor) -> int:
    """Return how many weights meet in one output, as torch counts them: the product of all sizes but the first."""
    return weight.shape[1:].numel()


def _share(rule: str, density: float | None) -> float:
    """Return the share of the weights for which the rule keeps the variance."""
    if rule not in RULES:
        raise unknown("rule", rule, RULES)
    if density is not None:
        rules.number("density", density, above=0, most=1, way_on='for "5 % kept" pass 0.05')
    if rule != "scaled_constant":
        return 1.0
    if density is None:
        raise ValueError('rule="scaled_constant" needs the density that will be kept; for "5 % kept" pass density=0.05')
    return density


def _reset(module: nn.Module, path: str) -> None:
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()  # type: ignore[operator]
        return
    names = [name for name, _ in module.named_parameters(recurse=False)]
    if names:
        kind = type(module).__name__
        raise ValueError(f"{path} ({kind}) has parameters {names} but no reset_parameters(); give {kind} that method")
    for name, child in module.named_children():
        _reset(child, name)
