"""Where and in which number format a network runs, chosen from what was measured, and told in every run.

PyTorch's own defaults are slow for small networks: LeNet-300-100 takes 2 ms a step with one thread and up to ten times
as long with two that share busy cores. So the house runs one thread (set when `workbench` is imported;
`torch.set_num_threads` afterwards overrides it) and the memory format below. `tests/benchmarks/settings.py` measures
the choice again. Nothing here is timed when a run starts: the same call gives the same bits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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


def _breaks_channels_last(model: nn.Module) -> bool:
    """Say whether torch 2.13 would write past its memory: strided 1×1 convolutions of under 8 channels, on the CPU."""
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    return any(c.kernel_size == (1, 1) and c.stride != (1, 1) and c.in_channels < 8 for c in convolutions)


# (public name of the model's class, processor) -> (precision, channels-last); tests/benchmarks/settings.py measures it
DEFAULTS: dict[tuple[str | None, str], tuple[str, bool]] = {
    ("wb.models.ResNet", "cpu AVX2"): ("float32", True),
}
