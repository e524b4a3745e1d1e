"""The panels of ensembles: do they know what they do not know, also under shift, and what does each member learn?"""

from __future__ import annotations

from workbench.ensembles.combination import COMBINATIONS
from workbench.ensembles.members import OVER, SHARE
from workbench.experiments import CALIBRATION_PRESETS, WAYS, member_difficulty, robust_ensembles, under_shift
from workbench.nets.initialisation import RULES
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Flag, Names, Number, Numbers, Option, Several, rare
from workbench.pruning.straight_through import SCOPES
from workbench.shift import CORRUPTIONS, OUT_OF_DISTRIBUTION_SCORES
from workbench.training.losses import ANNEALINGS

PIXELS = Number("pixel_noise", "pixel noise", low=0, high=10, step=0.1)
METHODS = Several("methods", "methods", tuple(WAYS))
DENSITY = Number("density", "density of a member", low=0.0001, high=1, step=0.01)
COMBINE = Option("combine", "mean of", tuple(COMBINATIONS), rare=True)
SIMPLE = (DENSITY, shared.LAMS, *rare(shared.GRADIENT), COMBINE, shared.REPLICAS, METHODS)

ENSEMBLES = Declaration(
    topic="Ensembles",
    title="Do ensembles of tickets know what they do not know?",
    about="Train tickets from easy to hard, by robust losses, and put ordinary ensembles and others beside them.",
    function=robust_ensembles,
    groups={
        **shared.training(PIXELS, *rare(shared.NOISE), loss=False),
        "Which ensembles": (DENSITY, COMBINE, shared.REPLICAS, METHODS),
        "How robust the members are": (
            Numbers("lams", "lambdas", low=1e-6, empty="by radii", also={"etas": None}),
            *rare(
                Numbers("etas", "or radii eta", low=0, empty="by lambdas", also={"lams": None}),
                Option("anneal", "annealed", ANNEALINGS),
                shared.GRADIENT,
                Option("over", "weighs over", OVER),
            ),
        ),
        "How edge-popup tickets are drawn": rare(
            Option("share", "members share", SHARE),
            Option("scope", "density is", SCOPES),
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
    price="about 20 s",
    presets={
        "a first look at digits": Preset({"recipe.epochs": 10}, "about 8 s"),
        "digits with noise, as recorded": Preset(CALIBRATION_PRESETS["digits"], "about 20 s"),
        "Fashion-MNIST, as recorded": Preset(CALIBRATION_PRESETS["fashion-mnist"], "about 3 min"),
        "CIFAR-10 at 16 × 16, as recorded": Preset(CALIBRATION_PRESETS["cifar10"], "about 3 min"),
    },
)

UNDER_SHIFT = Declaration(
    topic="Ensembles",
    title="Do they know it under shift?",
    about="Train ensembles, then show them corrupted images, and images of other data.",
    function=under_shift,
    groups={
        **shared.training(PIXELS, loss=False),
        "Which ensembles": SIMPLE,
        "Which shift": (
            *rare(
                Several("corruptions", "corruptions", tuple(CORRUPTIONS)),
                Numbers("severities", "severities", low=1, high=5, whole=True, help="as in 1, 3, 5"),
                Names("others", "other data", help="random pixels, kmnist, the path of an .npz"),
                Several("scores", "scores", tuple(OUT_OF_DISTRIBUTION_SCORES)),
                Flag("scaled", "confidence scaled by temperature"),
            ),
        ),
    },
    charts=("accuracy by severity", "roc out of distribution"),
    price="about 25 s",
    presets={
        "a first look at digits": Preset(
            {"methods": ("robust", "ordinary"), "recipe.epochs": 10, "severities": (1, 3, 5)}, "about 8 s"
        ),
    },
)

MEMBER_DIFFICULTY = Declaration(
    topic="Ensembles",
    title="What does each member learn, from easy to hard?",
    about="Train ensembles, sort the training images by difficulty, and look at each member alone.",
    function=member_difficulty,
    groups={
        **shared.training(PIXELS, loss=False),
        "Which ensembles": SIMPLE,
        "How difficulty is measured": (*rare(shared.SCORE_REPLICAS), shared.SCORE_STEP),
    },
    charts=("easy to hard",),
    price="about 20 s",
    presets={
        "a first look at digits": Preset({"methods": ("robust",), "recipe.epochs": 10}, "about 5 s"),
    },
)
