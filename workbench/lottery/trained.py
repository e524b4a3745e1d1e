"""A trained sparse network, as the checks of and between rounds need it: whatever has a density, a mask and a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from torch import nn

from workbench.nets.door import check_finite, check_network
from workbench.nets.masks import Mask
from workbench.training.runs import Run
from workbench.work import rules


@runtime_checkable
class Trained(Protocol):
    """What the checks of and between rounds need: a `Round`, or an experiment's outcome."""

    @property
    def density(self) -> float: ...
    @property
    def mask(self) -> Mask: ...
    @property
    def run(self) -> Run: ...


def check_trained(model: nn.Module, network: Trained, name: str) -> None:
    """Raise a ValueError unless it is a trained network, as a round is, of the model, and finite."""
    _check(network, name)
    check_network(model, network.run.weights, network.mask)
    check_finite(network.run.weights, name)


def by_round(replicas: Iterable[Sequence[Trained]]) -> list[tuple[Trained, ...]]:
    """Return the rounds of all replicas, round by round; a ValueError unless they are as many lists of equal length."""
    way_on = "[list(rounds(…, seed=0)), list(rounds(…, seed=1)), …] are"
    if isinstance(replicas, str) or not isinstance(replicas, Iterable):
        raise rules.refused("replicas", "lists of rounds, one a seed", replicas, way_on)
    lists = []
    for place, rounds in enumerate(replicas):
        if isinstance(rounds, (str, Trained)) or not isinstance(rounds, Iterable):
            raise rules.refused(f"replicas[{place}]", "a list of rounds", rounds, way_on)
        lists.append(list(rounds))
        for r, outcome in enumerate(lists[-1]):
            _check(outcome, f"replicas[{place}][{r}]")
            if outcome.run.test_accuracy is None:
                raise ValueError(f"replicas[{place}][{r}] has no test accuracy; load data with test images")
    if len(lengths := {len(rounds) for rounds in lists}) > 1:
        raise ValueError(f"replicas must have as many rounds each, got {sorted(lengths)}; leave the unfinished out")
    return list(zip(*lists, strict=True))


def _check(network: Trained, name: str) -> None:
    rule = "a round, or what has a density, a mask and a run"
    rules.instance(name, network, Trained, rule, "wb.lottery.rounds yields rounds")  # pyright: ignore[reportArgumentType]
