"""Room on the disk: an archive's tensors and tables that no record uses any more, as deleted jobs leave them.

Contents are shared by all that is kept, by several processes at once, so that deleting a job spares them. What goes
here is used by no record, and was written, or asked for again, more than a day ago: whoever keeps a value just now has
touched its contents (`Folder.put`). One that was touched after we looked is put back.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress

from workbench.work import rules
from workbench.work.archive import WHAT, Archive, ArchiveLike, opened
from workbench.work.disk import OLD, Damaged, Disk
from workbench.work.folder import Folder

CONTENT = re.compile(rb"[0-9a-f]{64}")  # whatever looks like one, in a damaged record too
KINDS = ("safetensors", "parquet")


def clean(archive: ArchiveLike) -> int:
    """Remove the tensors and tables of an archive that nothing in it uses, and return how many bytes that made free.

    What is younger than a day stays, for another process may be about to use it. A ValueError for an archive that is
    not on this machine's disks.
    """
    rules.instance("archive", kept := opened(archive), Archive, *WHAT)
    assert kept is not None
    folder = Folder.named(os.fspath(kept.folder))
    if not isinstance(folder.place, Disk):
        raise rules.refused("archive", "a folder on a disk to be cleaned", folder.name, "a bucket has its own rules")
    used = {name.decode() for path in _records(folder) for name in _contents(folder, path)}
    unused = (
        (f"{folder.place.root}/{kind}/{name}", f"{folder.place.root}/temporary/{uuid.uuid4().hex}")
        for kind in KINDS
        for name in folder.names(kind)
        if name.endswith(f".{kind}") and name.partition(".")[0] not in used
    )
    return sum(_removed(path, aside) for path, aside in unused)


def _records(folder: Folder) -> Iterator[str]:
    for room in ("calls", "jobs"):
        for name in folder.names(room):
            if name.endswith(".json"):
                yield f"{room}/{name}"
            else:
                yield from (f"{room}/{name}/{file}" for file in folder.names(f"{room}/{name}"))


def _contents(folder: Folder, path: str) -> list[bytes]:
    try:
        return CONTENT.findall(folder.read(path))
    except (FileNotFoundError, Damaged):
        return []


def _removed(path: str, aside: str) -> int:
    """Remove a file unless it is young, also where it became so meanwhile, and return its bytes."""
    with suppress(FileNotFoundError):  # another process was faster
        if not _old(path):
            return 0
        os.makedirs(os.path.dirname(aside), exist_ok=True)
        os.rename(path, aside)
        if not _old(aside):
            os.rename(aside, path)
            return 0
        size = os.stat(aside).st_size
        os.unlink(aside)
        return size
    return 0


def _old(path: str) -> bool:
    return time.time() - os.lstat(path).st_mtime > OLD
