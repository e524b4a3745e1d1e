"""Live paths: by hand, by trying every weight, and by numbers that were counted apart."""

from __future__ import annotations

from statistics import mean

import pytest
import torch
from tiny import Own, copied, made, same
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.nets.masks import Mask

DATA = made()


def mask_of(**layers: list[list[int]]) -> Mask:
    return {f"{name[1:]}.weight": torch.tensor(rows).bool() for name, rows in layers.items()}


def two_layers() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))


@pytest.mark.parametrize(
    ("first", "second", "live", "dead"),
    [
        ([[1], [1]], [[1, 1]], 4, {}),
        ([[1], [0]], [[1, 1]], 2, {"3.weight": 1}),  # a unit without inputs
        ([[1], [1]], [[0, 1]], 2, {"1.weight": 1}),  # a unit that leads nowhere
        ([[1], [0]], [[0, 1]], 0, {"1.weight": 1, "3.weight": 1}),  # half of either path
        ([[0], [0]], [[1, 1]], 0, {"3.weight": 2}),
    ],
)
def test_four_weights_by_hand(first: list[list[int]], second: list[list[int]], live: int, dead: dict[str, int]):
    mask = mask_of(_1=first, _3=second)
    paths = wb.live_paths(two_layers(), mask, (1, 1, 1))
    assert paths.effective_density == live / 4 == wb.masks.density(paths.live)
    assert paths.density == wb.masks.density(mask)
    assert paths.dead == dead


def test_a_mask_that_lost_layers_is_said_with_the_way_on():
    paths = wb.live_paths(two_layers(), mask_of(_1=[[0], [0]], _3=[[1, 1]]), (1, 1, 1))
    assert paths.collapsed == ("1.weight",)
    assert paths.severed == ("3.weight",)
    assert paths.alarm == (
        "at density 0.5 layers are lost: 1.weight (keeps no weight), 3.weight (keeps 2, none on a path); nothing "
        'passes from input to output; take a higher density, or a method that spares small layers, "synflow" or '
        "\"random_mask(layers='erk')\""
    )
    assert repr(paths) == "LivePaths(density=0.5, effective_density=0, dead=2, collapsed=('1.weight',))"
    assert wb.live_paths(two_layers(), wb.masks.full(two_layers()), (1, 1, 1)).alarm == ""


def test_a_shortcut_goes_around_a_block_that_is_lost():
    data = made(shape=(1, 8, 8))
    model = wb.models.resnet8(data, width=4)
    mask = wb.masks.full(model)
    mask["blocks.0.conv2.weight"][:] = False
    paths = wb.live_paths(model, mask, data.shape)
    assert paths.dead == {"blocks.0.conv1.weight": 4 * 4 * 9}
    assert "goes around them" in paths.alarm
    mask["blocks.1.conv1.weight"][:] = mask["blocks.1.shortcut.0.weight"][:] = False  # both ways of the second block
    assert wb.live_paths(model, mask, data.shape).effective_density == 0


def test_of_many_lost_layers_a_few_are_named():
    data = made(shape=(1, 8, 8))
    model = wb.models.resnet20(data, width=4)
    mask = {name: torch.zeros_like(kept) for name, kept in wb.masks.full(model).items()}
    mask["fc.weight"][0, 0] = True
    assert "and 18 more; nothing passes" in wb.live_paths(model, mask, data.shape).alarm


class Pooled(nn.Module):
    """Grouped and dilated convolutions, both poolings, a shortcut of zeros, as functions and as modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.GroupNorm(2, 4)
        self.conv2 = nn.Conv2d(4, 6, 3, padding=2, groups=2, dilation=2)
        self.fc, self.end = nn.Linear(6, 3), nn.LogSoftmax(1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu6(self.norm(self.conv1(x))), 2)
        x = torch.tanh(self.conv2(x)) + functional.pad(x, (0, 0, 0, 0, 1, 1))
        return self.end(self.fc(functional.gelu(x).amax((2, 3))))


@pytest.mark.parametrize(
    "make", [Own, Pooled, lambda: wb.models.resnet8(DATA, width=2)], ids=["own", "pooled", "resnet"]
)
@pytest.mark.parametrize("density", [0.05, 0.1, 0.3])
def test_a_weight_is_live_where_the_outputs_of_a_network_of_ones_would_lose_something_without_it(
    make: object, density: float
):
    model = make()  # pyright: ignore[reportCallIssue]
    mask = wb.pruning.random_mask(wb.masks.full(model), density=density, seed=2)
    live = wb.live_paths(model, mask, DATA.shape).live
    image = torch.full((1, 1, 4, 4), 2.0**-60, dtype=torch.float64)
    network = plain(make(), mask)  # pyright: ignore[reportCallIssue]
    with torch.no_grad():
        whole = network(image).sum()
        for name, parameter in network.named_parameters():
            for place in mask[name].flatten().nonzero().flatten().tolist() if name in mask else ():
                parameter.view(-1)[place] = 0
                assert bool(network(image).sum() < whole) == bool(live[name].view(-1)[place]), (name, place)
                parameter.view(-1)[place] = 1


def plain(network: nn.Module, mask: Mask) -> nn.Module:
    """Put the mask in a network's place, ones where it names nothing, and leave out biases and what norms do."""
    network = network.double().eval()
    for name, module in list(network.named_modules()):
        if isinstance(module, (nn.GroupNorm, nn.LogSoftmax)):
            setattr(network, name, nn.Identity())
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
    for name, parameter in network.named_parameters():
        parameter.data = mask.get(name, torch.full(parameter.shape, "bias" not in name)).double()
    return network


