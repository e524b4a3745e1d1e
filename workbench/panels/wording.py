"""Messages of the library in the words of a form: labels for the names of arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.panels.options import Option

RECIPE = re.compile(r"\bRecipe\(([^()]*)\)")


def in_words(message: str, options: Mapping[str, Option]) -> str:
    """Return a message with the labels of the fields in place of the names of their arguments.

    What it begins with is named once more as it is in a call: "training images (train_size) must be at most 1347". A
    name that is an ordinary word, such as "steps", is replaced at the beginning, and where a value follows it.
    """
    labels = {name.rpartition(".")[2]: option.label for name, option in reversed([*options.items()])}
    labels |= {name: option.label for name, option in options.items() if "." not in name}
    message = RECIPE.sub(r"\1", message)
    beginning = re.match(rf"({'|'.join(labels)})(?=(\[\d+\])? (must|is|are|has)\b)", message) if labels else None
    first = ""
    if beginning:
        name, label = beginning[1], labels[beginning[1]]
        first, message = label if label == name else f"{label} ({name})", message[len(name) :]
    underscored = sorted((name for name in labels if "_" in name), key=len, reverse=True)
    message = re.sub(rf"\b({'|'.join(labels)})=", lambda match: f"{labels[match[1]]} ", message) if labels else message
    if underscored:
        message = re.sub(rf"\b({'|'.join(underscored)})\b", lambda match: labels[match[1]], message)
    return first + message
