"""What code of one's own is and reads: its source, and what it finds around it outside installed packages.

A function that reads `SCALE`, and calls `prepare`, does something else where either is another: its source alone does
not tell. What lies in installed packages is told by torch's version and the workbench's number.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import sys
import types
from pathlib import Path
from typing import Any

from workbench.work.locks import Lock

_READING = Lock()  # Python 3.11 counts the depth of its parser for all threads at once, and then stumbles
WRITES = ("append", "extend", "add")  # of a list that is only written to, a log, nothing is read


def installed(thing: Any) -> bool:
    """Whether a function, class or module is of the workbench, an installed package, or Python itself."""
    name = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None) or "builtins"
    if name.partition(".")[0] in {"workbench", *sys.builtin_module_names, *sys.stdlib_module_names}:
        return True
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and not {"site-packages", "dist-packages"}.isdisjoint(Path(file).parts)


def read_by(thing: Any) -> dict[str, Any]:
    """Return what a function, or the methods of a class, find around them, by name: closures, defaults, globals."""
    if inspect.isclass(thing):
        parts = [part for kind in thing.__mro__ if not installed(kind) for part in vars(kind).values()]
        plain = {name: value for name, value in vars(thing).items() if isinstance(value, (bool, int, float, str))}
        plain = {name: value for name, value in plain.items() if not name.startswith("__")}
        return plain | {name: value for function in _functions(parts) for name, value in read_by(function).items()}
    function = inspect.unwrap(thing)
    found: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if not _empty(cell) and name != "__class__":
            found[name] = cell.cell_contents
    for name, attribute in _globals(function.__code__):
        value = function.__globals__.get(name, None)
        if isinstance(value, types.ModuleType):
            if not installed(value) and attribute in vars(value):
                found[f"{name}.{attribute}"] = vars(value)[attribute]
        elif name in function.__globals__ and not (attribute in WRITES and isinstance(value, (list, set))):
            found[name] = value
    return found


def defaults_of(function: Any) -> dict[str, Any]:
    """Return the defaults of a function's parameters, by name."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def source_hash(thing: Any) -> str:
    """The SHA-256 of the source of a function or class; of its compiled code where there is no source."""
    thing = inspect.unwrap(thing)
    try:
        text = _source(thing)
        if getattr(thing, "__name__", "") == "<lambda>":  # of whose line there may be two
            text += _code(thing.__code__)
    except (OSError, TypeError):  # typed at a prompt; a class in a notebook before Python 3.13
        text = "" if inspect.isclass(thing) else _code(thing.__code__)
    if inspect.isclass(thing):  # and its methods: Python 3.13 may find another class's lines for one made by exec
        parts = {name: inspect.unwrap(f) for name, f in sorted(vars(thing).items()) if inspect.isfunction(f)}
        text += repr([(name, source_hash(f)) for name, f in parts.items()])
    return hashlib.sha256(text.encode()).hexdigest()


@functools.lru_cache(1000)
def _source(thing: Any) -> str:
    with _READING:
        return inspect.getsource(thing)


def _functions(parts: list[Any]) -> list[Any]:
    """Return the functions in a class: methods, static ones, those of properties."""
    inner = []
    for part in parts:
        part = getattr(part, "__func__", part)
        inner += [part.fget, part.fset] if isinstance(part, property) else [part]
    return [part for part in inner if inspect.isfunction(part)]


@functools.lru_cache(1000)
def _globals(code: types.CodeType) -> tuple[tuple[str, str], ...]:
    """Return the global names that a function's code reads, each with the attribute that is taken of it, if one is."""
    names, steps = [], list(dis.get_instructions(code))
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            taken = after is not None and after.opname in ("LOAD_ATTR", "LOAD_METHOD")
            names.append((str(step.argval), str(after.argval) if taken and after else ""))
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return tuple(dict.fromkeys([*names, *(pair for part in inner for pair in _globals(part))]))


def _empty(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is cell  # which it never is
    except ValueError:
        return True


def _code(code: types.CodeType) -> str:
    constants = [_constant(c) for c in code.co_consts]
    return repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants))


def _constant(constant: Any) -> str:
    if isinstance(constant, frozenset):  # its order is another one in every process
        return repr(sorted(map(repr, constant)))
    return _code(constant) if isinstance(constant, types.CodeType) else repr(constant)
