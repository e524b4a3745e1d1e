"""A parameter of a notebook: its name, type, default and range, as the notebook's own cell has them.

    epochs: float = 3.0  # length of every training, above 0, may be fractional
    train_size: "int or None" = None  # training images, at least 1; None takes all

The words of the comment are the range: "at least 1", "above 0", "from 0 to 9", "in (0, 1]", "odd"; quoted names that it
begins with are the choices. Of a list they hold for each item.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.work import rules

NUMBER = r"-?(?:\d+\*\*\d+ - \d+|\d[\d_]*(?:\.\d+)?(?:e-?\d+)?)"
RULES: tuple[tuple[str, Callable[..., Callable[[float], bool]]], ...] = (
    (rf"\bin ([(\[])({NUMBER}), ({NUMBER})([)\]])", lambda a, low, high, b: _within(low, high, a == "[", b == "]")),
    (rf"\bfrom ({NUMBER}) to ({NUMBER})", lambda low, high: _within(low, high)),
    (rf"(?<!from )\b({NUMBER}) to ({NUMBER})", lambda low, high: _within(low, high)),
    (rf"\b(?:at least|from) ({NUMBER})(?! to)", lambda low: _within(low, "inf")),
    (rf"\babove ({NUMBER})", lambda low: _within(low, "inf", False)),
    (r"\bodd\b", lambda: lambda x: x % 2 == 1),
    (r"\bwhole\b", lambda: lambda x: float(x).is_integer()),
)
CHOICES = re.compile(r'"[^"]*"(?:, "[^"]*")*(?: or "[^"]*")?(?=$|[,;:] )')
PAIRS = {"(": ")", "[": "]", "{": "}"}
READ: dict[str, type] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "dict": dict,
    "None": type(None),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter; `kinds` are the names of its types, none where the notebook gives none, `about` is its comment."""

    name: str
    kinds: tuple[str, ...]
    default: Any
    about: str = field(default="", repr=False)

    def value(self, given: Any) -> Any:
        """Return the value as the notebook means it: 32 of 32.0, and of a bare name where a list is asked for a list.

        A ValueError with the name, the type and the range for anything else.
        """
        value = _plain(given)
        for kind in self.kinds:
            if (meant := _as(value, kind)) is not None or (value is None and kind == "None"):
                self._check_range(meant)
                return meant
        if self.kinds:
            raise self._refused(given)
        return value

    def from_text(self, text: str) -> Any:
        """Return the value of a text that was typed in a terminal."""
        for kind in sorted(self.kinds, key=_order):
            try:
                value = _typed(text.strip(), kind)
            except (ValueError, SyntaxError):
                continue
            return self.value(value)
        if self.kinds:
            raise self._refused(text)
        return _literal(text)

    @property
    def range(self) -> str:
        """What its comment says, after its type."""
        return f"{' or '.join(self.kinds)}{f' ({self.about})' if self.about else ''}"

    def _refused(self, given: Any) -> ValueError:
        way_on = "True and False are written so" if self.kinds == ("bool",) else f"its default is {self.default!r}"
        return rules.refused(self.name, self.range, given, way_on)

    def _check_range(self, value: Any) -> None:
        items = value if isinstance(value, list) else [value]
        numbers = [item for item in items if isinstance(item, (int, float)) and not isinstance(item, bool)]
        bad = [number for number in numbers for rule in self._rules if not rule(number)]
        choices = CHOICES.match(self.about)
        if choices:
            names = re.findall(r'"([^"]*)"', choices[0])
            bad += [item for item in items if isinstance(item, str) and item not in names]
        if bad or ("each once" in self.about and len(set(map(str, items))) < len(items)):
            raise self._refused(bad[0] if bad and isinstance(value, list) else value)

    @property
    def _rules(self) -> list[Callable[[float], bool]]:
        return [make(*found.groups()) for pattern, make in RULES for found in re.finditer(pattern, self.about)]


