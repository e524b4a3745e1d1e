"""A name with options in one string, as a notebook's parameter has it: "resnet8(width=16)", "window(skip=500)"."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any

LONGEST = 1000  # characters: Python's parser is not made for a text of any depth


def with_options(text: str) -> tuple[str, dict[str, Any]] | None:
    """Read the name and its options, literals or inf, given by name; nothing is executed. None for anything else."""
    if len(text) > LONGEST:
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
            return tree.func.id, {str(word.arg): _literal(word.value) for word in tree.keywords}
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError):  # no text, or no such
        pass
    return None


def written(name: str, options: Mapping[str, Any]) -> str:
    """Write a name and its options in one string, as `with_options` reads them."""
    inside = ", ".join(f"{key}={value!r}" for key, value in options.items())
    return f"{name}({inside})" if inside else name


def _literal(node: ast.expr) -> Any:
    return math.inf if isinstance(node, ast.Name) and node.id == "inf" else ast.literal_eval(node)
