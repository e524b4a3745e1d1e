"""The live state of a training run, which can be copied at any step and resumed from the copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.nets import masks
from workbench.nets.evaluation import place
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights

Copy = Callable[[Tensor], Tensor]


@dataclass(eq=False)
class State:
    """All that a run is at a step, live: what trains, its mask, the buffers, the optimiser's state by name.

    `copy()` takes all of it at once, and is what `steps(state=...)` resumes. Between two steps a consumer may rewrite
    `trained` in place and set `example_weights` (one number an id of the training split); a mask changes by `remask`.
    """

    trained: Weights
    mask: Mask | None
    buffers: Weights
    optimiser: dict[str, dict[str, Tensor]]
    step: int
    example_weights: Tensor | None = None

    def __post_init__(self) -> None:
        self._masked = _float_masks(self.mask, self.trained)

    def __repr__(self) -> str:
        return f"State(step={self.step}, trained={sum(t.numel() for t in self.trained.values())})"

    def copy(self) -> State:
        """Return a copy that no later step changes."""
        return self._each(_clone, _clone)

    def keep(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the buffers that a forward pass assigned anew from the tensors that it was run with."""
        for name, buffer in self.buffers.items():
            if (new := tensors[name]) is not buffer:
                self.buffers[name] = new.detach()

    def ready(self, hardware: Hardware) -> State:
        """Return a copy where a run happens, what trains ready for gradients.

        An archive gives tensors back on the CPU, contiguous and without gradients.
        """
        ready = self._each(
            lambda trained: place(trained.detach().clone(), hardware), lambda held: held.to(hardware.device, copy=True)
        )
        for weight in ready.trained.values():
            weight.requires_grad_()
        return ready

    def _each(self, trained: Copy, held: Copy) -> State:
        """Return the state with a copy of each tensor: of what trains and the optimiser's state, and of the rest."""
        return State(
            trained={name: trained(t) for name, t in self.trained.items()},
            mask=None if self.mask is None else {name: held(t) for name, t in self.mask.items()},
            buffers={name: held(t) for name, t in self.buffers.items()},
            optimiser={name: {k: trained(t) for k, t in state.items()} for name, state in self.optimiser.items()},
            step=self.step,
            example_weights=None if self.example_weights is None else held(self.example_weights),
        )

    def check_fits(self, tensors: Mapping[str, Tensor]) -> None:
        """Raise a ValueError unless what the state trains has the names and shapes of these tensors."""
        shapes, trained = ({name: tuple(t.shape) for name, t in side.items()} for side in (tensors, self.trained))
        if shapes != trained:
            name = min(name for name in shapes.keys() | trained.keys() if shapes.get(name) != trained.get(name))
            both = f"{name} has the shape {shapes.get(name)} here and {trained.get(name)} in the state"
            raise ValueError(f"the state is of another model or mask, {both}; resume with what it was trained with")

    def remask(self, mask: Mask) -> None:
        """Change the mask; where a place dies or is born, the weight and the optimiser's state become zero."""
        masks.check(mask, self.trained)
        dense = {name: torch.ones_like(tensor, dtype=torch.bool) for name, tensor in self.trained.items()}
        before = dense | (self.mask or {})
        after = dense | {name: tensor.to(self.trained[name].device) for name, tensor in mask.items()}
        with torch.no_grad():
            for name, weight in self.trained.items():
                changed = before[name] ^ after[name]
                for tensor in (weight, *self.optimiser[name].values()):
                    if tensor.shape == weight.shape:
                        tensor.masked_fill_(changed, 0)
        self.mask = {name: after[name] for name in mask}
        self._masked = _float_masks(self.mask, self.trained)

    def forget_gradients(self) -> None:
        """Let the next backward pass begin anew, as an optimiser's `zero_grad` does in ten times as long."""
        for weight in self.trained.values():
            weight.grad = None

    def mask_gradients(self) -> None:
        """Zero the gradients of pruned weights. Float masks: a bool product costs three times as much."""
        if self._masked:
            pairs = [(weight.grad, kept) for weight, kept in self._masked if weight.grad is not None]
            if not pairs:  # what is masked took no part in this step
                return
            torch._foreach_mul_([g for g, _ in pairs], [kept for _, kept in pairs])  # pyright: ignore[reportPrivateImportUsage]


def _float_masks(mask: Mask | None, trained: Weights) -> list[tuple[Tensor, Tensor]]:
    return [(trained[name], kept.to(trained[name].device, trained[name].dtype)) for name, kept in (mask or {}).items()]


def _clone(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)
