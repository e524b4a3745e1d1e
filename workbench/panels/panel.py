"""A panel: a form, Run and Stop, and a live chart around one call of the library. It computes nothing itself.

What it runs goes through an archive, the folder `runs` beside the notebook, unless another or none is named: what was
finished is found again, by the next run and by the next kernel. With `interactive=False` there is no widget and, by
default, no archive: the call runs at once, errors are raised, and a picture is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.panels.declaration import Declaration
from workbench.panels.draft import Draft
from workbench.panels.job import Job
from workbench.panels.past import Past, latest
from workbench.panels.turns import Latest, Queue
from workbench.work import progress
from workbench.work.calls import Call
from workbench.work.journal import Journal
from workbench.work.locks import Lock

if TYPE_CHECKING:
    from workbench.panels.selection import Selection
    from workbench.panels.view import View

ARCHIVE = "runs"  # the folder beside the notebook that what a panel runs is kept in


class Panel:
    """One panel. `values` are its options by name, `call` what they make, `job` what it shows: it runs, or ran last."""

    def __init__(self, name: str, declaration: Declaration, *, interactive: bool = True) -> None:
        self.name, self.declaration, self.interactive = name, declaration, interactive
        self.draft = Draft(name, declaration)
        self.values = self.draft.values
        self.job: Job | Past | None = None
        self.typed: Callable[[dict[str, Any]], Any] = lambda options: None  # is told of what a person types
        self.turns = (Latest if declaration.live else Queue)(lambda call: self._made(call, self._tell), self._begin)
        self._lock = Lock(threading.RLock)  # while a view is told something; taken before the chart's, never after
        self._view: View | None = None
        if interactive and not declaration.live:  # a live call takes a moment, and there is nothing to keep
            self.set(archive=ARCHIVE)

    @property
    def call(self) -> Call:
        """The call that Run makes. Raises a ValueError in words where an option will not do."""
        return self.draft.call

    @property
    def archive(self) -> Any:
        """Where what it runs is kept: a folder, an Archive, or None."""
        return self.draft.archive

    @property
    def result(self) -> Any:
        """Exactly what the function returned; of a generator the list of what it has yielded so far."""
        return None if self.job is None else self.job.result

    @property
    def selection(self) -> Selection:
        """What a person has selected in the chart that is shown: rows, outcomes, rounds, layers, ids of examples."""
        return self.view.live.selection

    @property
    def running(self) -> bool:
        """Whether a job of it runs."""
        return any(job.running for job in self.turns.jobs)

    def set(self, **options: Any) -> None:
        """Set options, as if they were typed into the form; what is wrong with a value is said there, and by `call`."""
        with self._lock:
            self.draft.set(**options)
            if self._view is not None:
                self._view.changed()
                self._follow()

    def _put(self, **options: Any) -> None:
        """Set what a person typed."""
        self.set(**options)
        self.typed(options)

    def run(self) -> None:
        """Begin the call in the background and return at once; in a batch, run it here and raise what goes wrong.

        While another call of this panel runs, it waits for its turn; one that runs or waits already is not done twice.
        A live panel, whose calls begin by themselves, runs the latest alone.
        """
        if not self.interactive:
            self._run_here()
            return
        with self._lock:
            words = self.turns.ask(self.call)
            if self._view is not None:
                self._view.note(words)

    def _made(self, call: Call, tell: Callable[[Job], Any] | None) -> Job:
        return Job(call, tell, journal=None if self.archive is None or self.declaration.live else Journal(self.archive))

    def _begin(self, job: Job) -> None:
        before, self.job = self.job, job
        if before is not None:
            before.forget()
        if self._view is not None:
            self._view.began(job)
        job.start()

    def _run_here(self) -> None:
        self.job = self._made(self.call, None)
        with progress.bar():
            self.job.run()

    def stop(self, job: Job | None = None) -> None:
        """Ask a job of it, or all of them, to end at the next step, and begin no other. What they finished is kept."""
        with self._lock:
            self.turns.stop(job)
            if self._view is not None:
                self._view.note("")

    def show(self, job: Job | Past) -> None:
        """Show another of its jobs: one that works, or one of earlier."""
        if isinstance(job, Job):
            job.recall()
        with self._lock:
            self.job = job
            if self._view is not None:
                self._view.began(job)
                self._view.tell(job)

    def wait(self, timeout: float | None = None) -> Any:
        """Wait until its jobs are over and return the result. Raises what went wrong in the last, or a TimeoutError.

        Interrupting it interrupts the waiting alone, and says so: the job runs on.
        """
        waited: list[Job] = []
        while job := next((job for job in self.turns.jobs if not job.over and job not in waited), None):
            waited.append(job)
            try:
                if not job.wait(timeout):
                    raise TimeoutError(f'the panel "{self.name}" still runs after {timeout} s; stop() ends it')
            except KeyboardInterrupt:
                words = "the waiting was interrupted, the run goes on in the background; panel.stop() ends it"
                raise KeyboardInterrupt(words) from None
        if self.job is not None and self.job.error is not None:
            raise self.job.error
        return self.result

    def save(self, folder: str | Path) -> Path:
        """Write the table of what was finished to `outcomes.parquet` in a folder, and return the path."""
        values = self.result if isinstance(self.result, list) else [self.result]
        path = Path(folder) / "outcomes.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.declaration.table([value for value in values if value is not None]).to_parquet(path)
        return path

    @property
    def view(self) -> View:
        """Its widgets, made when they are first asked for: a batch has none."""
        with self._lock:
            if self._view is None:
                from workbench.panels.view import View

                self._view = View(self.draft, self.turns, put=self._put, run=self.run, stop=self.stop, show=self.show)
                if self.job is not None:
                    self._view.began(self.job)
                    self._view.tell(self.job)
                elif not self.declaration.live:
                    threading.Thread(target=self._recall, name="workbench recall").start()
                self._follow()
            return self._view

    def _recall(self) -> None:
        """Show what an earlier kernel left of this panel, where nothing runs yet."""
        if self.archive is None or self._view is None:
            return
        past = self._view.guarded(lambda: latest(Journal(self.archive), self.declaration.function, self._possible()))
        if past is not None and self._view.guarded(lambda: past.values):
            with self._lock:  # somebody may have pressed Run meanwhile
                if self.job is None:
                    self.show(past)

    def _follow(self) -> None:
        self.turns.follow(self._possible())

    def _possible(self) -> Call | None:
        try:
            return self.call
        except Exception:  # what is wrong with it is said in the panel
            return None

    def _tell(self, job: Job) -> None:
        with self._lock:  # or another run might begin on the way, whose words these would overwrite
            if self._view is not None:
                outdated = job.state == "stopped" and self.turns.is_outdated  # the next one is told instead
                if job is self.job and not outdated:
                    self._view.tell(job)
                else:
                    self._view.tell_of_others()
            self.turns.told(job)

    def __repr__(self) -> str:
        done = 0 if self.result is None else len(self.result) if isinstance(self.result, list) else 1
        state = "ready" if self.job is None else self.job.state
        return f"Panel({self.name}, {state}, {done} value{'s' if done != 1 else ''})"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self.interactive:
            display(self.view.box)
            return
        from workbench.panels.static import static

        for bundle in static(self.declaration, self.result):
            display(bundle, raw=True)
