"""Which channels stay in a smaller network: what leads on to the logits, and what goes along with it.

A channel goes where nothing that stays reads it, or where each that reads it reads a zero; with fixed numbers, where
each can take its constant over. No layer is left without any.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.nets.channels import Channels, Part
from workbench.nets.layer_rules import zero_padded


@dataclass(frozen=True, eq=False)
class Kept:
    """The channels of a network, and which of them stay, by their numbers."""

    channels: Channels
    stay: Tensor

    def of(self, ids: Tensor) -> Tensor:
        return self.stay[self.channels.label[ids]]


def keep(channels: Channels) -> Kept:
    """Let stay what the logits need, and one channel where that is none."""
    kept = Kept(channels, torch.zeros(len(channels.label), dtype=torch.bool))
    for ids in channels.pinned:
        kept.stay[channels.label[ids]] = True
    readers = [part for part in reversed(channels.parts) if part.reads is not None]
    streams = [stream.ids for part in reversed(channels.parts) for stream in (part.output, *part.inputs)]
    while True:
        before = int(kept.stay.sum())
        for part in readers:
            needed = needs(part, kept.of(part.output.ids)) & ~_passes(channels, part)
            kept.stay[channels.label[part.inputs[0].ids[needed]]] = True
        if int(kept.stay.sum()) == before:
            empty = [ids for ids in streams if not bool(kept.of(ids).any())]
            if not empty:
                return kept
            kept.stay[channels.label[empty[0][0]]] = True


def needs(part: Part, units: Tensor) -> Tensor:
    """Return which channels some of these units read."""
    assert part.reads is not None
    return part.reads[units].any(0)


def _passes(channels: Channels, part: Part) -> Tensor:
    """Return which channels a layer can do without: zeros, and constants that it can take over."""
    value, layer = part.inputs[0].value, part.layer
    plain = channels.values and layer not in channels.repeated and getattr(layer, "groups", 1) == 1
    if plain and (isinstance(layer, nn.Conv2d) or not zero_padded(layer)):
        return ~value.isnan()
    return value == 0
