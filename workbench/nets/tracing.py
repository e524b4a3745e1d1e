"""A module's forward pass as a graph of operations, traced without numbers by torch.fx.

Torch's own layers are operations, and so are their subclasses with the same forward pass; all else is looked into. What
cannot be traced, or is another graph in train mode, is refused in words.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

import torch
from torch import fx, nn
from torch.fx import _symbolic_trace
from torch.nn import functional

from workbench.nets.plain_module import private
from workbench.work.locks import Lock

KNOWN = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_tracing = Lock(awaited=True)  # meanwhile torch has put its tracer into nn.Module itself, for all threads
CHECKS = "jaxtyping._decorator"
_own = FunctionType(  # torch's `trace` with globals of its own: its flag would stop what other threads have compiled
    fx.Tracer.trace.__code__, {**vars(_symbolic_trace)}, argdefs=fx.Tracer.trace.__defaults__
)


class _Tracer(fx.Tracer):
    """Torch's tracer, which lets the modules of other threads alone: they may train meanwhile."""

    def __init__(self) -> None:
        super().__init__(autowrap_modules=())  # pyright: ignore[reportArgumentType]
        self.thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        here = threading.get_ident() == self.thread
        return super().call_module(m, forward, args, kwargs) if here else forward(*args, **kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        here = threading.get_ident() == self.thread
        return super().getattr(attr, attr_val, parameter_proxy_cache) if here else attr_val

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return known(m) is not None or super().is_leaf_module(m, module_qualified_name)


def known(layer: nn.Module) -> type[nn.Module] | None:
    """Return which of torch's layers a module is, with that layer's forward pass: a subclass of it may be, too."""
    for kind in KNOWN:
        same = (getattr(type(layer), name, None) is getattr(kind, name, None) for name in ("forward", "_conv_forward"))
        if isinstance(layer, kind) and all(same):
            return kind
    return None


def traced(network: nn.Module) -> fx.Graph:
    """Trace a copy of the network, in eval mode and in train mode; a ValueError where the two differ, or none works."""
    if known(network) is not None:
        raise refused(network, "it is a single layer", "nn.Sequential(nn.Flatten(), layer) is a network")
    if hooked := [path or "itself" for path, m in network.named_modules() if m._forward_hooks or m._forward_pre_hooks]:
        raise refused(network, f"it has a forward hook, on {hooked[0]}", "remove it")
    shared: dict[int, nn.Module] = {}
    for path, layer in network.named_modules():
        for name, parameter in layer._parameters.items():
            if parameter is not None and shared.setdefault(id(parameter), layer) is not layer:
                raise refused(network, f"{f'{path}.{name}'.strip('.')} is shared by two layers")
    graphs = []
    for training in (False, True):
        copy = _unchecked(private(network).train(training))
        try:
            with _tracing:
                graphs.append(_own(_Tracer(), copy))
        except Exception as error:  # whatever the module's own code raises when it is given no numbers
            words = " ".join(str(error).split())[:200]
            raise refused(network, f"its forward pass cannot be followed without numbers ({words})") from error
    if len({str([_operation(node) for node in graph.nodes]) for graph in graphs}) > 1:
        raise refused(network, "its forward pass does something else in train mode than in eval mode")
    return graphs[0]


def _unchecked(network: nn.Module) -> nn.Module:
    """Take beartype's and jaxtyping's checks off the forward passes of a private copy: a trace holds no tensors."""
    for module in network.modules():
        kind = type(module)
        forward: Any = kind.forward
        while "__beartype_wrapper" in vars(forward) or getattr(forward, "__globals__", {}).get("__name__") == CHECKS:
            forward = forward.__wrapped__
        if forward is not kind.forward:
            module.__class__ = type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})
    return network


def _operation(node: fx.Node) -> tuple[Any, ...]:
    """Return what a node does; of dropout not whether it is active, which changes no channel."""
    given = () if "dropout" in target_name(node.target) else (node.args, node.kwargs)
    return node.op, node.target, *given


def target_name(target: Any) -> str:
    """Return the name of a function of torch's, or of Python's operators; empty for any other."""
    if target is getattr:
        return "getattr"
    name = getattr(target, "__name__", "")
    return name if any(getattr(space, name, None) is target for space in (functional, torch, operator)) else ""


def refused(network: nn.Module, reason: str, way_on: str = "") -> ValueError:
    """Return the error: what of the network cannot be followed, and how it trains nevertheless."""
    dense = 'execution="dense" trains it as it is'
    return ValueError(
        f"{type(network).__name__} cannot be made smaller: {reason}; {f'{way_on}, or ' if way_on else ''}{dense}"
    )


def shown(node: fx.Node, network: nn.Module) -> str:
    if node.op == "call_module":
        return f"{node.target} ({type(network.get_submodule(str(node.target))).__name__})"
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    return f"the call of {name} ({node.name})" if node.op.startswith("call") else f"{name}"
