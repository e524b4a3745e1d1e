"""A network is traced while others train in threads beside it: torch traces by what it puts into every module."""

from __future__ import annotations

import threading

import torch
from torch import nn

import workbench as wb
from workbench.nets.compaction import alive

CALL, LOOK_UP = nn.Module.__call__, nn.Module.__getattr__


def test_networks_are_traced_and_trained_in_threads_at_once():
    data = wb.load("digits", train_size=200)

    def work(seed: int) -> list[torch.Tensor]:
        model = wb.models.named("plain_cnn(channels=(4,))" if seed % 2 else "lenet", data)
        mask, logits = wb.masks.full(model), []
        for _ in range(4):
            assert all(layer.units_alive == layer.units for layer in alive(model, mask).values())
            run = wb.train(model, wb.snapshot(model), data, wb.Recipe(steps=3), mask=mask)
            logits.append(wb.evaluate(model, run.weights, data.test).logits)
        return logits

    together = dict(wb.replicas(work, range(4)))
    assert all(torch.equal(one, together[seed][0]) for seed in range(4) for one in together[seed])
    assert all(torch.equal(together[seed][0], together[seed + 2][0]) for seed in (0, 1))
    assert (nn.Module.__call__, nn.Module.__getattr__) == (CALL, LOOK_UP)


def test_what_torch_compiled_runs_while_a_network_is_traced():
    model, images = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), *[nn.ReLU() for _ in range(60)]), torch.ones(1, 4)
    compiled = torch.compile(lambda images: images + 1, backend="eager")
    once, mask = compiled(images), wb.masks.full(model)
    tracing = threading.Thread(target=lambda: [alive(model, mask) for _ in range(4)])
    tracing.start()
    try:
        while tracing.is_alive():
            assert torch.equal(compiled(images), once)
    finally:
        tracing.join()
