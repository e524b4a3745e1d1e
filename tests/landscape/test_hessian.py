"""The Hessian against known ones: by hand for a quadratic, by torch's own derivatives for small networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from curvlinops import HessianLinearOperator
from tiny import Own, copied, four, made, pair, same, split_of
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

import workbench as wb
from workbench.data.batches import Batch
from workbench.data.data import Data
from workbench.landscape import (
    Curvature,
    Hessian,
    curvature,
    curvature_by_layer,
    hessian,
    local_dimension,
    prunable_share,
    spectral_density,
    top_eigenvalues,
    trace,
)
from workbench.nets.weights import Weights

DATA = made()


def double(weights: Weights) -> Weights:
    return {name: t.double() if t.is_floating_point() else t for name, t in weights.items()}


def quadratic(*scale: float) -> Callable[[Tensor, Batch], Tensor]:
    """A loss of Σ_c a_c logit_c² / 2: of a linear model its Hessian is known, the same at all weights."""

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        return (torch.tensor(scale) * logits**2).sum(1) / 2

    return loss


def trained(model: nn.Module, steps: int = 20) -> Weights:
    return wb.train(model, wb.initialise(model, seed=1), DATA, wb.Recipe(steps=steps, batch_size=16)).weights


def dense(model: nn.Module, weights: Weights, data: Data, names: list[str], mask: dict[str, Tensor] | None) -> Tensor:
    """The whole Hessian of the mean cross-entropy by `torch.autograd.functional.hessian`, in float64."""
    network, weights = model.double().eval(), double(weights)
    kept = {name: torch.ones_like(weights[name], dtype=torch.bool) for name in names}
    kept |= {name: mask[name] for name in names if mask is not None and name in mask}
    flat = torch.cat([weights[name][kept[name]] for name in names])
    inputs = data.train.inputs().double()

    def loss(vector: Tensor) -> Tensor:
        moved = {}
        for name, part in zip(names, vector.split([int(kept[n].sum()) for n in names]), strict=True):
            moved[name] = torch.zeros_like(weights[name]).masked_scatter(kept[name], part)
        return functional.cross_entropy(functional_call(network, weights | moved, (inputs,)), data.train.labels)

    found = torch.autograd.functional.hessian(loss, flat)
    assert isinstance(found, Tensor)
    return found


# ---- a quadratic, by hand


def test_the_eigenvalues_and_the_trace_of_a_quadratic():
    # images (1, 0) and (0, 1): the logits are the columns of W, L = (a_0 |W_0|² + a_1 |W_1|²) / 4: 1, 1, 3, 3
    H = hessian(four(), {"1.weight": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}, pair(), loss=quadratic(2, 6))
    assert H.dimension == 4
    assert H.product(torch.tensor([1.0, 1.0, 1.0, 2.0])).tolist() == [1, 1, 3, 6]
    assert H.mean_loss() == pytest.approx((2 * (1 + 4) + 6 * (9 + 16)) / 4)
    assert top_eigenvalues(H, k=3).tolist() == pytest.approx([3, 3, 1])
    assert top_eigenvalues(H, k=2, which="smallest").tolist() == pytest.approx([1, 1])
    found = trace(H)
    assert (found.trace, found.error, found.low, found.high, found.draws) == pytest.approx((8, 0, 8, 8, 4))


def rulers() -> tuple[nn.Module, Data, Tensor]:
    """A linear model of 4 classes, 16 images of one bright pixel each, the 64 eigenvalues of a quadratic on them."""
    level = torch.arange(1, 17) * 15
    images = torch.diag(level).to(torch.uint8).view(16, 1, 4, 4)
    split = split_of(images, torch.arange(16) % 4)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4, bias=False))
    scale = torch.tensor([1.0, -2.0, 3.0, 5.0])
    eigenvalues = (scale[:, None] * (level / 255) ** 2 / 16).flatten()
    return model, Data("rulers", split, split, split, tuple("0123"), torch.arange(0)), eigenvalues.double()


def test_a_larger_quadratic_has_its_known_ends_and_trace():
    model, data, expected = rulers()
    H = hessian(model, wb.initialise(model), data, loss=quadratic(1, -2, 3, 5))
    ascending = expected.sort().values
    assert top_eigenvalues(H, k=5, tolerance=1e-6).tolist() == pytest.approx(ascending.flip(0)[:5].tolist(), rel=1e-4)
    low = top_eigenvalues(H, k=3, which="smallest", tolerance=1e-6)
    assert low.tolist() == pytest.approx(ascending[:3].tolist(), rel=1e-4)
    far = top_eigenvalues(H, k=2, which="magnitude", tolerance=1e-6)
    assert far.tolist() == pytest.approx([5 * (240 / 255) ** 2 / 16, 5 * (225 / 255) ** 2 / 16], rel=1e-4)
    found = trace(H, draws=3)  # of a diagonal matrix every vector of signs gives the trace itself
    assert found.trace == pytest.approx(float(expected.sum()), rel=1e-5)
    assert found.error == pytest.approx(0, abs=1e-5)


def test_as_many_lanczos_steps_as_weights_give_every_eigenvalue():
    model, data, expected = rulers()
    H = hessian(model, double(wb.initialise(model)), data, loss=quadratic(1, -2, 3, 5))
    found = spectral_density(H, steps=100, repeats=2)
    assert found.nodes_RM.shape == (2, 64)
    for nodes, weights in zip(found.nodes_RM, found.weights_RM, strict=True):
        assert torch.allclose(nodes, expected.sort().values, atol=1e-8)
        assert float(weights.sum()) == pytest.approx(1)
        assert torch.allclose(weights, torch.full_like(weights, 1 / 64), atol=1e-4)  # signs weigh all alike
    assert float(torch.trapezoid(found.values, found.grid)) == pytest.approx(1, abs=1e-3)
    width = (found.grid[1] - found.grid[0]).item()
    above = found.values[found.grid > 0.1].sum() * width
    assert float(above) == pytest.approx(float((expected > 0.1).double().mean()), abs=0.03)


def test_an_eigenvalue_of_many_weights_does_not_end_the_lanczos_run():
    H = hessian(four(), wb.initialise(four()), pair(), loss=quadratic(2, 6))  # 1, 1, 3, 3: two steps exhaust a start
    found = spectral_density(H, steps=4, repeats=1)
    assert found.nodes_RM[0].tolist() == pytest.approx([1, 1, 3, 3], abs=1e-5)
    for eigenvalue in (1, 3):
        near = (found.nodes_RM[0] - eigenvalue).abs() < 0.1
        assert float(found.weights_RM[0][near].sum()) == pytest.approx(0.5, abs=1e-5)


def test_a_loss_that_is_linear_in_the_weights_has_no_curvature():
    def loss(logits: Tensor, batch: Batch) -> Tensor:
        return logits.sum(1)

    found = curvature(four(), wb.initialise(four()), pair(), loss=loss, k=2, draws=3, steps=3)
    assert found.eigenvalues.tolist() == [0, 0]
    assert (found.trace, found.trace_error) == (0, 0)
    assert found.nodes_RM.abs().max() == 0
    assert bool(found.values.isfinite().all())


class Unused(Own):
    """With a layer that its forward pass leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.extra = nn.Linear(2, 2, bias=False)


