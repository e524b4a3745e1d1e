"""A ticket taken away as an ordinary smaller model: files that plain torch reads, and what they save.

What the mask left without effect is gone (`wb.compact`), so that nothing sparse is needed to be smaller and faster. A
mask of whole filters (`wb.pruning.filters`) gives nearly all that its density promises, one of single weights little:
the table says which.

    wb.export(model, wb.Ticket(run.weights, mask), data, "ticket")

    import torch, safetensors.torch
    classify = torch.export.load("ticket/model.pt2").module()           # no workbench is needed from here on
    logits = classify((pixels / 255 - mean) / std)                      # mean and std by channel: ticket/model.json
    tensors = safetensors.torch.load_file("ticket/model.safetensors")   # the state dict of the smaller model

A `.pt2` is code to torch, which unpickles parts of it: load none that you would not run. A state dict is numbers alone.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor, nn

from workbench.data.data import Data, Split
from workbench.lottery.exported import Exported
from workbench.nets import masks
from workbench.nets.compaction import compact
from workbench.nets.door import check_finite, check_logits, check_network, check_split, part_of, taken_by
from workbench.nets.footprint import Footprint, multiply_adds, size, stored_bytes, timed
from workbench.nets.plain_module import private
from workbench.nets.weights import Ticket
from workbench.work import progress, rules
from workbench.work.disk import whole

PROGRAM = "model.pt2"
AT_ONCE = {1: 10, 256: 1}  # images in a timed pass: how many times as many turns, for a pass of one is over at once
TOLERANCE = 1e-4  # of the largest logit: what float32 may lose where sums are taken in another order
COSTS = (1, 5, 1, 10, 10)  # of compaction, program, check, and of timing by `AT_ONCE`, roughly


def export(
    model: nn.Module,
    ticket: Ticket,
    data: Data,
    folder: str | Path,
    *,
    split: str = "test",
    inference: bool = True,
    program: bool = True,
    turns: int = 11,
) -> Exported:
    """Write a ticket to a folder as an ordinary smaller model, and return what it saves, counted and measured.

    `model.safetensors` is the compact model's state dict, `model.pt2` its program (`torch.export`, for any number of
    images at once), and `model.json` says what goes in and comes out, and the figures of the table. The three appear
    together, or none does: what they compute is held first against the masked model on 256 images of the `split`.

    `inference=False` keeps batch-norms, so that the state dict can be trained on; the program is of eval mode in either
    case. `program=False` leaves the program out. Every pass is timed `turns` times. All is done on the CPU.

    Raises a ValueError for a ticket of another model, a network that `wb.compact` or `torch.export` cannot read, and a
    `folder` where a file stands; an OSError where it cannot be written.
    """
    rules.instance("ticket", ticket, Ticket, "a Ticket", "wb.Ticket(run.weights, mask) makes one")
    check_network(model, ticket.weights, ticket.mask)
    check_finite(ticket.weights, "the ticket")
    images = part_of(data, split)
    check_split(images, split, "run the model on")
    rules.flag("inference", inference, "False keeps batch-norms")
    rules.flag("program", program, "False leaves the program out")
    rules.whole("turns", turns, least=1, most=10_000, way_on="11 have a median")
    place = _checked(folder)
    dense = private(model).cpu().eval()
    dense.load_state_dict(ticket.weights)
    batch = images.to("cpu").inputs(torch.arange(max(AT_ONCE)) % len(images))
    logits = _logits(dense, batch, images)
    with progress.within("compaction", 0, COSTS):
        progress.report(0, 1)
        smaller = compact(dense, *_on_cpu(ticket), inference=inference).eval()
        _logits(smaller, batch, images)  # what a layer makes once for a size of images is a constant of the program
    with progress.within("program", 1, COSTS):
        progress.report(0, 1)
        archive = _program(smaller, batch) if program else None
    with progress.within("check", 2, COSTS):
        progress.report(0, 1)
        difference = _difference(logits, smaller, archive, batch)
    footprints = _footprints((dense, smaller), batch, turns)
    exported = Exported(
        folder=str(folder),
        model=type(model).__name__,
        density=masks.density(ticket.mask),
        dense=footprints[0],
        compact=footprints[1],
        difference=difference,
        images=min(len(images), len(batch)),
        turns=int(turns),
        threads=torch.get_num_threads(),
        processor=f"CPU with {torch.backends.cpu.get_cpu_capability()}",
    )
    _write(place, _files(exported, smaller, archive, data, images))
    return exported


def _checked(folder: str | Path) -> Path:
    """Return the folder to write to; a ValueError where a file stands in its way."""
    path = rules.path("folder", folder, '"ticket" is one')
    there = next(place for place in (path, *path.parents) if place.exists())
    if not there.is_dir():
        raise ValueError(f"folder must be a folder, or none yet, but {there} is a file; name another")
    return path


def _on_cpu(ticket: Ticket) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return weights and mask; those that lie on the CPU already as they are, ties among them."""
    return {n: t.cpu() for n, t in ticket.weights.items()}, {n: t.cpu() for n, t in ticket.mask.items()}


