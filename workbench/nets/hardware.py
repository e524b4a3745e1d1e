"""Where and in which number format a network runs, chosen from what was measured, and told in every run.

PyTorch's own defaults are slow for small networks: LeNet-300-100 takes 2 ms a step with one thread and up to ten times
as long with two that share busy cores. So the house runs one thread (set when `workbench` is imported;
`torch.set_num_threads` afterwards overrides it) and the memory format below. `tests/benchmarks/settings.py` measures
the choice again. Nothing here is timed when a run starts: the same call gives the same bits.
"""

from __future__ import annotations

import functools
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.public_names import public_name


@dataclass(frozen=True)
class Hardware:
    """What a run used: device, its name, number format, memory format, threads, execution."""

    device: str
    processor: str
    precision: str
    channels_last: bool
    threads: int
    compiled: bool
    execution: str = "dense"

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format


def settle(
    model: nn.Module,
    *,
    device: str = "auto",
    precision: str = "auto",
    channels_last: bool | None = None,
    compiled: bool = False,
) -> Hardware:
    """Decide what "auto" means for this model here: the measured default, or float32 as it comes where none is."""
    device = resolve(device)
    kind = torch.device(device).type
    measured = DEFAULTS.get((public_name(type(model)), processor(kind)), ("float32", False))
    if kind == "cpu" and _breaks_channels_last(model):
        if channels_last:
            raise ValueError("channels_last breaks torch's 1×1 convolutions of under 8 channels; leave it at None here")
        measured = (measured[0], False)
    return Hardware(
        device=device,
        processor=processor(kind),
        precision=measured[0] if precision == "auto" else precision,
        channels_last=measured[1] if channels_last is None else channels_last,
        threads=torch.get_num_threads(),
        compiled=compiled,
    )


def resolve(device: str) -> str:
    """Return "cuda" or "cpu" for "auto", and any device of torch's that is there as it was given."""
    check_device(device)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, index = device.partition(":")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        there = "a GPU that is there" if torch.cuda.is_available() else "the CPU here"
        raise ValueError(f'device "{device}" is not on this machine; device="auto" takes {there}')
    return device


@contextmanager
def grad_mode_kept() -> Iterator[None]:
    """Put torch's grad mode back after an interrupt: one that strikes inside torch's own `no_grad` leaves it off."""
    mode = torch.is_grad_enabled()
    try:
        yield
    except KeyboardInterrupt:
        torch.set_grad_enabled(mode)
        raise


def check_device(device: str) -> None:
    """Raise a ValueError for what no machine has: a device of another kind, or a second CPU."""
    rules.instance("device", device, str, "text", 'device="auto" takes CUDA where it is, else the CPU')
    if not re.fullmatch(r"auto|cpu(:0)?|cuda(:\d{1,3})?", device):
        raise unknown("device", device, ("auto", "cpu", "cuda"), "a second GPU is cuda:1")


def processor(kind: str) -> str:
    """Name what the table of defaults knows processors by: the CPU's vector instructions, or the GPU's generation."""
    if kind == "cuda":
        return "cuda sm_{}{}".format(*torch.cuda.get_device_capability())
    return f"cpu {torch.backends.cpu.get_cpu_capability()}"


def surroundings(device: str) -> dict[str, Any]:
    """Return what moves the numbers of a call on this device and is none of its arguments, as JSON.

    Tried on twelve steps of LeNet and ResNet-8: the processor's vector instructions, threads, MKL-DNN on or off, the
    precision of matrix products, and the limits that MKL and oneDNN read from the environment move bits. Deterministic
    algorithms and flushed denormals do not, on the CPU. What "auto" means here is the rows of the table below.
    """
    kind = "cuda" if device.startswith("cuda") and torch.cuda.is_available() else "cpu"
    around = {
        "device": f"{device} ({torch.cuda.get_device_name(device)})" if kind == "cuda" else device,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "processor": processor("cpu") if kind == "cpu" else f"{processor('cpu')}, {processor(kind)}",
        "vendor": _vendor(),
        "defaults": sorted([m, *row] for (m, of), row in DEFAULTS.items() if of in (processor("cpu"), processor(kind))),
        "dtype": str(torch.get_default_dtype()),
        "mkldnn": torch.backends.mkldnn.enabled,
        "precisions": _precisions("mkldnn"),
        "environment": {name: os.environ[name] for name in LIMITS if name in os.environ},
    }
    return around if kind == "cpu" else around | {"cuda": _cuda()}


def _precisions(backend: str) -> list[Any]:
    module = getattr(torch.backends, backend)
    return [module.conv.fp32_precision, (module if backend == "mkldnn" else torch.backends.cuda).matmul.fp32_precision]


def _cuda() -> dict[str, Any]:
    """What else moves bits on a GPU."""
    cudnn = torch.backends.cudnn
    return {
        "versions": [str(torch.version.cuda), cudnn.version()],
        "cudnn": [cudnn.enabled, cudnn.benchmark, cudnn.deterministic, *_precisions("cudnn")],
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


@functools.cache
def _vendor() -> str:
    """Whose processor it is: MKL takes other ways on an AMD than on an Intel of the same instructions."""
    information = Path("/proc/cpuinfo")
    vendor = re.search(r"^vendor_id\s*: (\S+)", information.read_text(), re.M) if information.is_file() else None
    return vendor[1] if vendor else platform.machine()


def _breaks_channels_last(model: nn.Module) -> bool:
    """Say whether torch 2.13 would write past its memory: strided 1×1 convolutions of under 8 channels, on the CPU."""
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    return any(c.kernel_size == (1, 1) and c.stride != (1, 1) and c.in_channels < 8 for c in convolutions)


# what holds MKL and oneDNN to other instructions, read from the environment when they are loaded
LIMITS = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA")

# (public name of the model's class, processor) -> (precision, channels-last); tests/benchmarks/settings.py measures it
DEFAULTS: dict[tuple[str | None, str], tuple[str, bool]] = {
    ("wb.models.ResNet", "cpu AVX2"): ("float32", True),
}
