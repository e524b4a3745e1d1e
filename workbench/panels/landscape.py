"""The panels of the loss landscape: are two children connected, what lies between networks, which tickets are alike?

How curved is the loss around tickets, and what does that foretell?
"""

from __future__ import annotations

from dataclasses import replace

from workbench.experiments import curvature, instability, pair_matrix, plane_between
from workbench.experiments.curvature_by_density import CONTROLS
from workbench.experiments.plane_between import BETWEEN
from workbench.landscape import CURVES
from workbench.landscape.path import MASKS_ON_PATH
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number, Numbers, Option, Several

POINTS = Number("points", "points of a path", low=3, high=201, step=2, whole=True, help="odd")

LANDSCAPE = Declaration(
    title="Do two children end connected?",
    about="Train a network a few steps, train two copies on under noise of their own, and walk from one to the other.",
    function=instability,
    groups={
        **shared.training(),
        "How children part": (
            Numbers("rewind_steps", "at steps", low=0, whole=True, help="as in 0, 10, 40"),
            Number("children", "children", low=2, high=10, whole=True, help="of each step"),
            POINTS,
            Several("splits", "measured on", shared.SPLITS),
            Several("batch_norm", "batch-norm", TREATMENTS, labels=("average of both", "recomputed", "of the first")),
            Number("score_replicas", "EL2N networks", low=0, high=100, whole=True, help="0: no groups by difficulty"),
            shared.REPLICAS,
        ),
    },
    charts=("barrier by step", "error along path", "barriers by example", "barrier by difficulty"),
)

PLANE = Declaration(
    title="What lies between networks?",
    about="Train two or three networks, lay a plane through them, and see the loss on it with the ways they came.",
    function=plane_between,
    groups={
        **shared.training(),
        "Which networks": (
            Option("between", "networks are", BETWEEN, help="children of one point, or draws of their own"),
            replace(shared.REWIND_STEP, label="parted at step", help="children only"),
            Number("networks", "networks", low=2, high=3, whole=True, help="two: with where they began"),
            Number("checkpoints", "points of a trajectory", low=1, high=100, whole=True),
            replace(shared.REPLICAS, help="the picture shows the first"),
        ),
        "What is measured": (
            shared.SPLIT,
            shared.BATCH_NORM,
            Number("levels", "levels", low=1, high=6, whole=True, help="5, 9, 17, … points a side"),
            POINTS,
            Number("curve_steps", "steps of a curve", low=0, whole=True, help="0: only the line"),
            Option("curve", "curve", CURVES),
        ),
    },
    charts=("loss plane",),
)

PAIRS = Declaration(
    title="Which tickets are alike?",
    about="Find tickets from several seeds, and compare every two: barrier half-way, angle, masks, predictions.",
    function=pair_matrix,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            shared.ROUNDS,
            shared.FRACTION,
            shared.REWIND_STEP,
            replace(shared.REPLICAS, help="each from a seed of its own"),
        ),
        "How they are compared": (
            shared.SPLIT,
            replace(shared.BATCH_NORM, help="of the network half-way"),
            Option("mask", "mask half-way", MASKS_ON_PATH),
        ),
    },
    charts=("pair matrix",),
)

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
