"""What does each member learn, from easy to hard examples, and what does it alone get right?

The reading that "Distributionally Robust Ensemble of Lottery Tickets" (Sapkota et al. 2023) gives of its ensemble:
members "gradually capture different data distributions from easy to hard and naturally complement each other".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.cells import column
from workbench.charts.member_history import COLOURS, DASHES
from workbench.charts.spans import points

THIRDS = ("easy", "middle", "hard")
MEASURES = {  # field: title, format
    "accuracy": ("accuracy", ".1%"),
    "loss": ("mean cross-entropy", ".3f"),
    "weight": ("share of the training weight", ".1%"),
}
WHO = {"all": "all members", "some": "some of them", "only": "only member", "none": "none of them"}
SIZE = (128, 190)
GAP = 0.09  # of the height, between two labels
TOGETHER = "together"
WHERE = {"train": "training", "validation": "validation", "test": "test"}


def easy_to_hard(outcomes: Iterable[Any]) -> alt.VConcatChart:
    """Draw every member by tercile of difficulty, and the share of test images that each alone gets right.

    `outcomes` are those of `experiments.easy_to_hard` and of `experiments.solved`, of several ensembles or one; means
    over replicas, and a menu chooses the method.
    """
    return draw(rows(outcomes))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return a dict for each method and member with the terciles as lists, labels, and a dict for each part solved."""
    outcomes = list(outcomes)
    thirds = [o for o in outcomes if hasattr(o, "tercile")]
    if not thirds:
        return []
    about = f"by tercile of EL2N of {WHERE[thirds[0].split]} images, {_replicas(thirds)}"
    lines = []
    for method in dict.fromkeys(o.method for o in thirds):
        own = [o for o in thirds if o.method == method]
        members = sorted({o.member for o in own if o.member is not None})
        for member in (*members, *((None,) if len(members) > 1 else ())):
            which = {"about": about, "role": "line", "method": method, "place": len(members)}
            lines.append(which | _line([o for o in own if o.member == member], member))
    lines = theme.thin(lines, 60)
    parts = [{"about": about, **row} for row in _solved([o for o in outcomes if hasattr(o, "who")])]
    return [*lines, *theme.thin(parts, 160), *_labels(lines)]


def _replicas(outcomes: Iterable[Any]) -> str:
    n = len({(o.seed, o.replica) for o in outcomes})
    return "1 replica" if n == 1 else f"mean over {n} replicas"


def _line(own: Sequence[Any], member: int | None) -> dict[str, Any]:
    values: dict[str, list[float | None]] = {name: [] for name in MEASURES}
    for third in THIRDS:
        there = [o for o in own if o.tercile == third]
        for name in MEASURES:
            known = [getattr(o, name) for o in there if getattr(o, name) is not None]
            values[name].append(round(sum(known) / len(known), 5) if known else None)
    trained = "" if member is None else own[0].trained_with
    said = TOGETHER if member is None else f"{member + 1}: {trained}"
    place = {} if member is None else {"place": member}
    return place | {"member": said, "trained_with": trained, "third": list(THIRDS), "at": [0, 1, 2]} | values


def _solved(outcomes: Sequence[Any]) -> Iterable[dict[str, Any]]:
    shares: dict[tuple[str, str, int | None], list[Any]] = defaultdict(list)
    for o in outcomes:
        shares[o.method, o.who, o.member].append(o)
    for (method, who, member), own in shares.items():
        words = WHO[who] if member is None else f"{WHO[who]} {member + 1}"
        share = sum(o.share for o in own) / len(own)
        together = [o.ensemble for o in own if o.ensemble is not None]
        yield {
            "role": "part",
            "method": method,
            "who": words,
            "kind": who,
            "share": round(share, 5),
            "place": {"all": 0, "some": 1, "only": 2, "none": 99}[who] + (member or 0),
            "ensemble": round(sum(together) / len(together), 5) if together else None,
            "said": points([o.share for o in own], what=" %").partition(" (")[0],
        }


