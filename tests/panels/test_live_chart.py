"""The live chart: cheap while outcomes come, and at the end what the chart made at once from all of them is."""

from __future__ import annotations

from typing import Any

import altair as alt
import pytest
from shown import drawn, made, whole

import workbench as wb
from workbench.panels import PANELS, specifications
from workbench.panels.declaration import CHARTS, Picture
from workbench.panels.live import LiveChart

NAMES = ["one", "two", "three", "four", "five"]


def rows(names: list[str]) -> list[dict[str, Any]]:
    return [{"about": "names", "name": name} for name in names]


def draw(rows: list[dict[str, Any]], width: int) -> alt.Chart:
    names = [row["name"] for row in rows]
    menu = alt.param(name="shown", value=names[0], bind=alt.binding_select(options=names))
    return alt.Chart(alt.Data(values=rows)).mark_point().encode(x="name:N").add_params(menu).properties(width=width)


def test_a_specification_is_drawn_anew_now_and_then_and_from_the_last_outcomes(monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    picture = Picture(rows, lambda rows, width: sizes.append(len(rows)) or draw(rows, width))
    monkeypatch.setitem(CHARTS, "menu", picture)
    chart = LiveChart({"menu": picture})

    def grow(of: str, *, last: bool) -> None:
        chart.begin()
        sizes.clear()
        for n in range(1, 6):
            chart.drawn_at = 0.0
            chart.show(NAMES[:n], of=of)
            assert made(chart).rows == rows(NAMES[:n])
        if last:
            chart.show(NAMES, of=of, last=True)

    monkeypatch.setattr(specifications, "RARELY", 1e6)
    grow("first", last=True)
    assert sizes == [1, 5]
    assert drawn(chart) == whole("menu", NAMES)
    monkeypatch.setattr(specifications, "RARELY", 0)
    grow("second", last=False)
    assert sizes == [1, 2, 3, 4, 5]


def test_of_a_live_panel_only_the_data_and_what_they_are_about_are_new():
    def weighed(**options: Any) -> list[Any]:
        return list(wb.experiments.robust_weighting(n=16, **options))

    chart = LiveChart(PANELS["robust weights"].pictures)
    chart.begin(keep=True)
    for options in ({}, {"eta": 2.0}, {"losses": "digits", "trained": 2}, {"eta": 3.0}):
        outcomes = weighed(**options)
        chart.show(outcomes, of=object(), last=True)
        assert drawn(chart) == whole("robust weights", outcomes)


def test_as_many_outcomes_of_another_run_are_drawn():
    first, second = ([*wb.experiments.robust_weighting(n=16, eta=eta)] for eta in (0.5, 2.0))
    chart = LiveChart(PANELS["robust weights"].pictures)
    chart.show(first, of="first", last=True)
    chart.begin(keep=True)
    chart.draw()  # the menu, before the next run has anything to show
    chart.show(second, of="second", last=True)
    assert drawn(chart) == whole("robust weights", second)


def test_the_chart_is_swapped_and_ends_with_the_last_rows(tiny: dict[str, Any]):
    panel = wb.panel("lottery", **tiny)
    live_chart = panel.view.live
    assert live_chart.chart is None  # a megabyte that is not needed before there is something to draw
    panel.run()
    panel.wait(60)
    chart = made(live_chart)
    for name in panel.declaration.charts:
        live_chart.menu.value = name
        assert drawn(live_chart) == whole(name, panel.result)
        assert live_chart.chart is chart
        assert "#7a7a7a" not in str(chart.spec)


def test_a_chart_that_stays_empty_says_at_the_end_what_the_run_lacked():
    outcomes = list(wb.experiments.example_scores(train_size=60, recipe=wb.Recipe(steps=2), replicas=1))
    chart = LiveChart({"score stability": CHARTS["score stability"]})
    chart.show(outcomes, of="a run")
    assert "appears with the first outcome" in chart.hint.value
    chart.show(outcomes, of="a run", last=True)
    assert "it needs two networks or more" in chart.hint.value
    assert chart.hint.layout.display is None
    chart.show([], of="another, stopped at once", last=True)
    assert "it needs an outcome" in chart.hint.value


def test_a_chart_is_drawn_as_wide_as_its_place_once_a_browser_has_told_it(monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    picture = Picture(rows, lambda rows, width: sizes.append(width) or draw(rows, width))
    monkeypatch.setitem(CHARTS, "menu", picture)
    chart = LiveChart({"menu": picture})
    chart.place.width = 900  # before there is anything to draw
    assert sizes == []
    chart.drawn_at = 0.0
    chart.show(NAMES, of="a run")
    assert drawn(chart) == whole("menu", NAMES, 900)
    for told, width in ((400, 400), (900, 900), (30, 280), (5000, 1600)):
        chart.place.width = told
        assert made(chart).spec["width"] == width
        assert made(chart).rows == rows(NAMES)
    assert sizes == [900, 900, 400, 280, 1600]  # the second is `whole`; a width that comes back is not drawn anew
    chart.show(NAMES, of="a run", last=True)
    assert drawn(chart) == whole("menu", NAMES, 1600)


def test_until_a_browser_has_told_a_chart_is_as_wide_as_in_a_batch():
    outcomes = list(wb.experiments.robust_weighting(n=16))
    chart = LiveChart(PANELS["robust weights"].pictures)
    chart.show(outcomes, last=True)
    assert drawn(chart) == whole("robust weights", outcomes)
    chart.place.width = 900
    chart.place.width = 0  # nobody shows it any more: the width is not known, and no chart is drawn for none
    assert drawn(chart) == whole("robust weights", outcomes)


def test_an_error_on_the_way_to_another_width_is_seen(tiny: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    panel = wb.panel("lottery", **tiny)
    view = panel.view
    panel.run()
    panel.wait(60)
    monkeypatch.setattr(specifications, "specification", lambda chart: 1 / 0)
    view.live.place.width = 700
    assert "ZeroDivisionError" in view.text["error"].value
