"""An archive's folder: whole files or none, and large contents named by their checksum."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass

from workbench.work.disk import FULL, Damaged, Disk
from workbench.work.remote import Remote, place


@dataclass(frozen=True)
class Folder:
    """A folder by the name that was given, and where it lies; nothing is opened before it is used."""

    name: str
    place: Disk | Remote

    @staticmethod
    def named(name: str) -> Folder:
        """The folder of this name: a path, or a URL."""
        return Folder(name, place(name))

    def open(self) -> None:
        """Make the folder where it is missing. A ValueError where a file stands in its place."""
        try:
            self.place.make()
        except OSError as error:
            if not isinstance(error, (FileExistsError, NotADirectoryError)) and error.errno != errno.ELOOP:
                raise
            raise ValueError(
                f'the archive\'s folder must be a folder, got "{self.name}", where a file stands in the way; '
                "name another folder, or move the file"
            ) from None

    def read(self, path: str, *, most: int | None = None) -> bytes:
        """The bytes of a file; FileNotFoundError where there is none, Damaged where something else stands there.

        Damaged too for a file of more than `most` bytes, which is not read.
        """
        if most is not None and (size := self.place.size(path)) > most:
            raise Damaged(f"it has {size:,} bytes, and no such record has more than {most:,}")
        return self.place.read(path)

    def names(self, path: str) -> list[str]:
        """The names in a folder of the folder, sorted; none where there is no such folder."""
        return self.place.names(path)

    def remove(self, path: str) -> None:
        """Remove a folder of the folder, with all that is in it."""
        self.place.remove(path)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, or none. An OSError that names the folder where the disk is full."""
        try:
            self.place.write(path, data)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise OSError(
                error.errno,
                f'the disk is full: archive "{self.name}" could not write {path} ({len(data)} bytes; '
                f"{error.strerror}); what was finished is kept, so make room and call again",
            ) from error

    def put(self, data: bytes, kind: str) -> str:
        """Keep bytes under the name of their SHA-256, once, and return it; what is there is young again."""
        name = hashlib.sha256(data).hexdigest()
        path = f"{kind}/{name}.{kind}"
        try:
            self.get(name, kind)
            self.place.touch(path)
        except (OSError, Damaged):
            self.write(path, data)
        return name

    def get(self, name: str, kind: str) -> bytes:
        """What `put` kept. Raises Damaged where it is missing or altered."""
        path = f"{kind}/{name}.{kind}"
        if not (len(name) == 64 and name.isalnum()):
            raise Damaged(f"{path[:80]} is no name of a content")
        try:
            data = self.read(path)
        except FileNotFoundError:
            raise Damaged(f"{path} is missing") from None
        except Damaged as error:
            raise Damaged(f"{path}: {error}") from None
        if hashlib.sha256(data).hexdigest() != name:
            raise Damaged(f"{path} is not what was written")
        return data
