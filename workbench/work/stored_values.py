"""Finished values as JSON and content-named files: how an archive writes them down. Never pickle.

Plain values, lists, tuples, dicts and dataclasses become JSON; a dataclass by its public name, wherever its file lies,
or, without one, by its module, name and the hash of its source. Tensors go to safetensors files, a dict of tensors to
one, data frames to Parquet; each such file is named by the SHA-256 of its bytes, so that what many values share is
written once, and an altered file is noticed.
"""

from __future__ import annotations

import dataclasses
import importlib
import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.torch
import torch

from workbench.work.fingerprint import identity, source_hash
from workbench.work.public_names import full_name, public

Put = Callable[[bytes, str], str]  # (bytes, kind) -> name; kind is "safetensors" or "parquet"
Get = Callable[[str, str], bytes]  # (name, kind) -> bytes


def store(value: Any, put: Put, where: str) -> Any:
    """`value` as JSON, its tensors and tables given to `put`. A TypeError names what cannot be stored, and where."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [store(item, put, f"{where}[{i}]") for i, item in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": [store(item, put, f"{where}[{i}]") for i, item in enumerate(value)]}
    if isinstance(value, dict) and value and all(isinstance(t, torch.Tensor) for t in value.values()):
        return {"tensors": put(_pack(value), "safetensors"), "names": list(value)}
    if isinstance(value, dict):
        return {"dict": [[store(k, put, where), store(v, put, f"{where}[{k!r}]")] for k, v in value.items()]}
    if isinstance(value, torch.Tensor):
        return {"tensor": put(_pack({"tensor": value}), "safetensors")}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        stored = {name: store(part, put, f"{where}.{name}") for name, part in fields.items()}
        return {**identity("dataclass", type(value)), "fields": stored}
    table: Any = value
    if type(value).__name__ == "DataFrame" and hasattr(table, "to_parquet"):
        return {"table": put(table.to_parquet(), "parquet")}
    raise TypeError(
        f"{where} is a {full_name(type(value))}, which an archive does not keep; "
        "it keeps plain values, tensors, data frames, and lists, dicts and dataclasses of them"
    )


def restore(data: Any, get: Get) -> Any:
    """The value that `store` wrote; tensors are on the CPU. Whatever does not fit raises."""
    if isinstance(data, list):
        return [restore(item, get) for item in data]
    if not isinstance(data, dict):
        return data
    match data:
        case {"float": text}:
            return float(text)
        case {"tuple": items}:
            return tuple(restore(item, get) for item in items)
        case {"dict": pairs}:
            return {restore(name, get): restore(value, get) for name, value in pairs}
        case {"tensor": name}:
            return safetensors.torch.load(get(name, "safetensors"))["tensor"]
        case {"tensors": name, "names": names}:
            tensors = safetensors.torch.load(get(name, "safetensors"))
            return {str(key): tensors[key] for key in names}
        case {"table": name}:
            import pandas

            return pandas.read_parquet(io.BytesIO(get(name, "parquet")))
        case {"dataclass": path, "fields": fields}:
            kind = _dataclass(path, data.get("source"))
            return kind(**{name: restore(value, get) for name, value in fields.items()})
    raise ValueError(f"nothing that an archive writes: {str(data)[:60]}")


def _dataclass(path: str, source: str | None) -> Callable[..., Any]:
    """The dataclass of this name. Nothing else is ever called: an archive cannot make a reader run other code."""
    kind = _private(path) if source else public(path)
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise TypeError(f"{path} is no dataclass")
    if source and source_hash(kind) != source:
        raise TypeError(f"{path} is not the class that was stored: its source has changed")
    return kind


def _private(path: str) -> Any:
    """What has this full name: the longest part of it that is a module is imported."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError:
        if "." not in module:
            raise
        return getattr(_private(module), name)


def _pack(tensors: dict[str, torch.Tensor]) -> bytes:
    # Sorted, so that equal contents are equal bytes; cloned, for safetensors refuses tensors that share memory.
    on_cpu = {name: tensors[name].detach().cpu() for name in sorted(tensors)}
    return safetensors.torch.save({name: t.clone(memory_format=torch.contiguous_format) for name, t in on_cpu.items()})
