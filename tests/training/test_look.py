"""A look at a training: what it shows, and that it changes no bit of what is trained."""

from __future__ import annotations

import time

import pytest
import torch

import workbench as wb
from workbench.training.look import Look

DATA = wb.load("digits", train_size=200)
RECIPE = wb.Recipe(steps=12, batch_size=50)


def seen(work, accuracy=True):
    """What every step of the work showed, and what the work returned."""
    looks = []

    def watcher(progress):
        if progress.look is not None:
            looks.append(progress.look() if accuracy else progress.look(accuracy=False))

    with wb.progress.watch(watcher):
        return looks, work()


def test_a_look_shows_the_step_the_loss_of_its_batch_and_the_accuracy_on_validation_images():
    model = wb.models.lenet(DATA, hidden=(20,))
    looks, run = seen(lambda: wb.train(model, wb.snapshot(model), DATA, RECIPE))
    assert [look.step for look in looks] == list(range(1, 13))
    assert {look.of for look in looks} == {12}
    losses = [float(s.losses.mean()) for s in wb.steps(model, wb.snapshot(model), DATA, RECIPE)]
    assert [look.loss for look in looks] == pytest.approx(losses)
    assert looks[-1].accuracy == pytest.approx(run.validation_accuracy)  # fewer than 256 images: all of them


def test_without_validation_images_there_is_no_accuracy():
    data = wb.load("digits", train_size=200, validation=0)
    model = wb.models.lenet(data, hidden=(20,))
    looks, _ = seen(lambda: wb.train(model, wb.snapshot(model), data, RECIPE))
    assert isinstance(looks[0], Look)
    assert {look.accuracy for look in looks} == {None}


def test_a_look_at_the_loss_alone_asks_no_network():
    model = wb.models.lenet(DATA, hidden=(20,))
    looks, _ = seen(lambda: wb.train(model, wb.snapshot(model), DATA, RECIPE), accuracy=False)
    assert {look.accuracy for look in looks} == {None}


def test_looks_change_no_bit_of_a_training_with_batch_norm_nor_the_random_numbers_of_torch():
    model = wb.models.named("resnet8(width=4)", DATA)

    def trained():
        torch.manual_seed(0)
        run = wb.train(model, wb.snapshot(model), DATA, RECIPE)
        return run.weights, torch.rand(3)

    (weights, draw), (looks, (looked, drawn)) = trained(), seen(trained)
    assert len(looks) == 12
    assert all(torch.equal(weights[name], looked[name]) for name in weights)
    assert torch.equal(draw, drawn)
    assert model.training


def test_looks_change_no_bit_of_a_search():
    model = wb.models.lenet(DATA, hidden=(20,))
    start = wb.snapshot(model)

    def mask():
        return wb.pruning.gem_miner(model, start, DATA, wb.Recipe(steps=30, batch_size=50), density=0.2)

    looks, searched = seen(mask)
    assert looks[-1].accuracy is not None
    assert all(torch.equal(a, b) for a, b in zip(mask().values(), searched.values(), strict=True))


def test_a_look_that_nobody_takes_costs_a_microsecond_or_two():
    model = wb.models.lenet(DATA, hidden=(20,))
    calls = []

    def watcher(progress):
        if progress.look is not None and not calls:
            began = time.perf_counter()
            for _ in range(1000):
                progress.look.at(1, 2, progress.look.losses, progress.look.tensors)
            calls.append(time.perf_counter() - began)

    with wb.progress.watch(watcher):
        wb.train(model, wb.snapshot(model), DATA, wb.Recipe(steps=1))
    assert calls[0] < 0.02  # 0.2 ms here: 20 µs a step on the slowest machine
