"""Controls: what a ticket must beat before one may say that its places, or its weights, matter.

A new one is a function here and a line in `CONTROLS`.

Each control takes a ticket and returns another of the same density, with one thing made anew: the places, or what
stands there. `weights` are the ticket's own rewound ones, and of the controls in `ANOTHER_DRAW` another draw's, rewound
alike; of those in `AS_TRAINED` they are what training had made of the denser network that the ticket's mask was taken
from. Where places are new, `weights` fill them, and biases, norms and buffers are theirs, so the ticket's own. Where
values are new, places stay, and so does what has no mask, but for weights that are another's as a whole.

Inverted saliencies are another search, and no function of a ticket: `rounds(…, invert=True)`, and so of every method.

Frankle & Carbin 2019, section 2 (re-initialisation); Su et al. 2020, "Sanity-Checking Pruning Methods: Random Tickets
can Win the Jackpot", and Frankle et al. 2021, "Pruning Neural Networks at Initialization: Why Are We Missing the Mark?"
(places by layer, inversion); Zhou et al. 2019, "Deconstructing Lottery Tickets: Zeros, Signs, and the Supermask"
(signs); Renda et al. 2020, "Comparing Rewinding and Fine-tuning in Neural Network Pruning" (training on). Degrees are
ours. All are recalled.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.lottery.curveball import curveball
from workbench.nets import masks
from workbench.nets.door import check_finite
from workbench.nets.initialisation import fan_in
from workbench.nets.weights import Ticket, Weights, check_same
from workbench.pruning.random_mask import random_mask
from workbench.work import rules
from workbench.work.seeds import check_seed, generator
from workbench.work.tensor_file import ties


def shuffled(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Permute the mask within every layer: the strong control for *where* it is sparse.

    The law is `random_by_layer`'s: a layer's count stays, its places are uniform. Beside each other the two show what
    another draw does.
    """
    _check(ticket, weights, seed)
    return _elsewhere(ticket, weights, _permuted, seed, "shuffled")


def shuffled_degrees(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Shuffle the mask of every layer so that each unit keeps its number of connections: is it more than degrees?

    A layer is the matrix (first axis, all others): outputs by inputs, of a convolution output channels by (input
    channel, place in the kernel), of a grouped one the channel within its group. Its row and column sums stay, and it
    is drawn uniformly among all that have them (`curveball`). A layer of which there is one only stays as it is: full,
    a single row, a vector.
    """
    _check(ticket, weights, seed)
    return _elsewhere(ticket, weights, _traded, seed, "shuffled_degrees")


def random_by_layer(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Draw the places anew, with the ticket's count in every layer: a random mask of its layers' densities."""
    _check(ticket, weights, seed)
    return Ticket(weights, random_mask(_all(ticket), layers=masks.kept_by_layer(ticket.mask), seed=seed))


def scattered(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Draw the places anew from the whole network, at the ticket's density: the weak control, without its layers."""
    _check(ticket, weights, seed)
    return Ticket(weights, random_mask(_all(ticket), density=masks.density(ticket.mask), seed=seed))


def reinitialised(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Put the ticket's mask on another draw (`weights`, rewound to that draw's own step k): do its weights matter?"""
    _check(ticket, weights, seed)
    return Ticket(weights, ticket.mask)


def signed(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Give the kept weights one magnitude a layer, and the signs of another draw (`weights`): ±sqrt(2 / fan_in).

    Beside `reinitialised` it tells new signs from a new law: of one draw, the two differ in magnitudes alone. Those are
    Kaiming's, whatever the ticket's law was: 2.4 times the deviation of torch's own for linear and convolution layers.
    """
    _check(ticket, weights, seed)
    std = {name: torch.full_like(weights[name], (2 / fan_in(weights[name])) ** 0.5) for name in ticket.mask}
    return _with_values(ticket, {name: std[name].copysign(weights[name]) for name in ticket.mask})


def sign_preserving(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Draw the magnitudes of the kept weights anew, sqrt(2 / fan_in) · |N(0, 1)|, and leave their signs: are they all?

    Kaiming's law again, as of `signed`, also where the ticket's is a signed constant. All else comes from the ticket,
    and `weights` only have to fit it.
    """
    _check(ticket, weights, seed)
    values: Weights = {}
    for index, name in enumerate(ticket.mask):
        own = ticket.weights[name]
        normal = torch.randn(own.shape, generator=generator(seed, "sign_preserving", index))
        values[name] = ((2 / fan_in(own)) ** 0.5 * normal).to(own).copysign(own)
    return _with_values(ticket, values)


def trained_on(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Leave at the ticket's places what training had made of them (`weights`), rewinding nothing: need one go back?

    It is the older way: train, prune, train on. With the recipe's own learning rates from the start again that is
    learning-rate rewinding, once.
    """
    _check(ticket, weights, seed)
    return Ticket(weights, ticket.mask)


CONTROLS = {
    "shuffled": shuffled,
    "shuffled_degrees": shuffled_degrees,
    "random_mask": random_by_layer,
    "random_uniform": scattered,
    "reinitialised": reinitialised,
    "signed": signed,
    "sign_preserving": sign_preserving,
    "trained_on": trained_on,
}
ANOTHER_DRAW = (reinitialised, signed)  # whose `weights` are another draw's
AS_TRAINED = (trained_on,)  # whose `weights` are the denser network's, as it was trained


def _check(ticket: Ticket, weights: Weights, seed: int) -> None:
    rules.instance("ticket", ticket, Ticket, "a Ticket, weights and a mask", "a round has one: round.ticket")
    check_same(ticket.weights, weights)
    check_finite(weights)
    check_seed(seed)


def _all(ticket: Ticket) -> masks.Mask:
    return {name: torch.ones_like(tensor) for name, tensor in ticket.mask.items()}


def _elsewhere(
    ticket: Ticket, weights: Weights, moved: Callable[[Tensor, torch.Generator], Tensor], seed: int, tag: str
) -> Ticket:
    """Return the ticket with the places of every layer moved, each layer by a stream of its own."""
    layers = enumerate(ticket.mask.items())
    return Ticket(weights, {name: moved(t, generator(seed, tag, i)).to(t.device) for i, (name, t) in layers})


def _permuted(places: Tensor, draw: torch.Generator) -> Tensor:
    return places.cpu().flatten()[torch.randperm(places.numel(), generator=draw)].view(places.shape)


def _traded(places: Tensor, draw: torch.Generator) -> Tensor:
    if places.dim() < 2:
        return places.clone()
    return curveball(places.flatten(1), draw).view(places.shape)


def _with_values(ticket: Ticket, values: Weights) -> Ticket:
    """Return the ticket with other values in the layers of its mask; names that share a tensor share its values."""
    owner = ties(ticket.weights)
    values |= {owner[name]: tensor for name, tensor in values.items() if name in owner}
    return Ticket({n: values.get(owner.get(n, n), tensor) for n, tensor in ticket.weights.items()}, ticket.mask)
