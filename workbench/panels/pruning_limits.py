"""The panels of how far pruning can go: pushed aside, pruned in one shot, pruned on until rounds disconnect."""

from __future__ import annotations

from dataclasses import replace

from workbench.experiments import PRESETS, one_shot, perturbation, until_disconnected
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Number, Numbers, Text, rare
from workbench.pruning import METHODS, check_method

METHOD = Text("method", "pruned by", tuple(METHODS), help="as in random_mask(layers='erk')", checked=check_method)
MEASURED = rare(shared.SPLIT, shared.BATCH_NORM)
THRESHOLD = Number("threshold", "connected up to", low=0.0001, high=0.9999, step=0.01, rare=True)

PERTURBATION = Declaration(
    topic="Tickets",
    title="How far away does the solution still return?",
    about="Push a round's starting point aside by a random vector, train it, and look at the way to the old solution.",
    function=perturbation,
    groups={
        **shared.training(),
        "What is perturbed": (
            shared.FRACTION,
            *rare(shared.REWIND_STEP),
            Numbers("at", "rounds", low=0, whole=True, help="as in 0, 3"),
            Numbers("distances", "distances", low=0.001, help="as in 0.5, 1"),
            shared.REPLICAS,
            shared.EXECUTION,
        ),
        "How it is measured": (*MEASURED, *rare(shared.POINTS), THRESHOLD),
    },
    charts=("barrier by distance",),
)

ONE_SHOT = Declaration(
    topic="Tickets",
    title="How much can be pruned in one shot?",
    about="Prune the dense solution at once, its smallest weights or by another method, retrain the rest, and compare.",
    function=one_shot,
    groups={
        **shared.training(),
        "What is pruned": (
            METHOD,
            Numbers("shares", "shares removed", low=0.0001, high=0.9999, help="as in 0.5, 0.9"),
            shared.REWIND_STEP,
            shared.REPLICAS,
            shared.EXECUTION,
        ),
        "How it is measured": MEASURED,
    },
    charts=("accuracy by share",),
)

UNTIL_DISCONNECTED = Declaration(
    topic="Tickets",
    title="When do successive rounds disconnect?",
    about="Prune round after round until the way from one solution to the next has a barrier.",
    function=until_disconnected,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            replace(shared.ROUNDS, label="rounds at most", low=2),
            shared.FRACTION,
            shared.REWIND_STEP,
            Number("beyond", "rounds beyond", low=0, high=100, whole=True, rare=True),
            shared.REPLICAS,
            shared.EXECUTION,
        ),
        "How it is measured": (*MEASURED, THRESHOLD),
    },
    charts=("barrier between rounds",),
    presets={
        "ResNet-8 on CIFAR-10, as recorded": Preset({**PRESETS["resnet8-cifar10"], "beyond": 4, "rewind_step": 50}),
    },
)
