"""The data-diet panels: which data must the first steps see, and which can be left out altogether?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.accuracy_by_barrier import words as barrier_in_words
from workbench.charts.accuracy_by_kept_share import words as kept_in_words
from workbench.charts.accuracy_by_subset import words as subset_in_words
from workbench.data_diet.subsets import parse
from workbench.experiments import kept_part, pretraining
from workbench.experiments.example_scores import NAMES
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Flag, Names, Number, Numbers, Option

REPLICAS = Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval")
KINDS = Names("subsets", "subsets", checked=parse, help="all, random, easiest, hardest, window(skip=500)")
BALANCED = Flag("balanced", "class-balanced", help="as many of every class")
NOISE = Number("label_noise", "label noise", low=0, high=1, step=0.05, help="share of labels that are moved")
SCORED = (
    Option("score", "sorted by", (*NAMES, "barrier"), help="from the easiest to the hardest"),
    Number("score_replicas", "score networks", low=1, high=100, whole=True, help="of seeds of their own"),
    Number("score_step", "scored at step", low=0, whole=True, empty="a quarter of all"),
)


def diet_in_words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the accuracies of the sparsest tickets, then what foretold them."""
    outcomes = list(outcomes)
    return subset_in_words(outcomes) + barrier_in_words(outcomes)


DATA_DIET = Declaration(
    title="Which data must the first steps see?",
    about="Pre-train a few steps on a subset, rewind there, and prune on all the data: easy, hard, random or all.",
    function=pretraining,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "What the first steps see": (
            KINDS,
            Numbers("sizes", "sizes", low=1, whole=True, help="examples, as in 100, 500"),
            Numbers("pretrain_steps", "steps k", low=0, whole=True, help="as in 0, 10; 0 is the reference"),
            BALANCED,
            NOISE,
            *SCORED,
        ),
        "How tickets are drawn": (
            Number("rounds", "rounds", low=0, high=100, whole=True, help="after the dense one"),
            Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors"),
            Option("batch_norm", "batch-norm", TREATMENTS, help="half-way between two children"),
            REPLICAS,
        ),
    },
    charts=("accuracy by subset", "accuracy by subset beside published", "accuracy by barrier"),
    words=diet_in_words,
)

KEPT_DATA = Declaration(
    title="Which data can be left out?",
    about="Train on a part of the data from the beginning: the hardest, the easiest, a random part, or a window.",
    function=kept_part,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "What is kept": (
            KINDS,
            Numbers("shares", "shares kept", low=0.0001, high=1, help="as in 0.25, 0.5"),
            BALANCED,
            Flag("same_steps", "as many steps", help="as for all the data; else as many epochs"),
            NOISE,
            *SCORED,
            REPLICAS,
        ),
    },
    charts=("accuracy by kept share",),
    words=kept_in_words,
)
