"""Do tickets that were trained from easy to hard know better, together, what they do not know?

Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets Towards Calibrated Sparse Network Training":
M tickets, each robust to another degree, beside as many ordinary ones, one ticket of their total density, and others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from workbench import ensembles
from workbench.data.data import Data, check_sizes, load
from workbench.data.noise import noisy
from workbench.ensembles.combination import COMBINATIONS
from workbench.ensembles.members import SHARE, check_weighing
from workbench.ensembles.sup_tickets import in_cycles
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.experiments.given_names import check_names, several
from workbench.experiments.replica import Replica, check_shared, prepare
from workbench.experiments.ways_to_an_ensemble import WAYS, Setting, trainings
from workbench.nets import masks
from workbench.nets.initialisation import RULES
from workbench.pruning.straight_through import SCOPES
from workbench.training.losses import CrossEntropy, Loss, Robust
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.cores import cores
from workbench.work.typed import typed

POPUP = Recipe(epochs=30, weight_decay=1e-4, schedule="cosine")
_HELD: WeakValueDictionary[tuple[object, ...], Data] = WeakValueDictionary()  # data of replicas that are in use


@typed
def robust_ensembles(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    pixel_noise: float = 0.6,
    label_noise: float = 0.0,
    validation: float = 1 / 6,
    model: str = "lenet(hidden=(512, 512), norm=True)",
    recipe: Recipe = POPUP,
    methods: Sequence[str] = ("robust", "ordinary", "single"),
    density: float = 0.05,
    lams: Sequence[float] | None = (float("inf"), 2.0, 1.0),
    etas: Sequence[float] | None = None,
    anneal: str = "constant",
    gradient: str = "mathematics",
    over: str = "batch",
    share: str = "weights",
    scope: str = "layer",
    rule: str = "scaled_constant",
    combine: str = "logits",
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Ensembled]:
    """Yield an `Ensembled` for every method of every replica, replicas side by side.

    `methods` are names of `WAYS`. The robust members have the `lams` (infinity: the ordinary loss), or the radii `etas`
    of their uncertainty sets; `anneal`, `gradient` and `over` say how they weigh (`Robust`, `ensembles.members`). Each
    member keeps `density`; what stands beside them as one network keeps as much as all of them. `combine` holds for the
    whole table. Every replica has its own split, its own draw of the `pixel_noise` (`noisy`) and its own networks; the
    methods of one replica share them: pair by it. The validation split chooses (the temperature, a lambda), the test
    split reports. Raises a ValueError for an option out of range, before anything is trained.

    Arguments:
        pixel_noise: The deviation of the noise added to every pixel, in units of the whole range; it makes digits hard.
        methods: The ways to an ensemble that are compared.
        density: The share of its weights that a member keeps.
        lams: The lambda of each member's robust loss; the smaller, the more hard examples count, and inf is the
            ordinary mean.
        etas: The radius of each member's uncertainty set, in place of lambdas; 0 is the ordinary mean.
        anneal: How lambda goes to its value during training.
        gradient: Whether a step follows the derived weights of the robust loss, or those of the published code.
        over: Whether the robust loss weighs the examples of a batch, or those of all the data.
        share: What the members of an ensemble have in common.
        scope: Whether the density holds for each layer, or for all of them together.
        rule: How the random weights of edge-popup tickets are drawn.
        combine: What of the members is averaged; the mean of logits is the surer.
    """
    check_shared(recipe, replicas, archive)
    losses, methods = _losses(lams, etas, anneal, gradient), several("methods", methods)
    check_names("method", methods, WAYS, least=1)
    check_names("combination", [combine], COMBINATIONS)
    check_names("share", [share], SHARE)
    check_names("rule", [rule], RULES)
    check_names("scope", [scope], SCOPES)
    if recipe.loss != CrossEntropy():
        raise ValueError(f"recipe.loss must be CrossEntropy(), got {recipe.loss}; losses come from lams or etas here")
    if recipe.mixup:
        raise ValueError(f'recipe.mixup must be 0, got {recipe.mixup:g}; the method "dense mixup" is that with mixup')
    for loss in losses:
        check_weighing(loss, over, recipe)
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive)
    masks.survivors(masks.full(experiment.network), density)
    sizes = {"train_size": train_size, "image_size": image_size, "validation": validation, "label_noise": label_noise}
    first = replica_data(dataset, pixel_noise, experiment.seeds[0], **sizes)
    if not len(first.validation):
        rule = "validation must leave images to choose a temperature by"
        raise ValueError(f"{rule}, got {validation}, which leaves none; 1/6 is the usual share")
    if "sup tickets" in methods:
        in_cycles(recipe, recipe.length(len(first.train)))
    tickets = {"scope": scope, "rule": rule, "share": share, "over": over}
    workers, costs = max(1, cores() // replicas), [trainings([m], losses) for m in methods]

    def ensembled(replica: Replica) -> Iterator[Ensembled]:
        with_data = replace(replica, data=replica_data(dataset, pixel_noise, replica.seed, **sizes))
        setting = Setting(**vars(with_data), density=density, losses=losses, tickets=tickets, workers=workers)
        for index, method in enumerate(methods):
            with progress.within("method", index, costs):
                outcome = _ensembled(setting, method, combine, pixel_noise)
            yield outcome

    yield from experiment.side_by_side(ensembled)


def replica_data(dataset: str, pixel_noise: float, seed: int, **sizes: Any) -> Data:
    """Return a replica's own split of the data with its own noise: the same object for as long as anybody holds it."""
    rules.number("pixel_noise", pixel_noise, least=0, most=100, way_on="0.6 makes the digits hard")
    check_sizes(**sizes)
    key = (str(dataset), pixel_noise, seed, *sorted(sizes.items()))
    data = _HELD.get(key)
    if data is None:
        data = _HELD[key] = noisy(load(dataset, **sizes, seed=seed), pixel_noise, seed=seed)
    return data


def _ensembled(setting: Setting, method: str, combine: str, pixel_noise: float) -> Ensembled:
    members = WAYS[method](setting)
    kept = [member.mask for member in members]
    with progress.within("evaluation", 0):
        data = setting.data
        validation, test = (ensembles.predict(setting.model, members, part) for part in (data.validation, data.test))
    return Ensembled(
        method=method,
        members=tuple(members),
        density=members[0].density,
        **setting.labels,
        combine=combine,
        pixel_noise=pixel_noise,
        drawn=setting.seed,
        steps=sum(member.steps + member.extra for member in members),
        overlap=ensembles.mask_overlap(kept),
        union=ensembles.union_density(kept),
        bits=sum(ensembles.stored_bits(member, setting.model) for member in members),
        multiplications=sum(ensembles.multiplications(setting.model, member, setting.data) for member in members),
        validation=validation,
        test=test,
        examples=setting.data.test,
        classes=setting.data.classes,
    )


def _losses(lams: Any, etas: Any, anneal: str, gradient: str) -> tuple[Loss, ...]:
    if (lams is None) == (etas is None):
        raise ValueError(f"give lams or etas, one number a member, got lams={lams} and etas={etas}; pass None for one")
    name, given = ("etas", etas) if lams is None else ("lams", lams)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise rules.refused(name, "numbers, one a member", given, f"{name}=(2.0,) makes one member")
    losses = tuple(Robust(**{name[:-1]: value}, anneal=anneal, gradient=gradient) for value in given)
    if not losses:
        raise ValueError("an ensemble needs a member, got no lambda; lams=(inf, 2, 1) makes three")
    return losses
