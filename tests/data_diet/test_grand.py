"""GraNd: closed form and `torch.func` are what a plain loop over examples finds; what has no closed form is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from tiny import Own, made
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.data.data import Data
from workbench.data_diet import grand
from workbench.nets.weights import Weights


def loop(model: nn.Module, weights: Weights, data: Data, only: str = "") -> Tensor:
    """The norm of every example's gradient, by autograd, one example after the other."""
    model.load_state_dict(weights)
    model.eval()
    trained = [p for name, p in model.named_parameters() if name.startswith(only) and p.requires_grad]
    norms = []
    for image, label in zip(data.train.inputs(), data.train.labels, strict=True):
        loss = functional.cross_entropy(model(image[None]), label[None])
        norms.append(
            torch.cat([g.flatten() for g in torch.autograd.grad(loss, trained, materialize_grads=True)]).double().norm()
        )
    return torch.stack(norms)


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a.double(), b.double(), rtol=1e-5, atol=1e-8)


@pytest.fixture(scope="module")
def few() -> Data:
    return wb.load("digits", train_size=30)


@pytest.mark.parametrize("name", ["lenet", "resnet8(width=4)", "lenet5"])
def test_it_is_what_a_loop_over_examples_finds(name: str, few: Data):
    model = wb.models.named(name, few)
    weights = wb.weights_at(model, wb.snapshot(model), few, wb.Recipe(steps=5, learning_rate=0.05), step=3)
    assert close(grand(model.train(), [weights], few).values, loop(model, weights, few))


class Twice(nn.Module):
    """A linear layer that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.middle, self.last = nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.middle(self.middle(images.flatten(1)).relu()))


class Patches(nn.Module):
    """A linear layer on several vectors of an example."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.last = nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.rows(images[:, 0]).relu().mean(1))


class ByHand(nn.Module):
    """A linear layer whose weight is used, but not the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(16, 5), nn.Linear(5, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.last(functional.linear(images.flatten(1), self.first.weight).relu())


def written_over() -> nn.Module:
    """The outputs of a layer are written over by what follows."""
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(inplace=True), nn.Linear(5, 3))


class Detached(nn.Module):
    """No gradient comes to the first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(16, 5), nn.Linear(5, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.first(images.flatten(1)).detach())


def tied() -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16), nn.Linear(16, 3))
    model[3].weight = model[1].weight
    return model


def frozen() -> nn.Module:
    """Only what trains has a gradient."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 3))
    model[1].weight.requires_grad_(False)
    return model


@pytest.mark.parametrize("make", [Twice, Patches, ByHand, written_over, Detached, tied, frozen, Own])
def test_it_is_exact_also_where_there_is_no_closed_form(make: Callable[[], nn.Module]):
    model, data = make(), made(12)
    weights = wb.snapshot(model)
    assert close(grand(model, [weights], data).values, loop(model, weights, data))


@pytest.mark.parametrize(("make", "last"), [(Own, "fc"), (Twice, "last"), (written_over, "3")])
def test_the_last_layer_is_a_score_of_its_own(make: Callable[[], nn.Module], last: str):
    model, data = make(), made(12)
    found = grand(model, [wb.snapshot(model)], data, variant="last_layer")
    assert (found.name, found.variant) == ("grand_last_layer", "last_layer")
    assert close(found.values, loop(model, wb.snapshot(model), data, only=last))
    whole = grand(model, [wb.snapshot(model)], data)
    assert (whole.name, whole.variant) == ("grand", "all")
    assert bool((whole.values > found.values).all())


def test_the_last_layer_is_scored_where_it_does_not_train():
    model, data = Own(), made(6)
    weights = wb.snapshot(model)
    expected = grand(model, [weights], data, variant="last_layer").values
    frozen = Own()
    for parameter in frozen.parameters():
        parameter.requires_grad_(False)
    assert torch.equal(grand(frozen, [weights], data, variant="last_layer").values, expected)


class Gated(nn.Module):
    """Nothing of a dark image reaches the logits, not even a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(16, 3)

    def forward(self, images: Tensor) -> Tensor:
        flat = images.flatten(1)
        return self.last(flat) * flat.clamp(0, 1).amax(1, keepdim=True)


def test_a_first_image_of_no_gradient_proves_nothing_and_the_largest_does():
    data, model = made(6), Gated()
    images = data.train.images.clone()
    images[0] = 0
    data = replace(data, train=replace(data.train, images=images, mean=torch.zeros(1), std=torch.ones(1)))
    weights = wb.snapshot(model)
    found = grand(model, [weights], data).values
    assert found[0] == 0 < found[1:].min()
    assert close(found, loop(model, weights, data))


def test_a_last_layer_that_is_not_linear_and_an_unknown_variant_are_said():
    model = nn.Sequential(nn.Conv2d(1, 3, 4), nn.Flatten())
    with pytest.raises(ValueError, match="the last layer must be linear"):
        grand(model, [wb.snapshot(model)], made(6), variant="last_layer")
    with pytest.raises(ValueError, match='variant of GraNd "last_layr" is not known; did you mean "last_layer"'):
        grand(Own(), [wb.snapshot(Own())], made(6), variant="last_layr")


def test_it_is_the_same_where_no_gradients_are_wanted():
    model, data = wb.models.lenet(made(6), hidden=(5,)), made(6)
    with torch.no_grad():
        quiet = grand(model, [wb.snapshot(model)], data)
    assert torch.equal(quiet.values, grand(model, [wb.snapshot(model)], data).values)
