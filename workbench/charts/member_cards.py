"""Who is in an ensemble? Members that robust training makes weak alone, and unsure; they pay off together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import altair as alt

from workbench.charts import methods
from workbench.charts.grammar import Axis, Rows, once, picture, records
from workbench.charts.grammar.averages import Averages
from workbench.charts.grammar.axes import titles
from workbench.charts.grammar.looks import BLUE, DEEP, GREY, ORANGE, PALE
from workbench.charts.grammar.marks import cells, names_up, rule, strips, tips
from workbench.charts.grammar.room import widest
from workbench.experiments.calibration_tables import members_table, overlaps_table
from workbench.experiments.ensemble_outcome import by_method
from workbench.numbers.numerals import percent, points

LINE, CELL = 46, 56  # pixels: of a member, and across a cell at most
CARDS = Averages(
    x=Axis("place", ""),
    measures=[
        Axis("accuracy", "accuracy", "~%", ".1%", zero=True, within=(0, 1)),
        Axis("signed_gap", "confidence - accuracy", "+~%", "+.1%", zero=True),
        Axis("wrong_confidence", "confidence where wrong", "~%", ".1%", zero=True, within=(0, 1)),
        Axis("disagreement", "disagrees with others", "~%", ".1%", zero=True, within=(0, 1)),
    ],
    line="member",
    named=0,
    selects=("member",),
    chosen=("ensemble", "method"),
    carried=[Axis("density", "density"), Axis("vote", "vote")],
    packed=True,
)
OVERLAPS = replace(CARDS, measures=[Axis("overlap", "overlap of masks (Jaccard)", said=".1%")], carried=())
MEMBERS, PAIRS = once(members_table), once(overlaps_table)


@picture(
    asks=("method members combine probabilities test", "robust_ensembles"),
    selects=("ensemble", "member"),
    tabled=titles([*CARDS.measures, *OVERLAPS.measures]),
    title="Who is in the ensemble?",
    subtitle="{about}",
    description=(
        "A line for each member of an ensemble, with its loss, its accuracy, its gap between confidence and accuracy, "
        "its confidence where it is wrong, and how often it disagrees with the others; the last line is the ensemble. "
        "Below, a matrix of the overlap of every two masks, the number in every cell."
    ),
    menus={"ensemble": "method"},
    holds="the members of ensembles",
)
def member_cards(outcomes: Iterable[Any]) -> Rows:
    """Draw a line a member: how it does alone on the test images, and the overlap of every two masks.

    `outcomes` are those of `experiments.robust_ensembles`, means over replicas; a menu chooses the method.
    """
    ensembles = by_method(outcomes)
    whole = {method: _whole(replicas) for method, replicas in ensembles.items()}
    shown = [o for replicas in whole.values() for o in replicas]
    about = f"{methods.about(whole)}\neach alone, mean over replicas" if shown else ""
    if fewer := sum(map(len, ensembles.values())) - len(shown):
        about += f"; left out: {fewer} with fewer members"
    cards = CARDS.rows([row | {"about": about} for row in records(MEMBERS(shown))])
    return [*cards, *OVERLAPS.rows([row | {"shape": row["other"]} for row in records(PAIRS(shown))])]


def _whole(replicas: Sequence[Any]) -> list[Any]:
    """Return the replicas with the most members: boosting may end early, and then some have fewer."""
    most = max(len(o.members) for o in replicas)
    return [o for o in replicas if len(o.members) == most]


@member_cards.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: bars with their numbers, a strip a measure, and below them the overlap of every two masks."""
    names = list(dict.fromkeys(name for row in rows for name in row["line"]))
    most = max((len(set(row["shape"])) for row in rows if row["measure"] == "overlap"), default=1)
    across = min(CELL, (width - 20 - min(widest(names), 230)) // most)
    return alt.vconcat(strips(CARDS.measures, _bars, names, width), _overlaps(across), spacing=18)


def _of(measure: str, *lists: str) -> alt.Chart:
    shown = alt.Chart().transform_filter(f"datum.ensemble == shown && datum.measure == '{measure}'")
    return shown.transform_flatten(["line", "member", "place", "value", "interval", "n", *lists])


def _bars(axis: Axis, width: int, named: bool) -> Any:
    base = _of(axis.field, "density", "vote").encode(y=names_up("line", named))
    tip = [*tips(line="member"), axis.tip(), *tips(interval="95 % interval", n="replicas")]
    tip += tips(density=("density", ".3g"), vote=("vote", ".3g"))
    above = alt.value(ORANGE if axis.field == "signed_gap" else BLUE)
    colour = alt.when("datum.line == 'together'").then(alt.value(GREY))
    colour = colour.when("datum.value > 0").then(above).otherwise(alt.value(BLUE))
    bar = base.mark_bar(height=12, opacity=0.85).encode(x=axis.x("value", width=width), color=colour, tooltip=tip)
    text = base.mark_text(align="left", dx=3, dy=-14, fontSize=11)
    text = text.encode(x=alt.value(0), text=alt.Text("value:Q", format=axis.said))
    return alt.layer(bar, rule(x=0), text).properties(width=width, height=alt.Step(LINE))


def _overlaps(across: int) -> Any:
    (axis,) = OVERLAPS.measures
    above = alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False)
    x = alt.X("shape:N", title=axis.title, axis=above)
    colours = alt.Scale(domain=[0, 1], range=[PALE, DEEP], interpolate="lab")
    colour = alt.Color("value:Q", scale=colours, legend=None)
    tip = [*tips(line="member", shape="and"), axis.tip(), *tips(interval="95 % interval", n="replicas")]
    base = _of("overlap", "shape").transform_calculate(words="format(datum.value, '.2f')")
    layers = cells(x, names_up("line"), colour, tip, pale="datum.value <= 0.55", base=base)
    return alt.layer(*layers).properties(width=alt.Step(across), height=alt.Step(30))


@member_cards.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every ensemble of several its members' accuracies and gaps, overlap and disagreement."""
    sentences = []
    for same in map(_whole, by_method(outcomes).values()):
        if len(same[0].members) < 2:
            continue
        table: Any = members_table(same)
        means = table.groupby("member", sort=False)[["accuracy", "signed_gap"]].mean()[:-1].itertuples(name=None)
        alone = "; ".join(f"{name} {accuracy:.1%} (gap {100 * gap:+.1f})" for name, accuracy, gap in means)
        overlap, apart = percent(fmean(o.overlap for o in same)), percent(float(table["disagreement"].mean()))
        sentences.append(
            f"{same[0].name}: members alone {alone}; together {points([o.accuracy for o in same], ' %')}. "
            f"Masks overlap by {overlap}, and two members disagree on {apart} of the images."
        )
    return sentences