def _labels(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    made = []
    for method in dict.fromkeys(line["method"] for line in lines):
        own = [line for line in lines if line["method"] == method]
        for name in MEASURES:
            ends = [
                {"member": line["member"], "place": line["place"], "at": 2, "value": line[name][-1]}
                for line in own
                if line[name][-1] is not None
            ]
            seen = [value for line in own for value in line[name] if value is not None]
            placed = column(ends, [0.0, max(seen, default=1.0)], 2.12, GAP, "value") if ends else []
            made += [{**label, "method": method, "measure": name} for label in placed]
    return theme.thin(made, theme.ROWS - 220)


def draw(rows: list[dict[str, Any]]) -> alt.VConcatChart:
    """Draw the rows: three pictures by tercile, a line a member, and below them who gets the test images right."""
    names = list(dict.fromkeys(row["method"] for row in rows)) or [""]
    menu = alt.param(name="shown", value=names[0], bind=alt.binding_select(options=names, name="method: "))
    pictures = alt.hconcat(*(_picture(name) for name in MEASURES), spacing=10)
    chart = alt.vconcat(pictures, _parts(), data=alt.Data(values=rows), spacing=18).add_params(menu)
    chart = chart.resolve_scale(color="independent")
    description = (
        "Three pictures by tercile of difficulty, easy, middle and hard, a line for each member of an ensemble: "
        "accuracy, cross-entropy, and the share of the training weight. Below, bars of the share of test images that "
        "all members, some, one alone, or none of them gets right."
    )
    about = rows[0]["about"] if rows else "nothing finished"
    return theme.dress(chart, "What does each member learn, from easy to hard?", description, about)


def _picture(name: str) -> alt.LayerChart:
    title, form = MEASURES[name]
    scale = alt.Scale(zero=True, domainMin=0)
    y = alt.Y(f"{name}:Q", title=title, scale=scale, axis=alt.Axis(format="~%" if "%" in form else "~g", tickCount=5))
    said = "['easy', 'middle', 'hard'][datum.value]"
    axis = alt.Axis(grid=False, values=[0, 1, 2], labelExpr=said, labelOverlap=False)
    x = alt.X("at:Q", title="examples", scale=alt.Scale(nice=False, zero=False, padding=10), axis=axis)
    places = list(range(16))
    colour = alt.Color("place:O", scale=alt.Scale(domain=places, range=COLOURS * 2), legend=None)
    dash = alt.StrokeDash("place:O", scale=alt.Scale(domain=places, range=DASHES * 4), legend=None)
    tip = [
        alt.Tooltip("member:N"),
        alt.Tooltip("trained_with:N", title="loss"),
        alt.Tooltip("third:N", title="examples"),
    ]
    tip += [alt.Tooltip(f"{field}:Q", title=words, format=how) for field, (words, how) in MEASURES.items()]
    own = alt.Chart().transform_filter("datum.method == shown")
    line = own.transform_filter("datum.role == 'line'").transform_flatten(["third", "at", *MEASURES])
    line = line.transform_filter(f"isValid(datum.{name})").encode(x=x, y=y, color=colour)
    label = own.transform_filter(f"datum.role == 'label' && datum.measure == '{name}'").encode(color=colour)
    layers = [
        line.mark_line(strokeWidth=2).encode(strokeDash=dash, detail="member:N"),
        line.mark_point(size=40, filled=True, opacity=1).encode(tooltip=tip),
        label.mark_rule(strokeWidth=0.8, opacity=0.6).encode(
            x=alt.X("from_at:Q"), x2="at:Q", y=alt.Y("from:Q", scale=scale), y2="value:Q"
        ),
        label.mark_text(align="left", dx=3, fontSize=11, fontWeight=600).encode(
            x=alt.X("at:Q"), y=alt.Y("value:Q", scale=scale), text="member:N"
        ),
    ]
    if name == "weight":
        third = own.transform_filter("datum.role == 'line'").transform_calculate(third="1 / 3")
        layers.insert(0, third.mark_rule(color=theme.GREY, strokeDash=[4, 3]).encode(y=alt.Y("third:Q", scale=scale)))
    chart = alt.layer(*layers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIZE[0], height=SIZE[1])


def _parts() -> alt.LayerChart:
    own = alt.Chart().transform_filter("datum.method == shown && datum.role == 'part'")
    y = alt.Y(
        "who:N",
        title=None,
        sort=alt.EncodingSortField("place", op="min"),
        axis=alt.Axis(ticks=False, domain=False, grid=False),
    )
    tip = [
        alt.Tooltip("who:N", title="right"),
        alt.Tooltip("share:Q", title="share of the test images", format=".1%"),
        alt.Tooltip("ensemble:Q", title="of which the ensemble gets", format=".1%"),
    ]
    scale = alt.Scale(domain=["all", "some", "only", "none"], range=["#0072B2", "#56A0C9", "#009E73", "#D55E00"])
    bars = own.mark_bar(height=13).encode(
        x=alt.X("share:Q", title="test images that are right for", axis=alt.Axis(format="~%", tickCount=6)),
        y=y,
        color=alt.Color("kind:N", scale=scale, legend=None),
        tooltip=tip,
    )
    said = own.transform_calculate(
        words="datum.said + (isValid(datum.ensemble) ? ', the ensemble gets '"
        " + format(datum.ensemble, '.0%') + ' of them' : '')"
    )
    words = said.mark_text(align="left", dx=5, fontSize=11).encode(x=alt.X("share:Q"), y=y, text="words:N")
    chart = alt.layer(bars, words)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=SIZE[0] * 3, height=alt.Step(24))


def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: each member on easy and hard examples, and what each alone gets right."""
    outcomes = list(outcomes)
    found = [row for row in rows(outcomes) if row["role"] == "line" and row["member"] != TOGETHER]
    parts = list(_solved([o for o in outcomes if hasattr(o, "who")]))
    sentences = []
    for method in dict.fromkeys(row["method"] for row in found):
        own = [row for row in found if row["method"] == method]
        said = "; ".join(f"{row['member']} {row['accuracy'][0]:.0%} and {row['accuracy'][-1]:.0%}" for row in own)
        alone = [part for part in parts if part["method"] == method and part["kind"] == "only"]
        only = "; ".join(f"{part['who']} {part['said']}" for part in alone)
        sentences.append(
            f"{method}, accuracy on easy and on hard examples: {said}." + (f" Right: {only}." if only else "")
        )
    return sentences
