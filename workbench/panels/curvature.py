"""The curvature panel: how curved is the loss around tickets, and what does that foretell?"""

from __future__ import annotations

from workbench.experiments import curvature
from workbench.experiments.curvature_by_density import CONTROLS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number, Numbers, Several

CURVATURE = Declaration(
    title="How curved is the loss around a ticket?",
    about="Draw tickets, and measure the Hessian of the loss on their surviving weights: its spectrum, by density.",
    function=curvature,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            Numbers("measured", "rounds measured", low=0, high=100, whole=True, help="as in 0, 3, 6; 0 is dense"),
            shared.FRACTION,
            shared.REWIND_STEP,
            Several("controls", "controls", CONTROLS, labels=("before training", "random places by layer")),
            shared.REPLICAS,
        ),
        "How curvature is measured": (
            shared.SPLIT,
            Number("examples", "examples", low=1, whole=True, help="of the mean loss"),
            Number("k", "largest eigenvalues", low=1, high=100, whole=True),
            Number("draws", "vectors for the trace", low=3, high=1000, whole=True, help="more, a smaller error"),
            Number("steps", "Lanczos steps", low=2, high=1000, whole=True, help="more, a finer density"),
            Number("repeats", "Lanczos runs", low=1, high=100, whole=True),
            Number("epsilon", "rise of the loss", low=1e-6, high=10, step=0.01, help="that the foretold share allows"),
        ),
    },
    charts=("spectrum",),
)
