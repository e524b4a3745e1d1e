"""The lottery panel: find a winning ticket, and put its controls beside it."""

from __future__ import annotations

from workbench.charts.grammar.looks import RUNS, looks_of
from workbench.experiments import PRESETS, winning_tickets
from workbench.lottery.sanity import CONTROLS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Several
from workbench.training.recipe import Recipe

LOOKS = looks_of(RUNS, CONTROLS)
WORDS = tuple(LOOKS[name].words for name in CONTROLS)

FIRST = {  # digits in half a minute: a rate that falls to zero leaves replicas alike, so that their interval is narrow
    "recipe": Recipe(epochs=12, learning_rate=0.3, schedule="cosine"),
    "rounds": 4,
    "fraction": 0.56,
    "replicas": 16,
}

LOTTERY = Declaration(
    topic="Tickets",
    title="Find a winning ticket",
    about="Train a network, remove its smallest weights, rewind the rest to where they began, and train again.",
    function=winning_tickets,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            shared.ROUNDS,
            shared.FRACTION,
            shared.REWIND_STEP,
            Several("controls", "controls", tuple(CONTROLS), labels=WORDS, rare=True),
            shared.REPLICAS,
            shared.EXECUTION,
        ),
    },
    usual=FIRST,
    charts=(
        "accuracy by density",
        "difference by density",
        "accuracy by rewind step",
        "learning curves",
        "density by layer",
        "alive by layer",
        "first layer",
        "weights before after",
    ),
    price="about 20 s",
    presets={
        "a first look at digits": Preset({"rounds": 4, "fraction": 0.4, "controls": ("random_mask",)}, "about 5 s"),
        "LeNet on MNIST, as Frankle 2019 but 3 epochs": Preset(PRESETS["lenet-mnist"], "about 5 min"),
        "LeNet on Fashion-MNIST, the same": Preset(PRESETS["lenet-fashion-mnist"], "about 5 min"),
        "ResNet-8 on CIFAR-10, where rewinding decides": Preset(PRESETS["resnet8-cifar10"], "about 25 min"),
        "the same at a lower rate": Preset(PRESETS["resnet8-cifar10-slow"], "about 25 min"),
    },
)
