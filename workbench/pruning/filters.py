"""Filter pruning: remove whole filters and units, those of the smallest weights.

What is left is a smaller dense network, which needs no sparse arithmetic to be cheaper (`wb.compact` makes it). A
filter is what makes one output of a convolution, a unit that of a linear layer: a row of the weight. Those go of which

    s_f = ‖w_f‖₁ = Σ |w_f|

is smallest, and with them what the next layer reads of them (Li et al. 2017, "Pruning Filters for Efficient ConvNets",
section 3.1; recalled, not verified). Layers whose outputs are summed, as in a residual stream, lose a filter only
together, as a depthwise convolution does with the layer that it reads: s_f is then the sum over all of them (the paper,
section 3.3, lets the shortcut choose; recalled).
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import nn

from workbench.nets import masks
from workbench.nets.compaction import coupled
from workbench.nets.door import check_network
from workbench.nets.following import follow
from workbench.nets.masks import Mask
from workbench.nets.plain_module import private
from workbench.nets.weights import Weights
from workbench.work import rules
from workbench.work.nearest import unknown


def filters(
    model: nn.Module,
    weights: Weights,
    mask: Mask | None = None,
    *,
    share: float = 0.5,
    keep: Collection[str] = (),
    seed: int = 0,
) -> Mask:
    """Remove the given share of every layer's filters, those of the smallest L1 norm, and return what is left.

    Of n filters round(share · n) go, and one stays at least; all of the last layer stay, whose outputs are the classes.
    What read a removed filter goes with it (the paper, section 3.1): without, its bias or norm would be an input still.
    So `masks.density` of the mask, which counts weights, is near (1 - share)². `mask` is what may be kept (default: all
    that is prunable): the norm is of what it keeps, and a filter that it removed is among the first to go. `keep` names
    weights, as `masks.full` does, whose layers stay whole, as do those that a mask does not name, and all that are
    summed with one of these. Ties are broken by the seed. Raises a ValueError for a share or a name out of range, and
    for a network whose sums cannot be followed, as `wb.compact` does.
    """
    check_network(model, weights, mask)
    rules.number("share", share, least=0, below=1, way_on='for "30 % removed" pass 0.3')
    rules.names("keep", keep, 'keep=("conv1.weight",) leaves a layer whole')
    allowed = masks.allowed(model, mask)
    for name in keep:
        if name not in allowed:
            raise unknown("name in keep", name, allowed)
    groups = {
        group[0]: group for group in _groups(model) if all(name in allowed and name not in keep for name in group)
    }
    kept_weights = masks.apply({name: weights[name].detach().cpu() for name in allowed}, allowed)
    rows = {name: kept_weights[name].abs().flatten(1).sum(1) for group in groups.values() for name in group}
    norms = {first: torch.stack([rows[name] for name in group]).sum(0) for first, group in groups.items()}
    all_of = {first: torch.ones_like(norm, dtype=torch.bool) for first, norm in norms.items()}
    quota = {first: max(1, len(norm) - round(share * len(norm))) for first, norm in norms.items()}
    left = masks.keep_by_layer(norms, all_of, quota, seed=seed) if norms else {}
    pruned = {name: tensor.clone() for name, tensor in allowed.items()}
    for first, group in groups.items():
        for name in group:
            pruned[name][~left[first]] = False
    return _unread(model, pruned, keep)


def _unread(model: nn.Module, mask: Mask, keep: Collection[str]) -> Mask:
    """Remove the weights that read a channel in which nothing arrives any more."""
    for part in follow(private(model), mask).calls.values():
        name = f"{part.name}.weight"
        if part.reads is not None and name in mask and name not in keep:
            mask[name][:, ~part.inputs[0].arrives.repeat_interleave(part.features)] = False
    return mask


def _groups(model: nn.Module) -> list[tuple[str, ...]]:
    """Return the weights whose filters may go, those together whose layers' outputs are summed."""
    names, together = list(masks.prunable(model)), coupled(model)
    alone = set(names).difference(*together)
    movable = set(names) - _classes(model)
    groups = [*together, *((name,) for name in names if name in alone)]
    return [group for group in groups if movable.issuperset(group)]


def _classes(model: nn.Module) -> set[str]:
    """Return the weights whose layers make the logits; the last, where something lies between."""
    channels = follow(private(model), masks.prunable(model))
    assert channels.logits is not None
    logits, parts = channels.label[channels.logits.ids], channels.calls.values()
    last = {f"{part.name}.weight" for part in parts if bool(torch.isin(channels.label[part.output.ids], logits).any())}
    return last or {*[*masks.prunable(model)][-1:]}
