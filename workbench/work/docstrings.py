"""What a docstring says of its arguments: they stand under "Arguments:", a name, a colon and a sentence for each.

The help of a panel's fields is read here, so that it is written once, where the argument is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

ENTRY = re.compile(r"(\w+): (.+)")


def arguments(function: Callable[..., Any]) -> dict[str, str]:
    """Return what the docstring of a function, or of a class of fields, says of each argument, on one line."""
    _, _, block = (inspect.getdoc(function) or "").partition("\nArguments:\n")
    entries = re.split(r"\n(?=    \w)", block.split("\n\n")[0])  # a line that is indented further goes on with the last
    return {entry[1]: entry[2] for text in entries if (entry := ENTRY.fullmatch(" ".join(text.split())))}
