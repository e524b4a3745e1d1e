"""Is an ensemble right as often as it is sure? Accuracy by confidence, methods side by side, against the diagonal.

Reliability diagrams after Niculescu-Mizil & Caruana 2005 and Guo et al. 2017, with what they mostly lack: intervals,
and how many predictions a bin has. Above the diagonal is underconfident, below it overconfident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench import calibration
from workbench.charts import methods, theme
from workbench.numbers import intervals

SIZE = (172, 172)  # pixels
STRIP = 0.25  # of the height, for a bin with all predictions
UNTOLD = "not told from calibrated"
SIDES = {  # an interval's, from the diagonal: colour, shape
    "overconfident": ("#D55E00", "triangle-down"),
    "underconfident": ("#0080C6", "triangle-up"),
    UNTOLD: (theme.GREY, "circle"),
}


def reliability_diagram(outcomes: Iterable[Any]) -> alt.FacetChart:
    """Draw accuracy by confidence of the test predictions, in ten bins: mean and 95 % interval over replicas.

    The interval is Student's t over replicas, for a bin that three have and that differs between them; else Wilson's on
    the predictions of one. A bin whose interval holds its mean confidence is grey: it is not told from calibrated. The
    lines above a picture have the signed gap (confidence less accuracy) and the debiased ECE (15 bins). `outcomes` are
    those of `experiments.robust_ensembles`; a menu chooses before or after temperature scaling.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each method, scaling and bin that has a prediction."""
    found = methods.by_method(outcomes)
    if not found:
        return []
    made: list[dict[str, Any]] = []
    kept = theme.thin(list(found.items()), theme.ROWS // (methods.BINS * len(methods.MENU)))
    for order, (method, own) in enumerate(kept):
        for words, scaled in methods.MENU.items():
            which = {"about": methods.about(found), "method": method, "order": order, "scaled": words}
            which["heading"] = methods.heading(own, scaled)
            tables = [
                calibration.reliability(o.probabilities(scaled=scaled), o.test.labels, bins=methods.BINS) for o in own
            ]
            n = len(own[0].test.labels)
            made += [
                which | _bin(several, n) for several in zip(*tables, strict=True) if any(s["count"] for s in several)
            ]
    return made


def _bin(several: Sequence[dict[str, float]], n: int) -> dict[str, Any]:
    """Return one bin of n predictions a replica, over the replicas that have some in it."""
    there = [row for row in several if row["count"]]
    accuracy = intervals.mean([row["accuracy"] for row in there])
    count = sum(row["count"] for row in several) / len(several)
    if accuracy.n < intervals.LEAST or accuracy.low == accuracy.high:
        each = max(1, round(sum(row["count"] for row in there) / len(there)))
        low, high = calibration.wilson(accuracy.mean * each, each)
        how = f"Wilson, {each} predictions"
    else:
        low, high = max(0.0, accuracy.low), min(1.0, accuracy.high)
        how = f"t over {accuracy.n} replicas"
    confidence = sum(row["confidence"] for row in there) / len(there)
    return {
        "low": several[0]["low"],
        "high": several[0]["high"],
        "confidence": round(confidence, 5),
        "accuracy": round(accuracy.mean, 5),
        "accuracy_low": round(low, 5),
        "accuracy_high": round(high, 5),
        "gap": round(confidence - accuracy.mean, 5),
        "side": _side(confidence - high, confidence - low),
        "count": round(count, 1),
        "share": round(count / n, 5),
        "interval": f"{low:.0%} to {high:.0%} ({how})",
    }


def _side(low: float, high: float) -> str:
    """Return which side of calibrated a gap (confidence less accuracy) is on, by the ends of its interval."""
    return "overconfident" if low > 0 else "underconfident" if high < 0 else UNTOLD


def draw(rows: list[dict[str, Any]]) -> alt.FacetChart:
    """Draw the rows: the diagonal, accuracy with its interval, and a strip of how many predictions a bin has."""
    scale = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X("confidence:Q", title="confidence", scale=scale, axis=_axis())
    y = alt.Y("accuracy:Q", title="accuracy", scale=scale, axis=_axis())
    names, looks = list(SIDES), list(SIDES.values())
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1, labelLimit=200)
    colour = alt.Color("side:N", scale=alt.Scale(domain=names, range=[c for c, _ in looks]), legend=legend)
    shape = alt.Shape("side:N", scale=alt.Scale(domain=names, range=[s for _, s in looks]), legend=legend)
    tip = [
        alt.Tooltip("method:N"),
        alt.Tooltip("confidence:Q", title="mean confidence", format=".1%"),
        alt.Tooltip("accuracy:Q", format=".1%"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("gap:Q", title="gap", format="+.1%"),
        alt.Tooltip("count:Q", title="mean count", format=".1f"),
        alt.Tooltip("share:Q", title="share of all", format=".1%"),
    ]
    base = alt.Chart().encode(x=x)
    strip = alt.Chart().transform_calculate(height=f"{STRIP} * datum.share", floor="0")
    strip = strip.mark_rect(color=theme.GREY, opacity=0.4).encode(
        x=alt.X("low:Q", scale=scale), x2="high:Q", y=alt.Y("floor:Q", scale=scale), y2="height:Q", tooltip=tip
    )
    ends = alt.Chart().transform_aggregate(groupby=["heading", "order"]).transform_calculate(zero="0", one="1")
    diagonal = ends.mark_rule(color=theme.GREY, strokeDash=[4, 3]).encode(
        x=alt.X("zero:Q", scale=scale), x2="one:Q", y=alt.Y("zero:Q", scale=scale), y2="one:Q"
    )
    gap = base.mark_rule(strokeWidth=1, opacity=0.6, strokeDash=[2, 2]).encode(y=y, y2="confidence:Q", color=colour)
    interval = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("accuracy_low:Q", scale=scale), y2="accuracy_high:Q", color=colour
    )
    point = base.mark_point(filled=True, size=58, opacity=1).encode(y=y, color=colour, shape=shape, tooltip=tip)
    chart = alt.layer(strip, diagonal, gap, interval, point).properties(width=SIZE[0], height=SIZE[1])
    chart = chart.facet(methods.facet(), columns=methods.ACROSS, data=alt.Data(values=rows))
    chart = chart.transform_filter(methods.SHOWN).add_params(methods.menu())
    description = (
        "Reliability diagrams, a method each: accuracy by confidence in ten bins with intervals, against the diagonal; "
        "triangles point to where confidence should go, a grey circle is of an interval that crosses the diagonal, and "
        "a strip below has the share of predictions in each bin."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    how = "95 % intervals: t over replicas where three have predictions in the bin, else Wilson's"
    return theme.dress(chart, "Is it right as often as it is sure?", description, f"{about}\n{how}; bars: counts")


def _axis() -> alt.Axis:
    return alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], tickCount=6, format="~g")


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the signed gap and the debiased ECE by method, before and after temperature scaling.

    A side is claimed where the t interval of the gap over replicas excludes zero; fewer than three have none.
    """
    found = methods.by_method(outcomes)
    said = []
    for own in found.values():
        before, after = (methods.heading(own, scaled).split("\n")[1:] for scaled in (False, True))
        gap = intervals.mean([calibration.signed_gap(o.probabilities(), o.test.labels) for o in own])
        few = f", of {gap.n} replica{'s' if gap.n > 1 else ''}; an interval needs {intervals.LEAST}"
        side = f" is {_side(gap.low, gap.high)}{few if gap.n < intervals.LEAST else ''}"
        said.append(
            f"{methods.name_of(own[0])}{side}: {', '.join(before)}; after temperature scaling {', '.join(after)}."
        )
    return said