def test_a_weight_that_is_not_used_has_no_curvature():
    H = hessian(Unused(), wb.snapshot(Unused()), DATA)
    found = H.product(H.random(0, "test"))
    assert found[-4:].tolist() == [0] * 4
    assert bool(found[:-4].any())


# ---- networks, against torch and against curvlinops


def named(model: nn.Module) -> list[str]:
    return [name for name, _ in model.named_parameters()]


@pytest.mark.parametrize("case", ["whole", "masked", "layer", "masked layer"])
def test_a_network_agrees_with_the_dense_hessian_of_torch(case: str):
    model = Own(channels=3)
    weights = trained(model)
    mask = wb.pruning.magnitude(weights, wb.masks.full(model), density=0.5) if "masked" in case else None
    if mask is not None:
        weights = wb.masks.apply(weights, mask)
    names = ["fc.weight", "fc.bias"] if "layer" in case else named(model)
    expected = dense(Own(channels=3), weights, DATA, names, mask)
    layers = ("fc",) if "layer" in case else None
    H = hessian(model, double(weights), DATA, mask=mask, layers=layers, examples=None)
    assert H.dimension == len(expected)
    v = H.random(0, "test")
    assert torch.allclose(H.product(v), expected @ v, atol=1e-10)
    top = top_eigenvalues(H, k=5)
    assert torch.allclose(top, torch.linalg.eigvalsh(expected).flip(0)[:5], rtol=1e-3)
    found = trace(H, draws=40)
    assert abs(found.trace - float(expected.trace())) < 4 * found.error
    assert found.low < found.trace < found.high
    assert found.error == pytest.approx((found.high - found.low) / 2 / 2.0227, rel=1e-3)  # t of 39 degrees of freedom
    spread = spectral_density(H, steps=60, repeats=1)
    assert float(spread.nodes_RM.max()) == pytest.approx(float(top[0]), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "parts"), [("lenet(hidden=(9,))", 1), ("lenet5(width=2)", 2), ("resnet8(width=2)", 2)]
)
def test_a_product_over_several_parts_is_the_librarys_of_all_examples_at_once(name: str, parts: int):
    data = made(n=130, shape=(1, 8, 8))
    model = wb.models.named(name, data)
    H = hessian(model, wb.snapshot(model), data, examples=None)
    v = H.random(0, "test")
    seen: list[wb.progress.Progress] = []
    with wb.progress.watch(seen.append):
        found = H.product(v)
    assert [(p.done, p.of) for p in seen] == [(part, parts) for part in range(1, parts + 1)]
    batches = [(data.train.inputs(), data.train.labels)]
    parameters: Any = list(model.eval().parameters())
    library: Any = HessianLinearOperator(model, nn.CrossEntropyLoss(), parameters, batches, check_deterministic=False)
    expected = library @ v
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))


