"""The runs panel, headless: what is listed, found, drawn, compared, named, deleted and passed on."""

from __future__ import annotations

import re
import threading
from html import unescape
from pathlib import Path
from typing import Any

import pandas
import pytest
from shown import drawn, off

import workbench as wb
from workbench.panels import export, runs_table
from workbench.panels.runs import Runs
from workbench.work.archive import Archive
from workbench.work.journal import Journal

TINY: dict[str, Any] = {"train_size": 100, "recipe": wb.Recipe(epochs=1), "rounds": 2, "replicas": 1}
OUTCOMES = list(wb.experiments.winning_tickets(controls=("random_mask",), **TINY))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return "runs"


def kept(folder: str, name: str = "", values: Any = OUTCOMES, state: str = "finished", **options: Any) -> str:
    """A job of the lottery, and its id."""
    writing = Journal(folder).begin(wb.call(wb.experiments.winning_tickets, **options), name=name)
    for value in values:
        writing.add(value)
    writing.end(state, 2.0, "ValueError: <b>too much</b>" if state == "failed" else None)
    assert writing.problem == ""
    return writing.id


def text(runs: Runs, name: str) -> str:
    return unescape(re.sub("<[^>]+>", " ", runs.text[name].value))


def listed(runs: Runs) -> list[str]:
    """The names on the page."""
    return [
        box.description
        for box, row in zip(runs.table.boxes, runs.table.rows, strict=True)
        if row.layout.display != "none"
    ]


def press(runs: Runs, words: str) -> None:
    runs.buttons[words].click()
    if (writer := getattr(runs, "writer", None)) is not None:
        writer.join(120)


def test_an_empty_folder_says_what_will_be_there(folder: str):
    runs = Runs(folder)
    assert listed(runs) == []
    assert 'Nothing is kept in "runs" yet' in text(runs, "said")
    assert not Path(folder).exists()  # looking writes nothing


def test_jobs_are_listed_with_what_differs_from_the_defaults(folder: str):
    kept(folder, "the short one", train_size=100, recipe=wb.Recipe(epochs=3))
    kept(folder, "", state="failed")
    runs = Runs(folder)
    unnamed, named = listed(runs)
    assert named == "the short one"
    assert unnamed.startswith("lottery, ")
    line = runs.table.lines[1].value
    for words in ("lottery", "train_size=100, epochs=3.0", "2 s", "finished", str(len(OUTCOMES))):
        assert words in line
    assert "all defaults" in runs.table.lines[0].value
    assert "&lt;b&gt;too much&lt;/b&gt;" in runs.table.lines[0].value  # an error is no markup


def test_words_state_question_and_stars_filter_and_an_order_sorts(folder: str):
    kept(folder, "apple", train_size=100)
    kept(folder, "pear", state="stopped", values=[])
    writing = Journal(folder).begin(wb.call(wb.experiments.robust_weighting, n=7), name="plum")
    writing.end("finished", 100.0)
    runs = Runs(folder)
    table = runs.table
    assert listed(runs) == ["plum", "pear", "apple"]
    table.words.value = "train_size=100"
    assert listed(runs) == ["apple"]
    table.words.value = "LOTTERY ear"  # no two digits of an id
    assert listed(runs) == ["pear"]
    table.words.value = ""
    table.state.value = "stopped"
    assert listed(runs) == ["pear"]
    table.state.value = "all"
    table.question.value = "robust weights"
    assert listed(runs) == ["plum"]
    table.question.value = "all"
    runs.select(table.records[2].id)
    press(runs, "Star")
    assert listed(runs)[2] == "★ apple"
    table.starred.value = True
    assert listed(runs) == ["★ apple"]
    table.starred.value = False
    for order, first in (("by name", "★ apple"), ("longest first", "plum"), ("starred first", "★ apple")):
        table.order.value = order
        assert listed(runs)[0] == first
    press(runs, "Star")
    table.order.value = "by name"
    assert listed(runs) == ["apple", "pear", "plum"]


def test_pages_turn_and_what_is_ticked_stays_ticked(folder: str):
    for number in range(runs_table.PAGE + 3):
        kept(folder, f"job {number}", values=[])
    runs = Runs(folder)
    runs.table.boxes[0].value = True
    assert len(listed(runs)) == runs_table.PAGE
    assert "1 to 15 of 18 · 1 selected" in runs.table.count.value
    runs.table.on.click()
    assert listed(runs) == ["job 2", "job 1", "job 0"]
    assert not any(box.value for box in runs.table.boxes[:3])
    assert off(runs.table.on)
    runs.table.boxes[2].value = True
    assert [record.name for record in runs.selected] == ["job 17", "job 0"]
    runs.table.back.click()
    assert runs.table.boxes[0].value
    press(runs, "Clear")
    assert runs.selected == []
    assert not runs.table.boxes[0].value
    for words, asked in (("Draw", "one job or more"), ("Compare two", "two jobs"), ("Rename", "one job")):
        press(runs, words)
        assert f"this asks for {asked} to be ticked, and none is" in text(runs, "error")
    runs.table.back.click()  # there is none
    assert "1 to 15 of 18" in runs.table.count.value


