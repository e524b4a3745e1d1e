"""The start notebook in a real JupyterLab: run it, press Run, watch, press Stop."""

from __future__ import annotations

import time

import lab
import pytest

ONE_PANEL = "import workbench as wb\nwb.panel('robust weights')"
IN_VIEW = "() => document.querySelector('.wb-bench').getBoundingClientRect().top < 110"
ON_SCREEN = """() => { const place = e => e.getBoundingClientRect(), first = e => document.querySelector(e);
    const page = place(first('.jp-WindowedPanel-outer')), words = [...document.querySelectorAll('.wb-chart svg text')];
    return place(first('.wb-run')).top >= page.top && words.every(e => place(e).bottom <= page.bottom); }"""


@pytest.mark.browser
def test_a_person_finds_a_ticket_while_the_kernel_stays_free(opened: lab.Opened):
    page = opened("lab")
    page.run_all()
    page.wait("Ready.")
    page.page.wait_for_function(IN_VIEW)
    epochs = page.field("epochs")
    epochs.fill("40")
    epochs.press("Enter")
    page.wait("wb.Recipe(epochs=40")

    page.button("Run").click()
    drawn = _next_chart(page, "")
    assert page.page.evaluate(ON_SCREEN)  # Run and all of the chart, at 1400 x 900
    for _ in range(2):
        printed, seconds = page.execute("print(6 * 7, bench.panel.running)")
        assert printed.strip() == "42 True"
        assert seconds < 1, f"another cell waited for {seconds:.1f} s"
        drawn = _next_chart(page, drawn)
    page.page.get_by_label("Test accuracy by density").first.wait_for()  # the chart, for those who do not see it

    _check_widths(page)
    page.button("Stop").click()
    began = time.monotonic()
    page.wait("stopped after")
    assert time.monotonic() - began < 5
    assert page.button("Run").is_enabled()
    kept, _ = page.execute("print(len(bench.result), bench.panel.job.state)")
    assert int(kept.split()[0]) >= 2
    assert kept.split()[1] == "stopped"

    _check_themes(page)
    assert page.errors == []
    assert page.outside == []


@pytest.mark.browser
def test_showing_the_panel_again_attaches_to_the_run_and_a_wrong_option_is_said(opened: lab.Opened):
    page = opened("lab")
    page.run_all()
    page.wait("Ready.")
    rounds = page.field("rounds")
    rounds.fill("-3")
    rounds.press("Enter")
    page.wait("rounds must be a whole number from 0 to 100, got -3")
    page.page.wait_for_function("() => document.querySelector('.wb-run').ariaDisabled === 'true'")
    rounds.fill("6")
    rounds.press("Enter")
    page.page.wait_for_function("() => document.querySelector('.wb-run').ariaDisabled === 'false'")
    page.button("Run").click()
    _next_chart(page, "")

    page.run_all()  # the same panel once more, and the same job
    page.page.locator(".wb-chart svg").first.wait_for()
    printed, _ = page.execute("import threading; print(sum(t.name == 'workbench job' for t in threading.enumerate()))")
    assert printed.strip() == "1"
    page.button("Stop").click()
    page.wait("stopped after")
    assert page.errors == []
    assert page.outside == []

    page.page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.restartKernel(); }")
    page.wait("The kernel of this panel is gone")
    page.run_all()  # what was finished is there at once
    page.page.locator(".wb-chart svg").first.wait_for()
    page.wait("stopped after")


@pytest.mark.browser
def test_a_slider_has_a_name_works_by_keyboard_and_redraws_at_once(opened: lab.Opened):
    page = opened("lab", ONE_PANEL)
    page.run_all()
    page.wait("is radius eta 0.5")
    drawn = _next_chart(page, "")
    slider = page.page.get_by_role("slider", name="radius eta")
    assert slider.get_attribute("aria-valuetext") == "0.5"
    slider.focus()
    for _ in range(3):
        page.page.keyboard.press("ArrowRight")
    page.wait("is radius eta 1:")  # by 0.6 and 0.8
    page.wait("robust_weighting(eta=1.0)")
    assert slider.get_attribute("aria-valuetext") == "1"
    assert _next_chart(page, drawn)
    assert page.page.evaluate("document.activeElement.type") == "range"  # the focus stays
    page.page.get_by_role("slider", name="lambda").focus()
    page.page.keyboard.press("ArrowRight")
    page.wait("Lambda 1.25 is radius eta")  # what is moved is what counts
    assert page.errors == []
    assert page.outside == []


def _next_chart(page: lab.Page, before: str) -> str:
    """Wait until the chart is another one."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        drawn = page.chart()
        if drawn and drawn != before:
            return drawn
        page.page.wait_for_timeout(100)
    raise TimeoutError("the chart did not change")


def _check_widths(page: lab.Page) -> None:
    """The chart fills its place and stays in it, also where a page is zoomed or beside the file browser."""
    for width in (760, 1400):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.wait_for_function(
            """() => { const place = document.querySelector('.wb-chart'), svg = place.querySelector('svg');
            return svg && svg.clientWidth <= place.clientWidth && svg.clientWidth > 0.8 * place.clientWidth; }"""
        )


def _check_themes(page: lab.Page) -> None:
    """The chart has the page's own paper, and its text the page's colour, in light and in dark."""
    inks = []
    for theme in ("Dark", "Light"):
        page.theme(theme)
        page.page.wait_for_timeout(500)
        ink, paper = page.page.evaluate(
            """() => { const svg = document.querySelector('.wb-chart svg'), text = svg.querySelector('text');
            return [getComputedStyle(text).fill, getComputedStyle(svg).backgroundColor]; }"""
        )
        assert paper in ("rgba(0, 0, 0, 0)", "transparent")
        inks.append(
            sum(int(part) for part in ink.removeprefix("rgba(").removeprefix("rgb(").rstrip(")").split(",")[:3])
        )
    dark, light = inks
    assert dark > 500 > 300 > light
