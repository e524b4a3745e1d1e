"""The start notebook as a plain app, in Voilà."""

from __future__ import annotations

import lab
import pytest

ICONS = "https://cdn.jsdelivr.net/npm/@fortawesome/"  # asked for by every page of Voilà 0.5, which has its own as well


@pytest.mark.browser
def test_the_start_notebook_is_an_app_that_runs_stops_and_copies_its_script(opened: lab.Opened):
    page = opened("voila")
    page.wait("Ready.")
    page.button("Into a new cell").click()
    page.wait("It is in the clipboard.")
    page.button("Run").click()
    page.page.locator(".wb-chart svg").first.wait_for()
    page.button("Stop").click()
    page.wait("stopped after")
    page.page.get_by_role("tab", name="Landscape").click()
    page.page.get_by_label("question").locator("visible=true").select_option(index=1)
    page.page.locator(".wb-panel:visible").wait_for()
    assert page.page.locator("#rendered_cells pre:visible", has_text="import workbench as wb\n\nwb.check").count() == 0
    assert [address for address in page.outside if not address.startswith(ICONS)] == []
