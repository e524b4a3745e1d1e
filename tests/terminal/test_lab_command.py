"""`workbench lab`: the lessons come to a folder, are brought up to date, and no changed file is ever written over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from waiting import until, written

from workbench.terminal import lab, lessons
from workbench.terminal.command import main
from workbench.work.shipped import shipped

FIRST, SECOND = "00_workbench.ipynb", "01_winning_tickets.ipynb"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package's lessons that a test may change, as a new version does."""
    folder = tmp_path / "package"
    (folder / "recorded").mkdir(parents=True)
    for name in (FIRST, SECOND, "recorded/a.parquet"):
        (folder / name).write_text(f"{name} of version 1")
    monkeypatch.setattr(lessons, "shipped", lambda: folder)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != lessons.RECORD
    }


def test_all_lessons_and_recorded_tables_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", str(tmp_path / "mine"), "--no-start"]) == 0
    mine = {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    theirs = {path.relative_to(shipped()) for path in shipped().rglob("*") if path.is_file()}
    theirs = {path for path in theirs if not {".ipynb_checkpoints", "keys"} & set(path.parts)}  # keys are the teacher's
    assert mine == theirs | {Path(lessons.RECORD)}
    assert capsys.readouterr().out == f"The lessons are in {tmp_path / 'mine'}\n"
    assert main(["lab", str(tmp_path / "mine"), "--no-start"]) == 0  # and again: nothing to say


def test_what_was_not_touched_is_brought_up_to_date(tmp_path: Path, package: Path) -> None:
    assert list(lessons.copy(tmp_path / "mine")) == []
    (package / SECOND).write_text("version 2")
    assert list(lessons.copy(tmp_path / "mine")) == [f"{SECOND}: brought up to date"]
    assert files(tmp_path / "mine") == files(package)


def test_a_changed_file_is_left_and_what_is_new_is_laid_beside_it_once(tmp_path: Path, package: Path) -> None:
    mine = tmp_path / "mine"
    list(lessons.copy(mine))
    (mine / SECOND).write_text("my own")
    assert list(lessons.copy(mine)) == [f"{SECOND}: you changed it, so it is left as it is"]
    assert files(mine) == files(package) | {SECOND: "my own"}
    (package / SECOND).write_text("version 2")
    beside = "01_winning_tickets.new.ipynb"
    assert [beside in line for line in lessons.copy(mine)] == [True]
    assert files(mine) == files(package) | {SECOND: "my own", beside: "version 2"}
    (mine / beside).unlink()  # seen, and not wanted
    assert list(lessons.copy(mine)) == [f"{SECOND}: you changed it, so it is left as it is"]
    assert files(mine) == files(package) | {SECOND: "my own"}


def test_what_lies_beside_is_not_written_over_either(tmp_path: Path, package: Path) -> None:
    mine, beside = tmp_path / "mine", "01_winning_tickets.new.ipynb"
    list(lessons.copy(mine))
    (mine / SECOND).write_text("my own")
    (package / SECOND).write_text("version 2")
    list(lessons.copy(mine))
    (mine / beside).write_text("my own version 2")
    (package / SECOND).write_text("version 3")
    list(lessons.copy(mine))
    kept = {SECOND: "my own", beside: "my own version 2", "01_winning_tickets.new.new.ipynb": "version 3"}
    assert files(mine) == files(package) | kept


def test_a_file_of_that_name_from_elsewhere_is_not_written_over(tmp_path: Path, package: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / FIRST).write_text("a thesis")
    list(lessons.copy(tmp_path / "mine"))
    assert files(tmp_path / "mine") == files(package) | {
        FIRST: "a thesis",
        "00_workbench.new.ipynb": f"{FIRST} of version 1",
    }


@pytest.mark.parametrize("record", ["", "[1]", '"text"', "{", '{"00_workbench.ipynb": 3}', "\0\udcff"])
def test_a_record_that_cannot_be_read_costs_nobody_a_file(tmp_path: Path, package: Path, record: str) -> None:
    mine = tmp_path / "mine"
    list(lessons.copy(mine))
    (mine / FIRST).write_text("my own")
    (mine / lessons.RECORD).write_bytes(record.encode(errors="surrogateescape"))
    list(lessons.copy(mine))
    assert (mine / FIRST).read_text() == "my own"
    assert json.loads((mine / lessons.RECORD).read_text()).keys() >= {FIRST, SECOND}


def test_the_lessons_of_a_checkout_are_opened_where_they_are(package: Path) -> None:
    before = files(package)
    assert list(lessons.copy(package)) == []
    assert files(package) == before
    assert not (package / lessons.RECORD).exists()


def test_checkpoints_are_not_copied(tmp_path: Path, package: Path) -> None:
    (package / ".ipynb_checkpoints").mkdir()
    (package / ".ipynb_checkpoints" / FIRST).write_text("old")
    list(lessons.copy(tmp_path / "mine"))
    assert not (tmp_path / "mine" / ".ipynb_checkpoints").exists()


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    assert main(["lab", str(tmp_path / "mine"), "--no-start"]) == 2
    assert "FOLDER must be a folder, or a name that is free" in capsys.readouterr().err
    assert main(["lab", str(tmp_path / "mine" / "in"), "--no-start"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_jupyters_arguments_reach_it_and_its_exit_code_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nexit 7\n')
    fake.chmod(0o755)
    monkeypatch.setattr(lab.sys, "executable", str(fake))
    folder = tmp_path / "mine"
    assert main(["lab", str(folder), "--no-browser", "--", "--port", "8890", "--help"]) == 7
    words = (tmp_path / "words").read_text().strip()
    assert words == f"-m jupyterlab {folder / FIRST} --no-browser --port 8890 --help"


def test_jupyterlab_starts_for_this_machine_alone_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench.terminal", "lab", "mine", "--no-browser"]
    options = ["--", "--allow-root", "--IdentityProvider.token=x", "--ServerApp.answer_yes=True"]
    runtime = tmp_path / "runtime"
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime)}
    with (tmp_path / "log").open("w") as log:
        child = subprocess.Popen(
            [*command, *options], cwd=tmp_path, env=environment, stderr=log, stdout=log, start_new_session=True
        )
    try:
        until(lambda: child.poll() is not None or any(map(written, runtime.glob("jpserver-*.json"))))
        assert child.poll() is None, (tmp_path / "log").read_text()
        (about,) = map(written, runtime.glob("jpserver-*.json"))
        assert about["hostname"] == "localhost"
        assert about["root_dir"] == str(tmp_path / "mine")
        with urllib.request.urlopen(f"{about['url']}api/contents/{FIRST}?content=0&token=x") as answer:
            assert json.load(answer)["type"] == "notebook"
    finally:
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to all that it started
        try:
            assert child.wait(timeout=30) == 0, (tmp_path / "log").read_text()
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
