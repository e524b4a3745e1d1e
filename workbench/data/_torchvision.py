"""The one place that imports torchvision, and mends a mismatched pair.

A torchvision built for CUDA beside a CPU torch cannot load its compiled operators, and its import fails on the schemas
of two that it expects, `torchvision::nms` and `torchvision::qnms`. Datasets, transforms and models use neither: so both
are declared, without any arithmetic behind them, and torchvision is imported again. Where the pair matches, the plain
import works and nothing is declared: a library that registers its own operators must find the names free.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

from workbench.work.locks import Lock

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # kept alive: a library takes its schemas with it when it is freed
_IMPORTING = Lock()


def torchvision() -> ModuleType:
    """Import torchvision, whatever it was built for."""
    with _IMPORTING:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            if "torchvision::" not in str(error) or _declared:
                raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # half loaded
        library = torch.library.Library("torchvision", "DEF")
        for schema in SCHEMAS:
            library.define(schema)
        _declared.append(library)
        return importlib.import_module("torchvision")


def mended() -> bool:
    """Whether the pair did not match, and torchvision is here without its compiled operators."""
    return bool(_declared)
