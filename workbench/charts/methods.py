"""What is said of methods that make ensembles, the same in all charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench import calibration
from workbench.charts.grammar import once
from workbench.numbers.numerals import points

MENU = {"as it is": False, "after temperature scaling": True}  # of confidence; rows have it as `scaled`
SHOWN = "datum.scaled == shown"


def about(ensembles: dict[str, list[Any]], replica: int | None = None) -> str:
    """Return in words what the outcomes are of: test images, replicas (or the one shown), how members are combined."""
    outcome = next(iter(ensembles.values()))[0]
    counts = [len(replicas) for replicas in ensembles.values()]
    least, most = min(counts), max(counts)
    several = f"{least} to {most} replicas" if least < most else f"{most} replica{'s' if most > 1 else ''}"
    shown = several if replica is None else f"replica {replica} of {most}"
    many = f"{len(ensembles)} method{'s' if len(ensembles) > 1 else ''}, {len(outcome.test.labels):,} test images"
    return f"{many}, {shown}; members combined by mean {outcome.combine}"


@once
def measured(replicas: Sequence[Any], scaled: bool) -> list[str]:
    """Return the signed gap and the debiased ECE of a method in words, over replicas."""
    predictions = [(o.probabilities(scaled=scaled), o.test.labels) for o in replicas]
    gap = points([calibration.signed_gap(*one) for one in predictions], form="+.1f", of=False)
    error = points([calibration.ece_debiased(*one) for one in predictions], of=False)
    return [f"gap {gap}", f"debiased ECE {error}"]


def heading(replicas: Sequence[Any], scaled: bool) -> str:
    """Return the lines above a method's picture: its name, and what is `measured` of it."""
    return "\n".join([replicas[0].name, *measured(replicas, scaled)])
