"""An archive as a table: the rows that its records make, for people to read and to sort."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workbench.work.entries import NAME
from workbench.work.fingerprint import digest
from workbench.work.folder import Folder


def paths(folder: Folder) -> Iterator[str]:
    """Yield where the values of an archive lie."""
    for name in filter(NAME.fullmatch, folder.names("calls")):
        if name.endswith(".json"):
            yield f"calls/{name}"
        else:
            yield from (f"calls/{name}/{file}" for file in folder.names(f"calls/{name}") if file != "end.json")


def rows(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for the value of a record, or for each of a list: the call in words, when, and its plain fields."""
    described = record["call"]
    entry = {
        "function": described["call"],
        "arguments": ", ".join(f"{name}={in_words(value)}" for name, value in described["arguments"].items()),
        "index": record.get("index", 0),
        "when": record["when"],
        "seconds": record["seconds"],
    }
    value = record["value"]
    is_list = isinstance(value, list) and bool(value)
    for index, item in enumerate(value if is_list else [value]):
        fields = {name if name not in entry else f"value.{name}": v for name, v in _plain_fields(item).items()}
        yield entry | ({"index": index} if is_list else {}) | fields


def _plain_fields(value: Any) -> dict[str, Any]:
    match value:
        case {"dataclass": _, "fields": fields}:
            named = list(fields.items())
        case {"dict": pairs}:
            named = pairs
        case _:
            named = [("value", value)]
    plain = [(str(name), float(v["float"]) if isinstance(v, dict) and "float" in v else v) for name, v in named]
    return {name: v for name, v in plain if not isinstance(v, (dict, list))}


def in_words(described: Any) -> str:
    """A described argument in few words."""
    match described:
        case {"call": name, "arguments": arguments}:
            return f"{name}({', '.join(f'{k}={in_words(v)}' for k, v in arguments.items())})"
        case {"dataclass": name, "fields": fields}:
            return f"{name.rpartition('.')[2]}({', '.join(f'{k}={in_words(v)}' for k, v in fields.items())})"
        case {"tuple": items}:
            return f"({', '.join(in_words(item) for item in items)})"
        case {"dict": pairs} if len(pairs) <= 8:
            return f"{{{', '.join(f'{in_words(k)}: {in_words(v)}' for k, v in pairs)}}}"
        case {"float": text}:
            return text
        case {"tensor": name}:
            return f"tensor {name[:8]}"
        case {"fingerprint": name, "value": kind}:
            return f"{kind.rpartition('.')[2]} {name[:8]}"
        case dict():
            return f"<{next(iter(described))} {digest(described)[:8]}>"
    return json.dumps(described)
