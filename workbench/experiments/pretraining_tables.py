"""Tables of pre-training on subsets: a row a round, and the paired differences that the claims rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.experiments.fields_of import fields_of
from workbench.experiments.pretraining import ENOUGH, Pretrained
from workbench.numbers import intervals
from workbench.numbers.asked import asked
from workbench.numbers.tables import table
from workbench.work import rules

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
    rules.each("thresholds", thresholds, rules.number, "in nats; 0.1 is usual", least=0)
    asks = "subset size pretrain_steps presentations barriers barrier agreement"
    outcomes = asked("subsets_table", outcomes, asks, "pretraining")
    columns = "subset size pretrain_steps presentations seed replica round density test_accuracy batch_norm barrier"
    foretold = "pretrain_accuracy agreement"
    return table(
        {**fields_of(o, columns), "threshold": at, "connected_share": o.connected_share(at), **fields_of(o, foretold)}
        for o in outcomes
        for at in thresholds
    )


def predictors(outcomes: Iterable[Pretrained] | pandas.DataFrame, *, below: float = SPARSE) -> pandas.DataFrame:
    """Return a row for every cell and replica: what was measured on the dense network, and `sparse_accuracy`.

    That is the mean test accuracy over the rounds of a density below `below`; a cell and replica without all of those
    that the others have (a run that was stopped) is left out. `outcomes` may be the table that `subsets_table` made of
    them; connected shares are named "connected_0.1". Raises a ValueError where one round is there twice and differs:
    the cells of two runs with other options do not belong into one table.
    """
    import pandas

    rules.number("below", below, above=0, most=1, way_on="a density; 0.2 is the default")
    asks = "subset size pretrain_steps presentations seed replica round density test_accuracy barrier threshold"
    if isinstance(outcomes, pandas.DataFrame):
        asked("predictors", outcomes, f"{asks} connected_share", "subsets_table")
    points: Any = outcomes if isinstance(outcomes, pandas.DataFrame) else subsets_table(outcomes)
    labels, keys = [*CELL, "presentations", *REPLICA, *MEASURED], [*CELL, *REPLICA]
    if points.empty:
        return pandas.DataFrame(columns=[*labels, "sparse_accuracy"])
    rounds = points[(points["density"] < below) & points["test_accuracy"].notna()]
    rounds = rounds.drop_duplicates([*keys, "round", "test_accuracy"])
    for row in rounds[rounds.duplicated([*keys, "round"])].itertuples():
        where = f"{row.subset} {row.size}, k = {row.pretrain_steps}, replica {row.replica}, round {row.round}"
        raise ValueError(f"{where} is there twice, and differs; compare runs of other options apart")
    accuracies = rounds.groupby(keys)["test_accuracy"]
    whole = accuracies.size() == rounds["round"].nunique()
    sparse = accuracies.apply(lambda accuracy: np.mean(accuracy.to_numpy()))[whole].rename("sparse_accuracy")
    connected = points.pivot_table("connected_share", keys, "threshold", aggfunc="last", sort=False)
    measured = points.drop_duplicates(keys)[labels].join(connected.rename(columns="connected_{:g}".format), on=keys)
    return measured.join(sparse, on=keys, how="inner").reset_index(drop=True)


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

    rules.number("confidence", confidence, above=0, below=1, way_on="0.95 is usual")
    if planned is not None:
        rules.whole("planned", planned, least=1, most=10**6, way_on="None plans as many as there are")
    rows = predictors(outcomes, below=below)
    accuracies = rows.pivot_table("sparse_accuracy", REPLICA, CELL)
    presentations = rows.groupby(CELL)["presentations"].first().to_dict()
    cells = list(rows[CELL].drop_duplicates().itertuples(index=False, name=None))
    differences = []
    for a, b in _pairs(cells):
        trivial = a[0] == "random" and b[0] == "all" and b[2] == a[2] and presentations[a] < ENOUGH
        labels = dict(zip(CELL, a, strict=True)) | {"presentations": presentations[a]}
        labels |= {"less": f"{b[0]}, k = {b[2]}" if b[0] == "all" else f"{b[0]} {b[1]}, k = {b[2]}"}
        pair = accuracies[[a, b]].dropna()
        differences.append(labels | _difference(list(pair[a]), list(pair[b]), confidence, planned, trivial))
    order = [*CELL, "presentations", "less", "mean", "low", "high", "n", "matches", "equals", "power", "note"]
    return pandas.DataFrame(differences, columns=order)


def _pairs(cells: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield (cell, the cell it is compared with)."""
    for cell in cells:
        kind, size, k = cell
        for other in cells:
            same_k = other[2] == k and k > 0
            to_all = same_k and other[0] == "all" and kind != "all"
            to_random = same_k and other[:2] == ("random", size) and kind not in ("all", "random")
            if to_all or to_random or (other[2] == 0 < k):
                yield cell, other


def _difference(
    first: list[float], second: list[float], confidence: float, planned: int | None, trivial: bool
) -> dict[str, Any]:
    """Return what the pairs say; of a `trivial` difference also that it shows nothing."""
    n = len(first)
    if not n:
        return {"n": 0}
    difference = intervals.paired(first, second, confidence=confidence)
    spread = float(np.std(np.subtract(first, second), ddof=1)) if n > 1 else float("nan")
    return {
        **fields_of(difference, "mean low high"),
        "n": n,
        "matches": intervals.matches(difference),
        "equals": intervals.equals(difference) and not trivial,
        "power": intervals.power_of_equality(spread, planned or n, confidence=confidence),
        "note": SAME_DATA if trivial else "",
    }
