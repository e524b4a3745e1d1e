"""Nothing is lost: stopped, killed or asked for again, a panel goes on from what was finished, and shows it at once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shown import off
from waiting import until

import workbench as wb
from workbench.panels import register
from workbench.panels.past import Past


def another_kernel() -> None:
    """As if the kernel were new: no panel is there."""
    register.SHOWN.clear()


@pytest.fixture
def long() -> dict[str, Any]:
    """Options of a run of many short trainings."""
    return {
        "train_size": 60,
        "epochs": None,
        "steps": 30,
        "rounds": 40,
        "fraction": 0.05,
        "replicas": 1,
        "controls": (),
    }


def test_a_panel_keeps_what_it_runs_in_the_folder_runs_unless_told_otherwise(tiny):
    panel = wb.panel("lottery", **tiny)
    assert panel.archive == "runs"
    assert 'archive="runs"' in panel.call.script()
    assert panel.view.kept.value == "runs"
    panel.run()
    panel.wait(60)
    (job,) = wb.jobs("runs")
    assert (job.state, job.count, job.call) == ("finished", 3, panel.call)
    assert len(wb.Archive("runs").table())

    panel.set(archive=None)
    assert "archive" not in panel.call.script()
    panel.view.kept.value = "elsewhere"
    assert panel.archive == "elsewhere"
    panel.run()
    panel.wait(60)
    assert Path("elsewhere").is_dir()
    assert len(wb.jobs("runs")) == 1


def test_run_after_stop_goes_on_from_what_is_finished(long):
    panel = wb.panel("lottery", **long)
    panel.run()
    until(lambda: len(panel.result) >= 5)
    panel.stop()
    first = panel.wait(60)
    seconds = {(o.round, o.kind): o.seconds for o in first}
    panel.run()
    until(lambda: len(panel.result) > len(first))
    panel.stop()
    again = panel.wait(60)
    assert [o.seconds for o in again[: len(first)]] == list(seconds.values())  # read, not trained again
    assert [job.count for job in wb.jobs("runs")] == [len(again), len(first)]  # and none took the other's place


def test_another_kernel_shows_the_last_run_and_goes_on_with_it(long):
    panel = wb.panel("lottery", **long)
    panel.run()
    until(lambda: len(panel.result) >= 3)
    panel.stop()
    kept = panel.wait(60)
    another_kernel()

    panel = wb.panel("lottery", **long)
    assert panel.view
    until(lambda: panel.job is not None)
    until(lambda: "stopped after" in panel.view.text["status"].value)
    assert isinstance(panel.job, Past)
    assert [o.test_accuracy for o in panel.result] == [o.test_accuracy for o in kept]
    assert panel.view.live.name in panel.view.text["drawn"].value
    assert f"{len(kept)} kept" in panel.view.text["status"].value
    assert panel.view.older.layout.display == "none"
    panel.view.run.click()  # one click
    until(lambda: len(panel.result) > len(kept))
    panel.stop()
    panel.wait(60)


KILLED = """
import time
import workbench as wb
panel = wb.panel("lottery", train_size=60, epochs=None, steps=30, rounds=40, fraction=0.05, replicas=1, controls=())
panel.run()
while len(panel.result) < 3:
    time.sleep(0.02)
