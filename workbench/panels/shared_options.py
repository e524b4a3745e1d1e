"""Options that panels share: what is learned, how it is trained, pruned and measured."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch

from workbench.data.data import Data, Split
from workbench.data.images import AUGMENTATIONS
from workbench.data.sources import DATASETS, find
from workbench.experiments.example_scores import NAMES
from workbench.experiments.kept_by_name import kept
from workbench.experiments.presets import PRESETS
from workbench.nets.batch_norm import TREATMENTS
from workbench.nets.hardware import resolve
from workbench.nets.models import MODELS, named
from workbench.panels.options import Number, Numbers, Option, Text, rare
from workbench.training.losses import GRADIENTS, LOSSES, Loss, spelled
from workbench.training.losses import named as named_loss
from workbench.training.recipe import CHOICES, OPTIMISERS, SCHEDULES
from workbench.work import rules

RESNET = {name: value for name, value in PRESETS["resnet8-cifar10"].items() if name not in ("rounds", "fraction")}
SPLITS = ("train", "validation", "test")
SCORES = (*NAMES, "barrier")


def known_dataset(text: str) -> None:
    """Raise a ValueError unless the text names a dataset, or data of one's own that are there."""
    try:
        find(text)
    except FileNotFoundError as error:
        raise ValueError(str(error)) from error


def known_model(text: str) -> None:
    """Raise a ValueError unless the text names a model; it is tried on one empty image."""
    nothing = torch.zeros(1, dtype=torch.int64)
    one = Split(torch.zeros(1, 3, 32, 32, dtype=torch.uint8), nothing, nothing, torch.zeros(3), torch.ones(3))
    named(text, Data("", one, one, one, ("a", "b"), nothing[:0]))


def known_kept(text: str) -> None:
    """Raise a ValueError unless the text may be a name or a path; whether it is there is seen when a call begins."""
    rules.path("the name", text, "wb.kept lists those that there are")


def as_loss(loss: Loss | str) -> Loss:
    """Return the loss that a text names; a ValueError where it names none."""
    return named_loss(loss) if isinstance(loss, str) else loss


def as_text(loss: Loss | str) -> str:
    """Return a loss as a person types it."""
    return loss if isinstance(loss, str) else spelled(loss)


SEED = Number("seed", "seed", low=0, high=2**53 - 1, whole=True, rare=True)
REPLICAS = Number("replicas", "replicas", low=1, high=1000, whole=True)
NOISE = Number("label_noise", "label noise", low=0, high=1, step=0.05)

LEARNED = (
    Text("dataset", "dataset", tuple(DATASETS), help="or the path of your own", checked=known_dataset),
    Number("train_size", "training images", low=1, whole=True, empty="all"),
    Text("model", "model", (*MODELS, "resnet8(width=4)"), help='as in "resnet8(width=4)"', checked=known_model),
    Number("image_size", "image side", low=1, whole=True, empty="as it is", rare=True),
    SEED,
    Text("recipe.device", "device", ("auto", "cpu", "cuda"), checked=resolve, rare=True),
)

TRAINED = (
    Number("recipe.epochs", "epochs", low=0.01, empty="by steps", also={"recipe.steps": None}),
    *rare(
        Number("recipe.steps", "or steps", low=0, whole=True, empty="by epochs", also={"recipe.epochs": None}),
        Number("recipe.learning_rate", "learning rate", low=1e-6, high=100, step=0.01),
        Number("recipe.batch_size", "batch size", low=1, whole=True),
        Number("recipe.weight_decay", "weight decay", low=0, high=1, step=0.0001),
        Option("recipe.optimiser", "optimiser", OPTIMISERS),
        Option("recipe.schedule", "schedule", SCHEDULES),
        Option("recipe.augment", "augmentation", tuple(AUGMENTATIONS)),
    ),
)


LOSS = Text(
    "recipe.loss",
    "loss",
    tuple(LOSSES),
    help='as in "focal(gamma=2)"',
    checked=as_loss,
    shown=as_text,
    meant=as_loss,
    rare=True,
)


def of_part(part: str, words: str, *options: Option) -> tuple[Option, ...]:
    """Return options of a recipe as those of another, an argument of its own: "epochs" as "search epochs"."""
    return tuple(
        replace(
            option,
            name=_moved(part, option.name),
            label=f"or {words} steps" if option.label == "or steps" else f"{words} {option.label}",
            also={_moved(part, name): value for name, value in option.also.items()},
            rare=True,
        )
        for option in options
    )


def _moved(part: str, name: str) -> str:
    return f"{part}.{name.rpartition('.')[2]}"


def training(*more: Option, loss: bool = True) -> dict[str, tuple[Option, ...]]:
    """Return the first groups of a form: what is learned, with more options of it, and how it is trained.

    Without `loss` an experiment has losses of its own.
    """
    return {"What is learned": (*LEARNED, *more), "How it is trained": (*TRAINED, LOSS) if loss else TRAINED}


ROUNDS = Number("rounds", "rounds", low=0, high=100, whole=True)
FRACTION = Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05)
REWIND_STEP = Number("rewind_step", "rewind to step", low=0, whole=True)
EXECUTION = Option("recipe.execution", "execution", CHOICES["execution"], rare=True)  # of what is pruned
LAMS = Numbers("lams", "lambdas", low=1e-6, help="one a member; inf is the ordinary mean")
GRADIENT = Option("gradient", "gradient", GRADIENTS)
POINTS = Number("points", "points on a path", low=3, high=201, step=2, whole=True)

START = Text(
    "start", "begins from", ("fresh",), help="or a kept ticket", checked=known_kept, more=partial(kept, "ticket")
)
SORTED_BY = Text(
    "score", "sorted by", SCORES, help="or a kept score", checked=known_kept, shown=str, more=partial(kept, "score")
)

SPLIT = Option("split", "measured on", SPLITS)
BATCH_NORM = Option("batch_norm", "batch-norm", TREATMENTS, rare=True)  # where weights are mixed

SCORE_REPLICAS = Number("score_replicas", "score networks", low=1, high=100, whole=True)
SCORE_STEP = Number("score_step", "scored at step", low=0, whole=True, empty="a quarter of all", rare=True)
