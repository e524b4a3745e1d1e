"""What do the weights look like before and after pruning? Two histograms over the same bins."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import altair as alt
import torch
from torch import Tensor

from workbench.charts.grammar import SIDE, Rows, first_of, grouped, kept, legend, picture, tickets, tips
from workbench.charts.grammar.looks import BLUE, GREY
from workbench.numbers.asked import asked
from workbench.numbers.numerals import percent

BINS = 60


@picture(
    asks=("density mask run", "winning_tickets"),
    selects=("density",),
    title="Weights before and after pruning",
    subtitle="values after training, of the weights that survive",
    holds="the weights of tickets",
)
def weights_before_after(outcome_before: Any, outcome_after: Any = None) -> Rows:
    """Draw histograms of the trained weights that survive, in the dense network and in the sparsest ticket.

    Two outcomes may be given, the dense network and a ticket of it for instance; of all of them instead, the first
    replica's densest and sparsest ticket are drawn.
    """
    after = asked("weights_before_after", outcome_after or [], *weights_before_after.asks)
    pair = [*outcome_before[:1], *after[:1]]
    if not after:
        asked("weights_before_after", outcome_before, "round density mask run", "winning_tickets")
        replica = first_of(tickets(outcome_before), replica=None)
        pair = [*replica[:1], *replica[1:][-1:]]
    survivors = [_survivors(outcome) for outcome in pair]
    reach = max((float(values.abs().max()) for values in survivors), default=1.0) if all(map(len, survivors)) else 1.0
    edges = torch.linspace(-reach, reach, BINS + 1, dtype=torch.float64)
    rows = []
    for place, (outcome, values) in enumerate(zip(pair, survivors, strict=True)):
        words = f"{('before', 'after')[place]} pruning ({kept(outcome.density)}): {len(values):,} weights"
        counts = torch.histogram(values.double(), edges).hist.tolist()
        for (low, high), count in zip(itertools.pairwise(edges.tolist()), counts, strict=True):
            rows.append(
                {
                    "density": outcome.density,
                    "place": place,
                    "net": words,
                    "low": low,
                    "high": high,
                    "count": int(count),
                }
            )
    return rows


def _survivors(outcome: Any) -> Tensor:
    return torch.cat([outcome.run.weights[name].cpu()[mask.cpu()].flatten() for name, mask in outcome.mask.items()])


@weights_before_after.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows; heights are on a logarithmic scale, for the dense network has many more weights."""
    inner = width - SIDE - 12
    x_axis = alt.Axis(grid=False, tickCount=max(3, inner // 64))
    x = alt.X("low:Q", title="trained weight", scale=alt.Scale(nice=False), axis=x_axis)
    ticks = alt.Axis(labelExpr="format(datum.value, ',')", values=[0, *(10**power for power in range(9))])
    scale = alt.Scale(type="symlog", constant=1, domainMin=0)
    y = alt.Y("count:Q", title="weights in the bin (logarithmic)", scale=scale, axis=ticks)
    key = legend(None, (row["net"] for row in rows), width, symbolType="square", direction="vertical", offset=4)
    colour = alt.Color("net:N", legend=key, sort=alt.EncodingSortField("place"), scale=alt.Scale(range=[GREY, BLUE]))
    tip = tips(net="network", low=("from", ".3f"), high=("to", ".3f"), count=("weights", ","))
    bars = alt.Chart().mark_bar(opacity=0.6, binSpacing=0.5)
    bars = bars.encode(x=x, x2="high:Q", y=y.stack(None), y2=alt.Y2Datum(0), color=colour, tooltip=tip)
    return alt.layer(bars).properties(width=inner, height=280)


@weights_before_after.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: how many weights there are, and how many of them are near zero."""
    rows = weights_before_after.rows(outcomes)
    told = []
    for net, same in grouped(rows, lambda row: row["net"]).items():
        total, reach = sum(row["count"] for row in same), max(row["high"] for row in same)
        near = sum(row["count"] for row in same if abs(row["low"] + row["high"]) < 0.2 * reach)
        told.append(f"{net}, {percent(near / max(total, 1))} of them within a tenth of the largest")
    return [f"{line[:1].upper()}{line[1:]}." for line in told]
