"""A chart draws what it is given, or says which columns that lacks: never a raw traceback, never an empty picture."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pandas
import pytest
from samples import PANEL_OF, sample

import workbench as wb
from workbench.charts import CHARTS

FIRST = {panel: chart for chart, panel in reversed(PANEL_OF.items())}
REFUSED = re.compile(r"needs the columns [a-z_A-Z, ]+; got [\w ]+ without [a-zA-Z_, ]+; wb\.experiments\.\w+\(")
NO_TABLE = re.compile(r"which a data frame does not hold, got one; pass the outcomes")


def drawn_or_refused(name: str, outcomes: Any) -> bool:
    """Whether rows were drawn; where they were not, the words name columns."""
    try:
        return bool(CHARTS[name].rows(outcomes))
    except ValueError as error:
        words = str(error)
    assert REFUSED.search(words) or NO_TABLE.search(words), words
    return False


@pytest.mark.parametrize("panel", FIRST)
@pytest.mark.parametrize("name", list(CHARTS))
def test_outcomes_of_another_experiment_are_drawn_or_their_columns_are_named(name: str, panel: str):
    outcomes = sample(FIRST[panel])
    for given in (outcomes, wb.table(outcomes)):
        if not drawn_or_refused(name, given):
            assert panel != PANEL_OF[name] or isinstance(given, pandas.DataFrame)


@pytest.mark.parametrize("name", list(CHARTS))
@pytest.mark.parametrize("table", [pandas.DataFrame({"a": [1]}), [{"a": 1}]], ids=["table", "dicts"])
def test_a_table_of_other_columns_is_refused(name: str, table: Any):
    assert not drawn_or_refused(name, table)
    with pytest.raises(ValueError, match=r"needs the columns|which a data frame does not hold"):
        CHARTS[name](table)


@pytest.mark.parametrize("name", list(CHARTS))
def test_sentences_of_a_table_of_other_columns_are_refused(name: str):
    if CHARTS[name]._words:
        with pytest.raises(ValueError, match="needs the columns"):
            CHARTS[name].words([{"a": 1}])


def test_a_single_outcome_and_a_generator_are_drawn():
    outcomes = sample("accuracy by density")
    rows = CHARTS["accuracy by density"].rows
    assert rows(o for o in outcomes) == rows(outcomes)
    assert rows(outcomes[0]) == rows(outcomes[:1])


def test_what_a_finished_run_lacks_is_said_in_the_picture():
    lacking = sample("score stability")[:1]
    chart = wb.charts.score_stability(lacking).to_dict()
    assert "it needs two networks or more" in " ".join(chart["title"]["subtitle"])


@pytest.mark.parametrize("width", [-1, 0, 99, 10**9])
def test_a_width_that_no_chart_has_is_said(width: int):
    picture = CHARTS["accuracy by density"]
    with pytest.raises(ValueError, match="width must be a whole number of pixels from 100 to 20000, got"):
        picture.draw(picture.rows(sample("accuracy by density")), width)


OPTIONS = [
    ("barriers by example", {"batch_norm": "nonsense"}, 'batch-norm treatment "nonsense" is not known'),
    ("barrier by difficulty", {"batch_norm": ""}, 'batch-norm treatment "" is not known'),
    ("score distributions", {"score": ""}, 'score "" is not known'),
    ("score against score", {"a": ""}, 'score "" is not known'),
    ("score against score", {"b": "el2m"}, 'did you mean "el2n"'),
    ("score stability", {"divisions": 0}, "divisions must be a whole number from 1 to 1000, got 0"),
    ("score stability", {"divisions": 10**9}, "divisions must be a whole number from 1 to 1000"),
    ("calibration by method", {"reference": ""}, 'method "" is not known'),
    ("accuracy by subset", {"published": ""}, "is not known"),
]


@pytest.mark.parametrize(("name", "options", "words"), OPTIONS)
def test_an_option_that_will_not_do_is_said(name: str, options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        CHARTS[name].rows(sample(name), **options)


TYPES = ("None", "3", "'nonsense'", "{}", "object()", "[3]", "[None]", "float('nan')", "True")
BARE = """
import json, sys
from workbench.charts import CHARTS
said = []
given = json.loads(sys.argv[1])
for name, picture in CHARTS.items():
    for text in given:
        try:
            picture.rows(eval(text))
            said.append([name, text, "drawn"])
        except ValueError as error:
            if "takes outcomes" not in str(error):
                said.append([name, text, str(error)])
    for width in (2.5, None, "wide", True, float("nan")):
        try:
            picture.draw([], width)
            said.append([name, width, "drawn"])
        except ValueError as error:
            if "width must be" not in str(error):
                said.append([name, width, str(error)])
print(json.dumps(said))
"""


def test_what_is_no_table_at_all_is_refused_where_no_annotation_is_checked():
    done = subprocess.run([sys.executable, "-c", BARE, json.dumps(TYPES)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
