"""Fingerprints: what a value is, in a few characters, so that equal calls find one archive entry.

A value is described as JSON (`describe`): people read it in the archive's records, and its SHA-256 is the
fingerprint. Plain values are themselves, dataclasses are their name and fields, tensors are hashed, a module is its
class, its repr, the names and shapes of its state (never its weights: those are arguments of their own) and all else
that it holds: plain attributes, hooks, modes, what is frozen or tied. Functions and classes go by their public names,
so that a file may move and no entry is lost; without one, by their source, and by what they read and call, too.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import inspect
import json
import math
import re
import types
import weakref
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import torch

from workbench.work.annotations import convert_fields
from workbench.work.own_code import defaults_of, installed, read_by, source_hash
from workbench.work.public_names import full_name, public_name

INTERNAL = vars(torch.nn.Module()).keys()  # what torch itself keeps in a module
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
FORMATS = (torch.dtype, torch.device, torch.memory_format, torch.layout)
SPOKEN = (*FORMATS, range, slice, complex, bytes, PurePath, re.Pattern)  # what they say is what they are
PICKLED = ("__reduce__", "__reduce_ex__", "__getstate__")  # of an object that may hold more than its attributes
Seen = tuple[int, ...]  # ids of what is being described, so that what holds itself ends


def fingerprint(value: Any) -> str:
    """The SHA-256 of what `value` is; a TypeError names the part that has no fingerprint."""
    return digest(describe(value, "value"))


def digest(described: Any) -> str:
    """The SHA-256 of something that JSON can hold."""
    return hashlib.sha256(json.dumps(described, sort_keys=True, allow_nan=False).encode()).hexdigest()


def describe(value: Any, where: str, seen: Seen = ()) -> Any:
    """What `value` is, as JSON; `where` names it in errors, `seen` are the modules and code that it lies in."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return {"float": "nan"} if seen and math.isnan(value) else describe_float(value, where)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        items = [describe(item, f"{where}[{i}]", seen) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, Mapping):
        pairs = [[describe(k, where, seen), describe(v, f"{where}[{k!r}]", seen)] for k, v in value.items()]
        return {"dict": sorted(pairs, key=lambda pair: json.dumps(pair[0]))}
    return _describe_object(value, where, seen)


def identity(kind: str, thing: Any) -> dict[str, str]:
    """A function or class under `kind`: its public name; without one its module, name and the hash of its source."""
    if name := public_name(thing):
        return {kind: name}
    return {kind: full_name(thing), "source": source_hash(thing)}


def describe_float(value: float, where: str) -> Any:
    """A float as JSON, exactly; infinities by name; NaN is refused, for it does not equal itself."""
    if math.isnan(value):
        raise ValueError(f"{where} is nan, which equals nothing, so that no call with it could be found again")
    return value if math.isfinite(value) else {"float": str(value)}


def is_call(value: Any) -> bool:
    """Whether a value is a `Call` (it stands in a file above this one, and describes itself)."""
    return callable(getattr(value, "described", None)) and not isinstance(value, type)


