"""Pixel noise: of the asked size, drawn once, hardly clipped, and normalised anew."""

from __future__ import annotations

import pytest
import torch
from tiny import made

import workbench as wb


def test_the_noise_has_the_deviation_that_was_asked_for():
    data = wb.load("digits")
    noisy = wb.noisy(data, 0.6)
    clean = data.train.images / 255
    back = noisy.train.images / 255 * (1 + 8 * 0.6) - 4 * 0.6  # from the 256 values over [-2.4, 3.4] to units of white
    assert float((back - clean).std()) == pytest.approx(0.6, rel=0.01)
    assert float((back - clean).mean()) == pytest.approx(0, abs=0.01)
    edges = ((noisy.train.images == 0) | (noisy.train.images == 255)).double().mean()
    assert float(edges) < 1e-3


def test_inputs_of_the_noisy_training_images_are_normalised_and_labels_stay():
    data = made()
    noisy = wb.noisy(data, 0.3)
    inputs = noisy.train.inputs()
    assert float(inputs.mean()) == pytest.approx(0, abs=1e-4)
    assert float(inputs.std(correction=0)) == pytest.approx(1, abs=1e-4)
    assert torch.equal(noisy.train.labels, data.train.labels)
    assert torch.equal(noisy.train.ids, data.train.ids)
    assert noisy.fingerprint != data.fingerprint


def test_the_same_seed_draws_the_same_noise_and_parts_have_their_own():
    data = made()
    assert torch.equal(wb.noisy(data, 0.3).test.images, wb.noisy(data, 0.3).test.images)
    assert not torch.equal(wb.noisy(data, 0.3).test.images, wb.noisy(data, 0.3, seed=1).test.images)
    assert not torch.equal(wb.noisy(data, 0.3).test.images, wb.noisy(data, 0.3).train.images)


def test_no_noise_is_the_data_and_less_than_none_is_an_error():
    data = made()
    assert wb.noisy(data, 0) is data
    with pytest.raises(ValueError, match=r"in \[0, 100\]"):
        wb.noisy(data, -0.1)


def test_noise_upon_noise_is_an_error():
    once = wb.noisy(made(), 0.3)
    assert wb.noisy(once, 0) is once
    with pytest.raises(ValueError, match=r"noise and shifts are made on clean images, got made \+ noise 0.3"):
        wb.noisy(once, 0.3)
