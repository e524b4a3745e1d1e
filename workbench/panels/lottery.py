"""The lottery panel: find a winning ticket, and put its controls beside it."""

from __future__ import annotations

from workbench.charts import in_words
from workbench.charts.grammar import RUNS
from workbench.experiments import winning_tickets
from workbench.lottery.sanity import CONTROLS
from workbench.panels.groups import LEARNED, TRAINED
from workbench.panels.options import Declaration, Number, Several

LOTTERY = Declaration(
    title="Find a winning ticket",
    about="Train a network, remove its smallest weights, rewind the rest to where they began, and train again.",
    function=winning_tickets,
    groups={
        "What is learned": LEARNED,
        "How it is trained": TRAINED,
        "How tickets are drawn": (
            Number("rounds", "rounds", low=0, high=100, whole=True, help="after the dense one"),
            Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors"),
            Number("rewind_step", "rewind to step", low=0, whole=True, help="0 is the very beginning"),
            Several("controls", "controls", tuple(CONTROLS), labels=tuple(RUNS[name].words for name in CONTROLS)),
            Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval"),
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
    words=in_words,
)
