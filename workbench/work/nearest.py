"""The error for a name that is not known, with the nearest one that is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 100  # characters of a name that was given


def check_known(kind: str, name: object, known: Iterable[str], hint: str = "") -> None:
    """Raise the error `unknown` unless the name is one of those that there are."""
    if not (isinstance(name, str) and name in known):
        raise unknown(kind, name, known, hint)


def unknown(kind: str, name: object, known: Iterable[str], hint: str = "") -> ValueError:
    """Return the ValueError: which kind of name, what was given, the nearest known one, and all of them.

    `raise unknown("model", "lenett", MODELS)` says: model "lenett" is not known; did you mean "lenet"? known: …
    """
    known, name = sorted(set(known)), f"{str(name)[:SHOWN]}…" if len(str(name)) > SHOWN else str(name)
    lower = {word.lower(): word for word in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    guess = f'; did you mean "{lower[near[0]]}"?' if near else ";"
    return ValueError(f'{kind} "{name}" is not known{guess} known: {", ".join(known)}{"; " + hint if hint else ""}')
