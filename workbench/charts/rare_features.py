"""Does robust training learn rare features, and make wrong predictions less sure? Three measures by lambda.

The direction is the claim of "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023); the toy is
`experiments.rare_features`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.cells import column
from workbench.charts.spans import points, records, span

KINDS = {"major": ("#0080C6", "circle", [1, 0]), "minor": ("#D55E00", "diamond", [6, 3])}
MEASURES = {  # field: title, format
    "accuracy": ("accuracy", ".1%"),
    "wrong_confidence": ("confidence where wrong", ".1%"),
    "gap": ("gap: confidence - accuracy", "+.1%"),
}
SIZE = (142, 230)
GAP = 0.09  # of the height, between two labels


def rare_features(table: Any) -> alt.HConcatChart:
    """Draw accuracy, confidence where wrong and signed gap by lambda, on frequent and on rare features.

    `table` is a data frame or an iterable of the outcomes of `experiments.rare_features`: means and 95 % t intervals
    over replicas.
    """
    return draw(rows(table))


def rows(table: Any) -> list[dict[str, Any]]:
    """Return a dict for each measure, kind of feature and lambda, from the mean (infinity) to the smallest."""
    found = records(table)
    lams = sorted({row["lam"] for row in found}, reverse=True)
    if not found:
        return []
    values: dict[tuple[str, str, float], list[float]] = defaultdict(list)
    for row in found:
        for name in MEASURES:
            for kind in KINDS:
                field = f"{name}_{kind}" if name != "accuracy" else f"{kind}_accuracy"
                if row[field] is not None:
                    values[name, kind, row["lam"]].append(row[field])
    made = []
    about = f"{found[0]['gradient'].replace('_', ' ')} gradient; {len(lams)} lambdas"
    for (name, kind, lam), own in values.items():
        which: dict[str, Any] = {"about": about, "role": "point", "measure": name, "kind": kind, "lam": _words(lam)}
        which["at"] = lams.index(lam)
        made.append(which | span(own, "value", MEASURES[name][1]))
    return [*theme.thin(made, theme.ROWS - 6), *_labels(made)]


def _words(lam: float) -> str:
    return "∞" if math.isinf(lam) else f"{lam:.3g}"


def _labels(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    labels = []
    for name in MEASURES:
        own = [row for row in made if row["measure"] == name]
        last = {row["kind"]: row for row in sorted(own, key=lambda row: row["at"])}
        ends = [
            {"kind": row["kind"], "words": kind, "at": row["at"], "value": row["value"]} for kind, row in last.items()
        ]
        seen = [row[field] for row in own for field in ("value", "low", "high") if row[field] is not None]
        right = max((end["at"] for end in ends), default=0) + 0.2
        labels += [{**label, "measure": name} for label in column(ends, seen, right, GAP, "value")] if ends else []
    return labels


def draw(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Draw the rows: a picture a measure, a line for frequent and one for rare features."""
    lams = {row["at"]: row["lam"] for row in rows if row["role"] == "point"}
    names = [lams.get(at, "") for at in range(max(lams, default=0) + 1)]
    pictures = [_picture(name, names) for name in MEASURES]
    chart = alt.hconcat(*pictures, data=alt.Data(values=rows), spacing=16)
    description = (
        "Three pictures by lambda, from the mean at the left to the most robust at the right, a line for test images "
        "with a frequent feature and one for those with a rare feature: accuracy, confidence where wrong, and gap."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    subtitle = f"{about}; mean and 95 % t interval over replicas; major: frequent features, minor: rare ones"
    return theme.dress(chart, "Does robust training learn rare features?", description, subtitle)


def _picture(name: str, lams: list[str]) -> alt.LayerChart:
    title, form = MEASURES[name]
    said = "[" + ", ".join(f"'{lam}'" for lam in lams) + "][datum.value]"
    axis = alt.Axis(grid=False, values=list(range(len(lams))), labelExpr=said, labelOverlap=False)
    x = alt.X("at:Q", title="lambda", axis=axis, scale=alt.Scale(nice=False, zero=False, padding=10))
    scale = alt.Scale(zero=False, padding=10)
    y = alt.Y("value:Q", title=title, scale=scale, axis=alt.Axis(format="+~%" if name == "gap" else "~%", tickCount=6))
    kinds = list(KINDS)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[c for c, _, _ in KINDS.values()]), legend=None)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=[s for _, s, _ in KINDS.values()]), legend=None)
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=kinds, range=[d for *_, d in KINDS.values()]), legend=None)
    tip = [
        alt.Tooltip("kind:N", title="feature"),
        alt.Tooltip("lam:N", title="lambda"),
        alt.Tooltip("value:Q", title=title, format=form),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="replicas"),
    ]
    own = alt.Chart().transform_filter(f"datum.measure == '{name}'")
    point = own.transform_filter("datum.role == 'point'").encode(x=x, color=colour)
    label = own.transform_filter("datum.role == 'label'").encode(color=colour)
    layers = [
        point.mark_rule(strokeWidth=1.5, opacity=0.65).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        point.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash),
        point.mark_point(size=60, filled=True, opacity=1).encode(y=y, shape=shape, tooltip=tip),
        label.mark_text(align="left", dx=3, fontWeight=600).encode(
            x=alt.X("at:Q"), y=alt.Y("value:Q", scale=scale), text="words:N"
        ),
    ]
    if name == "gap":
        layers.insert(0, theme.zero(own).encode(y=alt.Y("zero:Q", scale=scale)))
    chart = alt.layer(*layers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIZE[0], height=SIZE[1])


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: rare features by the mean and by the smallest lambda, and what that costs."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    sentences = []
    for lam in dict.fromkeys((max(o.lam for o in outcomes), min(o.lam for o in outcomes))):
        own = [o for o in outcomes if o.lam == lam]
        wrong = [o.wrong_confidence_minor for o in own if not math.isnan(o.wrong_confidence_minor)]
        sure = f", confidence where wrong {points(wrong, what=' %')}" if wrong else ""
        right = points([o.minor_accuracy for o in own], what=" %")
        minor, major = (points([getattr(o, f"gap_{kind}") for o in own]) for kind in ("minor", "major"))
        rare = f"on rare features accuracy {right}{sure}, gap {minor}"
        sentences.append(f"Lambda {_words(lam)}: {rare}; on frequent ones gap {major}.")
    return sentences
