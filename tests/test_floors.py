"""The house by floors: who imports whom, what is heavy, and how long a file may be. Read from the source with `ast`."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "workbench"
FILES = sorted(HOUSE.rglob("*.py"))

README = HOUSE.parent / "README.md"
ROW = re.compile(r"^\| (\d) \| [^|]+ \| (.+) \|$", re.MULTILINE)
FLOORS = {  # folder: its floor, as the README's table has it
    folder: int(number)
    for number, folders in ROW.findall(README.read_text())
    for folder in re.findall(r"`(\w+)/`", folders)
}
FOLDERS = ("pruning", "data_diet")  # floor 2: methods never import one another


@dataclass(frozen=True)
class Import:
    """One import: in which file and line, what, whether inside a function, and whether for type checkers alone."""

    file: str
    line: int
    module: str  # dotted, as far as it is a module of the house
    lazy: bool
    typing: bool

    def __str__(self) -> str:
        return f"workbench/{self.file}.py:{self.line} imports {self.module}"


def name(path: Path) -> str:
    return path.relative_to(HOUSE).with_suffix("").as_posix()


def module_file(dotted: str) -> str | None:
    """The file of a module of the house, as it stands in the table; None for what is no module."""
    parts = dotted.split(".")[1:]
    for found in ("/".join(parts), "/".join([*parts, "__init__"])):
        if (HOUSE / f"{found}.py").is_file():
            return found
    return None


def read(path: Path) -> list[Import]:
    """All imports of a file; `from workbench.nets import masks` is an import of workbench.nets.masks."""
    found: list[Import] = []
    package = ["workbench", *path.relative_to(HOUSE).parent.parts]

    def add(node: ast.AST, dotted: str, lazy: bool, typing: bool) -> None:
        found.append(Import(name(path), getattr(node, "lineno", 0), dotted, lazy, typing))

    def visit(node: ast.AST, lazy: bool, typing: bool) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                add(node, alias.name, lazy, typing)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                add(node, whole if base.startswith("workbench") and module_file(whole) else base, lazy, typing)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            for argument in node.args[:1]:
                add(node, str(getattr(argument, "value", "")), lazy, typing)
        lazy = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for child in node.body:
                visit(child, lazy, True)
            for child in node.orelse:
                visit(child, lazy, typing)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, lazy, typing)

    visit(ast.parse(path.read_text()), False, False)
    return found


def floor(file: str) -> int | None:
    """The floor of a file's folder; the package's face is below all. None where the folder has none."""
    return 0 if file == "__init__" else FLOORS.get(file.partition("/")[0])


IMPORTS = [one for path in FILES for one in read(path)]
INSIDE = [(one, file) for one in IMPORTS if one.module.startswith("workbench.") and (file := module_file(one.module))]


def test_the_root_holds_folders_and_each_has_a_floor_in_the_readme():
    loose = [
        path.name for path in HOUSE.iterdir() if path.is_file() and path.name not in ("__init__.py", "__init__.pyi")
    ]
    assert not loose, f"{loose} lie loose in workbench/; each belongs in a folder"
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(FLOORS), "the README's table of floors and the folders of workbench/ differ"


def test_files_on_neighbouring_floors_have_different_names():
    rooms: dict[str, list[str]] = {}
    for path in FILES:
        if path.stem != "__init__":
            rooms.setdefault(path.stem, []).append(name(path))
    twins = [
        f"workbench/{a}.py and workbench/{b}.py"
        for files in rooms.values()
        for a, b in itertools.combinations(files, 2)
        if abs((floor(a) or 0) - (floor(b) or 0)) <= 1
    ]
    assert not twins, f"one name for two files on neighbouring floors: {twins}"


def test_a_file_imports_lower_floors_or_its_own():
    up = [
        f"{one} (floor {below} imports floor {above})"
        for one, file in INSIDE
        if not one.typing and (above := floor(file) or 0) > (below := floor(one.file) or 0)
    ]
    assert not up, "\n".join(up)


def test_there_is_no_cycle():
    graph: dict[str, dict[str, Import]] = {}
    for one, file in INSIDE:
        if not one.typing and file != one.file:
            graph.setdefault(one.file, {})[file] = one
    finished: set[str] = set()

    def walk(file: str, path: list[str]) -> None:
        assert file not in path, "a cycle: " + ", ".join(
            str(graph[a][b])
            for a, b in zip(path[path.index(file) :], [*path[path.index(file) + 1 :], file], strict=True)
        )
        if file not in finished:
            for other in graph.get(file, {}):
                walk(other, [*path, file])
            finished.add(file)

    for file in graph:
        walk(file, [])


def test_methods_never_import_one_another():
    methods = {  # files that hold a function of their own name, which the folder shows
        f"{folder}/{path.stem}"
        for folder in FOLDERS
        for path in (HOUSE / folder).glob("*.py")
        if callable(getattr(importlib.import_module(f"workbench.{folder}"), path.stem, None))
    }
    assert {"pruning/magnitude", "pruning/dynamic", "data_diet/el2n", "data_diet/forgetting"} <= methods
    bad = [
        str(one)
        for one, file in INSIDE
        if file in methods and one.file.partition("/")[0] in FOLDERS and not one.file.endswith("__init__")
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(("package", "least"), [("altair", 5), ("vl_convert", 5), ("ipywidgets", 6), ("IPython", 6)])
def test_heavy_packages_are_imported_from_their_floor_up(package: str, least: int):
    bad = [
        str(one)
        for one in IMPORTS
        if one.module.partition(".")[0] == package and (floor(one.file) or 0) < least and not one.typing
    ]
    assert not bad, f"{package} belongs on floor {least} and above: " + "\n".join(bad)


def test_torchvision_is_imported_in_one_place():
    bad = [
        str(one) for one in IMPORTS if one.module.partition(".")[0] == "torchvision" and one.file != "data/_torchvision"
    ]
    assert not bad, "\n".join(bad)
    through = {one.file for one, file in INSIDE if file == "data/_torchvision"}
    nets = {"nets/models/imagenet_resnet", "nets/models/mobilenet"}
    assert through <= {"data/torchvision_files", "data/sources", "terminal/version_checks", *nets}, through


@pytest.mark.parametrize("package", ["scipy", "pandas", "sklearn", "pyarrow", "altair", "ipywidgets"])
def test_heavy_imports_stand_where_they_are_used(package: str):
    bad = [
        str(one)
        for one in IMPORTS
        if one.module.partition(".")[0] == package and not one.lazy and not one.typing and (floor(one.file) or 0) < 5
    ]
    assert not bad, "\n".join(bad)


def test_importing_workbench_loads_nothing_heavy_and_every_public_name_resolves():
    names = re.findall(r"import \w+ as (\w+)", (HOUSE / "__init__.pyi").read_text())
    script = f"""
