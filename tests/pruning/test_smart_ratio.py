"""The smart ratio by hand, and the densities of ResNet-20 that the authors of Rare Gems left behind."""

from __future__ import annotations

import pytest
import torch

import workbench as wb
from workbench.nets.masks import Mask
from workbench.pruning import smart_ratio


def ones(*sizes: int) -> Mask:
    return {f"layer{i}": torch.ones(size, dtype=torch.bool) for i, size in enumerate(sizes, 1)}


def counts(mask: Mask) -> list[int]:
    return list(wb.masks.kept_by_layer(mask).values())


@pytest.mark.parametrize(
    ("density", "options", "kept"),
    [
        (0.1, {}, [12, 6, 3]),  # 21, of which 0.3 · 10 for the last; 18 by 3² + 3 : 2² + 2
        (0.1, {"layers": "vgg"}, [16, 2, 3]),  # by 12 / 1 : 6 / 4
        (0.1, {"last": None}, [14, 7, 0]),  # 100 · 12 : 100 · 6 : 10 · 2, the third 0.23
        (0.1, {"last": 0.0}, [14, 7, 0]),
        (0.8, {}, [100, 65, 3]),  # 110 : 55, of which the first has no room for 10
        (0.02, {}, [1, 1, 2]),  # 4, of which the last gets half at most
        (1.0, {}, [100, 100, 10]),
    ],
)
def test_three_layers_by_hand(density: float, options: dict[str, str | float | None], kept: list[int]):
    assert counts(smart_ratio(ones(100, 100, 10), density=density, **options)) == kept  # pyright: ignore[reportArgumentType]


def test_what_the_last_of_the_others_has_no_room_for_goes_to_the_first_that_has():
    mask = ones(100, 100, 10)
    mask["layer2"][5:] = False  # of 12 and 6 one has no room
    assert counts(smart_ratio(mask, density=0.1)) == [13, 5, 3]


def test_one_layer_takes_all():
    assert counts(smart_ratio(ones(50), density=0.5)) == [25]


@pytest.mark.parametrize("layers", ["resnet", "vgg"])
@pytest.mark.parametrize("density", [0.01, 0.03, 0.1, 0.5, 0.77, 0.99, 1.0])
def test_the_total_is_exact_and_within_what_is_kept(layers: str, density: float):
    mask = ones(27, 400, 400, 90, 10)
    assert sum(counts(smart_ratio(mask, density=density, layers=layers))) == round(density * 927)
    half = wb.pruning.random_mask(mask, density=0.6, seed=1)
    if density <= 0.6:
        kept = smart_ratio(half, density=density, layers=layers)
        assert sum(counts(kept)) == round(density * 927)
        assert not any((kept[name] & ~half[name]).any() for name in half)


def test_densities_of_resnet20_are_the_authors():
    sizes = [432, *[2304] * 6, 4608, *[9216] * 5, 18432, *[36864] * 5, 640]  # without convolutions in the shortcuts
    mask = smart_ratio(ones(*sizes), density=0.0144)
    theirs = [10.0, 9.1, 8.2, 7.3, 6.5, 5.7, 5.0, 4.4, 3.7, 3.2, 2.6, 2.2, 1.7, 1.3, 1.0, 0.7, 0.5, 0.3, 0.1, 30.0]
    shares = [100 * kept / size for kept, size in zip(counts(mask), sizes, strict=True)]
    assert shares == pytest.approx(theirs, abs=0.2)  # one of the first layer's 432 weights is 0.23


def test_options_out_of_range_are_said():
    with pytest.raises(ValueError, match='rule for layers "vg" is not known; did you mean "vgg"'):
        smart_ratio(ones(10, 10), density=0.5, layers="vg")
    with pytest.raises(ValueError, match=r"last must be in \[0, 1\], got 30.0; 0.3 is the paper's"):
        smart_ratio(ones(10, 10), density=0.5, last=30.0)