@torch.no_grad()
def _logits(network: nn.Module, batch: Tensor, images: Split) -> Tensor:
    """Return what the masked network says of the images; a ValueError where it does not take them."""
    with taken_by(network, batch):
        logits = network(batch)
    check_logits(logits, batch, images.labels, network)
    return logits


def _program(network: nn.Module, batch: Tensor) -> bytes:
    """Return the network as a program of torch's, for any number of images; a ValueError where torch cannot read it."""
    try:
        program = torch.export.export(network, (batch[:2],), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    except Exception as error:  # torch raises many kinds, and each is about what forward does
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        way_on = "program=False writes the state dict alone"
        raise ValueError(f"{type(network).__name__} cannot be exported by torch.export: {reason}; {way_on}") from error
    program.example_inputs = None  # they would be kept in the file
    torch.export.save(program, file := io.BytesIO())
    return file.getvalue()


@torch.no_grad()
def _difference(logits: Tensor, network: nn.Module, archive: bytes | None, batch: Tensor) -> float:
    """Return how far logits of the smaller network, and of its program as read back, are off, all at once and alone.

    A ValueError where that is more than rounding.
    """
    forms: list[Callable[[Tensor], Tensor]] = [network]
    if archive is not None:
        forms.append(torch.export.load(io.BytesIO(archive)).module())
    parts = (batch, batch[:1])
    difference = max(float((form(part) - logits[: len(part)]).abs().max()) for form in forms for part in parts)
    if not difference <= TOLERANCE * max(1.0, float(logits.abs().max())):
        way_on = "nothing was written, and wb.save(ticket, path) keeps the ticket as it is"
        raise ValueError(
            f"the smaller {type(network).__name__} must say what the masked one does, but a logit is off by "
            f"{difference:.3g}: does its forward look at other images of the batch? {way_on}"
        )
    return difference


def _footprints(networks: tuple[nn.Module, nn.Module], batch: Tensor, turns: int) -> list[Footprint]:
    """Count and time the two networks, in alternation."""
    milliseconds: list[dict[int, float]] = [{}, {}]
    for place, (n, times) in enumerate(AT_ONCE.items(), 3):
        with progress.within("timing", place, COSTS):
            for medians, median in zip(milliseconds, timed(networks, batch[:n], times * turns), strict=True):
                medians[n] = median
    counts = [(stored_bytes(network), size(network), multiply_adds(network, batch[:1])) for network in networks]
    return [Footprint(*count, medians) for count, medians in zip(counts, milliseconds, strict=True)]


def _files(
    exported: Exported, network: nn.Module, archive: bytes | None, data: Data, images: Split
) -> dict[str, bytes]:
    """Return what is written, by the names of the files."""
    from safetensors.torch import save

    about = {
        "model": exported.model,
        "density": exported.density,
        "torch": str(torch.__version__),
        "classes": data.classes,
        "image": {"shape": data.shape, "mean": images.mean.tolist(), "std": images.std.tolist()},
        "image_is": "(pixels / 255 - mean) / std, float32, (images, channels, height, width)",
        "measured": {name: value for name, value in dataclasses.asdict(exported).items() if name != "folder"},
    }
    metadata = {"format": "lottery-workbench compact model"} | {n: str(about[n]) for n in ("model", "density", "torch")}
    tensors = {name: t.clone(memory_format=torch.contiguous_format) for name, t in network.state_dict().items()}
    files = {"model.safetensors": save(tensors, metadata)}
    if archive is not None:
        files[PROGRAM] = archive
    return files | {"model.json": (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all of the files, or none."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for name, content in files.items():
            Path(stack.enter_context(whole(folder / name))).write_bytes(content)
    if PROGRAM not in files:  # one of an earlier export would be of another network
        (folder / PROGRAM).unlink(missing_ok=True)
