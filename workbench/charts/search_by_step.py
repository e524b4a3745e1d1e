"""How does a search come down to its density, and how accurate is what it has so far, with no weight trained?

The two curves of Sreenivasan et al. 2022, "Rare Gems": the live density beside its bound, and the untrained accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from workbench.charts.found_tickets import ASKS, SPARSE, glimpsed
from workbench.charts.grammar import ACCURACY, DENSITY, RUNS, STEP, Looks, Means, grouped, records
from workbench.charts.grammar.looks import in_order, of_finders
from workbench.numbers.numerals import percent, points

KEPT = ", kept"  # after a method's name: another mask than the rounded one


def both_masks(names: Sequence[str]) -> Looks:
    """Return the looks of methods, the masks that they keep in broken lines, and the bound's.

    Where there is one method with several options, colours tell the options apart.
    """
    methods = [name for name in dict.fromkeys(n.removesuffix(KEPT) for n in names) if name != "published"]
    varied = len({name.partition("(")[0] for name in methods}) == 1 < len(methods)
    finders = in_order(methods) if varied else of_finders(methods)
    broken = {f"{name}{KEPT}": replace(look, dash=(6, 3)) for name, look in finders.items()}
    return {**finders, **broken, "published": RUNS["published"]}


@Means(
    asks=ASKS,
    selects=("method", "step"),
    x=replace(STEP, title="step of the search"),
    measures=[
        replace(DENSITY, title="density (logarithmic)", reverse=False),
        replace(ACCURACY, field="accuracy", title="validation accuracy, untrained"),
    ],
    line="curve",
    looks=both_masks,
    chosen=SPARSE,
    packed=True,
    stacked=True,
    apart=0,
    height=210,
    sizes=(30, 80),
    title="How does the search come down to its density?",
    subtitle=(
        "full: the rounded mask, whose accuracy it is; broken: what is kept; grey: its bound, where it is above\n"
        "mean and 95 % t interval over replicas"
    ),
    needs="a method that searches by scores, as gem_miner and edge_popup do",
)
def search_by_step(table: Any) -> Iterator[dict[str, Any]]:
    """Draw the density of every search by step, of its rounded mask and of what is kept, with its bound; and below
    them the validation accuracy of the rounded mask, of which no weight is trained.

    `table` are the outcomes of `experiments.tickets_at_initialisation`; searches with inverted scores are left out.
    """
    rows = [row for row in glimpsed(table) if row["control"] == "none"]
    for (method, _), same in grouped(rows, lambda row: (row["method"], row["kept"])).items():
        other = any(row["density"] != row["density_rounded"] for row in same)
        below = any(row["density"] < 0.99 * row["bound"] for row in same)
        for row in same:
            one = {name: row[name] for name in ("method", "kept", "seed", "replica", "step")}
            yield one | {"curve": method, "density": row["density_rounded"] or None, "accuracy": row["accuracy"]}
            if other:
                yield one | {"curve": f"{method}{KEPT}", "density": row["density"]}
            if below:  # else it would fill the gaps of the broken line
                bound = {"role": "beneath", "curve": f"bound of {method}", "look": "published", "joined": False}
                yield one | bound | {"density": row["bound"]}


@search_by_step.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: what a search will do, as foreseen, and what it came to, with no weight trained."""
    rows = records(outcomes)
    sentences = {}
    for row in rows:
        if row.get("idle") is not None:
            foreseen = f"{row['method']}, asked for {percent(row['asked'])}: {row['words']}"
            sentences.setdefault((row["method"], row["asked"]), foreseen)
    searches = grouped((row for row in glimpsed(rows) if row["control"] == "none"), lambda r: (r["method"], r["asked"]))
    return [*sentences.values(), *(_came_to(*search, same) for search, same in searches.items())]


def _came_to(method: str, asked: float, same: list[dict[str, Any]]) -> str:
    step = max(row["step"] for row in same)
    last = [row for row in same if row["step"] == step]
    kept, rounded = (sum(row[name] for row in last) / len(last) for name in ("density", "density_rounded"))
    masks = percent(kept) if kept == rounded else f"{percent(rounded)} rounded, {percent(kept)} kept"
    accuracy = points([row["accuracy"] for row in last], " %")
    layers = max(row["collapsed_layers"] for row in last)
    lost = f"; {layers} layer{'s have' if layers > 1 else ' has'} lost every weight" if layers else ""
    return (
        f"{method}, asked for {percent(asked)}, after step {step} of {last[0]['of']}: {masks}; untrained, "
        f"validation accuracy {accuracy}{lost}."
    )
