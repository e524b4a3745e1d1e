"""A tenth of the fuzz, the same tenth every time: every spoiled argument is refused in words, or known to be right."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The trials, made in a Python of their own, where no checker of annotations runs."""
    out = tmp_path_factory.mktemp("fuzz") / "trials.json"
    line = [sys.executable, str(Path(__file__).parent), "--share", "0.1", "--workers", "1", "--out", str(out)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


def test_every_public_function_is_tried(tried: list[dict[str, Any]]):
    assert len({trial["function"] for trial in tried}) > 250
    assert len(tried) > 1000


def test_no_call_hangs_or_ends_the_process(tried: list[dict[str, Any]]):
    assert [trial for trial in tried if trial["verdict"] in ("hang", "crash")] == []


def test_no_nonsense_is_accepted(tried: list[dict[str, Any]]):
    assert [trial for trial in tried if trial["verdict"] == "accepted"] == []


@pytest.mark.parametrize(("right_type", "least"), [(True, 0.95), (False, 0.95)])
def test_what_is_wrong_is_said_in_words(right_type: bool, least: float, tried: list[dict[str, Any]]):
    verdicts = Counter(trial["verdict"] for trial in tried if trial["right_type"] is right_type)
    raw = [trial for trial in tried if trial["verdict"] == "raw" and trial["right_type"] is right_type]
    assert verdicts["clear"] / (verdicts["clear"] + verdicts["raw"]) >= least, raw
