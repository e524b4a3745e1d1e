"""The panels of robust losses: their weights, live, by a slider; and a toy in which they learn rare features."""

from __future__ import annotations

from workbench.experiments import rare_features, robust_weighting
from workbench.experiments.robust_weighting import BY, DIGITS, MADE_LOSSES, MOST
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number, Option, Slider, rare

STOPS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
LARGE = (5.0, 7.0, 10.0, 20.0, 50.0, 100.0)

ROBUST_WEIGHTS = Declaration(
    topic="Ensembles",
    title="What does a robust loss make of a batch?",
    about="Move the radius eta of the uncertainty set, or lambda, and see how every example of a batch is weighed.",
    function=robust_weighting,
    groups={
        "How robust": (
            Slider("eta", "radius eta", stops=(0.0, *STOPS), also={"by": "eta"}),
            Slider("lam", "lambda", stops=(*STOPS, *LARGE), also={"by": "lam"}),
            Option("by", "moved by", BY),
            *rare(shared.GRADIENT),
        ),
        "Which losses": (
            Option("losses", "losses", (*MADE_LOSSES, DIGITS)),
            Number("n", "examples", low=2, high=MOST, whole=True),
            Number("spread", "spread", low=0.01, high=1000, step=0.5),
            Number("trained", "trained steps", low=0, high=500, whole=True, rare=True),
            shared.SEED,
        ),
    },
    charts=("robust weights",),
    live=True,
)

RARE_FEATURES = Declaration(
    topic="Ensembles",
    title="Does robust training learn rare features?",
    about="Train a small network on images with a frequent or a rare feature, by the mean and ever more robustly.",
    function=rare_features,
    groups={
        "What is learned": (
            Number("train_size", "training images", low=10, whole=True),
            Number("minor", "share of rare ones", low=0, high=1, step=0.01),
            Number("noise", "noise", low=0, high=10, step=0.1),
            Number("classes", "classes", low=2, high=20, whole=True, rare=True),
            shared.SEED,
        ),
        "How robustly": (shared.LAMS, *rare(shared.GRADIENT), shared.REPLICAS),
        "How it is trained": shared.TRAINED,
    },
    charts=("rare features",),
)
