"""The data-diet panels: which data must the first steps see, and which can be left out altogether?"""

from __future__ import annotations

from dataclasses import replace

from workbench.data_diet.subsets import parse
from workbench.experiments import kept_part, pretraining
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Flag, Names, Numbers, Option

SUBSETS = Names("subsets", "subsets", checked=parse, help="all, random, easiest, hardest, window(skip=500)")
BALANCED = Flag("balanced", "class-balanced", help="as many of every class")
SORTED = (
    Option("score", "sorted by", shared.SCORES, help="from the easiest to the hardest"),
    shared.SCORE_REPLICAS,
    shared.SCORE_STEP,
)

DATA_DIET = Declaration(
    title="Which data must the first steps see?",
    about="Pre-train a few steps on a subset, rewind there, and prune on all the data: easy, hard, random or all.",
    function=pretraining,
    groups={
        **shared.training(),
        "What the first steps see": (
            SUBSETS,
            Numbers("sizes", "sizes", low=1, whole=True, help="examples, as in 100, 500"),
            Numbers("pretrain_steps", "steps k", low=0, whole=True, help="as in 0, 10; 0 is the reference"),
            BALANCED,
            shared.NOISE,
            *SORTED,
        ),
        "How tickets are drawn": (
            shared.ROUNDS,
            shared.FRACTION,
            replace(shared.BATCH_NORM, help="half-way between two children"),
            shared.REPLICAS,
        ),
    },
    charts=("accuracy by subset", "accuracy by subset beside published", "accuracy by barrier"),
)

KEPT_DATA = Declaration(
    title="Which data can be left out?",
    about="Train on a part of the data from the beginning: the hardest, the easiest, a random part, or a window.",
    function=kept_part,
    groups={
        **shared.training(),
        "What is kept": (
            SUBSETS,
            Numbers("shares", "shares kept", low=0.0001, high=1, help="as in 0.25, 0.5"),
            BALANCED,
            Flag("same_steps", "as many steps", help="as for all the data; else as many epochs"),
            shared.NOISE,
            *SORTED,
            shared.REPLICAS,
        ),
    },
    charts=("accuracy by kept share",),
)
