"""Losses: one number an example, by hand and against torch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import workbench as wb
from workbench.batches import Batch


def batch(labels: torch.Tensor) -> Batch:
    return Batch(torch.arange(len(labels)), labels, 0, 1)


def test_cross_entropy_by_hand():
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    losses = wb.CrossEntropy()(logits, batch(torch.tensor([0, 1])))
    assert losses.tolist() == pytest.approx([math.log(2), math.log(4)])


def test_smoothed_labels_by_hand_and_against_torch():
    logits, labels = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3, 0])
    found = wb.CrossEntropy(smoothing=0.1)(logits, batch(labels))
    y = nn.functional.one_hot(labels, 4) * 0.9 + 0.1 / 4
    assert torch.allclose(found, -(y * logits.log_softmax(1)).sum(1))
    assert torch.allclose(found.mean(), nn.CrossEntropyLoss(label_smoothing=0.1)(logits, labels))


def test_labels_may_be_probabilities():
    logits, labels = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.25, 0.75, 0.0]])
    expected = -(labels * logits.log_softmax(1)).sum(1)
    assert torch.allclose(wb.CrossEntropy()(logits, batch(labels)), expected)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 5.0])
def test_a_smoothing_out_of_range_is_said(smoothing: float):
    with pytest.raises(ValueError, match=rf"smoothing must be in \[0, 1\), got {smoothing}; 0.1 is the usual one"):
        wb.CrossEntropy(smoothing=smoothing)
