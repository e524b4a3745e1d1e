"""Which data must the first steps see? Test accuracy by density, a line for each subset, size and number of steps k.

The picture of "Lottery Tickets on a Data Diet" (Paul et al. 2022), whose published curves can be laid beneath.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.charts import cells
from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, SUBSETS, Means, Rows, by_replica, grouped, records
from workbench.experiments.pretraining import ENOUGH
from workbench.experiments.pretraining_tables import SAME_DATA
from workbench.numbers.numerals import percent, points
from workbench.numbers.published import cited, published_curves

FEW = "†"
MARKED = {f"{name} {FEW}": replace(look, dash=(3, 3)) for name, look in SUBSETS.items()}

by_density = Means(
    asks=("subset size pretrain_steps presentations density test_accuracy", "pretraining"),
    selects=("subset", "size", "pretrain_steps"),
    x=DENSITY,
    measures=[ACCURACY],
    line="cell",
    looks={**SUBSETS, **MARKED, "published": replace(RUNS["published"], shape="stroke")},
    named=25,
    carried=[("presentations", "presentations of each example")],
    apart=0.005,
    height=380,
    title="Which data must the first steps see?",
    subtitle=(
        f"mean and 95 % t interval over replicas; {FEW} and hollow: seen fewer than {ENOUGH} times, a random subset "
        f"then is the {SAME_DATA}\n{{about}}"
    ),
    description=(
        "Test accuracy by density, from dense at the left to sparse at the right, a line for each subset, size and "
        f"number k of first steps; hollow marks and broken lines were shown fewer than {ENOUGH} times."
    ),
)


@by_density
def accuracy_by_subset(table: Any, published: str | None = None) -> Rows:
    """Draw test accuracy by density for cells of pre-training: mean and 95 % t interval over replicas.

    `table` is a data frame or an iterable of the outcomes of `experiments.pretraining`. A subset that was seen fewer
    than 8 times is marked: a random one is the same data by arithmetic as a run on all. `published` is one of
    "cifar10-resnet20", "cifar100-resnet32", "cinic10-resnet56": the paper's curves as thin grey lines.
    """
    return _records(table, published)


@by_density
def accuracy_by_subset_beside_published(table: Any, published: str = "cifar10-resnet20") -> Rows:  # their smallest
    """Draw `accuracy_by_subset` with the paper's curves beneath, as thin grey lines that are marked as theirs."""
    return _records(table, published)


def _records(table: Any, published: str | None) -> Rows:
    theirs = [] if published is None else _published(published)
    rows = [row | _cell(row) for row in records(table) if row.get("test_accuracy") is not None]
    rows.sort(key=lambda row: cells.place(row["subset"], row["size"], row["pretrain_steps"]))
    about = (
        f"thin grey lines: {cited(published)}; on other data or another network they are no target" if published else ""
    )
    return [row | {"about": about} for row in [*rows, *theirs]] if rows else []


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    subset, size, k, seen = row["subset"], int(row["size"]), int(row["pretrain_steps"]), float(row["presentations"])
    note, words = cells.note(subset, k, seen), cells.words(subset, size, k)
    marked = f" {FEW}" if note else ""
    look = {"look": cells.kind(subset, k) + marked, "words": words + marked, "hollow": bool(note)}
    return {"cell": f"{words}, {seen:g}", "presentations": f"{seen:.3g}" + (f": {note}" if note else ""), **look}


def _published(name: str) -> Rows:
    rows: Rows = published_curves(name).to_dict("records")
    for row in rows:
        size = 0 if row["subset"] == "all" else int(row["size"])
        words = f"theirs: {cells.words(row['subset'], size, int(row['pretrain_steps']))}"
        named = not size  # the ends of what they found; words of all nine would take the picture's half
        row |= {"role": "beneath", "look": "published", "cell": words, "words": words, "named": named}
    return rows


@accuracy_by_subset.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: for every cell the accuracy of its sparsest tickets, and which cells prove nothing."""
    outcomes = [o for o in outcomes if o.test_accuracy is not None]
    outcomes.sort(key=lambda o: cells.place(o.subset, o.size, o.pretrain_steps))
    by_cell = grouped(outcomes, lambda o: (o.subset, o.size, o.pretrain_steps, o.presentations))
    least = min((o.density for o in outcomes), default=1.0)
    accuracies, marked = [], []
    for (subset, size, k, seen), same in by_cell.items():
        name = cells.words(subset, size, k)
        if sparsest := by_replica((o.replica, o.test_accuracy) for o in same if o.density < 1.0001 * least):
            accuracies.append(f"{name} {points(sparsest, ' %')}")
        if note := cells.note(subset, k, seen):
            marked.append(f"{name} ({seen:.2g} presentations: {note})")
    sentences = [f"At {percent(least)} of the weights: {'; '.join(accuracies)}."] if accuracies else []
    return sentences + ([f"No evidence that a subset equals all data: {', '.join(marked)}."] if marked else [])


accuracy_by_subset_beside_published.sentences(words)
