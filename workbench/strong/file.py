"""A strong ticket as a file: seeds, shapes and one bit for each place; the random weights are drawn anew."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.strong.pair import Pair
from workbench.strong.structures import STRUCTURES
from workbench.strong.target import Shape, module_between
from workbench.strong.ticket import StrongTicket
from workbench.work import rules
from workbench.work.tensor_file import read_tensors, write_tensors

PLAIN = (
    "structure",
    "index",
    "candidates",
    "scale",
    "seed",
    "blocked",
    "error",
    "out_of_reach",
    "cut_short",
    "seconds",
)


def save(ticket: StrongTicket, path: str | Path) -> None:
    """Write a strong ticket to a safetensors file: a bit for every place that may be kept, and no weight."""
    rules.instance("ticket", ticket, StrongTicket, "a strong ticket", "wb.strong.structured(…) finds one")
    stages, tensors = [], {}
    for place, stage in enumerate(ticket.stages):
        if isinstance(stage, Pair):
            tensors[f"{place}.kept"] = torch.from_numpy(np.packbits(stage.kept.numpy()))
            tensors[f"{place}.errors"] = stage.errors
            stages.append({"shape": asdict(stage.shape)} | {name: getattr(stage, name) for name in PLAIN})
        else:
            stages.append(stage)
    about = {"format": "lottery-workbench strong ticket", "stages": json.dumps(stages)}
    write_tensors(path, tensors, about, "a strong ticket")


def open(path: str | Path) -> StrongTicket:  # read as wb.strong.open
    """Read a strong ticket that `save` wrote. A ValueError for a file that holds none."""
    tensors, about = read_tensors(path, "strong ticket", "wb.strong.save(ticket, path) writes one")
    try:
        stages = json.loads(about["stages"])
        return StrongTicket(tuple(_stage(stage, place, tensors) for place, stage in enumerate(stages)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no strong ticket ({error}); wb.strong.save(ticket, path) writes one") from error


def _stage(stage: Any, place: int, tensors: dict[str, Tensor]) -> Pair | str:
    if isinstance(stage, str):
        module_between(stage)  # a KeyError for anything else
        return stage
    values: dict[str, Any] = stage.pop("shape")
    shape = Shape(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})  # pyright: ignore[reportArgumentType]
    size = (shape.blocks, stage["candidates"], *STRUCTURES[stage["structure"]].place(shape))
    bits = np.unpackbits(tensors[f"{place}.kept"].numpy(), count=math.prod(size)).astype(bool)
    return Pair(shape, kept=torch.from_numpy(bits).view(size), errors=tensors[f"{place}.errors"], **stage)
