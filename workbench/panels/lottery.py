"""The lottery panel: find a winning ticket, and put its controls beside it."""

from __future__ import annotations

from workbench.charts.grammar.looks import RUNS, looks_of
from workbench.experiments import winning_tickets
from workbench.lottery.sanity import CONTROLS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Several

LOOKS = looks_of(RUNS, CONTROLS)
WORDS = tuple(LOOKS[name].words for name in CONTROLS)

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
            Several("controls", "controls", tuple(CONTROLS), labels=WORDS, rare=True),
            shared.REPLICAS,
        ),
    },
    charts=(
        "accuracy by density",
        "accuracy by rewind step",
        "learning curves",
        "density by layer",
        "first layer",
        "weights before after",
    ),
)
