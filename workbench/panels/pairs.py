"""The pairs panel: all rounds and seeds of a lottery, two by two."""

from __future__ import annotations

from workbench.charts.every_pair import words
from workbench.experiments import pair_matrix
from workbench.landscape.path import MASKS_ON_PATH
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Option

SPLITS = ("train", "validation", "test")

PAIRS = Declaration(
    title="Which tickets are alike?",
    about="Find tickets from several seeds, and compare every two: barrier half-way, angle, masks, predictions.",
    function=pair_matrix,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "How tickets are drawn": (
            Number("rounds", "rounds", low=0, high=100, whole=True, help="after the dense one"),
            Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors"),
            Number("rewind_step", "rewind to step", low=0, whole=True, help="0 is the very beginning"),
            Number("replicas", "replicas", low=1, high=1000, whole=True, help="each from a seed of its own"),
        ),
        "How they are compared": (
            Option("split", "measured on", SPLITS),
            Option("batch_norm", "batch-norm", TREATMENTS, help="of the network half-way"),
            Option("mask", "mask half-way", MASKS_ON_PATH),
        ),
    },
    charts=("pair matrix",),
    words=words,
)
