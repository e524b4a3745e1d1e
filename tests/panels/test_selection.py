"""What is selected in a chart, as values of the library: worked out by hand, and followed beside the chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pytest
import torch
from shown import made

from workbench.charts.grammar import Picture
from workbench.charts.grammar.picks import PICKED
from workbench.data.data import Split
from workbench.panels.beside import NOTHING, OTHER
from workbench.panels.live import LiveChart
from workbench.panels.selection import Selection, offers, selected, shown


@dataclass(frozen=True)
class Outcome:
    """A round of a replica; the ticket, or its control."""

    kind: str
    replica: int
    round: int
    test_accuracy: float


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of some examples."""

    replica: int
    examples: Split
    classes: tuple[str, ...] = ("cat", "dog")


OUTCOMES = [
    Outcome(kind, replica, round, 0.5) for kind in ("ticket", "control") for replica in (0, 1) for round in (0, 1)
]
EXAMPLES = Split(
    torch.arange(3, dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 1, 2, 2),
    torch.tensor([0, 1, 1]),
    torch.tensor([70, 71, 72]),
    torch.zeros(1),
    torch.ones(1),
)
POINTS = [{"a": "el2n", "b": "margin"}] + [
    {"id": 70 + i, "el2n": el2n, "margin": margin}
    for i, (el2n, margin) in enumerate([(0.1, 3.0), (0.2, 2.0), (0.9, 1.0)])
]


def drawn(rows: list[dict[str, Any]], width: int) -> alt.Chart:
    return alt.Chart(alt.Data(values=rows)).mark_point().encode(x="round:Q").properties(width=width)


def means(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """A mean over replicas for every kind and round, and a label that nobody can select."""
    marks = dict.fromkeys((o.kind, o.round) for o in outcomes)
    return [{"kind": k, "round": r, "value": 0.5} for k, r in marks] + [{"role": "label", "words": "ticket"}] * bool(
        marks
    )


BY_ROUND = Picture(means, drawn, selects=("kind", "round"))
BY_LAYER = Picture(means, drawn, selects=("round", "layer"))
BY_ID = Picture(lambda outcomes: POINTS, drawn, selects=("id",))
BRUSHED = Picture(lambda outcomes: POINTS, drawn, selects=("id",), brushed={"x": "a", "y": "b"})


def test_a_click_on_a_mean_selects_the_outcomes_of_all_its_replicas():
    selection = selected(BY_ROUND, means(OUTCOMES), {PICKED: [{"kind": "ticket", "round": 1}]}, OUTCOMES)
    assert selection.rounds == (1,)
    assert selection.outcomes == [OUTCOMES[1], OUTCOMES[3]]
    assert selection.rows == [{"kind": "ticket", "round": 1, "value": 0.5}]
    assert repr(selection) == "Selection(1 row, 2 outcomes, rounds=(1,))"


@pytest.mark.parametrize("picked", [None, [], [{"kind": "ticket", "round": 7}]])
def test_nothing_is_selected_where_nothing_is_picked_or_no_more_there(picked: Any):
    selection = selected(BY_ROUND, means(OUTCOMES), {PICKED: picked}, OUTCOMES)
    assert not selection
    assert shown(selection) == ""
    assert repr(selection) == "Selection(0 rows, 0 outcomes)"


def test_layers_and_rounds_are_named_by_the_rows():
    rows = [{"round": r, "layer": layer, "left": 3} for r in (0, 1) for layer in ("a.weight", "b.weight")]
    picked = [{"round": 1, "layer": "b.weight"}, {"round": 0, "layer": "b.weight"}]
    selection = selected(BY_LAYER, rows, {PICKED: picked}, OUTCOMES)
    assert (selection.rounds, selection.layers) == ((0, 1), ("b.weight",))
    assert len(selection.outcomes) == 8  # of both rounds: an outcome has no layer that could tell


def test_a_brush_selects_ids_with_their_images_by_what_is_on_its_axes():
    params = {PICKED: {"x": [0.15, 1.0], "y": [2.5, 0.5]}}
    selection = selected(BRUSHED, POINTS, params, [Scored(0, EXAMPLES)])
    assert selection.ids == (71, 72)
    assert selection.examples is not None
    assert selection.examples.ids.tolist() == [71, 72]
    assert selection.examples.images.flatten(1).tolist() == [[1] * 4, [2] * 4]
    assert shown(selection).count("<img") == 2
    assert "71<br>dog" in shown(selection)
    other_way = selected(BRUSHED, POINTS, {**params, "a": "margin", "b": "el2n"}, [Scored(0, EXAMPLES)])
    assert other_way.ids == (72,)  # the menus have changed the axes: a margin up to 1, and an el2n above 0.5


def test_ids_of_images_that_no_outcome_holds_have_none():
    selection = selected(BY_ID, POINTS, {PICKED: [{"id": 70}]}, OUTCOMES)
    assert (selection.ids, selection.examples) == ((70,), None)
    assert "<img" not in shown(selection)
    assert "0.1" in shown(selection)  # a row of the table


def test_every_mark_can_be_selected_by_name():
    assert offers(BY_ROUND, means(OUTCOMES[:2])) == {
        "kind ticket, round 0": [{"kind": "ticket", "round": 0}],
        "kind ticket, round 1": [{"kind": "ticket", "round": 1}],
    }
    assert offers(BRUSHED, POINTS)["the highest tenth of el2n"] == {"x": [0.9, 0.9], "y": [1.0, 3.0]}
    assert offers(Picture(means, drawn), means(OUTCOMES)) == {}
    assert offers(BY_ROUND, []) == {}


def test_what_is_beside_a_chart_follows_the_selection_and_the_keyboard():
    told: list[Selection] = []
    live = LiveChart({"rounds": BY_ROUND, "other": Picture(means, drawn)}, picked=told.append)
    assert live.beside.box.layout.display == "none"
    live.show(OUTCOMES, of="a run", last=True)
    made(live).params = {PICKED: [{"kind": "ticket", "round": 1}]}  # as a browser tells it
    assert [selection.rounds for selection in told] == [(1,)]
    assert live.beside.menu.value == "kind ticket, round 1"
    assert "2 outcomes" in live.beside.selected.value
    live.beside.menu.value = "kind control, round 0"
    assert made(live).params == {PICKED: [{"kind": "control", "round": 0}]}
    assert live.selection.outcomes == [OUTCOMES[4], OUTCOMES[6]]
    made(live).params = {PICKED: [{"kind": "ticket", "round": 0}, {"kind": "ticket", "round": 1}]}
    assert live.beside.menu.value == OTHER
    live.beside.clear.click()
    assert (made(live).params, live.beside.menu.value, live.beside.selected.value) == ({}, NOTHING, "")
    assert not live.selection


def test_a_selection_stays_with_its_picture_grows_with_the_run_and_ends_with_it():
    live = LiveChart({"rounds": BY_ROUND, "other": Picture(means, drawn)})
    live.show(OUTCOMES[:2], of="a run")
    picked = {PICKED: [{"kind": "ticket", "round": 1}], "shown": "something of a menu"}
    made(live).params = picked
    live.menu.value = "other"
    assert made(live).params == {}
    assert not live.selection
    live.menu.value = "rounds"
    assert made(live).params == picked
    assert live.selection.outcomes == [OUTCOMES[1]]
    live.show(OUTCOMES, of="a run", last=True)
    assert live.selection.outcomes == [OUTCOMES[1], OUTCOMES[3]]
    live.begin()
    assert not live.selection
    assert made(live).params == {"shown": "something of a menu"}
    assert live.beside.selected.value == ""
