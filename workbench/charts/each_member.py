"""What does each member of an ensemble do? How its loss weighs the examples by step, and what it learns, easy to hard.

The effective sample size over n is 1 where all examples weigh the same (the mean), 1 / n where one has all the weight.
That members learn from easy to hard is how Sapkota et al. 2023 read their ensemble (`experiments.easy_to_hard`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts import methods
from workbench.charts.grammar import ROWS, STEP, THIRDS, Axis, Look, Looks, Means, Rows, picture, records, thin
from workbench.charts.grammar.axes import titles
from workbench.charts.grammar.looks import DEEP, MAGENTA, ORANGE, SKY, scale
from workbench.charts.grammar.marks import names_up, tips, where
from workbench.charts.grammar.room import widest
from workbench.experiments.easy_to_hard import solved_means
from workbench.experiments.ensemble_outcome import by_method
from workbench.numbers.numerals import percent, points

MANY, POINTS = 40, 40  # methods in the menu, and points of a line
OF_MEMBERS: dict[str, Any] = {
    "selects": ("method", "member"),
    "line": "member",
    "chosen": ("method", "method"),
    "packed": True,
}
SHARES = {
    "effective_share": "effective sample size / n",
    "hard_weight": "weight of the harder half",
    "negative_share": "un-learned if as published",
}
SPLITS = {"train": "training", "validation": "validation", "test": "test"}
TOGETHER = "together"
WHO: Looks = {  # gets an image right
    "all": Look(DEEP, words="all members"),
    "some": Look(SKY, words="some of them"),
    "only": Look(MAGENTA, words="only member"),
    "none": Look(ORANGE, words="none of them"),
}
PART = Axis("share", "test images that are right for", "~%", zero=True)


@Means(
    asks=("method members combine test", "robust_ensembles"),
    x=STEP,
    measures=[
        *(Axis(field, title, "~%", ".1%", domain=(0, 1)) for field, title in SHARES.items()),
        Axis("loss", "mean cross-entropy", said=".3f", zero=True),
    ],
    **OF_MEMBERS,
    sizes=(16, 80),
    height=180,
    title="How do members weigh their examples?",
    subtitle="mean and 95 % t interval over replicas, {about}",
    description=(
        "Four pictures by optimiser step, a line for each member of an ensemble: the effective sample size over n, the "
        "weight of the harder half of the examples, the share of examples that the published gradient would un-learn, "
        "and the cross-entropy."
    ),
    holds="the histories of members",
)
def member_history(outcomes: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """Draw how each member of an ensemble weighed its examples by step: means over replicas.

    `outcomes` are those of `experiments.robust_ensembles`; a menu chooses the method. Members without a history (of a
    method that keeps none) are left out.
    """
    ensembles = by_method(outcomes)
    for replicas in thin([*ensembles.values()], MANY):
        row = {"about": methods.about(ensembles), "method": replicas[0].name}
        for m in range(min(len(o.members) for o in replicas)):
            known = [[h for h in o.members[m].history if None not in map(h.get, (*SHARES, "loss"))] for o in replicas]
            steps = set(thin(sorted({h["step"] for history in known for h in history}), POINTS))
            for o, history in zip(replicas, known, strict=True):
                own = row | {"member": replicas[0].member_names[m], "seed": o.seed, "replica": o.replica}
                yield from ({**h, **own} for h in history if h["step"] in steps)


@member_history.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the effective sample size of every member at its end."""
    rows = member_history.rows(outcomes)
    ends = [row for row in rows if (row["role"], row["measure"]) == ("label", "effective_share")]
    each = ("; ".join(f"{m} {percent(n)}" for m, n in zip(row["line"], row["from"], strict=True)) for row in ends)
    return [f"{row['method']}: effective sample size at the end {said}." for row, said in zip(ends, each, strict=True)]


BY_THIRD = Means(
    x=Axis("place", "examples", names=[*THIRDS], padding=10),
    measures=[
        Axis("accuracy", "accuracy", "~%", ".1%", zero=True, within=(0, 1)),
        Axis("loss", "mean cross-entropy", said=".3f", zero=True),
        Axis("weight", "share of the training weight", "~%", ".1%", zero=True),
    ],
    **OF_MEMBERS,
    rules={"weight": 1 / 3},
    apart=0,
    height=190,
    title="What does each member learn, from easy to hard?",
    subtitle="{about}",
    description=(
        "Three pictures by tercile of difficulty, easy, middle and hard, a line for each member of an ensemble: "
        "accuracy, cross-entropy, and the share of the training weight. Below, bars of the share of test images that "
        "all members, some, one alone, or none of them gets right."
    ),
)


