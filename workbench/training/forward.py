"""The network as the training loop runs it: which hardware, which execution, and the pass from images to logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from workbench.nets.door import taken_by
from workbench.nets.execution import execute, resolve
from workbench.nets.hardware import Hardware, settle
from workbench.nets.masks import Mask
from workbench.nets.plain_module import Outside, for_training
from workbench.nets.weights import Weights, owners
from workbench.training.recipe import Recipe
from workbench.training.state import State

ROUNDING = 1e-4  # of the largest logit, between two executions


def settle_recipe(model: nn.Module, recipe: Recipe, mask: Mask | None = None, *, search: bool = False) -> Hardware:
    """Decide what the recipe's "auto" means for this model under this mask on this machine.

    In a `search` what trains are no weights, and the mask is over something else.
    """
    hardware = settle(
        model,
        device=recipe.device,
        precision=recipe.precision,
        channels_last=recipe.channels_last,
        compiled=recipe.compile,
    )
    return resolve(model, mask, recipe.execution, hardware, search=search)


class Forward:
    """A pass in train mode through a private copy of the model; another one is made where the mask changed."""

    def __init__(self, model: nn.Module, recipe: Recipe, mask: Mask | None, *, search: bool) -> None:
        self.model, self.recipe, self.search = model, recipe, search
        self._make(mask)

    def _make(self, mask: Mask | None) -> None:
        self.hardware = settle_recipe(self.model, self.recipe, mask, search=self.search)
        self.execution = execute(self.model, mask, self.hardware)
        network = for_training(self.execution.network)
        self._outside = Outside(self.model, network, self.execution.pack, 0.0 if self.execution.exact else ROUNDING)
        self._pass = _pass(network, self.hardware)

    def __call__(self, tensors: Weights, inputs: Tensor, state: State) -> Any:
        """Return the logits, by the network's `tensors`; the state keeps the buffers that were written."""
        if state.mask is not self.execution.mask and self.recipe.execution != "dense" and not self.search:
            self._make(state.mask)
        packed = self.execution.pack(tensors)
        with taken_by(self.model, inputs):
            logits = self._pass(packed, inputs)
        self.execution.unpack(packed, tensors, state.buffers)
        state.keep(tensors)
        return logits

    def check(self, tensors: Mapping[str, Tensor], fixed: Mapping[str, Tensor], inputs: Tensor) -> None:
        """Raise a ValueError where the network keeps outside its state dict what moves its logits."""
        self._outside.check(tensors, fixed, inputs)


def _pass(network: nn.Module, hardware: Hardware) -> Callable[[Weights, Tensor], Any]:
    device, half = torch.device(hardware.device).type, hardware.precision == "bfloat16"
    call = _compiled(network) if hardware.compiled else _by_slots(network)

    def forward(weights: Weights, images: Tensor) -> Any:
        with torch.autocast(device, torch.bfloat16, enabled=half):
            answer = call(weights, images)
        return answer.float() if isinstance(answer, Tensor) else answer

    return forward


def _compiled(network: nn.Module) -> Callable[[Weights, Tensor], Any]:
    return torch.compile(lambda weights, images: functional_call(network, weights, (images,)))


def _by_slots(network: nn.Module) -> Callable[[Weights, Tensor], Any]:
    """Return what `functional_call` does with a network that is nobody else's.

    Its tensors stay where they were put, and where they go is looked up once: a fifth of its 80 µs.
    """
    owner = owners(network)
    slots: list[tuple[str, dict[str, Any], str]] = []
    buffers: list[tuple[str, dict[str, Any], str]] = []
    for path, module in network.named_modules():
        for found, held in ((slots, module._parameters), (buffers, module._buffers)):
            names = ((f"{path}.{key}".removeprefix("."), key) for key in held if held[key] is not None)
            found += [(owner[name], held, key) for name, key in names if name in owner]

    def call(weights: Weights, images: Tensor) -> Any:
        for name, held, key in slots:
            held[key] = weights[name]
        given = [slot for slot in buffers if slot[0] in weights]  # the rest the network keeps to itself
        for name, held, key in given:
            held[key] = weights[name]
        answer = network(images)
        for name, held, key in given:
            weights[name] = held[key]
        return answer

    return call
