"""Where does every method find its ticket? The density of each layer, methods side by side.

Masks by SNIP, GraSP and SynFlow are said to be no more than the densities of their layers (Su et al. 2020, Frankle et
al. 2021), so that these are what to compare. Under a ResNet-20 lie those of Sreenivasan et al. 2022.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from workbench.charts.found_tickets import ASKS, SPARSE, named, of_replicas
from workbench.charts.grammar import DENSITY, RUNS, Axis, Looks, Means, grouped
from workbench.charts.grammar.looks import of_finders
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.numbers.numerals import percent
from workbench.numbers.published import published_layers

CROWD = 8  # layers: more of them go by their numbers
ALIVE = 0.99  # of the density: where fewer weights lie on a path it is said


def beside_published(names: Iterable[str]) -> Looks:
    """Return the looks of methods, and that of published lines."""
    return {**of_finders([name for name in names if name != "published"]), "published": RUNS["published"]}


@Means(
    asks=ASKS,
    selects=("method", "layer"),
    x=Axis("place", "layer, from input to output", padding=16),
    measures=[replace(DENSITY, title="density of the layer (logarithmic)", reverse=False)],
    line="line",
    looks=beside_published,
    names="layers",
    chosen=SPARSE,
    carried=[("name", "layer")],
    packed=True,
    apart=0.004,
    title="Density by layer and method",
    subtitle="mean and 95 % t interval over replicas; hollow: a layer lost every weight\n{about}",
    holds="the masks of tickets",
)
def density_by_layer_and_method(outcomes: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Draw the density of every layer, from input to output, a line for each method; a menu chooses the density that
    was asked for. Under a ResNet-20 lie the densities that the authors of Gem-Miner found, in grey.

    `outcomes` are those of `experiments.tickets_at_initialisation`.
    """
    tickets = [o for o in outcomes if _is_ticket(o)]
    if not tickets:
        return
    sizes, theirs = masks.layers(tickets[0].mask), {}
    if places := _places_of_theirs(tickets[0].mask):
        theirs = published_layers()
    names = [name.removesuffix(".weight") for name in sizes]
    known = {"layers": names if len(names) <= CROWD else [str(i + 1) for i in range(len(names))]}
    known |= {"about": theirs["cited"] if theirs else ""}
    floor = min(kept / of for o in tickets for kept, of in masks.layers(o.mask).values() if kept) / 2
    for ticket in tickets:
        one = known | named({"asked": ticket.asked}) | {"seed": ticket.seed, "replica": ticket.replica}
        for place, (kept, of) in enumerate(masks.layers(ticket.mask).values()):
            layer = {"place": place, "layer": list(sizes)[place], "name": f"{names[place]} ({of:,})"}
            layer |= {"line": ticket.method, "method": ticket.method}
            yield one | layer | {"density": kept / of or floor} | ({} if kept else {"hollow": True})
    for shown in dict.fromkeys(named({"asked": ticket.asked})["kept"] for ticket in tickets):
        for method, densities in theirs.get("methods", {}).items():
            line = known | {"role": "beneath", "look": "published", "line": f"theirs: {method}", "kept": shown}
            for place, density in zip(places, densities, strict=True):
                yield line | {"place": place, "name": names[place], "density": density}


@density_by_layer_and_method.sentences
def words(outcomes: list[Any]) -> list[str]:
    """Say it in sentences: for every method and density its densest layer and its sparsest, mean over replicas."""
    by_cell = grouped((o for o in outcomes if _is_ticket(o)), lambda o: (o.method, o.asked))
    return [f"{method}, asked for {percent(asked)}: {_found(same)}." for (method, asked), same in by_cell.items()]


def _found(same: list[Any]) -> str:
    layers = [{name: kept / of for name, (kept, of) in masks.layers(o.mask).items()} for o in same]
    means = {name.removesuffix(".weight"): statistics.fmean(one[name] for one in layers) for name in layers[0]}
    order = sorted(means.items(), key=lambda mean: mean[1])
    (least, low), (most, high) = order[0], order[-1]
    told = [f"densest in {most} ({percent(high)}), sparsest in {least} ({percent(low)})"]
    if percent(low) == percent(high):
        told = [f"{percent(low)} in every layer"]
    if lost := [name for name, density in means.items() if not density]:
        told.append(f"every weight lost in {', '.join(lost)}")
    live = [o.effective_density for o in same if o.effective_density is not None]
    if live and statistics.fmean(live) < ALIVE * statistics.fmean(o.density for o in same):
        told.append(f"{percent(statistics.fmean(live))} lie on a path to the logits")
    return "; ".join([*told, of_replicas(len(same))])


def _is_ticket(outcome: Any) -> bool:
    """Whether it is a ticket, and no control of one, nor a network that was trained for longer, nor the dense one."""
    return hasattr(outcome, "mask") and outcome.control == "none" and outcome.budget == "recipe" and outcome.asked < 1


def _places_of_theirs(mask: Mask) -> list[int]:
    """Return where the layers of a ResNet-20 are that their network has too, without shortcuts; none of another."""
    names, convolutions = list(mask), [2304] * 6 + [4608] + [9216] * 5 + [18432] + [36864] * 5
    places = [place for place, name in enumerate(names) if "shortcut" not in name]
    return places if [mask[names[place]].numel() for place in places[1:-1]] == convolutions else []
