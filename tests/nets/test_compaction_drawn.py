"""Smaller networks of masked ones, of layers drawn at random."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from compacted import check_same, filters, lively
from torch import Tensor, nn

import workbench as wb


class Sum(nn.Module):
    """A residual block, or with `join` both branches side by side."""

    def __init__(self, branch: nn.Module, join: bool) -> None:
        super().__init__()
        self.branch, self.join = branch, join

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch(x), x], 1) if self.join else self.branch(x) + x


def drawn_network(seed: int) -> nn.Sequential:
    """A network of layers drawn at random: convolutions of all kinds, norms, activations, poolings, blocks."""
    draw = torch.Generator().manual_seed(seed)

    def chosen(*values: Any) -> Any:
        return values[int(torch.randint(len(values), (1,), generator=draw))]

    def layers(channels: int, depth: int, *first: nn.Module) -> tuple[list[nn.Module], int]:
        made_of = list(first)
        for _ in range(depth):
            kind = chosen("conv", "conv", "each", "pool", "norm", "sum", "depthwise", "groups")
            bias = chosen(True, False)
            if kind == "conv":
                size, mode = chosen(1, 3), chosen("zeros", "zeros", "circular")
                outputs = chosen(2, 4, 6)
                made_of.append(nn.Conv2d(channels, outputs, size, padding=size // 2, padding_mode=mode, bias=bias))
                channels = outputs
            elif kind == "each":
                made_of.append(chosen(nn.ReLU(), nn.ReLU6(), nn.Tanh(), nn.Sigmoid(), nn.PReLU(channels)))
            elif kind == "pool":
                pools = (nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1, count_include_pad=False))
                made_of.append(chosen(*pools))
            elif kind == "norm":
                made_of.append(nn.BatchNorm2d(channels, affine=bias, track_running_stats=chosen(True, True, False)))
            elif kind == "sum" and depth > 2:
                branch, outputs = layers(channels, 2)
                join = chosen(True, False)
                branch += [] if join else [nn.Conv2d(outputs, channels, 1, bias=bias)]
                made_of.append(Sum(nn.Sequential(*branch), join))
                channels = channels + outputs if join else channels
            elif kind == "depthwise":
                made_of.append(nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=bias))
            elif channels % 2 == 0:
                made_of.append(nn.Conv2d(channels, channels, 1, groups=2, bias=bias))
        return made_of, channels

    body, _ = layers(4, 7, nn.Conv2d(2, 4, 1))
    body += chosen([nn.Flatten()], [nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    width = nn.Sequential(*body).eval()(torch.zeros(1, 2, 4, 4)).shape[1]
    body += [nn.Linear(width, 5), chosen(nn.BatchNorm1d(5), nn.Identity()), nn.GELU(), nn.Linear(5, 3)]
    return nn.Sequential(*body)


@pytest.mark.parametrize("seed", range(40))
def test_drawn_networks_are_made_smaller(seed: int):
    torch.manual_seed(seed)
    model = drawn_network(seed).double()
    weights, images = lively(model), torch.randn(4, 2, 4, 4, dtype=torch.float64)
    whole = wb.masks.full(model)
    for density in (0.8, 0.4, 0.1):
        mask = {name: torch.rand(kept.shape) < density for name, kept in whole.items()}
        check_same(model, weights, filters(mask, 0.4 + density / 2, []), images, 1e-8)
        check_same(model, weights, mask, images, 1e-8)
