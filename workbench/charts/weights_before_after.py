"""What do the weights look like before and after pruning? Two histograms over the same bins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt
import torch
from torch import Tensor

from workbench.charts import theme

BINS = 60
COLOURS = [theme.GREY, theme.KINDS["ticket"][0]]


def weights_before_after(outcome_before: Any, outcome_after: Any) -> alt.LayerChart:
    """Draw the trained weights that survive in two outcomes, the dense network and a ticket of it for instance."""
    return draw(_rows(outcome_before, outcome_after))


def rows(outcomes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the histograms of the first replica's densest and sparsest ticket."""
    found = theme.tickets(outcomes)
    found = [outcome for outcome in found if outcome.replica == found[0].replica]
    return _rows(found[0], found[-1]) if found else []


def _rows(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return a dict for each bin: the net, the bin's ends, how many weights are in it."""
    pair = [before, after] if after is not before else [before]
    survivors = [_survivors(outcome) for outcome in pair]
    reach = max(float(values.abs().max()) for values in survivors) if all(len(v) for v in survivors) else 1.0
    edges = torch.linspace(-reach, reach, BINS + 1, dtype=torch.float64)
    result = []
    for place, (outcome, values) in enumerate(zip(pair, survivors, strict=True)):
        counts = torch.histogram(values.double(), edges).hist.tolist()
        kept = "dense" if outcome.density == 1 else f"{theme.percent(outcome.density)} kept"
        net = {"place": place, "net": f"{('before', 'after')[place]} pruning ({kept}): {len(values):,} weights"}
        for low, high, count in zip(edges[:-1].tolist(), edges[1:].tolist(), counts, strict=True):
            result.append({**net, "from": low, "to": high, "count": int(count)})
    return result


def _survivors(outcome: Any) -> Tensor:
    return torch.cat([outcome.run.weights[name].cpu()[mask.cpu()].flatten() for name, mask in outcome.mask.items()])


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows; heights are on a logarithmic scale, for the dense network has many more weights."""
    x = alt.X("from:Q", title="trained weight", scale=alt.Scale(nice=False), axis=alt.Axis(grid=False))
    ticks = alt.Axis(labelExpr="format(datum.value, ',')", values=[0, *(10**power for power in range(9))])
    scale = alt.Scale(type="symlog", constant=1, domainMin=0)
    y = alt.Y("count:Q", title="weights in the bin (logarithmic)", scale=scale, axis=ticks)
    legend = alt.Legend(title=None, orient="top", labelLimit=420, symbolType="square", direction="vertical", offset=4)
    colour = alt.Color("net:N", legend=legend, sort=alt.EncodingSortField("place"), scale=alt.Scale(range=COLOURS))
    tip = [
        alt.Tooltip("net:N", title="network"),
        alt.Tooltip("from:Q", format=".3f"),
        alt.Tooltip("to:Q", format=".3f"),
        alt.Tooltip("count:Q", title="weights", format=","),
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(opacity=0.6, binSpacing=0.5)
        .encode(x=x, x2="to:Q", y=y.stack(None), y2=alt.Y2Datum(0), color=colour, tooltip=tip)
    )
    chart = alt.layer(chart).properties(width=theme.WIDTH, height=theme.HEIGHT - 40)
    description = "Histograms of the trained weights that survive, in the dense network and in the sparsest ticket."
    subtitle = "values after training, of the weights that survive"
    return theme.dress(chart, "Weights before and after pruning", description, subtitle)
