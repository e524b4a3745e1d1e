"""Seeds: every source of randomness is an argument, and no two uses share a stream.

A use of a seed adds its own tag and an index, so that the order of the data, the augmentation, the places of a random
mask and the initial weights come from separate streams even where they were given the same number:
``SeedSequence([seed, tag, index])``. No generator has to be kept: the stream of epoch 7 is drawn anew from (seed, 7).
"""

from __future__ import annotations

import zlib

import numpy as np
import torch

from workbench.work import rules
from workbench.work.rules import LIMIT

MOST = 100_000  # replicas of one seed: more are a slip


def seeds(seed: int, n: int) -> list[int]:
    """Draw n integers of 53 bits from one seed: the seeds of n replicas.

    A sweep over seeds with replicas never repeats one, as `seed + replica` would.
    """
    n = rules.whole("n", n, least=1, most=MOST, way_on="one replica is seeds(seed, 1)")
    state = np.random.SeedSequence([check_seed(seed), _tag("replica")]).generate_state(n, np.uint64)
    return [int(number >> np.uint64(11)) for number in state]


def generator(seed: int, tag: str, index: int = 0) -> torch.Generator:
    """Make torch's generator for one use (`tag`) of a seed; `index` tells epochs, steps or draws apart."""
    return torch.Generator().manual_seed(number(seed, tag, index))


def number(seed: int, tag: str, index: int = 0) -> int:
    """Derive one integer of 53 bits for one use (`tag`) of a seed."""
    sequence = np.random.SeedSequence([check_seed(seed), _tag(tag), index])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(11))


def check_seed(seed: int, name: str = "seed") -> int:
    """Return the seed, or say what a seed must be."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < LIMIT:
        raise ValueError(
            f"{name} must be an integer from 0 to 2**53 - 1, got {rules.shown(seed)}; seed=0 is the usual first one"
        )
    return int(seed)


def _tag(tag: str) -> int:
    return zlib.crc32(tag.encode())
