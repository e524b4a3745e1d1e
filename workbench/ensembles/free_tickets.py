"""FreeTickets: an ensemble of networks that were each sparse from their first step on.

Liu et al. 2022, "Deep Ensembling with No Overhead for either Training or Testing: The All-Round Blessings of Dynamic
Sparsity": the DST ensemble, which is M runs from different seeds and the mean of their probabilities. Seen: abstract,
README and training script of the authors' code, not the paper. Not here: EDST, their ensemble from a single run.
"""

from __future__ import annotations

from torch import nn

from workbench.data.data import Data
from workbench.ensembles.member import Member
from workbench.ensembles.members import MOST, check_given, consume
from workbench.nets import masks
from workbench.nets.initialisation import initialise
from workbench.nets.weights import Weights, on_cpu
from workbench.pruning.dynamic import dynamic_steps
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.steps import network_weights
from workbench.work import rules
from workbench.work.archive import ArchiveLike, run
from workbench.work.calls import call
from workbench.work.replicas import in_order
from workbench.work.seeds import number


def free_tickets(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    members: int = 3,
    grow: str = "gradient",
    seed: int = 0,
    workers: int | None = None,
    archive: ArchiveLike | None = None,
) -> list[Member]:
    """Train as many independent tickets of this density, each with its own initial weights, mask and order.

    They train side by side, and cost `members` trainings of a sparse network. `grow` is "gradient" (theirs) or
    "random". Combine them by their probabilities. Raises a ValueError for fewer than one member, or an option of
    `dynamic_steps` out of range.
    """
    check_given(model, data, recipe, seed)
    rules.whole("members", members, least=1, most=MOST, way_on="three are the usual number")

    def member(m: int) -> Member:
        start, run_seed = initialise(model, seed=number(seed, "member weights", m)), number(seed, "member", m)
        return run(call(free_ticket, model, start, data, recipe, density=density, grow=grow, seed=run_seed), archive)

    return in_order(member, range(members), workers=workers)


def free_ticket(
    model: nn.Module,
    start: Weights,
    data: Data,
    recipe: Recipe,
    *,
    density: float,
    grow: str = "gradient",
    drop: float = 0.5,
    seed: int = 0,
) -> Member:
    """Train one ticket by dynamic sparse training to the end of the recipe, as the authors' code does.

    The layers' densities are Erdős-Rényi-kernel ones, and the mask changes until the end: at first half (`drop`) of the
    weights of a layer at a time, by a cosine ever fewer.
    """
    check_training(model, start, data, recipe, seed=seed)
    options = {"density": density, "grow": grow, "drop": drop, "until": 1.0, "seed": seed}
    last, history = consume(dynamic_steps(model, start, data, recipe, **options), recipe.loss)
    mask = on_cpu(last.state.mask or {})
    weights = masks.apply(network_weights(model, start, last.state), mask)
    return Member(weights, mask, recipe.loss, history, last.of, seed)
