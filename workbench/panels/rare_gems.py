"""The panel of tickets at initialisation: methods, densities and sanity checks beside one another."""

from __future__ import annotations

from dataclasses import replace

from workbench.charts.grammar.looks import RUNS
from workbench.experiments import CHECKS, RARE_GEMS_PRESETS, tickets_at_initialisation, tickets_table
from workbench.experiments.found_at_initialisation import FINDERS, check_finder
from workbench.experiments.trial_of_tickets import DRAWS, TREATMENTS
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration, Preset
from workbench.panels.options import Flag, Names, Number, Numbers, Option, Several

RATES = Numbers("learning_rates", "learning rates", low=1e-6, help="as in 0.05, 0.2", rare=True)
TRAINED = tuple(option for option in (*shared.TRAINED, shared.LOSS) if option.name != "recipe.learning_rate")
DEVICE = next(option for option in shared.LEARNED if option.name == "recipe.device")
SEARCH = shared.of_part("search", "search", *shared.TRAINED, shared.LOSS, DEVICE)
WORDS = tuple(RUNS[kind or check].words for check, kind in CHECKS.items())

RARE_GEMS = Declaration(
    topic="Tickets",
    title="Which tickets can be found at initialisation?",
    about="Find tickets before a weight is trained, by any method, then train them, and put them to the sanity checks.",
    function=tickets_at_initialisation,
    groups={
        "What is learned": shared.LEARNED,
        "What is tried": (
            Names(
                "methods",
                "methods",
                checked=check_finder,
                help=f"any of {', '.join(FINDERS)}; as in gem_miner(l2=0.0003), imp",
            ),
            Numbers("densities", "densities", low=1e-6, high=1, help="as in 0.05, 0.0144"),
            Several("controls", "sanity checks", tuple(CHECKS), labels=WORDS),
            Flag("matched", "rivals with equal passes", rare=True),
            shared.REPLICAS,
        ),
        "The search": (*SEARCH, Number("glimpses", "glimpses", low=0, high=100, whole=True, rare=True)),
        "How tickets are trained": (RATES, *TRAINED, shared.EXECUTION),
        "How tickets begin": (
            Option("rule", "initial weights", DRAWS, rare=True),
            replace(shared.REWIND_STEP, label="warm start at step", rare=True),
            Flag("unflag", "train what is kept", rare=True),
            Option("batch_norm", "batch-norm", TREATMENTS, rare=True),
        ),
    },
    charts=(
        "search by step",
        "scores over time",
        "density by layer and method",
        "accuracy before and after",
        "accuracy by search cost",
        "sanity checks",
    ),
    table=tickets_table,
    price="about 10 s",
    presets={
        "LeNet on MNIST, as recorded": Preset(RARE_GEMS_PRESETS["lenet-mnist"]),
        "LeNet on Fashion-MNIST, as recorded": Preset(RARE_GEMS_PRESETS["lenet-fashion-mnist"]),
        "ResNet-8 on CIFAR-10, as recorded": Preset(RARE_GEMS_PRESETS["resnet8-cifar10"]),
        "ResNet-20 on CIFAR-10, as the paper": Preset(RARE_GEMS_PRESETS["resnet20-cifar10"], "hours on a GPU"),
    },
)
