"""The panels of ensembles: do they know what they do not know, also under shift, and what does each member learn?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.charts.accuracy_by_severity import words as severity_in_words
from workbench.charts.calibration_by_method import words as differences_in_words
from workbench.charts.each_member import words_of_difficulty as difficulty_in_words
from workbench.charts.reliability_diagram import words as reliability_in_words
from workbench.charts.roc_out_of_distribution import words as roc_in_words
from workbench.ensembles.combination import COMBINATIONS
from workbench.ensembles.members import OVER, SHARE
from workbench.experiments import member_difficulty, robust_ensembles, under_shift
from workbench.experiments.ways_to_an_ensemble import WAYS
from workbench.nets.initialisation import RULES
from workbench.panels.data_diet import NOISE, REPLICAS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Flag, Names, Number, Numbers, Option, Several
from workbench.panels.robust import GRADIENT, LAMS
from workbench.shift import CORRUPTIONS, OUT_OF_DISTRIBUTION_SCORES
from workbench.training.losses import ANNEALINGS

PIXELS = Number("pixel_noise", "pixel noise", low=0, high=10, step=0.1, help="makes digits hard; 0 is none")
METHODS = Several("methods", "methods", tuple(WAYS))
DENSITY = Number("density", "density", low=0.0001, high=1, step=0.01, help="of a member")
COMBINE = Option("combine", "mean of", tuple(COMBINATIONS), help="mean logits are the surer")
SIMPLE = (METHODS, DENSITY, LAMS, GRADIENT, COMBINE, REPLICAS)


def calibration_in_words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: who is over- or underconfident, then what differs from the ordinary ensemble."""
    outcomes = list(outcomes)
    return reliability_in_words(outcomes) + differences_in_words(outcomes)


def shift_in_words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: accuracy and ECE under corruption, then how well other data are noticed."""
    outcomes = list(outcomes)
    return severity_in_words(outcomes) + roc_in_words(outcomes)


ENSEMBLES = Declaration(
    title="Do ensembles of tickets know what they do not know?",
    about="Train tickets from easy to hard, by robust losses, and put ordinary ensembles and others beside them.",
    function=robust_ensembles,
    groups={
        "What is learned": (*LEARNED, PIXELS, NOISE),
        "How it is trained": TRAINED,
        "Which ensembles": (METHODS, DENSITY, COMBINE, REPLICAS),
        "How robust the members are": (
            Numbers("lams", "lambdas", low=1e-6, empty="by etas", help="one a member; inf is the ordinary mean"),
            Numbers("etas", "or radii eta", low=0, empty="by lambdas", help="one a member; 0 is the mean"),
            Option("anneal", "annealed", ANNEALINGS),
            GRADIENT,
            Option("over", "weighs over", OVER),
        ),
        "How edge-popup tickets are drawn": (
            Option("share", "members share", SHARE),
            Option("scope", "density is", ("layer", "global"), help="of each layer, or of all together"),
            Option("rule", "random weights", tuple(RULES)),
        ),
    },
    charts=(
        "reliability diagram",
        "confidence histogram",
        "calibration by method",
        "member cards",
        "sure and wrong",
        "member history",
    ),
    words=calibration_in_words,
)

UNDER_SHIFT = Declaration(
    title="Do they know it under shift?",
    about="Train ensembles, then show them corrupted images, and images of other data.",
    function=under_shift,
    groups={
        "What is learned": (*LEARNED, PIXELS),
        "How it is trained": TRAINED,
        "Which ensembles": SIMPLE,
        "Which shift": (
            Several("corruptions", "corruptions", tuple(CORRUPTIONS)),
            Numbers("severities", "severities", low=1, high=5, whole=True, help="from 1 to 5"),
            Names("others", "other data", help="random pixels, kmnist, the path of an .npz"),
            Several("scores", "scores", tuple(OUT_OF_DISTRIBUTION_SCORES)),
            Flag("scaled", "temperature", help="scale confidence by that of clean validation images"),
        ),
    },
    charts=("accuracy by severity", "roc out of distribution"),
    words=shift_in_words,
)

MEMBER_DIFFICULTY = Declaration(
    title="What does each member learn, from easy to hard?",
    about="Train ensembles, sort the training images by difficulty, and look at each member alone.",
    function=member_difficulty,
    groups={
        "What is learned": (*LEARNED, PIXELS),
        "How it is trained": TRAINED,
        "Which ensembles": SIMPLE,
        "How difficulty is measured": (
            Number("score_replicas", "EL2N networks", low=1, high=100, whole=True, help="of seeds of their own"),
            Number("score_step", "scored at step", low=0, whole=True, empty="a quarter of all"),
        ),
    },
    charts=("easy to hard",),
    words=difficulty_in_words,
)
