"""Pictures of panels as they are after a run, whole and in both themes, to be looked at.

python tests/browser/pictures.py FOLDER [PANEL ...]     all panels where none is named, 1400 pixels wide
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import lab
import nbformat
from playwright.sync_api import sync_playwright

from workbench.panels import PANELS

DRAWN = """() => [...document.querySelectorAll('.wb-chart svg, .wb-hint')].some(e => e.clientHeight)"""


def take(folder: Path, names: list[str]) -> None:
    """Write FOLDER/PANEL-THEME.png for every name and theme, and the start notebook as it opens."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        work = Path(place) / "work"
        work.mkdir()
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cell = nbformat.v4.new_code_cell("from filled import filled, frame\nframe")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), work / "all.ipynb")
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=lab.FLAGS)
        with lab.server(Path(place)) as address:
            page = lab.Page(browser, address, "all.ipynb")
            page.run_all()
            for name in names:
                page.execute(f"panel = filled({name!r})")
                page.page.locator(".wb-panel").wait_for()
                page.page.wait_for_function(DRAWN)
                for theme in ("Light", "Dark"):
                    page.theme(theme)
                    page.page.wait_for_timeout(1500)
                    page.page.locator(".wb-panel").screenshot(path=folder / f"{name.replace(' ', '-')}-{theme}.png")


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2:] or list(PANELS))
