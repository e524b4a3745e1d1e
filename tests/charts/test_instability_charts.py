"""The rows behind the charts of children, worked out by hand."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from made_partings import EXAMPLES, parting, partings
from PIL import Image

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.barrier_by_step import words as connected
from workbench.charts.grammar import ROWS


def test_the_barrier_by_step_is_the_mean_over_replicas_of_the_mean_over_pairs():
    # replica 0 has two pairs with 2 and 4 of six wrong, replicas 1 and 2 one with 3: means 1/2, 1/2, 1/2
    found = [parting(wrong=2), parting(wrong=4, pair="0-2"), parting(replica=1, wrong=3), parting(replica=2, wrong=3)]
    row = CHARTS["barrier by step"].rows(found)[0]
    assert (row["value"], row["low"], row["high"], row["n"]) == (0.5, 0.5, 0.5, 3)
    two = CHARTS["barrier by step"].rows(found[:3])[0]
    assert (two["low"], two["high"], two["n"]) == (None, None, 2)


def test_a_table_draws_as_its_outcomes_do():
    found = partings()
    rows = CHARTS["barrier by step"].rows
    assert rows(wb.table(found)) == rows(found)
    assert wb.charts.barrier_by_step(wb.table(found)).to_dict() == wb.charts.barrier_by_step(found).to_dict()


def test_the_path_is_drawn_for_every_treatment_and_step_on_test_images():
    rows = CHARTS["error along path"].rows(partings())
    assert len(rows) == 3 * 3 * 3
    assert rows[0]["about"] == "test"
    middle = [row for row in rows if row["batch_norm"] == "keep" and row["alpha"] == 0.5]
    assert [row["value"] for row in middle] == pytest.approx([3 / 6, 2 / 6, 1 / 6])
    assert [row["loss"] for row in middle] == pytest.approx([3.5, 2.25, 1 + 2.5 / 3])
    assert {row["n"] for row in rows} == {3}


def test_a_histogram_holds_every_example_once_for_each_step():
    rows = CHARTS["barriers by example"].rows(partings())
    bars = [row for row in rows if row["role"] == "bar"]
    for step in (0, 5, 20):
        own = [row for row in bars if row["rewind_step"] == step]
        assert sum(row["count"] for row in own) == 6
        assert sum(row["share"] for row in own) == pytest.approx(1)
    assert {row["about"] for row in bars} == {"on train images, batch-norm: average"}


def test_the_images_of_a_bar_are_those_of_its_examples():
    rows = CHARTS["barriers by example"].rows([parting(rise=1.0)])
    bars = [row for row in rows if row["role"] == "bar"]
    places = {id_: (bar, place) for bar in bars for place, id_ in enumerate(bar["id"])}
    assert sorted(places) == list(range(100, 106))
    lowest, highest = min(b["low"] for b in bars), max(b["high"] for b in bars)
    for i in range(6):
        bar, place = places[100 + i]
        assert bar["barrier"][place] == i
        assert bar["low"] <= min(max(i, lowest), highest) <= bar["high"]  # the outer bars hold what lies outside
        file = io.BytesIO(base64.b64decode(bar["image"][place].removeprefix("data:image/png;base64,")))
        assert np.array_equal(np.array(Image.open(file)), EXAMPLES.images[i, 0].numpy())


def test_thirds_by_difficulty_have_their_own_barriers():
    rows = CHARTS["barrier by difficulty"].rows([parting(wrong=3, rise=1.0)])
    found = {(row["measure"], row["line"]): row["value"] for row in rows}
    assert found == pytest.approx(
        {
            ("error", "easy"): 0,
            ("error", "middle"): 0.5,
            ("error", "hard"): 1,
            ("loss", "easy"): 0.5,
            ("loss", "middle"): 2.5,
            ("loss", "hard"): 4.5,
        }
    )


@pytest.mark.parametrize(
    "name", ["barrier by step", "error along path", "barriers by example", "barrier by difficulty"]
)
def test_a_long_list_of_steps_is_at_most_500_rows(name: str):
    found = partings(steps=tuple(range(0, 200, 10)))
    assert 0 < len(CHARTS[name].rows(found)) <= ROWS


def test_the_words_say_from_which_step_children_are_connected():
    said = connected([parting(k, replica=r, wrong=w) for k, w in ((0, 3), (5, 0), (20, 0)) for r in range(3)])
    assert said == [
        "Batch-norm average, test images: the error barrier is 50.0 ± 0.0 points (n = 3) from step 0 and "
        "0.0 ± 0.0 points (n = 3) from step 20; its mean stays below 2 points from step 5 on."
    ]
    (never,) = connected([parting(wrong=3)])
    assert never.endswith("children are not connected (below 2 points) at the last step.")
    assert "(n = 1)" in never
    assert connected([]) == []
