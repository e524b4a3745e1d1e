"""A search for a mask, as far as it has come: what `edge_popup_search` and its siblings yield.

A search trains a score for every weight and leaves the weights as they were drawn: the mask is what is learned
(Zhou et al. 2019, "Deconstructing Lottery Tickets"; Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural
Network?").
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights
from workbench.training.state import State


@dataclass(frozen=True, eq=False)
class Search:
    """A search after `step` of so many steps: the scores by name, the mask that they make, the norms' statistics.

    `scores`, `kept` and `buffers` are copies on the CPU; `state` is all that the search goes on from.
    """

    step: int
    of: int
    scores: Weights
    kept: Mask
    buffers: Weights
    density: float
    state: State

    def ticket(self, weights: Weights) -> Ticket:
        """Return the ticket: the frozen weights that were searched, with the search's norm statistics, under the mask.

        After the search no weight needs training: this is the network that the scores were trained on.
        """
        return Ticket(weights | self.buffers, self.kept)

    @property
    def collapsed(self) -> list[str]:
        """The layers that lost every weight."""
        return masks.collapsed(self.kept)

    def __repr__(self) -> str:
        collapse = f", collapsed={self.collapsed}" if self.collapsed else ""
        return f"Search(step={self.step}, of={self.of}, density={self.density:.4g}{collapse})"


def every_so_often(every: int | None, of: int, values: int = 20) -> int:
    """Return after how many steps a search of so many yields: `every`, or as makes about so many values of it."""
    if every is None:
        return max(1, of // values)
    check_steps("every", every, f"None yields about {values} times")
    return every


def check_steps(what: str, count: object, way_on: str) -> None:
    """Raise a ValueError unless the count is a whole number of steps from 1."""
    if isinstance(count, bool) or not isinstance(count, Integral) or int(count) < 1:
        raise ValueError(f"{what} must be a whole number of steps from 1, got {count!r}; {way_on}")
