"""Which tickets can be found at initialisation, and do they survive the sanity checks? Any method, any density, paired.

Sreenivasan et al. 2022, "Rare Gems: Finding Lottery Tickets at Initialization": a rare gem is accurate before a weight
is trained and trains well after; and it is worse once its mask is shuffled, its weights are drawn anew or its scores
are inverted (the checks of Frankle et al. 2021 and Su et al. 2020). Every ticket is trained at one of a few learning
rates, chosen for each method and density on the validation split of the first replica, and then fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.experiments.glimpses_of_searches import Foreseen, Glimpse
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.trial_of_tickets import Trial, Tried
from workbench.numbers.asked import asked
from workbench.numbers.tables import table
from workbench.training.recipe import Recipe
from workbench.work import progress
from workbench.work.archive import ArchiveLike
from workbench.work.replicas import replicas as threads
from workbench.work.typed import typed

if TYPE_CHECKING:
    import pandas

TICKETS = Recipe(epochs=10, learning_rate=0.05, weight_decay=1e-4, schedule="multistep", milestones=(0.5, 0.8))
SEARCH = Recipe(epochs=20, learning_rate=0.3, schedule="cosine")


@typed
def tickets_at_initialisation(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet(norm=True, affine=False)",
    recipe: Recipe = TICKETS,
    search: Recipe = SEARCH,
    methods: Sequence[str] = ("gem_miner", "edge_popup", "snip", "synflow", "random_mask"),
    densities: Sequence[float] = (0.05,),
    controls: Sequence[str] = ("shuffled", "reinitialised"),
    learning_rates: Sequence[float] = (0.05, 0.2),
    rule: str = "paper",
    rewind_step: int = 0,
    unflag: bool = True,
    matched: bool = False,
    batch_norm: str = "recompute",
    glimpses: int = 10,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Glimpse | Foreseen | Tried]:
    """Yield a `Tried` for every method, density, control and replica, and `glimpses` of every search on the way.

    `methods` are names in `wb.pruning.METHODS` with their options, as "gem_miner(l2=0.0003)", or "imp",
    "learning_rate_rewinding" and "dense". A search runs by `search`, every ticket is trained by `recipe` at the one of
    `learning_rates` that is best on the validation split of the first replica, its controls too. `controls` are names
    in `wb.experiments.CHECKS`; "inverted" is left out for a method that has no scores. `rule` draws the weights, as in
    `wb.initialise`; "paper" is signed constants for searches, Kaiming-normal ones for the others. With `rewind_step` k
    all begin from weights that were trained for k steps: a warm start. `unflag=False` trains the rounded mask.
    `matched` adds the rivals with as many passes as a search and its training together. Raises a ValueError for an
    option out of range, a density at which a layer must be lost, a search too short, before anything is trained.

    Arguments:
        methods: How tickets are found, by name, with options in parentheses, as in gem_miner(l2=0.0003).
        densities: The shares of the weights that tickets keep.
        controls: The checks a ticket must pass to owe its accuracy to more than its density by layer.
        learning_rates: The rates that a ticket is trained at, of which the best on validation images is taken.
        rule: How initial weights are drawn; the paper's rule is signed constants for searches, Kaiming otherwise.
        rewind_step: The step of dense training that everything begins from, a warm start; 0 is the initialisation
            itself.
        unflag: Whether the kept weights are trained afterwards, or the rounded mask alone is.
        matched: Whether rivals are also trained for as many passes as a search and its training take together.
        batch_norm: What batch-norm uses in a network of which no weight was trained: statistics computed again, or
            those kept.
        glimpses: How many points of every search are recorded.
    """
    prepared = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, rewind_step=rewind_step)
    options = {"rule": rule, "rewind_step": rewind_step, "unflag": unflag, "matched": matched, "glimpses": glimpses}
    trial = Trial(prepared, search, controls, learning_rates, batch_norm, **options)
    cells = trial.cells(methods, densities)
    first, *others = prepared.seeds
    costs = [sum(trial.costs(*cell, len(learning_rates))) for cell in cells]
    each = [sum(trial.costs(*cell, 1)) for cell in cells]
    whole = sum(costs), sum(each) * len(others)
    rates: list[dict[str, float]] = [{} for _ in cells]  # by budget, as they are chosen

    def one_cell(index: int) -> Iterator[Glimpse | Foreseen | Tried]:
        yield from trial.tried(prepared.replica(first), *cells[index], rates[index])

    def all_cells(replica: Replica) -> Iterator[Glimpse | Foreseen | Tried]:
        for index, cell in enumerate(cells):
            outcomes = trial.tried(replica, *cell, rates[index])
            yield from progress.walk("method", outcomes, each, index=index)

    of_first = threads(one_cell, range(len(cells)), part="trial", costs=costs)
    of_others = threads(lambda seed: all_cells(prepared.replica(seed)), others)
    for part, outcomes in enumerate((of_first, of_others)):
        for _, outcome in progress.walk("part", outcomes, whole, index=part):
            yield outcome


def tickets_table(outcomes: Iterable[Any]) -> pandas.DataFrame:
    """Return the data frame of the tickets and their controls, a row each, without what was seen of searches."""
    given = asked(
        "the table", outcomes, "method control seed replica density|method asked idle", "tickets_at_initialisation"
    )
    return table(outcome for outcome in given if not isinstance(outcome, (Glimpse, Foreseen)))
