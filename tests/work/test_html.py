"""HTML: whatever a name, a path, an error or a table says is text. One function escapes it, and nothing goes round."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import altair as alt
import pytest
import torch

import workbench as wb
from workbench.check.verdict import Verdict
from workbench.data.data import Data, Split
from workbench.landscape.path import Path as LinePath
from workbench.landscape.surface import Mark, Surface
from workbench.lottery.exported import Exported
from workbench.nets.footprint import Footprint
from workbench.panels import PANELS, markup
from workbench.panels.options import Option, Text
from workbench.panels.panel import Panel
from workbench.panels.selection import Selection
from workbench.panels.sweep_panel import SweepPanel
from workbench.sweep import Ended, Plan, failures
from workbench.sweep.notebooks import Notebook
from workbench.sweep.plan import Point
from workbench.sweep.review.shown import Drawn, Shown
from workbench.sweep.store import Store
from workbench.training.runs import Run
from workbench.work import html

HOUSE = Path(__file__).parents[2] / "workbench"
FILES = [path for path in sorted(HOUSE.rglob("*.py")) if path != HOUSE / "work" / "html.py"]
EVIL = """<script>alert(1)</script><img src=x onerror='alert("2")'>&"""


def line() -> LinePath:
    P, N = torch.linspace(0, 1, 3).double(), torch.zeros(3, 2)
    one = torch.zeros(2, dtype=torch.int64)
    return LinePath(P, P, P, N, N.bool(), one, one, EVIL, EVIL)


def plane() -> Surface:
    values: dict[str, Any] = {f.name: EVIL for f in dataclasses.fields(Surface)}
    mark: dict[str, Any] = {f.name: 0.5 for f in dataclasses.fields(Mark)} | {
        "name": EVIL,
        "kind": "network",
        "step": None,
    }
    grid = {name: torch.zeros(2, 2).double() for name in values if name.endswith("_YX")}
    values |= grid | {"x": torch.zeros(2).double(), "y": torch.zeros(2).double(), "marks": (made(Mark, mark),)}
    return made(Surface, values | {"level": 0, "levels": 1})


def data() -> Data:
    one = torch.zeros(1, dtype=torch.int64)
    split = Split(torch.zeros(1, 1, 2, 2, dtype=torch.uint8), one, one, torch.zeros(1), torch.ones(1))
    return Data(EVIL, split, split, split, (EVIL, EVIL), one[:0])


def exported() -> Exported:
    one = Footprint(1, 1, 1, {1: 1.0})
    numbers = {"density": 0.5, "difference": 0.0, "images": 1, "turns": 1, "threads": 1}
    return Exported(folder=EVIL, model=EVIL, dense=one, compact=one, processor=EVIL, **numbers)


def plan(folder: str = "nowhere") -> Plan:
    book = made(Notebook, {"name": EVIL, "defaults": {}})
    return Plan((Point(book, EVIL, {EVIL: EVIL}, {EVIL: EVIL}),), folder)


def failed() -> Shown:
    """What is shown of a point that failed, with all that it said."""
    with tempfile.TemporaryDirectory() as folder:
        record = {"point": "p", "notebook": EVIL, "parameters": {EVIL: EVIL}, "error": EVIL, "traceback": EVIL}
        Store(folder).write("failed", "p", {**record, "seconds": 1.0, "attempt": 1})
        return failures(folder)


def drawn() -> Drawn:
    chart = alt.Chart(alt.Data(values=[{"x": 1}]), description=EVIL).mark_point().encode(x="x:Q")
    return Drawn(EVIL, EVIL, (EVIL,), chart)


def panel_of_sweeps() -> SweepPanel:
    ended = Ended(EVIL, EVIL, EVIL, 1.0, 1, EVIL, {})
    return made(SweepPanel, {"job": SimpleNamespace(result=[ended])})


def made(kind: type, values: dict[str, Any]) -> Any:
    """A value with these fields, whatever its constructor would say of them."""
    value = object.__new__(kind)
    for name, field in values.items():
        object.__setattr__(value, name, field)
    return value


SHOWN = {
    Run: lambda: made(Run, {field.name: EVIL for field in dataclasses.fields(Run)}),
    Data: data,
    LinePath: line,
    Surface: plane,
    Exported: exported,
    Verdict: lambda: Verdict(True, EVIL),
    Plan: plan,
    Shown: failed,
    Drawn: drawn,
    SweepPanel: panel_of_sweeps,
    Selection: lambda: Selection(rows=[{EVIL: EVIL, "role": "point"}], layers=(EVIL,)),
}


def is_text(shown: str) -> bool:
    return "<script" not in shown and "<img src=x" not in shown and "&lt;script" in shown


def test_every_value_that_shows_itself_as_html_escapes_every_field():
    for module in pkgutil.walk_packages(wb.__path__, "workbench."):
        importlib.import_module(module.name)
    kinds, waiting = set(), [object]
    while waiting:
        kind = waiting.pop()
        waiting += type.__subclasses__(kind)
        if str(kind.__module__).startswith("workbench") and "_repr_html_" in vars(kind):
            kinds.add(kind)
    assert kinds == set(SHOWN)
    for make in SHOWN.values():
        assert is_text(make()._repr_html_())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(HOUSE).as_posix())
def test_nothing_but_one_file_writes_html(file: Path):
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert "</" not in node.value, f"line {node.lineno}: make it with workbench.work.html.element"
        if isinstance(node, ast.ImportFrom):
            assert node.module != "html", "workbench.work.html escapes"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("HTML") and node.args:
            (made_by,) = node.args
            assert isinstance(made_by, ast.Call), f"line {node.lineno}: HTML( takes what a function of it returns"
            names = ("element", "markup.head", "markup.look", "markup.note", "_cells", "_hint")
            assert ast.unparse(made_by.func) in names
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Html"):
            where = (
                "a text becomes Html in work/html.py, and stylesheets, tables of pandas', charts and notebooks that ran"
            )
            assert file.name in ("html.py", "markup.py", "export.py", "sweep_opened.py", "report.py"), where


def test_every_part_of_a_panel_escapes_what_it_is_given(monkeypatch: pytest.MonkeyPatch):
    call = wb.call(wb.load, EVIL)
    for part in (
        markup.head(EVIL, EVIL),
        markup.failure(ValueError(EVIL)),
        markup.wrong(EVIL),
        markup.alert(EVIL),
        markup.sentences([EVIL]),
        markup.code(call),
        markup.outcomes_table(EVIL, wb.table([{EVIL: EVIL, "b": EVIL}])),
    ):
        assert is_text(part.replace(markup.look(), ""))


def test_a_panels_words_for_a_name_typed_into_its_form_are_text():
    for name, declaration in PANELS.items():
        panel = Panel(name, declaration)
        for option, before in dict(panel.values).items():
            if type(declaration.options[option]) in (Option, Text):
                panel.set(**{option: EVIL})
                problem = panel.view.text["problem"].value  # what is looked for by the run alone is no problem yet
                assert is_text(problem or panel.view.text["code"].value)
                panel.set(**{option: before})


def test_elements_escape_texts_and_attributes_and_keep_what_is_html():
    inner = html.element("b", EVIL)
    assert html.element("p", inner, "<", class_='"><i>', aria_label="'") == (
        f'<p class="&quot;&gt;&lt;i&gt;" aria-label="&#x27;">{inner}&lt;</p>'
    )
    shown = html.table([(EVIL, EVIL, 3)], head=("", EVIL), caption=EVIL)
    assert is_text(shown)
    assert shown.count("&lt;script") == 4
    assert type(shown + "") is str  # what is added to it is no longer known to be HTML
