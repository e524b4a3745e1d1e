"""A script: every experiment that has replicas, small, here and on a cluster of two workers; prints what differs.

It is a process of its own, for what the tests' checker of annotations wraps cannot be sent to another one.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from distributed import Client, LocalCluster

import workbench as wb
from workbench.experiments import EXPERIMENTS

TIMED = ("seconds", "milliseconds", "over_dense", "trace")  # fields that hold times
WITH_REPLICAS = [name for name, f in EXPERIMENTS.items() if "replicas" in inspect.signature(f).parameters]


def main() -> None:
    """Print a JSON object: of every experiment, what is wrong, or nothing."""
    sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("fuzz", "charts")]
    from world import World, good_call

    world, wrong = World(), dict[str, str]()
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with LocalCluster(n_workers=2, **options) as engine, Client(engine) as client:
        for name in WITH_REPLICAS:
            experiment = EXPERIMENTS[name]
            source = good_call(f"wb.experiments.{name}", experiment)
            chosen = {key: eval(text, world) for key, text in source.items()} | {"replicas": 2}
            try:
                here = sorted(map(str, map(plain, experiment(**chosen))))
                with wb.spread(client):
                    there = sorted(map(str, map(plain, experiment(**chosen))))
            except Exception as error:
                wrong[name] = f"{type(error).__name__}: {error}"
            else:
                wrong[name] = next((f"{b}, and here {a}" for a, b in zip(here, there, strict=True) if a != b), "")
        wrong["archive"] = kept_there(client)
    sys.stdout.write(json.dumps(wrong))


def kept_there(client: Client) -> str:
    """What is wrong with an archive that replicas fill on the workers: here all of it is to be there already."""
    options: dict[str, Any] = {"train_size": 60, "model": "lenet(hidden=(6,))", "recipe": wb.Recipe(steps=2)}
    with tempfile.TemporaryDirectory() as folder:
        with wb.spread(client):
            list(wb.experiments.winning_tickets("digits", **options, rounds=1, replicas=2, archive=folder))
        there = len(wb.Archive(folder).table())
        list(wb.experiments.winning_tickets("digits", **options, rounds=1, replicas=2, archive=folder))
        here = len(wb.Archive(folder).table()) - there
    return "" if there > 4 and not here else f"{there} values were kept there, and {here} more here"


def plain(value: Any) -> Any:
    """What a value holds, times aside, as what is equal where its bits are."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if not any(t in field.name for t in TIMED)]
        return type(value).__name__, {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


if __name__ == "__main__":
    main()
