"""The checks of the exercises on tickets at initialisation say what is wrong, and never raise."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import workbench as wb
from workbench.pruning.straight_through import _Rounded


def straight_through(p, w):  # the right answer to exercise 1
    return w * ((p > 0.5).float() + p - p.detach())


def reached(layers, units):
    """Return which units of each layer's inputs are reached from those before, the outputs of the last at the end."""
    units = [units]
    for layer in layers:
        units.append((layer & units[-1]).any(1))
    return units


def live(layers):
    forwards = reached(layers, torch.ones(layers[0].shape[1], dtype=torch.bool))
    backwards = reached([layer.T for layer in layers[::-1]], torch.ones(layers[-1].shape[0], dtype=torch.bool))[::-1]
    return [m & forwards[i] & backwards[i + 1][:, None] for i, m in enumerate(layers)]


def share(live, layers):
    return sum(int(m.sum()) for m in live) / sum(m.numel() for m in layers)


def one_layer_further(layers):
    """Drop what its neighbours alone show to be dead."""
    kept = [m.clone() for m in layers]
    for i in range(1, len(layers)):
        kept[i] &= layers[i - 1].any(1)
        kept[i - 1] &= layers[i].any(0)[:, None]
    return kept


def forwards_only(layers):
    units = reached(layers, torch.ones(layers[0].shape[1], dtype=torch.bool))
    return [m & units[i] for i, m in enumerate(layers)]


def backwards_only(layers):
    return [m.T for m in forwards_only([m.T for m in layers[::-1]])][::-1]


def test_right_answers_about_rare_gems_are_right() -> None:
    assert wb.check.rounded(straight_through).right
    assert wb.check.rounded(lambda p, w: _Rounded.apply(p, w)).right
    assert wb.check.effective_density(lambda layers: share(live(layers), layers)).right
    assert wb.check.effective_density(lambda layers: torch.tensor(share(live(layers), layers))).right


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda p, w: None, "nothing (None)"),
        (lambda p, w: p.nothing, "raised AttributeError"),
        (lambda p, w: w[p > 0.5], "a tensor of shape (4,)"),
        (lambda p, w: w * p, "keeps 0.9 of it"),
        (lambda p, w: w * ((p >= 0.5).float() + p - p.detach()), "exactly 1/2 is not above 1/2"),
        (lambda p, w: w * (1 - (p > 0.5).float()), "exactly 1/2 is not above"),
        (lambda p, w: (p > 0.5).float() + p - p.detach(), "keep 1, 0, 0, 4"),
        (lambda p, w: w * (p > 0.5), "a comparison has none"),
        (lambda p, w: w * p.round(), "a comparison has none"),
        (lambda p, w: w * (p > 0.5) * (1 + p - p.detach()), "never come back"),
        (lambda p, w: w * (p > 0.5) + p - p.detach(), "dp = dW · w"),
        (lambda p, w: w * ((p > 0.5).float() + 2 * p - 2 * p.detach()), "dW · w = 1, -4, 9, 4"),
    ],
)
def test_a_wrong_rounding_is_told_what_is_wrong(wrong: Any, said: str) -> None:
    verdict = wb.check.rounded(wrong)
    assert not verdict.right
    assert said in verdict.message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda layers: None, "should return one number"),
        (lambda layers: layers.nothing, "raised AttributeError"),
        (lambda layers: share(layers, layers), "7 of 16 are kept"),
        (lambda layers: share(live(layers), layers) * 16 / 7, "the share of what is kept"),
        (lambda layers: share(forwards_only(layers), layers), "leads on from is dead, too"),
        (lambda layers: share(backwards_only(layers), layers), "nothing comes to is dead, too"),
        (lambda layers: share(one_layer_further(layers), layers), "further than one layer"),
        (lambda layers: 0.5, "one in each layer: 0.1875"),
        (lambda layers: [m.zero_() for m in layers] and 0.1875, "changed the masks"),
        (lambda layers: max(0.1875, share(live(layers), layers)), "where nothing passes"),
        (lambda layers: share(live(layers), layers) if len(layers) == 3 else 0, "where all is kept"),
    ],
)
def test_a_wrong_effective_density_is_told_what_is_wrong(wrong: Any, said: str) -> None:
    verdict = wb.check.effective_density(wrong)
    assert not verdict.right
    assert said in verdict.message


def test_the_workbench_agrees_with_the_exercise() -> None:
    """The network of the exercise, as a model."""
    sizes = [(2, 3), (3, 2), (2, 2)]
    model = torch.nn.Sequential(torch.nn.Flatten(), *(torch.nn.Linear(*size, bias=False) for size in sizes))
    layers = [[[1, 0], [1, 1], [0, 0]], [[1, 0, 1], [0, 1, 0]], [[1, 0], [0, 0]]]
    mask = {f"{i + 1}.weight": torch.tensor(layer, dtype=torch.bool) for i, layer in enumerate(layers)}
    assert wb.live_paths(model, mask, (1, 1, 2)).effective_density == 3 / 16
