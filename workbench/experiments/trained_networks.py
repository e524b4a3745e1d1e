"""What does one network learn? Trained from a fresh beginning or from a kept ticket, over replicas.

Its accuracy on the way, what it confuses with what, and the test images that it is wrong and sure about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from workbench.data.data import Split
from workbench.experiments.beginning import FRESH, Beginning, ticket_to_begin_from
from workbench.experiments.fields_of import fields_of
from workbench.experiments.replica import Replica, prepare
from workbench.nets import masks
from workbench.nets.evaluation import evaluate
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed

MOST = 48  # wrong predictions that an outcome holds, the surest of them


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """One network, trained; `start` is "fresh" or the ticket that it began from.

    `confusion` counts the test images by label (rows) and prediction. `wrong` are the test images that it is surest and
    wrong about, the surest first, with what it `predicted` and its `confidence`; `wrong_count` counts all that it has
    wrong. `rewound` are the weights that it began from, `mask` what is kept of them.
    """

    start: str
    seed: int
    replica: int
    density: float
    test_accuracy: float | None
    test_loss: float | None
    validation_accuracy: float | None
    train_accuracy: float | None
    wrong_count: int
    steps: int
    seconds: float
    classes: tuple[str, ...]
    confusion: Int64[Tensor, "classes classes"]
    wrong: Split
    predicted: Int64[Tensor, " wrong"]
    confidence: Float64[Tensor, " wrong"]
    mask: Mask
    rewound: Weights
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        where = f"{self.start}, replica={self.replica}, density={self.density:.4g}"
        return f"TrainedNetwork({where}, test_accuracy={accuracy})"


@typed
def trained_networks(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    start: Beginning = FRESH,
    evaluations: int = 20,
    label_noise: float = 0.0,
    seed: int = 0,
    replicas: int = 1,
    archive: ArchiveLike | None = None,
) -> Iterator[TrainedNetwork]:
    """Yield a `TrainedNetwork` for every replica, as they finish.

    Replicas of a fresh beginning draw their own weights and their own order of the data; those of a ticket begin from
    its weights and keep its mask, and differ in their order alone. Raises a ValueError for an option out of range, and
    for a ticket of another model, before anything is trained.

    Arguments:
        start: Where the training begins: fresh, or from a ticket, by the name that it was kept under or the path of its
            file.
        evaluations: How often a network is measured on the way, where the recipe does not say after how many steps.
        label_noise: The share of the training labels that is moved to another class.
        replicas: How often everything is repeated; those of a ticket differ in the order of the data alone.
    """
    rules.whole("evaluations", evaluations, least=1, most=1000, way_on="20 make a curve")
    experiment = prepare(
        dataset, train_size, image_size, model, recipe, seed, replicas, archive, label_noise=label_noise
    )
    ticket = ticket_to_begin_from(start, experiment)
    words = FRESH if ticket is None else "a ticket" if isinstance(start, Ticket) else os.fspath(start)
    if recipe.evaluate_every is None:
        recipe = replace(recipe, evaluate_every=max(1, -(-experiment.length // evaluations)))
    parts = 2

    def trained(replica: Replica) -> Iterator[TrainedNetwork]:
        begun = Ticket(replica.start, masks.full(replica.model)) if ticket is None else ticket
        with progress.within("part", 0, parts):
            run = replica.train(begun.weights, mask=None if ticket is None else ticket.mask)
        with progress.within("part", 1, parts):
            yield _outcome(words, replica, begun, run)

    yield from replace(experiment, recipe=recipe).side_by_side(trained)


def _outcome(start: str, replica: Replica, begun: Ticket, run: Run) -> TrainedNetwork:
    """Return the outcome of a run, with what it says of the test images; of none, empty."""
    test, classes = replica.data.test, len(replica.data.classes)
    logits = evaluate(replica.model, run.weights, test).logits if len(test) else torch.zeros(0, classes)
    confidence, predicted = logits.double().softmax(1).max(1)
    places = (predicted != test.labels).nonzero().flatten()
    surest = places[confidence[places].argsort(descending=True, stable=True)][:MOST]
    pairs = test.labels * classes + predicted
    return TrainedNetwork(
        start=start,
        **replica.labels,
        **fields_of(run, "density test_accuracy test_loss validation_accuracy train_accuracy steps seconds"),
        wrong_count=len(places),
        classes=replica.data.classes,
        confusion=pairs.bincount(minlength=classes**2).view(classes, classes),
        wrong=test.take(surest),
        predicted=predicted[surest],
        confidence=confidence[surest],
        mask=begun.mask,
        rewound=begun.weights,
        run=run,
    )
