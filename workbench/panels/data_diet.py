"""The data-diet panels: how hard is each example, and what does a network learn and forget while it trains?

Which data must the first steps see, and which can be left out altogether?
"""

from __future__ import annotations

from workbench.data_diet.subsets import parse
from workbench.experiments import example_scores, kept_part, pretraining, remembering
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Flag, Names, Number, Numbers, Several, rare

SUBSETS = Names("subsets", "subsets", checked=parse, help="all, random, easiest, hardest, window(skip=500)")
BALANCED = Flag("balanced", "class-balanced", rare=True)
SORTED = (
    shared.SORTED_BY,
    *rare(shared.SCORE_REPLICAS),
    shared.SCORE_STEP,
)

SCORES = Declaration(
    topic="Data diet",
    title="How hard is each example?",
    about="Train a few networks, score every training example by each of them, and look at the images.",
    function=example_scores,
    groups={
        **shared.training(shared.NOISE),
        "What is scored": (
            shared.REPLICAS,
            Several("scores", "scores", shared.SCORES),
            shared.SCORE_STEP,
            Number("barrier_step", "parted at step", low=0, whole=True, empty="a sixtieth of all", rare=True),
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
    topic="Data diet",
    title="What does a network forget while it trains?",
    about="Train one network, and count for every example how often it was right, and wrong the next time.",
    function=remembering,
    groups=shared.training(shared.NOISE),
    charts=("memory by step", "easiest and hardest", "score distributions"),
)

DATA_DIET = Declaration(
    topic="Data diet",
    title="Which data must the first steps see?",
    about="Pre-train a few steps on a subset, rewind there, and prune on all the data: easy, hard, random or all.",
    function=pretraining,
    groups={
        **shared.training(),
        "What the first steps see": (
            SUBSETS,
            Numbers("sizes", "sizes", low=1, whole=True, help="as in 100, 500"),
            Numbers("pretrain_steps", "pre-training steps", low=0, whole=True, help="as in 0, 10"),
            BALANCED,
            *rare(shared.NOISE, *SORTED),
        ),
        "How tickets are drawn": (
            *rare(shared.ROUNDS, shared.FRACTION),
            shared.BATCH_NORM,
            shared.REPLICAS,
            shared.EXECUTION,
        ),
    },
    charts=("accuracy by subset", "accuracy by subset beside published", "accuracy by barrier"),
    only={"accuracy by subset beside published": "cifar10"},
    price="about 30 s",
    presets={
        "a first look at digits": Preset(
            {"model": "lenet", "recipe.learning_rate": 0.1, "subsets": ("all", "random", "hardest")}, "about 8 s"
        ),
        "ResNet-8 on CIFAR-10, as recorded": Preset(
            {
                **shared.RESNET,
                "subsets": ("all", "easiest", "random", "hardest"),
                "sizes": (1000,),
                "score_replicas": 10,
                "score_step": 300,
                "seed": 3,
                "replicas": 8,
            },
        ),
    },
)

KEPT_DATA = Declaration(
    topic="Data diet",
    title="Which data can be left out?",
    about="Train on a part of the data from the beginning: the hardest, the easiest, a random part, or a window.",
    function=kept_part,
    groups={
        **shared.training(),
        "What is kept": (
            SUBSETS,
            Numbers("shares", "shares kept", low=0.0001, high=1, help="as in 0.25, 0.5"),
            BALANCED,
            Flag("same_steps", "as many steps as for all the data", rare=True),
            *rare(shared.NOISE),
            *SORTED,
            shared.REPLICAS,
        ),
    },
    charts=("accuracy by kept share",),
)
