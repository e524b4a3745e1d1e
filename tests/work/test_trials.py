"""A few of each of the archive's trials; `python tests/work/trials.py` makes 200 of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["kills", "tampering", "sharing", "full_disk", "interrupts"])
def test_nothing_goes_wrong_in_any_trial(name: str):
    folders = [str(HERE.parents[1]), str(HERE)]
    code = f"import sys; sys.path[:0] = {folders}; import trials; print(dict(trials.TRIALS[{name!r}](10)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert "WRONG" not in ended.stdout, ended.stdout + ended.stderr
