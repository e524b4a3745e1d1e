"""Models: parameters counted by hand, a fit to any data, draws from a seed, and names read from strings."""

from __future__ import annotations

import copy

import pytest
import torch

from workbench.data.data import Data, Split, load
from workbench.nets import masks, models
from workbench.nets.initialisation import initialise


def images_of(channels: int, height: int, width: int, classes: int = 10, n: int = 4) -> Data:
    images = torch.arange(n * channels * height * width).remainder(251).to(torch.uint8)
    numbers = torch.arange(n)
    mean, std = torch.full((channels,), 0.5), torch.full((channels,), 0.25)
    split = Split(images.view(n, channels, height, width), numbers % classes, numbers, mean, std)
    return Data("made", split, split, split, tuple(str(c) for c in range(classes)), numbers[:0])


MNIST, CIFAR = images_of(1, 28, 28), images_of(3, 32, 32)


@pytest.mark.parametrize(
    ("name", "data", "parameters", "prunable"),
    [
        ("lenet", MNIST, 266_610, 266_200),  # 784·300 + 300·100 + 100·10, and 410 biases
        ("lenet5", MNIST, 61_706, 61_470),  # 25·6 + 25·6·16 + 400·120 + 120·84 + 84·10, and 236 biases
        ("lenet5", images_of(1, 32, 32), 61_706, 61_470),
        ("conv2", CIFAR, 4_301_642, 4_300_992),  # Zhou et al. 2019, table S1, which counts weights
        ("conv4", CIFAR, 2_425_930, 2_425_024),
        ("conv6", CIFAR, 2_262_602, 2_261_184),
        ("resnet8", CIFAR, 78_042, 77_360),
        ("resnet20", CIFAR, 272_474, 270_896),
        ("resnet32", CIFAR, 466_906, 464_432),
        ("resnet56", CIFAR, 855_770, 851_504),
    ],
)
def test_parameters_are_as_many_as_the_papers_count(name: str, data: Data, parameters: int, prunable: int):
    model = models.MODELS[name](data)
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert masks.total(masks.full(model)) == prunable


@pytest.mark.parametrize("name", ["resnet8", "resnet20", "resnet32", "resnet56"])
def test_a_resnet_has_as_many_layers_as_its_name_says(name: str):
    model = models.MODELS[name](CIFAR)
    on_the_main_path = [path for path in masks.full(model) if "shortcut" not in path]
    assert len(on_the_main_path) == int(name.removeprefix("resnet"))


