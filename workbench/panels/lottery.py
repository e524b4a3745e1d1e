"""The lottery panel: find a winning ticket, and put its controls beside it."""

from __future__ import annotations

from workbench.charts.theme import kind
from workbench.experiments import winning_tickets
from workbench.lottery.sanity import CONTROLS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Several

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
            Several("controls", "controls", tuple(CONTROLS), labels=tuple(kind(name)[2] for name in CONTROLS)),
            shared.REPLICAS,
        ),
    },
    charts=("accuracy by density", "learning curves", "density by layer", "first layer", "weights before after"),
)
