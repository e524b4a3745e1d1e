"""Panels read the registers: every experiment has a panel, every chart is known, menus list what there is."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.charts import CHARTS
from workbench.data.sources import DATASETS
from workbench.data_diet import SCORES
from workbench.experiments import EXPERIMENTS, WAYS
from workbench.experiments.robust_weighting import MADE_LOSSES
from workbench.lottery.sanity import CONTROLS
from workbench.nets.models import MODELS
from workbench.panels import PANELS, register
from workbench.panels.declaration import Declaration
from workbench.panels.options import Option
from workbench.panels.pruning_limits import METHOD
from workbench.pruning import METHODS
from workbench.training.losses import LOSSES

HOUSE = Path(register.__file__).parents[1]
FILES = sorted((HOUSE / "panels").glob("*.py"))


def options(name: str) -> list[Option]:
    """Every option of this name, in whichever panel."""
    return [declaration.options[name] for declaration in PANELS.values() if name in declaration.options]


def modules(path: Path) -> set[str]:
    """Every module that a file imports, for type checkers too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_every_experiment_has_a_panel():
    functions = [declaration.function for declaration in PANELS.values()]
    assert {name for name, experiment in EXPERIMENTS.items() if experiment not in functions} == set()


@pytest.mark.parametrize("name", PANELS)
def test_every_chart_of_a_panel_is_registered(name: str):
    assert set(PANELS[name].charts) <= set(CHARTS)


@pytest.mark.parametrize(
    ("name", "register"),
    [
        ("dataset", DATASETS),
        ("model", MODELS),
        ("recipe.loss", LOSSES),
        ("methods", WAYS),
        ("losses", MADE_LOSSES),
        ("score", SCORES),
    ],
)
def test_a_menu_lists_what_is_registered(name: str, register: dict[str, Any]):
    menus = [option for option in options(name) if option.choices]
    assert menus
    for option in menus:
        assert set(register) <= set(option.choices), option


def test_the_controls_of_a_lottery_and_the_methods_of_pruning_are_those_that_there_are():
    assert PANELS["lottery"].options["controls"].choices == tuple(CONTROLS)
    assert METHOD.choices == tuple(METHODS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_panel_reads_charts_from_their_register(path: Path):
    charts = {f"workbench.charts.{name.replace(' ', '_')}" for name in CHARTS}
    assert not modules(path) & charts


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_panel_has_the_name_of_a_chart(path: Path):
    assert path.stem == "__init__" or not (HOUSE / "charts" / path.name).exists()


def test_no_panel_file_imports_what_imports_it_even_for_type_checkers():
    files = {f"workbench.panels.{path.stem}": path for path in FILES if path.stem != "__init__"}
    graph = {name: modules(path) & set(files) for name, path in files.items()}
    while leaves := {name for name, imported in graph.items() if not imported & set(graph)}:
        graph = {name: imported for name, imported in graph.items() if name not in leaves}
    assert graph == {}


def test_a_panel_says_what_each_of_its_charts_says_once_and_in_their_order():
    outcomes = list(wb.experiments.robust_weighting(n=16))
    twice = Declaration("", "", wb.experiments.robust_weighting, {}, ("robust weights", "robust weights"))
    assert twice.words(iter(outcomes)) == PANELS["robust weights"].words(outcomes) != []


def test_a_loss_is_typed_as_a_name_with_options():
    made = wb.panel("lottery")
    made.set(loss="focal(gamma=2)", steps=5, epochs=None)
    assert made.call.arguments["recipe"].loss == wb.Focal(gamma=2)
    assert "loss=wb.Focal(" in made.call.script() or "wb.Focal()" in made.call.script()
    made.set(recipe=wb.Recipe(steps=3, loss=wb.CVaR(0.25)))
    assert made.call.arguments["recipe"].loss == wb.CVaR(0.25)
    made.set(loss="focl")
    with pytest.raises(ValueError, match='loss "focl" is not known; did you mean "focal"'):
        _ = made.call
