"""Finished values as JSON and content-named files: how an archive writes them down. Never pickle.

Plain values, lists, tuples, dicts and dataclasses become JSON; a dataclass by its public name, wherever its file lies,
or, without one, by its module, name and the hash of its source. A record may name only dataclasses of its function's
own code (`Types`): they are found before anything is made, and never imported. Tensors go to safetensors files, a dict
of tensors to one, data frames to Parquet; each such file is named by the SHA-256 of its bytes, so that what many values
share is written once, and an altered file is noticed.
"""

from __future__ import annotations

import dataclasses
import io
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.torch
import torch

from workbench.work.fingerprint import identity
from workbench.work.own_code import source_hash
from workbench.work.public_names import full_name, public, public_name
from workbench.work.table_file import read_table
from workbench.work.tensor_file import ties

Put = Callable[[bytes, str], str]  # (bytes, kind) -> name; kind is "safetensors" or "parquet"
Get = Callable[[str, str], bytes]  # (name, kind) -> bytes


@dataclass(frozen=True)
class Types:
    """The dataclasses that a result of `function` may hold: of one's own code, what a record names is never imported.

    The workbench's public ones; those of the function's own package, or named in its file, where they are loaded and
    their source is what it was; and those that are `named` to the archive.
    """

    function: Any
    named: tuple[type, ...] = ()

    def find(self, path: str, source: str | None = None) -> type:
        """The dataclass of this name, and of this source where it has no public name. A TypeError for any other."""
        kind = self._private(path) if source else public(path)
        if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
            raise TypeError(f"{path} is no dataclass that is read here; wb.Archive(folder, types=(…,)) names others")
        if source and source_hash(kind) != source:
            raise TypeError(f"{path} is not the class that was stored: its source has changed")
        return kind

    def check(self, kind: type, where: str) -> None:
        """Raise a TypeError for a dataclass that could not be read back."""
        if public_name(kind) is None and self._private(full_name(kind)) is None:
            raise TypeError(
                f"{where} is a {full_name(kind)}, which is not of the code of {full_name(self.function)}, so that it "
                f"would not be read back; name it to the archive: wb.Archive(folder, types=({kind.__name__},))"
            )

    def _private(self, path: str) -> Any:
        module = str(self.function.__module__)
        beside = [*self.named, *getattr(sys.modules.get(module), "__dict__", {}).values()]
        if path.partition(".")[0] == module.partition(".")[0]:
            beside.append(_loaded(path))
        return next((kind for kind in beside if isinstance(kind, type) and full_name(kind) == path), None)


def _loaded(path: str) -> Any:
    """What has this full name in a module that is loaded already."""
    owner, _, name = path.rpartition(".")
    holder = sys.modules.get(owner) or (_loaded(owner) if owner else None)
    return getattr(holder, "__dict__", {}).get(name)  # never getattr: a module may import what it is asked for


def store(value: Any, put: Put, where: str, types: Types) -> Any:
    """`value` as JSON, its tensors and tables given to `put`. A TypeError names what cannot be stored, and where."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [store(item, put, f"{where}[{i}]", types) for i, item in enumerate(value)]
    if type(value) is tuple:
        return {"tuple": [store(item, put, f"{where}[{i}]", types) for i, item in enumerate(value)]}
    if isinstance(value, dict) and value and all(isinstance(t, torch.Tensor) for t in value.values()):
        tied = ties(value)
        file = put(_pack({name: tensor for name, tensor in value.items() if name not in tied}), "safetensors")
        return {"tensors": file, "names": list(value)} | ({"tied": tied} if tied else {})
    if isinstance(value, dict):
        return {
            "dict": [[store(k, put, where, types), store(v, put, f"{where}[{k!r}]", types)] for k, v in value.items()]
        }
    if isinstance(value, torch.Tensor):
        return {"tensor": put(_pack({"tensor": value}), "safetensors")}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        described = identity("dataclass", type(value))
        types.check(type(value), where)
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        stored = {name: store(part, put, f"{where}.{name}", types) for name, part in fields.items()}
        return {**described, "fields": stored}
    table: Any = value
    if type(value).__name__ == "DataFrame" and hasattr(table, "to_parquet"):
        return {"table": put(table.to_parquet(), "parquet")}
    raise TypeError(
        f"{where} is a {full_name(type(value))}, which an archive does not keep; "
        "it keeps plain values, tensors, data frames, and lists, dicts and dataclasses of them"
    )


def restore(data: Any, get: Get, types: Types) -> Any:
    """The value that `store` wrote; tensors are on the CPU. Whatever does not fit raises.

    The types that it names are found first: a record of another type makes nothing, and reads no tensor.
    """
    kinds = {(path, source): types.find(path, source) for path, source in _dataclasses(data)}
    return _restore(data, get, kinds)


def _dataclasses(data: Any) -> Iterator[tuple[str, str | None]]:
    """Yield the name and source of every dataclass in a record, however deep."""
    parts = [data]
    while parts:
        part = parts.pop()
        if isinstance(part, dict) and "dataclass" in part:
            yield part["dataclass"], part.get("source")
        inner = part.values() if isinstance(part, dict) else part
        parts += [item for item in inner if isinstance(item, (dict, list))] if isinstance(part, (dict, list)) else []


def _restore(data: Any, get: Get, kinds: dict[tuple[str, str | None], type]) -> Any:
    if isinstance(data, list):
        return [_restore(item, get, kinds) for item in data]
    if not isinstance(data, dict):
        return data
    match data:
        case {"float": text}:
            return float(text)
        case {"tuple": items}:
            return tuple(_restore(item, get, kinds) for item in items)
        case {"dict": pairs}:
            return {_restore(name, get, kinds): _restore(value, get, kinds) for name, value in pairs}
        case {"tensor": name}:
            return safetensors.torch.load(get(name, "safetensors"))["tensor"]
        case {"tensors": name, "names": names}:
            tensors = safetensors.torch.load(get(name, "safetensors"))
            return {str(key): tensors[data.get("tied", {}).get(key, key)] for key in names}
        case {"table": name}:
            return read_table(io.BytesIO(get(name, "parquet")), f"the table {name[:8]}")
        case {"dataclass": path, "fields": fields}:
            made = {name: _restore(value, get, kinds) for name, value in fields.items()}
            return kinds[path, data.get("source")](**made)
    raise ValueError(f"nothing that an archive writes: {str(data)[:60]}")


def _pack(tensors: dict[str, torch.Tensor]) -> bytes:
    # Sorted, so that equal contents are equal bytes; cloned, for safetensors refuses tensors that share memory.
    on_cpu = {name: tensors[name].detach().cpu() for name in sorted(tensors)}
    return safetensors.torch.save({name: t.clone(memory_format=torch.contiguous_format) for name, t in on_cpu.items()})
