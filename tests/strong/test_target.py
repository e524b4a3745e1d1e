"""What a target is read as, and what is refused by name, with what to change."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from strong.targets import apart
from torch import nn

import workbench as wb
from workbench import strong
from workbench.strong.reading import read_target
from workbench.strong.target import module_between
from workbench.strong.views import exact

DATA = wb.unit_range(wb.load("digits"))
FLAT = [nn.Flatten(), nn.Linear(4 * 64, 10)]
RELU = nn.ReLU()


def chain(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers).eval()


def read(*layers: nn.Module) -> strong.Target:
    model = chain(*layers)
    return strong.target_of(model, wb.snapshot(model), DATA)


SERVED = {
    "convolutions": [nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), *FLAT],
    "no bias": [nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10, bias=False)],
    "nested": [nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU()), nn.Sequential(*FLAT)],
    "stride, no margin": [nn.Conv2d(1, 4, 3, stride=2, padding="valid"), nn.ReLU(), nn.Flatten(), nn.Linear(36, 10)],
    "dilation, even kernel": [nn.Conv2d(1, 4, 2, dilation=2), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)],
    "pooling": [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(3), nn.Flatten(), nn.Linear(4, 10)],
    "average of maps": [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)],
    "norm and dropout": [nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), *FLAT],
    "norm without weights": [nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4, affine=False), *FLAT],
    "linear, norm": [nn.Flatten(), nn.Linear(64, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 10)],
    "a ReLU used twice": [nn.Conv2d(1, 4, 3), RELU, nn.Conv2d(4, 2, 3), RELU, nn.Flatten(), nn.Linear(32, 10)],
    "averages without the margin": [
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2, padding=1, count_include_pad=False),
        nn.Flatten(),
        nn.Linear(100, 10),
    ],
    "signs, averages, maxima": [
        nn.Conv2d(1, 4, 3, padding=1),
        nn.AvgPool2d(2, padding=1, ceil_mode=True),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Flatten(),
        nn.Linear(36, 10),
    ],
    "averages of logits": [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 10, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()],
    "two linear maps": [nn.Flatten(), nn.Linear(64, 5), nn.Linear(5, 10)],
}


@pytest.mark.parametrize("name", SERVED)
def test_a_target_is_read_as_what_it_computes(name: str) -> None:
    model = chain(*SERVED[name])
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.uniform_(-1, 1)  # pyright: ignore[reportOptionalMemberAccess]
            module.running_var.uniform_(0.5, 2)  # pyright: ignore[reportOptionalMemberAccess]
    target = strong.target_of(model, wb.snapshot(model), DATA)
    x = y = DATA.test.inputs()[:20].double()
    for stage in target.stages:
        y = exact(target, stage)(y)
    with torch.no_grad():
        assert apart(y, model.double()(x)) < 1e-10
    model.float()


@pytest.mark.parametrize("name", SERVED)
def test_a_ticket_of_it_is_near_it(name: str) -> None:
    model = chain(*SERVED[name])
    weights = wb.snapshot(model)
    ticket = strong.structured(model, weights, DATA, ratio=12, beyond="nearest")
    beside = strong.compare(ticket, model, weights, DATA)
    assert beside.logit_error < 0.3
    assert beside.certificate is not None
    assert beside.certificate >= beside.measured[-1]


def test_parameters_are_counted_as_torch_counts_them() -> None:
    model = chain(*SERVED["convolutions"])
    assert read(*SERVED["convolutions"]).parameters == sum(p.numel() for p in model.parameters())


class Residual(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


CONV = nn.Conv2d(1, 4, 3, padding=1)
REFUSED = {
    "a skip connection": ([CONV, Residual(), *FLAT], "serves no Residual (1)"),
    "another activation": ([CONV, nn.LeakyReLU(), *FLAT], "serves no LeakyReLU (1)"),
    "sigmoid": ([CONV, nn.Sigmoid(), *FLAT], "serves no Sigmoid (1)"),
    "groups": ([nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1, groups=2), *FLAT], "groups=2"),
    "another margin": ([nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular"), *FLAT], "padding_mode='circular'"),
    "a wide margin": ([nn.Conv2d(1, 4, 3, padding=2), nn.Flatten(), nn.Linear(400, 10)], "train it with bias=False"),
    "uneven margin": ([nn.Conv2d(1, 4, 2, padding="same"), *FLAT], 'padding="same" must be alike'),
    "norm behind a ReLU": ([CONV, nn.ReLU(), nn.BatchNorm2d(4), *FLAT], "2 must follow a convolution"),
    "norm without statistics": ([CONV, nn.BatchNorm2d(4, track_running_stats=False), *FLAT], "running statistics"),
    "group norm": ([CONV, nn.GroupNorm(2, 4), *FLAT], "serves no GroupNorm (1)"),
    "sums of pools": (
        [CONV, nn.AvgPool2d(2, divisor_override=1), nn.Flatten(), nn.Linear(64, 10)],
        "divisor_override=1",
    ),
    "linear maps of rows": (
        [CONV, nn.ReLU(), nn.Linear(8, 8), *FLAT],
        "2 must read flat inputs, got maps of the shape",
    ),
    "another flattening": ([CONV, nn.Flatten(2), nn.Flatten(), nn.Linear(256, 10)], "flatten all of an image (1)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_served_is_refused_by_name(name: str) -> None:
    layers, words = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(words)):
        read(*layers)


def test_a_network_that_is_no_chain_is_refused_with_what_is() -> None:
    model = wb.models.resnet8(DATA)
    with pytest.raises(ValueError, match=r"the target must be a chain .*, got a ResNet; lenet5 and plain_cnn are such"):
        strong.structured(model, wb.snapshot(model), DATA)


def test_images_of_mean_zero_have_signs_and_those_behind_a_relu_have_none() -> None:
    model = wb.models.plain_cnn(DATA)
    for data, first in ((DATA, False), (wb.load("digits"), True)):
        shapes = strong.target_of(model, wb.snapshot(model), data).shapes
        assert [shape.signed for shape in shapes] == [first, False, False]
    two = read(*SERVED["two linear maps"])
    assert [shape.signed for shape in two.shapes] == [False, True]


def test_a_diverged_target_is_refused() -> None:
    model = wb.models.plain_cnn(DATA)
    weights = {name: w * torch.nan for name, w in wb.snapshot(model).items()}
    with pytest.raises(ValueError, match="not finite"):
        read_target(model, weights, signed=False)


def test_a_module_between_is_made_from_its_text_alone() -> None:
    for text in read(*SERVED["pooling"]).stages:
        if isinstance(text, str):
            assert isinstance(module_between(text), nn.Module)
    with pytest.raises((KeyError, ValueError)):
        module_between("Conv2d(1, 2, 3)")


class Doubled(nn.Conv2d):
    """A convolution of one's own, which does not compute what its weights say."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(input)


def one_more(layer: nn.Module, given: Any, answer: Any) -> Any:
    return answer + 1


def test_a_layer_that_computes_something_else_than_its_weights_is_noticed() -> None:
    with pytest.raises(ValueError, match="the target must compute what its layers say"):
        read(Doubled(1, 4, 3, padding=1), nn.ReLU(), *FLAT)
    model = chain(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), *FLAT)
    model[0].register_forward_hook(one_more)
    with pytest.raises(ValueError, match="the target must compute what its layers say"):
        strong.target_of(model, wb.snapshot(model), DATA)


def test_weights_that_are_made_of_others_are_read_as_what_they_make() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 4, 3, padding=1))
    assert read(layer, nn.ReLU(), *FLAT).kernels["0"].shape == (4, 2, 3, 3)


def test_images_of_another_size_are_refused() -> None:
    model = wb.models.plain_cnn(DATA)
    wide = wb.unit_range(wb.load("digits", image_size=12))
    with pytest.raises(ValueError, match="does not take images of the shape"):
        strong.target_of(model, wb.snapshot(model), wide)
