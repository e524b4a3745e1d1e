"""A panel in JupyterLab and in Notebook 7: keys, focus, what is read out, new cells, a kernel that is gone.

The tests of one host share a page, in this order.
"""

from __future__ import annotations

import os
import signal

import lab
import pytest

pytestmark = pytest.mark.browser
PANEL = "import workbench as wb\npanel = wb.panel('lottery', archive=None, epochs=40)\npanel"
BARE = "Cannot read properties of undefined (reading 'schema')"  # which Notebook 7.6 says of a notebook without widgets
GONE = "The kernel of this panel is gone. Run its cell again"
CELLS = "() => { const n = window.jupyterapp.shell.currentWidget.content;"
TYPES = f"{CELLS} return n.widgets.map(w => w.model.type + ':' + w.model.sharedModel.source.slice(0, 20)); }}"
FOCUS = "() => { const e = document.activeElement; return [e.tagName, e.textContent || e.getAttribute('aria-label')]; }"
SAID = "() => [...document.querySelectorAll('.wb-panel [role=status]')].map(e => e.textContent).join(' ')"


@pytest.fixture(scope="module", params=["lab", "notebook"])
def page(request: pytest.FixtureRequest, opened: lab.Opened) -> lab.Page:
    shown = opened(request.param, "1 + 1", PANEL, *["# a cell below\n\n\n\n\n"] * 12)
    shown.run_all()
    shown.wait("Ready.")
    return shown


def test_the_first_panel_comes_into_view_after_all_cells_were_run(page: lab.Page):
    top = "document.querySelector('.wb-panel').getBoundingClientRect().top"
    page.page.wait_for_function(f"() => {top} >= 0 && {top} < 400")
    page.page.locator(".wb-run").click(trial=True)  # it can be pressed as it stands


def test_what_is_typed_in_a_panel_is_no_shortcut_of_the_host(page: lab.Page):
    before = page.page.evaluate(TYPES)
    kinds = ["button.jupyter-button", "select", "input[type=checkbox]", ".wb-code button", "pre", "input[type=text]"]
    for kind in kinds:
        control = page.page.locator(f".wb-panel {kind} >> visible=true").first
        control.focus()
        focused = page.page.evaluate(FOCUS)
        for key in ("m", "n", "i", "s", "t", "d", "d", "a", "b", "x", "y", "1", "Escape", "z", "0"):
            page.page.keyboard.press(key)
        if kind != "select":  # whose arrows choose
            page.page.keyboard.press("ArrowDown")
            page.page.keyboard.press("ArrowUp")
        assert page.page.evaluate(TYPES) == before, kind
        assert page.page.evaluate(FOCUS) == focused, kind


def test_a_menu_is_chosen_from_by_typing(page: lab.Page):
    before = page.page.evaluate(TYPES)
    menu = page.page.locator(".wb-panel").get_by_role("combobox", name="dataset")
    menu.focus()
    page.page.keyboard.type("mnist")
    page.wait('"mnist"')  # in the script of the call
    assert page.page.evaluate(TYPES) == before


def test_saving_is_the_host_s_still(page: lab.Page):
    model = "window.jupyterapp.shell.currentWidget.context.model"
    page.page.evaluate(f"() => {{ {model}.dirty = true; }}")
    page.page.locator(".wb-run").focus()
    page.page.keyboard.press("Control+s")
    page.page.wait_for_function(f"() => !{model}.dirty")


def test_the_focus_stays_where_it_is_when_a_run_begins_and_ends_and_the_end_is_read_out(page: lab.Page):
    page.execute("panel.set(dataset='digits', epochs=40)")
    page.wait("epochs=40")
    run = page.page.locator(".wb-run")
    run.focus()
    focused = page.page.evaluate(FOCUS)
    page.page.keyboard.press("Enter")
    page.wait("running")
    answer, seconds = page.execute("print(6 * 7, panel.running)")
    assert answer.strip() == "42 True"
    assert seconds < 5
    assert page.page.evaluate(FOCUS) == focused

    page.page.locator(".wb-stop").focus()
    focused = page.page.evaluate(FOCUS)
    page.page.keyboard.press("Enter")
    page.wait("stopped after")
    page.page.wait_for_function("() => document.querySelector('.wb-stop').ariaDisabled === 'true'")
    assert page.page.evaluate(FOCUS) == focused
    page.page.wait_for_function(f"() => ({SAID})().includes('Find a winning ticket: stopped after')")


def test_the_script_goes_into_a_new_cell_below_the_panel(page: lab.Page):
    before = page.page.evaluate(TYPES)
    page.button("Into a new cell").click()
    page.wait("It stands in a new cell below")
    after = page.page.evaluate(TYPES)
    assert after == [*before[:2], "code:import workbench as ", *before[2:]]


def test_nothing_went_wrong_and_nothing_left_the_machine(page: lab.Page):
    assert [error for error in page.errors if BARE not in error] == []
    assert page.outside == []


def test_a_kernel_that_was_restarted_or_killed_is_said_to_be_gone(page: lab.Page):
    page.page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.restartKernel(); }")
    page.wait(GONE)
    assert page.page.locator(".wb-run").is_disabled()
    page.page.wait_for_function(f"() => {{ {lab.KERNEL} return k && k.status === 'idle'; }}")
    page.page.evaluate(f"{CELLS} n.activeCellIndex = 1; }}")
    page.command("notebook:run-cell")
    page.page.wait_for_function(f"() => !document.querySelector('.jp-Notebook').innerText.includes('{GONE}')")
    page.wait("Ready.")
    kernel, _ = page.execute("import os; print(os.getpid())")
    os.kill(int(kernel), signal.SIGKILL)
    page.wait(GONE)
    assert page.page.locator(".wb-run").is_disabled()
