"""A number drawn for every example, the control of all scores: what a choice by nothing at all gives."""

from __future__ import annotations

import torch

from workbench.data.data import Data
from workbench.data_diet.mean_over_networks import images_to_score
from workbench.data_diet.scores import Score
from workbench.work.seeds import generator


def random(data: Data, *, split: str = "train", seed: int = 0) -> Score:
    """Score the examples of a split by numbers drawn from [0, 1), one an example in the order of its id.

    So the same seed gives an example the same number, in whatever order the data stand. Raises a ValueError for an
    empty split.
    """
    part = images_to_score(data, split)
    ids = part.ids.cpu().sort().values
    drawn = torch.rand(len(ids), generator=generator(seed, "random score"))
    return Score("random", drawn[torch.searchsorted(ids, part.ids.cpu())], part.ids.cpu(), data.fingerprint, split)
