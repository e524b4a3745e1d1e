"""Exact selection: the k largest, ties by the seed, and a carried threshold that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from workbench.nets import largest, masks
from workbench.nets.largest import Carried, kth_largest, round_largest


def rounded(parts: Sequence[Tensor], count: int, **options) -> list[Tensor]:
    copies = [part.clone() for part in parts]
    round_largest(copies, count, **options)
    return copies


def test_the_largest_become_one_by_hand():
    values = torch.tensor([[0.1, -3.0], [2.0, 0.5]])
    assert rounded([values], 2)[0].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert rounded([values], 0)[0].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert rounded([values], 4)[0].tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_parts_have_one_threshold_together_by_hand():
    parts = [torch.tensor([4.0, 1.0]), torch.tensor([[3.0], [2.0]])]
    assert [part.tolist() for part in rounded(parts, 3)] == [[1.0, 0.0], [[1.0], [1.0]]]
    assert kth_largest(parts, 3) == (2.0, 3)


def test_how_many_are_as_large_counts_the_ties():
    assert kth_largest([torch.tensor([1.0, 2.0, 2.0, 2.0, 3.0])], 2) == (2.0, 4)


@pytest.mark.parametrize("ties", [False, True])
def test_what_a_gpu_runs_finds_the_same(ties: bool):
    for values in walk(30, ties=ties):
        for count in (1, 65, 1300):
            value, at_least = largest._by_torch(values, count)
            assert (float(value), at_least) == kth_largest(values, count)
            found = rounded(values, count, threshold=largest._by_torch)
            assert all(torch.equal(a, b) for a, b in zip(found, rounded(values, count), strict=True))


@pytest.mark.parametrize("count", [1, 7, 40, 100, 119, 120])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_ties_are_broken_as_masks_break_them(count: int, levels: int):
    draw = torch.Generator().manual_seed(count)
    parts = {"a": torch.randint(levels, (10, 7), generator=draw) * 1.0, "b": torch.randint(levels, (50,)) * 1.0}
    full = {name: torch.ones_like(part, dtype=torch.bool) for name, part in parts.items()}
    for seed in (0, 1):
        expected = masks.keep_largest(parts, full, count, seed=seed)
        found = rounded(list(parts.values()), count, seed=seed)
        assert all(torch.equal(a.bool(), b) for a, b in zip(found, expected.values(), strict=True))


@pytest.mark.parametrize("places", [[0], [2], [0, 1, 2, 3]])
def test_a_nan_is_said_and_never_ranked(places: list[int]):
    values = torch.tensor([4.0, 3.0, 2.0, 1.0])
    values[places] = torch.nan
    for threshold in (None, largest._by_torch, Carried()):
        with pytest.raises(ValueError, match="a score is NaN: the search diverged"):
            rounded([values], 2, threshold=threshold)


def test_a_tensor_that_lies_otherwise_in_memory_is_rounded_alike():
    values = torch.randint(5, (4, 3, 3, 3)) * 1.0  # with ties
    other = values.contiguous(memory_format=torch.channels_last)
    assert torch.equal(rounded([values], 50, seed=3)[0], rounded([other], 50, seed=3)[0])


def walk(steps: int, *, ties: bool, sizes: Sequence[int] = (1000, 300)) -> list[list[Tensor]]:
    """Numbers that drift, stand still, jump and shrink; where `ties`, on few levels."""
    draw = torch.Generator().manual_seed(7)
    values, found = [torch.rand(n, generator=draw) - 0.3 for n in sizes], []
    for step in range(steps):
        pace = 0.0 if step % 7 == 0 else 2.0 if step % 50 == 0 else 0.01
        values = [v + pace * torch.randn(len(v), generator=draw) for v in values]
        values = [v * (1e-3 if step == steps // 2 else 1.0) for v in values]
        found.append([(v * 20).round() / 20 if ties else v for v in values])
    return found


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("count", [1, 65, 700, 1300])
def test_a_carried_threshold_keeps_the_same_over_hundreds_of_steps(count: int, ties: bool):
    carried = Carried()
    for values in walk(400, ties=ties):
        exact, found = rounded(values, count, seed=5), rounded(values, count, seed=5, threshold=carried)
        assert sum(int(part.sum()) for part in found) == count
        assert all(torch.equal(a, b) for a, b in zip(exact, found, strict=True))


def test_a_threshold_is_carried_at_nearly_every_step(monkeypatch: pytest.MonkeyPatch):
    anew = []
    monkeypatch.setattr(largest, "kth_largest", lambda *a: anew.append(a) or kth_largest(*a))
    carried = Carried()
    for step, values in enumerate(walk(300, ties=False)):
        if step % 50:  # without the jumps
            round_largest([v.clone() for v in values], 65, threshold=carried)
    assert len(anew) < 45


def test_a_wrong_hint_changes_nothing():
    values = [torch.rand(500)]
    for last, width in ((0.0, 0.0), (1e9, 1.0), (-5.0, 100.0), (0.5, 1e-9), (0.5, 0.1)):
        carried = Carried()
        carried.last, carried.width = last, width
        assert carried(values, 100) == kth_largest(values, 100)
