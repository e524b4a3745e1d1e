"""The panel of sweeps, headless: what is typed, planned, started, watched, opened and stopped, and what to copy."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from shown import off

import workbench as wb
from workbench.panels import register
from workbench.panels.sweep_panel import SweepPanel
from workbench.panels.sweep_points import IN_FOLDER
from workbench.panels.sweep_rows import Reader
from workbench.panels.workbench import SWEEPS, topics
from workbench.sweep.store import Store

sys.path.append(str(Path(__file__).parents[1] / "sweep"))
from made_notebooks import PARAMETERS, made_notebook

LONG = 600.0  # seconds that nobody waits for


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Stop the sweep of a test, and forget its panel."""
    yield
    shown = list(register.SWEEPS.values())
    register.SWEEPS.clear()
    for panel in shown:
        panel.stop()
        assert panel.job is None or panel.job.wait(120)


def made(**options: Any) -> Any:
    """The panel over the made notebook, its plan made."""
    if not Path("made.ipynb").exists():
        made_notebook(Path())
    panel = wb.panel("sweep", notebooks="made.ipynb", workers=2, **options)
    planned(panel)
    return panel


def planned(panel: SweepPanel) -> None:
    thread = panel.view.planning.thread
    assert thread is not None
    thread.join(60)


def typed(panel: SweepPanel, name: str, text: str) -> None:
    lines = panel.view.form.how | panel.view.form.lines
    lines[name].widget.value = text
    planned(panel)


def text(widget: Any) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", widget.value)).split())


def said(panel: SweepPanel, name: str) -> str:
    return text(panel.view.text[name])


def states(panel: SweepPanel) -> list[str]:
    points = panel.view.points
    lines = zip(points.lines, points.rows, strict=True)
    return [text(line) for line, row in lines if row.layout.display != "none"]


def wait(panel: SweepPanel, true: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, (states(panel), said(panel, "status"), said(panel, "error"))
        time.sleep(0.05)


def test_points_run_and_finish_and_one_opens():
    panel = made(grid={"seed": [0, 1], "fails": [False, True]}, retries=0)
    assert said(panel, "plan").startswith("Plan : 4 points of made.")
    assert states(panel) == ["waiting"] * 4
    panel.view.start.click()
    assert off(panel.view.start)
    assert not off(panel.view.stop)
    assert panel.view.start.disabled is panel.view.stop.disabled is False
    assert wb.panel("sweep") is panel  # shown again, it attaches to what runs
    ended = panel.wait(240)
    planned(panel)
    assert {(one.state, one.parameters["seed"], one.parameters["fails"]) for one in ended} == {
        ("finished" if not fails else "failed", seed, fails) for seed in (0, 1) for fails in (False, True)
    }
    assert "finished after" in said(panel, "status")
    assert "2 of 4 points failed. Start tries them again" in said(panel, "note")
    assert "2 finished already" in said(panel, "plan")
    points = panel.view.points
    assert [button.description for button in points.buttons[:2]] == ["▸ fails=False, seed=0", "▸ fails=True, seed=0"]
    assert states(panel)[0].startswith("finished")
    assert states(panel)[1].startswith("failed")
    assert states(panel)[1].endswith("RuntimeError: no luck with 0")
    points.buttons[1].click()
    assert points.buttons[1].description == "▾ fails=True, seed=0"
    assert "RuntimeError: no luck with 0 Traceback" in text(points.details[1])
    assert 'raise RuntimeError(f"no luck with' in text(points.details[1])
    points.buttons[0].click()
    detail = points.details[0].value
    assert points.details[1].value == ""
    assert "Table numbers (3 rows)" in text(points.details[0])
    assert "seed 0" in text(points.details[0])  # of its log
    (link, *_) = re.findall('data-wb-file="([^"]+)"', detail)
    assert link.startswith("sweep/notebooks/made-seed=0")
    assert Path(unescape(link)).is_file()
    points.buttons[0].click()
    assert points.details[0].value == ""
    points.state.value = "failed"
    assert [one.split()[0] for one in states(panel)] == ["failed", "failed"]
    assert said(panel, "error") == ""


def test_stop_is_quick_leaves_what_is_finished_and_start_goes_on():
    panel = made(grid={"seed": [0, 1]}, repeats=1)
    panel.run()
    panel.wait(240)
    typed(panel, "seed", "0:4")
    typed(panel, "many", "None")
    assert "4 points of made, 2 finished already. The 2 left take about" in said(panel, "plan")
    panel.set(grid={"seed": range(2), "wait": [0.0, LONG]})
    planned(panel)
    assert "2 finished already" in said(panel, "plan")
    panel.view.start.click()
    wait(panel, lambda: sum("running" in state for state in states(panel)) == 2)
    began = time.monotonic()
    panel.view.stop.click()
    wait(panel, lambda: not panel.running)
    assert time.monotonic() - began < 10  # a second, where nothing else takes the machine
    panel.wait(60)
    planned(panel)
    assert "stopped after" in said(panel, "status")
    wait(panel, lambda: not any("running" in state for state in states(panel)))
    ends = sorted(state.split()[0] for state in states(panel))
    assert ends in (["finished"] * 2 + ["stopped"] * 2, ["cut"] * 2 + ["finished"] * 2)
    assert len(Store("sweep").names("finished")) == 2
    assert off(panel.view.stop)
    panel.view.stop.click()
    assert "Nothing runs here" in said(panel, "note")


def test_stop_while_the_workers_start_ends_it_at_once():
    panel = made(grid={"wait": [LONG]})
    panel.run()
    began = time.monotonic()
    panel.stop()
    panel.wait(60)
    assert time.monotonic() - began < 10
    assert panel.job is not None
    assert panel.job.state == "stopped"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("fails", "x", "made: fails must be bool (True or False): whether it raises, got 'x'"),
        ("size", "0.1, -1", "made: size must be float: of something, above 0, got -1"),
        ("seed", "5:0", "a range must have from 1 to"),
        ("model", "lenet(", "is not closed"),
        ("repeats", "1.5", "repeats must be a whole number"),
        ("workers", "many", "workers must be a whole number, got 'many'"),
        ("limit", "soon", "limit must be a time above 0"),
        ("retries", "-1", "retries must be a whole number"),
        ("ca", "nowhere.pem", 'tls["ca"] must be the path of a file, got "nowhere.pem"'),
    ],
)
def test_what_is_wrong_is_said_beside_its_line_and_nothing_starts(name: str, given: str, words: str):
    panel = made()
    typed(panel, name, given)
    line = (panel.view.form.how | panel.view.form.lines)[name]
    assert words in text(line.below)
    assert "wb-sweep-wrong" in line.box._dom_classes
    assert words in said(panel, "problem")
    assert off(panel.view.start)
    panel.view.start.click()
    assert panel.job is None
    assert "Nothing starts" in said(panel, "note")
    typed(panel, name, "")
    assert text(line.below) == line.help
    assert "wb-sweep-wrong" not in line.box._dom_classes
    assert said(panel, "problem") == ""
    assert not off(panel.view.start)


