"""The panel of a data set: what is in it, before any network sees it."""

from __future__ import annotations

from workbench.data.images import AUGMENTATIONS
from workbench.experiments import dataset_view
from workbench.experiments.dataset_view import DRAWS, MOST
from workbench.panels import shared_options as shared
from workbench.panels.declaration import Declaration
from workbench.panels.options import Number, Option

PIXEL_NOISE = Number("pixel_noise", "pixel noise", low=0, high=100, step=0.1)

DATA_SET = Declaration(
    topic="Data, training",
    title="What is in the data?",
    about="Look at the images before any network does: their classes, and what noise and augmentation make of them.",
    function=dataset_view,
    groups={
        "What is looked at": (
            *(option for option in shared.LEARNED if option.name in ("dataset", "train_size", "image_size")),
            Option("split", "part", shared.SPLITS),
            Number("images", "images of a class", low=1, high=MOST, whole=True),
            shared.SEED,
        ),
        "What is done to it": (
            shared.NOISE,
            PIXEL_NOISE,
            Option("augment", "augmentation", tuple(AUGMENTATIONS)),
            Number("draws", "draws of an image", low=1, high=DRAWS, whole=True),
        ),
    },
    charts=("images by class", "augmented images", "moved labels", "class counts", "pixel values"),
    live=True,
)
