"""The order of examples: full batches, every example once an epoch, any step without those before it."""

from __future__ import annotations

import pytest
import torch

from workbench.data.batches import Order


@pytest.mark.parametrize(("n", "batch_size"), [(10, 5), (10, 4), (10, 3), (5, 16), (1, 4), (7, 7)])
def test_batches_are_full_and_every_epoch_sees_every_example_once(n: int, batch_size: int):
    order = Order(n, batch_size, seed=1)
    batches = [order(step) for step in range(12 * n)]
    assert {len(batch) for batch in batches} == {batch_size}
    for epoch in torch.cat(batches)[: 12 * n].split(n):
        assert sorted(epoch.tolist()) == list(range(n))


def test_any_step_can_be_asked_for_without_those_before_it():
    forward = Order(10, 4, seed=1)
    batches = [forward(step) for step in range(9)]
    for step in (8, 2, 5, 0):
        assert torch.equal(Order(10, 4, seed=1)(step), batches[step])
        assert torch.equal(forward(step), batches[step])


def test_another_seed_is_another_order():
    assert not torch.equal(Order(50, 50, seed=1)(0), Order(50, 50, seed=2)(0))
    assert not torch.equal(Order(50, 50, seed=1)(0), Order(50, 50, seed=1)(1))
