"""Forward passes whose derivatives may be differentiated again: for Hessians, and for how a gradient's norm changes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class TwiceDifferentiable(TorchFunctionMode):
    """Take attention and weight-norm by their formulas.

    torch's fused kernel of attention has no second derivative, and that of weight-norm a wrong one (torch 2.13: its
    product is off by a twentieth and more of that of differences of gradients).

    torch's own switch of kernels is one for all threads, and other threads train meanwhile.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is functional.scaled_dot_product_attention:
            return torch._scaled_dot_product_attention_math(*args, **kwargs)[0]  # pyright: ignore[reportPrivateImportUsage]
        if func is functional.multi_head_attention_forward:
            kwargs = kwargs | {"need_weights": True}  # which the fused kernel does not give
        if func is torch._weight_norm:  # pyright: ignore[reportPrivateImportUsage]
            return _weight_norm(*args, **kwargs)
        return func(*args, **kwargs)


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """Return v g / ‖v‖, the norm over all axes but one; over all where that is -1."""
    axes = [axis for axis in range(v.dim()) if dim == -1 or axis != dim]
    return v * (g / v.square().sum(axes, keepdim=True).sqrt())
