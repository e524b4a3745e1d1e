"""Losses: what a step of training makes small.

A loss is a frozen value with one verb: `loss(logits, batch)` returns one number an example, and the mean of them is
made small. Labels may be class numbers or class probabilities. `Recipe.loss` is one of them; `named("focal(gamma=2)")`
makes it of a string. A new one is a dataclass here and a line in `LOSSES`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.batches import Batch
from workbench.training.robust import check_one, cvar_weights, lam_of, robust_weights
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.with_options import with_options, written

ANNEALINGS = ("constant", "cosine")
GRADIENTS = ("mathematics", "as_published")
LEAST = 1e-6  # lambda where annealing would make it smaller: the largest loss alone

Logits = Float[Tensor, "batch classes"]
Losses = Float[Tensor, " batch"]


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy, with the labels softened by `smoothing` (Szegedy et al. 2016): y (1 - s) + s / C."""

    smoothing: float = 0.0

    def __post_init__(self) -> None:
        rules.number("smoothing", self.smoothing, least=0, below=1, way_on="0.1 is the usual one, 0 is none")

    def __call__(self, logits: Logits, batch: Batch) -> Losses:
        """Return the loss of every example; labels may be class numbers or class probabilities."""
        return functional.cross_entropy(logits, batch.labels, reduction="none", label_smoothing=self.smoothing)


@dataclass(frozen=True)
class Robust:
    """Cross-entropy under the worst weights of the batch that a Kullback-Leibler ball allows (`workbench.robust`).

    Give `lam`, or the ball's radius `eta`, which is free of the scale of the losses. `lam=inf` and `eta=0` are the
    plain cross-entropy, bit for bit. `anneal="cosine"` lets lambda fall, λ_t = λ (1 + cos(π t / T)) / 2, or eta rise,
    η_t = η (1 - cos(π t / T)) / 2, at every step t of T (the published code: every epoch), so that training begins
    near the mean and ends near the worst case. `gradient="mathematics"` is that of the robust risk, Σ p_i ∇l_i;
    "as_published" lets the weights be differentiated too, p_i (1 + (l_i - L) / λ), which un-learns easy examples.

    Sapkota et al. 2023, "Distributionally Robust Ensemble of Lottery Tickets", after the authors' code.
    """

    lam: float | None = None
    eta: float | None = None
    anneal: str = "constant"
    gradient: str = "mathematics"

    def __post_init__(self) -> None:
        check_one(self.lam, self.eta, above=True)
        if self.anneal not in ANNEALINGS:
            raise unknown("annealing", self.anneal, ANNEALINGS)
        if self.gradient not in GRADIENTS:
            raise unknown("gradient", self.gradient, GRADIENTS)

    def __call__(self, logits: Logits, batch: Batch) -> Losses:
        """Return n p_i l_i of every example, whose mean is Σ p_i l_i."""
        losses = functional.cross_entropy(logits, batch.labels, reduction="none")
        lam = self.lam_at(losses, batch)
        if not math.isfinite(lam):  # infinity is the mean; after a loss that is not finite, training stops anyway
            return losses
        weighed = losses if self.gradient == "as_published" else losses.detach()
        return len(losses) * robust_weights(weighed, lam=lam) * losses

    def lam_at(self, losses: Losses, batch: Batch) -> float:
        """Return the lambda in force at the batch's step for these cross-entropies.

        Infinity is the plain mean, 0.0 the largest loss alone (an eta that allows it), NaN that a loss is not finite.
        """
        begun = (1 + math.cos(math.pi * batch.step / batch.of)) / 2 if self.anneal == "cosine" else None
        if self.eta is not None:
            eta = self.eta if begun is None else self.eta * (1 - begun) if begun < 1 else 0.0
            return lam_of(losses, eta)
        assert self.lam is not None
        return self.lam if begun is None or math.isinf(self.lam) else max(self.lam * begun, LEAST)