def test_layers_are_named_by_weight_or_by_module_and_come_one_by_one():
    model, weights = Own(), trained(Own())
    by_module = hessian(model, weights, DATA, layers=("norm", "fc.bias"))
    assert by_module.names == ["norm.weight", "norm.bias", "fc.bias"]
    assert by_module.dimension == 6 + 6 + 3
    mask = wb.masks.full(model)
    mask["fc.weight"][:, 5:] = False
    found = list(curvature_by_layer(model, weights, DATA, mask=mask, k=2, draws=3, steps=5, repeats=1))
    assert [(c.layer, c.dimension) for c in found] == [("conv.weight", 54), ("fc.weight", 15)]
    mask["conv.weight"][:] = False
    (only,) = curvature_by_layer(model, weights, DATA, mask=mask, k=2, draws=3, steps=5, repeats=1)
    assert only.layer == "fc.weight"


def test_the_mean_is_over_the_examples_that_were_chosen():
    model, weights = Own(), trained(Own())
    chosen = torch.tensor([3, 1, 4])
    H = hessian(model, weights, DATA, examples=chosen, split="test")
    part = DATA.test.take(chosen)
    assert H.mean_loss() == pytest.approx(wb.evaluate(model, weights, part).loss, abs=1e-6)
    assert H.examples == 3
    drawn = hessian(model, weights, DATA, examples=10, seed=1)
    assert drawn.examples == 10
    losses = {hessian(model, weights, DATA, examples=10, seed=s).mean_loss() for s in (1, 1, 2)}
    assert len(losses) == 2  # drawn by the seed
    assert hessian(model, weights, DATA, examples=10**6).examples == 50


# ---- one value for all of it


