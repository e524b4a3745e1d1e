"""A strong ticket on the disk: seeds, shapes and bits, of any structure, and nothing is lost on the way."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from strong.targets import trained

import workbench as wb
from workbench import strong
from workbench.strong.structures import STRUCTURES


def test_a_ticket_on_the_disk_is_a_seed_and_bits(tmp_path) -> None:
    ticket, path = strong.structured(*trained(bias=True), ratio=6, beyond="nearest"), tmp_path / "ticket.safetensors"
    strong.save(ticket, path)
    read, x = strong.open(path), trained(bias=True)[2].test.inputs()[:5]
    assert torch.equal(read.compact()(x), ticket.compact()(x))
    places = sum(pair.kept.numel() for pair in ticket.pairs)
    assert path.stat().st_size < places / 8 + 4000  # a bit for a place, and what says which
    stored = {name for pair in ticket.pairs for name, value in vars(pair).items() if torch.is_tensor(value)}
    assert stored == {"kept", "errors"}  # no weight


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_ticket_of_any_structure_comes_back_from_a_file_and_from_an_archive(structure: str, tmp_path) -> None:
    call = wb.call(strong.structured, *trained(bias=True), ratio=2.0, structure=structure, beyond="nearest")
    ticket, again = (wb.Archive(tmp_path / "runs").run(call) for _ in range(2))
    strong.save(ticket, tmp_path / "ticket.safetensors")
    for read in (again, strong.open(tmp_path / "ticket.safetensors")):
        assert [str(stage) for stage in read.stages] == [str(stage) for stage in ticket.stages]
        for pair, one in zip(read.pairs, ticket.pairs, strict=True):
            assert all(same_value(value, vars(one)[name]) for name, value in vars(pair).items())


def same_value(a: object, b: object) -> bool:
    return torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b


def test_numbers_of_numpy_are_saved_as_numbers(tmp_path) -> None:  # in a bare Python: annotations are not checked there
    script = """
import sys, numpy as np, torch, workbench as wb
given = {"candidates": np.int64(60), "index": np.int64(1), "seed": np.int64(2), "scale": np.float32(0.25)}
shape, kernel = wb.strong.Shape("x", 2, 3), torch.ones(3, 2, 1, 1).double()
wb.strong.save(wb.strong.StrongTicket((wb.strong.prune_pair(shape, kernel, **given),)), sys.argv[1])
"""
    path = tmp_path / "ticket.safetensors"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
    (pair,) = strong.open(path).pairs
    assert (pair.candidates, pair.index, pair.seed, pair.scale) == (60, 1, 2, 0.25)