def test_every_parameter_has_a_line_with_its_default_type_and_range():
    panel = made()
    lines = panel.view.form.lines
    assert list(lines) == [row.split(":")[0] for row in PARAMETERS.splitlines()[:-3]]  # not those of the sweep itself
    assert lines["many"].widget.placeholder == "None"
    assert lines["model"].widget.placeholder == "lenet(hidden=(512, 512))"
    assert text(lines["many"].below) == "int or None: at least 1; None takes all"
    assert all(panel.view.form.keys.help[line.widget.description] for line in lines.values())
    assert all(panel.view.form.keys.help[line.widget.description] for line in panel.view.form.how.values())


def test_of_several_notebooks_the_shared_parameters_are_offered_and_what_is_typed_stays():
    panel = wb.panel("sweep")
    form = panel.view.form
    form.lines["seed"].widget.value = "0:2"
    form.lines["fraction"].widget.value = "0.2"
    form.ticks["03_data_diet"].value = True
    planned(panel)
    assert "2 points of 01_winning_tickets" not in said(panel, "plan")
    assert "4 points of 01_winning_tickets, 03_data_diet" in said(panel, "plan")
    assert "fraction" not in form.lines or form.lines["fraction"].widget.value == "0.2"
    assert form.lines["seed"].widget.value == "0:2"
    assert "Not in all of them: " in text(form.left_out)
    for tick in form.ticks.values():
        tick.value = False
    assert "notebooks must be a notebook or more, got none" in said(panel, "problem")
    form.own.widget.value = "nowhere.ipynb"
    assert 'notebook "nowhere.ipynb" is not known' in text(form.own.below)


