"""A safetensors file of one's own, beside the archive: written whole or not at all, read with errors that help."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from workbench.work import rules
from workbench.work.disk import whole
from workbench.work.memory import check_room


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], title: str) -> None:
    """Write a file, or leave what was there; its `title` ("a ticket") is named in errors.

    Raises a ValueError for a missing folder or what is no file in its place, an OSError where it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = rules.path("path", path, f"{title} is saved there")
    if not path.parent.is_dir():
        raise ValueError(f"{title} cannot be saved as {path}: {path.parent} is no folder; make it first")
    with whole(path) as part:
        try:
            save_file(dict(tensors), part, metadata=dict(metadata))
        except SafetensorError as error:
            way_on = "what was there is as it was, so save it elsewhere"
            raise OSError(f"{path} cannot be written ({error}); {way_on}") from error


def read_tensors(path: str | Path, noun: str, way_on: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a file that should hold a `noun`; `way_on` says what writes one.

    Raises a ValueError for a file that is not there, or not whole.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    if not rules.path("path", path, way_on).is_file():
        raise ValueError(f"there is no {noun} at {path}; {way_on}")
    check_room(f"the {noun} in {path}", Path(path).stat().st_size, "is it the right file?")
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
        return load_file(path), metadata
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error}); save the {noun} again") from error


def ties(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Return, for every name whose tensor lies in the very memory of an earlier one (tied weights), that first name."""
    first: dict[object, str] = {}
    owners = {name: first.setdefault(_memory(tensor), name) for name, tensor in tensors.items()}
    return {name: owner for name, owner in owners.items() if name != owner}


def _memory(tensor: Tensor) -> object:
    if tensor.numel() == 0 or tensor.is_meta:
        return id(tensor)
    return tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride()
