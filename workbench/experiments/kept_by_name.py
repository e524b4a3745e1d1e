"""Tickets and scores by name: what one panel or cell made is the beginning of another.

    wb.keep(outcome, "small one")                                  # into the folder "runs", or archive="…"
    wb.kept("ticket")                                              # ["small one"]
    wb.experiments.trained_networks(start="small one")

A name is a file in the folder `named` of an archive's folder: a safetensors file as `wb.save` and `wb.scores.save`
write it, which may be handed on. The archive itself finds values by the calls that made them and knows no names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from workbench.data_diet import scores
from workbench.data_diet.scores import Score
from workbench.experiments.example_scores import Scored, score_names
from workbench.experiments.score_tables import averaged
from workbench.nets import masks, weights
from workbench.nets.weights import Ticket
from workbench.numbers.numerals import percent
from workbench.work import rules
from workbench.work.archive import Archive, ArchiveLike, opened
from workbench.work.nearest import unknown

RUNS = "runs"  # the folder, beside the notebook, that is meant where none is given
FOLDER, SUFFIX = "named", ".safetensors"
LONGEST = 80  # characters of a name
PLAIN = re.compile(r"\w[\w .,+=%()-]*", re.ASCII)  # no separator of folders, and no leading dot


class Kind(NamedTuple):
    """A kind of thing that is kept by name: its class, the functions that write and read it, names that are taken."""

    holds: type
    save: Callable[[Any, Path], None]
    open: Callable[[Path], Any]
    taken: tuple[str, ...] = ()


KINDS = {
    "ticket": Kind(Ticket, weights.save, weights.open, ("fresh",)),
    "score": Kind(Score, scores.save, scores.open, score_names()),
}


def keep(thing: Any, name: str, *, archive: ArchiveLike = RUNS) -> Path:
    """Keep a ticket or a score under a name, and return the path of its file; what had that name is replaced.

    An outcome that holds a ticket (`ticket_of`) may be given for it. Raises a ValueError for anything else, and for a
    name that is none: letters, digits, spaces and . , + = % ( ) - _ make one.

    Arguments:
        thing: A `wb.Ticket`, a `wb.Score`, or an outcome of an experiment that made a ticket.
        name: What it is called from now on, in menus and calls.
        archive: The archive, or its folder, that it is kept in: "runs" beside the notebook, if nothing is said.
    """
    thing = ticket_of(thing) or thing
    kind = next((kind for kind, of in KINDS.items() if isinstance(thing, of.holds)), None)
    if kind is None:
        way_on = "panel.result[-1] of a lottery is such an outcome; of scores, wb.experiments.averaged(panel.result)"
        raise rules.refused(
            "thing", "a Ticket, a Score, or an outcome that holds a ticket", thing, f"{way_on} gives some"
        )
    path = _path(kind, _checked(kind, name), archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    KINDS[kind].save(thing, path)
    return path


def kept(kind: str, *, archive: ArchiveLike | None = RUNS) -> list[str]:
    """Return the names of all tickets, or of all scores, that were kept in an archive, sorted; none without one.

    Arguments:
        kind: What is listed, "ticket" or "score".
        archive: The archive, or its folder, where `wb.keep` has put them.
    """
    rules.choice("kind", kind, KINDS)
    folder = None if archive is None else _folder(kind, archive)
    if folder is None or not folder.is_dir():
        return []
    return sorted(path.stem for path in folder.iterdir() if path.suffix == SUFFIX and not path.name.startswith("."))


def by_name(kind: str, name: str | os.PathLike[str], archive: ArchiveLike | None = None) -> Any:
    """Return the ticket or the score of a name, or in the file of a path that ends in .safetensors.

    Without an archive the folder "runs" is looked into. Raises a ValueError for a name that is not there.
    """
    text, archive = os.fspath(name), RUNS if archive is None else archive
    if text.endswith(SUFFIX):
        return KINDS[kind].open(Path(text))
    names = kept(kind, archive=archive)
    if text not in names:
        way_on = f"kept ones are looked for in {_folder(kind, archive)}; the path of one ends in {SUFFIX}"
        raise unknown(kind, text, (*KINDS[kind].taken, *names), way_on)
    return KINDS[kind].open(_path(kind, text, archive))


def ticket_of(outcome: Any) -> Ticket | None:
    """Return the ticket of an outcome, weights as they were before training, or None for one that holds none."""
    if isinstance(outcome, Ticket):
        return outcome
    ticket, mask, rewound = (getattr(outcome, name, None) for name in ("ticket", "mask", "rewound"))
    if isinstance(ticket, Ticket):
        return ticket
    return Ticket(rewound, mask) if isinstance(mask, dict) and isinstance(rewound, dict) else None


def tickets_of(outcomes: Iterable[Any]) -> dict[str, Ticket]:
    """Return the sparse tickets that outcomes hold, by a name for each: `ticket, 21 % kept, replica 0`."""
    sparse = [
        (outcome, ticket) for outcome in outcomes if (ticket := ticket_of(outcome)) and masks.density(ticket.mask) < 1
    ]
    return {_suggested(outcome, ticket): ticket for outcome, ticket in sparse}


def scores_of(outcomes: Iterable[Any]) -> dict[str, Score]:
    """Return the scores of examples in outcomes by name, each the mean over all replicas; none where none is."""
    return averaged([outcome for outcome in outcomes if isinstance(outcome, Scored)])


def _suggested(outcome: Any, ticket: Ticket) -> str:
    what = [getattr(outcome, field, "") for field in ("kind", "method", "control", "subset")]
    words = [name.replace("_", " ") for name in what if name and name != "none"] or ["ticket"]
    replica = [f"replica {outcome.replica}"] if hasattr(outcome, "replica") else []
    return ", ".join([*words, f"{percent(masks.density(ticket.mask))} kept", *replica])


def _checked(kind: str, name: str) -> str:
    text = name if isinstance(name, str) else ""
    if not PLAIN.fullmatch(text) or len(text) > LONGEST or text.endswith(SUFFIX) or text != text.strip():
        rule = f"a name of up to {LONGEST} letters, digits, spaces and . , + = % ( ) - _"
        raise rules.refused("name", rule, name, '"small one" is one')
    if text in KINDS[kind].taken:
        raise ValueError(f'name must be one that is free, got "{text}", which a {kind} of another kind has; change it')
    return text


def _folder(kind: str, archive: ArchiveLike) -> Path:
    made = opened(archive)
    rules.instance("archive", made, Archive, "an Archive or its folder", 'archive="runs" is the usual one')
    folder = os.fspath(getattr(made, "folder", ""))
    if "://" in folder:
        raise ValueError(f'names are kept in a folder of this machine, got "{folder}"; archive="runs" is one')
    return Path(folder).expanduser() / FOLDER / kind


def _path(kind: str, name: str, archive: ArchiveLike) -> Path:
    return _folder(kind, archive) / f"{name}{SUFFIX}"
