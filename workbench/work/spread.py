"""Spread: replicas on an executor, which are other processes, or the workers of a cluster.

A function travels by cloudpickle with all that it holds (a lambda, data, models), and so does what it returns. The
worker says first what it is: of another version its bits would be others. The executor is asked for nothing but
`submit`, from one thread of ours; what it has not begun is cancelled as soon as nobody waits, or the main thread ended,
for an executor would do it all before the interpreter's exit.
"""

from __future__ import annotations

import operator
import pickle
import platform
import queue
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import Any

import torch

import workbench
from workbench.work import rules

POLL = 0.1  # seconds between two looks at whether anybody still waits
LARGE = {"distributed.admin.large-graph-warning-threshold": "1 TiB"}  # data that travels once is no slip
_executor: ContextVar[Any] = ContextVar("executor", default=None)


@contextmanager
def spread(executor: Any) -> Iterator[None]:
    """Have the replicas of what is called inside made by an executor: other processes, or a cluster.

        with wb.spread(Client("tcp://10.0.0.1:8786")):
            outcomes = list(wb.experiments.winning_tickets("fashion-mnist", replicas=30))

    The numbers are the same bits, on processors of one kind. `executor` is one of `concurrent.futures` or loky, or a
    Dask client; None is this process again. Workers need the same versions of the workbench, torch and Python; an
    `archive` must be a place that they share, by its full path or its URL. Replicas within a replica are threads there,
    as many as `WORKBENCH_CORES` says on the worker. Dask does again what a worker had begun that died.
    """
    token = _executor.set(None if executor is None else check_executor(executor))
    try:
        yield
    finally:
        _executor.reset(token)


def current() -> Any:
    """Return the executor of the innermost `spread` around, or None."""
    return _executor.get()


def check_executor(executor: Any) -> Any:
    """Return what replicas can be spread over, as it is; a ValueError for anything else."""
    way_on = "concurrent.futures.ProcessPoolExecutor(4) is one"
    if isinstance(executor, type) or not (isinstance(executor, Executor) or hasattr(executor, "get_executor")):
        raise rules.refused("executor", "an executor of concurrent.futures or a Dask client", executor, way_on)
    if getattr(executor, "asynchronous", False):
        raise rules.refused("executor", "a client that waits", "asynchronous=True", "Client(address) makes one")
    return executor


def versions() -> dict[str, str]:
    """Return what must be the same on both sides for the same bits, and for a function to arrive at all."""
    python = ".".join(platform.python_version_tuple()[:2])  # compiled code is of one of these
    return {"workbench.NUMBERS": str(workbench.NUMBERS), "torch": torch.__version__, "Python": python}


def _check_versions(asked: dict[str, str]) -> None:
    here = versions()
    if other := [f"{name} {here.get(name)}, not {value}" for name, value in asked.items() if here.get(name) != value]:
        raise ValueError(f"a worker has {' and '.join(other)}, so that its bits could differ; install the same there")


@dataclass(frozen=True, eq=False)
class Task:
    """The function of a seed, as an executor takes it: as it is for threads, else pickled; and what holds around it.

    Called there, it returns the values of a seed, pickled where the function was, or what went wrong.
    """

    f: Callable[[int], Any] | bytes
    around: Callable[[], AbstractContextManager[None]]
    threads: int
    versions: dict[str, str]

    @classmethod
    def of(cls, f: Callable[[int], Any], executor: Any, around: Callable[[], AbstractContextManager[None]]) -> Task:
        """Return the task for an executor; a ValueError where the function holds what cannot be sent."""
        sent = f if isinstance(executor, ThreadPoolExecutor) else _pickled("f", f)
        return cls(sent, around, torch.get_num_threads(), versions())

    def __call__(self, seed: int) -> Any:
        return Context().run(self._outcome, seed)  # nobody watches here, and nothing is spread further

    def _outcome(self, seed: int) -> list[Any] | bytes | Failed:
        with _torch_threads(self.threads), self.around():
            if not isinstance(self.f, bytes):
                return _values(self.f, seed)
            try:
                _check_versions(self.versions)
                return _pickled("what f returns", _values(_unpickled(self.f), seed))
            except BaseException as error:
                return Failed.of(error)


