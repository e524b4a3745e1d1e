"""Where a training begins: afresh, or from a ticket, which is given, named as it was kept, or read from a path."""

from __future__ import annotations

import os

from workbench.experiments.kept_by_name import by_name
from workbench.experiments.replica import Experiment
from workbench.nets.door import check_network
from workbench.nets.weights import Ticket
from workbench.work import rules

FRESH = "fresh"  # the beginning that is no ticket's
Beginning = str | os.PathLike[str] | Ticket


def ticket_to_begin_from(start: Beginning, experiment: Experiment) -> Ticket | None:
    """Return the ticket that all replicas begin from, None for a fresh beginning.

    A name is looked up in the experiment's archive. Raises a ValueError for a name that is not there, and for a ticket
    of another model, or of the same one for images of another size.
    """
    rules.instance("start", start, (str, os.PathLike, Ticket), 'a ticket, its name or path, or "fresh"')
    if start == FRESH:
        return None
    ticket = start if isinstance(start, Ticket) else by_name("ticket", start, experiment.archive)
    try:
        check_network(experiment.network, ticket.weights, ticket.mask)
    except ValueError as error:
        title = "this ticket" if isinstance(start, Ticket) else f'the ticket "{os.fspath(start)}"'
        of = f"{experiment.model} on {experiment.data.name}"
        raise ValueError(f"start must be a ticket of {of}, and {title} is of another network: {error}") from error
    return ticket
