"""A chart that a finished run may leave empty says what that run lacks; no axis of accuracies leaves 0 to 100 %."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import vl_convert
from made import experiment
from made_diets import diet
from made_ensembles import shifts
from made_gems import tried
from made_partings import partings
from made_scores import networks
from made_strong import matched, strong
from samples import sample

from workbench.charts import CHARTS
from workbench.experiments.shifted import Corrupted

LACKING: dict[str, list[Any]] = {
    "accuracy by barrier": [o for o in diet() if o.density > 0.2],
    "barrier by difficulty": [replace(p, scores=None) for p in partings()],
    "score stability": networks()[:1],
    "moved labels": [replace(o, moved_examples=o.examples.take(o.labels_before[:0])) for o in sample("moved labels")],
    "surest mistakes": [replace(o, wrong=o.wrong.take(o.predicted[:0])) for o in sample("surest mistakes")],
    "alive by layer": [replace(o, alive=None) for o in experiment()],
    "difference by density": [o for o in experiment() if o.round == 0],
    "search by step": [tried()],
    "scores over time": [tried()],
    "sanity checks": [tried()],
    "strong layers": [strong(structure="edge_popup")],
    "kernels side by side": [matched(structure="neuron")],
    "strong accuracy": [matched()],
    "strong errors": [matched()],
    "accuracy by severity": [o for o in shifts() if not isinstance(o, Corrupted)],
    "roc out of distribution": [o for o in shifts() if isinstance(o, Corrupted)],
}
ACCURACY = ("accuracy by density", "accuracy by subset", "accuracy by kept share")


def test_every_chart_that_a_finished_run_may_leave_empty_is_tried():
    assert {name for name, picture in CHARTS.items() if picture.needs} == set(LACKING)


@pytest.mark.parametrize("name", LACKING)
def test_a_run_that_lacks_what_a_chart_needs_leaves_it_empty(name: str):
    assert LACKING[name]
    assert CHARTS[name].rows(LACKING[name]) == []
    assert CHARTS[name].rows(sample(name)) != []


@pytest.mark.parametrize("name", ACCURACY)
@pytest.mark.parametrize(("by_replica", "end"), [((0.98, 0.995, 1.0), "100"), ((0.0, 0.001, 0.01), "0")])
def test_no_label_stands_beyond_none_and_all_of_the_images_where_a_t_interval_would_reach_there(
    name: str, by_replica: tuple[float, ...], end: str
):
    """Accuracies of 98, 99.5 and 100 % have a t interval up to 101.7 %, those of 0, 0.1 and 1 % one down to -1 %."""
    outcomes = [replace(o, test_accuracy=by_replica[o.replica]) for o in sample(name)]
    picture = CHARTS[name]
    svg = vl_convert.vegalite_to_svg(picture.draw(picture.rows(outcomes)).to_dict())
    axes = [axis for axis in svg.split('role-axis"') if "Y-axis titled 'test accuracy'" in axis]
    labels = re.findall(r">([^<>]*)%</text>", "".join(axes))
    assert end in labels
    assert all(0 <= float(label.replace("−", "-")) <= 100 for label in labels)
