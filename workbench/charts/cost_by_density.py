"""What does a training step cost at each density, under each execution? Its time over that of a dense step."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from typing import Any

from workbench.charts.grammar import DENSITY, Axis, Look, Looks, Means, Rows, grouped, records
from workbench.charts.grammar.looks import BLUE, GREEN, GREY, ORANGE
from workbench.charts.grammar.rows import by_replica
from workbench.numbers import intervals
from workbench.numbers.numerals import percent, plus_minus

EXECUTIONS: Looks = {
    "sparse": Look(BLUE, "circle"),
    "compact": Look(ORANGE, "square"),
    "auto": Look(GREEN, "diamond", dash=(6, 3)),
    "dense": Look(GREY, "cross"),
}


@Means(
    asks=("execution resolved density over_dense work logits_apart weights_apart milliseconds", "execution_costs"),
    selects=("execution", "density"),
    x=DENSITY,
    measures=[
        Axis("over_dense", "time of a step, over dense", said=".2f", zero=True),
        Axis("work", "multiply-adds, over dense", "~%", ".2%", zero=True, within=(0, 1)),
    ],
    line="execution",
    looks=EXECUTIONS,
    carried=[("computed", "computed as"), Axis("milliseconds", "milliseconds a step", said=".3g")],
    rules={"over_dense": 1.0},
    height=260,
    title="What does a step cost at each density?",
    subtitle="{about}; broken across: dense; hollow: computed dense\nmean and 95 % t interval over replicas",
)
def cost_by_density(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the time of a training step over that of a dense one by density, a line for each execution, and the share
    of the multiply-adds that it computes.

    `table` is a data frame or an iterable of the outcomes of `experiments.execution_costs`.
    """
    for row in records(table):
        if row["execution"] != "dense":
            computed = {"computed": row["resolved"], "hollow": row["resolved"] == "dense"}
            yield row | computed | {"about": f"batches of {row['batch_size']}, {row['processor']}"}


@cost_by_density.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: from which density on each execution pays, and how near it stays to dense training."""
    rows = records(outcomes)
    executions = grouped(rows, lambda row: row["execution"])
    dense = [row["milliseconds"] for row in executions.pop("dense", [])]
    sentences = [f"A dense step takes {statistics.fmean(dense):.3g} ms."] if dense else []
    sentences += [_pays(name, same) for name, same in executions.items()]
    apart = [row["logits_apart"] for row in rows if row["resolved"] != "dense"]
    most = max(apart, default=0.0)
    how = f"differ from those of dense training by up to {most:.0e} of the largest, by rounding, which grows"
    same = "are those of dense training, bit for bit"
    return [*sentences, *([f"After ten steps logits {how if most else same}."] if apart else [])]


def _pays(name: str, rows: Rows) -> str:
    """Say from which density on, the sparser ones all included, an execution's interval lies below a dense step."""
    if all(row["resolved"] == "dense" for row in rows):
        return f"{name.capitalize()} execution finds nothing to leave out, and is computed dense."
    ratios = {
        density: by_replica(((row["seed"], row["replica"]), row["over_dense"]) for row in same)
        for density, same in sorted(grouped(rows, lambda row: float(f"{row['density']:.6g}")).items())
    }
    takes = {density: f"{plus_minus(values, form='.2f', of=False)}" for density, values in ratios.items()}
    sparsest, replicas = min(ratios), min(map(len, ratios.values()))
    at_last = f"{takes[sparsest]} of a dense step's time at {percent(sparsest)}"
    if replicas < intervals.LEAST:
        there = "is 1" if replicas == 1 else f"are {replicas}"
        needs = f"from where on it pays needs {intervals.LEAST} replicas, there {there} so far"
        return f"{name.capitalize()} execution takes {at_last}; {needs}."
    paying = [*itertools.takewhile(lambda density: intervals.mean(ratios[density]).high < 1, ratios)]
    if not paying:
        return f"{name.capitalize()} execution is not shown to pay: it takes {at_last}."
    first = paying[-1]
    begin = "" if first == sparsest else f", {takes[first]} at {percent(first)}"
    return f"{name.capitalize()} execution pays from {percent(first)} on: it takes {at_last}{begin}."
