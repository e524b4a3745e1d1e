"""The first promise: the lottery panel, run as it stands, finds a winning ticket, by the criterion that it prints."""

from __future__ import annotations

from typing import Any

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.accuracy_by_density import matching
from workbench.experiments import winning_tickets
from workbench.panels import PANELS
from workbench.panels.draft import Draft


def test_the_run_that_a_person_first_starts_finds_a_ticket_of_a_fifth_of_the_weights_or_less():
    """Its controls are left out: they take three quarters of the time, and the ticket is compared with no control."""
    call = Draft("lottery", PANELS["lottery"]).call
    assert call.function is winning_tickets
    assert call.arguments["dataset"] == "digits"
    assert call.arguments["controls"]
    arguments: dict[str, Any] = {**call.arguments, "controls": ()}
    outcomes = list(winning_tickets(**arguments))
    by_replica: dict[int, list[wb.experiments.Outcome]] = {}
    for outcome in outcomes:
        by_replica.setdefault(outcome.replica, []).append(outcome)
    found = matching(list(by_replica.values()))
    assert found.density is not None
    assert found.density <= 0.2
    assert any("matches it down to" in line for line in CHARTS["accuracy by density"].words(outcomes))


def test_reset_goes_back_to_what_a_panel_starts_with():
    declaration = PANELS["lottery"]
    draft = Draft("lottery", declaration)
    held = draft.state
    draft.set(replicas=3, epochs=2, rounds=1)
    draft.set(**next(iter(declaration.settings.values())).options)
    assert draft.state == held
