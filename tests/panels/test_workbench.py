"""All panels in tabs: what one is set to learn from, the others are too; the runs are the last tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas
import pytest

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.workbench import RUNS, SWEEPS, topics


def turn_to(bench: Any, topic: str) -> None:
    bench.tabs.selected_index = [*topics(), SWEEPS, RUNS].index(topic)


def test_every_panel_is_in_one_topic():
    names = [name for panels in topics().values() for name in panels]
    assert sorted(names) == sorted(set(names)) == sorted(PANELS)


def test_it_opens_on_the_panel_that_was_asked_for_and_makes_no_other():
    bench: Any = wb.workbench("pairs", rounds=2)
    assert bench.panel is wb.panel("pairs")
    assert bench.panel.call.arguments["rounds"] == 2
    assert bench.tabs.titles[bench.tabs.selected_index or 0] == "Landscape"
    assert list(bench.places["Landscape"].children) == [bench.panel.view.box]
    assert not bench.places["Tickets"].children


def test_what_a_person_sets_of_data_and_model_holds_in_the_other_panels():
    bench: Any = wb.workbench("lottery", train_size=200)
    bench.panel.view.form.fields["dataset"].widget.value = "mnist"
    bench.panel.view.form.fields["rounds"].widget.value = "3"
    bench.panel.view.kept.value = "elsewhere"
    turn_to(bench, "Landscape")
    bench.menus["Landscape"].value = "pairs"
    values, usual = bench.panel.values, wb.call(PANELS["pairs"].function).arguments
    assert bench.panel.name == "pairs"
    assert (values["dataset"], values["train_size"], bench.panel.archive) == ("mnist", 200, "elsewhere")
    assert values["rounds"] == usual["rounds"]  # its own affair
    assert values["model"] == usual["model"]  # nobody has set it


def test_the_last_tab_lists_what_was_kept(tiny):
    bench: Any = wb.workbench("lottery", **tiny)
    bench.panel.run()
    bench.panel.wait(60)
    turn_to(bench, RUNS)
    assert bench.runs is not None
    assert len(bench.runs.journal.records()) == 1
    assert len(bench.result) == 3
    assert len(pandas.read_parquet(bench.save("out"))) == 3


def test_the_runs_are_a_panel_of_their_own_too():
    assert wb.panel("runs").journal.archive == "runs"
    assert wb.panel("runs", archive="elsewhere").journal.archive == "elsewhere"
    with pytest.raises(ValueError, match='did you mean "runs"'):
        wb.panel("run")


def test_without_an_archive_the_last_tab_says_that_nothing_is_kept():
    bench: Any = wb.workbench("lottery", archive=None)
    turn_to(bench, RUNS)
    assert "Nothing is kept" in bench.places[RUNS].children[0].value


def test_in_a_batch_it_is_the_panel_alone(tiny, capsys):
    panel = wb.workbench(wb.panel("lottery", **tiny).call, interactive=False, archive="runs")
    assert panel is not wb.panel("lottery")
    assert len(panel.result) == 3
    assert panel.save("out") == Path("out/outcomes.parquet")
    with pytest.raises(ValueError, match='did you mean "lottery"'):
        wb.workbench("lotery", interactive=False)
