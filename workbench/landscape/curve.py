"""A curve of low loss between two networks whose straight line has a barrier: mode connectivity.

Garipov et al. 2018, "Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs", section 3. Both ends stay where
they are; the bends between them are trained to make small the expected loss at a place of the curve drawn uniformly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.landscape.entrance import check_ends, check_points, slice_of
from workbench.landscape.frame import parameters
from workbench.landscape.path import Path, measure
from workbench.nets import masks
from workbench.nets.batch_norm import treat_batch_norm
from workbench.nets.evaluation import place
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, check_fits, mix, on_cpu, owners
from workbench.training.entrance import check_training
from workbench.training.forward import settle_recipe
from workbench.training.recipe import Recipe
from workbench.training.steps import steps
from workbench.work import rules
from workbench.work.seeds import generator

CURVES = ("bezier", "polygon")
MOST = 100  # bends, each a whole network: more are a slip


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve in the space of weights: `knots` are the first network, the bends in their order, the second network.

    `kind` is "bezier" or "polygon". `losses` are the training losses of the bends by step, each at the place that was
    drawn for it, from `seed`.
    """

    kind: str
    knots: tuple[Weights, ...]
    losses: Float[Tensor, " steps"]
    seed: int

    def __repr__(self) -> str:
        return f"Curve({self.kind}, bends={len(self.knots) - 2}, steps={len(self.losses)}, seed={self.seed})"

    def at(self, t: float) -> Weights:
        """Return the weights at a place of the curve, t in [0, 1]; both ends are exact.

        Buffers are on the line between the ends' own, and want a batch-norm treatment (`along` has it); those that are
        whole numbers come from the first network.
        """
        rules.share("t", t, way_on="it goes from the first network, 0, to the second, 1")
        first, last = self.knots[0], self.knots[-1]
        if t in (0, 1):
            return mix(first, last, t)
        shares = coefficients(self.kind, t, len(self.knots))
        return {
            name: _combine([knot[name] for knot in self.knots], shares) if w.is_floating_point() else w.clone()
            for name, w in first.items()
        }


def curve(
    model: nn.Module,
    a: Weights,
    b: Weights,
    data: Data,
    recipe: Recipe,
    *,
    kind: str = "bezier",
    bends: int = 1,
    mask: Mask | None = None,
    seed: int = 0,
) -> Curve:
    """Train a curve from `a` to `b` by a recipe, with the house's one loop, and return it.

    The bends begin on the line, so that a recipe of no steps is the line itself. At every step the network is the
    curve's point at a t drawn from (seed, step), in train mode; weight decay acts on the bends. `kind` "bezier" with
    one bend (theirs) is (1 - t)² a + 2 t (1 - t) bend + t² b; "polygon" goes straight from knot to knot. With a `mask`
    (of two sparse networks `path_mask(…, "union")`) pruned places are zero all along; a ValueError where an end is not
    zero there, for weights of different models, and for an end that is not finite.
    """
    check_ends(model, a, b)
    check_training(model, a, data, recipe, seed=seed)
    rules.choice("kind of curve", kind, CURVES)
    rules.whole("bends", bends, least=1, most=MOST, way_on="without one the curve is the line: wb.landscape.path")
    if mask is not None:
        _check_mask(mask, a, b)
    mask = mask or {}
    knots = [mix(a, b, i / (bends + 1)) for i in range(bends + 2)]
    names = parameters(model, a)
    learned = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    hardware = settle_recipe(model, recipe)
    fixed = [{name: place(knot[name], hardware) for name in names} for knot in knots]

    def weights_of(trained: Weights, step: int) -> Weights:
        t = float(torch.rand((), generator=generator(seed, "curve", step)))
        shares = coefficients(kind, t, len(knots))
        return {
            name: _combine([trained.get(f"{i}:{name}", knot[name]) for i, knot in enumerate(fixed)], shares)
            for name in names
        }

    line = {f"{i}:{name}": knots[i][name] for i in range(1, bends + 1) for name in learned}
    masked = {f"{i}:{name}": mask[name] for i in range(1, bends + 1) for name in learned if name in mask}
    last, losses = None, []
    for last in steps(model, a, data, recipe, mask=masked or None, seed=seed, trained=line, weights_of=weights_of):
        losses.append(last.losses.mean())
    if last is not None:
        _take(model, knots, on_cpu(last.state.trained))
    return Curve(kind, tuple(knots), torch.stack(losses).cpu() if losses else torch.zeros(0), seed)


def along(
    model: nn.Module,
    curve: Curve,
    data: Data,
    *,
    split: str = "test",
    points: int = 25,
    batch_norm: str = "recompute",
    examples: Int64[Tensor, " some"] | None = None,
    hardware: Hardware | None = None,
) -> Path:
    """Measure loss and error along a curve: a `Path` whose alphas are t, to be compared with that of the line.

    `batch_norm` defaults to "recompute", as the authors have it; "average" is on the line between both ends'
    statistics, "keep" the first's. So compare it with `path(…, batch_norm="recompute")`. The other options are those
    of `path`.
    """
    check_points(points)
    rules.instance("curve", curve, Curve, "a Curve", "wb.landscape.curve(…) trains one")
    check_fits(curve.knots[0], model)
    part = slice_of(data, split, examples)
    treatment = {"batch_norm": batch_norm, "first": curve.knots[0], "train": data.train}
    ts = torch.linspace(0, 1, points, dtype=torch.float64)
    along_curve = [lambda t=t: treat_batch_norm(model, curve.at(float(t)), **treatment) for t in ts]
    loss, error, losses_PN, wrong_PN = measure(model, along_curve, part, hardware)
    return Path(ts, loss, error, losses_PN, wrong_PN, part.labels, part.ids, split, batch_norm)


def coefficients(kind: str, t: float, knots: int) -> list[float]:
    """Return the share of every knot at t; they sum to one.

    Bézier, with n = knots - 1: C(n, i) tⁱ (1 - t)ⁿ⁻ⁱ. Polygon: max(0, 1 - |n t - i|), so two of them at most.
    """
    n = knots - 1
    if kind == "bezier":
        return [math.comb(n, i) * t**i * (1 - t) ** (n - i) for i in range(knots)]
    return [max(0.0, 1 - abs(n * t - i)) for i in range(knots)]


def _combine(tensors: list[Tensor], shares: list[float]) -> Tensor:
    """Return the sum of the tensors, each times its share.

    A share of zero is added too: a bend without a gradient breaks torch's fused SGD with momentum.
    """
    total = tensors[0] * shares[0]
    for tensor, share in zip(tensors[1:], shares[1:], strict=True):
        total = total.add(tensor, alpha=share)
    return total


def _take(model: nn.Module, knots: list[Weights], trained: Weights) -> None:
    """Put what was trained into the bends; names that share one tensor in the model share it here."""
    owner = owners(model)
    for i, bend in list(enumerate(knots))[1:-1]:
        knots[i] = {name: trained.get(f"{i}:{owner.get(name, name)}", w) for name, w in bend.items()}


def _check_mask(mask: Mask, *ends: Weights) -> None:
    for nth, end in zip(("first", "second"), ends, strict=True):
        masks.check(mask, end)
        outside = [name for name, kept in mask.items() if bool((end[name] != 0)[~kept].any())]
        if outside:
            way_on = 'pass path_mask(first, second, "union"), which keeps what either keeps'
            raise ValueError(f"the mask must keep all of both ends, but the {nth} is not zero in {outside}; {way_on}")
