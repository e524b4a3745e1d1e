"""Checkups of the machine: threads, memory, a GPU, the folder of data sets, the lessons."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import torch

from workbench.terminal.finding import Finding, ok, warning, wrong
from workbench.work import memory as machine_memory
from workbench.work.cores import cores

GIB = 2**30
NEEDED = 1.5 * GIB  # bytes, for any lesson with its defaults, JupyterLab included


def threads() -> Iterator[Finding]:
    """Do more threads compute than there are cores?"""
    there, used, asked = cores(), torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    seen = f"{used} of torch, cores: {there}, OMP_NUM_THREADS {'is not set' if asked is None else f'is {asked!r}'}"
    way_on = "unset OMP_NUM_THREADS: the workbench takes one thread a network, and networks side by side"
    if asked is not None and not (asked.isdecimal() and int(asked)):
        yield warning("threads", f"{seen}, which is no number of threads", way_on)
    elif max(used, int(asked or 1)) > there:
        yield warning("threads", f"{seen}; more threads than cores are many times slower", way_on)
    else:
        yield ok("threads", seen)


def memory() -> Iterator[Finding]:
    """Is there the memory that a lesson takes?"""
    import psutil

    total = machine_memory.machine()
    free = min(total, psutil.virtual_memory().available)
    seen = f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free"
    if free < NEEDED:
        yield warning("memory", seen, f"a lesson takes up to {NEEDED / GIB:g} GiB; end other kernels and programs")
    else:
        yield ok("memory", seen)


def gpu() -> Iterator[Finding]:
    """Is there a GPU, and does it compute?"""
    if torch.cuda.is_available():
        answer = float(torch.ones(2, device="cuda").sum())
        name = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
        yield ok("gpu", name) if answer == 2 else wrong("gpu", f"{name}: 1 + 1 is {answer}", 'take device="cpu"')
    elif shutil.which("nvidia-smi"):
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        way_on = "take the torch that fits your driver: https://pytorch.org/get-started/locally"
        yield warning("gpu", f"there seems to be one, and torch, {built}, does not see it", way_on)
    else:
        yield ok("gpu", "none; every lesson runs on the CPU")


def data() -> Iterator[Finding]:
    """Is there a folder of data sets that can be read and written, and what lies in it?"""
    from workbench.data.sources import DATASETS, data_folder
    from workbench.terminal.fetching import there

    folder = data_folder()
    seen = f"{folder} ({'WORKBENCH_DATA' if os.environ.get('WORKBENCH_DATA') else 'WORKBENCH_DATA is not set'})"
    parent = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not parent.is_dir():
        yield wrong("data folder", f"{seen}: {parent} is no folder", "set WORKBENCH_DATA to a folder, or unset it")
        return
    if not os.access(parent, os.R_OK | os.X_OK):
        yield wrong("data folder", f"{seen} cannot be read", "get the right to, or set WORKBENCH_DATA to another")
        return
    if not os.access(parent, os.W_OK):
        yield warning("data folder", f"{seen} cannot be written to", "what is not there cannot be downloaded to it")
    elif parent == folder:
        yield ok("data folder", seen)
    else:
        yield ok("data folder", f"{seen} is made by the first download")
    present = [name for name in DATASETS if there(name) == "there"]
    yield ok("data sets", f"{', '.join(present)}; workbench data NAME fetches another")


def lessons() -> Iterator[Finding]:
    """Did the lessons come with the package?"""
    from workbench.work.shipped import shipped

    yield ok("lessons", str(shipped()))
