"""Which examples are not linearly connected? Their loss barriers as a histogram for every step, linked to the images.

The per-example barrier of "Lottery Tickets on a Data Diet" (Paul et al. 2022), the mean over pairs and replicas. A
click on a bar shows some of its images.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import Axis, Rows, first_of, grouped, picture, thin
from workbench.charts.grammar.bins import bins
from workbench.charts.grammar.marks import aside, bars, choice, floors, images, png, tips, up, where
from workbench.charts.grammar.rows import measured_on
from workbench.nets.batch_norm import TREATMENTS
from workbench.numbers.numerals import percent
from workbench.work.nearest import check_known

BINS = 14
SHOWN, IMAGES = 20, 440  # images of one bar, and of all
STEPS, LINE = 4, 62  # histograms, one below the other, and the pixels of each
BARRIER = Axis("barrier", "loss barrier of an example at the midpoint (nats)", padding=0)


@picture(
    asks=("rewind_step split batch_norm path examples", "instability"),
    selects=("id",),
    title="Which examples are not connected?",
    subtitle="{about}; heights by square root; click a bar to see some of its images",
    holds="the images of examples and the paths between children",
)
def barriers_by_example(partings: Iterable[Any], *, batch_norm: str = "average") -> Rows:
    """Draw histograms of the loss barriers bᵢ of single examples at the midpoint, in nats, one for each step at which
    children parted.

    Training images come before test images, and where `batch_norm` was not measured, another treatment is drawn.
    """
    check_known("batch-norm treatment", batch_norm, TREATMENTS)
    by_step = grouped(first_of(list(partings), batch_norm=batch_norm, split="train"), lambda p: p.rewind_step)
    steps = thin(sorted(by_step), STEPS)
    values = {step: torch.stack([p.path.barriers() for p in by_step[step]]).mean(0) for step in steps}
    cut = bins(torch.cat([torch.zeros(0), *values.values()]), BINS, 0.01)  # the same for all steps
    places = {(step, bar): (cut.of(values[step]) == bar).nonzero().flatten() for step in steps for bar in range(BINS)}
    shares = {key: len(there) / len(values[key[0]]) for key, there in places.items()}
    rows: Rows = []
    for (step, bar), there in places.items():
        p, (low, high), bottom = by_step[step][0], cut.ends()[bar], -steps.index(step)
        shown = torch.tensor(thin(there.tolist(), min(SHOWN, IMAGES // len(places))), dtype=torch.long)
        top = bottom + 0.88 * math.sqrt(shares[step, bar] / max(shares.values()))  # by the root: tails are small
        where_ = {"role": "bar", "about": measured_on(p), "rewind_step": step, "bar": f"{step}, {bar}"}
        size = {"low": low, "high": high, "bottom": bottom, "top": top, "values": cut.words(bar)}
        size |= {"share": shares[step, bar], "count": len(there)}
        lists = {"id": p.path.ids[shown].tolist(), "label": p.path.labels[shown].tolist()}
        lists["image"] = [png(p.examples.images[place]) for place in shown.tolist()]
        rows += [where_ | size | lists | {"barrier": values[step][shown].tolist()}] if len(there) else []
    names = [{"role": "label", "words": f"parted at step {step}", "bottom": -line} for line, step in enumerate(steps)]
    return [*rows, *names]


@barriers_by_example.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: histograms below one another, and images of the bar that is chosen."""
    lines = max((1 - row["bottom"] for row in rows), default=1)
    inner = width - aside(rows) - 12
    chosen = choice(next((row["bar"] for row in rows if row["role"] == "bar"), ""))
    tip = tips(rewind_step="parted at step", values="barrier", count="examples", share=("share", ".1%"))
    how: dict[str, Any] = {"x": BARRIER.x("low", width=inner), "y": up(lines), "y2": "top:Q", "tooltip": tip}
    drawn = [*floors(where("label"), lines), bars(where("bar"), chosen, **how)]
    strip = images(
        where("bar").transform_filter(chosen),
        ["image", "id", "label", "barrier"],
        inner,
        order="datum.barrier",
        below={"said": "format(datum.barrier, '.2~g')"},
        tip=tips(id="id", label="label", barrier=("barrier", ".3f")),
        most=SHOWN,
        title="examples of the chosen bar, and their barriers",
    )
    return alt.vconcat(alt.layer(*drawn).properties(width=inner, height=LINE * lines), strip)


@barriers_by_example.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: for every step the share of the examples in the highest bar, and what is measured."""
    bars = [row for row in barriers_by_example.rows(outcomes) if row["role"] == "bar"]
    sentences = []
    for step, same in grouped(bars, lambda row: row["rewind_step"]).items():
        top = max(same, key=lambda row: row["low"])
        most = max(same, key=lambda row: row["count"])
        usual = f"the fullest bar, {percent(most['share'])} of the examples, has barriers of {most['values']} nats"
        sentences.append(f"Parted at step {step}: {usual}; the highest, {percent(top['share'])}, of {top['values']}.")
    return sentences