def test_jobs_are_drawn_over_one_another_and_one_at_a_time(folder: str):
    kept(folder, "one")
    kept(folder, "two", OUTCOMES[:4])
    runs = Runs(folder)
    runs.select(*(record.id for record in runs.table.records))
    press(runs, "Draw")
    assert text(runs, "error") == ""
    menu = list(runs.live.menu.options)
    assert menu[0] == runs.live.menu.value == "accuracy by density: ticket"
    assert {"first layer: one alone", "first layer: two alone"} <= set(menu)
    assert {row["line"] for row in drawn(runs.live)[1]} == {"one", "two"}
    runs.live.menu.value = "accuracy by density: one alone"
    assert {row["line"] for row in drawn(runs.live)[1]} >= {"ticket", "random_mask"}
    assert text(runs, "error") == ""


def test_what_no_panel_draws_says_so(folder: str):
    Journal(folder).begin(wb.call(wb.seeds, 0, 3), name="seeds").end("finished", 1.0)
    runs = Runs(folder)
    runs.table.boxes[0].value = True
    press(runs, "Draw")
    assert "no panel draws what these jobs gave; open them in a cell" in text(runs, "error")


def test_the_code_of_a_job_gives_its_outcomes(folder: str):
    kept(folder, "one")
    kept(folder, 'the "second"', OUTCOMES[:3])
    texts: list[str] = []
    runs = Runs(folder, insert=texts.append)
    runs.table.boxes[0].value = True
    press(runs, "Open in a cell")
    runs.table.boxes[1].value = True
    press(runs, "Open in a cell")
    assert texts[0] in text(runs, "code") or texts[1] in text(runs, "code")
    typed: dict[str, Any] = {}
    exec(texts[0], typed)
    assert [outcome.test_accuracy for outcome in typed["outcomes"]] == [o.test_accuracy for o in OUTCOMES[:3]]
    exec(texts[1], typed)
    assert {name: len(values) for name, values in typed["outcomes"].items()} == {
        'the "second"': 3,
        "one": len(OUTCOMES),
    }


def test_two_calls_are_compared(folder: str):
    kept(folder, "a", train_size=100, recipe=wb.Recipe(epochs=3))
    kept(folder, "b", train_size=200, recipe=wb.Recipe(epochs=3))
    kept(folder, "c", train_size=200, recipe=wb.Recipe(epochs=3))
    runs = Runs(folder)
    assert off(runs.buttons["Compare two"])
    a, b, c = (record.id for record in runs.table.records[::-1])
    runs.select(a, b)
    press(runs, "Compare two")
    assert text(runs, "compared").split() == ["What", "differs", "argument", "a", "b", "train_size", "100", "200"]
    runs.select(b, c)
    press(runs, "Compare two")
    assert "They are the same call" in text(runs, "compared")


def test_a_job_is_renamed_and_a_wrong_name_is_said(folder: str):
    kept(folder, "old")
    runs = Runs(folder)
    runs.table.boxes[0].value = True
    assert runs.name.value == "old"
    runs.name.value = "<i>new</i>"
    press(runs, "Rename")
    assert listed(runs) == ["<i>new</i>"]
    assert wb.job(folder, "<i>new</i>").count == len(OUTCOMES)
    runs.name.value = "x" * 101
    press(runs, "Rename")
    assert "name must be one line of at most 100 characters" in text(runs, "error")


def test_deleting_asks_once_more_and_spares_what_runs(folder: str):
    kept(folder, "one")
    kept(folder, "two")
    runs = Runs(folder)
    runs.table.boxes[0].value = True
    press(runs, "Delete")
    assert "Press it again to delete two for good" in text(runs, "said")
    assert runs.buttons["Delete"].description == "Delete 1 for good"
    runs.table.boxes[1].value = True  # another choice is another question
    press(runs, "Delete")
    assert len(wb.jobs(folder)) == 2
    runs.table.boxes[1].value = False
    press(runs, "Delete")
    press(runs, "Delete")
    assert listed(runs) == ["one"]
    assert "Deleted 1 job" in text(runs, "said")
    writing = Journal(folder).begin(wb.call(wb.experiments.winning_tickets))
    runs.refresh()
    runs.table.boxes[0].value = True
    press(runs, "Delete")
    press(runs, "Delete")
    assert "it is running; stop it first" in text(runs, "error")
    writing.end("finished", 1.0)


def test_a_csv_is_read_back_with_its_call(folder: str):
    kept(folder, "first # one", train_size=100)
    kept(folder, "second", train_size=200)
    runs = Runs(folder)
    runs.select(*(record.id for record in runs.table.records))
    press(runs, "Save CSV")
    (path,) = Path("exports").iterdir()
    assert str(path.resolve()) in text(runs, "said")
    frame = pandas.read_csv(path, comment="#")
    assert list(frame.job.unique()) == ["second", "first # one"]
    second: Any = frame[frame.job == "second"].drop(columns="job")
    pandas.testing.assert_frame_equal(second, wb.table(OUTCOMES), check_dtype=False)
    comments = [line for line in path.read_text().splitlines() if line.startswith("#")]
    calls = [line.removeprefix("# call: ") for line in comments if line.startswith("# call: ")]
    assert wb.Call.from_json(calls[1]) == wb.job(folder, "first # one").call
    assert any('"torch": ' in line for line in comments)


