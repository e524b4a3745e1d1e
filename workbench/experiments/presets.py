"""Settings with a name, as options of an experiment: `winning_tickets(**PRESETS["lenet-mnist"])`.

Those of `CALIBRATION_PRESETS` are for `robust_ensembles`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from workbench.experiments.robust_ensembles import POPUP
from workbench.training.recipe import Recipe

LENET = {"model": "lenet", "rounds": 12, "fraction": 0.2, "train_size": None, "image_size": None}
LENET |= {"recipe": Recipe(epochs=3, learning_rate=0.1, momentum=0.0, batch_size=128)}
RESNET = {"model": "resnet8(width=16)", "rounds": 4, "fraction": 0.6, "train_size": 10_000, "image_size": 16}
FALLING = {"schedule": "multistep", "milestones": (0.5, 0.75), "decay": 0.1}
STEEP = Recipe(steps=1200, learning_rate=0.4, momentum=0.9, weight_decay=1e-3, batch_size=128, **FALLING)

PRESETS: dict[str, dict[str, Any]] = {
    # LeNet-300-100, where a ticket is found from step 0 (open_lth's learning rate and batch, fewer epochs)
    "lenet-mnist": {"dataset": "mnist", **LENET},
    "lenet-fashion-mnist": {"dataset": "fashion-mnist", **LENET},
    # a batch-normed net, where rewinding decides: four rounds of 60 %; without augmentation and with this weight decay,
    # rewinding to step 0 fails and to step 50 does not; "slow" is the same at a lower rate
    "resnet8-cifar10": {"dataset": "cifar10", **RESNET, "recipe": STEEP},
    "resnet8-cifar10-slow": {"dataset": "cifar10", **RESNET, "recipe": replace(STEEP, learning_rate=0.1)},
}

THREE = {"model": "lenet(hidden=(512, 512), norm=True)", "recipe": POPUP, "density": 0.05}
LARGE = {"train_size": 5000, "pixel_noise": 0.0, **THREE}

# lambdas by the NLL of the validation images of two pilot seeds, 100 and 101, among (8, 4), (4, 2), (2, 1), (1, 0.5),
# (0.5, 0.25) beside infinity, constant, and (20, 2) annealed along a cosine; networks that are overconfident untreated
CALIBRATION_PRESETS: dict[str, dict[str, Any]] = {
    "digits": {"dataset": "digits", "train_size": 900, "pixel_noise": 0.6, "lams": (inf, 2.0, 1.0), **THREE},
    "fashion-mnist": {"dataset": "fashion-mnist", "lams": (inf, 1.0, 0.5), **LARGE},
    "cifar10": {"dataset": "cifar10", "image_size": 16, "lams": (inf, 2.0, 1.0), **LARGE},
}
