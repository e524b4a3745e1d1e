"""Checkups of versions: this Python, every package that the workbench asks for, and the pair torch and torchvision."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from workbench.terminal.finding import Finding, ok, warning, wrong

WORKBENCH = "lottery-workbench"
PAIR = "torch and torchvision"


def python() -> Iterator[Finding]:
    """Is this Python one that the workbench supports?"""
    supported, here = metadata(WORKBENCH)["Requires-Python"], platform.python_version()
    if SpecifierSet(supported).contains(here, prereleases=True):
        yield ok("python", here)
    else:
        yield wrong("python", f"{here}, where {supported} is supported", "make an environment of a Python that is")


def packages() -> Iterator[Finding]:
    """Is every package here, in a version that the workbench asks for?"""
    yield ok("workbench", version(WORKBENCH))
    for text in requires(WORKBENCH) or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield fits(requirement)


def fits(requirement: Requirement) -> Finding:
    """Is this one package here, in a version that serves?"""
    install = f'pip install "{requirement}"'
    try:
        here = version(requirement.name)
    except PackageNotFoundError:
        return wrong(requirement.name, f"is not installed; {requirement.specifier} is asked for", install)
    if requirement.specifier.contains(here, prereleases=True):
        return ok(requirement.name, here)
    return wrong(requirement.name, f"{here}, where {requirement.specifier} is asked for", install)


def torch_pair() -> Iterator[Finding]:
    """Are torch and torchvision of one another, and does torchvision import?"""
    from workbench.data import _torchvision

    torch = version("torch")
    seen = f"torch {torch} and torchvision {version('torchvision')}"
    way_on = "install the two together, from one index: pip install --upgrade torch torchvision"
    for text in requires("torchvision") or ():
        asked = Requirement(text)
        if asked.name == "torch" and not asked.specifier.contains(torch, prereleases=True):
            yield wrong(PAIR, f"{seen}, which asks for torch{asked.specifier}", way_on)
            return
    _torchvision.torchvision()
    if _torchvision.mended():
        yield warning(PAIR, f"{seen} are built for different processors; what the workbench uses works", way_on)
    else:
        yield ok(PAIR, f"{seen} are of one another")
