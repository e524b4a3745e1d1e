"""A record: JSON with its own checksum, so that one that is not what was written is noticed."""

from __future__ import annotations

import json
from typing import Any

from workbench.work.disk import Damaged
from workbench.work.fingerprint import digest
from workbench.work.folder import Folder
from workbench.work.stored_values import Types, restore


def write_record(folder: Folder, path: str, record: dict[str, Any]) -> None:
    """Write a record, whole or not at all."""
    folder.write(path, json.dumps({"sha256": digest(record), **record}, indent=1).encode())


def read_record(folder: Folder, path: str, *, most: int | None = None) -> dict[str, Any]:
    """The record that was written. FileNotFoundError where there is none, Damaged for anything else.

    What is of more than `most` bytes is damaged, and not read.
    """
    try:
        record = json.loads(folder.read(path, most=most))
        if record.pop("sha256") != digest(record):
            raise Damaged("its checksum does not fit")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise Damaged(str(error)) from None
    return record


def read_value(record: dict[str, Any], folder: Folder, types: Types) -> Any:
    """The value of a record, its tensors from the folder. Damaged where it does not fit what can be read here."""
    try:
        return restore(record["value"], folder.get, types)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file may fail in any way, and so may a dataclass that has changed
        if isinstance(error, OSError) and error.errno is not None:  # the disk's; a parser's has no number
            raise
        raise Damaged(str(error)) from error
