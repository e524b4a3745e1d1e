"""Panels by name: there is one of each in a kernel.

panel = wb.panel("lottery", rounds=6)        shown in a notebook; its job runs in the background
panel.set(epochs=5); panel.run(); panel.wait()
panel.result                                 exactly what the function returned
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from workbench.panels import PANELS
from workbench.panels.panel import ARCHIVE, Panel
from workbench.work import rules
from workbench.work.archive import ArchiveLike
from workbench.work.calls import Call
from workbench.work.locks import Lock
from workbench.work.nearest import unknown

if TYPE_CHECKING:
    from workbench.panels.runs import Runs
    from workbench.panels.sweep_panel import SweepPanel

RUNS = "runs"  # the panel of what is kept, which makes no call
SWEEP = "sweep"  # that of sweeps, whose call JSON may not name
SHOWN: dict[str, Panel] = {}  # the panels of this kernel by name
SWEEPS: dict[str, SweepPanel] = {}  # the panel of sweeps, once it was asked for
_lock = Lock()


@overload
def panel(name: Literal["runs"], *, archive: ArchiveLike = ARCHIVE) -> Runs: ...
@overload
def panel(name: Literal["sweep"], *, interactive: bool = True, **options: Any) -> SweepPanel: ...
@overload
def panel(name: str | Call, *, interactive: bool = True, **options: Any) -> Panel: ...
def panel(name: str | Call, *, interactive: bool = True, **options: Any) -> Panel | Runs | SweepPanel:
    """Return the panel of this name, with these options set; in a notebook, the last line of a cell shows it.

    There is one panel of a name: asking again, while its job runs or after the page was loaded anew, gives the same
    one. Given a `Call`, it is the panel of the function that is called, with the call's arguments, none of which is a
    call. An option is an argument of the function; one of a frozen value, such as the recipe, may go by its own name
    (`epochs=5`) or in full (`**{"recipe.epochs": 5}`); `archive` is the folder that all of it is kept in, or None.
    The panel "runs" is that of an archive, whose folder is its one option; "sweep" takes the arguments of
    `wb.sweep.plan` and `wb.sweep.run`. Raises a ValueError for a name or an option that is not known.
    """
    if name == RUNS:
        from workbench.panels.runs import Runs

        return Runs(**{"archive": ARCHIVE, **options})
    rules.flag("interactive", interactive, "False runs it at once, as in a batch")
    if name == SWEEP:
        return _sweep(interactive, options)
    arguments: dict[str, Any] = {}
    if isinstance(name, Call):
        arguments, name = dict(name.arguments), _named(name)
        if arguments.get("archive") is None:
            arguments.pop("archive", None)  # a call says what is done, not where that is kept
    if name not in PANELS:
        raise unknown("panel", name, (*PANELS, RUNS, SWEEP))
    with _lock:
        shown = SHOWN[name] if interactive and name in SHOWN else Panel(name, PANELS[name], interactive=interactive)
        if interactive:
            SHOWN[name] = shown
    shown.set(**arguments | options)
    if not interactive:
        shown.run()
    return shown


def _sweep(interactive: bool, options: dict[str, Any]) -> SweepPanel:
    from workbench.panels.sweep_panel import SweepPanel

    with _lock:
        shown = SWEEPS.get(SWEEP) if interactive else None
        shown = SweepPanel(interactive=interactive) if shown is None else shown
        if interactive:
            SWEEPS[SWEEP] = shown
    shown.set(**options)
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
