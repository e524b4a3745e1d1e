"""A chart that plays, saved as a page of its own: still until asked, and still again at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.charts import CHARTS


@pytest.mark.browser
def test_partial_sums_stand_still_play_when_asked_pause_and_end_on_the_last(browser: Any, tmp_path: Path):
    (walk,) = wb.experiments.partial_sums(9, candidates=20)
    last = len(walk.added) - 1
    CHARTS["partial sums"]([walk]).save(tmp_path / "walk.html", inline=True)
    page = browser.new_page()
    page.goto((tmp_path / "walk.html").as_uri())
    slider, play = page.locator("input[type=range]"), page.locator("input[type=checkbox]")
    slider.wait_for()
    picture = page.locator(".vega-embed canvas, .vega-embed svg.marks").first
    middle = slider.input_value()
    page.wait_for_timeout(600)
    assert slider.input_value() == middle

    slider.fill("0")
    first = picture.screenshot()
    play.check()
    page.wait_for_function("() => document.querySelector('input[type=range]').value >= 2")
    play.uncheck()
    paused, drawn = slider.input_value(), picture.screenshot()
    assert 2 <= int(paused) < last
    assert drawn != first
    page.wait_for_timeout(600)
    assert (slider.input_value(), picture.screenshot()) == (paused, drawn)

    play.check()
    page.wait_for_function("() => !document.querySelector('input[type=checkbox]').checked")
    assert int(slider.input_value()) == last
