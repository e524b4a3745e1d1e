"""A look at a training while it runs: what can be seen of it at a step, for whoever watches and asks.

Every report of a step carries one. It is made when it is called, in the thread that trains, and costs the training
nothing but a call a step (0.2 µs) while nobody asks. It changes no number: what is asked is a copy of the network in
eval mode, with copies of the buffers; torch's random numbers are put back; nothing is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from workbench.data.data import Split
from workbench.nets.evaluation import place
from workbench.nets.hardware import Hardware
from workbench.nets.initialisation import drawing
from workbench.nets.plain_module import private
from workbench.work.locks import cached_property

MOST = 256  # validation images


@dataclass(frozen=True, slots=True)
class Look:
    """A training at `step` of `of`: the mean loss of this batch, and the accuracy on at most 256 validation images.

    The accuracy is None where there are no validation images. It is of the weights after the step; in a search, of
    those that the batch was shown to.
    """

    step: int
    of: int
    loss: float
    accuracy: float | None


class Onlooker:
    """What looks are made of, once a training; `at` says where it stands, and a call returns the `Look`."""

    def __init__(self, model: nn.Module, validation: Split, hardware: Hardware) -> None:
        self.model, self.validation, self.hardware = model, validation, hardware
        self.step, self.of = 0, 0
        self.losses: Tensor | None = None
        self.tensors: Mapping[str, Tensor] = {}

    def at(self, step: int, of: int, losses: Tensor, tensors: Mapping[str, Tensor]) -> Onlooker:
        """Take note of a step: its losses, and the tensors that the network was called with."""
        self.step, self.of, self.losses, self.tensors = step, of, losses, tensors
        return self

    def __call__(self, *, accuracy: bool = True) -> Look:
        """Look; without `accuracy`, at the loss alone, which takes a few microseconds."""
        assert self.losses is not None
        loss = float(self.losses.detach().mean())
        return Look(self.step, self.of, loss, self._accuracy() if accuracy else None)

    def _accuracy(self) -> float | None:
        if not len(self.validation):
            return None
        network, inputs, labels = self._seen
        device = torch.device(self.hardware.device)
        held = {name for name, _ in network.named_buffers()}
        tensors = {name: t.clone() if name in held else t.detach() for name, t in self.tensors.items()}
        half = self.hardware.precision == "bfloat16"
        random = [device] if device.type == "cuda" else []
        with drawing(random), torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=half):
            logits = functional_call(network, tensors, (inputs,))
        return int((logits.argmax(1) == labels).count_nonzero()) / len(labels)

    @cached_property
    def _seen(self) -> tuple[nn.Module, Tensor, Tensor]:
        """A network of its own in eval mode, and the images, evenly drawn from the validation split."""
        split = self.validation
        index = torch.linspace(0, len(split) - 1, min(MOST, len(split)), device=split.labels.device).long()
        inputs = place(split.inputs(index).to(self.hardware.device), self.hardware)
        network = private(self.model).to(self.hardware.device).eval()
        return network, inputs, split.labels[index].to(self.hardware.device)
