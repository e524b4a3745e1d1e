"""The plane panel: what lies between two or three networks, and which way did they come?"""

from __future__ import annotations

from workbench.charts.loss_plane import words
from workbench.experiments import plane_between
from workbench.experiments.plane_between import BETWEEN
from workbench.landscape import CURVES
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Option

PLANE = Declaration(
    title="What lies between networks?",
    about="Train two or three networks, lay a plane through them, and see the loss on it with the ways they came.",
    function=plane_between,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "Which networks": (
            Option("between", "networks are", BETWEEN, help="children of one point, or draws of their own"),
            Number("rewind_step", "parted at step", low=0, whole=True, help="children only"),
            Number("networks", "networks", low=2, high=3, whole=True, help="two: with where they began"),
            Number("checkpoints", "points of a trajectory", low=1, high=100, whole=True),
            Number("replicas", "replicas", low=1, high=1000, whole=True, help="the picture shows the first"),
        ),
        "What is measured": (
            Option("split", "measured on", ("train", "validation", "test")),
            Option("batch_norm", "batch-norm", TREATMENTS),
            Number("levels", "levels", low=1, high=6, whole=True, help="5, 9, 17, … points a side"),
            Number("points", "points of a path", low=3, high=201, step=2, whole=True, help="odd"),
            Number("curve_steps", "steps of a curve", low=0, whole=True, help="0: only the line"),
            Option("curve", "curve", CURVES),
        ),
    },
    charts=("loss plane",),
    words=words,
)