print("three", flush=True)
time.sleep(60)
"""


def test_a_kernel_that_is_killed_leaves_what_it_had_finished(long):
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "three\n"
        process.send_signal(signal.SIGKILL)
    (job,) = wb.jobs("runs")
    assert job.state == "interrupted"
    assert job.count >= 3
    panel = wb.panel("lottery", **long)
    assert panel.view
    until(lambda: len(panel.result or []) >= 3)
    assert "interrupted" in panel.view.text["status"].value


def test_a_result_whose_form_has_changed_is_marked_with_its_own_script_and_the_form_goes_back(tiny):
    panel = wb.panel("lottery", **tiny)
    view = panel.view
    panel.run()
    panel.wait(60)
    before = panel.call
    assert view.older.layout.display == "none"
    panel.set(rounds=3, epochs=2)
    assert view.older.layout.display is None
    assert before.script().splitlines()[-1][:40] in view.text["older"].value.replace("&quot;", '"')
    view.back.click()
    assert panel.call == before
    assert view.older.layout.display == "none"
    panel.set(rounds=3)
    view.again.click()  # both at once
    panel.wait(60)
    assert panel.call == before
    assert [job.count for job in wb.jobs("runs")] == [3, 3]


def test_a_call_waits_for_its_turn_and_each_job_has_a_stop_of_its_own(endless, tiny):
    panel = wb.panel("lottery", **endless)
    view = panel.view
    view.run.click()
    view.run.click()  # twice, as people do
    assert "is not done twice" in view.text["note"].value
    assert view.text["error"].value == ""
    first = panel.job
    panel.set(**tiny)
    view.run.click()
    assert "waits for its turn" in view.text["note"].value
    panel.set(rounds=2)
    view.run.click()
    lines = view.others.box.children
    assert [line.children[1].description for line in lines] == ["Stop", "Stop"]
    assert "waiting" in lines[0].children[0].value
    lines[1].children[1].click()  # the last one
    assert len(view.others.box.children) == 1
    view.stop.click()
    until(lambda: panel.job is not first)
    result = panel.wait(60)
    assert {o.round for o in result} == {0, 1}
    assert first is not None
    assert first.state == "stopped"
    assert [job.state for job in wb.jobs("runs")] == ["finished", "stopped"]
    (line,) = view.others.box.children
    assert line.children[1].description == "Show"
    line.children[1].click()
    assert panel.job is not None
    assert panel.job.record == first.record
    assert "stopped after" in view.text["status"].value
    assert panel.job.values == []  # it was stopped before its first outcome


def test_another_of_its_runs_is_shown_with_all_that_it_had(tiny):
    panel = wb.panel("lottery", **tiny)
    view = panel.view
    panel.run()
    first = panel.wait(60)
    panel.set(rounds=2)
    panel.run()
    assert len(panel.wait(60)) == 5
    (line,) = view.others.box.children
    line.children[1].click()
    assert [o.test_accuracy for o in panel.result] == [o.test_accuracy for o in first]
    assert view.live.shown is not None
    assert view.older.layout.display is None  # the form makes the other call


def test_a_long_queue_loses_no_job_and_runs_one_at_a_time(endless, tiny):
    panel = wb.panel("lottery", **endless)
    panel.run()
    panel.set(**tiny)
    for seed in range(12):
        panel.set(seed=seed)
        panel.run()
    assert len(panel.turns.jobs) == 13
    assert [job.begun for job in panel.turns.jobs] == [True, *[False] * 12]
    panel.stop()
    panel.wait(60)
    assert len(panel.turns.jobs) == 1


def test_run_with_a_wrong_form_says_where_to_look(tiny):
    view = wb.panel("lottery", **{**tiny, "rounds": -1}).view
    view.run.click()
    assert "said below" in view.text["note"].value
    assert view.text["error"].value == ""


def test_stop_where_nothing_runs_says_so(tiny):
    view = wb.panel("lottery", **tiny).view
    assert off(view.stop)
    view.stop.click()
    assert "Nothing runs here" in view.text["note"].value


@pytest.mark.filterwarnings("ignore:archive")  # it is said in the panel
def test_a_folder_that_cannot_be_written_is_said_and_the_run_is_not_lost(tiny):
    Path("file").write_text("no folder")
    panel = wb.panel("lottery", **tiny, archive="file")
    view = panel.view
    panel.run()
    with pytest.raises(Exception, match="file"):
        panel.wait(60)
    assert "file" in re.sub("<[^>]+>", "", view.text["error"].value + view.text["note"].value)


def test_a_batch_is_kept_where_it_is_told_to(tiny, capsys):
    wb.panel("lottery", interactive=False, **tiny)
    assert not Path("runs").exists()
    wb.panel("lottery", interactive=False, archive="runs", **tiny)
    (job,) = wb.jobs("runs")
    assert (job.state, job.count) == ("finished", 3)
