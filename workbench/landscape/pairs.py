"""Two networks compared: the barrier half-way, the angle between them, what both keep, where they predict differently.

One pair is four numbers; all pairs of the rounds and seeds of a lottery experiment are a matrix, in which what is
stable, what is nested and what is linearly connected are seen side by side (Frankle et al. 2020; Paul et al. 2023,
"Unmasking the Lottery Ticket Hypothesis"; the angle: Maene et al. 2021, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.data.data import Split
from workbench.landscape.entrance import check_pair
from workbench.landscape.path import MASKS_ON_PATH, measure, path_mask
from workbench.lottery.trained import Trained, check_trained
from workbench.nets import masks
from workbench.nets.batch_norm import treat_batch_norm
from workbench.nets.door import check_split
from workbench.nets.evaluation import Evaluation, evaluate_all
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_same, mix
from workbench.work import progress, rules

AT_ONCE = 32  # midpoints between two values that are yielded


@dataclass(frozen=True)
class Comparison:
    """Two trained networks: midpoint barriers (error a fraction, loss in nats), and three measures in [0, 1].

    `angle` is 0 for one direction and 1 for unrelated ones, `overlap` the Jaccard overlap of the masks, `disagreement`
    the share of examples that are put into different classes.
    """

    barrier_error: float
    barrier_loss: float
    angle: float
    overlap: float
    disagreement: float
    batch_norm: str


def angle(a: Weights, b: Weights, mask_a: Mask, mask_b: Mask) -> float:
    """Return 2/π · acos(⟨v, v'⟩ / (|v| |v'|)), v and v' being the weights at the places that both masks keep.

    0 for networks that point one way, 1 for unrelated (orthogonal) ones, 2 for opposite ones (Maene et al. 2021,
    section 4.1). Biases and norms, which no mask names, count for nothing. NaN where there is no such place, or where
    one network is zero at all of them.
    """
    _check_masked(a, b, mask_a, mask_b)
    common = {name: mask_a[name] & mask_b[name] for name in mask_a}
    v, w = (torch.cat([weights[name][common[name]].double() for name in common]) for weights in (a, b))
    length = float(v.norm() * w.norm())
    if not math.isfinite(length):
        raise ValueError("both networks must be finite, but one is not; its training diverged")
    if not length:
        return math.nan
    return 2 / math.pi * math.acos(max(-1.0, min(1.0, float(v @ w) / length)))


def distance(a: Weights, b: Weights, mask: Mask) -> float:
    """Return |m ⊙ (a - b)|, the Euclidean distance of two networks over the places that the mask keeps."""
    _check_masked(a, b, mask, mask)
    gaps = [(a[name].double() - b[name].double())[kept] for name, kept in mask.items()]
    length = float(torch.cat(gaps).norm())
    if not math.isfinite(length):
        raise ValueError("both networks must be finite, but one is not; its training diverged")
    return length


def disagreement(a: Float[Tensor, "N classes"], b: Float[Tensor, "_ _"]) -> float:
    """Return the share of examples whose largest logit is of another class in `a` than in `b`."""
    for name, logits in (("a", a), ("b", b)):
        if not isinstance(logits, Tensor) or logits.dim() != 2 or bool(logits.isnan().any()):
            raise rules.refused(name, "logits (examples, classes), none NaN", logits, "wb.evaluate(…).logits are some")
    if a.shape != b.shape or not len(a):
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        raise ValueError(f"logits must be of the same examples, and of some, got {shapes}; evaluate both on one split")
    return int((a.argmax(1) != b.argmax(1)).count_nonzero()) / len(a)


def middle(
    model: nn.Module,
    a: Trained,
    b: Trained,
    *,
    mask: str = "union",
    batch_norm: str = "average",
    train: Split | None = None,
) -> Weights:
    """Return the weights half-way between two trained networks, under one of their masks.

    Masks of one lottery are nested, so that "union" and "denser" are the same and `lottery.midpoint` is what is
    measured; between seeds they are not, and only "union" leaves both ends as they are ("denser" and "sparser" cut one
    of them). `batch_norm` is "average", "keep" (the denser network's statistics) or "recompute" (anew on `train`).
    """
    check_trained(model, a, "a")
    check_trained(model, b, "b")
    denser, sparser = (a, b) if masks.kept(a.mask) >= masks.kept(b.mask) else (b, a)
    half = mix(denser.run.weights, sparser.run.weights, 0.5)
    half = masks.apply(half, path_mask(denser.mask, sparser.mask, mask))
    return treat_batch_norm(model, half, batch_norm=batch_norm, first=denser.run.weights, train=train)


def compare(
    model: nn.Module,
    a: Trained,
    b: Trained,
    split: Split,
    *,
    mask: str = "union",
    batch_norm: str = "average",
    train: Split | None = None,
) -> Comparison:
    """Compare two trained networks, rounds for instance, on a split; the options are those of `middle`."""
    ((_, comparison),) = pairs(model, enumerate((a, b)), split, mask=mask, batch_norm=batch_norm, train=train)
    return comparison


def pairs(
    model: nn.Module,
    networks: Iterable[tuple[Any, Trained]],
    split: Split,
    *,
    mask: str = "union",
    batch_norm: str = "average",
    train: Split | None = None,
) -> Iterator[tuple[tuple[Any, Any], Comparison]]:
    """Yield ((a, b), comparison) for every pair of networks, the smaller name first.

    `networks` are (name, network), a network being a round or an experiment's outcome: `enumerate(rounds)` will do, or
    ((replica, round), …). They are taken one by one, and each is compared with all before it as soon as it is there;
    what a pair holds does not depend on their order. A network is evaluated once, with "recompute" after the same
    recomputation, as the ends of a path are; a pair costs one evaluation more, of its midpoint. The options are those
    of `middle`. Raises a ValueError for weights of different models and for a network that is not finite.
    """
    options = {"mask": mask, "batch_norm": batch_norm, "train": train}
    before: list[_Evaluated] = []
    check_split(split)
    rules.choice("mask on the path", mask, MASKS_ON_PATH)
    for name, network in _named(networks):
        check_trained(model, network, f"network {name}")
        with progress.within("network", 0):
            w = network.run.weights
            w = treat_batch_norm(model, w, batch_norm=batch_norm, first=w, train=train)
            latest = _Evaluated(name, network, evaluate_all(model, [w], split)[0])
        for begin in range(0, len(before), AT_ONCE):
            part = [(old, latest) if old.name < name else (latest, old) for old in before[begin : begin + AT_ONCE]]
            points = [lambda a=a, b=b: middle(model, a.network, b.network, **options) for a, b in part]
            with progress.within("pairs", 0):
                losses, errors, *_ = measure(model, points, split)
            for (a, b), loss, error in zip(part, losses.tolist(), errors.tolist(), strict=True):
                yield (a.name, b.name), _comparison(a, b, loss, error, batch_norm)
        before.append(latest)


def _named(networks: Iterable[tuple[Any, Trained]]) -> Iterator[tuple[Any, Trained]]:
    """Yield networks by their names; a ValueError for what has none, and for names that repeat or have no order."""
    way_on = "enumerate(rounds) will do"
    if isinstance(networks, (str, Mapping)) or not isinstance(networks, Iterable):
        raise rules.refused("networks", "pairs of a name and a network", networks, way_on)
    names: list[Any] = []
    for named in networks:
        if not isinstance(named, tuple) or len(named) != 2:
            raise rules.refused("networks", "pairs of a name and a network", named, way_on)
        if named[0] in names:
            raise ValueError(f"networks must have names of their own, got {rules.shown(named[0])} twice; {way_on}")
        names.append(named[0])
        try:
            sorted(names[-2:])
        except TypeError:
            raise ValueError(f"the names of networks must have an order, got {names[-2:]}; {way_on}") from None
        yield named


def _check_masked(a: Weights, b: Weights, mask_a: Mask, mask_b: Mask) -> None:
    check_same(a, b)
    masks.check(mask_a, a)
    check_pair(mask_a, mask_b)


@dataclass(frozen=True, eq=False)
class _Evaluated:
    """A network, and what it does on the split."""

    name: Any
    network: Trained
    evaluation: Evaluation


def _comparison(a: _Evaluated, b: _Evaluated, loss: float, error: float, batch_norm: str) -> Comparison:
    """Compare two networks, given loss and error half-way between them."""
    (v, m), (w, n) = ((end.network.run.weights, end.network.mask) for end in (a, b))
    return Comparison(
        barrier_error=error - (2 - a.evaluation.accuracy - b.evaluation.accuracy) / 2,
        barrier_loss=loss - (a.evaluation.loss + b.evaluation.loss) / 2,
        angle=angle(v, w, m, n),
        overlap=masks.overlap(m, n),
        disagreement=disagreement(a.evaluation.logits, b.evaluation.logits),
        batch_norm=batch_norm,
    )
