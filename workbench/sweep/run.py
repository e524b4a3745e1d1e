"""A sweep: every point of a plan that is not finished yet, on the workers of a scheduler, one after another ends."""

from __future__ import annotations

import os
import queue
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from workbench.sweep.engine import check_tls, client_of
from workbench.sweep.plan import Plan, Point
from workbench.sweep.point import Report, Task, record_of, run_point, stop_points
from workbench.sweep.store import Store
from workbench.sweep.tables import PACK, pack
from workbench.work import progress, rules
from workbench.work.cores import cores as all_cores

POLL = 0.2  # seconds between two looks at whether anybody still waits
AGAIN = 5.0  # seconds after which a point that another sweep works at is asked for again
MOST = 1024  # workers, cores, tries
AHEAD = 64  # points that are handed to the scheduler at once, at least


@dataclass(frozen=True)
class Ended:
    """A point that ended: finished, or failed after its last try."""

    point: str
    notebook: str
    state: str
    seconds: float
    attempts: int
    error: str
    parameters: dict[str, Any] = field(repr=False)

    @staticmethod
    def of(point: Point, report: Report) -> Ended:
        """What was reported of a point."""
        about = (report.state, report.seconds, report.attempt, report.error)
        return Ended(point.name, point.notebook.name, *about, point.parameters)


def run(
    plan: Plan,
    *,
    workers: int | None = None,
    cores: int = 1,
    address: str | None = None,
    tls: Mapping[str, Any] | None = None,
    limit: float | str | None = None,
    retries: int = 1,
) -> Iterator[Ended]:
    """Yield every point of the plan that is not finished yet, as it ends. What ended is kept, whenever this stops.

    Points run through papermill on `workers` processes of this machine (default: its cores, divided by `cores`), or on
    the workers of the Dask scheduler at an `address`, with `tls={"ca": …, "cert": …, "key": …}` where it asks for
    credentials. A point has `cores` for its replicas, may take `limit` seconds (or "10min"), and is tried again
    `retries` times where it fails; then it is yielded as failed, its notebook and traceback are kept, and the others go
    on. A ConnectionError where no scheduler answers, an OSError where the folder can no longer be written.
    """
    rules.instance("plan", plan, Plan, "a plan", "wb.sweep.plan(notebook, grid) makes one")
    return _run(plan, options(workers, cores, address, tls, limit, retries))


@dataclass(frozen=True)
class Options:
    """What a sweep is run with."""

    workers: int
    cores: int
    address: str | None
    tls: Mapping[str, Any] | None
    limit: float | None
    retries: int


