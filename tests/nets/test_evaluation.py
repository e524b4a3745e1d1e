"""Evaluation: numbers by hand, in eval mode, on a private copy."""

from __future__ import annotations

import math

import pytest
import torch
from tiny import Own, copied, four, made, pair, same, split_of
from torch import nn

import workbench as wb
from workbench.nets import batch_norm, evaluation
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.door import taken_by


def test_accuracy_and_loss_by_hand():
    # logits (0, 0) and (0, ln 3): the first is right by the first index, and p = 1/2; the second right with p = 3/4
    weights = {"1.weight": torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])}
    found = wb.evaluate(four(), weights, pair().test)
    assert found.accuracy == 1
    assert found.loss == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    assert found.logits.tolist() == [[0, 0], [0, pytest.approx(math.log(3))]]
    assert repr(found) == "Evaluation(accuracy=1.0000, loss=0.4904, examples=2)"


def test_a_mask_is_applied_and_the_weights_stay():
    weights = {"1.weight": torch.eye(2)}
    mask = {"1.weight": torch.tensor([[True, True], [True, False]])}
    assert wb.evaluate(four(), weights, pair().test, mask=mask).accuracy == 0.5
    assert weights["1.weight"].tolist() == [[1, 0], [0, 1]]


def test_evaluation_is_in_eval_mode_and_leaves_the_statistics():
    model = nn.Sequential(Own(), nn.Dropout(0.9)).train()
    weights = wb.initialise(model)
    before = copied(weights)
    first, again = (wb.evaluate(model, weights, made().test) for _ in range(2))
    assert torch.equal(first.logits, again.logits)
    assert same(before, weights)
    assert model.training


def test_the_size_of_the_parts_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    model, data = Own(), made()
    weights = wb.initialise(model)
    whole = wb.evaluate(model, weights, data.test)
    monkeypatch.setattr(evaluation, "BATCH", 16)
    parts = wb.evaluate(model, weights, data.test)
    assert parts.accuracy == whole.accuracy
    assert torch.allclose(parts.logits, whole.logits, atol=1e-6)


def test_batch_norm_taken_anew_is_the_plain_mean_over_batches(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch_norm, "BATCH", 25)
    model, data = Own(), made()
    weights = wb.initialise(model)
    before = copied(weights)
    found = recompute_batch_norm(model, weights, data.train)
    inputs = nn.functional.conv2d(data.train.inputs(), weights["conv.weight"], weights["conv.bias"], padding=1)
    halves = inputs.split(25)
    assert torch.allclose(
        found["norm.running_mean"], torch.stack([h.mean((0, 2, 3)) for h in halves]).mean(0), atol=1e-6
    )
    assert torch.allclose(found["norm.running_var"], torch.stack([h.var((0, 2, 3)) for h in halves]).mean(0), atol=1e-6)
    assert same(before, weights)
    assert all(torch.equal(found[name], weights[name]) for name in ("conv.weight", "fc.bias", "norm.weight"))


@pytest.mark.parametrize(
    ("examples", "sizes"), [(50, [24, 24, 2]), (49, [24, 25]), (30, [24, 6]), (2, [2]), (99, [24, 24, 2])]
)
def test_batch_norm_taken_anew_weighs_every_batch_by_its_size(
    monkeypatch: pytest.MonkeyPatch, examples: int, sizes: list[int]
):
    monkeypatch.setattr(batch_norm, "BATCH", 24)
    model, data = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(16), nn.Linear(16, 3)), made()
    found = recompute_batch_norm(model, wb.initialise(model), data.train, examples=examples)
    parts = data.train.inputs()[: sum(sizes)].flatten(1).split(sizes)
    mean = torch.stack([len(part) * part.mean(0) for part in parts]).sum(0) / sum(sizes)
    variance = torch.stack([len(part) * part.var(0) for part in parts]).sum(0) / sum(sizes)
    assert torch.allclose(found["1.running_mean"], mean, atol=1e-6)
    assert torch.allclose(found["1.running_var"], variance, atol=1e-6)


