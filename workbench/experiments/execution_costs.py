"""What does a training step cost at each density, under each execution? Steps in turn, held against dense ones.

Dense arithmetic multiplies by every zero of a mask. Sparse layers leave the zeros out, and a network without what
nothing reads is a smaller one; whether that saves time depends on how much is left, and on where it lies.
"""

from __future__ import annotations

import contextvars
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.replica import Replica, prepare
from workbench.nets import masks
from workbench.nets.compaction import Alive, compaction
from workbench.nets.execution import check_execution
from workbench.nets.footprint import multiply_adds
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.sparse_linear import sparse_layers
from workbench.nets.weights import Weights, snapshot
from workbench.pruning.filters import filters
from workbench.pruning.magnitude import magnitude
from workbench.training.forward import settle_recipe
from workbench.training.recipe import CHOICES, Recipe
from workbench.training.steps import Step, steps
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed

EXECUTIONS = (*[name for name in CHOICES["execution"] if name not in ("auto", "dense")], "auto")  # beside dense
MASKS_OF = ("weights", "filters")
AGREED = 10  # steps, after which all executions must have the same network but for rounding
AT_ONCE = 5  # steps that are timed together

Trainings = Mapping[str, Iterator[Step]]


@dataclass(frozen=True)
class Timed:
    """A training step under an execution, at a density: its time, and what it is over that of the dense one.

    `resolved` is what computed it: an execution that has nothing to leave out is dense, whose time it then has.
    `milliseconds` is the median of all steps, `over_dense` that of the paired ratios to dense steps of the same turn.
    `work` is the share of the dense network's multiply-adds, forwards, that it computes. `logits_apart` is the largest
    difference of a logit to the dense network's after ten steps, over the largest logit, and `weights_apart` that of a
    weight: what rounding makes of them (of ResNet-8 at a rate of 0.1 up to 1e-3, as from weights moved by 3e-8).
    `alive` counts what of every layer is alive; None for a network whose channels cannot be followed.
    """

    masks_of: str
    execution: str
    resolved: str
    seed: int
    replica: int
    asked: float
    density: float
    milliseconds: float
    over_dense: float
    work: float
    logits_apart: float
    weights_apart: float
    batch_size: int
    processor: str
    alive: dict[str, Alive] | None = field(repr=False)


@typed
def execution_costs(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=5),  # noqa: B008 (frozen)
    densities: Sequence[float] = (0.5, 0.2, 0.1, 0.05, 0.02),
    masks_of: str = "weights",
    executions: Sequence[str] = ("sparse", "compact"),
    repeats: int = 15,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Timed]:
    """Yield a `Timed` for dense execution, and for every other one, at every density, the densest first.

    A dense network is trained by the recipe, its smallest weights or filters are removed, the rest is rewound, and its
    training steps are timed: five of each execution in turn, forwards and then backwards. Replicas come one after
    another, to be timed alone. Raises a ValueError for an option out of range, and for an execution that does not serve
    the network, before anything is trained.

    Arguments:
        densities: The shares of the weights, or of the filters, that are kept.
        masks_of: Whether single weights are removed, the smallest of the network, or whole filters and units, those of
            every layer that have the smallest norm, and all that reads them.
        executions: What is timed beside dense execution.
        repeats: How often five steps of each execution are timed, of which the median is taken.
    """
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive)
    network = experiment.network
    if not are(densities, rules.number, above=0, below=1):
        raise ValueError(f'densities must be in (0, 1), each once, got {told(densities)}; for "5 % kept" pass 0.05')
    rules.choice("masks_of", masks_of, MASKS_OF, '"weights" are single ones')
    check_names("execution", executions, EXECUTIONS, least=1)
    rules.whole("repeats", repeats, least=1, most=10_000, way_on="15 have a median")
    for name in executions:
        check_execution(network, name, settle_recipe(network, recipe))
    for density in densities:
        _mask(network, snapshot(network), masks_of, density, 0)
    names, turns = ("dense", *executions), repeats + (AGREED + 1) // AT_ONCE
    costs = (experiment.length, *[AT_ONCE * turns * len(names) for _ in densities])
    for place, one in enumerate(experiment.seeds):
        replica = experiment.replica(one)
        with progress.within("replica", place, replicas), progress.within("dense", 0, costs):
            trained = replica.train(replica.start).weights
        for index, density in enumerate(sorted(densities, reverse=True), 1):
            mask = _mask(replica.model, trained, masks_of, density, replica.seed)
            labels: dict[str, Any] = {"masks_of": masks_of, "asked": float(density), **replica.labels}
            with progress.within("replica", place, replicas), progress.within("density", index, costs):
                timed = [Timed(**labels, **measured) for measured in _measured(replica, mask, names, repeats)]
            yield from timed


