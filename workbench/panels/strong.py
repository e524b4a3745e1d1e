"""The panels of strong tickets: a random network that becomes a trained one, what it costs to run, what it takes."""

from __future__ import annotations

from typing import Any

import pandas

from workbench.charts.grammar.looks import STRUCTURES
from workbench.experiments import STRONG_PRESETS, Strong, block_mask, price_of_structure, strong_costs, strong_tickets
from workbench.experiments.price_of_structure import BLOCKED
from workbench.experiments.strong_tickets import WAYS
from workbench.numbers.tables import table
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Flag, Number, Numbers, Option, Several, rare
from workbench.strong import SOLVERS

RATIOS = Numbers("ratios", "candidates a dimension", low=0.01, help="as in 5, 10, 20")
SOLVER = Option("solver", "solver", ("auto", *SOLVERS), rare=True)
MARGIN = Number("margin", "margin of scale", low=0.01, step=0.25, rare=True)
DEVICE = next(option for option in shared.LEARNED if option.name == "recipe.device")
SEARCHED = [option for option in (*shared.TRAINED, shared.LOSS, DEVICE) if option.name != "recipe.learning_rate"]
POPUP = shared.of_part("popup", "edge-popup", *SEARCHED)


def structures(names: tuple[str, ...]) -> Several:
    """Return the option of what may be removed."""
    return Several("structures", "what is removed", names, labels=tuple(STRUCTURES[name].words for name in names))


def tickets(outcomes: list[Any]) -> pandas.DataFrame:
    """Return the table of tickets alone: layers are drawn as they come."""
    return table([outcome for outcome in outcomes if isinstance(outcome, Strong)])


STRONG_TICKETS = Declaration(
    topic="Strong tickets",
    title="Does a random network hold the trained one?",
    about=(
        "Train a small network, the target, then remove whole filters of a random one until it computes the same. "
        "No weight of it is trained; the construction is derived and measured here, its theorem recalled from the "
        "paper. The ticket is smaller than the random network, not than the target."
    ),
    function=strong_tickets,
    groups={
        "What is learned": shared.LEARNED,
        "How the target is trained": (*shared.TRAINED, shared.LOSS),
        "What is removed": (
            RATIOS,
            shared.REPLICAS,
            structures(WAYS),
            *rare(
                Number("scale", "scale", low=1e-9, step=0.01, empty="by the formula"),
                Numbers("margin", "margin of scale", low=0.01, single=True, help="one, or several as in 1, 1.25"),
                SOLVER,
                Number("seconds", "seconds a sum", low=0.001, empty="no limit"),
                Flag("signed", "images with signs"),
                shared.SPLIT,
            ),
        ),
        "Masks that match the task": (
            *rare(
                Number("popup_ratio", "edge-popup candidates a dimension", low=0.01, step=1),
                Numbers("popup_rates", "edge-popup learning rates", low=1e-6, help="as in 1, 10"),
            ),
            *POPUP,
        ),
    },
    charts=("strong layers", "kernels side by side", "strong accuracy", "strong errors"),
    table=tickets,
    price="about 15 s",
    presets={
        "a first look at digits": Preset({"ratios": (10.0,), "replicas": 1}, "about 5 s"),
        "digits, all structures, as recorded": Preset(STRONG_PRESETS["digits"], "about 8 min"),
        "LeNet-5 on MNIST, as recorded": Preset(STRONG_PRESETS["lenet5-mnist"], "about 19 min"),
    },
)

STRONG_COSTS = Declaration(
    topic="Strong tickets",
    title="What does a strong ticket cost to run?",
    about=(
        "Size and time of a target, its random network, that under a mask, and what is kept alone. The ticket is "
        "smaller than the random network, not than the target."
    ),
    function=strong_costs,
    groups={
        "What is learned": shared.LEARNED,
        "How the target is trained": (*shared.TRAINED, shared.LOSS),
        "How it is measured": (
            RATIOS,
            Number("images", "images a batch", low=1, whole=True),
            Number("repeats", "repeats", low=1, high=1000, whole=True),
            shared.REPLICAS,
        ),
    },
    charts=("strong costs",),
)

PRICE_OF_STRUCTURE = Declaration(
    topic="Strong tickets",
    title="What does structure cost?",
    about=(
        "Match one random slab of kernels by single weights, by kernels, by whole filters: the more goes together, the "
        "more candidates it takes. All of it is measured; the bound that is proven is recalled, and far larger."
    ),
    function=price_of_structure,
    groups={
        "The slab": (
            Numbers("outputs", "output channels", low=1, whole=True, help="as in 4, 8"),
            Number("kernel_size", "kernel size", low=1, high=99, whole=True),
        ),
        "What is removed": (
            Numbers("candidates", "candidates", low=1, whole=True, help="as in 10, 40, 160"),
            MARGIN,
            SOLVER,
            shared.SEED,
            shared.REPLICAS,
            structures(BLOCKED),
        ),
    },
    charts=("price of structure",),
)

BLOCK_MASK = Declaration(
    topic="Strong tickets",
    title="Why a block mask?",
    about=(
        "Make one ReLU neuron of some of many random ones. Where each reads one input the error falls exponentially "
        "with their number, where each reads all only like a power of it. Both are measured."
    ),
    function=block_mask,
    groups={
        "The random neurons": (
            Numbers("hidden", "hidden neurons", low=4, high=5000, whole=True, help="as in 20, 80, 320"),
            shared.SEED,
            shared.REPLICAS,
        ),
    },
    charts=("block mask",),
)
