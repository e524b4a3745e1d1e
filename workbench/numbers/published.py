"""Numbers that others have published, to lay beneath one's own.

Paul et al. 2022, "Lottery Tickets on a Data Diet": final test accuracy by density of tickets whose first k steps saw a
subset; mean over their replicas, read from the vector graphics of their figures. A curve ends where it leaves the plot.

Sreenivasan et al. 2022, "Rare Gems": the densities of the layers of their tickets at 1.44 %, read from data files that
the authors left in their repository, and so of exploratory runs.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.work.nearest import unknown

if TYPE_CHECKING:
    import pandas

FILE = Path(__file__).with_suffix(".json")
KEPT = 0.8  # of the weights, from one of their rounds to the next
CURVES = ("cifar10-resnet20", "cifar100-resnet32", "cinic10-resnet56")


def published_curves(name: str = "cifar10-resnet20") -> pandas.DataFrame:
    """Return the published curves of one of `CURVES` as a table, a row for every curve and round.

    Columns: `subset`, `size` (missing where the subset is all data), `pretrain_steps`, `round`, `density`,
    `test_accuracy`. Raises a ValueError for another name.
    """
    import pandas

    keys = ("subset", "size", "pretrain_steps")
    rows = [
        {key: curve[key] for key in keys} | {"round": r, "density": KEPT**r, "test_accuracy": accuracy}
        for curve in _set(name)["curves"]
        for r, accuracy in enumerate(curve["test_accuracy"])
    ]
    return pandas.DataFrame(rows).astype({"size": "Int64"})


def cited(name: str) -> str:
    """Return in words whose curves these are, and of which network and data."""
    curves = _set(name)
    return f"{_file()['source']}; {curves['network']}, {curves['data']}"


def published_layers() -> dict[str, Any]:
    """Return densities of layers by method under "methods", from input to output, and under "cited" whose they are."""
    layers = _file()["layers"]
    cited = f"grey: {layers['source']}; {layers['network']}, {layers['data']}, {layers['density']:.2%}"
    return {"methods": layers["methods"], "cited": cited}


def _set(name: str) -> dict[str, Any]:
    if name not in CURVES:
        raise unknown("set of published curves", name, CURVES)
    return _file()["sets"][name]


@functools.cache
def _file() -> dict[str, Any]:
    return json.loads(FILE.read_text())
