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
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Number, Numbers, Option, Several, rare

LANDSCAPE = Declaration(
    topic="Landscape",
    title="Do two children end connected?",
    about="Train a network a few steps, train two copies on under noise of their own, and walk from one to the other.",
    function=instability,
    groups={
        **shared.training(),
        "How children part": (
            Numbers("rewind_steps", "parted at steps", low=0, whole=True, help="as in 0, 10, 40"),
            Number("children", "children", low=2, high=10, whole=True),
            *rare(shared.POINTS),
            shared.REPLICAS,
            Several("splits", "measured on", shared.SPLITS),
            Several("batch_norm", "batch-norm", TREATMENTS, rare=True),
            Number("score_replicas", "score networks", low=0, high=100, whole=True, rare=True),
        ),
    },
    charts=("barrier by step", "error along path", "barriers by example", "barrier by difficulty"),
    price="about 25 s",
    presets={
        "a first look at digits": Preset(
            {"model": "lenet", "recipe.learning_rate": 0.1, "rewind_steps": (0, 20), "score_replicas": 2}, "about 5 s"
        ),
        "ResNet-8 on CIFAR-10, as recorded": Preset(
            {**shared.RESNET, "rewind_steps": (0, 2, 5, 10, 25, 50, 100, 300), "points": 5, "replicas": 4},
            "about 30 min",
        ),
    },
)

PLANE = Declaration(
    topic="Landscape",
    title="What lies between networks?",
    about="Train two or three networks, lay a plane through them, and see the loss on it with the ways they came.",
    function=plane_between,
    groups={
        **shared.training(),
        "Which networks": (
            Option("between", "networks are", BETWEEN),
            shared.START,
            replace(shared.REWIND_STEP, label="parted at step"),
            Number("networks", "networks", low=2, high=3, whole=True),
            *rare(Number("checkpoints", "points of a trajectory", low=1, high=100, whole=True), shared.REPLICAS),
        ),
        "What is measured": (
            *rare(shared.SPLIT),
            shared.BATCH_NORM,
            Number("levels", "levels", low=1, high=6, whole=True, rare=True),
            *rare(shared.POINTS),
            Number("curve_steps", "steps of a curve", low=0, whole=True, rare=True),
            Option("curve", "curve", CURVES, rare=True),
        ),
    },
    charts=("loss plane",),
)

PAIRS = Declaration(
    topic="Landscape",
    title="Which tickets are alike?",
    about="Find tickets from several seeds, and compare every two: barrier half-way, angle, masks, predictions.",
    function=pair_matrix,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            shared.ROUNDS,
            shared.FRACTION,
            shared.REWIND_STEP,
            shared.REPLICAS,
            shared.EXECUTION,
        ),
        "How they are compared": (
            *rare(shared.SPLIT),
            shared.BATCH_NORM,
            Option("mask", "mask half-way", MASKS_ON_PATH, rare=True),
        ),
    },
    charts=("pair matrix",),
)

CURVATURE = Declaration(
    topic="Landscape",
    title="How curved is the loss around a ticket?",
    about="Draw tickets, and measure the Hessian of the loss on their surviving weights: its spectrum, by density.",
    function=curvature,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            Numbers("measured", "rounds measured", low=0, high=100, whole=True, help="as in 0, 3, 6"),
            shared.FRACTION,
            *rare(shared.REWIND_STEP),
            Several("controls", "controls", CONTROLS, labels=("before training", "random places by layer")),
            shared.REPLICAS,
            shared.EXECUTION,
        ),
        "How curvature is measured": (
            Number("examples", "examples", low=1, whole=True),
            *rare(
                shared.SPLIT,
                Number("k", "largest eigenvalues", low=1, high=100, whole=True),
                Number("draws", "vectors for the trace", low=3, high=1000, whole=True),
                Number("steps", "Lanczos steps", low=2, high=1000, whole=True),
                Number("repeats", "Lanczos runs", low=1, high=100, whole=True),
                Number("epsilon", "rise of the loss", low=1e-6, high=10, step=0.01),
            ),
        ),
    },
    charts=("spectrum",),
)
