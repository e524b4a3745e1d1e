"""Checkups of notebooks: charts without a network, the kernel, the widgets on both sides, and a notebook that runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from workbench.terminal.environments import PATIENCE, Silent, environment, mismatches, python_of
from workbench.terminal.finding import Finding, ok, warning, wrong

KERNEL = "python3"
EXTENSIONS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}


def charts() -> Iterator[Finding]:
    """Can charts be drawn without a network, as pictures and in the browser?"""
    import vl_convert

    from workbench.panels.chart import bundle

    spec = {"data": {"values": [{"x": 1}]}, "mark": "point", "encoding": {"x": {"field": "x", "type": "quantitative"}}}
    if "<svg" in vl_convert.vegalite_to_svg(json.dumps(spec)):
        yield ok("charts as pictures", "are drawn here, without a network")
    else:
        yield wrong("charts as pictures", "nothing is drawn", "pip install --force-reinstall vl-convert-python")
    yield ok("charts in the browser", f"{len(bundle()) / 1e6:.1f} MB of JavaScript, which loads nothing from a network")


def kernel() -> Iterator[Finding]:
    """Is the kernel of the lessons this very Python, with widgets that the JupyterLab of this Python draws?"""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    make = f"{sys.executable} -m ipykernel install --sys-prefix --name {KERNEL}"
    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        yield wrong("kernel", f"there is none of the name {KERNEL}", make)
        return
    bare = re.fullmatch(r"python(\d(\.\d+)?)?", spec.argv[0])  # which jupyter_client takes for its own Python
    program = sys.executable if bare else spec.argv[0]
    remove, seen = f'delete the folder "{spec.resource_dir}"', f"{KERNEL}, in {spec.resource_dir}, starts {program}"
    try:
        other = environment(program)
    except Silent as error:
        yield wrong("kernel", f"{seen}, which is no Python that answers: {error}", remove)
        return
    if other.is_here:
        yield ok("kernel", f"{KERNEL} is this Python, in {spec.resource_dir}")
    elif "lottery_workbench" in other.versions:
        yield warning("kernel", f"{seen}, another Python, with a workbench of its own", remove)
    else:
        yield wrong("kernel", f"{seen}, another Python, without a workbench", remove)
    yield from mismatches("widgets of the kernel", environment(), other)


def widgets() -> Iterator[Finding]:
    """Does JupyterLab load the widgets that came with this Python, and not older ones from elsewhere?"""
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_page_config

    roots = jupyter_path("labextensions")
    disabled = get_page_config(roots).get("disabledExtensions", [])
    for name, package in EXTENSIONS.items():
        folders = [Path(root, name) for root in roots]
        loaded = next((folder for folder in folders if (folder / "package.json").is_file()), None)
        if loaded is None:
            yield wrong(name, "JupyterLab has no such extension", f"pip install --force-reinstall {package}")
            continue
        there, here = _version(loaded), _version(Path(sys.prefix, "share", "jupyter", "labextensions", name))
        if name in disabled:
            yield wrong(name, "is switched off in JupyterLab", f"jupyter labextension enable {name}")
        elif there != here:
            seen = f"JupyterLab loads {there} from {loaded}, where {package} {version(package)} brought {here}"
            yield wrong(name, seen, f'delete the folder "{loaded}"')
        else:
            yield ok(name, f"{there}, of {package} {version(package)}")


def jupyter() -> Iterator[Finding]:
    """Is the `jupyter` that the terminal finds the one of this Python?"""
    name, script = "jupyter on the PATH", shutil.which("jupyter-lab") or shutil.which("jupyter")
    way_on = f"start it by `workbench lab`, or by `{sys.executable} -m jupyterlab`"
    if script is None:
        yield ok(name, "there is none; `workbench lab` starts the one of this Python")
        return
    try:
        other = environment(python_of(Path(script)))
    except Silent as error:
        yield warning(name, f"{script} is of a Python that does not answer: {error}", way_on)
        return
    if other.is_here:
        yield ok(name, f"{script}, of this Python")
        return
    yield warning(name, f"{script} is of another Python, {other.prefix}", way_on)
    for finding in mismatches("its widgets", other, environment()):
        yield warning(finding.name, finding.seen, way_on)


def notebook() -> Iterator[Finding]:
    """Does a notebook of one cell run, by the way that lessons run in a batch?"""
    import nbformat

    cell = nbformat.v4.new_code_cell("import workbench as wb\nwb.Recipe(epochs=1)")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "one.ipynb"))
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        command = [sys.executable, "-m", "papermill", path, path, "-k", KERNEL, "--no-progress-bar"]
        limits = ["--start-timeout", str(PATIENCE), "--execution-timeout", str(PATIENCE)]
        done = subprocess.run([*command, *limits], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        said = " ".join(done.stderr.split())[-500:]
        way_on = "mend what is wrong above; if all is well there, start the notebook by hand in JupyterLab"
        yield wrong("notebook", f"one of one cell does not run by papermill: {said}", way_on)
    else:
        yield ok("notebook", f"one runs by papermill, in the kernel {KERNEL}")


def _version(folder: Path) -> str:
    try:
        return str(json.loads((folder / "package.json").read_text())["version"])
    except (OSError, ValueError, KeyError):
        return "none"
