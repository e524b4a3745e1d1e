"""What forward passes may look like to be made smaller, and what is refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from compacted import check_same, lively
from tiny import made
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.nets.compaction import compaction, coupled

DENSE = 'execution="dense" trains it as it is'


class Net(nn.Module):
    """A convolution, a second one, and a linear layer for 4 channels of 4×4 places; `form` is its forward pass."""

    mean: Tensor

    def __init__(self, form: Callable[[Net, Tensor], Any], features: int = 64) -> None:
        super().__init__()
        self.form = form
        self.conv, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm, self.groups = nn.BatchNorm2d(4), nn.GroupNorm(2, 4)
        self.scale, self.shift = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.zeros(4, 1, 1))
        self.register_buffer("mean", torch.tensor([0.3, 0.7]).view(2, 1, 1))
        self.fc = nn.Linear(features, 3)

    def forward(self, x: Tensor) -> Any:
        return self.form(self, x)


def unpacked(m: Net, x: Tensor) -> Tensor:
    x = m.conv(x).relu()
    n, _, _, _ = x.shape
    return m.fc(x.view(n, -1))


def aliased(m: Net, x: Tensor) -> Tensor:
    """What is written in place is read again, under its first name."""
    first = m.conv(x)
    functional.relu(first, inplace=True)
    return m.fc(m.second(first).flatten(1))


def added_in_place(m: Net, x: Tensor) -> Tensor:
    """What a trace does not show: += writes over what is read again, under its first name."""
    first = m.conv(x)
    out = first
    out += 3.0
    return m.fc(m.second(first).flatten(1))


FORMS: dict[str, tuple[Callable[[Net, Tensor], Any], int]] = {
    "flatten": (lambda m, x: m.fc(torch.flatten(m.conv(x).relu(), start_dim=1)), 64),
    "reshape by a size": (lambda m, x: m.fc(m.conv(x).relu().reshape(x.size(0), -1)), 64),
    "reshape by a shape": (lambda m, x: m.fc(torch.reshape(m.conv(x).tanh(), (x.shape[0], -1))), 64),
    "unpacked": (unpacked, 64),
    "mean": (lambda m, x: m.fc(m.conv(x).sigmoid().mean((-1, -2))), 4),
    "mean, axis by axis": (lambda m, x: m.fc(torch.mean(m.conv(x), 3).mean(dim=2)), 4),
    "pooling by a size": (lambda m, x: m.fc(functional.avg_pool2d(m.conv(x), x.shape[2:]).flatten(1)), 4),
    "padded pooling": (lambda m, x: m.fc(functional.avg_pool2d(m.conv(x), 3, 1, 1).flatten(1)), 64),
    "pooling to one": (lambda m, x: m.fc(functional.adaptive_max_pool2d(m.conv(x), 1).flatten(1)), 4),
    "a block": (lambda m, x: m.fc((m.second(m.conv(x).relu()) + m.conv(x)).flatten(1)), 64),
    "a layer twice": (lambda m, x: m.fc(m.second(m.second(m.conv(x)).relu()).flatten(1)), 64),
    "a norm twice": (lambda m, x: m.fc(m.norm(m.second(m.norm(m.conv(x)).relu())).flatten(1)), 64),
    "a gate": (lambda m, x: m.fc((m.conv(x) * m.conv(x).mean((2, 3), keepdim=True).sigmoid()).flatten(1)), 64),
    "side by side": (lambda m, x: m.fc(torch.cat([m.conv(x), m.second(m.conv(x))], dim=1).flatten(1)), 128),
    "features side by side": (
        lambda m, x: m.fc(torch.cat([m.conv(x).mean((2, 3)), m.second(m.conv(x)).mean((2, 3))], 1)),
        8,
    ),
    "scaled": (lambda m, x: m.fc(1 - (m.conv(x) * m.scale).flatten(1) / 2), 64),
    "images normed": (lambda m, x: m.fc(m.conv((x - m.mean) / 2).relu().flatten(1)), 64),
    "images and channels": (lambda m, x: m.fc((m.second(m.conv(x)) + m.conv(x)).clamp(min=0).flatten(1)), 64),
    "dropout as it trains": (lambda m, x: m.fc(functional.dropout(m.conv(x), 0.0, m.training).flatten(1)), 64),
    "log-softmax": (lambda m, x: functional.log_softmax(m.fc(m.conv(x).relu().flatten(1)), dim=1), 64),
    "a norm of groups": (lambda m, x: m.fc(m.groups(m.second(m.conv(x).relu())).flatten(1)), 64),
    "softmax of channels": (lambda m, x: m.fc(m.second(m.conv(x)).softmax(1).flatten(1)), 64),
    "in place": (aliased, 64),
    "added in place": (added_in_place, 64),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_forward_pass_of_this_form_is_followed(form: str):
    model = Net(*FORMS[form]).double()
    images = torch.randn(5, 2, 4, 4, dtype=torch.float64)
    whole = wb.masks.full(model)
    for share in (0.5, 0.2):
        mask = {
            name: kept & (torch.rand(len(kept)).view(-1, *[1] * (kept.dim() - 1)) < share)
            for name, kept in whole.items()
        }
        mask["fc.weight"] = whole["fc.weight"]
        check_same(model, lively(model), mask, images, 1e-9)
        mask["fc.weight"] = torch.rand(whole["fc.weight"].shape) < 0.05
        check_same(model, lively(model), mask, images, 1e-9)


REFUSED: dict[str, tuple[Callable[[Net, Tensor], Any], str]] = {
    "a size": (lambda m, x: m.fc(m.conv(x).view(-1, 64)), "the call of view (view) is given a size that a smaller"),
    "channels": (
        lambda m, x: m.fc(m.conv(x).view(x.shape[0], m.conv(x).shape[1] * 16)),
        "takes the number of channels, which is less in a",
    ),
    "a sum": (lambda m, x: m.fc(m.conv(x).sum(1).flatten(1)), "the call of sum (sum_1) is an operation whose channels"),
    "a mean": (lambda m, x: m.fc(m.conv(x).mean(1).flatten(1)), "takes the mean over channels or examples"),
    "control flow": (
        lambda m, x: m.fc(m.conv(x).flatten(1)) if x.sum() > 0 else x,
        "cannot be followed without numbers",
    ),
    "own tensor": (
        lambda m, x: m.fc((m.conv(x) + m.shift).flatten(1)),
        "a tensor of one's own with a number for every",
    ),
    "train mode": (lambda m, x: m.fc((m.conv(x) + m.training).flatten(1)), "does something else in train mode"),
    "two outputs": (lambda m, x: (m.fc(m.conv(x).flatten(1)), x), "is not one tensor of logits"),
    "no layers": (lambda m, x: x.flatten(1), "is not one tensor of logits"),
    "other axes": (lambda m, x: m.fc(m.conv(x).flatten(1, end_dim=2)), "the call of flatten (flatten) is an operation"),
    "other forms": (
        lambda m, x: m.fc((m.conv(x) + m.conv(x).mean((2, 3))).flatten(1)),
        "joins tensors of different forms",
    ),
    "no flatten": (lambda m, x: m.fc(m.conv(x)), "fc (Linear) reads a tensor of another form"),
    "functions": (lambda m, x: functional.linear(m.conv(x).flatten(1), m.fc.weight), "the call of linear (linear)"),
}


@pytest.mark.parametrize("form", REFUSED)
@pytest.mark.parametrize("verb", ["compact", "inference", "compaction", "alive", "coupled"])
def test_a_forward_pass_that_cannot_be_followed_is_refused_in_words(form: str, verb: str):
    function, reason = REFUSED[form]
    model = Net(function)
    mask = wb.masks.full(model)
    with pytest.raises(ValueError, match=f"^Net cannot be made smaller: .*{re.escape(reason)}.*{re.escape(DENSE)}$"):
        {
            "compact": lambda: wb.compact(model, wb.snapshot(model), mask),
            "inference": lambda: wb.compact(model, wb.snapshot(model), mask, inference=True),
            "compaction": lambda: compaction(model, mask),
            "alive": lambda: wb.alive(model, mask),
            "coupled": lambda: coupled(model),
        }[verb]()


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.fc = nn.MultiheadAttention(4, 2), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.attention(x, x, x)[0])


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
        self.b.weight = self.a.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x.flatten(1)))


def hooked() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    model[1].register_forward_hook(lambda *_: None)
    return model


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Attending(), "attention (MultiheadAttention) takes something other than one tensor"),
        (nn.Sequential(nn.Flatten(), nn.LSTM(4, 3)), "1 (LSTM) is no layer whose channels can be followed"),
        (nn.Sequential(nn.ConvTranspose2d(1, 2, 3), nn.Flatten()), "0 (ConvTranspose2d) is no layer whose"),
        (nn.Sequential(nn.Linear(4, 4), nn.Unflatten(1, (2, 2)), nn.Conv1d(2, 3, 1)), "1 (Unflatten) is no layer"),
        (nn.Sequential(nn.Linear(4, 4), nn.AlphaDropout()), "1 (AlphaDropout) is no layer whose"),
        (nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))), "0 (ParametrizedLinear) has a weight"),
        (Tied(), "b.weight is shared by two layers"),
        (hooked(), "it has a forward hook, on 1"),
        (nn.Linear(4, 3), "it is a single layer; nn.Sequential(nn.Flatten(), layer) is a network"),
    ],
)
def test_a_layer_that_cannot_be_followed_is_named(model: nn.Module, reason: str):
    with pytest.raises(ValueError, match=f"cannot be made smaller: .*{re.escape(reason)}.*{re.escape(DENSE)}$"):
        coupled(model)


@pytest.mark.parametrize("verb", ["compact", "compaction", "alive"])
def test_a_mask_of_another_model_is_refused(verb: str):
    data = made()
    model, other = wb.models.lenet(data, hidden=(5,)), wb.models.lenet(data, hidden=(6,))
    call = {
        "compact": lambda mask: wb.compact(model, wb.snapshot(model), mask),
        "compaction": lambda mask: compaction(model, mask),
        "alive": lambda mask: wb.alive(model, mask),
    }[verb]
    with pytest.raises(ValueError, match=r"the mask of 1\.weight must have the shape of its weights"):
        call(wb.masks.full(other))
    with pytest.raises(ValueError, match=r"fc\.weight"):
        call({"fc.weight": torch.ones(2, 2, dtype=torch.bool)})


def test_weights_that_are_not_finite_are_refused():
    model = wb.models.lenet(made(), hidden=(5,))
    weights = wb.snapshot(model)
    weights["1.bias"][0] = torch.nan
    with pytest.raises(ValueError, match=r"not finite in 1\.bias"):
        wb.compact(model, weights, wb.masks.full(model))
