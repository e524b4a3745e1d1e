"""How far the time left that a panel tells is from the truth: the worst factor from a tenth of the run on.

Each panel's call, its own options but for sizes, is run and asked for what is left a hundred times a second. Beside it,
by how much the share jumps at most, how much of the time is over when it first says 99 %, and what `price` said before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from measure import Row

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.price import price

RECIPE = wb.Recipe(epochs=20)
LENET: dict[str, Any] = {"model": "lenet", "recipe": RECIPE, "replicas": 2}
POPUP: dict[str, Any] = {"recipe": wb.Recipe(epochs=15, learning_rate=0.1), "replicas": 2}
SIZES: dict[str, dict[str, Any]] = {
    "lottery": LENET | {"rounds": 4},
    "landscape": LENET | {"rewind_steps": (0, 20, 80), "score_replicas": 3},
    "plane": LENET,
    "pairs": LENET | {"rounds": 5},
    "perturbation": LENET,
    "one shot": LENET,
    "until disconnected": LENET,
    "curvature": {"replicas": 2, "recipe": RECIPE},
    "scores": {"replicas": 2},
    "data diet": LENET | {"rounds": 2, "score_replicas": 3},
    "kept data": LENET | {"score_replicas": 3},
    "ensembles": POPUP,
    "shift": POPUP,
    "easy to hard": POPUP,
    "rare features": {"replicas": 4, "train_size": 4000},
    "rare gems": {"replicas": 2},
    "strong tickets": {"replicas": 2},
    "strong costs": {"replicas": 2},
    "price of structure": {"replicas": 2},
    "block mask": {"replicas": 2, "hidden": (20, 40, 80, 160)},
    "subset sums": {"replicas": 4},
}
TINY = {"lottery": {"rounds": 1, "replicas": 1, "recipe": wb.Recipe(steps=2)}}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield rows for every panel that takes longer than a moment."""
    sizes = TINY if size == "tiny" else SIZES if size == "full" else dict(list(SIZES.items())[:8])
    for name, options in sizes.items():
        call = wb.call(PANELS[name].function, **options)
        told = None if size == "tiny" else price(call)
        seconds, heard = watched(call)
        factors = [max(left / true, true / left) for left, true in heard.lefts(seconds)]
        jumps = [after - before for (_, before), (_, after) in pairwise(heard.shares)]
        yield Row(f"{name}: time left", f"{seconds:.1f} s", None, None, sorted(factors)[-1:], 2.0)
        yield Row(f"{name}: jump", "", None, None, [max(jumps, default=0.0)], 0.25, unit="")
        yield Row(f"{name}: 99 % after", "of it", None, None, [heard.early(seconds)], 0.8, at_least=True, unit="")
        if told is not None:
            yield Row(f"{name}: price", f"{told:.1f} s", None, None, [max(told / seconds, seconds / told)], 3.0)


class Heard:
    """What a watcher was told: the share, and the time left, by seconds since the beginning."""

    def __init__(self) -> None:
        self.total, self.began = wb.progress.Total(), time.monotonic()
        self.shares: list[tuple[float, float]] = []
        self.told: list[tuple[float, float | None]] = []
        self.over = threading.Event()

    def ask(self) -> None:
        while not self.over.wait(0.01):
            self.told.append((time.monotonic() - self.began, self.total.left()))
            self.shares.append((time.monotonic() - self.began, self.total.share))

    def lefts(self, seconds: float) -> list[tuple[float, float]]:
        """Return what was told from a tenth of the run to nine tenths, beside the truth."""
        told = [(left, seconds - at) for at, left in self.told if left and 0.1 < at / seconds < 0.9]
        return told or [(1.0, 1.0)]

    def early(self, seconds: float) -> float:
        """Return how much of the time was over when 99 % were said to be done."""
        return min((at for at, share in self.shares if share >= 0.99), default=seconds) / seconds


def watched(call: wb.Call) -> tuple[float, Heard]:
    """Run a call, and return how long it took and what was heard."""
    heard = Heard()
    asking = threading.Thread(target=heard.ask)
    asking.start()
    try:
        with wb.progress.watch(heard.total):
            for _ in call.each():
                pass
        return time.monotonic() - heard.began, heard
    finally:
        heard.over.set()
        asking.join()
