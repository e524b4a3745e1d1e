"""Text as a person types it, or as a notebook has it, read as plain values; nothing of it is executed."""

from __future__ import annotations

import ast
from typing import Any

LONGEST = 100_000  # characters: Python's parser is not made for a text of any length
OPEN, CLOSED = "([{", ")]}"


def literal(source: str | ast.expr) -> Any:
    """Return the value of a literal, in which float("inf") and its like may stand; a ValueError for all else."""
    try:
        if isinstance(source, str):
            source = ast.parse(source.strip()[:LONGEST], mode="eval").body
        return ast.literal_eval(_Floats().visit(source))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError("this is no literal") from error


def number(text: str) -> int | float:
    """Return the number that is written so: 32, 32.0, 1e3, inf; a ValueError for what is none."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in text[1:-1]
    return text[1:-1] if quoted else text


def items(text: str) -> list[str]:
    """Split "[lenet(hidden=(512, 512)), conv2]" into its two; text without brackets is a list of one."""
    text = text.strip()
    if not text.startswith("["):
        return [text]
    parts, opened, quote = [""], "", ""
    for letter in text[1:-1]:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in OPEN:
            opened += letter
        elif letter in CLOSED:
            if not opened or OPEN.index(opened[-1]) != CLOSED.index(letter):
                raise ValueError(f"a bracket of {text} does not close what it opens")
            opened = opened[:-1]
        elif letter == "," and not opened:
            parts.append("")
            continue
        parts[-1] += letter
    if opened or quote or not text.endswith("]") or len(text) < 2:
        raise ValueError(f"a bracket or a quote of {text} is not closed")
    parts = [part.strip() for part in parts]
    return parts if parts[-1] else parts[:-1]


class _Floats(ast.NodeTransformer):
    """Numbers in place of float("inf"), float("-inf") and float("nan"), which Python has no literals for."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))], keywords=[]):
                return ast.Constant(float(text))
        return node
