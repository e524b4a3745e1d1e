"""Partings made by hand: three points, six examples, losses that are told apart."""

from __future__ import annotations

import torch

from workbench.data.data import Split
from workbench.experiments.instability import Parting
from workbench.landscape.path import Path
from workbench.nets.batch_norm import TREATMENTS

ALPHAS = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
EXAMPLES = Split(
    torch.arange(6 * 4, dtype=torch.uint8).view(6, 1, 2, 2),
    torch.arange(6) % 2,
    torch.arange(6) + 100,
    torch.zeros(1),
    torch.ones(1),
)


def parting(
    step: int = 0,
    *,
    replica: int = 0,
    pair: str = "0-1",
    split: str = "test",
    batch_norm: str = "average",
    rise: float = 1.0,
    wrong: int = 2,
) -> Parting:
    """One pair: the loss of example i rises by i × `rise` in the middle, where so many of the six are wrong."""
    flat = torch.ones(6)
    losses = torch.stack([flat, flat + rise * torch.arange(6), flat])
    mistakes = torch.zeros(3, 6, dtype=torch.bool)
    mistakes[1, 6 - wrong :] = True
    path = Path(
        alphas=ALPHAS,
        loss=losses.double().mean(1),
        error=mistakes.double().mean(1),
        losses_PN=losses,
        wrong_PN=mistakes,
        labels=EXAMPLES.labels,
        ids=EXAMPLES.ids,
        split=split,
        batch_norm=batch_norm,
    )
    return Parting(
        seed=0,
        replica=replica,
        rewind_step=step,
        pair=pair,
        split=split,
        batch_norm=batch_norm,
        barrier_error=path.barrier(),
        barrier_loss=path.barrier(of="loss"),
        connected_share=path.connected_share(),
        accuracy=1.0,
        path=path,
        examples=EXAMPLES,
        scores=torch.arange(6).float(),
    )


def partings(rise: float = 1.0, *, steps: tuple[int, ...] = (0, 5, 20), replicas: int = 3) -> list[Parting]:
    """All splits and treatments; the later the children part, the less is wrong half-way."""
    return [
        parting(step, replica=r, split=split, batch_norm=how, rise=rise / (1 + i), wrong=3 - min(i, 3))
        for r in range(replicas)
        for i, step in enumerate(steps)
        for split in ("train", "test")
        for how in TREATMENTS
    ]
