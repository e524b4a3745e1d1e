"""A call is a value: which function, with which arguments; nothing has run yet.

    call = wb.call(wb.lottery.rounds, wb.call(wb.models.lenet, data), …, rounds=8)
    call.run()       the result (of a generator: the list of its values)
    call.script()    what a person would type for the same
    call.json()      the same as one line of text, for another process; `Call.from_json` reads it
    call.key()       the name of its result in an archive

Arguments may be calls themselves: they run first, and equal ones once.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import torch

import workbench
from workbench.nets.hardware import surroundings
from workbench.nets.step_costs import measured
from workbench.work import call_reading, call_text
from workbench.work.annotations import convert_arguments
from workbench.work.fingerprint import around, describe, digest, fingerprint, identity
from workbench.work.public_names import full_name, ours, public_name
from workbench.work.replicas import in_order_of_seeds

__all__ = ["Call", "Once", "call", "fingerprint"]


def call(function: Any, *arguments: Any, **options: Any) -> Call:
    """Name a piece of work without doing it.

    Arguments are bound to the function's parameters, defaults applied, values converted by the annotations (4 for a
    float is 4.0, a bare name for several is one of them), so that equal work has equal calls. A TypeError says which
    argument does not fit.
    """
    if not (inspect.isfunction(function) or inspect.isclass(function)):
        raise TypeError(f"a call needs a function or a class, got {function!r}")
    try:
        bound = inspect.signature(function).bind(*arguments, **options)
    except TypeError as error:
        raise TypeError(f"the arguments do not fit {full_name(function)}: {error}") from None
    bound.apply_defaults()
    return Call(function, convert_arguments(function, bound.arguments))


@dataclass(frozen=True, eq=False, repr=False)
class Call:
    """A function and its arguments by parameter name, defaults included. Made by `call`."""

    function: Callable[..., Any]
    arguments: dict[str, Any]

    @property
    def generates(self) -> bool:
        """Whether the function yields values one by one."""
        function = inspect.unwrap(self.function)
        returns = str(getattr(function, "__annotations__", {}).get("return", ""))
        yields = re.match(r"(collections\.abc\.|typing\.)?(Iterator|Generator)\b", returns)
        return inspect.isgeneratorfunction(function) or yields is not None

    @property
    def resumes(self) -> bool:
        """Whether the function yields values and takes the last of them back in, as `after=`."""
        return self.generates and "after" in self.arguments

    def run(self) -> Any:
        """Run it and the calls in it, equal ones once; the values of a generator as a list."""
        return Once(lambda sub, once: sub.finish(once))(self)

    def each(self) -> Generator[Any, None, None]:
        """Run it and yield its values as they come; a plain function's one value."""
        value = self.start(Once(lambda sub, once: sub.finish(once)))
        yield from value if self.generates else [value]

    def start(self, once: Once, **changed: Any) -> Any:
        """What the function returns when called with the values of the calls in it, as `once` runs them."""
        values = {name: _replace(value, once) for name, value in (self.arguments | changed).items()}
        bound = inspect.BoundArguments(inspect.signature(self.function), values)  # pyright: ignore[reportArgumentType]
        return self.function(*bound.args, **bound.kwargs)

    def finish(self, once: Once) -> Any:
        """As `start`, and the values of a generator as a list."""
        with in_order_of_seeds():  # equal calls give equal values, and write equal files
            value = self.start(once)
            return list(value) if self.generates else value

    def key(self) -> str:
        """The name of the result: half a SHA-256 of function and arguments, half one of what else moves its numbers."""
        return name_of(self.described(), self.surroundings())

    def surroundings(self) -> dict[str, Any]:
        """What moves numbers and is not an argument: the workbench's number, and the hardware with its settings."""
        device = self.arguments.get("device", "auto")
        if device in (None, "auto"):
            device = "cuda" if torch.cuda.is_available() else "cpu"
        around = surroundings(str(device))
        costs = digest(measured(around["processor"].split(", ")[-1]))  # what execution="auto" means
        return {"numbers": workbench.NUMBERS, "step_costs": costs[:16], **around}

    def described(self) -> dict[str, Any]:
        """The call in full, as JSON, for the key and for people. A parameter named `archive` is no part of it."""
        name = full_name(self.function)
        arguments = {
            parameter: describe(value, f'{name}: argument "{parameter}"')
            for parameter, value in self.arguments.items()
            if parameter != "archive"
        }
        described: dict[str, Any] = {**identity("call", self.function), "arguments": arguments}
        if not any(map(_gives_weights, self.arguments.values())):  # then a module's own are what is worked with
            modules = {name: m for name, m in self.arguments.items() if isinstance(m, torch.nn.Module)}
            described |= {"weights": describe({n: m.state_dict() for n, m in modules.items()}, name)} if modules else {}
        return described | ({} if ours(self.function) else around(self.function, name))

    def identity(self) -> str:
        """Equal for equal calls; for a call with an argument that cannot be compared, its own."""
        try:
            return digest(self.described())
        except (TypeError, ValueError):
            return f"call {id(self)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.identity() == other.identity()

    def __hash__(self) -> int:
        return hash(self.identity())

    def __repr__(self) -> str:
        name = public_name(self.function) or full_name(self.function)
        return f"Call({name}, {', '.join(f'{k}={_short(v)}' for k, v in call_text.written_arguments(self).items())})"

    def script(self) -> str:
        """The source of the same work, from `import workbench as wb` on; the result is in `result`.

        Raises a ValueError that names the argument where one is neither plain nor a call.
        """
        return call_text.script(self)

    def json(self) -> str:
        """The call as one line of JSON, public names only; an archive, and what equals its default, are left out."""
        return json.dumps(call_text.to_json(self, ""))

    @staticmethod
    def from_json(text: str) -> Call:
        """The call that `json` wrote; it may come from anywhere.

        A ValueError if it is not one, names anything but what `public_names.FROM_JSON` lists, or a place to write to.
        """
        value = call_reading.read(text, call)
        if not isinstance(value, Call):
            raise call_reading.no_call(text)
        return value


def name_of(described: Any, around: Any) -> str:
    """The key of a described call in its surroundings: 64 hexadecimal digits, of which the first half is the call's."""
    return digest(described)[:32] + digest(around)[:32]


class Once:
    """Runs each of equal calls once: `run(call, once)` makes a value the first time, later it is remembered."""

    def __init__(self, run: Callable[[Call, Once], Any]) -> None:
        self.run = run
        self.values: dict[str, Any] = {}

    def __call__(self, call: Call) -> Any:
        name = call.identity()
        if name not in self.values:
            self.values[name] = self.run(call, self)
        return self.values[name]


def _replace(value: Any, once: Once) -> Any:
    if isinstance(value, Call):
        return once(value)
    if type(value) in (list, tuple):
        return type(value)(_replace(item, once) for item in value)
    if type(value) is dict:
        return {name: _replace(item, once) for name, item in value.items()}
    return value


def _gives_weights(value: Any) -> bool:
    """Whether an argument may be weights, or a list of them."""
    return isinstance(value, (Call, dict)) or (isinstance(value, (list, tuple)) and any(map(_gives_weights, value)))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else f"<{type(value).__name__}>"
