"""What draws from torch's global generator, which threads share, keeps out of another thread's draw."""

from __future__ import annotations

import threading

import torch
from torch import nn

import workbench as wb
from workbench.nets.initialisation import drawing

WAIT = 1.0  # seconds, after which one goes on alone


def test_a_look_that_ends_in_the_middle_of_a_draw_leaves_the_draw_as_it_is():
    begun, middle, ended = threading.Event(), threading.Event(), threading.Event()

    def look() -> None:
        with drawing():
            begun.set()
            middle.wait(WAIT)  # for ever, where a draw waits for the look
        ended.set()

    def two() -> nn.Module:
        first = nn.Linear(3, 3)
        middle.set()
        ended.wait(WAIT)
        return nn.Sequential(first, nn.Linear(3, 3))

    alone = wb.initialise(lambda: nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)), seed=1)
    thread = threading.Thread(target=look)
    thread.start()
    begun.wait()
    beside = wb.initialise(two, seed=1)
    thread.join()
    assert all(torch.equal(beside[name], alone[name]) for name in alone)
