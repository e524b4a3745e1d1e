"""Does robust training learn rare features, and make wrong predictions less sure? A toy that answers in seconds.

Every class has a frequent "major" and a rare "minor" feature, and every image shows one of them, noise, and a little of
a wrong class. Trained by the mean, a network learns the major features and guesses boldly where it sees a minor one;
robust training weighs these examples up. That it lowers the confidence of incorrect predictions is the claim of the
abstract of Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets". That the paper's theory has such
a model of patches and features (after Allen-Zhu & Li) is recalled, not verified; the sizes here are the workbench's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.experiments.given_names import told
from workbench.experiments.replica import Replica, check_shared
from workbench.nets.evaluation import evaluate
from workbench.nets.initialisation import initialise
from workbench.training.losses import Robust
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.replicas import replicas as side_by_side
from workbench.work.seeds import check_seed, generator, seeds
from workbench.work.typed import typed

RANGE = 2.5  # the 256 values of a pixel are spread over [-RANGE, RANGE]; what is beyond is clipped (hardly any)
MOST, LARGEST = 10_000, 10**8  # of a dimension, and of all the pixels
STRENGTH = 2.0  # the norm of a feature


@dataclass(frozen=True, eq=False)
class Rare:
    """One network trained at one lambda (infinity: the mean), tested on as many major as minor images.

    Accuracies are in [0, 1]. `wrong_confidence_major` and `_minor` are the mean largest probability over the images of
    that kind that it gets wrong (NaN where there are none); `gap_major` and `gap_minor` are mean confidence less
    accuracy: above zero is overconfident.
    """

    lam: float
    gradient: str
    seed: int
    replica: int
    major_accuracy: float
    minor_accuracy: float
    wrong_confidence_major: float
    wrong_confidence_minor: float
    gap_major: float
    gap_minor: float
    run: Run

    def __repr__(self) -> str:
        wrong = f"wrong_confidence_minor={self.wrong_confidence_minor:.3f}"
        return f"Rare(lam={self.lam:g}, replica={self.replica}: minor_accuracy={self.minor_accuracy:.3f}, {wrong})"


class Patchwise(nn.Module):
    """One linear layer and ReLU for every patch (a row of the image), their sum over patches, a linear layer."""

    def __init__(self, dimension: int, classes: int) -> None:
        super().__init__()
        self.patch, self.fc = nn.Linear(dimension, dimension), nn.Linear(dimension, classes)

    def forward(self, images: Float[Tensor, "batch 1 patches dimension"]) -> Float[Tensor, "batch classes"]:
        return self.fc(self.patch(images[:, 0]).relu().sum(1))


@typed
def rare_features(
    lams: Sequence[float] = (math.inf, 1.0, 0.5, 0.25),
    *,
    train_size: int = 1000,
    test_size: int = 2000,
    minor: float = 0.05,
    noise: float = 0.3,
    classes: int = 5,
    dimension: int = 60,
    patches: int = 4,
    gradient: str = "mathematics",
    recipe: Recipe = Recipe(epochs=8, learning_rate=0.02, batch_size=100),  # noqa: B008 (frozen)
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Rare]:
    """Yield a `Rare` for every lambda of every replica, replicas side by side, lambdas in their order.

    A replica draws its own features, images and initial weights, which all lambdas share. `minor` is the share of
    training images that show the minor feature (half of the test images do), `noise` the deviation of a pixel; the
    recipe's loss is replaced by `Robust(lam, gradient=gradient)`. Raises a ValueError for an option out of range,
    before anything is trained.

    Arguments:
        lams: The lambda of each training's robust loss; the smaller, the more hard images count, and inf is the
            ordinary mean.
        train_size: How many training images are drawn.
        minor: The share of the training images that show the rare feature.
        noise: The deviation of the noise of a pixel.
        classes: How many classes there are, with two features each.
    """
    check_shared(recipe, replicas, archive)
    if isinstance(lams, str) or not isinstance(lams, Sequence) or not lams or len(set(lams)) < len(lams):
        raise ValueError(f"lams must be lambdas, one at least, each once, got {told(lams)}; (math.inf, 1.0) are two")
    losses = [Robust(lam=lam, gradient=gradient) for lam in lams]
    drawn = seeds(check_seed(seed), replicas)
    sizes = {"classes": classes, "dimension": dimension, "patches": patches}
    shares = {"train_size": train_size, "test_size": test_size, "minor": minor, "noise": noise}
    images(**sizes, **shares, seed=drawn[0])  # what is out of range is said now
    if not recipe.length(train_size):
        raise ValueError(f"the recipe must have a step or more, got {recipe}; epochs=8 is the toy's")
    network = Patchwise(dimension, classes)

    def rare(replica_seed: int) -> Iterator[Rare]:
        labels = {"seed": seed, "replica": drawn.index(replica_seed)}
        data, start = images(**sizes, **shares, seed=replica_seed), initialise(network, seed=replica_seed)
        for index, loss in enumerate(losses):
            replica = Replica(network, data, replace(recipe, loss=loss), replica_seed, labels, archive)
            with progress.within("lambda", index, len(losses)):
                run = replica.train(start)
            with progress.within("evaluation", 0):
                numbers = _numbers(evaluate(network, run.weights, data.test).logits, data.test.labels)
            yield Rare(lam=float(lams[index]), gradient=gradient, **labels, **numbers, run=run)

    for _, outcome in side_by_side(rare, drawn):
        yield outcome


def images(
    *,
    train_size: int = 1000,
    test_size: int = 2000,
    minor: float = 0.05,
    noise: float = 0.3,
    classes: int = 5,
    dimension: int = 60,
    patches: int = 4,
    seed: int = 0,
) -> Data:
    """Make the toy's data: an image is `patches` rows of `dimension` pixels, all with normal noise.

    One row has a feature of the class added, with norm 2, another half of a wrong class's major feature; the features
    are orthogonal directions. The rows are drawn anew for every image. Of the test images, the first half show major
    features, the others minor ones. Pixels are bytes spread over [-2.5, 2.5], which the normalisation undoes.
    """
    rules.whole("classes", classes, least=2, most=1000, way_on="the toy has 5")
    rules.whole("dimension", dimension, least=2 * classes, most=MOST, way_on="two features a class; the toy has 60")
    rules.whole("patches", patches, least=2, most=1000, way_on="a feature and a distraction; the toy has 4")
    rules.number("minor", minor, least=0, most=1, way_on="0.05 makes the feature rare")
    rules.number("noise", noise, least=0, most=1000, way_on="0.3 is the toy's")
    rules.whole("train_size", train_size, least=1, most=LARGEST // (patches * dimension), way_on="the toy has 1000")
    rules.whole("test_size", test_size, least=2, most=LARGEST // (patches * dimension), way_on="the toy has 2000")
    directions = torch.randn(dimension, 2 * classes, generator=generator(seed, "features"))
    features = STRENGTH * torch.linalg.qr(directions).Q.T.reshape(2, classes, dimension)

    def part(n: int, rare: Tensor, index: int) -> Split:
        draw = generator(seed, "rare features", index)
        labels = torch.randint(0, classes, (n,), generator=draw)
        wrong = (labels + torch.randint(1, classes, (n,), generator=draw)) % classes
        one, other = torch.rand(n, patches, generator=draw).argsort(1)[:, :2].T
        pixels, each = noise * torch.randn(n, patches, dimension, generator=draw), torch.arange(n)
        pixels[each, one] += features[rare.long(), labels]
        pixels[each, other] += features[0, wrong] / 2
        bytes_ = ((pixels + RANGE) / (2 * RANGE) * 255).round_().clamp_(0, 255).to(torch.uint8)
        return Split(bytes_[:, None], labels, each, torch.tensor([0.5]), torch.tensor([1 / (2 * RANGE)]))

    rare = torch.rand(train_size, generator=generator(seed, "minor")) < minor
    train, none = part(train_size, rare, 0), torch.arange(0)
    test = part(test_size, torch.arange(test_size) >= test_size // 2, 1)
    return Data("rare features", train, train.take(none), test, tuple(map(str, range(classes))), none)


def _numbers(logits: Tensor, labels: Tensor) -> dict[str, Any]:
    """Return accuracy, confidence where wrong, and gap, of the major half and of the minor one."""
    confidence, answer = logits.double().softmax(1).max(1)
    numbers, half = {}, len(labels) // 2
    for kind, part in (("major", slice(half)), ("minor", slice(half, None))):
        sure, right = confidence[part], (answer == labels)[part]
        numbers[f"{kind}_accuracy"] = accuracy = float(right.double().mean())
        numbers[f"wrong_confidence_{kind}"] = float(sure[~right].mean())
        numbers[f"gap_{kind}"] = float(sure.mean()) - accuracy
    return numbers
