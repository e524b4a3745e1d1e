"""What a panel's watchers cost: CPU time of the thread that trains, with the curve and the total, and without."""

from __future__ import annotations

import time
from collections.abc import Iterator

from measure import Row, in_turn, slower
from pictures import network, pictures

import workbench as wb
from workbench.panels.curve import Curve

STEPS = {"full": 1500, "quick": 400, "tiny": 2}
REPEATS = {"full": 9, "quick": 3, "tiny": 1}


def run(size: str, *, device: str = "cpu") -> Iterator[Row]:
    """Yield a row for every network; the bound is what a panel may cost."""
    data = pictures("mnist", size=size)
    for name, share in (("lenet", 1), ("resnet8(width=8)", 8)):
        model = wb.models.named(network(name, size), data)
        start, recipe = wb.snapshot(model), wb.Recipe(steps=max(2, STEPS[size] // share), batch_size=128)

        def plain(model=model, start=start, recipe=recipe) -> None:
            for _ in wb.steps(model, start, data, recipe):
                pass

        def watched(plain=plain) -> None:
            with wb.progress.watch(wb.progress.Total()), wb.progress.watch(Curve()):
                plain()

        works = {"watched": watched, "plain": plain}
        times = in_turn(works, REPEATS[size], warm=size != "tiny", clock=time.thread_time)
        pair = times["watched"], times["plain"]
        yield slower(f"{name} step, watched", "plain", *pair, steps=recipe.steps or 1, target=1.05)
