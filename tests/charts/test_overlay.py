"""One line of a chart, laid over for several jobs: a line a job, of that job's own numbers."""

from __future__ import annotations

import pytest
from samples import sample

from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.charts.grammar.overlay import line_names, overlay

OF_MEANS = [name for name, picture in CHARTS.items() if picture.means is not None]


@pytest.mark.parametrize("chart", OF_MEANS)
def test_every_chart_of_means_can_be_laid_over(chart: str):
    outcomes = sample(chart)
    lines = line_names(CHARTS[chart], outcomes)
    assert lines or not CHARTS[chart].rows(outcomes)
    for line, words in lines.items():
        laid = overlay(CHARTS[chart], line, words)
        rows = laid.rows({"one": outcomes, "two": outcomes})
        points = [row for row in rows if row["role"] == "point"]
        assert {row["line"] for row in points} == {"one", "two"}
        assert len(rows) <= ROWS
        values = [[row["value"] for row in points if row["line"] == job] for job in ("one", "two")]
        assert values[0] == values[1]  # equal outcomes are equal lines
        assert laid.draw(rows, 600).to_dict()["title"]["text"]


def test_a_line_is_that_of_the_chart_itself():
    outcomes = sample("accuracy by density")
    picture = CHARTS["accuracy by density"]
    alone = [r["value"] for r in picture.rows(outcomes) if r["role"] == "point" and r["line"] == "ticket"]
    assert next(iter(line_names(picture, outcomes))) == "ticket"
    laid = overlay(picture, "ticket").rows([("a", outcomes)])
    assert [row["value"] for row in laid if row["role"] == "point"] == alone
    assert [row["words"] for row in laid if row["role"] == "label"] == ["a"]


def test_a_picture_that_is_not_of_means_says_so():
    assert line_names(CHARTS["first layer"], sample("first layer")) == {}
    with pytest.raises(ValueError, match="first_layer must be a chart of means"):
        overlay(CHARTS["first layer"], "ticket")
