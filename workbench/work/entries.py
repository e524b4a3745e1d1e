"""Whose a record is: it lies under the name of the call in it, made in the surroundings in it, and of its index."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from workbench.work.calls import Call, name_of
from workbench.work.disk import Damaged
from workbench.work.fingerprint import digest
from workbench.work.folder import Folder

# what a record holds beside its surroundings
OTHERS = ("sha256", "call", "when", "index", "value", "values", "seconds")
NAME = re.compile(r"\w+-([0-9a-f]{64})(\.json)?")  # of a call in the folder `calls`


@dataclass(frozen=True, eq=False)
class Entry:
    """A call described once, its surroundings when it was asked for, and the name that both give it."""

    call: Call
    described: dict[str, Any]
    around: dict[str, Any]

    @staticmethod
    def of(call: Call) -> Entry:
        """The entry of a call, here and now."""
        return Entry(call, call.described(), call.surroundings())

    @property
    def stem(self) -> str:
        """What the names of this call have in common, wherever it was made."""
        function = self.call.function.__name__[:100]
        return f"{function if function.isidentifier() else 'call'}-{digest(self.described)[:32]}"

    @property
    def key(self) -> str:
        """The name of this call made here."""
        return self.stem + digest(self.around)[:32]


def surroundings(record: Any) -> dict[str, Any]:
    """What moved numbers when a record was made, and is no argument of its call."""
    return {name: value for name, value in record.items() if name not in OTHERS}


def read_surroundings(folder: Folder, name: str) -> dict[str, Any] | None:
    """Where the call of this name was made; None where that cannot be told (damage is said where it is read)."""
    try:
        path = f"calls/{name}" if name.endswith(".json") else f"calls/{name}/000000.json"
        return surroundings(json.loads(folder.read(path)))
    except (OSError, ValueError, AttributeError, RecursionError, Damaged):
        return None


def check_place(record: dict[str, Any], path: str) -> None:
    """Raise Damaged unless a record lies where its call, its surroundings and its index belong."""
    name, _, file = path.removeprefix("calls/").partition("/")
    there, around, index = NAME.fullmatch(name), surroundings(record), record.get("index")
    key = name_of(record["call"], around)
    if there is None or there[1] not in (key, digest({"call": record["call"], **around})):  # that of earlier versions
        elsewhere = there is not None and there[1][:32] == key[:32]
        whose = "this call's in other surroundings" if elsewhere else f"another call's: {record['call']['call']}"
        raise Damaged(f"it holds a value that is {whose}")
    if file != ("" if index is None else "end.json" if index == "end" else f"{index:06d}.json"):
        raise Damaged(f"it holds what belongs to index {index}")


def difference(there: dict[str, Any], here: dict[str, Any]) -> str:
    """What differs between two surroundings, in words; "" where nothing does."""
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    return ", ".join(f"{name} {_text(there.get(name))}, here {_text(here.get(name))}" for name in names)


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "unknown" if value is None else str(value)
