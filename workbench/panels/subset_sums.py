"""The panels of subset sums, from which strong tickets are made: many of them beside their law, and one, live."""

from __future__ import annotations

from workbench.experiments import SUBSET_SUM_PRESETS, partial_sums, subset_sums
from workbench.experiments.partial_sums import LARGEST
from workbench.experiments.subset_sums import TARGETS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Number, Numbers, Option, Several, Slider
from workbench.strong import DISTRIBUTIONS, SOLVERS

NAMES = ("auto", *SOLVERS)
TARGET = Option("target", "target", tuple(TARGETS), rare=True)
SECONDS = Number("seconds", "seconds a sum", low=0.01, empty="no limit", rare=True)

SUBSET_SUMS = Declaration(
    topic="Strong tickets",
    title="How near does a subset of random vectors come?",
    about="Draw candidates and a target, choose the subset whose sum is nearest, and set its error beside the law.",
    function=subset_sums,
    groups={
        "Which sums": (
            Numbers("dimensions", "dimensions", low=1, whole=True, help="as in 1, 2, 4"),
            Numbers("candidates", "candidates", low=1, whole=True, help="as in 10, 20, 40"),
            Numbers("scales", "scales", low=1e-6, help="as in 1, 0.1, 0.01", rare=True),
            TARGET,
            Several("distributions", "distributions", tuple(DISTRIBUTIONS)),
        ),
        "How they are solved": (shared.REPLICAS, Several("solvers", "solvers", NAMES), SECONDS, shared.SEED),
    },
    charts=("subset sum error by candidates", "subset sum success", "subset sum error by scale", "solver race"),
    price="about 2 s",
    presets={
        "the law, as recorded": Preset(SUBSET_SUM_PRESETS["law"], "about 20 s"),
        "the scale of the vectors, as recorded": Preset(SUBSET_SUM_PRESETS["scale"], "about 10 s"),
    },
)

PARTIAL_SUMS = Declaration(
    topic="Strong tickets",
    title="How does a subset sum land on its target?",
    about="Move dimension, candidates and scale, and watch the kept vectors add up to a kernel.",
    function=partial_sums,
    groups={
        "Which sum": (
            Slider(
                "dimension",
                "dimension",
                low=1,
                high=LARGEST["dimension"],
                stops=(1, 2, 4, 9, 18, 27, 36, 54, 72, 100, 144),
                meant=int,
            ),
            Slider(
                "candidates",
                "candidates",
                low=1,
                high=LARGEST["candidates"],
                stops=(5, 10, 20, 30, 40, 60, 100, 200, 400, 700, 1000, 1500),
                meant=int,
            ),
            Slider(
                "scale", "scale", low=1e-6, stops=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
            ),
            Option("distribution", "distribution", tuple(DISTRIBUTIONS)),
        ),
        "How it is solved": (Option("solver", "solver", NAMES), TARGET, SECONDS, shared.SEED),
    },
    charts=("partial sums",),
    live=True,
)