def test_no_depth_is_too_great():
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 64), *[nn.Linear(64, 64, bias=False) for _ in range(300)])
    assert wb.live_paths(model, wb.masks.full(model), DATA.shape).effective_density == 1
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.1, layers="uniform")
    reached = mask["1.weight"].any(1)
    for layer in range(2, 302):
        reached = (mask[f"{layer}.weight"] & reached).any(1)
    paths = wb.live_paths(model, mask, DATA.shape)
    assert paths.live["301.weight"].any(1).tolist() == reached.tolist()


def test_the_shares_of_live_weights_in_lenet_are_those_counted_apart():
    # a count of our own, of uniformly random masks: 96, 54, 10, 4 and 1 % of the kept weights
    data = made(n=10, shape=(1, 28, 28), classes=10)
    model = wb.models.lenet(data)
    full = wb.masks.full(model)
    for density, share in {0.1: 0.96, 0.03: 0.54, 0.01: 0.10, 0.005: 0.04, 0.002: 0.01}.items():
        masks = [wb.pruning.random_mask(full, density=density, layers="uniform", seed=seed) for seed in range(5)]
        shares = [wb.live_paths(model, mask, data.shape).effective_density / density for mask in masks]
        assert mean(shares) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("make", wb.models.MODELS.values(), ids=wb.models.MODELS)
def test_every_model_of_the_house_is_live_as_a_whole(make: object):
    data = made(n=10, shape=(3, 32, 32), classes=10)
    model = make(data)  # pyright: ignore[reportCallIssue]
    paths = wb.live_paths(model, wb.masks.full(model), data.shape)
    assert paths.effective_density == 1


def test_on_one_pixel_a_kernel_reads_nothing_but_its_margin_beside_the_middle():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(2, 3))
    paths = wb.live_paths(model, wb.masks.full(model), (1, 1, 1))
    assert paths.dead == {"0.weight": 16}


def test_what_comes_in_is_left_alone():
    model = Own()
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.3)
    before, state = copied(mask), wb.snapshot(model)
    wb.live_paths(model, mask, DATA.shape).live["fc.weight"].fill_(True)
    assert same(before, mask)
    assert same(state, wb.snapshot(model))
    assert model.training


class Attentive(nn.Module):
    """Attention by hand: what its queries ask for is no path."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.value, self.fc = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, 0]
        return self.fc(((self.query(x) @ x.mT).softmax(-1) @ self.value(x)).flatten(1))


class Difference(Own):
    def forward(self, images: Tensor) -> Tensor:
        x = self.conv(images)
        return self.fc((x - x[:, :1] / 2).relu().flatten(1))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Attentive(), "no path can be followed through Attentive: it has attention"),
        (Difference(), "no path can be followed through Difference: it takes the difference of paths"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.Sigmoid(), nn.Linear(4, 3)),
            "does not give twice the outputs",
        ),
        (nn.Sequential(nn.Flatten(1, 2), nn.LSTM(4, 3)), "weight_ih_l0 belongs to no linear layer or convolution"),
        (nn.Sequential(nn.Linear(9, 3)), "does not take images of the shape"),
    ],
    ids=["attention", "difference", "sigmoid", "lstm", "shape"],
)
def test_what_no_path_can_be_followed_through_is_refused_in_words(model: nn.Module, words: str):
    with pytest.raises(ValueError, match=words):
        wb.live_paths(model, wb.masks.full(model), DATA.shape)


def test_a_shape_that_is_none_is_said():
    with pytest.raises(ValueError, match=r"shape must be channels, height and width, got a tuple; pass data.shape"):
        wb.live_paths(Own(), wb.masks.full(Own()), (4, 4))
