"""The parameters of a notebook that runs as a batch job: what comes from a terminal is checked before any work.

papermill takes a name that the notebook does not have with a warning, and goes on with the defaults; what has the wrong
type shows much later. A notebook therefore has one line after its parameters:

    wb.check_parameters(In)   # In is IPython's list of the cells that were run
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from workbench.work import rules
from workbench.work.nearest import check_known

INJECTED = "# Parameters\n"  # how the cell begins that papermill puts below a notebook's own parameters
KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "list": (list, tuple),
    "dict": (dict,),
    "None": (type(None),),
}


def check_parameters(cells: Sequence[str]) -> None:
    """Raise a ValueError where a parameter that was given is not one of the notebook's, or not of its type.

    Arguments:
        cells: the cells that were run, in their order: IPython's `In`. Where papermill put no parameters among them,
            as where a person runs the notebook, nothing is checked. Types are those of the notebook's own cell, as in
            `epochs: float = 10.0` or `train_size: "int or None" = None`; a whole number serves as a float.
    """
    texts = isinstance(cells, Sequence) and not isinstance(cells, str) and all(isinstance(cell, str) for cell in cells)
    if not texts:
        raise rules.refused("cells", "the cells that were run", cells, "check_parameters(In) in a notebook")
    given = [index for index, cell in enumerate(cells) if cell.startswith(INJECTED)]
    if not given:
        return
    known = _kinds("\n".join(cells[: given[0]]))
    for name, value in _values("\n".join(cells[index] for index in given)).items():
        check_known("parameter", name, known)
        _check_kind(name, value, known[name])


def _kinds(source: str) -> dict[str, list[str]]:
    """Return the names of the types of every name that is assigned to; none where no type is given."""
    kinds: dict[str, list[str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            written = node.annotation
            text = str(written.value) if isinstance(written, ast.Constant) else ast.unparse(written)
            kinds[node.target.id] = [kind.strip() for kind in text.replace("|", " or ").split(" or ")]
        elif isinstance(node, ast.Assign):
            kinds |= {target.id: [] for target in node.targets if isinstance(target, ast.Name)}
    return kinds


def _values(source: str) -> dict[str, Any]:
    """Return what papermill assigns, by name; what is no literal (float("nan")) is left to the notebook."""
    values = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                values[node.targets[0].id] = 0.0  # inf and nan are numbers too
    return values


def _check_kind(name: str, value: Any, kinds: list[str]) -> None:
    allowed = tuple(kind for written in kinds for kind in KINDS.get(written, (object,)))
    if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        way_on = "papermill reads True, False, None and numbers; lists go into a YAML file, with -f"
        raise rules.refused(name, " or ".join(kinds), value, way_on)
