"""What another Python says of itself, and where two of them do not fit together: one that draws, one that computes.

JupyterLab and a kernel may be of two environments; where the two have different widgets, sliders stay empty ("Error
displaying widget").
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement

from workbench.terminal.finding import Finding, wrong

PATIENCE = 60  # seconds for a Python to answer
ASK = """import importlib.metadata as m, json, sys
there = {d.metadata["Name"].lower().replace("-", "_"): d for d in m.distributions() if d.metadata["Name"]}
asks = there["ipywidgets"].requires or [] if "ipywidgets" in there else []
print(json.dumps({"prefix": sys.prefix, "asks": asks, "versions": {name: d.version for name, d in there.items()}}))
"""


class Silent(Exception):  # noqa: N818
    """A program does not answer as a Python does."""


@dataclass(frozen=True)
class Environment:
    """The folder of a Python, the versions of its packages (names with _), and what its ipywidgets asks for."""

    prefix: str
    versions: dict[str, str]
    asks: list[str] = field(default_factory=list)

    @property
    def is_here(self) -> bool:
        """Whether it is that of this Python."""
        return Path(self.prefix).resolve() == Path(sys.prefix).resolve()


def environment(program: str = sys.executable) -> Environment:
    """Ask a Python; raises `Silent` where it does not answer."""
    try:
        command = [program, "-c", ASK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        return Environment(**json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError) as error:
        raise Silent(str(error)) from error
    except (ValueError, TypeError):
        last = done.stderr.strip().splitlines()[-1:] or [f"its exit code is {done.returncode}"]
        raise Silent(last[0]) from None


def python_of(script: Path) -> str:
    """The Python of an installed script: the one that its first lines name, else the one that lies beside it."""
    path = script.resolve()
    first = path.read_bytes()[:1000].decode(errors="replace")
    programs = re.findall(r"^(?:#!|'''exec' )(?:\"([^\"\n]+)\"|(\S+))", first, re.MULTILINE)
    if named := [program for pair in programs for program in pair if "python" in Path(program).name]:
        return named[0]
    beside = (path.with_name(name) for name in ("python", "python3", "python.exe"))
    return str(next((python for python in beside if python.exists()), path))


def mismatches(name: str, lab: Environment, kernel: Environment) -> Iterator[Finding]:
    """Yield where the widgets of a JupyterLab and of a kernel do not belong together; nothing where they do.

    ipywidgets says which jupyterlab_widgets it needs; the two halves of anywidget are of one minor version.
    """
    way_on = "install the same ipywidgets and anywidget in both"
    for package in ("ipywidgets", "anywidget"):
        if package not in kernel.versions:
            yield wrong(name, f"the kernel, of {kernel.prefix}, has no {package}", way_on)
    needed = next((one for text in kernel.asks if (one := Requirement(text)).name == "jupyterlab_widgets"), None)
    drawn = lab.versions.get("jupyterlab_widgets", "none")
    if needed is not None and (drawn == "none" or not needed.specifier.contains(drawn, prereleases=True)):
        asks = f"ipywidgets {kernel.versions['ipywidgets']} of the kernel asks for {needed.specifier}"
        yield wrong(name, f"JupyterLab, of {lab.prefix}, has jupyterlab_widgets {drawn}, and {asks}", way_on)
    halves = [side.versions.get("anywidget", "none") for side in (lab, kernel)]
    if halves[1] != "none" and halves[0].split(".")[:2] != halves[1].split(".")[:2]:
        yield wrong(name, f"JupyterLab, of {lab.prefix}, has anywidget {halves[0]}, and the kernel {halves[1]}", way_on)
