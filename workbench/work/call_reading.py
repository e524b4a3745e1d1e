"""A call read from JSON, which may come from anywhere: a terminal, a file, a web page.

Nothing in it is executed while it is read. What it names is a function or a dataclass of one written list
(`public_names.FROM_JSON`), none of which writes; it holds plain values and other such calls, and no archive.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any

from workbench.work.public_names import from_json

LONGEST = 1_000_000  # characters
DEEPEST = 50  # levels of calls, values and lists in one another


def read(text: str, make: Callable[..., Any]) -> Any:
    """The value that `call_text.to_json` wrote; `make` makes a call of a function and its arguments."""
    if len(text) > LONGEST:
        raise ValueError(
            f"a call as JSON must be of at most {LONGEST:,} characters, got {len(text):,}; give fewer values"
        )
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a call, for it is not JSON ({error}); Call.json() writes one") from None
    return _value(data, make, DEEPEST)


def no_call(text: str) -> ValueError:
    """The error for JSON that is something else."""
    return ValueError(f"not a call: {text[:60]}; Call.json() writes one")


def _value(data: Any, make: Callable[..., Any], levels: int) -> Any:
    if not isinstance(data, (list, dict)):
        return data
    if not levels:
        raise ValueError(
            f"a call as JSON must be at most {DEEPEST} levels deep, this one is deeper; run its parts alone"
        )
    try:
        return _whole(data, lambda part: _value(part, make, levels - 1), make)
    except ValueError:
        raise
    except Exception as error:  # whatever a signature, or a dataclass that is made, says of what does not fit
        raise ValueError(f"the call does not fit the workbench: {error}") from error


def _whole(data: Any, inner: Callable[[Any], Any], make: Callable[..., Any]) -> Any:
    match data:
        case list():
            return [inner(item) for item in data]
        case {"tuple": list(items)}:
            return tuple(inner(item) for item in items)
        case {"dict": list(pairs)}:
            return _without_archive((inner(name), inner(value)) for name, value in pairs)
        case {"float": "inf" | "-inf" as text}:
            return float(text)
        case {"dataclass": str(path), "fields": dict(fields)}:
            if not dataclasses.is_dataclass(kind := from_json(path)):
                raise ValueError(f'"{path}" is no dataclass')
            return kind(**_without_archive((name, inner(value)) for name, value in fields.items()))  # pyright: ignore
        case {"call": str(path), "arguments": dict(arguments)}:
            function = from_json(path)
            values: Any = _without_archive((name, inner(value)) for name, value in arguments.items())
            signature = inspect.signature(function)
            bound = inspect.BoundArguments(signature, values)
            strange = {name: value for name, value in values.items() if name not in signature.parameters}
            return make(function, *bound.args, **bound.kwargs | strange)
    raise no_call(json.dumps(data))


def _without_archive(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """The pairs as a dict. A ValueError for an archive among them: what comes from outside says not where to write."""
    values = dict(pairs)
    if "archive" in values:
        way_on = 'leave it out, and keep the result with wb.Archive("results").run(wb.Call.from_json(text))'
        raise ValueError(f"a call as JSON must name no archive, got {str(values['archive'])[:60]!r}; {way_on}")
    return values
