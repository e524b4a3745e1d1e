"""The lottery panel, headless: set, run, compare; wrong options in words; stop, errors, attaching, batch."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
import threading
import time
from html import unescape
from pathlib import Path

import pytest
import torch
from shown import off

import workbench as wb
from workbench.panels import PANELS, batch
from workbench.panels.view import View


def numbers(outcomes: list) -> list[tuple]:
    return sorted((o.kind, o.replica, o.round, o.density, o.test_accuracy, o.test_loss) for o in outcomes)


def text(view: View, name: str) -> str:
    return unescape(re.sub("<[^>]+>", " ", view.text[name].value))


def test_a_panel_gives_the_numbers_of_the_script_it_shows(tiny):
    panel = wb.panel("lottery")
    panel.set(**tiny)
    shown = text(panel.view, "code")
    script = panel.call.script()
    assert script.strip() in shown
    panel.run()
    result = panel.wait(60)
    typed: dict = {}
    exec(script, typed)
    assert numbers(result) == numbers(typed["result"])
    assert result == panel.result
    for mine, theirs in zip(sorted(result, key=repr), sorted(typed["result"], key=repr), strict=True):
        assert all(torch.equal(mine.run.weights[name], theirs.run.weights[name]) for name in mine.run.weights)


def test_the_papermill_line_holds_the_same_call(tiny):
    panel = wb.panel("lottery", **tiny)
    line = batch.line(panel.call, panel.archive)
    words = shlex.split(line)
    assert words[:3] == [sys.executable, "-m", "papermill"]
    assert Path(words[3]).is_file()
    assert words[4:8] == ["out.ipynb", "-p", "interactive", "False"]
    assert words[8:11] == ["-p", "archive", str(Path("runs").absolute())]
    assert wb.Call.from_json(words[-1]) == panel.call
    assert line in text(panel.view, "code")


def test_typing_into_the_form_changes_the_call():
    panel = wb.panel("lottery")
    fields = panel.view.form.fields
    fields["recipe.epochs"].widget.value = "2.5"
    fields["rounds"].widget.value = "3"
    fields["dataset"].widget.value = "mnist"
    fields["train_size"].widget.value = "500"
    fields["controls"].ticks["random_uniform"].value = False
    arguments = panel.call.arguments
    assert (arguments["recipe"].epochs, arguments["rounds"], arguments["train_size"]) == (2.5, 3, 500)
    assert arguments["controls"] == ("random_mask", "reinitialised")
    assert '"mnist"' in text(panel.view, "code")


def test_setting_options_shows_in_the_form():
    panel = wb.panel("lottery")
    fields = panel.view.form.fields
    panel.set(epochs=None, **{"recipe.steps": 30}, controls=("random_mask",), model="resnet8(width=4)")
    assert (fields["recipe.epochs"].widget.value, fields["recipe.steps"].widget.value) == ("", "30")
    assert [name for name, tick in fields["controls"].ticks.items() if tick.value] == ["random_mask"]
    assert fields["model"].widget.value == "resnet8(width=4)"
    assert panel.call.arguments["recipe"].steps == 30


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("rounds", -1, "rounds must be a whole number from 0 to 100, got -1"),
        ("fraction", 20.0, "fraction pruned must be a number from 0.001 to 0.999, got 20"),
        ("model", "lennet", 'did you mean "lenet"?'),
        ("dataset", "mnits", 'did you mean "mnist"?'),
        ("epochs", "many", "epochs must be a number from 0.01 up, got 'many'"),
        ("epochs", None, "a recipe takes epochs or steps"),
        ("device", "tpu", "device"),
    ],
)
def test_a_wrong_option_is_said_in_words_at_once_and_run_is_disabled(option, value, words):
    panel = wb.panel("lottery")
    view = panel.view
    assert not off(view.run)
    panel.set(**{option: value})
    assert words in text(view, "problem")
    assert off(view.run)
    assert view.text["code"].value == ""
    with pytest.raises(ValueError, match=re.escape(words)):
        panel.run()
    panel.set(rounds=1, fraction=0.2, model="lenet", dataset="digits", epochs=1, device="auto")
    assert view.text["problem"].value == ""
    assert not off(view.run)


def test_an_option_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match='did you mean "rounds"'):
        wb.panel("lottery", round=3)
    with pytest.raises(ValueError, match='did you mean "lottery"'):
        wb.panel("lotery")


def test_a_preset_fills_the_form():
    panel = wb.panel("lottery", **wb.experiments.PRESETS["resnet8-cifar10"])
    assert (panel.values["recipe.steps"], panel.values["recipe.epochs"]) == (1200, None)
    assert panel.values["recipe.schedule"] == "multistep"
    assert panel.call.arguments["recipe"] == wb.experiments.PRESETS["resnet8-cifar10"]["recipe"]


def test_stop_keeps_what_was_finished_and_ends_within_a_second():
    panel = wb.panel("lottery", epochs=30, rounds=60, fraction=0.05, replicas=1, train_size=320, controls=())
    view = panel.view
    view.run.click()
    while len(panel.result) < 2:
        time.sleep(0.02)
    began = time.monotonic()
    view.stop.click()
    panel.wait(20)
    assert time.monotonic() - began < 2
    assert panel.job is not None
    assert panel.job.state == "stopped"
    assert [o.round for o in panel.result] == list(range(len(panel.result)))
    assert "stopped after" in text(view, "status")
    assert off(view.stop)
    assert not off(view.run)
    assert f"Table ({len(panel.result)} rows)" in text(view, "table")


def test_an_error_appears_whole_and_is_raised_by_wait(tiny):
    panel = wb.panel("lottery", **{**tiny, "rewind_step": 10**6})
    view = panel.view
    view.run.click()
    with pytest.raises(ValueError, match="rewind_step must be"):
        panel.wait(60)
    assert "rewind_step must be" in text(view, "error")
    assert "Traceback (most recent call last)" in view.text["error"].value
    assert "<details>" in view.text["error"].value
    panel.set(rewind_step=0)
    panel.run()
    panel.wait(60)
    assert view.text["error"].value == ""


def test_asking_again_attaches_to_the_job_that_runs(endless):
    panel = wb.panel("lottery", **endless)
    panel.run()
    job = panel.job
    again = wb.panel("lottery", rounds=2)
    assert again is panel
    assert again.job is job
    assert again.running
    again.set(**endless)
    assert again.view  # made while the job runs
    again.run()
    assert "runs already" in text(again.view, "note")
    assert again.turns.jobs == [job]
    assert threading.active_count() < 12
    assert "running" in text(again.view, "status")  # the view is made while the job runs
    assert not off(again.view.stop)


def test_progress_and_outcomes_are_told_in_words(tiny):
    panel = wb.panel("lottery", **tiny)
    panel.run()
    panel.wait(60)
    status = panel.view.text["status"].value
    assert "finished after" in status
    assert re.search(r"MB · \d\d:\d\d:\d\d", status)
    assert 'role="progressbar"' in status
    assert "The dense network" in text(panel.view, "words")
    assert 'download="lottery.csv"' in panel.view.text["table"].value


def test_every_widget_of_the_form_has_a_label():
    panel = wb.panel("lottery")
    for field in panel.view.form.fields.values():
        ticks = getattr(field, "ticks", None)
        described = [tick.description for tick in ticks.values()] if ticks else [field.widget.description]
        assert all(described)


def test_in_a_batch_there_is_no_widget_and_a_picture_is_left(tiny):
    with contextlib.redirect_stdout(io.StringIO()):
        panel = wb.panel("lottery", interactive=False, **tiny)
    assert panel.job is not None
    assert panel.job.state == "finished"
    assert panel._view is None
    assert len(panel.result) == 3
    from workbench.panels.static import static

    picture, words = static(panel.declaration, panel.result)
    assert set(picture) == {"text/html", "text/plain"}
    assert len(picture["text/html"]) < 80_000
    assert "The dense network" in words["text/plain"]


def test_a_batch_makes_no_widgets():
    code = (
        "import workbench as wb; wb.panel('lottery', interactive=False, epochs=1, rounds=0, replicas=1); "
        "from ipywidgets.widgets import widget; assert not widget._instances"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, capture_output=True).returncode == 0


def test_in_a_batch_errors_are_raised(tiny):
    with pytest.raises(ValueError, match="rounds must be"):
        wb.panel("lottery", interactive=False, rounds=-1)
    with contextlib.redirect_stdout(io.StringIO()), pytest.raises(ValueError, match="rewind_step must be"):
        wb.panel("lottery", interactive=False, **{**tiny, "rewind_step": 10**6})


def test_a_call_is_a_panel_too(tiny):
    call = wb.panel("lottery", **tiny).call
    with contextlib.redirect_stdout(io.StringIO()):
        panel = wb.panel(call, interactive=False)
    assert panel.call == call
    assert numbers(panel.result) == numbers(call.run())
    with pytest.raises(ValueError, match="no panel makes"):
        wb.panel(wb.call(wb.load, "digits"))


def test_a_job_can_be_waited_for_with_a_limit(endless):
    panel = wb.panel("lottery", **endless)
    panel.run()
    with pytest.raises(TimeoutError, match="still runs after"):
        panel.wait(0.2)


@pytest.mark.parametrize("name", list(PANELS))
def test_every_declared_option_is_an_argument_of_the_function(name):
    panel = wb.panel(name)
    assert panel.call.function is PANELS[name].function
    assert panel.call == wb.call(
        PANELS[name].function, **PANELS[name].usual
    )  # else the defaults are the function's own
