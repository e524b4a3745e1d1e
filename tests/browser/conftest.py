"""The notebook in a browser; on a machine without one these tests are left out, and say so (in CI they fail)."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lab
import nbformat
import pytest

LIVE = "import workbench as wb\nwb.panel('robust weights')"


@pytest.fixture
def start_page(tmp_path: Path) -> Iterator[lab.Page]:
    """A copy of the start notebook, open in JupyterLab in headless Chromium, with its kernel ready."""
    (tmp_path / "work").mkdir()
    shutil.copy(lab.ROOT / "notebooks" / "00_workbench.ipynb", tmp_path / "work")
    yield from _page(tmp_path, "00_workbench.ipynb")


@pytest.fixture
def live_page(tmp_path: Path) -> Iterator[lab.Page]:
    """A notebook whose one cell shows the panel "robust weights", open in the same way."""
    (tmp_path / "work").mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LIVE)], metadata=kernel)
    nbformat.write(notebook, tmp_path / "work" / "live.ipynb")
    yield from _page(tmp_path, "live.ipynb")


@pytest.fixture
def browser() -> Iterator[Any]:
    """Headless Chromium, for pages that are files."""
    yield from _browser()


def _page(folder: Path, notebook: str) -> Iterator[lab.Page]:
    for browser in _browser():
        with lab.server(folder) as address:
            yield lab.Page(browser, address, notebook)


def _browser() -> Iterator[Any]:
    missing = _missing()
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=lab.FLAGS)
        yield browser
        browser.close()


def _missing() -> str:
    if lab.chromium() is None:
        return "there is no Chromium here: the panel was not tried in a browser (CHROMIUM=/path/to/chromium names one)"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: the panel was not tried in a browser"
    return ""
