"""Tables of pre-training on subsets: a row a round, and the paired differences that the claims rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.experiments.fields_of import fields_of
from workbench.experiments.pretraining import ENOUGH, Pretrained
from workbench.numbers import intervals

if TYPE_CHECKING:
    import pandas

CELL = ["subset", "size", "pretrain_steps"]
REPLICA = ["seed", "replica"]
THRESHOLDS = (0.1, 0.5)  # nats; the paper's own is not known
SPARSE = 0.2  # rounds below this density are averaged
MEASURED = ("barrier", "agreement", "pretrain_accuracy")  # on the dense rewinding point
SAME_DATA = "same data by arithmetic"


def subsets_table(outcomes: Iterable[Pretrained], *, thresholds: Sequence[float] = THRESHOLDS) -> pandas.DataFrame:
    """Return a row for every round and threshold: cell, seed, replica, density, test accuracy, and what was foretold.

    `barrier` and `connected_share` (of the examples whose own barrier is below `threshold` nats) are of the cell's
    dense rewinding point, and the same for all its rounds.
    """
    import pandas

    columns = "subset size pretrain_steps presentations seed replica round density test_accuracy batch_norm barrier"
    return pandas.DataFrame(
        {
            **fields_of(o, columns),
            "threshold": threshold,
            "connected_share": o.connected_share(threshold),
            **fields_of(o, "pretrain_accuracy agreement"),
        }
        for o in outcomes
        for threshold in thresholds
    )


def predictors(outcomes: Iterable[Pretrained] | pandas.DataFrame, *, below: float = SPARSE) -> pandas.DataFrame:
    """Return a row for every cell and replica: what was measured on the dense network, and `sparse_accuracy`.

    That is the mean test accuracy over the rounds of a density below `below`; a cell and replica without all of those
    that the others have (a run that was stopped) is left out. `outcomes` may be the table that `subsets_table` made of
    them; connected shares are named "connected_0.1". Raises a ValueError where one round is there twice and differs:
    the cells of two runs with other options do not belong into one table.
    """
    import pandas

    table: Any = outcomes if hasattr(outcomes, "to_dict") else subsets_table(outcomes)  # pyright: ignore[reportArgumentType]
    measured: dict[tuple[Any, ...], dict[str, Any]] = {}
    accuracies: dict[tuple[Any, ...], dict[int, float]] = {}
    for row in table.to_dict("records"):
        key = tuple(row[name] for name in (*CELL, *REPLICA))
        labels = {name: row[name] for name in (*CELL, "presentations", *REPLICA, *MEASURED)}
        measured.setdefault(key, labels)[f"connected_{row['threshold']:g}"] = row["connected_share"]
        if row["density"] < below and pandas.notna(row["test_accuracy"]):
            accuracy = accuracies.setdefault(key, {}).setdefault(row["round"], row["test_accuracy"])
            if accuracy != row["test_accuracy"]:
                where = f"{key[0]} {key[1]}, k = {key[2]}, replica {key[4]}, round {row['round']}"
                raise ValueError(f"{where} is there twice, and differs; compare runs of other options apart")
    every = {r for by_round in accuracies.values() for r in by_round}
    sparse = {
        key: float(np.mean([*by_round.values()])) for key, by_round in accuracies.items() if by_round.keys() == every
    }
    rows = [row | {"sparse_accuracy": sparse[key]} for key, row in measured.items() if key in sparse]
    return pandas.DataFrame(rows, columns=None if rows else [*CELL, *REPLICA, *MEASURED, "sparse_accuracy"])


def differences(
    outcomes: Iterable[Pretrained] | pandas.DataFrame,
    *,
    below: float = SPARSE,
    confidence: float = 0.95,
    planned: int | None = None,
) -> pandas.DataFrame:
    """Return paired differences of sparse accuracy (the mean over rounds below a density) between cells, over replicas.

    `outcomes` may be the table that `subsets_table` made of them. At every k: each subset less "all", each sorted one
    less the random one of its size; and every cell less k = 0.
    `mean`, `low`, `high` are fractions, the t interval over replicas that both have; `matches` and `equals` as in
    `wb.intervals`, within one point. A random subset of fewer than 8 presentations less "all" has the `note` "same data
    by arithmetic", and equals nothing. `power` is that of showing equality if there were no difference, given the
    spread found here (`intervals.power_of_equality`), with `planned` pairs (default: as many as there are): from a
    pilot it says whether so many seeds may claim equality at all.
    """
    import pandas

    cells: dict[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Any]]] = {}
    for row in predictors(outcomes, below=below).to_dict("records"):
        by_replica = cells.setdefault(tuple(row[name] for name in CELL), {})
        by_replica[tuple(row[name] for name in REPLICA)] = row
    rows = [_row(cells, a, b, confidence, planned) for a, b in _pairs(list(cells))]
    order = [*CELL, "presentations", "less", "mean", "low", "high", "n", "matches", "equals", "power", "note"]
    return pandas.DataFrame(rows, columns=order)


def _pairs(cells: list[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield (cell, the cell it is compared with)."""
    for cell in cells:
        kind, size, k = cell
        for other in cells:
            same_k = other[2] == k and k > 0
            to_all = same_k and other[0] == "all" and kind != "all"
            to_random = same_k and other[:2] == ("random", size) and kind not in ("all", "random")
            if to_all or to_random or (other[2] == 0 < k):
                yield cell, other


def _row(
    cells: dict[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Any]]],
    a: tuple[Any, ...],
    b: tuple[Any, ...],
    confidence: float,
    planned: int | None,
) -> dict[str, Any]:
    both = [
        (row["sparse_accuracy"], cells[b][key]["sparse_accuracy"]) for key, row in cells[a].items() if key in cells[b]
    ]
    presentations = next(iter(cells[a].values()))["presentations"]
    row = dict(zip(CELL, a, strict=True)) | {"presentations": presentations, "n": len(both)}
    row["less"] = f"{b[0]}, k = {b[2]}" if b[0] == "all" else f"{b[0]} {b[1]}, k = {b[2]}"
    if not both:
        return row
    first, second = zip(*both, strict=True)
    difference = intervals.paired(first, second, confidence=confidence)
    trivial = a[0] == "random" and b[0] == "all" and b[2] == a[2] and presentations < ENOUGH
    spread = float(np.std(np.subtract(first, second), ddof=1)) if len(both) > 1 else float("nan")
    return row | {
        **fields_of(difference, "mean low high"),
        "matches": intervals.matches(difference),
        "equals": intervals.equals(difference) and not trivial,
        "power": intervals.power_of_equality(spread, planned or len(both), confidence=confidence),
        "note": SAME_DATA if trivial else "",
    }
