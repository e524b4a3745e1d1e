"""The form in a real JupyterLab: low, with whole labels, and what is typed stays as it is typed."""

from __future__ import annotations

import lab
import pytest

HIGHEST = 200  # pixels of a folded form on a page of 1300
FORMS = """
import ipywidgets
from workbench.panels import PANELS, markup
from workbench.panels.draft import Draft
from workbench.panels.form import Form
forms = []
for name, declaration in PANELS.items():
    draft = Draft(name, declaration)
    forms.append(ipywidgets.VBox([ipywidgets.HTML(markup.head(name, "")), Form(draft, draft.set).box]))
    forms[-1].add_class("wb-panel")
ipywidgets.VBox(forms)
"""
MEASURED = """() => [...document.querySelectorAll('.wb-panel')].map(panel => {
    const form = panel.querySelector('.wb-form');
    const seen = e => e.offsetWidth && !e.closest('.wb-suggested > .widget-dropdown');
    const cut = e => seen(e) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2);
    const words = [...form.querySelectorAll('label, .widget-label, button')].filter(cut).map(e => e.textContent);
    return {name: panel.querySelector('h3').textContent, height: form.offsetHeight, width: form.offsetWidth, words};
})"""


@pytest.fixture(scope="module")
def forms_page(opened: lab.Opened) -> lab.Page:
    """The forms of all panels under one another."""
    return opened("lab", FORMS)


@pytest.fixture(scope="module")
def lottery_page(opened: lab.Opened) -> lab.Page:
    """The panel of a lottery."""
    return opened("lab", "import workbench as wb\npanel = wb.panel('lottery')\npanel")


@pytest.mark.browser
def test_a_folded_form_is_low_and_no_label_is_cut_at_any_width_or_zoom(forms_page: lab.Page):
    page = forms_page.page
    forms_page.run_all()
    page.wait_for_function("n => document.querySelectorAll('.wb-form').length === n", arg=_panels())
    page.wait_for_timeout(2000)
    for width in (1400, 900, 650):  # the last is a page of 1300 at 200 %
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(1000)
        forms = page.evaluate(MEASURED)
        assert [form for form in forms if form["words"]] == []
        if width == 1400:
            assert all(1150 < form["width"] <= 1300 for form in forms)
            assert [form for form in forms if form["height"] > HIGHEST] == []
    for box in page.locator(".wb-settings input[type=checkbox]").all():
        box.check()
    page.wait_for_timeout(2000)
    assert [form for form in page.evaluate(MEASURED) if form["words"]] == []


@pytest.mark.browser
def test_what_is_typed_stays_arrows_step_and_every_name_is_offered(lottery_page: lab.Page):
    page = lottery_page
    page.run_all()
    rounds = page.field("rounds")
    rounds.fill("")
    rounds.type("1.5")
    rounds.press("Tab")
    page.wait("rounds must be a whole number from 0 to 100, got 1.5")
    assert rounds.input_value() == "1.5"
    rounds.fill("7")
    rounds.press("ArrowUp")
    page.page.wait_for_function("() => !document.querySelector('.wb-alert')")
    assert rounds.input_value() == "8"
    assert rounds.get_attribute("aria-description").startswith("How many times the ticket is pruned")
    dataset = page.field("dataset")
    dataset.fill("/data/mine.npz")
    dataset.press("Enter")
    page.wait("there is no file /data/mine.npz")
    menu = page.field("choices for dataset")
    assert "fashion-mnist" in menu.inner_text()
    menu.select_option("mnist")
    page.wait('"mnist"')
    assert dataset.input_value() == "mnist"
    assert page.errors == []
    assert page.outside == []


def _panels() -> int:
    from workbench.panels import PANELS

    return len(PANELS)
