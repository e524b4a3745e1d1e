"""The panel of sweeps: a grid over the parameters of notebooks, planned, started here or at an address, and watched.

    panel = wb.panel("sweep", notebooks="01_winning_tickets", grid={"seed": range(3)}, workers=2)
    panel.run(); panel.wait()            as Start does; panel.stop() leaves what is finished

It computes nothing: what runs is the call of `wb.sweep.run` that it shows. There is one in a kernel, so that showing it
again attaches to the sweep that runs.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from workbench.panels.job import Job
from workbench.panels.sweep_draft import SweepDraft
from workbench.work import progress
from workbench.work.calls import Call
from workbench.work.html import Html, table
from workbench.work.locks import Lock
from workbench.work.progress import clock

if TYPE_CHECKING:
    from workbench.panels.sweep_view import SweepView


class SweepPanel:
    """One sweep. `call` is what its options make, `job` what runs, or ran last, `result` the points that ended."""

    def __init__(self, *, interactive: bool = True) -> None:
        self.interactive, self.draft = interactive, SweepDraft()
        self.job: Job | None = None
        self._view: SweepView | None = None
        self._lock = Lock(threading.RLock)

    @property
    def call(self) -> Call:
        """The call that Start makes. Raises a ValueError in words where an option will not do."""
        return self.draft.call

    @property
    def result(self) -> list[Any]:
        """The points that ended so far."""
        return [] if self.job is None else self.job.result

    @property
    def running(self) -> bool:
        """Whether it works."""
        return self.job is not None and self.job.running

    def set(self, **options: Any) -> None:
        """Set arguments of `wb.sweep.plan` and `wb.sweep.run`; what is wrong with a value is said, and by `call`."""
        self.draft.set(**options)
        if self._view is not None and options:
            self._view.form.show()
            self._view.changed()

    def run(self) -> None:
        """Start the sweep in the background and return at once; in a batch, run it here and raise what goes wrong."""
        if not self.interactive:
            self._run_here()
            return
        with self._lock:
            if self.running:
                raise ValueError("the panel has a sweep that runs; stop() ends it")
            self.job = Job(self.call, self._tell)
            if self._view is not None:
                self._view.began(self.job)
            self.job.start()

    def stop(self) -> None:
        """Ask it to end. What is finished is kept, and is not run again."""
        if self.job is not None:
            self.job.stop()

    def wait(self, timeout: float | None = None) -> list[Any]:
        """Wait until it is over and return the points that ended. Raises what went wrong, or a TimeoutError."""
        if self.job is not None:
            if not self.job.wait(timeout):
                raise TimeoutError(f"the sweep still runs after {timeout} s; stop() ends it")
            if self.job.error is not None:
                raise self.job.error
        return self.result

    @property
    def view(self) -> SweepView:
        """Its widgets, made when they are first asked for: a batch has none."""
        with self._lock:
            if self._view is None:
                from workbench.panels.sweep_view import SweepView

                self._view = SweepView(self.draft, self.run, self.stop)
                if self.job is not None:
                    self._view.began(self.job)
                    self._view.tell(self.job)
            return self._view

    def _run_here(self) -> None:
        self.job = Job(self.call, None)
        with progress.bar():
            self.job.run()
        failed = [ended for ended in self.result if ended.state == "failed"]
        if failed:
            words = f"{len(failed)} of {len(self.result)} points failed, first {failed[0].point}: {failed[0].error}"
            raise RuntimeError(f"{words}; what is finished is kept, and the same sweep tries the others again")

    def _tell(self, job: Job) -> None:
        if self._view is not None:
            self._view.tell(job)

    def _repr_html_(self) -> Html:
        rows = [(ended.point, ended.state, clock(ended.seconds), ended.error) for ended in self.result]
        return table(rows, head=("point", "state", "took", "error"), caption=f"{len(rows)} points ended")

    def __repr__(self) -> str:
        state = "ready" if self.job is None else self.job.state
        return f"SweepPanel({', '.join(self.draft.notebooks)}, {state}, {len(self.result)} points ended)"

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(self.view.box if self.interactive else HTML(self._repr_html_()))