def test_curvature_is_what_its_parts_say_and_the_same_for_the_same_seed(tmp_path: Any):
    model, weights = Own(), trained(Own())
    options: dict[str, Any] = {"k": 3, "draws": 5, "steps": 8, "repeats": 2, "seed": 3}
    found = curvature(model, weights, DATA, **options)
    H = hessian(model, weights, DATA, seed=3)
    assert torch.equal(found.eigenvalues, top_eigenvalues(H, k=3, seed=3))
    assert found.trace == trace(H, draws=5, seed=3).trace
    assert torch.equal(found.nodes_RM, spectral_density(H, steps=8, repeats=2, seed=3).nodes_RM)
    assert (found.layer, found.dimension, found.examples, found.split) == ("all", H.dimension, 50, "train")
    assert found.loss == pytest.approx(wb.evaluate(model, weights, DATA.train).loss, abs=1e-6)
    options["seed"] = 4
    other = curvature(model, weights, DATA, **options)
    assert other.trace != found.trace
    assert not torch.equal(other.nodes_RM, found.nodes_RM)
    assert torch.allclose(other.eigenvalues, found.eigenvalues, rtol=2e-3)
    work = wb.call(curvature, model, weights, DATA, **options)
    for _ in range(2):  # the second time from the disk
        again = wb.Archive(str(tmp_path)).run(work)
        assert torch.equal(again.nodes_RM, other.nodes_RM)
        assert repr(again) == repr(other)


def test_the_callers_model_and_weights_are_bit_identical_afterwards():
    model, weights = Own(), trained(Own())
    inside, before = wb.snapshot(model), copied(weights)
    mask = wb.pruning.magnitude(weights, wb.masks.full(model), density=0.5)
    curvature(model, weights, DATA, mask=mask, k=2, draws=3, steps=4, repeats=1)
    assert same(wb.snapshot(model), inside)
    assert same(weights, before)
    assert model.training
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert not any(t.requires_grad for t in weights.values())


def test_every_product_reports_and_a_stop_stops():
    model, weights = Own(), trained(Own())
    seen: list[wb.progress.Progress] = []
    with wb.progress.watch(seen.append):
        curvature(model, weights, DATA, k=1, draws=3, steps=4, repeats=2)
    stages = [p.path[0][0] for p in seen]
    assert stages.count("trace") == 3
    assert stages.count("density") == 8
    assert stages.index("eigenvalues") < stages.index("trace") < stages.index("density")

    def stop(progress: wb.progress.Progress) -> None:
        if progress.path[0][0] == "eigenvalues" and progress.path[1][1] == 2:
            raise wb.progress.Stopped

    with wb.progress.watch(stop), pytest.raises(wb.progress.Stopped):
        curvature(model, weights, DATA)


def test_two_threads_get_the_numbers_of_one():
    def one(seed: int) -> list[list[float]]:
        H = hessian(Own(), WEIGHTS, DATA)
        return [H.product(H.random(seed, "test", i)).tolist() for i in range(5)]

    assert dict(wb.replicas(one, range(4), workers=4)) == {seed: one(seed) for seed in range(4)}


# ---- what it foretells


def test_the_local_dimension_by_hand():
    # 2 ε = 1: r² = 1 / |λ| = 1, 1/4, 1/4, ∞; at R = 1: 1/2 + 1/5 + 1/5 + 1
    eigenvalues = torch.tensor([1.0, 4.0, -4.0, 0.0])
    assert local_dimension(eigenvalues, 0.5, 1.0) == pytest.approx(1.9)
    assert local_dimension(eigenvalues, 0.5, 0.0) == pytest.approx(4)
    assert local_dimension(eigenvalues, 0.5, 1.0, counts=torch.tensor([2.0, 0.0, 5.0, 1.0])) == pytest.approx(3)
    far = local_dimension(eigenvalues, 0.5, 1e6)
    assert far == pytest.approx(1, abs=1e-9)  # only the flat direction is left


def flat(eigenvalue: float, dimension: int) -> Curvature:
    nodes, weights = torch.full((1, 2), eigenvalue).double(), torch.tensor([[0.25, 0.75]]).double()
    some, none = torch.tensor([eigenvalue]).double(), torch.zeros(1).double()
    return Curvature("all", dimension, 0.1, 10, "train", some, 0.0, 0.0, none, none, nodes, weights)