import sys
import workbench
heavy = {{"ipywidgets", "scipy", "pandas", "torchvision", "altair", "sklearn", "pyarrow", "IPython", "matplotlib"}}
loaded = heavy & {{name.partition(".")[0] for name in sys.modules}}
assert not loaded, f"import workbench loads {{loaded}}"
for name in {names!r}:
    assert name in workbench.__all__, f"{{name}} is not in workbench.__all__"
    assert name in dir(workbench)
    getattr(workbench, name)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=HOUSE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(names)) == len(names), "a public name stands twice in __init__.pyi"


def test_an_unknown_public_name_is_said_with_the_nearest():
    import workbench as wb

    with pytest.raises(AttributeError, match='name in workbench "evalute" is not known; did you mean "evaluate"'):
        _ = wb.evalute  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_has_at_most_250_lines_and_a_function_fits_a_screen(path: Path):
    text = path.read_text()
    lines = len(text.splitlines())
    assert lines <= 250, f"workbench/{name(path)}.py has {lines} lines; split it by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (node.end_lineno or 0) - first[0].lineno + 1
            assert length <= 50, f"workbench/{name(path)}.py:{node.lineno} {node.name} has {length} lines; split it"


def test_every_file_says_what_it_is_for():
    silent = [
        name(path) for path in FILES if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent, f"{silent} open without a docstring"
