"""The panel of executions: what a training step costs at each density, dense, sparse and compact."""

from __future__ import annotations

from workbench.experiments import execution_costs
from workbench.experiments.execution_costs import EXECUTIONS, MASKS_OF
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Number, Numbers, Option, Several

EXECUTION_COSTS = Declaration(
    topic="Tickets",
    title="What does a step cost at each density?",
    about=(
        "Prune a trained network, and time its training steps: dense with its zeros, with sparse layers, and as the "
        "smaller network that is left. The steps of all run in turn, so that a busy machine slows all alike."
    ),
    function=execution_costs,
    groups={
        **shared.training(),
        "What is pruned": (
            Numbers("densities", "densities", low=1e-6, high=0.999999, help="as in 0.2, 0.05"),
            Option("masks_of", "what is removed", MASKS_OF),
            shared.REPLICAS,
        ),
        "How it is measured": (
            Several("executions", "executions", EXECUTIONS),
            Number("repeats", "repeats", low=1, high=10_000, whole=True),
        ),
    },
    usual={"image_size": 28},  # 784 inputs, as those of MNIST
    charts=("cost by density", "alive by layer"),
    price="about 10 s",
    presets={
        "ResNet-8 without some of its filters": Preset(
            {"model": "resnet8(width=16)", "masks_of": "filters", "densities": (0.75, 0.5, 0.25), "image_size": 16},
            "about 40 s",
        ),
    },
)
