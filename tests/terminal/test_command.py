"""The command `workbench`: one line for what goes wrong, its exit codes, and what each subcommand says."""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import workbench as wb
from workbench.terminal import fetching
from workbench.terminal.command import COMMANDS, main

WORKBENCH = [sys.executable, "-m", "workbench.terminal"]


def test_a_command_that_is_not_known_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docter"]) == 2
    said = capsys.readouterr().err
    assert said.startswith('workbench: command "docter" is not known; did you mean "doctor"?')
    assert len(said.splitlines()) == 1


def test_alone_it_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert all(f"\n    {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("words", [["--help"], ["lab", "--help"], ["data", "-h"], ["doctor", "--help"]])
def test_help_ends_with_0(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0
    assert "usage: workbench" in capsys.readouterr().out


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("workbench 0.")


@pytest.mark.parametrize("words", [["data", "digits", "--", "more"], ["doctor", "--jsn"], ["lab", "a", "b"]])
def test_words_that_it_does_not_take_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "workbench" in capsys.readouterr().err


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(arguments: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(fetching, "run", run)


@pytest.mark.parametrize("error", [ValueError("density must\nbe less"), OSError(28, "No space"), ValueError()])
def test_an_error_is_one_line_and_a_traceback_with_debug(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(error, monkeypatch)
    assert main(["data", "digits"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("workbench: ")
    assert len(said.splitlines()) == 1
    for words in (["--debug", "data", "digits"], ["data", "digits", "--debug"]):
        assert main(words) == 2
        assert "Traceback" in capsys.readouterr().err


def test_a_fault_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(AssertionError("a belief"), monkeypatch)
    with pytest.raises(AssertionError, match="a belief"):
        main(["data", "digits"])


def test_an_interruption_ends_quietly_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    assert main(["data", "digits"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    line = f"{' '.join(WORKBENCH)} data digits digits digits | true"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_every_command_has_a_file_with_its_two_functions() -> None:
    for file, _ in COMMANDS.values():
        module = importlib.import_module(f"workbench.terminal.{file}")
        assert callable(module.add)
        assert callable(module.run)


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    code = "import sys; from workbench.terminal.command import main; main([])"
    code += "; print([name for name in sys.modules if name.startswith('workbench.terminal.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['workbench.terminal.command']"


def test_data_says_where_a_data_set_lies_and_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "digits"]) == 0
    said = capsys.readouterr().out
    assert "1078 training + 120 validation + 599 test" in said  # 1797 images: a third is the test, a tenth of the rest
    assert "1 × 8 × 8" in said
    assert wb.load("digits").fingerprint in said


def test_data_of_ones_own_lies_where_it_lies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    images, labels = np.zeros((60, 4, 4), np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "mine.npz", train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    assert main(["data", str(tmp_path / "mine.npz")]) == 0
    said = capsys.readouterr().out
    assert f"lies in      {tmp_path / 'mine.npz'}" in said
    assert "3: 0, 1, 2" in said


def test_data_alone_lists_what_is_there_and_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    raw = tmp_path / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").touch()
    (tmp_path / "cifar10.npz").touch()
    assert main(["data"]) == 0
    states = {line.split()[0]: line[17:29].strip() for line in capsys.readouterr().out.splitlines()[1:]}
    assert states["digits"] == states["cifar10"] == "there"
    assert states["kmnist"] == "in part"
    assert states["mnist"] == states["svhn"] == "not there"


def test_data_that_cannot_be_had_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "file"))
    (tmp_path / "file").touch()  # a folder that cannot be made: nothing can be downloaded to it
    assert main(["data", "svhn"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("workbench: ")
    assert 'take "digits", which needs no download' in said
    assert main(["data", "svhm"]) == 2
    assert 'did you mean "svhn"' in capsys.readouterr().err


def test_ctrl_c_in_a_terminal_ends_the_command() -> None:
    code = "import time; from workbench.terminal import command, fetching"
    code += "; fetching.run = lambda _: (print('here', flush=True), time.sleep(60))"
    code += "; raise SystemExit(command.main(['data']))"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (130, "")
