"""Options that panels share: what is learned, how it is trained, pruned and measured."""

from __future__ import annotations

import torch

from workbench.data.data import Data, Split
from workbench.data.images import AUGMENTATIONS
from workbench.data.sources import DATASETS, find
from workbench.experiments.example_scores import NAMES
from workbench.nets.batch_norm import TREATMENTS
from workbench.nets.hardware import resolve
from workbench.nets.models import MODELS, named
from workbench.panels.options import Number, Numbers, Option, Text
from workbench.training.losses import GRADIENTS, LOSSES, Loss, spelled
from workbench.training.losses import named as named_loss
from workbench.training.recipe import OPTIMISERS, SCHEDULES

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


def as_loss(loss: Loss | str) -> Loss:
    """Return the loss that a text names; a ValueError where it names none."""
    return named_loss(loss) if isinstance(loss, str) else loss


def as_text(loss: Loss | str) -> str:
    """Return a loss as a person types it."""
    return loss if isinstance(loss, str) else spelled(loss)


SEED = Number("seed", "seed", low=0, high=2**53 - 1, whole=True)
REPLICAS = Number("replicas", "replicas", low=1, high=1000, whole=True, help="three give an interval")
NOISE = Number("label_noise", "label noise", low=0, high=1, step=0.05, help="share of labels that are moved")

LEARNED = (
    Text("dataset", "dataset", tuple(DATASETS), help="or the path of your own", checked=known_dataset),
    Number("train_size", "training images", low=1, whole=True, empty="all"),
    Number("image_size", "image side", low=1, whole=True, empty="as it is", help="pixels"),
    Text("model", "model", (*MODELS, "resnet8(width=4)"), help='as in "resnet8(width=4)"', checked=known_model),
    SEED,
    Text("recipe.device", "device", ("auto", "cpu", "cuda"), checked=resolve),
)

TRAINED = (
    Number("recipe.epochs", "epochs", low=0.01, empty="by steps", help="may be fractional"),
    Number("recipe.steps", "or steps", low=0, whole=True, empty="by epochs"),
    Number("recipe.learning_rate", "learning rate", low=1e-6, high=100, step=0.01),
    Number("recipe.batch_size", "batch size", low=1, whole=True),
    Number("recipe.weight_decay", "weight decay", low=0, high=1, step=0.0001),
    Option("recipe.optimiser", "optimiser", OPTIMISERS),
    Option("recipe.schedule", "schedule", SCHEDULES),
    Option("recipe.augment", "augmentation", tuple(AUGMENTATIONS)),
)


LOSS = Text(
    "recipe.loss", "loss", tuple(LOSSES), help='as in "focal(gamma=2)"', checked=as_loss, shown=as_text, meant=as_loss
)


def training(*more: Option, loss: bool = True) -> dict[str, tuple[Option, ...]]:
    """Return the first groups of a form: what is learned, with more options of it, and how it is trained.

    Without `loss` an experiment has losses of its own.
    """
    return {"What is learned": (*LEARNED, *more), "How it is trained": (*TRAINED, LOSS) if loss else TRAINED}


ROUNDS = Number("rounds", "rounds", low=0, high=100, whole=True, help="after the dense one")
FRACTION = Number("fraction", "fraction pruned", low=0.001, high=0.999, step=0.05, help="of the survivors, a round")
REWIND_STEP = Number("rewind_step", "rewind to step", low=0, whole=True, help="0 is the very beginning")
LAMS = Numbers("lams", "lambdas", low=1e-6, help="one a member; inf is the ordinary mean")
GRADIENT = Option("gradient", "gradient", GRADIENTS, help="of the mathematics, or as the published code has it")

SPLIT = Option("split", "measured on", SPLITS)
BATCH_NORM = Option("batch_norm", "batch-norm", TREATMENTS)  # where weights are mixed

SCORE_REPLICAS = Number("score_replicas", "score networks", low=1, high=100, whole=True, help="of seeds of their own")
SCORE_STEP = Number("score_step", "scored at step", low=0, whole=True, empty="a quarter of all")
