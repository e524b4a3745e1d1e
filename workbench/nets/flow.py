"""What flows through a network whose weights are nowhere negative: the sum of its outputs for an image of ones.

Without biases, and with norms that only multiply, such a network is linear in every layer: the sum R of its outputs is
a sum over all paths from input to output of the product of the weights on the path, and dR/dw · w is what flows through
w (Tanaka et al. 2020, "Pruning Neural Networks Without Any Data by Iteratively Conserving Synaptic Flow", section 5).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

from workbench.nets.door import taken_by
from workbench.nets.linear_maps import linear_maps, prunable
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights, lent, owners
from workbench.work import rules
from workbench.work.memory import check_room

SMALL = 2.0**-100  # an image's ones: what bends further out (ReLU6, tanh, GELU) is followed by its slope at 0


class Flow:
    """The sum of a model's outputs for one image of ones, with other tensors in its place: `flow(tensors)`.

    A private copy in float64 and eval mode. `mean_pooling` takes the mean where the model takes a maximum, so that
    every pixel counts. Raises a ValueError for a shape that is none, for images that the model does not take, and for
    a model that is not linear in this sense: with attention, recurrent layers, a difference of paths, or what is not 0
    where its input is; `way_on` says what to do then.
    """

    def __init__(
        self, model: nn.Module, shape: Sequence[int], *, way_on: str, device: str = "cpu", mean_pooling: bool = False
    ) -> None:
        rules.each("shape", shape, rules.whole, "pass data.shape", least=1)
        check_room(f"an image of {math.prod(shape):,} numbers", 8 * math.prod(shape), "pass data.shape")
        if len(shape) != 3:
            raise rules.refused("shape", "channels, height and width", tuple(shape), "pass data.shape")
        owner = owners(model)
        layers = [(owner.get(name, name), layer) for name, layer, _ in linear_maps(model)]
        other = [name for name, layer in layers if not isinstance(layer, (nn.Linear, _ConvNd))]
        if other:
            raise _refused(model, f"{other[0]} belongs to no linear layer or convolution", way_on)
        self.network = private(model).to(device).double().eval()
        self.inputs = torch.full((1, *shape), SMALL, dtype=torch.float64, device=device)
        self.rules = _Linear(model, mean_pooling, way_on)
        self._check(model, way_on)

    def tensors(self, weights: Weights, *, ones: bool = False) -> Weights:
        """Return the network's tensors: |w| of every parameter (or `ones`) and 0 of every bias, in float64."""
        tensors = {name: tensor.to(self.inputs.device) for name, tensor in lent(weights, self.network).items()}
        tensors = {name: tensor.double() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        for name in dict(self.network.named_parameters()).keys() & tensors.keys():
            bias = "bias" in name.rpartition(".")[2]
            flat = torch.zeros_like if bias else torch.ones_like if ones else torch.abs
            tensors[name] = flat(tensors[name].detach())
        if ones:
            tensors |= {n: torch.ones_like(t) for n, t in tensors.items() if n.endswith("running_var")}
        return tensors

    def _check(self, model: nn.Module, way_on: str) -> None:
        """Raise a ValueError unless R is linear and no path counts against it, where every unit is a mean of inputs."""
        tensors = self.tensors({name: t.detach() for name, t in model.state_dict().items()}, ones=True)
        means = {n: (tensors[n] / max(1, tensors[n][0].numel())).requires_grad_() for n in prunable(model)}
        with torch.enable_grad():
            once, twice = self(tensors | means), self(tensors | means, 2.0)
            if not once > 0:
                raise _refused(model, "nothing passes when all is kept and biases are 0", way_on)
            if not torch.isclose(2 * once, twice, rtol=1e-9, atol=0.0):
                raise _refused(model, "twice the image does not give twice the outputs, with biases at 0", way_on)
            slopes = torch.autograd.grad(once, list(means.values()), materialize_grads=True) if means else ()
        if any(bool((slope < 0).any()) for slope in slopes):
            raise _refused(model, "it takes the difference of paths", way_on)

    def __call__(self, tensors: Weights, scale: float = 1.0) -> Tensor:
        """Return the sum of the outputs, for an image of `SMALL` times `scale` in place of ones."""
        with taken_by(self.network, self.inputs), self.rules:
            answer = functional_call(self.network, tensors, (self.inputs * scale,))
        if not isinstance(answer, Tensor):
            rule, way_on = "one tensor", "hand in a module whose forward returns the logits alone"
            raise rules.refused(f"what {type(self.network).__name__} returns", rule, answer, way_on)
        return answer.sum()


class _Linear(TorchFunctionMode):
    """Norms multiply by |weight| / sqrt(running variance + eps), and where they keep no variance by |weight| alone."""

    def __init__(self, model: nn.Module, mean_pooling: bool, way_on: str) -> None:
        super().__init__()
        self.model, self.mean_pooling, self.way_on = model, mean_pooling, way_on

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in NORMS:
            return _multiplied(inspect.signature(func).bind(*args, **kwargs).arguments, func in BY_LAST_AXES)
        if self.mean_pooling and func in MEANS:
            return MEANS[func](*args, **kwargs)
        if func in ATTENTION:
            raise _refused(self.model, f"it has attention ({func.__name__})", self.way_on)
        if func in LOG_SOFTMAX:  # the last step of some networks, whose logits are what flows
            return args[0] if args else kwargs["input"]
        return func(*args, **kwargs)


def _multiplied(given: dict[str, Any], by_last_axes: bool) -> Tensor:
    """Return the input of a norm times its scale."""
    x, weight, variance = given["input"], given.get("weight"), given.get("running_var")
    along = (1, -1, *[1] * (x.dim() - 2))  # a number a channel
    if variance is not None:
        x = x / (variance + given.get("eps", 1e-5)).sqrt().view(along)
    return x if weight is None else x * (weight if by_last_axes else weight.view(along))


def _mean_of(pool: Callable[..., Tensor], maximum: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return mean pooling for max-pooling's arguments; a dilated one, of which there is no mean, stays a maximum."""

    def pooled(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
               ceil_mode: bool = False, return_indices: bool = False) -> Tensor:  # fmt: skip
        if return_indices or dilation not in (1, (1,), (1, 1), (1, 1, 1)):
            return maximum(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
        return pool(input, kernel_size, stride, padding, ceil_mode)

    return pooled


def _refused(model: nn.Module, reason: str, way_on: str) -> ValueError:
    return ValueError(f"no path can be followed through {type(model).__name__}: {reason}; {way_on}")


NORMS = {
    functional.batch_norm,
    functional.instance_norm,
    functional.group_norm,
    functional.layer_norm,
    functional.rms_norm,
    functional.local_response_norm,
}
BY_LAST_AXES = {functional.layer_norm, functional.rms_norm}
MEANS = {
    functional.max_pool1d: _mean_of(functional.avg_pool1d, functional.max_pool1d),
    functional.max_pool2d: _mean_of(functional.avg_pool2d, functional.max_pool2d),
    functional.max_pool3d: _mean_of(functional.avg_pool3d, functional.max_pool3d),
    functional.adaptive_max_pool1d: functional.adaptive_avg_pool1d,
    functional.adaptive_max_pool2d: functional.adaptive_avg_pool2d,
    functional.adaptive_max_pool3d: functional.adaptive_avg_pool3d,
}
LOG_SOFTMAX = {functional.log_softmax, torch.log_softmax, Tensor.log_softmax}
ATTENTION = {
    functional.scaled_dot_product_attention,
    functional.multi_head_attention_forward,
    functional.softmax,
    torch.softmax,
    Tensor.softmax,
}
