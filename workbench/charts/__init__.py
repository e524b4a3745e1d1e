"""Charts: each a function named by the question it answers; finished numbers in, an altair chart out.

To add a chart: one file with `rows(outcomes)`, `draw(rows)` and the function that does both, and a line in `CHARTS`.
Charts are drawn without a network: where altair's renderer is its default, which loads from one, it becomes
a small PNG.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.charts import accuracy_by_density as _accuracy
from workbench.charts import density_by_layer as _layers
from workbench.charts import first_layer as _first
from workbench.charts import learning_curves as _curves
from workbench.charts import weights_before_after as _weights
from workbench.charts.accuracy_by_density import accuracy_by_density
from workbench.charts.accuracy_by_rewind_step import accuracy_by_rewind_step
from workbench.charts.density_by_layer import density_by_layer
from workbench.charts.first_layer import first_layer
from workbench.charts.learning_curves import learning_curves
from workbench.charts.picture import enable
from workbench.charts.weights_before_after import weights_before_after
from workbench.charts.words import in_words


@dataclass(frozen=True)
class Picture:
    """A chart in two steps, so that a live one swaps its rows only: `rows(outcomes)`, at most 500, and `draw(rows)`."""

    rows: Callable[[Any], list[dict[str, Any]]]
    draw: Callable[[list[dict[str, Any]]], Any]


CHARTS = {
    "accuracy by density": Picture(_accuracy.rows, _accuracy.draw),
    "learning curves": Picture(_curves.rows, _curves.draw),
    "density by layer": Picture(_layers.rows, _layers.draw),
    "first layer": Picture(_first.rows, _first.draw),
    "weights before and after": Picture(_weights.rows, _weights.draw),
}

enable()

__all__ = [
    "CHARTS",
    "Picture",
    "accuracy_by_density",
    "accuracy_by_rewind_step",
    "density_by_layer",
    "first_layer",
    "in_words",
    "learning_curves",
    "weights_before_after",
]
