"""How a loss weighs examples, by hand; with the weights of examples; and against the gradient itself."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from workbench.data.batches import Batch
from workbench.ensembles.weighing import weigh
from workbench.training.losses import CrossEntropy, CVaR, Focal, Loss, Robust
from workbench.training.robust import published_weights

BATCH = Batch(torch.arange(4), torch.tensor([0, 1, 0, 1]), 0, 10)
LOGITS = torch.tensor([[2.0, 0.0], [1.0, 0.5], [-1.0, 1.0], [0.3, 0.2]], dtype=torch.float64)
LOSSES = functional.cross_entropy(LOGITS, BATCH.labels, reduction="none")
TWICE = torch.tensor([1.0, 2.0, 1.0, 4.0])


def shares(values: torch.Tensor) -> list[float]:
    return (values / values.sum()).tolist()


def test_a_cross_entropy_weighs_all_alike_with_softened_labels_too():
    for loss in (CrossEntropy(), CrossEntropy(smoothing=0.3), Robust(lam=math.inf), Robust(eta=0.0), Focal(0.0)):
        found = weigh(loss, LOSSES, BATCH)
        assert found.weights.tolist() == pytest.approx([0.25] * 4)
        assert found.lam == math.inf


def test_weights_by_hand():
    log2 = torch.tensor([0.0, math.log(2), math.log(4), 0.0])
    assert weigh(Robust(lam=1.0), log2, BATCH).weights.tolist() == pytest.approx([1 / 8, 2 / 8, 4 / 8, 1 / 8])
    assert weigh(CVaR(0.5), log2, BATCH).weights.tolist() == pytest.approx([0, 0.5, 0.5, 0])
    assert weigh(Focal(2.0), log2, BATCH).weights.tolist() == pytest.approx([0, 4 / 13, 9 / 13, 0])  # 1/2 and 3/4


def test_the_focal_weights_are_what_it_makes_of_each_loss():
    expected = Focal(1.5)(LOGITS, BATCH) / LOSSES
    assert weigh(Focal(1.5), LOSSES, BATCH).weights.tolist() == pytest.approx(shares(expected))


@pytest.mark.parametrize("given", [None, TWICE])
@pytest.mark.parametrize(
    "loss", [CrossEntropy(), CVaR(0.5), Robust(lam=0.7), Robust(lam=0.2, gradient="as_published"), Robust(eta=0.3)]
)
def test_weights_of_gradients_are_those_of_the_gradient(loss: Loss, given: torch.Tensor | None):
    """By automatic differentiation: the gradient at an example's logits is its weight times that of its own loss."""
    logits = LOGITS.clone().requires_grad_()
    losses = loss(logits, BATCH)
    (losses if given is None else losses * given).sum().backward()
    own = LOGITS.clone().requires_grad_()
    functional.cross_entropy(own, BATCH.labels, reduction="sum").backward()
    assert logits.grad is not None
    assert own.grad is not None
    expected = logits.grad[:, 0] / own.grad[:, 0]
    found = weigh(loss, LOSSES, BATCH, given)
    assert found.of_gradients.tolist() == pytest.approx(shares(expected))
    assert float(found.weights.sum()) == pytest.approx(1)


def test_without_weights_of_examples_the_published_ones_are_those_of_the_arithmetic():
    found = weigh(Robust(lam=0.2, gradient="as_published"), LOSSES, BATCH)
    assert found.of_gradients.tolist() == pytest.approx(published_weights(LOSSES, 0.2).tolist())
    assert float(found.of_gradients.min()) < 0


def test_where_nothing_has_weight_or_a_loss_is_not_finite_all_have_the_same():
    nothing = torch.zeros(4)
    assert weigh(Focal(2.0), nothing, BATCH).weights.tolist() == [0.25] * 4
    broken = torch.tensor([1.0, math.nan, 1.0, 1.0])
    assert weigh(Robust(eta=0.1), broken, BATCH).weights.tolist() == [0.25] * 4
