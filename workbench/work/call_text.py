"""Calls as text: the script a person would type, and JSON. Both need that all in a call is plain: plain values, other
calls, and public dataclasses of such.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import keyword
import math
import unicodedata
from typing import Any

import numpy as np

from workbench.work.annotations import convert_fields
from workbench.work.fingerprint import describe, describe_float, is_call
from workbench.work.public_names import full_name, public_name

WIDTH = 100  # characters in a line of a script


def written_arguments(call: Any) -> dict[str, Any]:
    """The arguments that a person would write: those that are not the default; an `archive` only where it is plain."""
    parameters = inspect.signature(call.function).parameters
    varargs = any(p.kind is p.VAR_POSITIONAL and call.arguments[name] for name, p in parameters.items())

    def is_written(name: str, value: Any) -> bool:
        if name == "archive" and not _is_plain(value):
            return False
        before_varargs = varargs and parameters[name].kind < inspect.Parameter.VAR_POSITIONAL
        return before_varargs or not _default(value, parameters[name])

    return {name: value for name, value in call.arguments.items() if is_written(name, value)}


def _written_fields(value: Any) -> dict[str, Any]:
    parameters = inspect.signature(type(value)).parameters
    return {name: part for name, part in convert_fields(value).items() if not _default(part, parameters[name])}


def to_json(value: Any, where: str) -> Any:
    """A plain value, a call, or a public dataclass as JSON, tuples and dicts marked; `Call.from_json` reads it."""
    value = value.item() if isinstance(value, np.generic) else value
    if is_call(value):
        name = _public(value.function, where)
        written = {k: v for k, v in written_arguments(value).items() if k != "archive"}  # no part of it, as of the key
        arguments = {k: to_json(v, f'{name}: argument "{k}"') for k, v in written.items()}
        return {"call": name, "arguments": arguments}
    if isinstance(value, float):
        return describe_float(value, where)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if type(value) in (list, tuple):
        items = [to_json(item, f"{where}[{i}]") for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if type(value) is dict:
        return {"dict": [[to_json(k, where), to_json(v, f"{where}[{k!r}]")] for k, v in value.items()]}
    if _is_dataclass(value):
        fields = {k: to_json(v, f"{where}.{k}") for k, v in _written_fields(value).items()}
        return {"dataclass": _public(type(value), where), "fields": fields}
    raise ValueError(_not_plain(value, where))


def script(call: Any) -> str:
    """The source that does what `call` does; see `Call.script`."""
    lines = _Lines()
    source = lines.call(call)
    result = f"list({source})" if call.generates else source
    return "\n".join(["import workbench as wb", "", *lines.written, f"result = {result}", ""])


class _Lines:
    """A script being written: each distinct sub-call is one line, and one variable named after what it fills."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.variables: dict[str, str] = {}  # identity of a call -> variable

    def call(self, call: Any) -> str:
        name = _public(call.function, "the function")
        parts, by_position = [], True
        arguments = written_arguments(call)
        for parameter in inspect.signature(call.function).parameters.values():
            if parameter.name not in arguments:
                by_position = False
                continue
            value, where = arguments[parameter.name], f'{name}: argument "{parameter.name}"'
            if parameter.kind is parameter.VAR_POSITIONAL:
                parts += [self.value(v, parameter.name, where) for v in value]
            elif parameter.kind is parameter.VAR_KEYWORD:
                parts += [f"{_name(k, where)}={self.value(v, k, where)}" for k, v in value.items()]
            else:
                by_position = by_position and parameter.kind is not parameter.KEYWORD_ONLY
                source = self.value(value, parameter.name, where)
                parts.append(source if by_position else f"{parameter.name}={source}")
        return f"{name}({self.fill(name, parts)})"

    def value(self, value: Any, name: str, where: str) -> str:
        value = value.item() if isinstance(value, np.generic) else value
        if is_call(value):
            return self.variable(value, name)
        if isinstance(value, float):
            describe_float(value, where)
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
        if value is None or isinstance(value, (bool, int)):
            return repr(value)
        if type(value) is list:
            return f"[{self.items(value, name, where)}]"
        if type(value) is tuple:
            return f"({self.items(value, name, where)}{',' if len(value) == 1 else ''})"
        if type(value) is dict:
            pairs = [f"{self.value(k, name, where)}: {self.value(v, name, where)}" for k, v in value.items()]
            return f"{{{', '.join(pairs)}}}"
        if _is_dataclass(value):
            return self.dataclass(value, where)
        raise ValueError(_not_plain(value, where))

    def items(self, values: Any, name: str, where: str) -> str:
        return ", ".join(self.value(v, name, f"{where}[{i}]") for i, v in enumerate(values))

    def dataclass(self, value: Any, where: str) -> str:
        parts = [f"{k}={self.value(v, k, f'{where}.{k}')}" for k, v in _written_fields(value).items()]
        return f"{_public(type(value), where)}({', '.join(parts)})"

    def variable(self, call: Any, name: str) -> str:
        identity = call.identity()
        if identity not in self.variables:
            source = self.call(call)
            taken = {"wb", "result", "list", "float", *self.variables.values()}
            name = name if not keyword.iskeyword(name) else f"{name}_"
            names = [name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))]
            self.variables[identity] = next(n for n in names if n not in taken)
            source = f"list({source})" if call.generates else source
            self.written.append(f"{self.variables[identity]} = {source}")
        return self.variables[identity]

    def fill(self, name: str, parts: list[str]) -> str:
        """The arguments on one line, or, where that is too long, one a line."""
        line = ", ".join(parts)
        return line if len(name) + len(line) <= WIDTH - 10 else "\n    " + ",\n    ".join(parts) + ",\n"


def _name(name: str, where: str) -> str:
    """A name that may stand in source as it is; anything else would be code."""
    if name.isidentifier() and not keyword.iskeyword(name) and unicodedata.normalize("NFKC", name) == name:
        return name
    raise ValueError(
        f"{where} has an option {name[:60]!r}, which is no name, so that the call has no script; rename it"
    )


def _default(value: Any, parameter: inspect.Parameter) -> bool:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return not value
    default = parameter.default
    if value is default:
        return True
    if default is parameter.empty or type(value) is not type(default):
        return False
    try:
        return describe(value, "") == describe(default, "")
    except (TypeError, ValueError):
        return False


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _is_plain(value: Any) -> bool:
    try:
        to_json(value, "")
    except ValueError:
        return False
    return True


def _public(thing: Any, where: str) -> str:
    name = public_name(thing)
    if name is None:
        raise ValueError(f"{where} is {full_name(thing)}, which is no public name of the workbench; it has no script")
    return name


def _not_plain(value: Any, where: str) -> str:
    kind = full_name(type(value)).removeprefix("builtins.")
    return f"{where} holds a value ({kind}), so that the call has no script and no JSON; pass the call that makes it"
