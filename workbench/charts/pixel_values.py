"""How bright are the pixels? How often each value occurs, by channel, with the mean that training takes off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import HEIGHT, SIDE, Look, Looks, Rows, legend, picture, tips
from workbench.charts.grammar.looks import BLUE, GREEN, GREY, ORANGE, in_order, scale
from workbench.numbers.numerals import percent

BIN = 4  # values of a pixel that are drawn as one
COLOURS: Looks = {"red": Look(ORANGE), "green": Look(GREEN), "blue": Look(BLUE)}


@picture(
    asks=("pixels mean std channels", "dataset_view"),
    selects=("channel",),
    title="How bright are the pixels?",
    subtitle="{about}",
    holds="the counts of pixel values",
)
def pixel_values(outcomes: Iterable[Any]) -> Rows:
    """Draw how often pixels have each value from black to white, a line for every channel, with the mean of each.

    `outcomes` are those of `experiments.dataset_view`, of which the last is drawn.
    """
    outcomes = list(outcomes)
    if not outcomes:
        return []
    last = outcomes[-1]
    shares = last.pixels.double().unflatten(1, (-1, BIN)).sum(2) / last.pixels.sum(1, keepdim=True)
    about = f"{last.dataset}, {last.split} images; broken lines: the mean that is taken off before training"
    return [
        {
            "about": about,
            "channel": name,
            "mean": last.mean[i],
            "low": [value / 256 for value in range(0, 256, BIN)],
            "high": [(value + BIN) / 256 for value in range(0, 256, BIN)],
            "share": [round(share, 6) for share in shares[i].tolist()],
        }
        for i, name in enumerate(_names(last.channels))
    ]


def _names(channels: int) -> list[str]:
    return ["grey"] if channels == 1 else list(COLOURS) if channels == 3 else [f"{i}" for i in range(1, channels + 1)]


@pixel_values.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: a histogram, or a line for each of several channels, and a broken line at its mean."""
    names = [row["channel"] for row in rows]
    looks = COLOURS if names == list(COLOURS) else {"grey": Look(GREY)} if len(names) < 2 else in_order(names)
    colour = alt.Color("channel:N", scale=scale(looks), legend=legend("channel", looks, width) if names[1:] else None)
    across = alt.X("low:Q", title="value of a pixel, 0 is black", scale=alt.Scale(domain=[0, 1], nice=False))
    axis, root = alt.Axis(format="~%", tickCount=6), alt.Scale(type="sqrt")
    up = alt.Y("share:Q", title="share of the pixels (square root)", scale=root, axis=axis, stack=None)
    tip = tips(channel="channel", low=("from", ".3f"), high=("to", ".3f"), share=("share", ".2%"))
    bins = alt.Chart().transform_flatten(["low", "high", "share"])
    if len(names) > 1:
        bars = bins.mark_line(interpolate="step-after", strokeWidth=2).encode(x=across, y=up, color=colour, tooltip=tip)
    else:
        bars = bins.transform_calculate(floor="0").mark_rect(opacity=0.75)
        bars = bars.encode(x=across, x2="high:Q", y=up, y2="floor:Q", color=colour, tooltip=tip)
    means = alt.Chart().mark_rule(strokeDash=[5, 4], strokeWidth=2).encode(x="mean:Q", color=colour)
    means = means.encode(tooltip=tips(channel="channel", mean=("mean", ".3f")))
    return alt.layer(bars, means).properties(width=width - SIDE - 8, height=HEIGHT)


@pixel_values.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: the mean and the deviation of each channel, and how many pixels are black."""
    last = outcomes[-1]
    names = _names(last.channels)
    each = (f"{n} {m:.3f} ± {s:.3f}" for n, m, s in zip(names, last.mean, last.std, strict=True))
    black = percent(float(last.pixels[:, 0].sum() / last.pixels.sum()))
    scaled = f"Images are scaled by mean ± deviation: {', '.join(each)} (0 is black, 1 is white)."
    return [scaled, f"{black} of the pixels are black."]
