"""A chart in the browser: a specification of Vega-Lite, its rows, and what a person chose in it.

altair's own widget draws the whole chart anew at every change: a zoom, a menu and a selection would be gone four times
a second. Here new rows leave the drawing as it is. The browser's half is 0.9 MB, with all of Vega in it: nothing is
loaded from a network, and a panel has one chart.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import anywidget
import traitlets

from workbench.work import disk
from workbench.work.locks import Lock

SOURCE = Path(__file__).with_name("chart.js")
BUNDLE = "import sys, vl_convert as v; sys.stdout.write(v.javascript_bundle(sys.stdin.read(), vl_version=sys.argv[1]))"
_bundling = Lock()


class Chart(anywidget.AnyWidget):
    """A chart that shows `rows` by a `spec` without data, in which they are named `rows`.

    `params` holds what a person chose, by the name of the parameter: of a menu its value, of clicks a dict of fields
    for each mark, of a brush the two ends by axis, of a zoom those by field. What is set here is chosen there.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    params = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(_esm=bundle())


def prepare() -> None:
    """Have the browser's half at hand when a chart is asked for: making it takes a second, in another process."""

    def made() -> None:
        with suppress(RuntimeError):  # the chart that needs it says so
            bundle()

    threading.Thread(target=made, name="workbench chart").start()


def bundle() -> str:
    """Return the browser's half of a chart: made once for a version of Vega, and kept in the user's cache."""
    with _bundling:
        return _bundle()


@functools.cache
def _bundle() -> str:
    from importlib.metadata import version as installed

    from altair.utils._importers import vl_version_for_vl_convert

    source, version = SOURCE.read_text(), vl_version_for_vl_convert()
    name = hashlib.sha256(f"{installed('vl-convert-python')} {version} {source}".encode()).hexdigest()
    file = _cache() / f"chart-{name[:16]}.js"
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        made = _made(source, version)
    _keep(file, made)
    return made


def _cache() -> Path:
    import platformdirs  # jupyter has it

    return platformdirs.user_cache_path("lottery-workbench")


def _made(source: str, version: str) -> str:
    """Return the source with all that it needs. The converter would hold up every thread, and keep 150 MB."""
    command = [sys.executable, "-c", BUNDLE, version]
    made = subprocess.run(command, input=source, capture_output=True, encoding="utf-8", check=False)
    if made.returncode or not made.stdout:
        raise RuntimeError(f"the browser's half of charts could not be made:\n{made.stderr[-2000:]}")
    return made.stdout


def _keep(file: Path, text: str) -> None:
    """Write the file, where that can be done; whoever cannot makes it again in the next kernel."""
    with suppress(OSError, ValueError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with disk.whole(file) as part:
            Path(part).write_text(text, encoding="utf-8")
