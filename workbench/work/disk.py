"""A folder that is written to safely: whole files or none, and large contents named by their checksum.

The folder is a path or any URL that fsspec knows. A write goes to a temporary name and is renamed, so that a reader,
in this process or another, sees a whole file or none, also when the writer is killed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class Damaged(Exception):  # noqa: N818
    """A file is not what was written."""


@dataclass(frozen=True)
class Folder:
    """A folder, by name; nothing is opened before it is used."""

    name: str

    def open(self) -> None:
        """Make the folder where it is missing. A ValueError where a file stands in its place."""
        fs, root = self._place()
        try:
            fs.makedirs(root, exist_ok=True)
            blocked = fs.isfile(root)
        except (FileExistsError, NotADirectoryError):
            blocked = True
        if blocked:
            raise ValueError(
                f'the archive\'s folder must be a folder, got "{self.name}", where a file stands in the way; '
                "name another folder, or move the file"
            )

    def read(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none."""
        fs, root = self._place()
        return fs.cat_file(f"{root}/{path}")

    def has(self, path: str) -> bool:
        """Whether there is a file at this path."""
        fs, root = self._place()
        return bool(fs.exists(f"{root}/{path}"))

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, or none. An OSError that names the folder where the disk is full."""
        fs, root = self._place()
        target, temporary = f"{root}/{path}", f"{root}/temporary/{uuid.uuid4().hex}"
        try:
            fs.makedirs(os.path.dirname(target), exist_ok=True)
            fs.makedirs(os.path.dirname(temporary), exist_ok=True)
            fs.pipe_file(temporary, data)
            if "file" in _protocols(fs):
                os.replace(temporary, target)
            else:
                fs.mv(temporary, target)
        except BaseException as error:
            with suppress(Exception):
                fs.rm_file(temporary)
            if isinstance(error, OSError) and error.errno in FULL:
                raise OSError(
                    error.errno,
                    f'the disk is full: archive "{self.name}" could not write {path} ({len(data)} bytes; '
                    f"{error.strerror}); what was finished is kept, so make room and call again",
                ) from error
            raise

    def put(self, data: bytes, kind: str) -> str:
        """Keep bytes under the name of their SHA-256, once, and return it."""
        name = hashlib.sha256(data).hexdigest()
        try:
            self.get(name, kind)
        except Damaged:
            self.write(f"{kind}/{name}.{kind}", data)
        return name

    def get(self, name: str, kind: str) -> bytes:
        """What `put` kept. Raises Damaged where it is missing or altered."""
        path = f"{kind}/{name}.{kind}"
        try:
            data = self.read(path)
        except FileNotFoundError:
            raise Damaged(f"{path} is missing") from None
        if hashlib.sha256(data).hexdigest() != name:
            raise Damaged(f"{path} is not what was written")
        return data

    def files(self, *patterns: str) -> list[str]:
        """The paths in the folder that match, sorted."""
        fs, root = self._place()
        fs.invalidate_cache()
        paths = [path for pattern in patterns for path in fs.glob(f"{root}/{pattern}")]
        return sorted(str(path).rpartition(f"{root.rstrip('/')}/")[2] for path in paths)

    def _place(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(os.path.expanduser(self.name))
        return fs, root.rstrip("/")


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
