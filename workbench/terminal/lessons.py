"""A folder of lessons of one's own: copied from the package, brought up to date, and never over a changed file.

A small record in the folder, `.workbench.json`, holds the checksum of every file as it was copied. A file that still
has it was not touched, and takes the package's new content. Any other is the person's: it is left and said, and where
the package has new content since, that is laid beside it once, as `01_winning_tickets.new.ipynb`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.work import disk, rules
from workbench.work.shipped import KEYS, shipped

RECORD = ".workbench.json"


def copy(folder: Path) -> Iterator[str]:
    """Bring a folder of lessons up to date, without their keys; yield a line for each file brought up to date, or kept.

    Raises an OSError or a ValueError where the folder cannot be written to.
    """
    source = shipped()
    if folder.resolve() == source:
        return
    names = [path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file()]
    plain = [name for name in names if not any(part.startswith((".", "__")) or part == KEYS for part in name.parts)]
    yield from bring({name.as_posix(): (source / name).read_bytes() for name in plain}, folder)


def bring(files: Mapping[str, bytes], folder: Path) -> Iterator[str]:
    """Bring files, by their paths in it, to a folder, and never over a changed one; yield a line as `copy` does."""
    if folder.exists() and not folder.is_dir():
        raise rules.refused("FOLDER", "a folder, or a name that is free", str(folder), "a file stands there")
    folder.mkdir(parents=True, exist_ok=True)
    checksums = _recorded(folder)
    for name, content in files.items():
        yield from _bring(content, folder, Path(name), checksums)
    with disk.whole(folder / RECORD) as part:
        Path(part).write_text(json.dumps(checksums, indent=1, sort_keys=True) + "\n")


def _bring(content: bytes, folder: Path, name: Path, checksums: dict[str, str]) -> Iterator[str]:
    """Write one file, unless a changed one stands there; note in `checksums` what was brought."""
    target, key, checksum = folder / name, name.as_posix(), _sha256(content)
    before, checksums[key] = checksums.get(key), checksum
    there = _sha256(target.read_bytes()) if target.exists() else None
    if there == checksum:
        return
    if there in (None, before):
        target.parent.mkdir(parents=True, exist_ok=True)
        with disk.whole(target) as part:
            Path(part).write_bytes(content)
        if there is not None:
            yield f"{name}: brought up to date"
    elif before == checksum:
        yield f"{name}: you changed it, so it is left as it is"
    else:
        beside = name.with_suffix(f".new{name.suffix}")
        yield f"{name}: you changed it, so it is left as it is; what the package has now is beside it, in {beside.name}"
        yield from _bring(content, folder, beside, checksums)


def _recorded(folder: Path) -> dict[str, str]:
    """The checksums of what was copied; none where there is no record, or none that can be read: all is then kept."""
    try:
        checksums = json.loads((folder / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    entries = checksums.items() if isinstance(checksums, dict) else ()
    return {name: checksum for name, checksum in entries if isinstance(checksum, str)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
