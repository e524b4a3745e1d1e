"""What a person gave: one name or several, several numbers, each held to what there is, or to what it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from workbench.work import rules
from workbench.work.nearest import check_known


def several(what: str, names: Any) -> list[Any]:
    """Return names as a list; one name alone is one of them, and not its letters. A ValueError says `what` is none."""
    if not isinstance(names, Iterable):
        raise rules.refused(what, "one name or several", names)
    return [names] if isinstance(names, str) else list(names)


def check_names(kind: str, names: Iterable[str], known: Iterable[str], *, least: int = 0) -> None:
    """Raise a ValueError unless these are `least` names or more, each once: of another, with the nearest one known."""
    if isinstance(names, (str, dict)) or not isinstance(names, Sequence):
        example = f'("{next(iter(known))}",) is one'
        raise rules.refused(f"{kind}s", "several names", names, example)
    for name in names:
        check_known(kind, name, known)
    check_each_once(kind, names, known, least=least)


def check_each_once(kind: str, names: Sequence[str], known: Iterable[str], *, least: int = 0) -> None:
    """Raise a ValueError unless these are `least` names or more, each once."""
    if len(set(names)) < len(names):
        raise ValueError(f"{kind}s must be named once each, got {list(names)}")
    if len(names) < least:
        raise ValueError(f"{kind}s must name one at least, got none; known: {', '.join(known)}")


def are(values: Any, rule: Callable[..., Any], **limits: Any) -> bool:
    """Whether these are several numbers, or one, each once, and all as the rule has it (`rules.whole`, …)."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not values:
        return False
    try:
        rules.each("values", values, rule, **limits)
    except ValueError:
        return False
    return len(set(values)) == len(values)


def told(values: Any) -> str:
    """Return what was given for several numbers, in few words."""
    text = str(list(values)) if isinstance(values, (list, tuple, range)) and len(values) <= 100 else rules.shown(values)
    return text if len(text) <= 100 else f"{text[:97]}…"
