"""Every panel as it is after a run, in a real page: no label cut, every chart drawn, nobody shut out."""

from __future__ import annotations

import json
from typing import Any

import lab
import pytest
from axe_playwright_python.base import AXE_SCRIPT

from workbench.panels import PANELS

pytestmark = pytest.mark.browser
SIZES = {"1400 pixels": (1400, 900), "beside the files": (1400, 900), "900 pixels": (900, 700), "200 %": (700, 450)}
SPLASH = ("removeChild", "jlab_core")  # JupyterLab's own, of a theme that is changed soon after another change
FRESH = "() => document.querySelectorAll('.wb-chart svg').forEach(e => { e.dataset.seen = 'yes'; })"
DRAWN = """() => document.querySelector('.wb-chart svg:not([data-seen])') ||
    [...document.querySelectorAll('.wb-hint')].some(e => e.offsetHeight)"""
CUT = """() => {
    const clips = e => getComputedStyle(e).overflowX !== 'visible', cut = [], eye = document.createElement('canvas');
    const seen = e => e.matches('.wb-panel') || (getComputedStyle(e).clipPath === 'none' && seen(e.parentElement));
    const all = kind => [...document.querySelectorAll('.wb-panel ' + kind)].filter(e => e.offsetWidth && seen(e));
    for (const e of ['label', 'button', 'summary', 'h3', 'h4', '.wb-price', '.wb-line span'].flatMap(all)) {
        if (!e.textContent.trim()) continue;
        const words = document.createRange(); words.selectNodeContents(e);
        const { left, right, top, bottom } = words.getBoundingClientRect();
        for (let a = e; a && !a.matches('.jp-Notebook'); a = a.parentElement) {
            const place = a.getBoundingClientRect();
            const within = left >= place.left - 1 && right <= place.right + 1;
            if ((a.matches('.wb-panel') || clips(a)) && !within) { cut.push(e.textContent.slice(0, 50)); break; }
            if (clips(a) && a === e && bottom > place.bottom + 3) { cut.push(e.textContent.slice(0, 50)); break; }
        }
    }
    for (const e of all('select')) {
        const style = getComputedStyle(e), pen = eye.getContext('2d'); pen.font = style.font;
        const words = e.selectedOptions[0]?.textContent ?? '', hidden = style.color === 'rgba(0, 0, 0, 0)';
        if (!hidden && pen.measureText(words).width > e.clientWidth - 20) cut.push('menu: ' + words);
    }
    return cut; }"""
FITS = """() => { const place = document.querySelector('.wb-chart'), svg = place?.querySelector('svg');
    return !place?.offsetWidth || (svg && svg.clientWidth <= place.clientWidth + 1); }"""


@pytest.fixture(scope="module")
def page(opened: lab.Opened) -> lab.Page:
    shown = opened("lab", "from filled import filled, frame\nframe")
    shown.run_all()
    return shown


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_after_a_run(page: lab.Page, name: str):
    page.execute(f"panel = filled({name!r})")
    page.page.locator(".wb-panel").wait_for()
    problems: dict[str, Any] = {}
    for chart in PANELS[name].charts:
        page.page.wait_for_function(DRAWN)
        wrong = _axe(page, ".wb-panel" if chart == PANELS[name].charts[0] else ".wb-live")
        problems |= {f"{chart}: {rule}": where for rule, where in wrong.items()}
        page.page.evaluate(FRESH)
        following = PANELS[name].charts[(PANELS[name].charts.index(chart) + 1) % len(PANELS[name].charts)]
        page.execute(f"panel.view.live.menu.value = {following!r}")

    page.execute("panel.view.form.more.value = True")
    for size, (width, height) in SIZES.items():
        if size == "beside the files":
            page.command("application:toggle-left-area")
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.wait_for_timeout(400)
        problems |= {f"cut at {size}": words for words in [page.page.evaluate(CUT)] if words}
        if size == "beside the files":
            page.command("application:toggle-left-area")
    page.page.wait_for_function(FITS)
    page.page.set_viewport_size({"width": 1400, "height": 900})

    page.theme("Dark")
    problems |= {f"dark: {rule}": where for rule, where in _axe(page, ".wb-panel", "color-contrast").items()}
    page.theme("Light")
    assert json.dumps(problems, indent=1, ensure_ascii=False) == "{}"


def test_nothing_was_said_in_the_console_and_nothing_left_the_machine(page: lab.Page):
    assert [error for error in page.errors if not all(word in error for word in SPLASH)] == []
    assert [warning for warning in page.warnings if "Infinite extent" in warning] == []
    assert page.outside == []


def _axe(page: lab.Page, within: str, *rules: str) -> dict[str, list[str]]:
    """What axe-core finds serious or critical, by its rule: where."""
    if not page.page.evaluate("() => Boolean(window.axe)"):
        page.page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.page.evaluate("([w, o]) => axe.run(w, o).then(r => r.violations)", [within, options])
    return {
        rule["id"]: [node["html"][:160] for node in rule["nodes"]][:4]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    }
