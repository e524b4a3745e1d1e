"""Is an ensemble right as often as it is sure? After Niculescu-Mizil & Caruana 2005 and Guo et al. 2017.

Above the diagonal is underconfident, below it overconfident. Intervals and counts are what such pictures mostly lack.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench import calibration
from workbench.charts import methods
from workbench.charts.grammar import ROWS, Axis, Look, Looks, Rows, legend, picture, thin
from workbench.charts.grammar.looks import BLUE, GREY, ORANGE, channels
from workbench.charts.grammar.marks import rule, tips
from workbench.charts.grammar.picture import small
from workbench.experiments.ensemble_outcome import BINS, by_method
from workbench.numbers import intervals

FIFTHS = (0, 0.2, 0.4, 0.6, 0.8, 1)
STRIP = 0.25  # of the height, for a bin with all predictions
UNTOLD = "not told from calibrated"
SIDES: Looks = {  # of an interval, from the diagonal
    "overconfident": Look(ORANGE, "triangle-down"),
    "underconfident": Look(BLUE, "triangle-up"),
    UNTOLD: Look(GREY, "circle"),
}
CONFIDENCE, ACCURACY = (Axis(name, name, domain=(0, 1), ticks=FIFTHS) for name in ("confidence", "accuracy"))


@picture(
    asks=("method members combine probabilities test", "robust_ensembles"),
    selects=("method", "bin"),
    title="Is it right as often as it is sure?",
    subtitle=(
        "{about}\n95 % intervals: t over replicas where three have predictions in the bin, else Wilson's; bars: counts"
    ),
    description=(
        "Reliability diagrams, a method each: accuracy by confidence in ten bins with intervals, against the diagonal; "
        "triangles point to where confidence should go, a grey circle is of an interval that crosses the diagonal, and "
        "a strip below has the share of predictions in each bin."
    ),
    menus={"scaled": "confidence"},
    holds="the predictions of ensembles",
)
def reliability_diagram(outcomes: Iterable[Any]) -> Rows:
    """Draw accuracy by confidence of the test predictions, in ten bins: mean and 95 % interval over replicas.

    The interval is Student's t over replicas, for a bin that three have and that differs between them; else Wilson's on
    the predictions of one. A bin whose interval holds its mean confidence is grey: it is not told from calibrated. The
    lines above a picture have the signed gap (confidence less accuracy) and the debiased ECE (15 bins). `outcomes` are
    those of `experiments.robust_ensembles`; a menu chooses before or after temperature scaling.
    """
    ensembles = by_method(outcomes)
    shown = thin([*ensembles.items()], ROWS // (2 * BINS))
    rows = []
    for order, (method, replicas) in enumerate(shown):
        for words, scaled in methods.MENU.items():
            row = {"about": methods.about(ensembles), "method": method, "order": order, "scaled": words}
            row["heading"] = methods.heading(replicas, scaled)
            each = [(o.probabilities(scaled=scaled), o.test.labels) for o in replicas]
            for bin_ in calibration.mean_reliability([calibration.reliability(*one, bins=BINS) for one in each]):
                low, high = bin_["accuracy_low"], bin_["accuracy_high"]
                side = _side(bin_["confidence"] - high, bin_["confidence"] - low)
                known = {"side": side, "share": bin_["count"] / len(replicas[0].test.labels)}
                rows.append(row | bin_ | known | {"interval": f"{low:.0%} to {high:.0%} ({bin_['how']})"})
    return rows


def _side(low: float, high: float) -> str:
    """Return which side of calibrated a gap (confidence less accuracy) is on, by the ends of its interval."""
    return "overconfident" if low > 0 else "underconfident" if high < 0 else UNTOLD


@reliability_diagram.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: the diagonal, accuracy with its interval, and a strip of how many predictions a bin has."""
    x, y = CONFIDENCE.x("confidence"), ACCURACY.y("accuracy")
    looks = channels(SIDES, "side", legend(None, SIDES, width))
    tip = tips(method="method", confidence=("mean confidence", ".1%"), accuracy=("accuracy", ".1%"))
    tip += tips(interval="95 % interval", gap=("gap", "+.1%"), count=("mean count", ".1f"))
    tip += tips(share=("share of all", ".1%"))
    bars = alt.Chart().transform_calculate(height=f"{STRIP} * datum.share", floor="0").mark_rect(opacity=0.4)
    bin_ = alt.Chart().encode(x=x, color=looks["color"])
    layers = [
        bars.encode(x="low:Q", x2="high:Q", y="floor:Q", y2="height:Q", color=alt.value(GREY), tooltip=tip),
        rule(x=0, x2=1, y=0, y2=1),
        bin_.mark_rule(opacity=0.6, strokeDash=[2, 2]).encode(y=y, y2="confidence:Q"),
        bin_.mark_rule(strokeWidth=2).encode(y="accuracy_low:Q", y2="accuracy_high:Q"),
        bin_.mark_point(filled=True, size=58, opacity=1).encode(y=y, shape=looks["shape"], tooltip=tip),
    ]
    return small(alt.layer(*layers), rows, width).transform_filter(methods.SHOWN)


@reliability_diagram.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the signed gap and the debiased ECE by method, before and after temperature scaling.

    A side is claimed where the t interval of the gap over replicas excludes zero; fewer than three have none.
    """
    sentences = []
    for replicas in by_method(outcomes).values():
        before, after = (", ".join(methods.measured(replicas, scaled)) for scaled in (False, True))
        gap = intervals.mean([calibration.signed_gap(o.probabilities(), o.test.labels) for o in replicas])
        few = f", of {gap.n} replica{'s' if gap.n > 1 else ''}; an interval needs {intervals.LEAST}"
        side = _side(gap.low, gap.high) + (few if gap.n < intervals.LEAST else "")
        sentences.append(f"{replicas[0].name} is {side}: {before}; after temperature scaling {after}.")
    return sentences
