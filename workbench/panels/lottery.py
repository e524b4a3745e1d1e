"""The lottery panel: find a winning ticket, and put its controls beside it."""

from __future__ import annotations

from workbench.charts.grammar.looks import RUNS, looks_of
from workbench.experiments import winning_tickets
from workbench.lottery.sanity import CONTROLS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
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
    title="Find a winning ticket",
    about="Train a network, remove its smallest weights, rewind the rest to where they began, and train again.",
    function=winning_tickets,
    groups={
        **shared.training(),
        "How tickets are drawn": (
            shared.ROUNDS,
            shared.FRACTION,
            shared.REWIND_STEP,
            Several("controls", "controls", tuple(CONTROLS), labels=WORDS),
            shared.REPLICAS,
        ),
    },
    usual=FIRST,
    charts=(
        "accuracy by density",
        "accuracy by rewind step",
        "learning curves",
        "density by layer",
        "first layer",
        "weights before after",
    ),
)