def test_the_prunable_share_by_hand():
    # four weights of size 1, every λ = 2, ε = 1: r² = 1, R(m)² = m, d(m) = 4 / (m + 1): d(1) = 2, d(2) = 4/3
    weights, mask = {"1.weight": torch.tensor([[1.0, -1.0], [1.0, -1.0]])}, wb.masks.full(four())
    found = prunable_share(flat(2, 4), weights, mask, epsilon=1)
    assert (found.share, found.distance, found.epsilon, found.dimension) == (0.25, 1, 1, 4)
    assert flat(2, 4).local_dimension(1, math.sqrt(2)) == pytest.approx(4 / 3)
    assert prunable_share(flat(0, 4), weights, mask, epsilon=1).share == 1  # flat: nothing holds a weight
    steep = prunable_share(flat(1e12, 4), weights, mask, epsilon=1)
    assert (steep.share, steep.distance) == (0, 0)
    half = {"1.weight": torch.tensor([[True, False], [False, True]])}
    assert prunable_share(flat(2, 2), weights, half, epsilon=1).share == 0.5  # d(1) = 2 / 2, d(2) = 2 / 3


def test_a_flatter_network_can_be_pruned_further():
    model, weights = Own(), trained(Own())
    mask = wb.masks.full(model)
    found = curvature(model, weights, DATA, mask=mask, layers=tuple(mask), draws=3, steps=20, repeats=1)
    shares = [prunable_share(found, weights, mask, epsilon=epsilon).share for epsilon in (0.001, 0.05, 2.0)]
    assert 0 < shares[0] < shares[1] < shares[2] <= 1


# ---- bad input

WEIGHTS = trained(Own())
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "another model": (lambda: hessian(Own(channels=3), WEIGHTS, DATA), "must have the shapes of the model"),
    "nan": (
        lambda: hessian(Own(), WEIGHTS | {"fc.bias": torch.full((3,), torch.nan)}, DATA),
        r"the network is not finite in fc\.bias",
    ),
    "layer": (lambda: hessian(Own(), WEIGHTS, DATA, layers=("fcc",)), 'layer "fcc" is not known; known: conv.bias'),
    "no layer": (lambda: hessian(Own(), WEIGHTS, DATA, layers=()), "layers must name at least one"),
    "split": (lambda: hessian(Own(), WEIGHTS, DATA, split="trian"), 'split "trian" is not known'),
    "examples": (lambda: hessian(Own(), WEIGHTS, DATA, examples=0), "examples must be a whole number from 1, got 0"),
    "no examples": (
        lambda: hessian(Own(), WEIGHTS, DATA, examples=torch.arange(0)),
        "this slice of train is empty; take more examples",
    ),
    "a mask of floats": (
        lambda: hessian(Own(), WEIGHTS, DATA, mask={"fc.weight": torch.ones(3, 96)}),
        "a mask must hold bool tensors",
    ),
    "an empty mask": (
        lambda: hessian(
            Own(), WEIGHTS, DATA, mask={"fc.weight": torch.zeros(3, 96, dtype=torch.bool)}, layers=("fc.weight",)
        ),
        "the mask leaves none of the weights",
    ),
    "k": (lambda: top_eigenvalues(small(), k=5), "k must be a whole number from 1 to 4, got 5; there are 4 weights"),
    "which": (lambda: top_eigenvalues(small(), which="top"), 'end of the spectrum "top" is not known'),
    "draws": (lambda: trace(small(), draws=2), "draws must be a whole number from 3, got 2"),
    "steps": (lambda: spectral_density(small(), steps=1), "steps must be a whole number from 2"),
    "epsilon": (lambda: local_dimension(torch.ones(2), 0, 1), "epsilon must be above 0, got 0"),
    "distance": (lambda: local_dimension(torch.ones(2), 1, -1), r"distance must be in \[0, 1e\+100\], got -1"),
    "other weights": (
        lambda: prunable_share(flat(1, 5), {"1.weight": torch.ones(2, 2)}, wb.masks.full(four())),
        "the curvature is of 5 weights, the mask keeps 4; measure it with mask=mask",
    ),
}