@dataclass(frozen=True)
class Failed:
    """What went wrong on a worker: the error, pickled where it can be, and its traceback in words."""

    error: bytes | None
    words: str
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> Failed:
        try:
            sent = _pickled("an error", error)
        except ValueError:
            sent = None
        return cls(sent, f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))

    def raised(self) -> BaseException:
        """Return the error as it was there; one that cannot be made here is a RuntimeError with its words."""
        try:
            error = None if self.error is None else pickle.loads(self.error)
        except Exception:
            error = None
        error = error if isinstance(error, BaseException) else RuntimeError(self.words)
        error.add_note(f"On the worker it came from:\n{self.trace}")
        return error


Finished = Generator[tuple[int, list[Any] | None], None, None]


def finished(task: Task, executor: Any, seeds: Sequence[int], at_once: int) -> Finished:
    """Yield `(index, values)` for every seed as it finishes; between them, now and then, an index and None.

    Closing it cancels what has not begun.
    """
    submit = _submit(task, executor)
    done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    waiting, begun = deque(enumerate(seeds)), dict[Future[Any], int]()
    try:
        while waiting or begun:
            while waiting and len(begun) < at_once:
                index, seed = waiting.popleft()
                future = submit(seed)
                begun[future] = index
                future.add_done_callback(done.put)
            try:
                future = done.get(timeout=POLL)
            except queue.Empty:
                yield next(iter(begun.values())), None
                continue
            yield begun.pop(future), _received(future, isinstance(task.f, bytes))
    finally:
        for future in begun:
            future.cancel()


def _submit(task: Task, executor: Any) -> Callable[[int], Future[Any]]:
    """Return what begins the work of a seed; to a Dask client the task travels once, and is kept by the scheduler."""
    if not hasattr(executor, "get_executor"):
        return lambda seed: executor.submit(task, seed)
    from dask import config

    with config.set(LARGE):
        held = executor.submit(pickle.loads, pickle.dumps(task), pure=False)  # a scheduler needs no workbench for it
    submit = executor.get_executor(pure=False).submit
    return lambda seed: submit(operator.call, held, seed)


def _received(future: Future[Any], pickled: bool) -> list[Any]:
    try:
        outcome = future.result()
    except CancelledError:
        raise RuntimeError("a replica was cancelled by its executor, or the scheduler is gone; call it again") from None
    except (ImportError, AttributeError) as error:
        if not pickled or "workbench" not in str(error):  # of threads it is the function's own
            raise
        raise ValueError(f"a worker has no workbench of this version ({error}); install the same there") from error
    if isinstance(outcome, Failed):
        raise outcome.raised()
    return pickle.loads(outcome) if isinstance(outcome, bytes) else outcome


def _values(f: Callable[[int], Any], seed: int) -> list[Any]:
    value = f(seed)
    return list(value) if isinstance(value, Iterator) else [value]


def _pickled(what: str, value: Any) -> bytes:
    import cloudpickle

    try:
        return cloudpickle.dumps(value)
    except Exception as error:
        rule = "something that another process can be sent"
        raise rules.refused(what, rule, value, f"it holds what cannot be ({error})") from error


def _unpickled(f: bytes) -> Any:
    try:
        return pickle.loads(f)
    except ImportError as error:
        way_on = "install it there, or define what is needed in the notebook"
        raise ValueError(f"a worker cannot import what f uses ({error}); {way_on}") from error


@contextmanager
def _torch_threads(n: int) -> Iterator[None]:
    """Compute with `n` torch threads, which is part of what makes the bits."""
    before = torch.get_num_threads()
    if n == before:  # which is so on all but the rarest workers: setting them tells the other threads too
        yield
        return
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