def test_a_page_is_whole_by_itself(folder: str):
    kept(folder, "<script>alert(1)</script>", train_size=100)
    kept(folder, "second")
    runs = Runs(folder)
    runs.select(*(record.id for record in runs.table.records))
    press(runs, "Save HTML")
    assert text(runs, "error") == ""
    (path,) = Path("exports").iterdir()
    page = path.read_text()
    assert len(page) < 3_000_000
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    assert not re.findall(r"@import|url\((?!#)", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    assert page.count("<svg") >= 8
    assert "wb.experiments.winning_tickets" in page
    assert "train_size=100" in unescape(page)
    assert "color-scheme: light dark" in page


def test_exports_are_plain_functions(folder: str):
    record = wb.job(folder, kept(folder, "one"))
    assert len(pandas.read_csv(export.save_csv([record], "one.csv"), comment="#")) == len(OUTCOMES)
    assert "<h1>one</h1>" in export.save_html([record], "one.html").read_text()
    with pytest.raises(ValueError, match="jobs must be one job or more"):
        export.save_csv([], "none.csv")
    assert not Path("none.csv").exists()


def test_a_damaged_job_is_said_in_the_panel_and_the_rest_is_there(folder: str):
    one, _ = kept(folder, "one"), kept(folder, "two")
    (Path(folder) / "jobs" / one / "job.json").write_text("{")
    runs = Runs(folder)
    assert listed(runs) == ["two"]
    assert f"job {one} is damaged" in text(runs, "said")
    (Path(folder) / "jobs" / runs.table.records[0].id / "000000.json").write_text("{")
    runs.table.boxes[0].value = True
    press(runs, "Draw")
    assert "000000.json is damaged" in text(runs, "said")


def test_what_scripts_keep_is_there_by_a_tick(folder: str):
    call = wb.call(wb.experiments.robust_weighting, n=8)
    outcomes = Archive(folder).run(call)
    Archive(folder).run(wb.call(wb.seeds, 0, 3))  # no question of a panel
    kept(folder, "a job")
    runs = Runs(folder)
    assert listed(runs) == ["a job"]
    runs.scripts.value = True
    assert len(listed(runs)) == 2
    (record,) = [record for record in runs.table.records if record.name == ""]
    assert (record.function, record.state, record.count) == (
        "wb.experiments.robust_weighting",
        "finished",
        len(outcomes),
    )
    assert record.call == call
    assert len(record.values()) == len(outcomes)
    runs.select(record.id)
    typed: dict[str, Any] = {}
    exec(runs.open(), typed)
    assert len(typed["outcomes"]) == len(outcomes)
    press(runs, "Star")
    assert "was kept by a script, which finds it by its call; only jobs can be starred" in text(runs, "error")
    press(runs, "Delete")
    press(runs, "Delete")
    assert "only jobs can be deleted" in text(runs, "error")
    press(runs, "Draw")
    assert text(runs, "error") == ""


def test_an_error_in_a_callback_is_seen(folder: str, monkeypatch: pytest.MonkeyPatch):
    kept(folder, "one")
    runs = Runs(folder)
    runs.table.boxes[0].value = True
    monkeypatch.setattr(export, "outcomes_table", lambda *_: 1 / 0)
    press(runs, "Save CSV")
    assert "ZeroDivisionError" in text(runs, "error")
    Path("exports").rename("other")
    Path("exports").write_text("")
    press(runs, "Save HTML")
    assert "exports" in text(runs, "error")
    assert threading.active_count() < 20


@pytest.mark.parametrize("values", [[], [1, 2.5], ["# text, with commas"]])
def test_jobs_that_gave_nothing_or_plain_values_are_drawn_and_saved_too(folder: str, values: list[Any]):
    kept(folder, "whole")
    kept(folder, "nothing", values=[])
    writing = Journal(folder).begin(wb.call(wb.seeds, 0, 3), name="plain")
    for value in values:
        writing.add(value)
    writing.end("finished", 1.0)
    runs = Runs(folder)
    for names in (["whole", "nothing"], ["nothing"], ["plain"], ["plain", "whole"]):
        runs.select(*(record.id for record in runs.table.records if record.name in names))
        for words in ("Draw", "Save CSV", "Save HTML"):
            press(runs, words)
            assert text(runs, "error").strip() in ("", "no panel draws what these jobs gave; open them in a cell")
        frame = pandas.read_csv(next(Path("exports").glob("*.csv")), comment="#")
        assert len(frame) == ("whole" in names) * len(OUTCOMES) + ("plain" in names) * len(values)
        for path in Path("exports").iterdir():
            path.unlink()
