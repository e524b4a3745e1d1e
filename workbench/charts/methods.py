"""How methods that make ensembles look and are called, the same in all charts, and what their outcomes say."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from workbench import calibration
from workbench.calibration.arrays import top
from workbench.calibration.binned import cut
from workbench.charts import theme
from workbench.experiments.ensemble_outcome import check_once
from workbench.numbers import intervals
from workbench.work.nearest import unknown

ORDINARY = "ordinary"  # what robust members are compared with
BINS = 10  # of the diagrams and histograms; the ECE in words has its own 15
ACROSS = 3  # methods side by side
MENU = {"as it is": False, "after temperature scaling": True}

MARKS = {  # method: colour, shape; the same in all charts, whichever others are drawn
    "robust": ("#0080C6", "circle"),
    "ordinary": ("#D55E00", "square"),
    "single": ("#009E73", "diamond"),
    "dense": (theme.GREY, "cross"),
    "dense mixup": ("#B8860B", "cross"),
    "deep ensemble": ("#CC79A7", "triangle-up"),
    "imp": ("#8C6BB1", "triangle-down"),
    "l1": ("#8C6BB1", "square"),
    "robust magnitude": ("#0080C6", "triangle-right"),
    "ordinary magnitude": ("#D55E00", "triangle-left"),
    "adaboost": ("#B8860B", "triangle-down"),
    "free tickets": ("#6B8E23", "triangle-right"),
    "sup tickets": ("#6B8E23", "circle"),
    "cigl": ("#CC79A7", "diamond"),
}
SHAPES = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "triangle-left", "triangle-right")
COLOURS = tuple(dict.fromkeys(colour for colour, _ in MARKS.values()))
SPARE = [(colour, shape) for shape in SHAPES for colour in COLOURS if (colour, shape) not in MARKS.values()]


@dataclass(frozen=True, eq=False)
class Said:
    """What one ensemble says of every test image: how sure, which class, whether that is right, and in which bin."""

    outcome: Any
    scaled: bool
    confidence: np.ndarray
    answer: np.ndarray
    right: np.ndarray

    @functools.cached_property
    def bin(self) -> np.ndarray:
        """The bin of every confidence: ten of equal width, closed on the right."""
        return cut(self.confidence, BINS, "right", "width")[1]


def said(outcome: Any, scaled: bool = False) -> Said:
    """Read what an `Ensembled` says of the test split, after temperature scaling where `scaled`."""
    probabilities = outcome.probabilities(scaled=scaled)
    confidence, right = top(probabilities, outcome.test.labels)
    return Said(outcome, scaled, confidence, probabilities.argmax(1).cpu().numpy(), right)


def by_method(outcomes: Iterable[Any]) -> dict[str, list[Any]]:
    """Return the outcomes of each method, by replica, methods in the order in which they came.

    Raises a ValueError where outcomes were combined in different ways: their confidences cannot be compared; and where
    a replica has a method twice, as those of several experiments have.
    """
    found: dict[str, list[Any]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.method, []).append(outcome)
    ways = {outcome.combine for own in found.values() for outcome in own}
    if len(ways) > 1:
        raise ValueError(
            f"all must be combined in one way, got {' and '.join(sorted(ways))}; mean logits are surer than mean "
            "probabilities: draw one chart for each"
        )
    check_once((outcome.seed, outcome.replica, outcome.method) for own in found.values() for outcome in own)
    return {name: sorted(own, key=lambda o: (o.seed, o.replica)) for name, own in found.items()}


def name_of(outcome: Any) -> str:
    """Return a method with its size: `robust, 3 × 5 %`."""
    members = len(outcome.members)
    kept = "" if outcome.density == 1 else theme.percent(outcome.density)
    size = " × ".join(part for part in (str(members) if members > 1 else "", kept) if part)
    return f"{outcome.method}, {size}" if size else outcome.method


def about(found: dict[str, list[Any]], replica: int | None = None) -> str:
    """Return in words what the outcomes are of: test images, replicas (or the one shown), how members are combined."""
    outcomes = [outcome for own in found.values() for outcome in own]
    counts = sorted(len(own) for own in found.values())
    least, most = counts[0], counts[-1]
    several = f"{least} to {most} replicas" if least < most else f"{most} replica{'s' if most > 1 else ''}"
    which = several if replica is None else f"replica {replica} of {most}"
    said = f"{len(found)} method{'s' if len(found) > 1 else ''}, {len(outcomes[0].test.labels):,} test images, {which}"
    return f"{said}; members combined by mean {outcomes[0].combine}"


def reference(names: Sequence[str], chosen: str | None = None) -> str:
    """Return the method that others are compared with: the chosen one, "ordinary", or the first; else a ValueError."""
    if chosen is not None and chosen not in names:
        raise unknown("method", chosen, names)
    return chosen or (ORDINARY if ORDINARY in names else names[0])


def heading(own: Sequence[Any], scaled: bool) -> str:
    """Return the lines above a method's picture: its name, its signed gap, and its debiased ECE, over replicas."""
    saids = [(o.probabilities(scaled=scaled), o.test.labels) for o in own]
    gap = in_points([calibration.signed_gap(*one) for one in saids], "+.1f")
    error = in_points([calibration.ece_debiased(*one) for one in saids], ".1f")
    return f"{name_of(own[0])}\ngap {gap} points\ndebiased ECE {error} points"


def in_points(values: Sequence[float], form: str) -> str:
    """Return the mean of fractions in points, with ± half its t interval from three replicas on."""
    found = intervals.mean([100 * value for value in values])
    half = "" if found.n < intervals.LEAST else f" ± {found.high - found.mean:.1f}"
    return f"{found.mean + 0:{form}}{half}"


def marks(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the colours and the shapes of methods: a fixed look for each way there is.

    Another name has a look that its letters choose among the spare ones, or the next that is free in this chart.
    """
    found: dict[str, tuple[str, str]] = {}
    for name in names:
        begin = zlib.crc32(name.encode()) % len(SPARE)
        looks = SPARE[begin:] + SPARE[:begin]
        found[name] = MARKS.get(name) or next((look for look in looks if look not in found.values()), looks[0])
    return [found[name][0] for name in names], [found[name][1] for name in names]


def colour(names: Sequence[str]) -> alt.Color:
    """Return the colours of methods, without a legend: lines are named at their ends."""
    return alt.Color("method:N", scale=alt.Scale(domain=list(names), range=marks(names)[0]), legend=None)


def shape(names: Sequence[str]) -> alt.Shape:
    """Return the shapes of methods, without a legend."""
    return alt.Shape("method:N", scale=alt.Scale(domain=list(names), range=marks(names)[1]), legend=None)


def facet(field: str = "heading") -> alt.Facet:
    """Return small pictures side by side, each under the lines of its field, in the order of the rows."""
    lines = "split(datum.label, '\\n')"
    header = alt.Header(title=None, labelExpr=lines, labelAnchor="start", labelFontSize=11, labelLineHeight=14)
    return alt.Facet(f"{field}:N", header=header, sort=alt.EncodingSortField("order", op="min"))


def menu() -> alt.Parameter:
    """Return the menu of what is shown: as it is, or after temperature scaling; rows have it as `scaled`."""
    return alt.param(
        name="shown", value=next(iter(MENU)), bind=alt.binding_select(options=list(MENU), name="confidence: ")
    )


SHOWN = "datum.scaled == shown"


def rounded(value: float | None, digits: int = 5) -> float | None:
    """Return a number that a chart can hold: None for NaN."""
    return None if value is None or value != value else round(float(value), digits)
