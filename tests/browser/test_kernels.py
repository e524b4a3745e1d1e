"""A panel with older kernels: callbacks run in the main thread in 6.31 and in one of their own in 7.3.

With the one that is installed, the newest, all other tests of this folder run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lab
import pytest

PANEL = "import workbench as wb\npanel = wb.panel('lottery', archive=None, epochs=40)\npanel"
THREAD = """import ipykernel, threading
callbacks = []
panel.view.run.on_click(lambda _: callbacks.append(threading.current_thread().name))
print(ipykernel.__version__)"""


@pytest.mark.browser
@pytest.mark.parametrize(("version", "thread"), [("6.31.0", "MainThread"), ("7.3.0", "subshell-")])
def test_a_panel_runs_stops_and_lets_another_cell_answer(version: str, thread: str, opened: lab.Opened, tmp_path: Path):
    page = opened("lab", PANEL, packages=_kernel(version, tmp_path))
    page.run_all()
    page.wait("Ready.")
    assert page.execute(THREAD)[0].strip() == version
    page.button("Run").click()
    page.page.locator(".wb-chart svg").first.wait_for()
    answer, seconds = page.execute("print(callbacks, panel.running)")
    assert thread in answer
    assert "True" in answer
    assert seconds < 5
    page.button("Stop").click()
    page.wait("stopped after")
    assert page.errors == []


def _kernel(version: str, folder: Path) -> Path:
    """Put an ipykernel, and what the older ones need besides, where it comes before the one that is installed."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--target", str(folder), f"ipykernel=={version}", "nest_asyncio"], capture_output=True)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"ipykernel {version} is not to be had here: a panel was not tried with it")
    assert done.returncode == 0, done.stderr.decode()
    return folder
