"""Does a random network hold the trained one? Its filters removed until it computes the same, and what that takes.

After "Polynomially Over-Parameterized Convolutional Neural Networks Contain Structured Strong Winning Lottery Tickets"
(da Cunha, d'Amore & Natale 2023). The theorem is about existence, and its text was not at hand; the construction is
derived, and what it needs is measured here. Beside whole filters stand the same network pruned by kernels, by single
weights (Pensia et al. 2020) and without its block mask, and two masks that match the task, not the weights: edge-popup
by weight (Ramanujan et al. 2020) and by filter, trained on the same random network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.data.unit_range import unit_range
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.matched_layers import Matched, matched_layer
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.strong_rivals import RIVALS, at_rates, popped
from workbench.nets.door import SPLITS
from workbench.nets.weights import Weights, snapshot
from workbench.strong.comparison import Comparison, compare
from workbench.strong.pair import Pair
from workbench.strong.reading import target_of
from workbench.strong.structured import MARGIN, check_search, joined, layer_seconds, structured_search
from workbench.strong.structures import STRUCTURES
from workbench.strong.ticket import StrongTicket
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed

A_STEP = 0.005  # seconds, about, of training a small network
WAYS = (*STRUCTURES, *RIVALS)
TARGET = Recipe(epochs=40, learning_rate=0.1, batch_size=64, schedule="cosine")
POPUP = Recipe(epochs=10, learning_rate=1.0, batch_size=64, schedule="cosine")


@dataclass(frozen=True, eq=False)
class Strong:
    """A strong ticket beside its target, both on `split`.

    `structure` is what may be removed, or a rival whose mask matches the task. `candidates_per_block` are the filters
    drawn for a channel of the layer that has most. `kernel_error` is the worst layer's; `certificate` bounds how far
    logits are apart for every image, `measured_sup` is the farthest on these, `logit_error` is relative, in l2.
    `agreement` is the share of images of which both say the same class. `seconds` are those of the search.
    """

    structure: str
    ratio: float
    candidates_per_block: int
    seed: int
    replica: int
    kernel_error: float | None
    certificate: float | None
    measured_sup: float
    logit_error: float
    target_accuracy: float
    ticket_accuracy: float
    agreement: float
    kept_filters: int
    random_filters: int
    kept_parameters: int
    random_parameters: int
    target_parameters: int
    out_of_reach: int
    cut_short: int
    seconds: float
    split: str
    ticket: StrongTicket | None
    comparison: Comparison | None

    def __repr__(self) -> str:
        where = f"{self.structure}, ratio={self.ratio:g}, replica={self.replica}"
        accuracies = f"ticket_accuracy={self.ticket_accuracy:.4f}, target_accuracy={self.target_accuracy:.4f}"
        return f"Strong({where}: {accuracies}, agreement={self.agreement:.4f})"


@typed
def strong_tickets(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "plain_cnn(channels=(8, 8))",
    recipe: Recipe = TARGET,
    structures: Sequence[str] = ("filter",),
    ratios: Sequence[float] = (5.0, 10.0, 20.0),
    scale: float | None = None,
    margin: float | Sequence[float] = MARGIN,
    solver: str = "auto",
    seconds: float | None = None,
    signed: bool = False,
    popup_ratio: float = 2.0,
    popup: Recipe = POPUP,
    popup_rates: Sequence[float] = (1.0, 10.0),
    split: str = "test",
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Matched | Strong]:
    """Train a target, then yield a `Matched` for every layer of it and a `Strong` for every structure and ratio.

    `structures` are names of `strong.STRUCTURES`, or "edge_popup" and "filter_popup": masks trained with `popup` on a
    random network. Images are seen in [0, 1]. A slab out of reach is brought as near as can be, and counted. Each
    replica trains a target of its own and draws a random network of its own. Raises a ValueError for an option out of
    range and a target that the construction does not serve, before anything is trained.

    Arguments:
        structures: What is removed from the random network as a whole, or by which mask that matches the task.
        ratios: How many usable candidates there are for each dimension of a sum; 20 is precise, 10 is rough.
        scale: The deviation of the random kernels; that of the formula where none is given.
        margin: By how many times the scale of the random network is above the least that the formula asks.
        solver: The way to the nearest subset sum; auto takes the one that suits the size.
        seconds: The seconds a sum may take before the best so far is kept, and marked; no limit where none is given.
        signed: Whether images are scaled to mean 0, which takes two sums for a channel of the first layer.
        popup_ratio: How many candidates for each dimension the random network of edge-popup has.
        popup_rates: The learning rates of edge-popup, of which the best on validation images is taken.
    """
    rules.flag("signed", signed, "True scales images to mean 0")
    rules.choice("split", split, SPLITS)
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, split=split)
    if not signed:
        experiment = replace(experiment, data=unit_range(experiment.data))
    check_names("structure", structures, WAYS, least=1)
    if not are(ratios, rules.number, above=0):
        raise ValueError(f"ratios must be above 0, each once, got {told(ratios)}; 20 is precise, 10 is rough")
    target = target_of(experiment.network, snapshot(experiment.network), experiment.data)
    rules.number("popup_ratio", popup_ratio, above=0, way_on="2 is a small network")
    searches = at_rates(popup, popup_rates, len(experiment.data.train))
    for structure in STRUCTURES.keys() & set(structures):
        for ratio in ratios:
            check_search(target, structure, ratio, scale, margin, solver, seconds)
    options = {"scale": scale, "margin": margin, "solver": solver, "seconds": seconds, "beyond": "nearest"}
    grid = [
        (structure, ratio)
        for structure in structures
        for ratio in (ratios if structure in STRUCTURES else [popup_ratio])
    ]

    margins = 1 if isinstance(margin, (int, float)) else len(margin)
    popup_steps = sum(search.length(len(experiment.data.train)) for search in searches)
    costs = [A_STEP * experiment.length] + [  # the target's, in seconds
        margins * sum(layer_seconds(target, name, ratio, solver)) if name in STRUCTURES else A_STEP * popup_steps
        for name, ratio in grid
    ]

    def matched(replica: Replica) -> Iterator[Matched | Strong]:
        with progress.within("target", 0, costs):
            weights = replica.train(replica.start).weights
        for place, (structure, ratio) in enumerate(grid, 1):
            labels = {"structure": structure, "ratio": float(ratio), **replica.labels}
            if structure in STRUCTURES:
                work = _search(replica, weights, labels, options, split)
            else:
                work = _rival(replica, weights, labels, searches, split)
            yield from progress.walk("ticket", work, costs, index=place)

    yield from experiment.side_by_side(matched)


def _search(
    replica: Replica, weights: Weights, labels: dict[str, Any], options: dict[str, Any], split: str
) -> Iterator[Matched | Strong]:
    """Search for a ticket, layer by layer, and put it beside its target."""
    given, pairs = (replica.model, weights, replica.data), list[Pair]()
    target = target_of(*given)
    asked = {"structure": labels["structure"], "ratio": labels["ratio"], "seed": replica.seed, **options}
    for pair in replica.each(structured_search, *given, **asked):
        pairs.append(pair)
        yield matched_layer(pair, target, labels)
    ticket = joined(*given, pairs)
    with progress.within("comparison", 0):
        comparison = compare(ticket, *given, split=split)
    yield Strong(
        **labels,
        candidates_per_block=ticket.candidates,
        kernel_error=ticket.kernel_error,
        certificate=comparison.certificate,
        measured_sup=comparison.measured[-1],
        **fields_of(comparison, "logit_error target_accuracy ticket_accuracy agreement"),
        kept_filters=ticket.filters[0],
        random_filters=ticket.filters[1],
        kept_parameters=ticket.parameters[0],
        random_parameters=ticket.parameters[1],
        target_parameters=target.parameters,
        out_of_reach=sum(pair.out_of_reach for pair in pairs),
        cut_short=sum(pair.cut_short for pair in pairs),
        seconds=sum(pair.seconds for pair in pairs),
        split=split,
        ticket=ticket,
        comparison=comparison,
    )


def _rival(
    replica: Replica, weights: Weights, labels: dict[str, Any], searches: Sequence[Recipe], split: str
) -> Iterator[Strong]:
    fields = popped(replica, weights, labels["structure"], labels["ratio"], searches, split)
    unknown = dict.fromkeys(("kernel_error", "certificate", "ticket", "comparison"))
    parameters = target_of(replica.model, weights, replica.data).parameters
    whole = {"out_of_reach": 0, "cut_short": 0, "split": split, "target_parameters": parameters}
    yield Strong(**labels, **unknown, **fields, **whole)
