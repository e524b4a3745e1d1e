"""HTML of values: all that is inside an element is escaped here, so that no name, path or message can be markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def element(tag: str, *inner: object, **attributes: object) -> Html:
    """Return an element around what is inside, text or `Html`; `class_` is its class, `aria_label` its aria-label."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    words = "".join(f' {name}="{escape(str(value))}"' for name, value in named.items())
    return Html(f"<{tag}{words}>{joined(*inner)}</{tag}>")


def void(tag: str, **attributes: object) -> Html:
    """Return an element that holds nothing: an image, a break, a hint to the browser."""
    return Html(element(tag, **attributes).removesuffix(f"</{tag}>"))


def joined(*parts: object) -> Html:
    """Return the parts one after another, texts among them escaped."""
    return Html("".join(part if isinstance(part, Html) else escape(str(part)) for part in parts))


def table(rows: Iterable[Sequence[object]], *, head: Sequence[object] = (), caption: object = "") -> Html:
    """Return a table; the first cell of a row is its title."""
    lines = [element("tr", element("th", title), *(element("td", cell) for cell in cells)) for title, *cells in rows]
    top = [element("caption", caption)] if caption else []
    top += [element("tr", *(element("th", title) for title in head))] if head else []
    return element("table", *top, *lines)