@dataclass(frozen=True)
class Focal:
    """The focal loss, Σ_c -y_c (1 - p_c)^gamma log p_c (Lin et al. 2017): what is sure already counts for little.

    `gamma=0` is the plain cross-entropy, bit for bit.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        rules.number("gamma", self.gamma, least=0, way_on="2 is the usual one, 0 is cross-entropy")

    def __call__(self, logits: Logits, batch: Batch) -> Losses:
        """Return the loss of every example."""
        if self.gamma == 0:
            return functional.cross_entropy(logits, batch.labels, reduction="none")
        log_p = logits.log_softmax(1)
        doubt = (-torch.expm1(log_p)).clamp_min(1e-30)  # at 0 its power has no slope for gamma below 1
        terms = -(doubt**self.gamma) * log_p
        if batch.labels.is_floating_point():
            return (batch.labels * terms).sum(1)
        return terms.gather(1, batch.labels[:, None])[:, 0]


@dataclass(frozen=True)
class CVaR:
    """The mean cross-entropy of the worst `share` of the batch: conditional value at risk (Rockafellar & Uryasev 2000).

    `share=1` is the plain cross-entropy, bit for bit; a share of less than one example is the largest loss.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        rules.number("share", self.share, above=0, most=1, way_on="0.5 is the worse half, 1 the whole batch")

    def __call__(self, logits: Logits, batch: Batch) -> Losses:
        """Return n p_i l_i of every example, p the weights of the worst share."""
        losses = functional.cross_entropy(logits, batch.labels, reduction="none")
        return losses if self.share == 1 else len(losses) * cvar_weights(losses, self.share) * losses


@runtime_checkable
class Loss(Protocol):
    """Any of them: a frozen dataclass that returns one number an example."""

    def __call__(self, logits: Logits, batch: Batch) -> Losses: ...


LOSSES: dict[str, Callable[..., Loss]] = {
    "cross_entropy": CrossEntropy,
    "robust": Robust,
    "focal": Focal,
    "cvar": CVaR,
}


def named(text: str) -> Loss:
    """Make the loss that a string such as "cross_entropy" or "focal(gamma=2)" names; nothing in it is executed.

    Raises a ValueError for a name, an option or a value that is not known, with what is.
    """
    rules.instance("loss", text, str, "the text of one", '"focal(gamma=2)" is one')
    name, options = with_options(text) or (text, {})
    if name not in LOSSES:
        raise unknown("loss", text, LOSSES, 'options go by name, as in "focal(gamma=2)"')
    known = inspect.signature(LOSSES[name]).parameters
    for option in options:
        if option not in known:
            raise unknown(f"option of {name}", option, known)
    try:
        return LOSSES[name](**options)
    except TypeError as error:
        raise ValueError(f'the loss "{text}" cannot be made: {error}') from None


def spelled(loss: Loss) -> str:
    """Return the string by which `named` makes a loss: its name and the options that are not its defaults.

    A loss of one's own has none: a ValueError.
    """
    name = next((name for name, kind in LOSSES.items() if kind is type(loss)), None)
    if name is None:
        raise rules.refused("loss", f"one of the workbench's ({', '.join(LOSSES)})", loss, "wb.Focal() is one")
    parameters = inspect.signature(LOSSES[name]).parameters
    options = {option: getattr(loss, option) for option in parameters}
    return written(name, {key: value for key, value in options.items() if value != parameters[key].default})


def in_words(loss: Loss) -> str:
    """Return a loss in short, with all that sets it apart: `mean`, `λ = 2`, `η = 0.5, cosine, as published`."""
    if isinstance(loss, Robust):
        value = f"λ = {loss.lam:g}".replace("inf", "∞") if loss.eta is None else f"η = {loss.eta:g}"
        more = [word for word in (loss.anneal, loss.gradient) if word not in (ANNEALINGS[0], GRADIENTS[0])]
        return ", ".join([value, *more]).replace("_", " ")
    if isinstance(loss, Focal):
        return f"focal, γ = {loss.gamma:g}"
    if isinstance(loss, CVaR):
        return f"worst {100 * loss.share:g} %"
    if isinstance(loss, CrossEntropy):
        return f"mean, smoothed {loss.smoothing:g}" if loss.smoothing else "mean"
    check_loss(loss)
    return spelled(loss) if type(loss) in LOSSES.values() else repr(loss)


def check_loss(loss: Loss) -> None:
    """Raise a ValueError for what is no loss: the name or the class of one, a loss of torch's, another function."""
    if isinstance(loss, str):
        kinds = {name: getattr(kind, "__name__", name) for name, kind in LOSSES.items()}
        raise unknown("loss", loss, kinds, f"give the loss itself, wb.{kinds.get(loss, 'Focal')}()")
    try:
        fits = not isinstance(loss, (type, nn.Module)) and bool(inspect.signature(loss).bind("logits", "batch"))
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise rules.refused("loss", "a loss, (logits, batch) to one number an example", loss, "wb.Focal() is one")
