"""The panel of sweeps in a real JupyterLab: points run and finish, one opens, others stop; nobody is shut out."""

from __future__ import annotations

import json

import lab
import pytest
from test_every_panel import CUT, SIZES, _axe

CELL = f"""\
import sys
from pathlib import Path
import workbench as wb
sys.path.append({str(lab.ROOT / "tests" / "sweep")!r})
from made_notebooks import made_notebook
made_notebook(Path())
panel = wb.panel("sweep", notebooks="made.ipynb", workers=2)
panel"""
STATES = "() => [...document.querySelectorAll('.wb-sweep-cells [class^=wb-sweep-]')].map(e => e.innerText)"
ENDED = "n => document.querySelectorAll('.wb-sweep-point .wb-sweep-finished').length === n"
RUNNING = "() => document.querySelector('.wb-sweep-point .wb-sweep-running')"


@pytest.mark.browser
def test_two_points_finish_one_opens_and_another_is_stopped(opened: lab.Opened):
    page = opened("lab", CELL)
    page.page.set_default_timeout(120_000)
    page.run_all()
    page.wait("1 point of made")
    _type(page, "seed", "0:2")
    page.wait("2 points of made")
    page.wait("-p seed=0:2")
    _type(page, "size", "-1")
    page.wait("! made: size must be float: of something, above 0, got -1")
    _type(page, "size", "")
    page.wait("2 points of made")

    page.button("Start").click()
    page.page.wait_for_function(RUNNING)
    printed, seconds = page.execute("print(6 * 7, panel.running)")
    assert printed.strip() == "42 True"
    assert seconds < 5, f"another cell waited for {seconds:.1f} s"
    page.page.wait_for_function(ENDED, arg=2)
    page.wait("finished after")
    page.wait("2 finished already: nothing is left to run")

    problems = {}
    row = page.page.get_by_role("button", name="seed=0")
    row.focus()
    page.page.keyboard.press("Enter")
    page.wait("Its notebook")
    page.wait("Table numbers (3 rows)")
    assert page.page.evaluate("document.activeElement.innerText").startswith("▾ seed=0")  # the focus stays
    page.execute("panel.view.form.more.value = True; panel.set(address='tcp://127.0.0.1:9')")
    page.wait("TLS authority")
    problems |= _axe(page, ".wb-panel")
    for size, (width, height) in SIZES.items():
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(400)
        problems |= {f"cut at {size}": words for words in [page.page.evaluate(CUT)] if words}
    page.page.set_viewport_size({"width": 1400, "height": 900})
    assert json.dumps(problems, indent=1, ensure_ascii=False) == "{}"
    helped = page.field("seed")
    helped.focus()
    assert helped.get_attribute("aria-description") == "int: a whole number, from 0"

    page.execute("panel.set(address=None)")
    _type(page, "wait", "600")
    page.wait("2 points of made. The 2 left")
    page.button("Start").click()
    page.page.wait_for_function(RUNNING)
    page.run_all()  # the panel once more, which attaches to the sweep that runs
    page.page.wait_for_function(RUNNING)
    page.button("Stop").click()
    page.wait("stopped after")
    page.page.wait_for_function(f"() => !({RUNNING})()")
    assert all(state in ("stopped", "cut off", "waiting") for state in page.page.evaluate(STATES))
    printed, _ = page.execute("print(len(wb.sweep.points('sweep').query('state == \"finished\"')))")
    assert printed.strip() == "2"

    _type(page, "wait", "")  # the points that are finished, one of which is still open
    page.wait("2 finished already: nothing is left to run")
    assert page.errors == []
    assert page.outside == []
    page.theme("Dark")  # after that, for JupyterLab itself may raise where its theme and a cell change at once
    assert _axe(page, ".wb-panel", "color-contrast") == {}
    page.page.get_by_role("link", name="Its notebook").click()
    page.page.locator(".lm-TabBar-tabLabel").filter(has_text="made-seed=0").first.wait_for()


def _type(page: lab.Page, label: str, text: str) -> None:
    field = page.field(label)
    field.fill(text)
    field.press("Tab")
