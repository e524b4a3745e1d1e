"""The curvature panel: how curved is the loss around tickets, and what does that foretell?"""

from __future__ import annotations

from workbench.charts.spectrum import words
from workbench.experiments.curvature_by_density import CONTROLS, curvature
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Numbers, Option, Several

CURVATURE = Declaration(
    title="How curved is the loss around a ticket?",
    about="Draw tickets, and measure the Hessian of the loss on their surviving weights: its spectrum, by density.",
    function=curvature,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "How tickets are drawn": (
            Numbers("measured", "rounds measured", low=0, high=100, whole=True, help="as in 0, 3, 6; 0 is dense"),
            Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors"),
            Number("rewind_step", "rewind to step", low=0, whole=True, help="0 is the very beginning"),
            Several("controls", "controls", CONTROLS, labels=("before training", "random places by layer")),
            Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval"),
        ),
        "How curvature is measured": (
            Option("split", "measured on", ("train", "validation", "test")),
            Number("examples", "examples", low=1, whole=True, help="of the mean loss"),
            Number("k", "largest eigenvalues", low=1, high=100, whole=True),
            Number("draws", "vectors for the trace", low=3, high=1000, whole=True, help="more, a smaller error"),
            Number("steps", "Lanczos steps", low=2, high=1000, whole=True, help="more, a finer density"),
            Number("repeats", "Lanczos runs", low=1, high=100, whole=True),
            Number("epsilon", "rise of the loss", low=1e-6, high=10, step=0.01, help="that the foretold share allows"),
        ),
    },
    charts=("spectrum",),
    words=words,
)
