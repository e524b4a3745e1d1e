"""Models: parameters counted by hand, a fit to any data, draws from a seed, and names read from strings."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch
from tiny import narrow

from workbench.data._torchvision import torchvision
from workbench.data.data import Data, Split, load
from workbench.nets import masks, models
from workbench.nets.initialisation import initialise
from workbench.nets.models.wide_resnet import WideBlock


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
        ("wide_resnet28", CIFAR, 1_467_610, 1_463_984),  # Zagoruyko & Komodakis 2016 have 1.5 million
        ("resnet18", CIFAR, 11_173_962, 11_164_352),  # torchvision's 11 689 512, less its stem and 990 classes
        ("resnet50", CIFAR, 23_520_842, 23_467_712),
        ("vgg16", CIFAR, 14_724_042, 14_715_584),  # 9 (3·64 + 64² + …) + 512·10; 2·4224 of norms, 10 biases
        ("mobilenet_v2", CIFAR, 2_236_682, 2_202_560),  # torchvision's 3 504 872, less 990 · 1281
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


LATER = ("wide_resnet28", "resnet18", "resnet50", "vgg16", "mobilenet_v2")


def of_torchvision(name: str) -> torch.nn.Module:
    """torchvision's network of ten classes, with our stem."""
    net = getattr(torchvision().models, name)(num_classes=10)
    if name == "mobilenet_v2":
        net.features[0][0].stride = net.features[2].conv[1][0].stride = (1, 1)
        net.classifier = net.classifier[1]
    else:
        net.conv1, net.maxpool = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False), torch.nn.Identity()
    return net.eval()


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2"])
def test_a_model_of_torchvisions_blocks_has_its_names_and_computes_the_same(name: str):
    model, theirs = models.MODELS[name](CIFAR).eval(), of_torchvision(name)
    theirs.load_state_dict(model.state_dict())  # every name, every shape
    images = CIFAR.test.inputs(torch.arange(2))
    assert torch.allclose(model(images), theirs(images), rtol=1e-4, atol=1e-5)
    assert list(masks.full(model)) == list(masks.full(theirs))


def test_vgg16_is_torchvisions_up_to_the_linear_layers_but_for_the_biases_of_its_convolutions():
    features = torchvision().models.vgg16_bn(init_weights=False).features
    theirs, ours = (
        [(type(layer).__name__, *(tuple(p.shape) for p in list(layer.parameters())[:1])) for layer in layers]
        for layers in (features, models.vgg16(CIFAR))
    )
    assert ours == [*theirs, ("AdaptiveAvgPool2d",), ("Flatten",), ("Linear", (10, 512))]


def test_a_wide_resnet_has_28_layers_and_its_stages_are_widened():
    shapes = {name: tuple(weight.shape) for name, weight in masks.full(models.wide_resnet28(CIFAR)).items()}
    assert len([name for name in shapes if "shortcut" not in name]) == 2 + 24  # and three shortcuts, less the last: 28
    assert [shapes[f"{block}.conv2.weight"][0] for block in range(1, 13)] == [32] * 4 + [64] * 4 + [128] * 4
    wider = masks.full(models.wide_resnet28(CIFAR, widen=3, width=4))
    assert [tuple(wider[f"{block}.conv1.weight"].shape[:2]) for block in (1, 5, 9)] == [(12, 4), (24, 12), (48, 24)]


def test_a_block_of_a_wide_resnet_by_hand():
    # of one pixel: the norms divide by sqrt(1 + eps), the middle of a 3×3 kernel is all that meets it
    block = WideBlock(1, 1, 1, affine=False).eval()
    with torch.no_grad():
        block.conv1.weight.fill_(2.0)
        block.conv2.weight.fill_(3.0)
        up, down = (float(block(torch.full((1, 1, 1, 1), x))) for x in (5.0, -5.0))
    assert up == pytest.approx(5 + 3 * 2 * 5, rel=1e-4)  # the sum is not cut off:
    assert down == -5


