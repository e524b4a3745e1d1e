"""A strong ticket: the seed of a random network and what is kept of it; no weight is stored, for none is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.strong import views
from workbench.strong.pair import Pair
from workbench.strong.target import module_between


@dataclass(frozen=True, eq=False)
class StrongTicket:
    """A random network pruned to a target: a `Pair` for every linear layer, and the modules between, as texts."""

    stages: tuple[Pair | str, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Its pairs, one for every linear layer of the target."""
        return tuple(stage for stage in self.stages if isinstance(stage, Pair))

    @property
    def kernel_error(self) -> float:
        """The largest of its layers' errors."""
        return max(pair.error for pair in self.pairs)

    @property
    def filters(self) -> tuple[int, int]:
        """How many filters are kept, and were drawn."""
        return sum(int(pair.filters.sum()) for pair in self.pairs), sum(pair.filters.numel() for pair in self.pairs)

    @property
    def parameters(self) -> tuple[int, int]:
        """How many numbers are kept, and were drawn."""
        kept, drawn = zip(*(pair.parameters for pair in self.pairs), strict=True)
        return sum(kept), sum(drawn)

    @property
    def candidates(self) -> int:
        """The filters drawn for a channel, of the layer that has most."""
        return max(pair.candidates for pair in self.pairs)

    def __repr__(self) -> str:
        kept, drawn = self.filters
        return (
            f"StrongTicket({self.pairs[0].structure}, {kept} of {drawn} filters, kernel_error={self.kernel_error:.3g})"
        )

    def random(self, *, grouped: bool = False) -> nn.Sequential:
        """Make the random network, twice as deep as the target, with all that was drawn, from the seed.

        `grouped` makes the first layer of each pair a grouped one: the same network under the block mask, without the
        zeros. Raises a ValueError where there is no memory for it, or no block mask.
        """
        return self._network(lambda pair: views.random(pair, grouped=grouped))

    def mask(self, *, grouped: bool = False) -> Mask:
        """Return which weights of `random` are kept: whole blocks and filters, or what else the structure removes."""
        mask = {}
        for place, stage in enumerate(self.stages):
            if isinstance(stage, Pair):
                mask |= {f"{place}.{layer}.weight": m for layer, m in views.kept_places(stage, grouped=grouped).items()}
        return mask

    def masked(self, *, grouped: bool = False) -> nn.Sequential:
        """Make the random network with zeros where it is pruned."""
        network = self.random(grouped=grouped)
        network.load_state_dict(masks.apply(network.state_dict(), self.mask(grouped=grouped)))
        return network

    def compact(self) -> nn.Sequential:
        """Make the network of the kept filters alone: what is pruned takes no room and no time."""
        return self._network(views.compact)

    def collapse(self) -> nn.Sequential:
        """Make a network of the target's depth, each pair multiplied out to its kernel K̂; inputs with signs are parted.

        Raises a ValueError for a ticket without block masks, which has no kernels.
        """
        return self._network(lambda pair: views.collapsed(pair.shape, *(k.float() for k in pair.kernels())))

    def _network(self, made: Callable[[Pair], nn.Module]) -> nn.Sequential:
        return nn.Sequential(*(module_between(s) if isinstance(s, str) else made(s) for s in self.stages)).eval()
