"""Replicas: the same work from several seeds, side by side.

Small networks use one core well and two badly, so replicas are threads, one torch thread each (measured on two
cores: 2.0 times as fast as one after another on LeNet-300-100, 1.7 times on ResNet-8, and the same bits).

The threads are no daemons (a daemon inside torch aborts the interpreter's exit) and no `ThreadPoolExecutor` (which
hangs the exit while a notebook keeps the generator): they stop at the next step, or the next value, when their
consumer is gone or the main thread has ended. With an executor there is one, which waits for what is made elsewhere.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from contextvars import ContextVar, copy_context
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

from workbench.work import rules
from workbench.work.cores import cores
from workbench.work.locks import Lock
from workbench.work.progress import Costs, Progress, Stopped, report, watch, within
from workbench.work.seeds import check_seed
from workbench.work.spread import POLL, Finished, Task, check_executor, current, finished

T = TypeVar("T")
Values = Generator[tuple[int, Any], None, None]
_waits: ContextVar[bool] = ContextVar("waits", default=False)  # whether values wait for those of earlier seeds


def replicas(
    f: Callable[[int], Any],
    seeds: Iterable[int],
    *,
    workers: int | None = None,
    part: str = "replica",
    costs: Costs | None = None,
    executor: Any = None,
) -> Values:
    """Yield `(seed, value)` for every value of `f(seed)`, as they finish.

    `f(seed)` returns a value or a generator of values; those of one seed come in their order. `workers` threads work
    at once (default: one a core, at most one a seed; `WORKBENCH_CORES` says how many cores); further seeds wait. Each
    reports its progress under `(part, index, n)`; `costs` says what each costs, where they differ. Where a call is run
    as a whole (`Call.run`, `Archive.run`) nobody looks on, and they come in the order of the seeds: equal calls give
    equal values. The first error stops the others and is raised here, with its traceback; dropping or closing the
    generator stops them all.

    With an `executor`, one of `concurrent.futures` or a Dask client (`spread` says more), `f(seed)` runs there, to the
    same bits; `workers` is then how many seeds it is given at once (default: all), and all values of a seed come when
    it is finished, which is all that is reported of it. What stops cancels the seeds that have not begun; those that
    run are left to end.
    """
    rules.function("f", f, "give the function of a seed itself, not what it returns")
    if isinstance(seeds, (str, Mapping)) or not isinstance(seeds, Iterable):
        raise rules.refused("seeds", "several seeds", seeds, "wb.seeds(0, 3) are three")
    seeds = [check_seed(seed) for seed in seeds]
    executor = current() if executor is None else check_executor(executor)
    if workers is None:
        workers = max(1, len(seeds)) if executor else cores()
    rules.whole("workers", workers, least=1, way_on="leave it out for one a core")
    rules.instance("part", part, str, "the name of a part of the work", '"replica" is the usual one')
    if costs is not None:
        rules.each("costs", costs, rules.number, "a number for every seed", least=0)
        if not isinstance(costs, (tuple, list)) or len(costs) != len(seeds):
            raise rules.refused("costs", f"a list of {len(seeds)} numbers, one a seed", costs, "None: all are equal")
    workers, of = min(workers, len(seeds)), len(seeds) if costs is None else costs
    if executor is None:
        return _consume(_Crew(f, seeds, workers, part, of), workers)
    task = Task.of(f, executor, in_order_of_seeds if _waits.get() else nullcontext)
    sent = partial(finished, task, executor, seeds, workers)
    return _consume(_Crew(f, seeds, workers, part, of, sent), min(workers, 1))


@contextmanager
def in_order_of_seeds() -> Iterator[None]:
    """Have what replicas yield inside come in the order of the seeds, not as they finish."""
    token = _waits.set(True)
    try:
        yield
    finally:
        _waits.reset(token)


def in_order(f: Callable[[int], T], seeds: Iterable[int], *, workers: int | None = None) -> list[T]:
    """Return what `f` returns for every seed, in their order, made side by side."""
    seeds = list(seeds)
    values = dict(replicas(f, seeds, workers=workers))
    return [values[seed] for seed in seeds]


def _consume(crew: _Crew, left: int) -> Values:
    # The threads hold the crew, never this generator: when it is dropped, its `finally` runs and they stop.
    waits, waiting = _waits.get(), list[tuple[int, int, Any]]()
    try:
        for _ in range(left):
            threading.Thread(target=copy_context().run, args=(crew.work,), name="replica").start()
        while left:
            item = crew.get()
            if item is None:
                left -= 1
            elif waits:
                waiting.append(item)
            else:
                yield item[1:]
        yield from (item[1:] for item in sorted(waiting, key=itemgetter(0)))  # those of one seed stay in their order
    finally:
        crew.stop.set()
        crew.error = None  # its traceback holds this frame


class _Crew:
    """What the threads share: the seeds still waiting, the queue to the consumer, the first error.

    `sent` begins the work of all seeds elsewhere; then one thread waits for it.
    """

    def __init__(
        self,
        f: Callable[[int], Any],
        seeds: list[int],
        workers: int,
        part: str,
        of: int | Costs,
        sent: Callable[[], Finished] | None = None,
    ) -> None:
        self.f, self.seeds, self.part, self.of, self.sent = f, seeds, part, of, sent
        self.waiting = deque(enumerate(seeds))
        self.queue: queue.Queue[tuple[int, int, Any] | None] = queue.Queue(maxsize=max(workers, 1))
        self.stop = threading.Event()
        self.lock = Lock()
        self.error: BaseException | None = None

    def work(self) -> None:
        try:
            with watch(self.check):
                self.run_all() if self.sent is None else self.receive(self.sent())
            self.put(None)
        except BaseException as error:
            with self.lock:
                if not self.over():
                    self.error = error
                self.stop.set()

    def receive(self, finished: Finished) -> None:
        with closing(finished):
            for index, values in finished:
                with within(self.part, index, self.of):
                    for item in values or ():
                        self.put((index, self.seeds[index], item))
                    report(0 if values is None else 1, 1)  # while nothing comes too, so that a watcher may stop it

    def run_all(self) -> None:
        while self.waiting:
            try:
                index, seed = self.waiting.popleft()
            except IndexError:  # another took the last
                break
            self.run(index, seed)

    def run(self, index: int, seed: int) -> None:
        with within(self.part, index, self.of):
            value = self.f(seed)
            if isinstance(value, Iterator):
                try:
                    for item in value:
                        self.put((index, seed, item))
                finally:
                    close = getattr(value, "close", None)
                    if close is not None:
                        close()
            else:
                self.put((index, seed, value))
            report(1, 1)

    def get(self) -> tuple[int, int, Any] | None:
        """The next value, or None when a thread has ended; what was finished comes before an error."""
        while True:
            with suppress(queue.Empty):
                return self.queue.get(timeout=POLL)
            if self.error is not None:
                raise self.error
            if not threading.main_thread().is_alive():
                raise Stopped("the interpreter is ending")

    def put(self, item: tuple[int, int, Any] | None) -> None:
        while not self.over():
            try:
                return self.queue.put(item, timeout=POLL)
            except queue.Full:
                continue
        raise Stopped

    def check(self, progress: Progress) -> None:
        if self.over():
            raise Stopped

    def over(self) -> bool:
        return self.stop.is_set() or not threading.main_thread().is_alive()
