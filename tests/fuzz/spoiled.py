"""Wrong values for an argument, made from a good one: of the right type, and of a wrong type."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas
import torch
from torch import nn

import workbench as wb


class Spoiled(NamedTuple):
    """A wrong value: in words, itself, and whether it is at least of the type that is asked for."""

    words: str
    value: Any
    right_type: bool


def spoiled(good: Any, world: Mapping[str, Any], nullable: bool) -> Iterator[Spoiled]:
    """Yield wrong values in the place of a good one; None is wrong unless it is a default (`nullable`)."""
    for words, value in _of_right_type(good, world):
        yield Spoiled(words, value, True)
    for words, value in _of_wrong_type(good, world).items():
        if value is not None or not nullable:
            yield Spoiled(words, value, False)


def _of_wrong_type(good: Any, world: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"an object": object(), "a dict": {1: 2}, "None": None, "a function": print}
    if not isinstance(good, (str, Path)):
        values["a word"] = "nonsense"
    if not isinstance(good, (int, float)):
        values["a number"] = 5
    if isinstance(good, bool):
        values["2"] = 2
    elif isinstance(good, int):
        values |= {"a half": 2.5, "nan": math.nan, "text": str(good), "True": True, "a list": [good]}
    elif isinstance(good, float):
        values |= {"text": str(good), "a list": [good], "complex": 1j}
    if callable(good):
        values.pop("a function")
    if not isinstance(good, (list, tuple)):
        values["an empty list"] = []
    if not isinstance(good, wb.Data):
        values["data"] = world["data"]
    else:
        values["a split"] = good.test
    if isinstance(good, nn.Module) or dataclasses.is_dataclass(good):
        values["the class"] = type(good)
    if isinstance(good, (list, tuple)) and good and all(isinstance(item, str) for item in good):
        values["its first"] = good[0]
    return values


def _of_right_type(good: Any, world: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(good, bool):
        return
    if isinstance(good, int):
        yield from {"-1": -1, "-10**9": -(10**9), "10**13": 10**13, "10**30": 10**30, "numpy -1": np.int64(-1)}.items()
    elif isinstance(good, float):
        yield from {"-1.0": -1.0, "nan": math.nan, "-inf": -math.inf, "inf": math.inf, "1e30": 1e30}.items()
    elif isinstance(good, str):
        yield from {"empty": "", "nonsense": "nonsense", "half": good[: len(good) // 2], "its double": good * 2}.items()
        yield from {"markup": "<script>", "a path up": "../" + good, "a null": good + "\0"}.items()
    elif isinstance(good, torch.Tensor):
        yield from _tensors(good)
    elif isinstance(good, np.ndarray):
        yield from {"empty": good[:0], "nan": good * math.nan, "text": good.astype(str)}.items()
    elif isinstance(good, dict):
        yield from _dicts(good, world)
    elif isinstance(good, wb.Data):
        yield "wide images", world["wide"]
        yield "more classes", _more_classes(good)
        yield "no training images", dataclasses.replace(good, train=good.train.take(torch.arange(0)))
    elif isinstance(good, wb.Split):
        yield "wide images", world["wide"].test
        yield "no images", good.take(torch.arange(0))
    elif isinstance(good, nn.Module):
        yield "for wide images", world["wide_model"]
        yield "no layers", nn.Identity()
        yield "three outputs", nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    elif isinstance(good, pandas.DataFrame):
        yield "no rows", good.iloc[:0]
        yield "no columns", good[[]]
        yield "other columns", pandas.DataFrame({"speed": [1.0, 2.0]})
    elif isinstance(good, (list, tuple)):
        yield from _sequences(good, world)
    elif isinstance(good, wb.Ticket):
        yield "of another model", wb.Ticket(wb.snapshot(world["wide_model"]), wb.masks.full(world["wide_model"]))
    elif isinstance(good, wb.Score):
        yield "of other data", dataclasses.replace(good, dataset="another")
        yield "of other ids", dataclasses.replace(good, ids=good.ids + 10**6)
    elif callable(good) and not isinstance(good, type):
        yield "takes nothing", lambda: 0
        yield "returns None", lambda *a, **k: None


def _tensors(good: torch.Tensor) -> Iterator[tuple[str, Any]]:
    yield "empty", good[:0]
    yield "twice as long", torch.cat([good, good])
    yield "one axis more", good[None]
    if good.numel():
        yield "no axis", good.flatten()[0]
    if good.is_floating_point():
        yield "nan", torch.full_like(good, math.nan)
        yield "integers", torch.ones_like(good, dtype=torch.int64)
        yield "minus", -good.abs() - 1
    else:
        yield "floats", good.float()
        yield "far off", good.long() + 10**6
        yield "below zero", good.long() - 10**6


def _dicts(good: dict[Any, Any], world: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "empty", {}
    if good and all(isinstance(value, torch.Tensor) for value in good.values()):
        name, first = next(iter(good.items()))
        is_mask = first.dtype == torch.bool
        wide = wb.masks.full(world["wide_model"]) if is_mask else wb.snapshot(world["wide_model"])
        yield "of another model", wide
        yield "a name too many", good | {"elsewhere": first}
        yield "another dtype", {k: t.float() if is_mask else t.double() for k, t in good.items()}
        yield "a list in it", good | {name: first.tolist()}
        if is_mask:
            yield "of whole numbers", {k: t.long() for k, t in good.items()}
        else:
            yield "a name too few", {k: t for k, t in good.items() if k != name}
            yield "nan", {k: t * math.nan for k, t in good.items()}
    elif good:
        yield "a name too many", {**good, "elsewhere": next(iter(good.values()))}
        yield "nonsense", dict.fromkeys(good, "nonsense")


def _sequences(good: Any, world: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kind = type(good)
    yield "empty", kind()
    yield "of objects", kind([object()])
    yield "one object in it", kind([*good, object()])
    if good and not any(isinstance(part, type) for part in good):
        for words, value in _of_right_type(good[0], world):
            yield f"with {words}", kind([value, *good[1:]])
    if good and dataclasses.is_dataclass(good[0]):
        yield "of another experiment", kind(_others(good[0]))


def _others(outcome: Any) -> list[Any]:
    import samples

    return samples.networks() if type(outcome).__name__ != "Scored" else samples.partings()


def _more_classes(data: Any) -> Any:
    parts = [data.train, data.validation, data.test]
    many = [dataclasses.replace(p, labels=p.labels + 90) for p in parts]
    return dataclasses.replace(
        data, train=many[0], validation=many[1], test=many[2], classes=tuple(map(str, range(100)))
    )
