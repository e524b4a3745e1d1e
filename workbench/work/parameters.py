"""The parameters of a notebook that runs as a batch job: what comes from a terminal is checked before any work.

papermill takes a name that the notebook does not have with a warning, and goes on with the defaults; what has the wrong
type shows much later. A notebook therefore has one line after its parameters:

    wb.check_parameters(globals())   # the notebook's names, among them IPython's list of the cells that were run
"""

from __future__ import annotations

import ast
import contextlib
import io
import tokenize
from collections.abc import Mapping, MutableMapping
from typing import Any

from workbench.work import rules, typed_text
from workbench.work.nearest import check_known
from workbench.work.parameter import COMPUTED, Parameter

TAG = "parameters"  # of the cell that papermill takes a notebook's parameters from
INJECTED = "# Parameters\n"  # how the cell begins that papermill puts below a notebook's own parameters
WAY_ON = "papermill reads True, False, None, numbers and names; lists go into a YAML file, with -f"


def check_parameters(namespace: MutableMapping[str, Any]) -> None:
    """Give the parameters that papermill set the values that are meant; a ValueError for those that cannot be.

    Where papermill put none among the cells, as where a person runs the notebook, nothing is done. Types and ranges are
    those of the notebook's own cell, as in `epochs: float = 10.0  # passes, above 0` or `size: "int or None" = None`;
    32.0 for a whole number is 32, and a bare name for a list is a list of one.

    Arguments:
        namespace: the names of the notebook: `globals()`, in which IPython keeps the cells that were run as `In`.
    """
    cells = namespace.get("In") if isinstance(namespace, MutableMapping) else None
    if not (isinstance(cells, list) and all(isinstance(cell, str) for cell in cells)):
        way_on = "wb.check_parameters(globals()) in a notebook"
        raise rules.refused("namespace", "the names of a notebook, with its cells as In", namespace, way_on)
    places = [place for place, cell in enumerate(cells) if cell.startswith(INJECTED)]
    if not places:
        return
    known: dict[str, Parameter] = {}
    for cell in cells[: places[0]]:
        with contextlib.suppress(SyntaxError):  # a cell of IPython's own words has no parameters
            known |= read_parameters(cell)
    for name in [name for place in places for name in read_parameters(cells[place])]:
        check_known("parameter", name, known)
        if name in namespace:
            namespace[name] = known[name].value(namespace[name], way_on=WAY_ON)


def parameter_cells(notebook: Mapping[str, Any]) -> list[str]:
    """Return the sources of the cells of an .ipynb file's JSON that are tagged as its parameters; papermill asks one.

    Raises a KeyError, TypeError or AttributeError for what is no notebook of format 4.
    """
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in code if TAG in cell["metadata"].get("tags", [])]


def read_parameters(source: str) -> dict[str, Parameter]:
    """Return the parameters that a cell assigns, by name: `name: type = default  # what it is, and its range`.

    A type of several is quoted, "int or None"; without one any value serves. A default that is no literal is `...`.
    Nothing is executed. Raises a SyntaxError for what is no Python.
    """
    comments = {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    parameters: dict[str, Parameter] = {}
    for node in ast.parse(source).body:
        kinds: tuple[str, ...] = ()
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=written):
                text = str(written.value) if isinstance(written, ast.Constant) else ast.unparse(written)
                kinds, names = tuple(kind.strip() for kind in text.replace("|", " or ").split(" or ")), [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case _:
                continue
        about = comments.get(node.end_lineno or node.lineno, "")
        parameters |= {name: Parameter(name, kinds, _default(node.value), about) for name in names}
    return parameters


def _default(node: ast.expr | None) -> Any:
    if node is not None:
        with contextlib.suppress(ValueError):
            return typed_text.literal(node)
    return COMPUTED
