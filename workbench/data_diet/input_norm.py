"""The norm of every image, a control that sees neither labels nor a network.

It is the control that GraNd at initialisation needs: that score tracks it, and chooses data no better than chance
(Kirsch 2023, "Does Deep Learning on a Data Diet reproduce? Overall yes, but GraNd at initialization does not").
"""

from __future__ import annotations

import torch

from workbench.data.data import Data
from workbench.data_diet.mean_over_networks import images_to_score
from workbench.data_diet.scores import Score
from workbench.nets.evaluation import BATCH


def input_norm(data: Data, *, split: str = "train") -> Score:
    """Score the examples of a split by ‖x‖₂ of the image as a network takes it: scaled, then normalised by channel.

    Raises a ValueError for an empty split.
    """
    part = images_to_score(data, split)
    images = part.images.split(BATCH)  # their floats are four times as large
    norms = torch.cat([part.normalise(batch).flatten(1).norm(dim=1) for batch in images])
    return Score("input_norm", norms.cpu(), part.ids.cpu(), data.fingerprint, split)
