"""Options that panels share: what is learned, and how it is trained."""

from __future__ import annotations

import torch

from workbench.data.data import Data, Split
from workbench.data.images import AUGMENTATIONS
from workbench.data.sources import DATASETS
from workbench.nets.hardware import resolve
from workbench.nets.models import MODELS, named
from workbench.panels.options import Dataset, Number, Option, Text
from workbench.training.recipe import OPTIMISERS, SCHEDULES


def known_model(text: str) -> None:
    """Raise a ValueError unless the text names a model; it is tried on one empty image."""
    nothing = torch.zeros(1, dtype=torch.int64)
    one = Split(torch.zeros(1, 3, 32, 32, dtype=torch.uint8), nothing, nothing, torch.zeros(3), torch.ones(3))
    named(text, Data("", one, one, one, ("a", "b"), nothing[:0]))


SEED = Number("seed", "seed", low=0, high=2**53 - 1, whole=True)

LEARNED = (
    Dataset("dataset", "dataset", tuple(DATASETS), help="digits needs no download"),
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
