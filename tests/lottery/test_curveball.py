"""The curveball: rows and columns keep their sums, no matrix is favoured, and nothing of the first is left."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
import torch
from torch import Tensor

from workbench.lottery.curveball import SWEEPS, curveball


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bools(*rows: str) -> Tensor:
    return torch.tensor([[letter == "1" for letter in row] for row in rows])


def matrices(rows: int, columns: int) -> list[Tensor]:
    """All matrices of a size."""
    cells = itertools.product((False, True), repeat=rows * columns)
    return [torch.tensor(each).view(rows, columns) for each in cells]


def skewed(rows: int, columns: int, density: float) -> Tensor:
    """A mask as tickets have them: some rows, and fewer columns, have most of the connections."""
    by_row, by_column = torch.rand(rows, 1) ** 2, torch.rand(1, columns) ** 4
    chance = by_row * by_column
    return torch.rand(rows, columns) < density * chance / chance.mean()


def shared(a: Tensor, b: Tensor) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("shape", [(300, 784), (784, 30), (7, 5), (2, 9)])
@pytest.mark.parametrize("density", [0.0144, 0.1, 0.5, 0.9])
def test_rows_and_columns_keep_their_sums(shape: tuple[int, int], density: float):
    for places in (torch.rand(shape) < density, skewed(*shape, density)):
        before = places.clone()
        found = curveball(places, draw())
        assert torch.equal(places, before)
        assert torch.equal(found.sum(0), places.sum(0))
        assert torch.equal(found.sum(1), places.sum(1))


@pytest.mark.parametrize(
    "first",
    [
        bools("100", "010", "001"),
        bools("1100", "1010", "0011"),
        bools("1001", "0100"),
        bools("110", "100", "001", "010"),
    ],
)
def test_all_matrices_with_these_sums_are_drawn_alike(first: Tensor):
    sums = (first.sum(0).tolist(), first.sum(1).tolist())
    others = [m for m in matrices(*first.shape) if (m.sum(0).tolist(), m.sum(1).tolist()) == sums]
    drawn = Counter(tuple(curveball(first, draw(seed)).flatten().tolist()) for seed in range(200 * len(others)))
    assert drawn.keys() == {tuple(m.flatten().tolist()) for m in others}
    assert all(abs(count - 200) < 4.5 * 200**0.5 for count in drawn.values())  # deviations of a count


@pytest.mark.parametrize(
    "only",
    [bools("11", "11"), bools("00", "00"), bools("101"), bools("1", "0", "1"), bools("11", "10"), bools("111", "000")],
)
def test_a_matrix_that_is_alone_with_its_sums_stays_as_it_is(only: Tensor):
    assert torch.equal(curveball(only, draw()), only)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1)])
def test_nothing_has_nothing_to_trade(shape: tuple[int, int]):
    assert curveball(torch.zeros(shape, dtype=torch.bool), draw()).shape == shape


@pytest.mark.parametrize("density", [0.0144, 0.5])
def test_its_sweeps_leave_no_more_of_the_first_matrix_than_five_times_as_many_do(density: float):
    places = skewed(300, 784, density)
    few, usual, many = (shared(places, curveball(places, draw(), sweeps=n)) for n in (2, SWEEPS, 5 * SWEEPS))
    assert usual == pytest.approx(many, abs=0.02)
    assert few > many + 0.1
