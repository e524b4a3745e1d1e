"""Locks that a forked process finds free: the thread that held one is not in the child, and would never let it go.

Python's own locks of modules are of that kind too, and so is the one of torch's global generator: a fork waits until no
other thread is in the middle of an import, or of a draw (`awaited`).
"""

from __future__ import annotations

import functools
import importlib
import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 10.0  # seconds that a fork waits for the imports, and the draws, of other threads


class Lock:
    """A `threading.Lock`, or an `RLock` of that `kind`, renewed in a forked child.

    A fork waits for an `awaited` one: for what is held shortly, beside a lock that is not Python's.
    """

    def __init__(self, kind: Callable[[], Any] = threading.Lock, *, awaited: bool = False) -> None:
        self._kind, self._lock, self.awaited = kind, kind(), awaited
        self._held = self._lock
        _locks.add(self)

    def __enter__(self) -> None:
        lock = self._lock
        lock.acquire()
        self._held = lock

    def __exit__(self, *_: object) -> None:
        self._held.release()  # the one that was acquired, also where the fork was in between

    def wait(self, seconds: float) -> Callable[[], None] | None:
        """Take the lock, and return what releases it; None where that takes longer."""
        lock = self._lock
        return lock.release if lock.acquire(timeout=seconds) else None

    def renew(self) -> None:
        """Take a new lock, whoever held the old one."""
        self._lock = self._kind()


class cached_property(functools.cached_property[T]):  # noqa: N801, it is one
    """Python's own, without the lock that it has before 3.12 (which all objects of a class share, and a fork keeps)."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)
        self.lock = nullcontext()


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()
_releases: list[Callable[[], None]] = []  # of what the thread that forks waited for


def _before_fork() -> None:
    end = time.monotonic() + PATIENCE
    while _others_import() and time.monotonic() < end:
        time.sleep(0.005)
    waits = [lock.wait(PATIENCE) for lock in list(_locks) if lock.awaited]
    _releases[:] = [release for release in waits if release is not None]


def _in_parent() -> None:
    while _releases:
        _releases.pop()()


def _in_child() -> None:
    _releases.clear()
    for lock in list(_locks):
        lock.renew()


def _others_import() -> bool:
    """Whether another thread holds the lock of a module; False where this Python keeps them elsewhere."""
    locks = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    owners = {getattr(reference(), "owner", None) for reference in list(locks.values())}
    return bool(owners - {None, threading.get_ident()})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
