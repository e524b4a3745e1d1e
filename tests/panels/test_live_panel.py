"""A live panel, headless: a slider redraws by itself, and what is shown at the end is of the last options."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from shown import drawn, made, off, whole
from waiting import until

import workbench as wb
from workbench.panels import job as jobs
from workbench.panels.job import Job
from workbench.panels.panel import Panel

TRAINED: dict[str, Any] = {"losses": "digits", "n": 32, "trained": 500}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every step of a call take a while, so that `TRAINED` takes seconds on any machine."""
    check = Job.check
    monkeypatch.setattr(Job, "check", lambda job, progress=None: (time.sleep(0.01), check(job, progress)))


def shows(panel: Panel, eta: float) -> None:
    """Hold that the result, the chart, the words and the code are all those of this radius."""
    (last,) = panel.result
    view = panel.view
    assert last.eta == eta
    assert drawn(view.live) == whole("robust weights", [last])
    assert f"radius eta {eta:.3g}" in view.text["words"].value
    assert f"eta={eta}" in view.text["code"].value
    assert "finished after" in view.text["status"].value


def test_a_live_panel_draws_itself_when_shown_and_again_when_its_slider_moves():
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    (first,) = panel.wait(60)
    assert first.eta == 0.5
    view.form.fields["eta"].widget.value = 1.0
    (second,) = panel.wait(60)
    assert second.eta == 1.0
    shows(panel, 1.0)


def test_a_slider_that_moves_fast_leaves_calls_out_and_ends_with_the_last():
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    panel.wait(60)
    pictures, chart = [], made(view.live)
    chart.observe(lambda change: pictures.append(change["new"]), names="rows")
    began = time.monotonic()
    for step in range(1, 201):
        view.form.fields["eta"].widget.value = step / 100
    panel.wait(60)
    shows(panel, 2.0)
    assert len(pictures) <= 12 * (time.monotonic() - began) + 2  # ten a second, not one a move
    assert view.live.chart is chart


def test_a_slider_that_is_dragged_redraws_on_the_way(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "PERIOD", 0.3)  # between two messages: the next move comes long before
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    panel.wait(60)
    pictures = []
    made(view.live).observe(lambda change: pictures.append(change["new"]), names="rows")
    began, step = time.monotonic(), 0
    while time.monotonic() < began + (2.5 if len(pictures) >= 3 else 30):  # as long as a busy machine needs
        step += 1
        view.form.fields["eta"].widget.value = step / 1000
        time.sleep(0.01)
    assert len(pictures) >= 3
    panel.wait(60)
    assert panel.result[0].eta == step / 1000


def test_a_run_that_is_over_says_nothing_over_the_next(monkeypatch: pytest.MonkeyPatch):
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    panel.wait(60)
    reached, held, spoken, tell = threading.Event(), threading.Event(), threading.Event(), view.tell

    def held_back(job: Any) -> None:
        eta = job.call.arguments["eta"]
        if eta == 1.0 and not job.running:
            reached.set()
            held.wait(20)
        if eta == 2.0 and not job.running:
            spoken.wait(20)
        tell(job)
        if eta == 1.0 and not job.running:
            spoken.set()

    monkeypatch.setattr(view, "tell", held_back)
    view.form.fields["eta"].widget.value = 1.0
    assert reached.wait(20)
    threading.Timer(0.5, held.set).start()  # the next run has begun by then, where nothing holds it back
    view.form.fields["eta"].widget.value = 2.0
    panel.wait(60)
    shows(panel, 2.0)


@pytest.mark.usefixtures("slow")
def test_an_outdated_call_that_takes_long_is_stopped_and_what_was_drawn_stays():
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    panel.wait(60)
    panel.set(**TRAINED)
    (outdated,) = panel.turns.jobs
    until(lambda: bool(outdated.total.words()))
    seen: list[str | None] = []
    made(view.live).layout.observe(lambda change: seen.append(change["new"]), names="display")
    panel.set(losses="uniform", trained=0, n=16, eta=2.0)
    panel.wait(60)
    assert outdated.state == "stopped"
    assert not seen  # never hidden
    shows(panel, 2.0)


@pytest.mark.usefixtures("slow")
def test_stop_ends_a_live_panel_and_the_call_that_waits():
    panel = wb.panel("robust weights", **TRAINED)
    view = panel.view
    job = panel.job
    assert job is not None
    until(lambda: not off(view.stop))
    assert view.stop in view.box.children[2].children
    assert view.run not in view.box.children[2].children
    panel.set(eta=1.5)
    view.stop.click()
    assert panel.wait(60) == []
    assert panel.job is job
    assert "stopped after" in view.text["status"].value
    assert off(view.stop)
    panel.set(losses="uniform", trained=0)
    panel.wait(60)
    shows(panel, 1.5)


def test_run_while_a_live_panel_runs_asks_for_another_run():
    panel = wb.panel("robust weights", n=16)
    panel.run()  # nothing is shown yet
    first = panel.job
    panel.run()
    panel.wait(60)
    assert panel.job is not first
    panel.view.form.fields["eta"].widget.value = 1.0
    moved = panel.job
    panel.run()
    panel.wait(60)
    assert panel.job is not moved
    shows(panel, 1.0)


def test_a_live_panel_that_is_shown_late_runs_what_its_options_say():
    panel = wb.panel("robust weights", n=16)
    panel.run()
    panel.wait(60)
    panel.set(eta=2.0)
    assert panel.view
    panel.wait(60)
    shows(panel, 2.0)
    job = panel.job
    assert wb.panel("robust weights").view  # shown again: nothing is new
    panel.wait(60)
    assert panel.job is job


def test_moving_a_slider_makes_it_the_one_that_counts():
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    view.form.fields["lam"].widget.value = 2.0
    (weighed,) = panel.wait(60)
    assert (weighed.by, weighed.lam) == ("lam", 2.0)
    assert view.form.fields["by"].widget.value == "lam"
    view.form.fields["eta"].widget.value = 0.3
    (weighed,) = panel.wait(60)
    assert (weighed.by, weighed.eta) == ("eta", 0.3)


def test_what_was_drawn_stays_while_an_option_is_wrong_and_the_error_is_said():
    panel = wb.panel("robust weights", n=16)
    view = panel.view
    (first,) = panel.wait(60)
    panel.set(n=1)
    assert "examples must be a whole number from 2 to 256, got 1" in view.text["problem"].value
    assert panel.result == [first]
    assert drawn(view.live) == whole("robust weights", [first])
    panel.set(n=16, eta=0.7)
    assert panel.wait(60)[0].eta == 0.7
    assert view.text["problem"].value == ""


def test_a_live_panel_in_a_batch_leaves_a_picture():
    from workbench.panels.static import static

    panel = wb.panel("robust weights", interactive=False, losses="digits", n=32, trained=3)
    picture, words = static(panel.declaration, panel.result)
    assert len(picture["text/html"]) < 120_000
    assert "Robust risk" in words["text/plain"]
