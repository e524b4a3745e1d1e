"""The landscape panel: from which step do two children of one network end connected?"""

from __future__ import annotations

from workbench.charts.barrier_by_step import words as connected
from workbench.experiments import instability
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Numbers, Several

LANDSCAPE = Declaration(
    title="Do two children end connected?",
    about="Train a network a few steps, train two copies on under noise of their own, and walk from one to the other.",
    function=instability,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "How children part": (
            Numbers("rewind_steps", "at steps", low=0, whole=True, help="as in 0, 10, 40"),
            Number("children", "children", low=2, high=10, whole=True, help="of each step"),
            Number("points", "points of a path", low=3, high=201, step=2, whole=True, help="odd"),
            Several("splits", "measured on", ("train", "validation", "test")),
            Several("batch_norm", "batch-norm", TREATMENTS, labels=("average of both", "recomputed", "of the first")),
            Number("score_replicas", "EL2N networks", low=0, high=100, whole=True, help="0: no groups by difficulty"),
            Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval"),
        ),
    },
    charts=("barrier by step", "error along path", "barriers by example", "barrier by difficulty"),
    words=connected,
)