def test_the_script_and_the_line_do_the_same():
    panel = made(grid={"seed": range(3), "kinds": [["a, b"], []], "many": [None, 2], "model": ["it's"]}, out="a b")
    shown = said(panel, "code")
    assert "workbench sweep" in shown
    assert "-p seed=0:3" in panel.draft.line() or "-p 'seed=0, 1, 2'" in panel.draft.line()
    names: dict[str, Any] = {}
    exec(panel.call.arguments["plan"].script(), names)
    assert {point.name for point in names["result"].points} == {p.name for p in panel.view.plan.points}
    assert "list(wb.sweep.run(plan, workers=2))" in panel.call.script()
    assert panel.call.script().strip() in unescape(panel.view.text["code"].value)


def test_json_cannot_start_a_sweep():
    panel = made()
    for call in (panel.call, panel.call.arguments["plan"]):
        with pytest.raises(ValueError, match="cannot be called from JSON"):
            wb.Call.from_json(call.json())


def test_ten_thousand_points_are_planned_at_once_and_listed_in_pages():
    panel = made()
    began = time.monotonic()
    panel.view.form.lines["seed"].widget.value = "0:10000"
    assert time.monotonic() - began < 4  # half a second, where nothing else takes the machine
    planned(panel)
    assert time.monotonic() - began < 8  # one, where nothing else takes the machine
    assert "10,000 points of made" in said(panel, "plan")
    points = panel.view.points
    assert "1 to 20 of 10,000" in text(points.count)
    points.on.click()
    assert points.buttons[0].description == "▸ seed=20"
    assert len(states(panel)) == 20


def test_finished_points_are_read_once(monkeypatch: pytest.MonkeyPatch):
    store = Store("sweep")
    store.open()
    for number in range(30):
        about = {"point": f"made-{number}", "notebook": "made", "parameters": {"seed": number}, "seconds": 1.0}
        store.write("finished", f"made-{number}", about)
    reader, reads = Reader("sweep"), []
    whole = Store.record
    monkeypatch.setattr(Store, "record", lambda self, *which: reads.append(which) or whole(self, *which))
    assert len(reader.read()[1]) == len(reader.read()[1]) == len(reads) == 30


def test_what_else_is_in_the_folder_is_counted_and_can_be_listed():
    store = Store("sweep")
    store.open()
    about = {"notebook": "older", "parameters": {"seed": 7}, "seconds": 1.0, "error": "ValueError: <b>no</b>"}
    store.write("failed", "older-seed=7-0123456789ab", {"point": "older-seed=7-0123456789ab", **about})
    stale = {"sweep": "x", "process": {"machine": "another"}, "beat": 0.0}
    store.write("running", "older-seed=8-0123456789ab", {"point": "older-seed=8-0123456789ab", **about, **stale})
    panel = made()
    assert states(panel) == ["waiting"]
    assert "2 more in the folder" in text(panel.view.points.count)
    panel.view.points.which.value = IN_FOLDER
    assert [state.split(" made")[0].split(" 1 s")[0] for state in states(panel)] == ["waiting", "failed", "cut off"]
    assert "&lt;b&gt;no&lt;/b&gt;" in panel.view.points.lines[1].value


def test_in_a_batch_it_runs_here_and_raises_what_goes_wrong(capsys: pytest.CaptureFixture[str]):
    made_notebook(Path())
    options = {"notebooks": "made.ipynb", "workers": 1, "interactive": False}
    panel = wb.panel("sweep", grid={"seed": [5]}, **options)
    assert [ended.state for ended in panel.result] == ["finished"]
    assert panel._view is None
    assert "made-seed=5" in panel._repr_html_()
    with pytest.raises(RuntimeError, match=r"1 of 1 points failed, first made-seed=6.*no luck with 6"):
        wb.panel("sweep", grid={"seed": [6], "fails": True}, retries=0, **options)
    with pytest.raises(ValueError, match="seed must be int"):
        wb.panel("sweep", grid={"seed": [-1]}, **options)


def test_an_address_where_nobody_answers_is_said():
    panel = made(address="tcp://127.0.0.1:9")
    panel.run()
    with pytest.raises(ConnectionError, match="no scheduler that lets us in answers at"):
        panel.wait(60)
    assert "no scheduler that lets us in answers at tcp://127.0.0.1:9" in said(panel, "error")


def test_it_is_a_tab_of_the_workbench_and_an_unknown_option_is_said():
    bench: Any = wb.workbench("lottery")
    bench.tabs.selected_index = len(topics())
    assert bench.tabs.titles[len(topics())] == SWEEPS
    assert list(bench.places[SWEEPS].children) == [wb.panel("sweep").view.box]
    with pytest.raises(ValueError, match='did you mean "workers"'):
        wb.panel("sweep", worker=2)
    with pytest.raises(ValueError, match='did you mean "sweep"'):
        wb.panel("sweeep")