def _describe_object(value: Any, where: str, seen: Seen) -> Any:
    if isinstance(value, type) and not seen:
        raise TypeError(f"{where} is a class ({full_name(value)}), which has no fingerprint; pass a value")
    if is_call(value):
        return value.described()
    if isinstance(getattr(value, "fingerprint", None), str):
        return {**identity("value", type(value)), "fingerprint": value.fingerprint}
    if isinstance(value, torch.Tensor):
        return {"tensor": _tensor(value), "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, torch.nn.Module):
        whole = {"weights": describe(value.state_dict(), where)} if seen else {}  # of no argument: nothing else tells
        return _module(value, where, seen) | whole
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {name: describe(part, f"{where}.{name}", seen) for name, part in convert_fields(value).items()}
        return {**identity("dataclass", type(value)), "fields": fields, **_reads(type(value), where, seen)}
    if seen or inspect.isfunction(value):
        described = _describe_held(value, where, seen)
        if described is not None:
            return described
    raise TypeError(
        f"{where} is a {full_name(type(value)).removeprefix('builtins.')}, which has no fingerprint; "
        "pass a plain value, a tensor, a module, a dataclass of such, or another call"
    )


def _describe_held(value: Any, where: str, seen: Seen) -> Any:
    """What a module, or code of one's own, holds or reads beside plain values; None for what cannot be told apart."""
    if isinstance(value, (bool, int, str, *SPOKEN)) and not isinstance(value, enum.Enum):
        return {full_name(type(value)): str(value)}
    if id(value) in seen:
        return {"again": type(value).__name__}
    seen = (*seen, id(value))
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((describe(item, where, seen) for item in value), key=json.dumps)}
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {"array": hashlib.sha256(value.tobytes()).hexdigest(), "is": f"{value.dtype} {value.shape}"}
    table: Any = value
    if type(value).__name__ == "DataFrame" and hasattr(value, "to_csv"):
        return {"table": hashlib.sha256(table.to_csv().encode()).hexdigest(), "is": str(table.dtypes.to_dict())}
    if isinstance(value, enum.Enum):
        return {full_name(type(value)): value.name}
    if (inspect.isfunction(value) or isinstance(value, type)) and installed(value):
        return {"code": public_name(value) or full_name(value)}
    if inspect.isfunction(value) or isinstance(value, type):
        defaults = {} if inspect.isclass(value) else describe(defaults_of(value), where, seen)
        return {**identity("code", value), **_reads(value, where, seen), "defaults": defaults}
    if isinstance(value, functools.partial):
        return {"partial": describe([value.func, value.args, value.keywords], where, seen)}
    if inspect.ismethod(value):
        return {"method": describe([value.__func__, value.__self__], where, seen)}
    if callable(value) and not hasattr(value, "__dict__"):  # torch.relu, which is not Python's
        return {"builtin": f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', value)}"}
    kind = type(value)
    if isinstance(value, types.ModuleType) or not hasattr(value, "__dict__"):
        return None
    if any(getattr(kind, name) is not getattr(object, name) for name in PICKLED):
        return None
    named = {"object": full_name(kind)} if installed(kind) else identity("object", kind)
    return {**named, **_reads(kind, where, seen), "holds": describe(vars(value), where, seen)}


def _reads(thing: Any, where: str, seen: Seen) -> dict[str, Any]:
    """What a function or class of one's own finds around it: it is part of what it does."""
    if installed(thing):
        return {}
    seen = (*seen, id(thing))
    reads = {name: describe(v, f"{name}, which {where} uses,", seen) for name, v in sorted(read_by(thing).items())}
    return {"reads": reads} if reads else {}


def _tensor(tensor: torch.Tensor) -> str:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    text = f"{tensor.dtype} {list(tensor.shape)} ".encode()
    return hashlib.sha256(text + flat.view(torch.uint8).numpy().tobytes()).hexdigest()


def _module(module: torch.nn.Module, where: str, seen: Seen) -> dict[str, Any]:
    state = {name: [str(t.dtype), list(t.shape)] for name, t in module.state_dict().items()}
    classes = {type(part) for part in module.modules()}
    sources = {full_name(c): source_hash(c) for c in classes if not _of_torch(c) and not public_name(c)}
    seen = (*seen, id(module))
    reads = {full_name(c): read for c in classes if (read := _reads(c, full_name(c), seen))}
    described = {"module": public_name(type(module)) or full_name(type(module)), "repr": repr(module), "state": state}
    more = {"source": sources, "reads": reads, "holds": _held(module, where, seen), **_modes(module)}
    return described | {name: part for name, part in more.items() if part}


def _held(module: torch.nn.Module, where: str, seen: Seen) -> dict[str, Any]:
    """What a module holds that is neither a weight nor a part: plain attributes, hooks, buffers that are not kept."""
    names = {id(t): name for name, t in (*module.named_parameters(), *module.named_buffers())}
    held: dict[str, Any] = {}
    for path, part in module.named_modules():
        inside = {name: value for name, value in vars(part).items() if name not in INTERNAL}
        inside |= {name: list(vars(part)[name].values()) for name in HOOKS if vars(part).get(name)}
        for name, value in inside.items():
            own = names.get(id(value))
            if not _repeats(value, names):
                held[f"{path}.{name}".strip(".")] = own or describe(value, f"{where}.{path}.{name}", seen)
        for name in part._non_persistent_buffers_set:
            held[f"{path}.{name}".strip(".")] = describe(part._buffers[name], f"{where}.{path}.{name}", seen)
    return held


def _repeats(value: Any, names: Mapping[int, str]) -> bool:
    """Whether it only lists the module's own tensors once more, or refers to them, as torch's recurrent layers do."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_repeats(item, names) for item in value)
    return id(value) in names or isinstance(value, weakref.ref)


def _modes(module: torch.nn.Module) -> dict[str, list[Any]]:
    """What of a module is frozen, in eval mode of its own, or tied: the same state trains otherwise."""
    parameters, first = dict(module.named_parameters(remove_duplicate=False)), {}
    tied = [[name, owner] for name, p in parameters.items() if (owner := first.setdefault(id(p), name)) != name]
    frozen = [name for name, parameter in parameters.items() if not parameter.requires_grad]
    resting = [path for path, part in module.named_modules() if module.training and not part.training]
    return {"frozen": frozen, "eval": resting, "tied": tied}


def _of_torch(kind: type) -> bool:
    return kind.__module__.split(".")[0] in ("torch", "torchvision")


def around(function: Callable[..., Any], where: str) -> dict[str, Any]:
    """What a function of one's own found around it when it was made, and what it reads and calls."""
    return _reads(inspect.unwrap(function), where, ())
