"""A sweep as it is read: means over seeds worked out by hand, charts that are meant, what failed, and the page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from made_sweeps import lesson, point
from pandas import DataFrame

import workbench as wb
from workbench.sweep.grid import from_words, values
from workbench.sweep.review.failures import again
from workbench.sweep.store import Store
from workbench.work.parameter import Parameter

T = 4.302652729911275  # of two degrees of freedom


def of(summary: Any, measure: str, **group: object) -> Any:
    rows = summary[summary["measure"] == measure]
    for name, value in group.items():
        rows = rows[rows[name] == value]
    return rows


def test_a_mean_is_over_seeds_whose_replicas_are_averaged_first(tmp_path):
    summary = wb.sweep.summary(lesson(tmp_path), "rounds")
    (row,) = of(summary, "test_accuracy", fraction=0.5, kind="ticket", round=1).to_dict("records")
    half = T * 0.01 / 3**0.5  # of 0.901, 0.911, 0.921, whose deviation is a point
    assert row["mean"] == pytest.approx(0.911)
    assert (row["low"], row["high"]) == (pytest.approx(0.911 - half), pytest.approx(0.911 + half))
    assert row["n"] == 3


def test_with_one_seed_a_mean_is_over_replicas(tmp_path):
    summary = wb.sweep.summary(lesson(tmp_path, seeds=1), "rounds")
    (row,) = of(summary, "test_accuracy", fraction=0.5, kind="ticket", round=1).to_dict("records")
    assert (row["mean"], row["n"]) == (pytest.approx(0.901), 3)
    assert row["high"] - row["mean"] == pytest.approx(T * 0.001 / 3**0.5)


def test_below_three_seeds_there_is_no_interval(tmp_path):
    summary = wb.sweep.summary(lesson(tmp_path, seeds=2), "rounds")
    assert set(summary["n"]) == {2}
    assert all(low != low for low in summary["low"])


def test_groups_are_what_differs_on_purpose_and_not_what_was_measured(tmp_path):
    summary = wb.sweep.summary(lesson(tmp_path), "rounds")
    assert list(summary) == ["fraction", "kind", "round", "density", "measure", "mean", "low", "high", "n"]
    assert set(summary["measure"]) == {"test_accuracy"}


def test_a_whole_number_that_was_measured_is_averaged_and_splits_no_group(tmp_path):
    for seed, collapsed in enumerate((0, 0, 0, 1)):
        rows = DataFrame({"kind": ["a", "b"], "collapsed": [0, collapsed], "loss": [0.1 * seed, 0.2]})
        point(tmp_path, "own", {"seed": seed}, {"t": rows})
    summary = wb.sweep.summary(tmp_path, "t")
    (row,) = of(summary, "collapsed", kind="b").to_dict("records")
    assert (row["mean"], row["n"]) == (0.25, 4)


def test_what_is_not_finite_is_left_out_and_n_says_so(tmp_path):
    for seed, loss in enumerate((1.0, float("nan"), float("inf"), 3.0)):
        point(tmp_path, "own", {"seed": seed}, {"t": DataFrame({"kind": ["a"], "loss": [loss]})})
    (row,) = wb.sweep.summary(tmp_path, "t").to_dict("records")
    assert (row["mean"], row["n"]) == (2.0, 2)


def test_by_names_the_groups_oneself(tmp_path):
    summary = wb.sweep.summary(lesson(tmp_path), "rounds", by=["kind"])
    assert list(summary["kind"].unique()) == ["ticket", "random_mask"]
    with pytest.raises(ValueError, match='"knd"'):
        wb.sweep.summary(tmp_path, "rounds", by=["knd"])


def test_a_table_is_drawn_by_the_chart_of_its_experiment_for_each_setting(tmp_path):
    section = wb.sweep.section(lesson(tmp_path), "rounds", "lesson")
    assert section.html.count("<figure>") == 2 * 2, "accuracy and paired differences"
    assert "fraction 0.2" in section.html
    assert "fraction 0.5: The dense network: test accuracy" in str(section)


def test_settings_without_a_picture_are_named(tmp_path):
    section = wb.sweep.section(lesson(tmp_path, densities=(0.5, 0.2, 0.1)), "rounds", "lesson", most=1)
    assert section.html.count("<figure>") == 2
    assert "No picture is drawn of fraction 0.2; fraction 0.5." in str(section)


def test_a_table_of_another_kind_has_its_means_alone(tmp_path):
    for seed in range(3):
        point(tmp_path, "own", {"seed": seed}, {"t": DataFrame({"height": [1.0 + seed]})}, source="print(1)")
    section = wb.sweep.section(tmp_path, "t", "own")
    assert "None of wb.charts is of this table." in str(section)
    assert "2.0 ± 2.5" in section.html


def test_a_table_of_words_says_that_it_has_no_numbers(tmp_path):
    point(tmp_path, "own", {"seed": 0}, {"t": DataFrame({"word": ["a", "b"]})})
    assert "no number that could be averaged" in str(wb.sweep.section(tmp_path, "t", "own"))


def test_a_table_without_rows_is_no_error(tmp_path):
    point(tmp_path, "own", {"seed": 0}, {"t": DataFrame({"loss": []})})
    assert "no number that could be averaged" in str(wb.sweep.section(tmp_path, "t", "own"))


def test_where_the_step_of_rewinding_differs_accuracies_are_drawn_by_it_and_differences_for_each_step(tmp_path):
    from made_sweeps import rounds

    for step in (0, 10):
        for seed in range(3):
            point(tmp_path, "lesson", {"rewind_step": step, "seed": seed}, {"rounds": rounds(seed)})
    section = wb.sweep.section(tmp_path, "rounds", "lesson")
    assert section.html.count("rewound to step") == 1
    captions = re.findall("<figcaption>(?:<strong>(.*?)</strong>)?", section.html)
    assert captions == ["rewind_step 0. ", "rewind_step 10. ", ""]


def test_the_overview_says_what_ran_how_long_where_and_with_what(tmp_path):
    point(lesson(tmp_path), "lesson", {"fraction": 0.1, "seed": 0}, error="ValueError: no <b>")
    words = str(wb.sweep.overview(tmp_path))
    assert "7 points of 1 notebook: 6 finished, 1 failed." in words
    assert "All together they took 14 s" in words
    assert "on here" in words
    assert "torch 2.13.0" in words


def test_one_that_was_cut_off_is_told_from_one_at_work(tmp_path):
    import time

    store = Store(str(lesson(tmp_path)))
    for name, beat in (("lesson-a", time.time()), ("lesson-b", time.time() - 1000)):
        store.write("running", name, {"notebook": "lesson", "parameters": {}, "beat": beat, "sweep": "s"})
    assert "6 finished, 1 at work, 1 cut off" in str(wb.sweep.overview(tmp_path))


def test_a_failure_says_why_and_how_it_is_tried_again(tmp_path):
    name = point(tmp_path, "lesson", {"density": 0.1, "seed": 0}, error="ValueError: no <b>good</b>")
    shown = wb.sweep.failures(tmp_path)
    assert "ValueError: no <b>good</b> (1 point)" in str(shown)
    assert f"workbench sweep lesson -p density=0.1 --out {tmp_path}" in str(shown)  # seed is as the notebook has it
    assert "no &lt;b&gt;good&lt;/b&gt;" in shown.html
    assert f"{tmp_path}/logs/{name}.txt" in shown.html


@pytest.mark.parametrize(
    ("kinds", "value"),
    [
        (("str",), "lenet(hidden=(512, 512))"),
        (("str",), "none"),
        (("str",), "it's, so: 0:5"),
        (("list",), ["a", "b, c", 0.1, 2]),
        (("list",), []),
        (("int", "None"), None),
        (("bool",), True),
        (("float",), 1e-05),
        (("list",), [float("inf"), 2.0]),
    ],
)
def test_the_line_that_tries_again_is_read_as_the_same_value(kinds, value, tmp_path):
    record = {"notebook": "n", "point": "p", "parameters": {"x": value}}
    words = shlex.split(again(Store(str(tmp_path)), record))
    ((_, several),) = from_words([words[words.index("-p") + 1]]).items()
    default = [0.5] if value == [float("inf"), 2.0] else None
    assert [Parameter("x", kinds, default).from_text(one) for one in values(several)] == [value]


def test_a_folder_that_no_sweep_wrote_to_is_named(tmp_path):
    for call in (wb.sweep.overview, wb.sweep.seconds, wb.sweep.failures, wb.sweep.report):
        with pytest.raises(ValueError, match="folder must be one that a sweep wrote to"):
            call(tmp_path)


@pytest.mark.notebook
def test_the_report_is_one_page_that_loads_nothing(tmp_path):
    point(lesson(tmp_path), "lesson", {"fraction": 0.1, "seed": 0}, error="ValueError: no <script>")
    for seed in range(3):
        point(tmp_path, "own", {"seed": seed}, {"t": DataFrame({"height": [1.0 + seed]})}, source="print(1)")
    path = Path(wb.sweep.report(tmp_path))
    page = path.read_text()
    assert path == tmp_path / "report.html"
    assert len(page) < 3_000_000
    loaded = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", page) + re.findall(r"url\(([^)]*)", page)
    assert all(source.startswith("data:") for source in loaded)
    assert "<script" not in page
    assert "wb.sweep.overview(" not in page, "the code is hidden"
    assert ">Accuracy by density" not in page, "a chart is a picture"
    for words in ("10 points of 2 notebooks", "no &lt;script&gt;", "rounds (lesson)", "t (own)", "dense network"):
        assert words in page
    images = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(images) == 5
    assert all(len(words) > 40 for words in images)


@pytest.mark.notebook
def test_a_sweep_of_failures_has_a_report_too(tmp_path):
    point(tmp_path / "sweep", "lesson", {"seed": 0}, error="ValueError: no")
    page = Path(wb.sweep.report(tmp_path / "sweep", tmp_path / "page.html")).read_text()
    assert "Nothing is finished yet" in page
    assert "No table was written" in page
    assert "ValueError: no" in page
