"""Which weights of a module are linear maps: what may be pruned, and what is drawn by its fan-in."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

ATTENTION = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")


def prunable(model: nn.Module) -> dict[str, Tensor]:
    """Return True at every weight that may be pruned: as `masks.full`, without a word of layers that cannot be."""
    first = {id(parameter): name for name, parameter in model.named_parameters()}
    weights = (layer._parameters.get(part) for _, layer, part in linear_maps(model))
    return {first[id(w)]: torch.ones_like(w, dtype=torch.bool) for w in weights if w is not None and w.requires_grad}


def linear_maps(model: nn.Module) -> Iterator[tuple[str, nn.Module, str]]:
    """Yield name, module and attribute of every weight that is a linear map: what may be pruned, if trained.

    Of convolutions and linear layers the weight; of attention its projections too, of recurrent layers all matrices.
    """
    for path, module in model.named_modules():
        parts: list[str] = []
        if isinstance(module, (nn.Linear, nn.Bilinear, _ConvNd)):
            parts = ["weight"]
        elif isinstance(module, nn.MultiheadAttention):
            parts = [part for part in ATTENTION if getattr(module, part, None) is not None]
        elif isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
            parts = [part for part in module._parameters if part.startswith("weight")]
        yield from ((f"{path}.{part}".strip("."), module, part) for part in parts)
