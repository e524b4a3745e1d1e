"""The notebook in a browser; on a machine without one these tests are left out, and say so (in CI they fail)."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import lab
import pytest


@pytest.fixture
def start_page(tmp_path: Path) -> Iterator[lab.Page]:
    """A copy of the start notebook, open in JupyterLab in headless Chromium, with its kernel ready."""
    missing = _missing()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    (tmp_path / "work").mkdir()
    shutil.copy(lab.ROOT / "notebooks" / "00_workbench.ipynb", tmp_path / "work")
    with lab.server(tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=lab.FLAGS)
        yield lab.Page(browser, address, "00_workbench.ipynb")
        browser.close()


def _missing() -> str:
    if lab.chromium() is None:
        return "there is no Chromium here: the panel was not tried in a browser (CHROMIUM=/path/to/chromium names one)"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: the panel was not tried in a browser"
    return ""
