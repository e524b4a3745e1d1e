"""The panels of scores: how hard is each example, and what does a network learn and forget while it trains?"""

from __future__ import annotations

from workbench.experiments import example_scores, remembering
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number, Several

SCORES = Declaration(
    title="How hard is each example?",
    about="Train a few networks, score every training example by each of them, and look at the images.",
    function=example_scores,
    groups={
        **shared.training(shared.NOISE),
        "What is scored": (
            Several("scores", "scores", shared.SCORES),
            shared.SCORE_STEP,
            Number(
                "barrier_step", "children part at", low=0, whole=True, empty="a sixtieth of all", help="barrier only"
            ),
            shared.REPLICAS,
        ),
    },
    charts=(
        "score distributions",
        "easiest and hardest",
        "score against score",
        "score correlations",
        "score stability",
    ),
)

FORGETTING = Declaration(
    title="What does a network forget while it trains?",
    about="Train one network, and count for every example how often it was right, and wrong the next time.",
    function=remembering,
    groups=shared.training(shared.NOISE),
    charts=("memory by step", "easiest and hardest", "score distributions"),
)