def test_a_norm_that_is_used_twice_takes_both_its_uses():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(16)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.norm(self.norm(images.flatten(1)) + 1)

    found = recompute_batch_norm(Twice(), wb.snapshot(Twice()), made().train)
    assert torch.allclose(found["norm.running_mean"], (made().train.inputs().flatten(1).mean(0) + 1) / 2, atol=1e-5)


def test_the_variance_of_one_image_is_refused():
    for one in (made().train.take(torch.tensor([3])), made(n=1).train):
        with pytest.raises(ValueError, match="statistics are those of two images at least, got 1"):
            recompute_batch_norm(Own(), wb.snapshot(Own()), one)
    with pytest.raises(ValueError, match="statistics are those of two images at least, got 1"):
        recompute_batch_norm(Own(), wb.snapshot(Own()), made().train, examples=1)


@pytest.mark.parametrize(("bytes_at_once", "size"), [(2**28, 1000), (6 * 64 * 20, 20), (1, 1), (6 * 64 * 1000, 1000)])
def test_images_are_taken_as_the_largest_layer_allows(bytes_at_once: int, size: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evaluation, "FEW", 1)
    monkeypatch.setattr(evaluation, "MEMORY", bytes_at_once)  # of Own: 6 channels of 4×4 floats an image
    few = made().test.inputs(torch.arange(2))
    model = Own().eval()
    assert evaluation.at_once(model, few, model) == size
    assert not model.conv._forward_hooks
    seen = []
    with wb.progress.watch(lambda p: seen.append(p.done)):
        found = wb.evaluate(model, wb.snapshot(model), made().test)
    assert seen[0] == min(size, 50)
    assert torch.allclose(found.logits, model(made().test.inputs()), atol=1e-6)


def test_our_own_networks_take_a_thousand_images_at_once():
    for name, shape in (("lenet", (1, 28, 28)), ("conv2", (3, 32, 32)), ("resnet8(width=64)", (3, 32, 32))):
        data = made(n=4, shape=shape)
        model = wb.models.named(name, data).eval()
        assert evaluation.at_once(model, data.test.inputs(torch.arange(2)), model) == 1000


def test_an_empty_split_is_said():
    empty = split_of(torch.zeros(0, 1, 1, 2, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ValueError, match="no images to evaluate on: this split is empty"):
        wb.evaluate(four(), wb.snapshot(four()), empty)


def test_weights_and_masks_of_another_model_are_said():
    with pytest.raises(ValueError, match=r"the weights must have the names of the model; missing: 1.weight"):
        wb.evaluate(four(), wb.snapshot(Own()), pair().test)
    with pytest.raises(ValueError, match=r"the mask names 'conv.weight', which this model does not have"):
        wb.evaluate(four(), wb.snapshot(four()), pair().test, mask=wb.masks.full(Own()))


def test_progress_is_reported_for_every_part(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evaluation, "BATCH", 20)
    seen = []
    with wb.progress.watch(lambda p: seen.append((p.done, p.of))):
        wb.evaluate(Own(), wb.snapshot(Own()), made().test)
    assert seen == [(20, 50), (40, 50), (50, 50)]


@pytest.mark.parametrize("words", ["CUDA error: misaligned address", "DefaultCPUAllocator: not enough memory", "oom"])
def test_what_the_machine_says_of_itself_is_passed_on(words: str):
    kind = torch.OutOfMemoryError if words == "oom" else RuntimeError
    with pytest.raises(RuntimeError, match=words), taken_by(four(), torch.zeros(2, 1, 2, 1)):
        raise kind(words)


def test_what_a_forward_pass_says_is_kept_as_the_cause():
    with pytest.raises(ValueError, match=r"Sequential does not take images of the shape \(1, 3, 3\)") as caught:
        wb.evaluate(four(), wb.snapshot(four()), split_of(torch.zeros(2, 1, 3, 3).byte(), torch.zeros(2).long()))
    assert "mat1 and mat2 shapes" in str(caught.value.__cause__)
