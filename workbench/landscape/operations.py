"""What each operation makes of symbols: which units its result has, and along which axes of its weights they stand.

By the name of torch's function or method, underscores at its ends left out; what is not here raises `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from workbench.landscape.symbols import BATCH, Symbol, Units, Unknown, symbol, unite


def _like(x: Any, ndim: int | None = None) -> Symbol:
    if not isinstance(x, Symbol):
        raise Unknown("a hidden layer is used as a weight")
    return symbol(x.tracer, x.parts, x.dim() if ndim is None else ndim, x.flat)


def _unfold(x: Symbol, length: int) -> Symbol:
    """Settle how many entries each unit of a flat image is, from the length of what reads it."""
    if not x.flat or x.parts is None:
        return x
    return symbol(x.tracer, tuple((units, block * length // x.shape[1]) for units, block in x.parts), x.dim())


def _linear(x: Any, weight: Tensor, bias: Tensor | None = None) -> Symbol:
    x = _like(x)
    if x.dim() != 2 and x.parts is not None:
        raise Unknown("a linear layer on an image that is not laid flat")
    x = _unfold(x, weight.shape[1])
    x.tracer.mark(weight, 1, x.parts)
    return _new_units(x, weight, bias, 0, 2)


def _new_units(x: Symbol, weight: Tensor, bias: Tensor | None, dim: int, ndim: int) -> Symbol:
    """Return the new units that a layer makes, one for each entry of an axis of its weight."""
    parts = ((Units(weight.shape[dim]), 1),)
    x.tracer.mark(weight, dim, parts)
    x.tracer.mark(bias, 0, parts)
    return symbol(x.tracer, parts, ndim)


def _convolution(x: Any, weight: Tensor, bias: Any = None, stride=1, padding=0, dilation=1, groups=1) -> Symbol:
    x = _like(x)
    if groups == 1:
        x.tracer.mark(weight, 1, x.parts)
        return _new_units(x, weight, bias, 0, x.dim())
    if groups != weight.shape[0] or weight.shape[1] != 1 or x.parts is None:
        raise Unknown("a convolution in groups")
    return _by_unit(x, weight, bias)  # one filter a channel


def _transposed(
    x: Any, weight: Tensor, bias: Any = None, stride=1, padding=0, output=0, groups=1, dilation=1
) -> Symbol:
    x = _like(x)
    if groups != 1:
        raise Unknown("a convolution in groups")
    x.tracer.mark(weight, 0, x.parts)
    return _new_units(x, weight, bias, 1, x.dim())


def _by_unit(x: Any, *tensors: Any, **named: Any) -> Symbol:
    """Return what has a weight for each unit of its own: batch-norm, statistics included."""
    x = _like(x)
    for tensor in (*tensors, *named.values()):
        if isinstance(tensor, Tensor):
            x = _unfold(x, tensor.shape[0])
            x.tracer.mark(tensor, 0, x.parts)
    return x


def _prelu(x: Any, weight: Tensor) -> Symbol:
    return _like(x) if weight.numel() == 1 else _by_unit(x, weight)


def _layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 0.0) -> Symbol:
    if x.dim() != 2:
        raise Unknown("layer-norm of an image")
    return _by_unit(x, weight, bias)


def _group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 0.0) -> Symbol:
    if groups not in (1, x.shape[1]):
        raise Unknown("group-norm of more than one unit and less than all")
    return _by_unit(x, weight, bias)


def _mean(x: Any, dim: Any = None, keepdim: bool = False, **rest: Any) -> Symbol:
    dims = [d % x.dim() for d in ([dim] if isinstance(dim, int) else dim or (1,))]
    if min(dims) < 2:
        raise Unknown("a mean over examples or over units")
    return _like(x, x.dim() if keepdim else x.dim() - len(dims))


def _flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Symbol:
    if start_dim != 1 or end_dim not in (-1, x.dim() - 1):
        raise Unknown("flatten other than from the second axis to the last")
    return x if x.dim() == 2 else symbol(x.tracer, x.parts, 2, flat=True)


def _view(x: Any, *shape: Any) -> Symbol:
    sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    if len(sizes) != 2 or sizes[0] not in (BATCH, -1):
        raise Unknown("a view other than one that lays images flat")
    return _flatten(x, 1)


def _squeeze(x: Any, dim: Any = None) -> Symbol:
    if not isinstance(dim, int) or dim % x.dim() < 2:
        raise Unknown("squeeze other than of one axis of the image")
    return _like(x, x.dim() - 1)


def _item(x: Any, index: Any) -> Symbol:
    if not isinstance(index, tuple) or index[:2] != (slice(None),) * 2 or not all(isinstance(i, slice) for i in index):
        raise Unknown("an index other than slices of the image")
    return _like(x)


def _pad(x: Any, pad: Any, *rest: Any, **named: Any) -> Symbol:
    if len(pad) > 2 * (x.dim() - 2):
        raise Unknown("a margin of units")
    return _like(x)


def _cat(tensors: Any, dim: int = 0) -> Symbol:
    if any(not isinstance(x, Symbol) or x.parts is None or x.flat or dim % x.dim() != 1 for x in tensors):
        raise Unknown("cat other than of hidden units, before they are laid flat")
    return symbol(tensors[0].tracer, tuple(part for x in tensors for part in x.parts), tensors[0].dim())


def _join(x: Any, y: Any, **rest: Any) -> Symbol:
    """Return a sum or a product: what stands at one place on both sides is the same unit."""
    x, y = (x, y) if isinstance(x, Symbol) else (y, x)
    if not isinstance(y, Tensor) or (y.numel() == 1 and not isinstance(y, Symbol)):
        return _like(x)
    if not isinstance(y, Symbol):
        dim = y.dim() - x.dim() + 1  # where the second axis is, counted as broadcasting does
        if dim >= 0 and y.shape[dim] > 1:
            x.tracer.mark(y, dim, x.parts)
        return _like(x)
    if x.flat != y.flat:
        x, y = _unfold(x, y.shape[1]), _unfold(y, x.shape[1])
    if x.parts is None or y.parts is None:
        for units, _ in x.parts or y.parts or ():
            units.root().fixed = True
    elif 1 in (x.shape[1], y.shape[1]) and x.shape[1] != y.shape[1]:  # one map for all units
        return _like(y if x.shape[1] == 1 else x, max(x.dim(), y.dim()))
    else:
        unite(x.parts, y.parts, "a sum or product")
    return _like(x, max(x.dim(), y.dim()))


def _same(x: Any, *rest: Any, **named: Any) -> Symbol:
    return _like(x)


_SAME = [
    "relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "relu6", "tanh", "hardtanh", "hardswish",
    "hardsigmoid", "sigmoid", "softplus", "softsign", "logsigmoid", "softmax", "log_softmax", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout", "clamp", "abs", "neg", "exp", "square", "sqrt",
    "pow", "contiguous", "clone", "float", "double", "to", "detach", "interpolate",
]  # fmt: skip
_POOLS = [f"{a}{kind}_pool{n}d" for a in ("", "adaptive_") for kind in ("max", "avg") for n in (1, 2, 3)]
_JOINS = [f"{i}{name}" for i in ("", "i", "r") for name in ("add", "sub", "mul", "truediv", "div")]

OPERATIONS: dict[str, Callable[..., Symbol]] = {
    **dict.fromkeys(_SAME + _POOLS, _same),
    **dict.fromkeys(_JOINS, _join),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    **dict.fromkeys(("batch_norm", "instance_norm"), _by_unit),
    **dict.fromkeys(("view", "reshape"), _view),
    **dict.fromkeys(("mean", "sum"), _mean),
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    "linear": _linear,
    "prelu": _prelu,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "flatten": _flatten,
    "squeeze": _squeeze,
    "getitem": _item,
    "pad": _pad,
}
