"""Which part of the data can be left out? Test accuracy by the share of the training examples that was kept.

The classical question of Toneva et al. 2019 and of "Deep Learning on a Data Diet" (Paul et al. 2021), in which the hard
examples are the ones to keep.
"""

from __future__ import annotations

import itertools
from typing import Any

from workbench.charts import cells
from workbench.charts.grammar import ACCURACY, SUBSETS, Axis, Means, Rows, grouped, records
from workbench.numbers import intervals
from workbench.numbers.numerals import percent, points

SHARE = Axis("share", "training examples kept", "~%", "%", domain=(0, 1))


@Means(
    asks=("subset share test_accuracy", "kept_part"),
    selects=("subset", "share"),
    x=SHARE,
    measures=[ACCURACY],
    line="subset",
    looks=SUBSETS,
    title="Which data can be left out?",
)
def accuracy_by_kept_share(table: Any) -> Rows:
    """Draw test accuracy by the share of the training examples that was kept, a line for each kind of subset, and a
    broken line across for all the data: mean and 95 % t interval over replicas.

    `table` is a data frame or an iterable of the outcomes of `experiments.kept_part`.
    """
    rows = [row | {"look": cells.kind(row["subset"]), "words": row["subset"]} for row in records(table)]
    whole: dict[str, Any] = {"role": "across", "words": "all the data"}
    return [row | whole if row["subset"] == "all" else row for row in rows]


@accuracy_by_kept_share.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: all the data, each kind at its smallest share, and the least that is shown to match."""
    outcomes = [o for o in outcomes if o.test_accuracy is not None]
    whole = {(o.seed, o.replica): o.test_accuracy for o in outcomes if o.subset == "all"}
    if not whole:
        return []
    kinds, paired = list(SUBSETS), [o for o in outcomes if o.subset != "all" and (o.seed, o.replica) in whole]
    paired.sort(key=lambda o: (kinds.index(cells.kind(o.subset)), o.subset))
    subsets = grouped(paired, lambda o: o.subset).items()
    each = [_sentence(name, grouped(parts, lambda o: o.share), whole) for name, parts in subsets]
    return [f"All the data: test accuracy {points(list(whole.values()), ' %')}.", *each]


def _sentence(name: str, parts: dict[float, list[Any]], whole: dict[Any, float]) -> str:
    def matches(share: float) -> bool:
        pairs = ((o.test_accuracy, whole[o.seed, o.replica]) for o in parts[share])
        return intervals.matches(intervals.paired(*zip(*pairs, strict=True)))

    *_, same = None, *itertools.takewhile(matches, sorted(parts, reverse=True))
    smallest = points([o.test_accuracy for o in parts[min(parts)]], " %")
    down = "no share is shown to match all the data" if same is None else f"matches down to {percent(same)}"
    return f"The {name} {percent(min(parts))}: {smallest}; {down} (paired 95 % interval, at most 1 point worse)."
