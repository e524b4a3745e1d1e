"""What an annotation says of a value: 4 for a float is 4.0, a bare name for several is one, so that equal work has
equal calls.

An annotation is source, kept as a string. It is read here name by name in the module that it stands in; nothing of it
is executed.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import inspect
import sys
import types
import typing
from collections.abc import Sequence
from typing import Any

import numpy as np


def hint(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation as a type, or None where it cannot be told (a name imported for type checkers only)."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return _resolved(_parsed(annotation), names)
    except Exception:  # whatever a type makes of its arguments
        return None


@functools.lru_cache(maxsize=4096)
def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation, mode="eval").body


def _resolved(node: ast.expr, names: dict[str, Any]) -> Any:
    """What a name, module.name, origin[arguments], a | b, or a constant among arguments stands for."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names[name] if name in names else vars(builtins)[name]
        case ast.Attribute(value=owner, attr=name):
            module = _resolved(owner, names)
            if isinstance(module, types.ModuleType):
                return getattr(module, name)
        case ast.Subscript(value=origin, slice=arguments):
            return _resolved(origin, names)[_resolved(arguments, names)]
        case ast.Tuple(elts=items):
            return tuple(_resolved(item, names) for item in items)
        case ast.List(elts=items):
            return [_resolved(item, names) for item in items]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _resolved(left, names) | _resolved(right, names)
    raise TypeError("no annotation of a type")


def convert_arguments(function: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a function's parameters, by name, each as its annotation wants it."""
    parameters, names = inspect.signature(function).parameters, vars(sys.modules[function.__module__])
    return {name: convert(value, hint(parameters[name].annotation, names)) for name, value in values.items()}


def convert_fields(value: Any) -> dict[str, Any]:
    """The fields that make a dataclass again, by name, each as its annotation wants it."""
    names = vars(sys.modules[type(value).__module__])
    fields = [field for field in dataclasses.fields(value) if field.init]
    return {field.name: convert(getattr(value, field.name), hint(field.type, names)) for field in fields}


def convert(value: Any, to: Any) -> Any:
    """Numbers as the annotation `to` wants them (4 for a float is 4.0, 4.0 for an int is 4), also in containers.

    A bare name where a sequence of names is wanted is a tuple of one, or a list, as `to` has it.
    """
    if isinstance(value, np.generic):
        value = value.item()
    origin, options = typing.get_origin(to), typing.get_args(to)
    if origin in (typing.Union, types.UnionType):
        if type(value) in options:
            return value
        return next((new for option in options if (new := convert(value, option)) is not value), value)
    if to is float and type(value) is int:
        return float(value)
    if to is int and type(value) is float and value.is_integer():
        return int(value)
    if not (isinstance(origin, type) and issubclass(origin, Sequence)):
        return value
    if isinstance(value, (list, tuple)):
        return _convert_items(value, origin, options)
    if isinstance(value, str) and value and options in ((str,), (str, Ellipsis)):
        return [value] if origin is list else (value,)
    return value


def _convert_items(value: Sequence[Any], origin: type, options: tuple[Any, ...]) -> Any:
    inner = options if origin is tuple and Ellipsis not in options else options[:1] * len(value)
    if len(inner) != len(value):
        return value
    items = [convert(item, to) for item, to in zip(value, inner, strict=True)]
    kind: Any = origin if origin in (tuple, list) else type(value)
    return kind(items)