@pytest.mark.parametrize("name", LATER)
def test_convolutions_are_drawn_by_fan_in_and_another_draw_is_of_the_same_law(name: str):
    model = models.named(f"{name}(width=16)", images_of(3, 8, 8))
    for part in model.modules():
        if isinstance(part, torch.nn.Conv2d) and part.weight.numel() > 1000:
            fan_in = part.weight[0].numel()
            assert part.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.1)
    other = initialise(model, seed=1)  # a warning, which is an error here, would name what follows another law
    assert all(not torch.equal(other[path], model.state_dict()[path]) for path in masks.full(model))


@pytest.mark.parametrize("name", models.MODELS)
@pytest.mark.parametrize(
    "data",
    [load("digits"), images_of(3, 1, 1), images_of(1, 3, 5), images_of(3, 14, 14, classes=2), images_of(3, 40, 40)],
    ids=lambda data: "x".join(map(str, data.shape)),
)
def test_a_model_fits_data_of_any_size_channels_and_classes(name: str, data: Data):
    model = models.named(narrow(name), data).eval()
    assert model(data.test.inputs(torch.arange(4))).shape == (4, len(data.classes))


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_draws_its_weights_from_its_seed_and_leaves_the_shared_generator_alone(name: str):
    before = torch.get_rng_state()
    data = images_of(1, 8, 8)
    model, other = (models.named(narrow(name), data, seed=seed) for seed in (3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    state, again = model.state_dict(), initialise(other, seed=3)
    assert all(torch.equal(state[key], again[key]) for key in state)
    assert any(not torch.equal(state[key], other.state_dict()[key]) for key in state)


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_is_an_ordinary_module_in_float32_on_the_cpu_that_can_be_copied(name: str):
    model = models.named(narrow(name), images_of(1, 8, 8))
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


AFFINE = [name for name, model in models.MODELS.items() if "affine" in inspect.signature(model).parameters]


@pytest.mark.parametrize(
    "text", ["lenet(norm=True, affine=False)", *(f"{name}(affine=False)" for name in AFFINE if name != "lenet")]
)
def test_norms_that_are_not_affine_have_statistics_and_nothing_to_train(text: str):
    model = models.named(text, images_of(1, 8, 8))
    last = list(masks.full(model))[-1]
    assert set(dict(model.named_parameters())) - set(masks.full(model)) == {last.replace("weight", "bias")}
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    assert norms
    assert all(m.weight is None and m.bias is None and bool((m.running_var == 1).all()) for m in norms)


@pytest.mark.parametrize("name", ["lenet", "resnet8"])
def test_without_its_new_options_a_model_is_what_it_was(name: str):
    plain = {"lenet": {"norm": False, "affine": False}, "resnet8": {"affine": True}}[name]
    one, two = models.MODELS[name](CIFAR, seed=2), models.MODELS[name](CIFAR, seed=2, **plain)
    assert repr(one) == repr(two)
    assert all(torch.equal(tensor, two.state_dict()[key]) for key, tensor in one.state_dict().items())


@pytest.mark.parametrize("text", [narrow(name) for name in ("resnet8", *LATER)])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
def test_a_model_learns_to_tell_two_images_apart(text: str, shape: tuple[int, int, int]):
    data = images_of(*shape, classes=2)
    model = models.named(text, data)
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
        ("wide_resnet28(widen=3, width=2)", "wide_resnet28", {"widen": 3, "width": 2}),
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
    with pytest.raises(ValueError, match=r"widen must be a whole number from 1 to 1000, got 0"):
        models.wide_resnet28(MNIST, widen=0)


@pytest.mark.parametrize("name", LATER)
def test_a_model_beyond_the_memory_is_refused_before_it_is_built(name: str):
    with pytest.raises(ValueError, match=r"would take .* GiB of memory, .* make it narrower"):
        models.MODELS[name](MNIST, width=2**22)
