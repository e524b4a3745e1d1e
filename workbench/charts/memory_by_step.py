"""What is learned and forgotten while a network trains? Shares of the training examples, a band a state, by step.

After Toneva et al. 2019: many examples are learned once and never forgotten, some never learned at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt

from workbench.charts.grammar import HEIGHT, LINE, ROWS, SIDE, STEP, Axis, Rows, picture, records, thin, widest
from workbench.charts.grammar.looks import GREY, MEMORY, PAPER, scale
from workbench.charts.grammar.marks import labels, tips, where
from workbench.numbers.numerals import percent

EPOCHS = ROWS // len(MEMORY) - 4  # that are drawn
ACROSS = replace(STEP, title="step", padding=0)
SHARE = Axis("share", "share of the training examples", "~%", ".1%", domain=(0, 1))


@picture(
    asks=("step of epoch accuracy never_learned not_forgotten forgotten_once forgotten_more", "remembering"),
    selects=("step",),
    title="What is learned and forgotten?",
    subtitle="{about}; counted at every presentation in training",
)
def memory_by_step(table: Any) -> Rows:
    """Draw shares of the training examples by step, in four bands from below: learned and never forgotten, forgotten
    once, forgotten more often, and never learned so far.

    It begins at step 0; `table` is a data frame or an iterable of the outcomes of `experiments.remembering`.
    """
    epochs = sorted(records(table), key=lambda row: row["step"])
    if not epochs:
        return []
    nothing = {"epoch": 0, "step": 0, "accuracy": None, **dict.fromkeys(MEMORY, 0.0), "never_learned": 1.0}
    bands = []
    for epoch in thin([nothing, *epochs], EPOCHS):
        high = 0.0
        for band, look in MEMORY.items():
            low, high = high, high + epoch[band]
            state = {"role": "band", "look": band, "words": look.words, "share": epoch[band], "low": low, "high": high}
            bands.append(state | {name: epoch[name] for name in ("step", "epoch", "accuracy")})
    ends = [row | {"middle": (row["low"] + row["high"]) / 2} for row in bands[-len(MEMORY) :]]
    places = SHARE.spread([end["middle"] for end in ends], LINE / HEIGHT, [0.0, 1.0])
    names = [
        {"role": "label", "words": f"{end['words']}: {percent(end['share'])}", "value": place, "at": 1.03 * end["step"]}
        | {"from": end["middle"], "from_at": end["step"]}
        for end, place in zip(ends, places, strict=True)
    ]
    return [{"about": f"step {epochs[-1]['step']} of {epochs[-1]['of']}", **row} for row in [*bands, *names]]


@memory_by_step.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: bands with light lines between them, each named at its right end."""
    names = widest((row["words"] for row in rows if row["role"] == "label"), bold=True)
    aside = width - SIDE - names > width / 3
    inner = width - SIDE - (names if aside else 0) - 24
    tip = tips(words="examples", share=("share", ".1%"), step="step", epoch="epoch", accuracy=("accuracy in it", ".1%"))
    color = alt.Color("look:N", scale=scale(MEMORY), legend=None)
    band = where("band").encode(x=ACROSS.x("step", width=inner))
    extent: dict[str, Any] = {"y": SHARE.y("low"), "y2": "high:Q"}
    name = where("label")
    named = labels(name, lambda field: ACROSS.x(field, width=inner), SHARE.y, alt.value(GREY))
    over = name.mark_text(align="right", fontWeight=600).encode(x=alt.value(inner - 8), y=SHARE.y(), text="words:N")
    layers = [
        band.mark_area(opacity=1).encode(**extent, color=color),
        band.mark_line(color=PAPER, strokeWidth=1.6).encode(y=SHARE.y("high"), detail="look:N"),
        band.mark_bar(opacity=0, width=8).encode(**extent, tooltip=tip, detail="look:N"),
        *(named if aside else [over.encode(color=alt.value(PAPER))]),
    ]
    return alt.layer(*layers).properties(width=inner, height=HEIGHT)


@memory_by_step.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the shares after the last epoch, and the example that was forgotten most often."""
    last = max(outcomes, key=lambda o: o.step)
    shares = ", ".join(f"{percent(getattr(last, band))} {look.words}" for band, look in reversed(list(MEMORY.items())))
    sentences = [f"After step {last.step} of {last.of}: of the training examples are {shares}."]
    most, place = (int(of) for of in last.forgetting.events_RN.sum(0).max(0))
    if most:
        often = f"id {int(last.forgetting.ids[place])} (class {last.classes[int(last.examples.labels[place])]})"
        sentences.append(f"Forgotten most often: {often}, {most} times.")
    return sentences