@picture(
    asks=(
        "method seed replica member tercile accuracy loss weight|method seed replica who member share",
        "member_difficulty",
    ),
    selects=("method", "member"),
    tabled=titles(BY_THIRD.measures),
)
def easy_to_hard(outcomes: Any) -> Rows:
    """Draw every member by tercile of difficulty, and the share of test images that each alone gets right.

    `outcomes` are those of `experiments.easy_to_hard` and of `experiments.solved`, of several ensembles or one, or a
    table of them; means over replicas, and a menu chooses the method.
    """
    rows = records(outcomes)
    thirds = [row for row in rows if row.get("tercile")]
    shown = thin([*dict.fromkeys(row["method"] for row in thirds)], MANY)
    several = {row["method"] for row in thirds if row["member"]}  # one member alone has no line beside it
    thirds = [row for row in thirds if row["method"] in shown and (row["method"] in several or row["member"] == 0)]
    n = len({(row["seed"], row["replica"]) for row in thirds})
    lines = BY_THIRD.rows([row | _named(row, "1 replica" if n == 1 else f"mean over {n} replicas") for row in thirds])
    parts = [{"role": "part", **part, **_right(part)} for part in solved_means(rows) if part["method"] in shown]
    return [*lines, *thin(parts, ROWS - len(lines))]


def _named(row: dict[str, Any], over: str) -> dict[str, Any]:
    about = f"by tercile of EL2N of {SPLITS[row['split']]} images, {over}"
    member = TOGETHER if row["member"] is None else f"{row['member'] + 1:g}: {row['trained_with']}"
    return {"about": about, "place": [*THIRDS].index(row["tercile"]), "member": member}


def _right(part: dict[str, Any]) -> dict[str, Any]:
    """Return who gets a part right, and the part's share, in words, and the place of its bar."""
    member, words = part["member"], WHO[part["kind"]].words
    place = 99 if part["kind"] == "none" else [*WHO].index(part["kind"]) + (member or 0)
    gets = "" if part["ensemble"] is None else f", the ensemble gets {part['ensemble']:.0%} of them"
    said = points(part.pop("shares"), " %", of=False)
    who = words if member is None else f"{words} {member + 1:g}"
    return {"who": who, "place": place, "said": said, "told": f"{said}{gets}"}


@easy_to_hard.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: three pictures by tercile, a line a member, and below them who gets the test images right."""
    parts = [row for row in rows if row["role"] == "part"]
    names, words, said = (widest((row[field] for row in parts), 12) for field in ("who", "told", "said"))
    narrow = width - names - words < 150  # the words stand beyond the longest bar
    inner = width - names - (said if narrow else words) - 20
    base = where("part").transform_filter("datum.method == shown")
    base = base.encode(y=names_up("who"), x=PART.x("share", width=inner))
    tip = tips(who="right", share=("share of the test images", ".1%"), ensemble=("of which the ensemble gets", ".1%"))
    bars = base.mark_bar(height=13).encode(color=alt.Color("kind:N", scale=scale(WHO), legend=None), tooltip=tip)
    text = base.mark_text(align="left", dx=5, fontSize=11).encode(text="said:N" if narrow else "told:N")
    below = alt.layer(bars, text).properties(width=inner, height=alt.Step(24))
    lines = [row for row in rows if row["role"] != "part"]
    # the names below take more than the labels above
    pictures = BY_THIRD.pictures(lines, width - 24 if narrow else width)
    chart = alt.vconcat(pictures, *([below] if parts else []), spacing=18)
    return BY_THIRD.dressed(chart.resolve_scale(color="independent"), rows, width)


@easy_to_hard.sentences
def words_of_difficulty(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: each member on easy and hard examples, and what each alone gets right."""
    rows, sentences = easy_to_hard.rows(outcomes), []
    for row in rows:
        if (row["role"], row.get("measure")) == ("point", "accuracy"):
            of = list(zip(row["line"], row["value"], strict=True))  # of each member from easy to hard
            first, last = dict(reversed(of)), dict(of)
            each = "; ".join(f"{name} {first[name]:.0%} and {last[name]:.0%}" for name in last if name != TOGETHER)
            alone = [part for part in rows if part["method"] == row["method"] and part.get("kind") == "only"]
            right = "; ".join(f"{part['who']} {part['said']}" for part in alone)
            sentence = f"{row['method']}, accuracy on easy and on hard examples: {each}."
            sentences.append(f"{sentence} Right: {right}." if right else sentence)
    return sentences
