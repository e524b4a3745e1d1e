"""What is being done, in words for people: `replica 2 of 3: training the ticket of round 3 of 9 (step 312 of 469)`.

A path is read from its outside in. A name on it says what is done (`DOING`), of what (`THINGS`), or is counted
(`round 3 of 9`); what is counted innermost is the report's own unit.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.work import rules
from workbench.work.progress.reports import SIDE_BY_SIDE, Progress

BY_UNIT = {  # what a report is about, where no part of its path says more
    "step": "training",
    "image": "evaluating",
    "network": "mixing",
    "pass": "solving",
    "turn": "solving",
}
DOING = {
    "agreement": "comparing gradients",
    "batch-norm": "measuring batch-norm statistics",
    "check": "checking the options",
    "child": "training the child",
    "compaction": "making the network smaller",
    "comparison": "comparing with the target",
    "curvature": "measuring curvature",
    "corruption": "corrupting images",
    "curve": "training the curve",
    "data": "loading the data",
    "evaluation": "evaluating",
    "outlook": "looking ahead",
    "pairs": "comparing pairs of networks",
    "path": "measuring the path",
    "plane": "measuring the plane",
    "probe": "probing",
    "program": "exporting the program",
    "projection": "measuring the projection",
    "rewinding point": "training to the rewinding point",
    "scores": "scoring",
    "search": "searching",
    "timing": "timing",
}
THINGS = {
    "dense": "the dense network",
    "reinitialised": "the reinitialised control",
    "random_mask": "the random-mask control",
    "random_uniform": "the uniformly random control",
    "target": "the target",
    "trained_on": "the ticket trained on",
    "ticket": "the ticket",
}
SILENT = ("part", "turn")  # names that say nothing of what is done


def describe(progress: Progress, *, alone: bool = False) -> str:
    """Say what is being done, and where; `alone` leaves out which of the replicas it is."""
    rules.instance("progress", progress, Progress, "a Progress", "a watcher is given them")
    rules.flag("alone", alone)
    place, text = "" if alone else head(progress), doing(progress)
    if progress.done == progress.of == 1 and not progress.unit and not text:
        text = "finished"
    else:
        of = f" of {progress.of}" if progress.of else ""
        count = f"{progress.unit} {progress.done}{of}".strip()
        text = f"{text} ({count})" if text else count
    return f"{place}: {text}" if place else text


def head(progress: Progress, indices: Sequence[int] = ()) -> str:
    """Say which of the parts side by side a report is of, or which several are at work; nothing where there is one."""
    for name, index, of in progress.path:
        if name in SIDE_BY_SIDE and of != 1:
            numbers = [i + 1 for i in indices or [index]]
            if len(numbers) > 2:
                return f"{len(numbers)} of {of} {name}s"
            which = " and ".join(map(str, numbers))
            return f"{name}{'s' if len(numbers) > 1 else ''} {which} of {of}"
    return ""


def doing(progress: Progress) -> str:
    """Say what is being done, without which replica does it and how far: `training the ticket of round 3 of 9`."""
    text, parts = BY_UNIT.get(progress.unit, ""), list[str]()
    for name, index, of in progress.path:
        if name in DOING:
            text = DOING[name]
        elif name in THINGS:
            parts.append(THINGS[name])
        elif name not in SILENT and (name not in SIDE_BY_SIDE or parts) and of != 1:
            count = "" if of is None else f" {min(index + 1, of)} of {of}"
            parts.append(f"{name.replace('_', ' ')}{count}")
    for before, part in zip(["", *parts], parts, strict=False):
        joint = " of " if before in THINGS.values() else ", " if before or " " in text else " "
        text += f"{joint if text else ''}{part}"
    return text


def clock(seconds: float) -> str:
    """Seconds for people: `8 s`, `2 min 05 s`, `3 h 20 min`."""
    seconds = round(rules.number("seconds", seconds, least=0))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
