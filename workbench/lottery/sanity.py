"""Controls: what a ticket must beat before one may say that its places, or its weights, matter.

A new one is a function here and a line in `CONTROLS`.

Each control takes a ticket and returns another of the same density. `weights` fill the new places: the ticket's own
rewound weights for random places, another draw's for the re-initialisation (Frankle & Carbin 2019, section 2; Frankle
et al. 2021, "Pruning Neural Networks at Initialization: Why Are We Missing the Mark?", for random places by layer).
"""

from __future__ import annotations

import torch

from workbench.nets import masks
from workbench.nets.door import check_finite
from workbench.nets.weights import Ticket, Weights, check_same
from workbench.pruning.random_mask import random_mask
from workbench.work import rules
from workbench.work.seeds import check_seed


def shuffled(ticket: Ticket, *, weights: Weights, seed: int = 0) -> Ticket:
    """Draw the places anew, with the ticket's count in every layer: the strong control for *where* it is sparse."""
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


CONTROLS = {
    "random_mask": shuffled,
    "random_uniform": scattered,
    "reinitialised": reinitialised,
}
ANOTHER_DRAW = (reinitialised,)  # the controls whose `weights` are another draw's; the others take the ticket's own


def _check(ticket: Ticket, weights: Weights, seed: int) -> None:
    rules.instance("ticket", ticket, Ticket, "a Ticket, weights and a mask", "a round has one: round.ticket")
    check_same(ticket.weights, weights)
    check_finite(weights)
    check_seed(seed)


def _all(ticket: Ticket) -> masks.Mask:
    return {name: torch.ones_like(tensor) for name, tensor in ticket.mask.items()}
