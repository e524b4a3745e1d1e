"""A module as it is handed in: which ones are served, a private copy, and what it holds outside its state dict.

A network is a module and a dict of its tensors, so that whatever the module keeps elsewhere would be lost between two
verbs. What cannot be treated as a plain loop over the module would treat it is refused here, in words.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.parameter import is_lazy

from workbench.work import rules

INTERNAL = vars(nn.Module()).keys()  # what torch itself keeps in a module
NORMS = nn.modules.batchnorm._NormBase


def check_module(model: nn.Module) -> None:
    """Raise a ValueError unless it is a module whose tensors, by name, are all that it is."""
    rules.module(model)
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        raise _refused(model, "is a wrapper for several devices", "hand in the module inside it, model.module")
    if isinstance(getattr(model, "_orig_mod", None), nn.Module):
        raise _refused(model, "is a compiled module", "hand in model._orig_mod; Recipe(compile=True) compiles it again")
    if isinstance(model, torch.jit.ScriptModule):
        raise _refused(model, "is compiled by TorchScript", "hand in the module that it was made of")
    starts: dict[int, str] = {}
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise _refused(model, f"has {name}, which is not made yet", "run it once: model(data.test.inputs()[:2])")
        if parameter.is_floating_point() and parameter.element_size() < 4:
            way_on = 'hand in model.float(); Recipe(precision="bfloat16") trains it by such products'
            raise _refused(model, f"has weights of {parameter.dtype}, {name}", way_on)
        if parameter.is_complex():
            way_on = "keep real and imaginary parts, and join them in forward: torch.view_as_complex(self.parts)"
            raise _refused(model, f"has complex weights, {name}", way_on)
        if (
            parameter.numel()
            and (first := starts.setdefault(parameter.data_ptr(), name)) != name
            and not parameter.is_meta
        ):
            tied = f"assign the parameter itself: a.{name.split('.')[-1]} = b.{first.split('.')[-1]}"
            raise _refused(model, f"has two parameters in one memory, {first} and {name}", tied)
    names = {name for name, _ in (*model.named_parameters(remove_duplicate=False), *model.named_buffers())}
    names |= {name for name, _ in model.named_buffers(remove_duplicate=False)}
    if strange := sorted(model.state_dict().keys() - names):
        state = f"has {strange[0]} in its state dict, which is no parameter or buffer of it"
        raise _refused(
            model, state, "register_buffer keeps a tensor; hand in a module without extra state or such hooks"
        )


def private(model: nn.Module) -> nn.Module:
    """Copy a module with all that it holds; of an activation that it keeps, the numbers."""
    kept = {id(t): t.detach().clone() for part in model.modules() for t in _tensors(vars(part)) if not t.is_leaf}
    return copy.deepcopy(model, kept)  # pyright: ignore[reportArgumentType]


def for_training(network: nn.Module) -> nn.Module:
    """Put a private copy in train mode, as a plain loop would find it: a part in eval mode of its own stays there.

    A model that is in eval mode as a whole is put in train mode as a whole.
    """
    return network if network.training else network.train()


class Outside:
    """What a network holds outside its state dict, watched while it trains.

    A count, a running mean, a buffer that is not persistent: where such a thing moves what the network says in eval
    mode, its weights alone are not the network. An activation that is kept to be looked at moves nothing. A network
    that is computed in another way than the model takes what `pack` makes of the tensors, and agrees to `rounding`.
    """

    def __init__(
        self, model: nn.Module, network: nn.Module, pack: Callable[[dict[str, Tensor]], Any] = dict, rounding: float = 0
    ) -> None:
        self.model, self.network, self.before = model, network, _held(network)
        self.pack, self.rounding = pack, rounding

    @torch.no_grad()
    def check(self, weights: Mapping[str, Tensor], fixed: Mapping[str, Tensor], inputs: Tensor) -> None:
        """Raise a ValueError where a copy of the caller's module says something else with these weights.

        So too where a forward pass wrote over a weight that is not trained; `fixed` are fresh copies of those.
        """
        if changed := [name for name, tensor in fixed.items() if tensor._version]:
            way_on = "make it a buffer (register_buffer), which keeps what is written"
            raise _refused(self.model, f"writes over {changed[0]}, a weight that is not trained", way_on)
        now = _held(self.network)
        changed = [name for name, (mark, _) in now.items() if name not in self.before or self.before[name][0] != mark]
        if not changed:
            return
        fresh, trained, again = (
            functional_call(private(module).to(inputs.device).eval(), pack(_clones(weights)), (inputs,))
            for module, pack in ((self.model, dict), (self.network, self.pack), (self.network, self.pack))
        )
        if _alike(trained, again, self.rounding) and not _alike(fresh, trained, self.rounding):
            given = f"changes {', '.join(changed[:3])} while it trains, outside its state dict"
            raise _refused(self.model, given, "register_buffer(name, tensor) keeps such a thing with the weights")


def _held(network: nn.Module) -> dict[str, tuple[Any, Any]]:
    """Return a mark of every plain attribute and every buffer that is not persistent, and the thing, to keep its id."""
    held = {}
    for path, part in network.named_modules():
        buffers = {name: part._buffers[name] for name in sorted(part._non_persistent_buffers_set)}
        for name, value in (vars(part) | buffers).items():
            if name not in INTERNAL:
                held[f"{path}.{name}".strip(".")] = (_mark(value), value)
    return held


def _mark(value: Any) -> Any:
    if isinstance(value, Tensor):
        return id(value), value._version
    if isinstance(value, (list, tuple, set, dict)):
        return id(value), *(_mark(item) for item in (value.items() if isinstance(value, dict) else value))
    return id(value)


def _clones(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _tensors(value: Any) -> list[Tensor]:
    """Return the tensors in a value, its lists, tuples and dicts."""
    if isinstance(value, Tensor):
        return [value]
    value = list(value.values()) if isinstance(value, Mapping) else value
    return [tensor for part in value for tensor in _tensors(part)] if isinstance(value, (list, tuple)) else []


def _alike(a: Any, b: Any, rounding: float = 0.0) -> bool:
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        return False
    return torch.allclose(a, b, rtol=0, atol=rounding * float(a.abs().max()) if rounding else 0, equal_nan=True)


def _refused(model: nn.Module, reason: str, way_on: str) -> ValueError:
    return ValueError(f"{type(model).__name__} {reason}; {way_on}")