def small() -> Hessian:
    return hessian(four(), wb.initialise(four()), pair())


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name: str):
    work, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        work()


def test_more_vectors_than_memory_are_refused_with_what_fits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workbench.landscape.spectrum.MEMORY", 3 * 4 * 4)
    with pytest.raises(ValueError, match=r"4 vectors of 4 weights take .* GiB; take steps=3"):
        spectral_density(small(), steps=4)


def test_eigenvalues_that_do_not_settle_are_said(monkeypatch: pytest.MonkeyPatch):
    import scipy.sparse.linalg as linalg

    def never(*args: Any, **options: Any) -> None:
        raise linalg.ArpackNoConvergence("no", torch.ones(2).numpy(), torch.ones(0).numpy())

    monkeypatch.setattr(linalg, "eigsh", never)
    with pytest.raises(ValueError, match=r"2 of 5 .* within 0\.001 of the largest by 0 products; take k=2"):
        top_eigenvalues(hessian(Own(), WEIGHTS, DATA), k=5)


def products_of(work: Callable[[], Any]) -> int:
    places = [0]
    with wb.progress.watch(lambda p: places.extend(place + 1 for name, place, _ in p.path if name == "product")):
        work()
    return max(places)


@pytest.mark.parametrize("which", ["smallest", "largest", "magnitude"])
def test_eigenvalues_at_zero_are_sought_within_a_share_of_the_largest(which: str):
    # a cross-entropy is convex in one layer of a ReLU network, and of few directions: most eigenvalues are zero
    data, sign = made(classes=2), {"smallest": -1}.get(which, 1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))
    weights = wb.initialise(model, seed=1)
    H = hessian(model, weights, data, layers=("1.weight",), examples=torch.arange(5))
    exact = torch.linalg.eigvalsh(dense(model, weights, data_of_five(data), ["1.weight"], None))
    found: list[Any] = []
    assert products_of(lambda: found.append(top_eigenvalues(H, k=8, which=which))) < 2000
    order = (sign * exact if which != "magnitude" else exact.abs()).argsort(descending=True)[:8]
    assert torch.allclose(found[0].abs(), exact[order].abs(), atol=2e-3 * float(exact.abs().max()))


def data_of_five(data: Data) -> Data:
    five = data.train.take(torch.arange(5))
    return Data("five", five, five, five, data.classes, data.flipped)


@pytest.mark.parametrize("which", ["smallest", "largest", "magnitude"])
def test_a_layer_without_curvature_has_eigenvalues_of_zero(which: str):
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))
    weights = wb.initialise(model) | {"3.weight": torch.zeros(3, 8)}  # nothing below it moves the loss
    H = hessian(model, weights, DATA, layers=("1",))
    assert top_eigenvalues(H, k=3, which=which).tolist() == [0, 0, 0]


def test_layers_of_no_one_or_two_survivors_are_left_out_or_measured():
    model = wb.models.lenet(DATA, hidden=(12, 10, 8))
    weights, mask = wb.snapshot(model), wb.masks.full(model)
    for kept, name in enumerate(list(mask)[:3]):
        mask[name] = (torch.arange(mask[name].numel()) < kept).view_as(mask[name])
    found = list(curvature_by_layer(model, weights, DATA, mask=mask, k=3, draws=3, steps=5, repeats=1))
    assert [(c.layer, c.dimension) for c in found] == [("3.weight", 1), ("5.weight", 2), ("7.weight", 24)]
    for c in found:
        assert len(c.eigenvalues) == min(3, c.dimension)
        assert float(torch.trapezoid(c.values, c.grid)) == pytest.approx(1, abs=0.05)
    with pytest.raises(ValueError, match=r"no curvature .* none of the weights of \['1.weight'\]"):
        curvature(model, weights, DATA, mask=mask, layers=("1.weight",))
