"""The panels of strong tickets: a random network that becomes a trained one, what it costs to run, what it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas

from workbench.charts.grammar.looks import STRUCTURES
from workbench.experiments import Strong, block_mask, price_of_structure, strong_costs, strong_tickets
from workbench.experiments.price_of_structure import BLOCKED
from workbench.experiments.strong_tickets import WAYS
from workbench.numbers.tables import table
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Flag, Number, Numbers, Option, Several
from workbench.strong import SOLVERS

RATIOS = Numbers("ratios", "candidates", low=0.01, help="usable ones a dimension of a sum: 20 is precise, 10 rough")
SOLVER = Option("solver", "solver", ("auto", *SOLVERS), help="of subset sums")
MARGIN = Number("margin", "margin of scale", low=0.01, step=0.25, help="times the least scale that the formula asks")
DEVICE = next(option for option in shared.LEARNED if option.name == "recipe.device")
POPUP = tuple(
    replace(option, name=option.name.replace("recipe.", "popup."))
    for option in (*shared.TRAINED, shared.LOSS, DEVICE)
    if option.name != "recipe.learning_rate"
)


def structures(names: tuple[str, ...]) -> Several:
    """Return the option of what may be removed."""
    return Several("structures", "what is removed", names, labels=tuple(STRUCTURES[name].words for name in names))


def tickets(outcomes: list[Any]) -> pandas.DataFrame:
    """Return the table of tickets alone: layers are drawn as they come."""
    return table([outcome for outcome in outcomes if isinstance(outcome, Strong)])


STRONG_TICKETS = Declaration(
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
            structures(WAYS),
            RATIOS,
            Number("scale", "scale", low=1e-9, step=0.01, empty="by the formula", help="deviation of random kernels"),
            Numbers("margin", "margin of scale", low=0.01, single=True, help="several are tried on the one draw"),
            SOLVER,
            Number("seconds", "seconds a sum", low=0.001, empty="no limit", help="the best so far is kept, and marked"),
            Flag("signed", "images with signs", help="scaled to mean 0: two sums for a channel of the first layer"),
            shared.REPLICAS,
            shared.SPLIT,
        ),
        "Masks that match the task": (
            Number("popup_ratio", "candidates", low=0.01, step=1, help="of edge-popup's random network"),
            Numbers("popup_rates", "learning rates", low=1e-6, help="the best on validation images is taken"),
            *POPUP,
        ),
    },
    charts=("strong layers", "kernels side by side", "strong accuracy", "strong errors"),
    table=tickets,
)

STRONG_COSTS = Declaration(
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
            Number("repeats", "repeats", low=1, high=1000, whole=True, help="the median is taken"),
            shared.REPLICAS,
        ),
    },
    charts=("strong costs",),
)

PRICE_OF_STRUCTURE = Declaration(
    title="What does structure cost?",
    about=(
        "Match one random slab of kernels by single weights, by kernels, by whole filters: the more goes together, the "
        "more candidates it takes. All of it is measured; the bound that is proven is recalled, and far larger."
    ),
    function=price_of_structure,
    groups={
        "The slab": (
            Numbers("outputs", "outputs", low=1, whole=True, help="channels, as in 4, 8"),
            Number("kernel_size", "kernel size", low=1, high=99, whole=True),
        ),
        "What is removed": (
            structures(BLOCKED),
            Numbers("candidates", "candidates", low=1, whole=True, help="usable ones, as in 10, 40, 160"),
            MARGIN,
            SOLVER,
            shared.SEED,
            shared.REPLICAS,
        ),
    },
    charts=("price of structure",),
)

BLOCK_MASK = Declaration(
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