def _mask(model: nn.Module, weights: Weights, masks_of: str, density: float, seed: int) -> Mask:
    if masks_of == "filters":
        return filters(model, weights, share=1 - density, seed=seed)
    return magnitude(weights, masks.full(model), density=density, seed=seed)


def _measured(replica: Replica, mask: Mask, names: Sequence[str], repeats: int) -> Iterator[dict[str, Any]]:
    """Time the steps under a mask, and yield what a `Timed` says of each execution."""
    recipe = replace(replica.recipe, epochs=None, steps=AGREED + 1 + AT_ONCE * repeats, evaluate_every=None)
    recipes = {name: replace(recipe, execution=name) for name in names}
    hardware = {name: settle_recipe(replica.model, recipes[name], mask) for name in names}
    trainings = {
        name: steps(replica.model, replica.start, replica.data, recipes[name], mask=mask, seed=replica.seed)
        for name in names
        if name == "dense" or hardware[name].execution != "dense"
    }
    apart = _apart(trainings)
    times = _in_turn(trainings, repeats)
    for name in names:
        computed = name if name in times else "dense"
        ratios = [a / b for a, b in zip(times[computed], times["dense"], strict=True)]
        yield {
            "execution": name,
            "resolved": hardware[name].execution,
            "density": masks.density(mask),
            "milliseconds": 1000 * statistics.median(times[computed]) / AT_ONCE,
            "over_dense": statistics.median(ratios),
            "work": _work(replica, mask, hardware[name].execution),
            "logits_apart": apart[computed][0],
            "weights_apart": apart[computed][1],
            "batch_size": recipe.batch_size,
            "processor": hardware[name].processor,
            "alive": replica.alive(mask),
        }


def _apart(trainings: Trainings) -> dict[str, tuple[float, float]]:
    """Take ten steps of each training, and one more that shows its logits; return how far they are from dense ones."""
    weights, logits = {}, {}
    for name, training in trainings.items():
        state = [_step(training) for _ in range(AGREED)][-1].state
        weights[name] = torch.cat([tensor.detach().flatten().clone() for tensor in state.trained.values()])
        logits[name] = _step(training).logits
    return {name: (_share(logits, name), _share(weights, name)) for name in trainings}


def _share(tensors: Mapping[str, Tensor], name: str) -> float:
    """Return the largest difference to the dense tensor, over what is largest there."""
    dense = tensors["dense"]
    return float((tensors[name] - dense).abs().max() / dense.abs().max().clamp(min=1e-30))


def _in_turn(trainings: Trainings, repeats: int) -> dict[str, list[float]]:
    """Return the seconds of some steps of each training, turn by turn; every other turn runs backwards."""
    times: dict[str, list[float]] = {name: [] for name in trainings}
    with progress.within("timing", 0, 1):
        for turn in range(repeats):
            for name in list(trainings)[:: -1 if turn % 2 else 1]:
                began = time.perf_counter()
                for _ in range(AT_ONCE):
                    step = _step(trainings[name])
                if step.logits.is_cuda:
                    torch.cuda.synchronize(step.logits.device)
                times[name].append(time.perf_counter() - began)
            progress.report(turn + 1, repeats)
    return times


def _step(training: Iterator[Step]) -> Step:
    """Take a step that nobody watches: what a panel looks at meanwhile would be timed too."""
    return contextvars.Context().run(next, training)


def _work(replica: Replica, mask: Mask, execution: str) -> float:
    """Return the share of the multiply-adds of an image's forward pass that an execution computes."""
    image, network = replica.data.train.inputs(torch.arange(1)), private(replica.model).eval()
    dense = multiply_adds(network, image)
    if execution == "compact":
        return multiply_adds(compaction(network, mask).network.eval(), image) / dense
    left_out = {name: int((~mask[name]).count_nonzero()) for name, _ in sparse_layers(network, mask)}
    return 1 - sum(left_out.values()) / dense if execution == "sparse" else 1.0
