"""A folder at a URL that fsspec knows, with the verbs of `disk.Disk`: `s3://bucket/runs`, `memory://runs`."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbench.work.disk import NO_FILE, OLD, Damaged, Disk
from workbench.work.nearest import unknown


def place(name: str) -> Disk | Remote:
    """The folder of this name: a path, or, where it has `://` in it, a URL of fsspec's. A ValueError if it has none."""
    if "://" not in name:
        return Disk(os.path.expanduser(name))
    from fsspec.core import url_to_fs
    from fsspec.implementations.local import LocalFileSystem
    from fsspec.registry import get_filesystem_class, known_implementations

    protocol = name.partition("://")[0].rpartition("::")[2]
    try:
        get_filesystem_class(protocol)
    except ImportError as error:
        package = known_implementations[protocol]["class"].partition(".")[0]
        way_on = error if package == "fsspec" else f"pip install {package} brings it"
        raise ValueError(f'archive "{name}" needs a package that is not installed here ({error}); {way_on}') from error
    except ValueError:
        raise unknown("protocol of an archive's URL", protocol, sorted(known_implementations)) from None
    fs, root = url_to_fs(name)
    return Disk(root) if isinstance(fs, LocalFileSystem) else Remote(fs, root.rstrip("/"))


@dataclass(frozen=True)
class Remote:
    """A folder of a file system of fsspec's."""

    fs: Any
    root: str

    def make(self) -> None:
        """Make the folder where it is missing, and clean old temporary files, where the file system tells times."""
        self.fs.makedirs(self.root, exist_ok=True)
        if self.fs.isfile(self.root):
            raise FileExistsError(self.root)
        for name in self.names("temporary"):
            with suppress(OSError, NotImplementedError):
                if time.time() - self.fs.modified(self._at(f"temporary/{name}")).timestamp() > OLD:
                    self.fs.rm_file(self._at(f"temporary/{name}"))

    def read(self, path: str) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none, Damaged where something else stands there."""
        try:
            return self.fs.cat_file(self._at(path))
        except OSError as error:
            if isinstance(error, IsADirectoryError) or error.errno in NO_FILE:
                raise Damaged("something else than a file stands there") from None
            raise

    def size(self, path: str) -> int:
        """The bytes that a file has; 0 where there is none, or the file system does not tell."""
        try:
            return self.fs.size(self._at(path)) or 0
        except (OSError, NotImplementedError):
            return 0

    def touch(self, path: str) -> None:
        """Do nothing: what is far away is not cleaned."""

    def remove(self, path: str) -> None:
        """Remove a folder, with all that is in it."""
        self.fs.rm(self._at(path), recursive=True)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, or none."""
        part, target = self._at(f"temporary/{uuid.uuid4().hex}"), self._at(path)
        try:
            for folder in (os.path.dirname(part), os.path.dirname(target)):
                self.fs.makedirs(folder, exist_ok=True)
            self.fs.pipe_file(part, data)
            self.fs.mv(part, target)
        except BaseException:
            with suppress(Exception):
                self.fs.rm_file(part)
            raise

    def names(self, path: str) -> list[str]:
        """The names in a folder of the folder, sorted; none where there is no such folder."""
        self.fs.invalidate_cache()
        try:
            return sorted(
                str(there).rstrip("/").rpartition("/")[2] for there in self.fs.ls(self._at(path), detail=False)
            )
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}"
