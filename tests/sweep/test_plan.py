"""Plans: what is checked before anything starts, what a point is known by, and what it is said to cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_notebooks import PARAMETERS, made_notebook

import workbench
from workbench import sweep
from workbench.sweep.grid import Typed
from workbench.sweep.plan import Plan
from workbench.sweep.store import Store

SYNTAX = '{"cells": [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["seed = = 1"]}]}'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return made_notebook(tmp_path)


def names(plan: Plan) -> list[str]:
    return [point.name for point in plan.points]


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"sede": 1}, 'parameter of made "sede" is not known; did you mean "seed"'),
        ({"seed": [0, 2.5]}, "made: seed must be int: a whole number, from 0, got 2.5"),
        ({"seed": -1}, "made: seed must be int: a whole number, from 0, got -1"),
        ({"seed": True}, "made: seed must be int"),
        ({"size": "much"}, "made: size must be float: of something, above 0, got 'much'"),
        ({"size": 0}, "made: size must be float: of something, above 0, got 0"),
        ({"model": 3}, "made: model must be str"),
        ({"kinds": 3}, "made: kinds must be list"),
        ({"many": 0}, "made: many must be int or None: at least 1; None takes all, got 0"),
        ({"fails": 1}, "made: fails must be bool"),
        ({"out": "x"}, "out is set by the sweep itself"),
        ({"archive": None}, "archive is set by the sweep itself"),
        ({"interactive": True}, "interactive is set by the sweep itself"),
        ({"seed": Typed("1,two")}, "made: seed must be int: a whole number, from 0, got 'two'"),
    ],
)
def test_a_value_that_the_notebook_does_not_take_is_refused_before_anything_starts(
    grid: dict[str, object], words: str, book: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        sweep.plan(book, grid, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_values_are_what_the_notebook_means(book: Path) -> None:
    given = {
        "seed": Typed("1.0"),
        "kinds": Typed("a"),
        "many": Typed("none"),
        "model": Typed("conv2"),
        "fails": Typed("true"),
    }
    (point,) = sweep.plan(book, given).points
    assert point.given == {"seed": 1, "kinds": ["a"], "many": None, "model": "conv2", "fails": True}
    assert type(point.given["seed"]) is int
    assert point.parameters["size"] == 1.0
    assert "out" not in point.parameters


def test_a_point_is_known_by_its_parameters_the_notebooks_code_and_the_version(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = names(sweep.plan(book))
    assert names(sweep.plan(book, {"seed": 0, "size": 1, "kinds": [["a", "b"]]})) == [first]  # the defaults, said
    assert names(sweep.plan(book, points=[{"seed": 0}, {}])) == [first]  # equal points stand once
    assert first.startswith("made-seed=0-")
    others = {first, *names(sweep.plan(book, {"size": 2})), *names(sweep.plan(book, {"kinds": [[]]}))}
    text = book.read_text()
    book.write_text(text.replace("# Made", "# Made, and explained"))
    assert names(sweep.plan(book)) == [first]  # prose moves no number
    book.write_text(text.replace("* size * row", "* size + row"))
    others |= set(names(sweep.plan(book)))
    book.write_text(text)
    monkeypatch.setattr(workbench, "NUMBERS", workbench.NUMBERS + 1)
    assert len(others | set(names(sweep.plan(book)))) == 5


def test_repeats_are_seeds_and_seeds_are_not_given_twice(book: Path, tmp_path: Path) -> None:
    plan = sweep.plan(book, {"size": [1, 2]}, repeats=3)
    assert [(p.given["size"], p.given["seed"]) for p in plan.points] == [(s, r) for s in (1.0, 2.0) for r in range(3)]
    with pytest.raises(ValueError, match="repeats must be 1 where seeds are given, got 3; seed=0:3 are 3 seeds"):
        sweep.plan(book, {"seed": [0, 1]}, repeats=3)
    (tmp_path / "seedless").mkdir()
    seedless = made_notebook(
        tmp_path / "seedless", parameters='trace: str = ""  # a folder\nseeds: int = 0  # from 0\n'
    )
    with pytest.raises(ValueError, match='parameter of made "seed" is not known'):
        sweep.plan(seedless, repeats=2)


def test_several_notebooks_share_a_grid_and_a_lesson_goes_by_its_name(book: Path) -> None:
    plan = sweep.plan([book, "01_winning_tickets", "03_data_diet.ipynb"], {"seed": range(2)})
    assert [name.split("-seed")[0] for name in names(plan)[::2]] == ["made", "01_winning_tickets", "03_data_diet"]
    with pytest.raises(ValueError, match='parameter of 01_winning_tickets "size" is not known'):
        sweep.plan([book, "01_winning_tickets"], {"size": 1})
    with pytest.raises(
        ValueError, match='notebook "01_wining_tickets" is not known; did you mean "01_winning_tickets"'
    ):
        sweep.plan("01_wining_tickets")
    with pytest.raises(ValueError, match="notebooks must have different names, got made twice"):
        sweep.plan([book, book])


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "{}", '{"cells": [1]}', '{"cells": [{"cell_type": "code"}]}', SYNTAX]
)
def test_what_is_no_notebook_is_refused_in_words(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text(text)
    with pytest.raises(ValueError, match=r"notebook .*broken.ipynb (cannot be read as one|must have one cell)"):
        sweep.plan(tmp_path / "broken.ipynb")


def test_a_plan_says_what_is_finished_and_prices_what_is_left_by_what_was_measured(book: Path, tmp_path: Path) -> None:
    timed = made_notebook(tmp_path, "timed", PARAMETERS + "replicas: int = 3  # at least 1\n")
    plan = sweep.plan([timed], {"seed": range(4), "replicas": [3, 6]}, out=tmp_path / "out")
    assert "8 points of timed. What they cost is not known before the first is finished." in plan.words()
    store = Store(str(tmp_path / "out"))
    first = plan.points[0]  # three replicas
    store.write("finished", first.name, {"parameters": first.parameters, "seconds": 30.0})
    again = sweep.plan([timed], {"seed": range(4), "replicas": [3, 6]}, out=tmp_path / "out")
    assert again.finished == {first.name}
    assert again.seconds == pytest.approx(3 * 30 + 4 * 60)  # in proportion to replicas
    assert again.words(2) == "8 points of timed, 1 finished already. The 7 left take about 2 min 45 s on 2 workers."
    assert again.table().finished.sum() == 1
    assert "timed" in again._repr_html_()


def test_a_lessons_cost_is_known_before_its_first_point(tmp_path: Path) -> None:
    once, twice = (sweep.plan("01_winning_tickets", {"replicas": n}, out=tmp_path / "out").seconds for n in (3, 6))
    assert once is not None
    assert 10 < once < 1000
    assert twice == pytest.approx(2 * once)


def test_a_plan_of_ten_thousand_points_is_checked_and_shown_with_little_memory(tmp_path: Path) -> None:
    """Its time is measured in tests/benchmarks; here what it holds, in a process of its own."""
    script = (
        "import re\nfrom pathlib import Path\nimport workbench as wb\n"
        "grid = {'seed': range(1000), 'fraction': [0.1, 0.2, 0.3, 0.4, 0.5], 'epochs': [1, 2]}\n"
        f"plan = wb.sweep.plan('01_winning_tickets', grid, out={str(tmp_path)!r})\n"
        "text = plan.text() + plan.words(2) + plan._repr_html_()\n"
        "assert len(plan.points) == len(plan.left) == 10_000\nassert '… and 9,990 more' in text\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"  # the maximum so far
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500_000  # kB, torch included
