"""The panel of one training: a network from a fresh beginning, or from a ticket that was kept."""

from __future__ import annotations

from workbench.experiments import trained_networks
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number

TRAIN = Declaration(
    topic="Data, training",
    title="What does a network learn?",
    about="Train a network, afresh or from a ticket that was kept, and see what it has right and what wrong.",
    function=trained_networks,
    groups={
        **shared.training(shared.NOISE),
        "From where": (
            shared.START,
            Number("evaluations", "measured", low=1, high=1000, whole=True),
            shared.REPLICAS,
            shared.EXECUTION,
        ),
    },
    charts=("training curves", "surest mistakes", "confusion matrix"),
)
