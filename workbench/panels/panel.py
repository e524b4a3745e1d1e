"""Panels: a form, Run and Stop, and a live chart around one call of the library. A panel computes nothing itself.

    panel = wb.panel("lottery", rounds=6)        shown in a notebook; its job runs in the background
    panel.set(epochs=5); panel.run(); panel.wait()
    panel.result                                 exactly what the function returned

With `interactive=False` there is no widget: the call runs at once, errors are raised, and a picture is left.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from workbench.panels import PANELS
from workbench.panels.declaration import Declaration
from workbench.panels.draft import Draft
from workbench.panels.job import Job
from workbench.work import progress, rules
from workbench.work.calls import Call
from workbench.work.locks import Lock
from workbench.work.nearest import unknown

if TYPE_CHECKING:
    from workbench.panels.view import View

PATIENCE = 0.5  # seconds that a live panel's call may take once its options have changed

SHOWN: dict[str, Panel] = {}  # the panels of this kernel by name
_lock = Lock()


def panel(name: str | Call, *, interactive: bool = True, **options: Any) -> Panel:
    """Return the panel of this name, with these options set; in a notebook, the last line of a cell shows it.

    There is one panel of a name: asking again, while its job runs or after the page was loaded anew, gives the same
    one. Given a `Call`, it is the panel of the function that is called, with the call's arguments, none of which is a
    call. An option is an argument of the function; one of a frozen value, such as the recipe, may go by its own name
    (`epochs=5`) or in full (`**{"recipe.epochs": 5}`). Raises a ValueError for a name or an option that is not known.
    """
    rules.flag("interactive", interactive, "False runs it at once, as in a batch")
    arguments: dict[str, Any] = {}
    if isinstance(name, Call):
        arguments, name = name.arguments, _named(name)
    if name not in PANELS:
        raise unknown("panel", name, PANELS)
    with _lock:
        shown = SHOWN[name] if interactive and name in SHOWN else Panel(name, PANELS[name], interactive=interactive)
        if interactive:
            SHOWN[name] = shown
    shown.set(**arguments | options)
    if not interactive:
        shown.run()
    return shown


def _named(call: Call) -> str:
    for name, declaration in PANELS.items():
        if declaration.function is call.function:
            if any(map(_holds_call, call.arguments.values())):
                raise ValueError(f"a panel's call must hold values alone, got another call in {call!r}; run that first")
            return name
    raise ValueError(f"no panel makes {call!r}; there are panels for {', '.join(PANELS)}")


def _holds_call(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return isinstance(value, Call) or any(map(_holds_call, items))


class Panel:
    """One panel. `values` are its options by name, `call` what they make, `job` what runs or ran last."""

    def __init__(self, name: str, declaration: Declaration, *, interactive: bool = True) -> None:
        self.name, self.declaration, self.interactive = name, declaration, interactive
        self.draft = Draft(name, declaration)
        self.values = self.draft.values
        self.job: Job | None = None
        self._result: Any = None
        self._again = False  # a live panel was asked for another run while its call ran
        self._told: Job | None = None  # the job whose last message is out
        self._lock = Lock(threading.RLock)  # while a view is told something; taken before the chart's, never after
        self._view: View | None = None

    @property
    def call(self) -> Call:
        """The call that Run makes. Raises a ValueError in words where an option will not do."""
        return self.draft.call

    @property
    def result(self) -> Any:
        """Exactly what the function returned; of a generator the list of what it has yielded so far."""
        return self._result if self.job is None else self.job.result

    @property
    def running(self) -> bool:
        """Whether its job runs."""
        return self.job is not None and self.job.running

    def set(self, **options: Any) -> None:
        """Set options, as if they were typed into the form; what is wrong with a value is said there, and by `call`."""
        with self._lock:
            self.draft.set(**options)
            if self._view is not None:
                self._view.changed()
                self._follow()

    def run(self) -> None:
        """Begin the call in the background and return at once; in a batch, run it here and raise what goes wrong.

        A live panel, whose calls begin by themselves, runs it after the one that runs; any other says that it is busy.
        """
        if not self.interactive:
            self._run_here()
            return
        with self._lock:
            if self.declaration.live:
                self._again = bool(self.call)  # what is wrong with it is raised
                self._go_on()
            elif self.running:
                raise RuntimeError(f'the panel "{self.name}" runs already; stop() ends it, wait() waits for it')
            else:
                self._begin(self.call)

    def _begin(self, call: Call) -> None:
        self.job = Job(call, self._tell)
        if self._view is not None:
            self._view.began(self.job)
        self.job.start()

    def _run_here(self) -> None:
        call = self.call
        with progress.bar():
            if call.generates:
                self._result = []  # what was finished stays, whatever comes then
                for value in call.each():
                    self._result.append(value)
            else:
                self._result = call.run()

    def stop(self) -> None:
        """Ask the job to end at its next step, and begin no other. What it finished is kept."""
        with self._lock:
            self._again = False
            if self.job is not None:
                self.job.stop()

    def wait(self, timeout: float | None = None) -> Any:
        """Wait until the job is over and return the result. Raises what went wrong in it, or a TimeoutError."""
        waited = None
        while self.job is not waited:  # a live panel's job may be followed by another
            waited = self.job
            if waited is not None and not waited.wait(timeout):
                raise TimeoutError(f'the panel "{self.name}" still runs after {timeout} s; stop() ends it')
        if waited is not None and waited.error is not None:
            raise waited.error
        return self.result

    @property
    def view(self) -> View:
        """Its widgets, made when they are first asked for: a batch has none."""
        with self._lock:
            if self._view is None:
                from workbench.panels.view import View

                self._view = View(self.draft, put=self.set, run=self.run, stop=self.stop)
                if self.job is not None:
                    self._view.tell(self.job)
                self._follow()
            return self._view

    def _follow(self) -> None:
        """Run a live panel's call as it is now, where the last one was another: a moved slider leaves out calls."""
        call = self._possible()
        if call is None:
            self._again = False
        elif self.declaration.live and (self.job is None or self.job.call != call):
            self._again = True
            self._go_on()

    def _go_on(self) -> None:
        """Begin what a live panel was asked for, once what ran has been shown; what is outdated may not take long."""
        job, call = self.job, self._possible() if self._again else None
        if job is not None and job is not self._told:
            if call is not None and job.running and job.seconds > PATIENCE and job.call != call:
                job.stop()
            return
        self._again = False
        if call is not None:
            self._begin(call)

    def _possible(self) -> Call | None:
        try:
            return self.call
        except Exception:  # what is wrong with it is said in the panel
            return None

    def _tell(self, job: Job) -> None:
        with self._lock:  # or another run might begin on the way, whose words these would overwrite
            if job is not self.job:
                return
            over = not job.running
            if self._view is not None and not (self._again and job.state == "stopped"):  # the next one is told instead
                self._view.tell(job)
            if over:
                self._told = job
            self._go_on()

    def __repr__(self) -> str:
        done = 0 if self.result is None else len(self.result) if isinstance(self.result, list) else 1
        state = self.job.state if self.job is not None else "finished" if done else "ready"
        return f"Panel({self.name}, {state}, {done} value{'s' if done != 1 else ''})"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self.interactive:
            display(self.view.box)
            return
        from workbench.panels.static import static

        for bundle in static(self.declaration, self.result):
            display(bundle, raw=True)