@pytest.mark.parametrize("name", models.MODELS)
@pytest.mark.parametrize(
    "data",
    [load("digits"), images_of(3, 1, 1), images_of(1, 3, 5), images_of(3, 14, 14, classes=2), images_of(3, 40, 40)],
    ids=lambda data: "x".join(map(str, data.shape)),
)
def test_a_model_fits_data_of_any_size_channels_and_classes(name: str, data: Data):
    model = models.MODELS[name](data).eval()
    assert model(data.test.inputs(torch.arange(4))).shape == (4, len(data.classes))


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_draws_its_weights_from_its_seed_and_leaves_the_shared_generator_alone(name: str):
    before = torch.get_rng_state()
    data = images_of(1, 8, 8)
    model, other = models.MODELS[name](data, seed=3), models.MODELS[name](data, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    state, again = model.state_dict(), initialise(other, seed=3)
    assert all(torch.equal(state[key], again[key]) for key in state)
    assert any(not torch.equal(state[key], other.state_dict()[key]) for key in state)


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_is_an_ordinary_module_in_float32_on_the_cpu_that_can_be_copied(name: str):
    model = models.MODELS[name](images_of(1, 8, 8))
    assert model.training
    assert all(p.dtype == torch.float32 and p.device.type == "cpu" and p.requires_grad for p in model.parameters())
    assert repr(copy.deepcopy(model)) == repr(model)


def test_convolutions_of_a_resnet_are_drawn_by_fan_in_and_norms_start_at_one():
    model = models.resnet20(CIFAR, width=64)
    weights = model.state_dict()
    assert weights["blocks.1.conv1.weight"].std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert (weights["norm.weight"] == 1).all()
    assert (weights["norm.running_var"] == 1).all()


def test_batch_norm_stands_before_each_relu_of_lenet_in_place_of_the_bias():
    model = models.lenet(MNIST, norm=True)
    kinds = [type(layer).__name__ for layer in model]
    assert kinds == ["Flatten", *["Linear", "BatchNorm1d", "ReLU"] * 2, "Linear"]
    assert sum(p.numel() for p in model.parameters()) == 266_200 + 2 * 300 + 2 * 100 + 10
    assert masks.total(masks.full(model)) == 266_200


@pytest.mark.parametrize("text", ["lenet(norm=True, affine=False)", "resnet8(affine=False)", "resnet20(affine=False)"])
def test_norms_that_are_not_affine_have_statistics_and_nothing_to_train(text: str):
    model = models.named(text, images_of(1, 8, 8))
    assert dict(model.named_parameters()).keys() - masks.full(model).keys() <= {"fc.bias", "7.bias"}  # the last layer's
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    assert norms
    assert all(m.weight is None and m.bias is None and bool((m.running_var == 1).all()) for m in norms)


@pytest.mark.parametrize("name", ["lenet", "resnet8"])
def test_without_its_new_options_a_model_is_what_it_was(name: str):
    plain = {"lenet": {"norm": False, "affine": False}, "resnet8": {"affine": True}}[name]
    one, two = models.MODELS[name](CIFAR, seed=2), models.MODELS[name](CIFAR, seed=2, **plain)
    assert repr(one) == repr(two)
    assert all(torch.equal(tensor, two.state_dict()[key]) for key, tensor in one.state_dict().items())


def test_a_resnet_learns_to_tell_two_images_apart():
    data = images_of(3, 8, 8, classes=2)
    model = models.resnet8(data, width=4)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(data.train.inputs()), data.train.labels)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("lenet", "lenet", {}),
        ("lenet()", "lenet", {}),
        (" lenet(hidden=(20, 10)) ", "lenet", {"hidden": (20, 10)}),
        ("lenet(hidden=[20])", "lenet", {"hidden": (20,)}),
        ("lenet(hidden=())", "lenet", {"hidden": ()}),
        ("resnet8(width=4)", "resnet8", {"width": 4}),
        ("lenet(hidden=(20,), norm=True)", "lenet", {"hidden": (20,), "norm": True}),
        ("lenet(norm=True, affine=False)", "lenet", {"norm": True, "affine": False}),
        ("resnet8(width=4, affine=False)", "resnet8", {"width": 4, "affine": False}),
    ],
)
def test_a_model_is_named_by_the_call_that_makes_it(text: str, name: str, options: dict):
    data = images_of(1, 8, 8)
    named, made = models.named(text, data, seed=5), models.MODELS[name](data, seed=5, **options)
    assert repr(named) == repr(made)
    assert all(torch.equal(named.state_dict()[key], value) for key, value in made.state_dict().items())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lenett", 'model "lenett" is not known; did you mean "lenet"'),
        ("ResNet8(width=4)", 'did you mean "resnet8"'),
        ("resnet9(width=4)", 'model "resnet9" is not known; did you mean "resnet'),
        ("resnet8(wdth=4)", 'option of resnet8 "wdth" is not known; did you mean "width"'),
        ("resnet8(seed=4)", "the seed is an argument of its own"),
        ("resnet8(width=0)", "width of resnet8 must be a whole number above 0, got 0; the default is 16"),
        ("resnet8(width=2.5)", "width of resnet8 must be a whole number above 0, got 2.5"),
        ("resnet8(width=True)", "width of resnet8 must be a whole number above 0, got True"),
        ("lenet(norm=1)", "norm of lenet must be True or False, got 1; the default is False"),
        ("resnet8(affine='no')", "affine of resnet8 must be True or False, got 'no'; the default is True"),
        ("lenet(norm=(True,))", "norm of lenet must be True or False"),
        ("lenet(hidden=300)", "hidden of lenet must be whole numbers above 0, got 300"),
        ("lenet(hidden=(3, 'a'))", "hidden of lenet must be whole numbers above 0"),
        ("resnet8(4)", "options are plain numbers and go by name"),
        ("resnet8(**{})", "is not known"),
        ("resnet8(width=", "options are plain numbers and go by name"),
        ("", "options are plain numbers and go by name"),
        ("lenet; lenet", "is not known"),
        ("a.b(width=3)", "is not known"),
        ("(" * 1000, "is not known"),
        ("\0", "is not known"),
    ],
)
def test_a_name_that_is_not_a_model_says_what_there_is(text: str, message: str):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        models.named(text, MNIST)


def test_a_name_is_never_executed(tmp_path):
    file = tmp_path / "written"
    with pytest.raises(ValueError, match="is not known"):
        models.named(f"resnet8(width=open({str(file)!r}, 'w').write('x'))", MNIST)
    assert not file.exists()


def test_a_size_below_one_is_refused_in_a_call_too():
    with pytest.raises(ValueError, match=r"width.* must be a whole number from 1 to .*, got 0"):
        models.conv2(MNIST, width=0)
    with pytest.raises(ValueError, match=r"hidden\[1\] must be a whole number from 1 to .*, got 0"):
        models.lenet(MNIST, hidden=(300, 0))
