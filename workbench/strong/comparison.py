"""A strong ticket beside its target: the bound that holds for every image, and what is measured on some."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.nets.door import part_of
from workbench.nets.weights import Weights
from workbench.strong import views
from workbench.strong.certificate import Bound, certify
from workbench.strong.reading import target_of
from workbench.strong.target import Target, module_between
from workbench.strong.ticket import StrongTicket
from workbench.work import progress, rules
from workbench.work.seeds import generator

BATCH = 5  # images at once: a convolution in double precision takes 3 MB an image for 700 filters of 3×3 on 8×8 pixels
SEEN = 64  # images whose patches a layer without block masks is matched on
ROWS = 512  # of patches × outputs that it is matched on: as many equations


@dataclass(frozen=True, eq=False)
class Comparison:
    """A ticket beside its target on a split.

    `bounds` hold for every image, by layer; `measured` are the farthest distances on these images by layer, in the
    same order (both None where nothing bounds them: a ticket without block masks). `logit_error` is
    ‖ticket - target‖ / ‖target‖ of the logits, `agreement` the share of images of which both say the same class.
    """

    bounds: tuple[Bound, ...]
    measured: tuple[float, ...]
    logit_error: float
    agreement: float
    target_accuracy: float
    ticket_accuracy: float

    @property
    def certificate(self) -> float | None:
        """The bound of the logits."""
        return self.bounds[-1].certificate if self.bounds else None

    def __repr__(self) -> str:
        bound = "no certificate" if self.certificate is None else f"certificate={self.certificate:.3g}"
        errors = f"{bound}, measured={self.measured[-1]:.3g}, logit_error={self.logit_error:.3g}"
        return f"Comparison({errors}, agreement={self.agreement:.4f}, ticket_accuracy={self.ticket_accuracy:.4f})"


def compare(ticket: StrongTicket, model: nn.Module, weights: Weights, data: Data, *, split: str = "test") -> Comparison:
    """Put a ticket beside the target that it was found for, on a part of the data, in double precision."""
    rules.instance(
        "ticket", ticket, StrongTicket, "a strong ticket", "wb.strong.structured(model, weights, data) finds one"
    )
    target, images = target_of(model, weights, data), part_of(data, split)
    if tuple(stage if isinstance(stage, str) else stage.shape for stage in ticket.stages) != target.stages:
        way_on = "compare it on the images that it was found for, with the model that it was found for"
        raise ValueError(f"ticket must be one of this target, got another's, {ticket!r}; {way_on}")
    of_target, of_ticket = _layers(target, ticket)
    farthest, logits = [0.0] * len(target.shapes), ([], [])
    for begin in range(0, len(images), BATCH):
        x = images.inputs(torch.arange(begin, min(begin + BATCH, len(images)))).double()
        farthest, *both = _farthest(of_target, of_ticket, x, farthest)
        for kept, batch in zip(logits, both, strict=True):
            kept.append(batch)
        progress.report(begin + len(x), len(images), "image")
    wanted, given = (torch.cat(batches) for batches in logits)
    says = [values.argmax(1) for values in (wanted, given)]
    low, high = (images.normalise(torch.full((1, *data.shape), edge, dtype=torch.uint8))[0] for edge in (0, 255))
    blocked = all(pair.blocked for pair in ticket.pairs)
    bounds = certify(target, ticket.pairs, low.amin((1, 2)), high.amax((1, 2))) if blocked else ()
    correct = [float((answer == images.labels).double().mean()) for answer in says]
    return Comparison(tuple(bounds), tuple(farthest), *beside(wanted, given), *correct)


def beside(wanted: Float[Tensor, "images classes"], given: Float[Tensor, "images classes"]) -> tuple[float, float]:
    """Return ‖given - wanted‖ / ‖wanted‖ of logits, and the share of images of which both say the same class."""
    agreement = (wanted.argmax(1) == given.argmax(1)).double().mean()
    return float((given - wanted).norm() / wanted.norm()), float(agreement)


def layer_inputs(target: Target, index: int, split: Split) -> Float[Tensor, "patches blocks height width"]:
    """Return patches that a linear layer of the target reads on training images, as many as make `ROWS` outputs."""
    chosen = torch.randperm(len(split), generator=generator(0, "seen"))[:SEEN]
    x, shape = split.inputs(chosen).double(), target.shapes[index]
    with torch.no_grad():
        for stage in target.stages[: target.stages.index(shape)]:
            x = views.exact(target, stage)(x)
        if shape.flat:
            x = x[:, :, None, None]
        if shape.bias:
            x = views.Ones()(x)
        options = {"dilation": shape.dilation, "padding": shape.padding, "stride": shape.stride}
        patches = nn.functional.unfold(x, shape.kernel_size, **options)
    patches = patches.transpose(1, 2).reshape(-1, shape.blocks, *shape.kernel_size)
    places = torch.randperm(len(patches), generator=generator(0, "patches"))
    return patches[places[: max(1, ROWS // shape.outputs)]]


def _layers(target: Target, ticket: StrongTicket) -> tuple[list[nn.Module], list[nn.Module]]:
    """Return both networks stage by stage, in double precision; a pair without block masks as what is left of it."""
    of_ticket = []
    for stage in ticket.stages:
        if isinstance(stage, str):
            of_ticket.append(module_between(stage))
        else:
            layer = views.collapsed(stage.shape, *stage.kernels()) if stage.blocked else views.compact(stage)
            of_ticket.append(layer.double())
    return [views.exact(target, stage) for stage in target.stages], of_ticket


@torch.no_grad()
def _farthest(
    of_target: list[nn.Module], of_ticket: list[nn.Module], images: Tensor, farthest: list[float]
) -> tuple[list[float], Tensor, Tensor]:
    """Run both; return the farthest distance behind every linear layer so far, and both logits."""
    target, ticket, distances = images, images, []
    for one, other in zip(of_target, of_ticket, strict=True):
        target, ticket = one(target), other(ticket)
        if isinstance(one, nn.Sequential):
            distances.append(float((target - ticket).abs().max()))
    return [max(pair) for pair in zip(farthest, distances, strict=True)], target, ticket
