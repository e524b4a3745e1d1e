"""Fingerprints: what a value is, in a few characters, so that equal calls find one archive entry.

A value is described as JSON (`describe`): people read it in the archive's records, and its SHA-256 is the
fingerprint. Plain values are themselves, dataclasses are their name and fields, tensors are hashed, a module is its
class, its repr and the names and shapes of its state (never its weights: those are arguments of their own). Functions
and classes go by their public names, so that a file may move and no entry is lost; without one, by their source too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import math
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from workbench.work.annotations import convert, hint
from workbench.work.locks import Lock
from workbench.work.public_names import full_name, public_name

_READING = Lock()  # Python 3.11 counts the depth of its parser for all threads at once, and then stumbles


def fingerprint(value: Any) -> str:
    """The SHA-256 of what `value` is; a TypeError names the part that has no fingerprint."""
    return digest(describe(value, "value"))


def digest(described: Any) -> str:
    """The SHA-256 of something that JSON can hold."""
    return hashlib.sha256(json.dumps(described, sort_keys=True, allow_nan=False).encode()).hexdigest()


def describe(value: Any, where: str) -> Any:
    """What `value` is, as JSON; `where` names it in errors."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return describe_float(value, where)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        items = [describe(item, f"{where}[{i}]") for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, Mapping):
        pairs = [[describe(k, where), describe(v, f"{where}[{k!r}]")] for k, v in value.items()]
        return {"dict": sorted(pairs, key=lambda pair: json.dumps(pair[0]))}
    return _describe_object(value, where)


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


def _describe_object(value: Any, where: str) -> Any:
    if isinstance(value, type):
        raise TypeError(f"{where} is a class ({full_name(value)}), which has no fingerprint; pass a value")
    if is_call(value):
        return value.described()
    if isinstance(getattr(value, "fingerprint", None), str):
        return {**identity("value", type(value)), "fingerprint": value.fingerprint}
    if isinstance(value, torch.Tensor):
        return {"tensor": _tensor(value), "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, torch.nn.Module):
        return _module(value)
    if dataclasses.is_dataclass(value):
        fields = {name: describe(part, f"{where}.{name}") for name, part in init_fields(value).items()}
        return {**identity("dataclass", type(value)), "fields": fields}
    raise TypeError(
        f"{where} is a {full_name(type(value)).removeprefix('builtins.')}, which has no fingerprint; "
        "pass a plain value, a tensor, a module, a dataclass of such, or another call"
    )


def init_fields(value: Any) -> dict[str, Any]:
    """The fields that make a dataclass again, numbers converted by their annotations."""
    names = vars(sys.modules[type(value).__module__])
    return {
        field.name: convert(getattr(value, field.name), hint(field.type, names))
        for field in dataclasses.fields(value)
        if field.init
    }


def _tensor(tensor: torch.Tensor) -> str:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    text = f"{tensor.dtype} {list(tensor.shape)} ".encode()
    return hashlib.sha256(text + flat.view(torch.uint8).numpy().tobytes()).hexdigest()


def _module(module: torch.nn.Module) -> dict[str, Any]:
    state = {name: [str(t.dtype), list(t.shape)] for name, t in module.state_dict().items()}
    classes = {type(part) for part in module.modules()}
    sources = {full_name(c): source_hash(c) for c in classes if not _installed(c) and not public_name(c)}
    described = {"module": public_name(type(module)) or full_name(type(module)), "repr": repr(module), "state": state}
    return described | ({"source": sources} if sources else {})


def _installed(kind: type) -> bool:
    return kind.__module__.split(".")[0] in ("torch", "torchvision")


def source_hash(thing: Any) -> str:
    """The SHA-256 of the source of a function or class; of its compiled code where there is no source."""
    thing = inspect.unwrap(thing)
    try:
        with _READING:
            text = inspect.getsource(thing)
    except (OSError, TypeError):  # typed at a prompt; a class in a notebook before Python 3.13
        text = "" if inspect.isclass(thing) else _code(thing.__code__)
    if inspect.isclass(thing):  # and its methods: Python 3.13 may find another class's lines for one made by exec
        parts = {name: inspect.unwrap(f) for name, f in sorted(vars(thing).items()) if inspect.isfunction(f)}
        text += repr([(name, source_hash(f)) for name, f in parts.items()])
    return hashlib.sha256(text.encode()).hexdigest()


def _code(code: types.CodeType) -> str:
    constants = [_constant(c) for c in code.co_consts]
    return repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants))


def _constant(constant: Any) -> str:
    if isinstance(constant, frozenset):  # its order is another one in every process
        return repr(sorted(map(repr, constant)))
    return _code(constant) if isinstance(constant, types.CodeType) else repr(constant)


def closure(function: Callable[..., Any], where: str) -> dict[str, Any]:
    """What a function found around it when it was made, described: it is part of what the function does."""
    cells = getattr(inspect.unwrap(function), "__closure__", None)
    if not cells:
        return {}
    names = inspect.unwrap(function).__code__.co_freevars
    return {
        name: describe(cell.cell_contents, f"{name}, which {where} uses,")
        for name, cell in zip(names, cells, strict=True)
    }
