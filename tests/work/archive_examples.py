"""Small work to archive, in a file of its own: other processes import it too."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from workbench.work.progress import report

made = []


@dataclass(frozen=True, eq=False)
class Found:
    index: int
    density: float
    mask: dict[str, torch.Tensor]
    start: dict[str, torch.Tensor]
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.5


def weigh(seed: int, *, size: int = 10) -> Found:
    made.append(seed)
    generator = torch.Generator().manual_seed(seed)
    start = {"w": torch.randn(size, generator=generator), "b": torch.zeros(3)}
    return Found(0, 1.0, {"w": start["w"] > 0}, start, [{"step": 1.0, "loss": 0.1 + 0.2}])


def levels(seed: int, n: int = 4, *, after: Found | None = None) -> Iterator[Found]:
    """Each value is made from the one before, as rounds are."""
    last = weigh(seed) if after is None else after
    for index in range(0 if after is None else after.index + 1, n):
        made.append(("level", index))
        for i in range(20):
            report(i + 1, 20)
        mask = {"w": last.mask["w"] & (last.start["w"] * (index + 1) > 0.5)}
        last = Found(index, mask["w"].float().mean().item(), mask, last.start)
        yield last