def read_parameters(source: str) -> dict[str, Parameter]:
    """Return the parameters of a notebook's cell by name. A ValueError where its source is none of Python."""
    try:
        nodes, comments = ast.parse(source).body, _comments(source)
    except SyntaxError as error:
        raise ValueError(
            f"the cell of parameters cannot be read ({error}); it holds lines such as epochs: float = 3.0"
        ) from None
    parameters = {}
    for node in nodes:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            written = node.annotation
            text = str(written.value) if isinstance(written, ast.Constant) else ast.unparse(written)
            kinds = tuple(kind.strip() for kind in re.split(r" or |\|", text))
            target, value = node.target, node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target, value, kinds = node.targets[0], node.value, ()
        else:
            continue
        known = kinds if all(kind in READ for kind in kinds) else ()
        parameters[target.id] = Parameter(target.id, known, _evaluated(value), comments.get(node.end_lineno or 0, ""))
    return parameters


def _comments(source: str) -> dict[int, str]:
    """The comments by line; a # inside a text is none."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _evaluated(node: ast.expr) -> Any:
    """A default: a literal, in which float("inf") and its like may stand; None for anything else."""
    try:
        return ast.literal_eval(_Numbers().visit(node))
    except ValueError:
        return None


class _Numbers(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))]):
                return ast.Constant(float(text))
        return node


def _plain(value: Any) -> Any:
    """Python's own of numpy's numbers."""
    return value.item() if isinstance(value, np.generic) else value


def _as(value: Any, kind: str) -> Any:
    """The value as one of this kind; None where it is none."""
    if kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "list" and isinstance(value, (list, tuple, str)):
        return [value] if isinstance(value, str) else [_plain(item) for item in value]
    fits = isinstance(value, READ[kind]) and (kind == "bool" or not isinstance(value, bool))
    return value if fits else None


def _typed(text: str, kind: str) -> Any:
    """What a text says as one of this kind; a ValueError where it says none."""
    if kind == "None":
        return {"none": None}[text.lower()] if text.lower() == "none" else _nothing(text)
    if kind == "bool":
        return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _nothing(text)
    if kind in ("int", "float"):
        return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    if kind == "list":
        inside = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
        return [_literal(part) for part in split(inside)] if inside.strip() else []
    if kind == "dict":
        return ast.literal_eval(text)
    return str(_literal(text)) if text[:1] in "\"'" and text[-1:] == text[:1] else text


def _nothing(text: str) -> Any:
    raise ValueError(text)


def _literal(text: str) -> Any:
    """A number, a text in quotes, a list; a bare name as it stands."""
    try:
        return float(text) if text in ("inf", "-inf", "nan") else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _order(kind: str) -> int:
    """Which kinds a text is tried as first: almost any text is a str."""
    return ("None", "bool", "int", "float", "dict", "list", "str").index(kind)


def _within(low: str, high: str, low_counts: bool = True, high_counts: bool = True) -> Callable[[float], bool]:
    """Whether a number lies between two, which are numbers as a comment has them."""
    least, most = _number(low), _number(high)
    return lambda x: (least <= x if low_counts else least < x) and (x <= most if high_counts else x < most)


def _number(text: str) -> float:
    base, _, power = text.partition("**")
    return float(int(base) ** int(power.split(" ")[0]) - 1) if power else float(text.replace("_", ""))


def split(text: str) -> list[str]:
    """Return the parts of a text between commas, but for those inside brackets and quotes."""
    parts, closing, quote = [""], "", ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in PAIRS:
            closing += PAIRS[sign]
        elif closing and sign == closing[-1]:
            closing = closing[:-1]
        elif sign == "," and not closing:
            parts.append("")
            continue
        parts[-1] += sign
    if closing or quote:
        raise ValueError(f"{rules.shown(text)} has no closing {closing[-1:] or quote}; quote the whole for the shell")
    return [part.strip() for part in parts]
