"""What of the network is still alive? The inputs and units of every layer, round by round.

A unit is alive in which something arrives by unmasked weights, and which something reads. What is dead costs a compact
network nothing, however dense the layer is; a layer may be sparse with all of it alive.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.density_by_layer import by_layer
from workbench.charts.grammar import ROWS, Rows, grouped, picture, thin, tips
from workbench.charts.grammar.picture import headed
from workbench.numbers.numerals import percent

ROUNDS = 12  # columns at most
PARTS = {"units": "units alive (of a convolution: filters)", "inputs": "inputs alive"}


@picture(
    asks=("density alive", "winning_tickets"),
    selects=("part", "density", "layer"),
    title="What of the network is still alive?",
    subtitle="something arrives in it, and something reads it; layers from input to output; mean over replicas",
    needs="a network whose channels can be followed (wb.compact says which layer hinders it)",
    holds="what of the layers is alive",
)
def alive_by_layer(outcomes: Iterable[Any]) -> Rows:
    """Draw the share of its units, and of its inputs, that is alive in each layer by density, layers from input to
    output, mean over replicas.

    `outcomes` are those of `experiments.winning_tickets` or of `experiments.execution_costs`.
    """
    networks = [o for o in outcomes if o.alive is not None and getattr(o, "kind", "ticket") == "ticket"]
    densities = grouped(networks, lambda outcome: float(f"{outcome.density:.6g}"))
    layers = max((len(outcome.alive) for outcome in networks), default=1)
    rows: Rows = []
    for density in thin(sorted(densities, reverse=True), min(ROUNDS, ROWS // (len(PARTS) * layers))):
        for order, (layer, counts) in enumerate(densities[density][-1].alive.items()):
            for part in PARTS:
                left = statistics.fmean(getattr(o.alive[layer], f"{part}_alive") for o in densities[density])
                of = getattr(counts, part)
                name, whole = f"{layer.removesuffix('.weight')} ({of:,})", "dense" if density == 1 else percent(density)
                shown = {"name": name, "kept": whole, "words": percent(left / of)}
                cell = {"part": part, "density": density, "order": order, "layer": layer}
                rows.append({**cell, **shown, "left": left, "of": of, "share": left / of})
    return rows


@alive_by_layer.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: for units and for inputs a field of cells, layers down, densities across."""
    tip = tips(name="layer", share=("alive", ".3~%"), left=("alive", ",.1f"), of=("of", ","))
    scale, order = alt.Scale(scheme="cividis", domain=[0, 1]), alt.EncodingSortField("density", order="descending")
    fields = []
    for part, heading in PARTS.items():
        there = [row for row in rows if row["part"] == part]
        base = alt.Chart().transform_filter(f"datum.part == '{part}'")
        cells = by_layer(there, width, "share", scale, tip, order=order, base=base, titled=part == [*PARTS][-1])
        fields.append(headed(cells, heading))
    return alt.vconcat(*fields, spacing=10).resolve_scale(color="shared")


@alive_by_layer.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: of the sparsest network what is alive in all, and the layer of which least is."""
    rows = alive_by_layer.rows(outcomes)
    last = [row for row in rows if row["density"] == min(row["density"] for row in rows)]
    if not last:
        return []
    told = []
    for part, same in grouped(last, lambda row: row["part"]).items():
        left, of = sum(row["left"] for row in same), sum(row["of"] for row in same)
        least = min(same, key=lambda row: row["share"])
        some = f"{percent(left / of)} of the {part}, least in {least['name']}, {least['words']}"
        told.append(f"all {part}" if left == of else some)
    return [f"Alive with {percent(last[0]['density'])} of the weights: {'; '.join(told)}."]
