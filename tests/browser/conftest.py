"""Notebooks in a browser; on a machine without one these tests are left out, and say so (in CI they fail)."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import lab
import nbformat
import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
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


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Opened]:
    """Open a notebook in a host of its own, its kernel ready; `opened("lab", "wb.panel('lottery')")`."""
    with ExitStack() as servers:

        def open_page(host: str, *cells: str, **served: Any) -> lab.Page:
            folder = tmp_path_factory.mktemp(host)
            (folder / "work").mkdir()
            if cells:
                name = "cells.ipynb"
                kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
                made = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)], metadata=kernel)
                nbformat.write(made, folder / "work" / name)
            else:
                name = "00_workbench.ipynb"
                shutil.copy(lab.ROOT / "notebooks" / name, folder / "work")
            address = servers.enter_context(lab.server(folder, host, **served))
            page = lab.Page(browser, address, name, host)
            servers.callback(page.page.close)
            return page

        yield open_page


def _missing() -> str:
    if lab.chromium() is None:
        return "there is no Chromium here: the panel was not tried in a browser (CHROMIUM=/path/to/chromium names one)"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: the panel was not tried in a browser"
    return ""