def options(
    workers: int | None,
    cores: int,
    address: str | None,
    tls: Mapping[str, Any] | None,
    limit: float | str | None,
    retries: int,
) -> Options:
    """Return what a sweep is run with; a ValueError for what will not do."""
    cores = rules.whole("cores", cores, least=1, most=MOST, way_on="1 is best for more points than cores")
    workers = max(1, all_cores() // cores) if workers is None else workers
    workers = rules.whole("workers", workers, least=1, most=MOST, way_on="leave it out for one a core")
    retries = rules.whole("retries", retries, least=0, most=MOST, way_on="1 is usual")
    if address is not None and not (isinstance(address, str) and ":" in address):
        raise rules.refused("address", "that of a Dask scheduler", address, '"tcp://10.0.0.1:8786" is one')
    check_tls(tls)
    return Options(workers, cores, address, tls, _seconds(limit), retries)


def _run(plan: Plan, options: Options) -> Iterator[Ended]:
    store = Store(plan.out)
    store.open()
    finished = set(store.names("finished"))
    points = {point.name: point for point in plan.points if point.name not in finished}

    def waiting() -> None:
        progress.report(0, max(len(points), 1), "point")

    waiting()
    if not points:
        return
    with client_of(options.address, min(options.workers, len(points)), options.tls, waiting) as client:
        crew = _Crew(client, plan.out, options, points)
        try:
            yield from crew.work()
        finally:
            crew.end()
    pack(store)


class _Crew:
    """The points that are handed out, and what came back."""

    def __init__(self, client: Any, out: str, options: Options, points: dict[str, Point]) -> None:
        self.client, self.out, self.options, self.points = client, out, options, points
        self.sweep = uuid.uuid4().hex
        self.back: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.out_there: dict[str, Any] = {}  # the futures of points
        self.failures: dict[str, int] = {}
        self.elsewhere: list[str] = []
        self.handed_out = 0

    def work(self) -> Iterator[Ended]:
        waiting, ended, looked = list(reversed(self.points)), 0, time.monotonic()
        while waiting or self.out_there or self.elsewhere:
            progress.report(ended, len(self.points), "point")
            while waiting and len(self.out_there) < AHEAD:
                self.hand_out(self.points[waiting.pop()])
            if self.elsewhere and time.monotonic() - looked > AGAIN:
                waiting, self.elsewhere, looked = [*self.elsewhere, *waiting], [], time.monotonic()
            try:
                report = self.report(*self.back.get(timeout=POLL))
            except queue.Empty:
                continue
            if report.state == "elsewhere":
                self.elsewhere.append(report.point)
            elif report.state == "failed" and report.attempt <= self.options.retries:
                waiting.insert(0, report.point)  # after the others
            else:
                ended += 1
                if ended % PACK == 0:
                    pack(Store(self.out))
                progress.report(ended, len(self.points), "point")
                yield Ended.of(self.points[report.point], report)

    def hand_out(self, point: Point) -> None:
        self.handed_out += 1
        name, task = f"{point.name}-{uuid.uuid4().hex}", self.task(point)
        # without priorities Dask begins with the last
        future = self.client.submit(run_point, task, key=name, pure=False, priority=-self.handed_out)
        self.out_there[point.name] = future
        future.add_done_callback(lambda future, name=point.name: self.back.put((name, future)))

    def task(self, point: Point) -> Task:
        """What a worker is given to try a point."""
        book, options = point.notebook, self.options
        ours = {"out": "", "archive": f"{self.out.rstrip('/')}/archive", "interactive": False}
        ours = {name: value for name, value in ours.items() if name in book.parameters}
        attempt = self.failures.get(point.name, 0) + 1
        how = (attempt, options.limit, options.cores, os.getcwd())
        return Task(point.name, book.name, book.text, point.parameters, ours, self.out, self.sweep, *how)

    def report(self, name: str, future: Any) -> Report:
        """What came back of a point; a worker that died often enough is a failure of its point."""
        from distributed.scheduler import KilledWorker

        del self.out_there[name]
        try:
            report = future.result(timeout=30)
        except KilledWorker:
            task = self.task(self.points[name])
            words = "its worker died again and again, most often for want of memory: ask for fewer workers at once"
            report = Report(name, "failed", attempt=task.attempt, error=words)
            Store(self.out).write("failed", name, record_of(task, report))
        except CancelledError:
            words = "what was finished is kept: call again once it is back"
            raise ConnectionError(f"the scheduler at {self.client.scheduler.address} is gone; {words}") from None
        if report.state == "failed":
            self.failures[name] = report.attempt
        elif report.state == "unwritable":
            words = "what was finished is kept: mend that and call again"
            raise OSError(f"the sweep's folder {self.out} can no longer be written ({report.error}); {words}")
        return report

    def end(self) -> None:
        """Leave nothing running."""
        if self.out_there:
            with suppress(Exception):
                self.client.cancel(list(self.out_there.values()), asynchronous=False)
                self.client.run(stop_points, self.sweep, on_error="ignore")


def _seconds(limit: float | str | None) -> float | None:
    """A limit in seconds, also of "10min"."""
    if limit is None:
        return None
    way_on = 'seconds, or a text such as "10min" or "2h"'
    if isinstance(limit, str):
        import pandas

        try:
            limit = pandas.Timedelta(limit if not limit.replace(".", "", 1).isdigit() else f"{limit}s").total_seconds()
        except ValueError:
            raise rules.refused("limit", "a time above 0", limit, way_on) from None
    return rules.number("limit", limit, above=0, way_on=way_on)
