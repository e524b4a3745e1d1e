"""What does a robust loss make of a batch? The weights of its examples by lambda or eta, theory one can touch.

Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets"; the arithmetic is in `robust.py`. It takes a
few milliseconds, so that a slider can move it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from workbench.data.data import Split, load
from workbench.experiments.given_names import check_names
from workbench.nets.evaluation import evaluate
from workbench.nets.models import named
from workbench.nets.weights import snapshot
from workbench.training import robust
from workbench.training.losses import GRADIENTS
from workbench.training.recipe import LONGEST, Recipe
from workbench.training.runs import weights_at
from workbench.work import progress, rules
from workbench.work.seeds import check_seed, generator, number
from workbench.work.typed import typed

BY = ("eta", "lam")
POINTS = 49  # of the curve
MOST = 256  # examples: each has a bar of its own
BATCH, MODEL = 128, "lenet(hidden=(64,))"  # of the real batch

MADE_LOSSES: dict[str, Callable[[int, float, torch.Generator], Tensor]] = {
    "uniform": lambda n, spread, draw: spread * torch.rand(n, generator=draw),
    "exponential": lambda n, spread, draw: spread / 3 * torch.empty(n).exponential_(generator=draw),
    "two groups": lambda n, spread, draw: spread * (torch.rand(n, generator=draw) / 8 + (torch.arange(n) % 8 == 0)),
}
DIGITS = "digits"  # a real batch


@dataclass(frozen=True, eq=False)
class Weighed:
    """The losses of a batch, ascending, and the robust weights that belong to them.

    `weights` are those of the mathematics, `published` what the authors' code multiplies gradients by. `eta` is the
    radius and `lam` the lambda that the weights have, whichever of the two was given (0.0: the largest loss alone);
    `divergence` is KL(weights ‖ 1/n), which is eta as far as that can be reached. `risk` is λ log mean exp(l / λ),
    `weighted` Σ p l, `negative` how many published weights are below zero. `curve` has a row for each of many lambdas.
    `examples` are the images of a real batch in the same order, with `classes`; None where losses are drawn.
    """

    source: str
    n: int
    by: str
    eta: float
    lam: float
    gradient: str
    divergence: float
    effective_sample_size: float
    negative: int
    mean: float
    variance: float
    largest: float
    risk: float
    weighted: float
    seed: int
    losses: Float[Tensor, " n"]
    weights: Float[Tensor, " n"]
    published: Float[Tensor, " n"]
    curve: list[dict[str, float]]
    examples: Split | None
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        share = f"effective_sample_size={self.effective_sample_size:.3g} of {self.n}"
        return f"Weighed({self.source}: eta={self.eta:.3g}, lam={self.lam:.3g}, {share}, negative={self.negative})"


@typed
def robust_weighting(
    losses: str = "uniform",
    *,
    n: int = 64,
    spread: float = 3.0,
    trained: int = 40,
    by: str = "eta",
    eta: float = 0.5,
    lam: float = 1.0,
    gradient: str = "mathematics",
    seed: int = 0,
) -> Iterator[Weighed]:
    """Yield one `Weighed`: n losses and their robust weights, by `eta` or by `lam`, whichever `by` names.

    `losses` are drawn ("uniform" up to `spread`, "exponential", "two groups": one in eight is hard), or those of a real
    batch of "digits" under a small network after `trained` steps, with its images. `gradient` is "mathematics" or
    "as_published": which of the two weights a training would use. Raises a ValueError for an option out of range.

    Arguments:
        losses: Where the losses come from: drawn at random, or of a real batch of digits.
        n: How many examples the batch has.
        spread: How far the drawn losses reach.
        trained: How many steps the small network is trained for before the real batch.
        by: Which of the two sliders counts: the radius eta, which is free of the scale of the losses, or lambda.
        eta: The radius of the uncertainty set; 0 is the ordinary mean.
        lam: How soft the maximum over examples is; large values give the ordinary mean.
        gradient: Which of two weights a training would use: those derived, or those of the published code.
    """
    check_names("kind of losses", [losses], [*MADE_LOSSES, DIGITS])
    check_names("control (by)", [by], BY)
    check_names("gradient", [gradient], GRADIENTS)
    rules.whole("n", n, least=2, most=MOST, way_on="the examples of one batch; the papers have 64 and 128")
    rules.number("spread", spread, above=0, way_on="3 is about the losses of ten classes early in training")
    rules.whole("trained", trained, most=LONGEST, unit="steps", way_on="0 is a network that has learned nothing")
    robust.check_one(lam, None)
    robust.check_one(None, eta)
    drawn, examples, classes = _batch(losses, n, spread, trained, check_seed(seed))
    exact = drawn.double()
    used = float(lam) if by == "lam" else robust.lam_of(exact, eta)
    weights = robust.robust_weights(exact, lam=used)
    published = robust.published_weights(exact, used)
    distance = robust.divergence(weights)
    yield Weighed(
        source=losses,
        n=n,
        by=by,
        eta=float(eta) if by == "eta" else distance,
        lam=used,
        gradient=gradient,
        divergence=distance,
        effective_sample_size=robust.effective_sample_size(weights),
        negative=int((published < 0).count_nonzero()),
        mean=float(exact.mean()),
        variance=float(exact.var(correction=0)),
        largest=float(exact.max()),
        risk=float(robust.robust_risk(exact, used)),
        weighted=float((weights * exact).sum()),
        seed=seed,
        losses=exact,
        weights=weights,
        published=published,
        curve=_curve(exact),
        examples=examples,
        classes=classes,
    )


def _batch(losses: str, n: int, spread: float, trained: int, seed: int) -> tuple[Tensor, Split | None, tuple[str, ...]]:
    """Return n losses, ascending; of a real batch its examples in the same order, and its classes."""
    if losses in MADE_LOSSES:
        return MADE_LOSSES[losses](n, spread, generator(seed, "losses")).sort().values, None, ()
    data = load(DIGITS, seed=seed)
    model = named(MODEL, data, seed=number(seed, "model"))
    recipe = Recipe(steps=max(1, trained), batch_size=BATCH, learning_rate=0.05)
    weights = weights_at(model, snapshot(model), data, recipe, step=trained, seed=seed)
    index = torch.randperm(len(data.train), generator=generator(seed, "batch"))[:n]
    batch = data.train.take(index)
    with progress.within("evaluation", 0):
        logits = evaluate(model, weights, batch).logits
    order = functional.cross_entropy(logits, batch.labels, reduction="none").sort(stable=True)
    return order.values, batch.take(order.indices), data.classes


def _curve(losses: Tensor) -> list[dict[str, Any]]:
    """Return `robust.along` from where one loss has nearly all the weight to where all have the same."""
    spread = float(losses.max() - losses.min())
    if not spread > 0:
        return []
    return robust.along(losses, lams=torch.logspace(-2, 1.3, POINTS, dtype=torch.float64).mul(spread).tolist())


def weights_by_example(weighed: Weighed) -> list[dict[str, Any]]:
    """Return a row for each example, from the smallest loss to the largest: its loss, and its weights times n.

    `place` counts from 1; those of a real batch have their `class` and `id`.
    """
    columns = zip(weighed.losses.tolist(), weighed.weights.tolist(), weighed.published.tolist(), strict=True)
    rows: list[dict[str, Any]] = [
        {"place": i + 1, "loss": loss, "mathematics": weighed.n * weight, "as published": weighed.n * published}
        for i, (loss, weight, published) in enumerate(columns)
    ]
    if weighed.examples is not None:
        names = [weighed.classes[label] for label in weighed.examples.labels.tolist()]
        for row, name, id_ in zip(rows, names, weighed.examples.ids.tolist(), strict=True):
            row |= {"class": name, "id": id_}
    return rows
