"""What a panel asks of its place in the browser; what the browser makes of it is tried in tests/browser."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from workbench.panels.browser import Place


def test_a_text_is_sent_each_time_and_what_became_of_the_last_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    sent: list[Any] = []
    monkeypatch.setattr(Place, "send", lambda self, content: sent.append((content, self.inserted)))
    place = Place()
    for _ in range(2):
        place.insert("print(42)")
        place.inserted = "cell"  # by the browser
    assert sent == [({"insert": "print(42)"}, "")] * 2


@pytest.mark.parametrize(("inserted", "words"), [("cell", "new cell"), ("clipboard", "clipboard"), ("nothing", "copy")])
def test_the_panel_says_where_its_script_went(inserted: str, words: str):
    view = wb.panel("lottery", archive=None).view
    view.live.place.inserted = inserted
    assert words in view.text["note"].value


def test_the_end_of_a_run_is_said_for_those_who_do_not_see_it(tiny: dict[str, Any]):
    panel = wb.panel("lottery", **tiny, archive=None)
    view = panel.view
    panel.run()
    panel.wait(60)
    assert view.live.place.said.startswith("Find a winning ticket: finished after")
