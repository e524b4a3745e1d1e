"""Panels around one network: perturb and return, prune in one shot, prune until rounds disconnect."""

from __future__ import annotations

from workbench.charts.accuracy_by_share import words as shot_in_words
from workbench.charts.barrier_between_rounds import words as rounds_in_words
from workbench.charts.barrier_by_distance import words as distance_in_words
from workbench.experiments import one_shot, perturbation, until_disconnected
from workbench.nets.batch_norm import TREATMENTS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Numbers, Option
from workbench.panels.pairs import SPLITS

FRACTION = Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors, a round")
REWIND = Number("rewind_step", "rewind to step", low=0, whole=True, help="0 is the very beginning")
REPLICAS = Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval")
THRESHOLD = Number("threshold", "connected up to", low=0.0001, high=0.9999, step=0.01, help="error barrier, a fraction")
SHARES = Numbers("shares", "shares", low=0.0001, high=0.9999, help="as in 0.5, 0.9")
MEASURED = (
    Option("split", "measured on", SPLITS),
    Option("batch_norm", "batch-norm", TREATMENTS, help="between two networks"),
)

PERTURBATION = Declaration(
    title="How far away does the solution still return?",
    about="Push a round's starting point aside by a random vector, train it, and look at the way to the old solution.",
    function=perturbation,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "What is perturbed": (
            FRACTION,
            REWIND,
            Numbers("at", "rounds", low=0, whole=True, help="0 is dense, as in 0, 3"),
            Numbers("distances", "distances", low=0.001, help="1 is the way to the projected solution"),
            REPLICAS,
        ),
        "How it is measured": (*MEASURED, Number("points", "points on a path", low=3, whole=True, step=2), THRESHOLD),
    },
    charts=("barrier by distance",),
    words=distance_in_words,
)

ONE_SHOT = Declaration(
    title="How much can be pruned in one shot?",
    about="Remove the smallest weights of the dense solution at once, retrain the rest, and compare.",
    function=one_shot,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "What is pruned": (
            Numbers("shares", "shares", low=0.0001, high=0.9999, help="as in 0.5, 0.9"),
            REWIND,
            REPLICAS,
        ),
        "How it is measured": MEASURED,
    },
    charts=("accuracy by share",),
    words=shot_in_words,
)

UNTIL_DISCONNECTED = Declaration(
    title="When do successive rounds disconnect?",
    about="Prune round after round until the way from one solution to the next has a barrier.",
    function=until_disconnected,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "How tickets are drawn": (
            Number("rounds", "rounds at most", low=2, high=100, whole=True),
            FRACTION,
            REWIND,
            Number("beyond", "rounds beyond", low=0, high=100, whole=True, help="after the first that is disconnected"),
            REPLICAS,
        ),
        "How it is measured": (*MEASURED, THRESHOLD),
    },
    charts=("barrier between rounds",),
    words=rounds_in_words,
)
