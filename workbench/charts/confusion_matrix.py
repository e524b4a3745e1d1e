"""What does a network take for what? The test images by their label and by what was predicted, over all replicas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import torch

from workbench.charts.grammar import Rows, cells, picture, tips, widest
from workbench.charts.grammar.looks import BLUE, PALE
from workbench.charts.grammar.marks import names_up
from workbench.numbers.numerals import percent

FEW, SIDE = 20, 38  # classes whose cells have numbers, and pixels of such a cell at most
LISTS = ("predicted", "count", "share", "words")


@picture(
    asks=("confusion classes wrong_count", "trained_networks"),
    title="What does it take for what?",
    subtitle="{about}",
    description="The test images by their label, a line each, and by what the network predicted, a column each.",
    selects=("label", "predicted"),
    holds="the predictions of networks",
)
def confusion_matrix(outcomes: Iterable[Any]) -> Rows:
    """Draw how many test images of every label were given every prediction, summed over replicas.

    `outcomes` are those of `experiments.trained_networks`.
    """
    outcomes = [o for o in outcomes if int(o.confusion.sum())]
    if not outcomes:
        return []
    total, classes = torch.stack([o.confusion for o in outcomes]).sum(0), outcomes[0].classes
    networks = f"{len(outcomes)} network{'s' if len(outcomes) != 1 else ''}"
    about = f"test images by label and prediction, {networks}; the diagonal is right"
    rows = []
    for place, counts in enumerate(total.tolist()):
        shares = [round(count / max(sum(counts), 1), 5) for count in counts]
        words = [str(count) if count and len(classes) <= FEW else "" for count in counts]
        lists = {"predicted": list(classes), "count": counts, "share": shares, "words": words}
        rows.append({"about": about, "label": classes[place], "place": place, **lists})
    return rows


@confusion_matrix.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a cell for each label and prediction, the darker the larger its share of the label."""
    names = [row["label"] for row in rows] or [""]
    size = min((width - min(widest(names), width // 3) - 120) / len(names), SIDE) * len(names)
    axis = alt.Axis(orient="top", ticks=False, domainOpacity=0, grid=False, labelAngle=-90 if widest(names) > 30 else 0)
    x = alt.X("predicted:N", title="predicted", sort=names, axis=axis, scale=alt.Scale(domain=names))
    y = names_up("label", names=names).title("label")
    scale = alt.Scale(type="sqrt", domain=[0, 1], range=[PALE, BLUE])
    key = alt.Legend(title=["share of", "the label"], format="~%", values=[0, 0.01, 0.1, 0.5, 1])
    colour = alt.Color("share:Q", scale=scale, legend=key)
    tip = tips(label="label", predicted="predicted", count="images", share=("share of the label", ".1%"))
    base = alt.Chart().transform_flatten([*LISTS])
    layers = cells(x, y, colour, tip, pale="datum.share < 0.25", font=11, base=base)
    return alt.layer(*layers).properties(width=size, height=size)


@confusion_matrix.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the pair that is confused most, and the class that is hardest."""
    outcomes = [o for o in outcomes if int(o.confusion.sum())]
    if not outcomes:
        return []
    total, classes = torch.stack([o.confusion for o in outcomes]).sum(0), outcomes[0].classes
    wrong, n = total.clone().fill_diagonal_(0), len(classes)
    if not int(wrong.sum()):
        return ["Every test image is given its label."]
    label, answer = divmod(int(wrong.argmax()), n)
    shares = wrong.sum(1) / total.sum(1).clamp(min=1)
    hardest = int(shares.argmax())
    times = f"{int(wrong.max()):,} of {int(total[label].sum()):,} times"
    return [
        f"Most often it takes {classes[label]} for {classes[answer]}: {times}.",
        f"Hardest is {classes[hardest]}: {percent(float(shares[hardest]))} of its images are taken for something else.",
    ]
