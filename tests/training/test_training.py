"""The training loop: exact resumption, the order of examples, seeds, masks, and the doors for other methods."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, last, made, pair, same, same_state
from torch import Tensor, nn

import workbench as wb
from workbench.data.batches import Mixture, mixture
from workbench.nets.hardware import settle
from workbench.nets.weights import Weights
from workbench.training.state import State
from workbench.training.steps import network_weights

DATA = made()  # 50 examples; batches of 16, so that epochs end inside a batch
SGD: dict[str, Any] = {"steps": 11, "batch_size": 16, "learning_rate": 0.05}
RECIPES = {
    "momentum": wb.Recipe(**SGD, weight_decay=1e-3),
    "nesterov": wb.Recipe(**SGD, nesterov=True, schedule="cosine", warmup=3),
    "adam": wb.Recipe(steps=11, batch_size=16, learning_rate=1e-3, optimiser="adam", weight_decay=1e-3),
    "augmented": wb.Recipe(**SGD, augment="crop+flip", schedule="multistep"),
    "bfloat16": wb.Recipe(**SGD, precision="bfloat16"),
    "mixup": wb.Recipe(**SGD, augment="crop+flip", mixup=0.5),
    "robust": wb.Recipe(**SGD, loss=wb.Robust(eta=0.5, anneal="cosine", gradient="as_published"), mixup=1.0),
}


def masked(model: nn.Module) -> wb.masks.Mask:
    return wb.pruning.random_mask(wb.masks.full(model), density=0.4)


def states(recipe: wb.Recipe, stop: int, **options: Any) -> State:
    """The state of Own after `stop` steps, copied."""
    model = Own()
    for done in wb.steps(model, wb.initialise(model), DATA, recipe, **options):
        if done.step == stop:
            return done.state.copy()
    raise AssertionError


# ---- resuming


@pytest.mark.parametrize("name", RECIPES)
def test_resuming_in_the_middle_of_an_epoch_gives_the_same_bits(name: str):
    recipe, model = RECIPES[name], Own()
    start, mask = wb.initialise(model), masked(model)
    whole = last(wb.steps(model, start, DATA, recipe, mask=mask, seed=3))
    kept = states(recipe, 5, mask=mask, seed=3)
    again = [last(wb.steps(model, start, DATA, recipe, state=kept, seed=3)) for _ in range(2)]
    for resumed in again:  # twice: a state that was resumed is as it was
        assert same_state(whole.state, resumed.state)
        assert torch.equal(whole.losses, resumed.losses)
    assert same_state(kept, states(recipe, 5, mask=mask, seed=3))


def plain(tensors: Weights) -> Weights:
    """Tensors as an archive gives them back: contiguous, on the CPU and without gradients."""
    return {name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}


def test_a_state_from_an_archive_resumes_with_the_same_bits():
    model = wb.models.resnet8(data := made(24, (3, 8, 8)), width=8)
    recipe = wb.Recipe(steps=6, batch_size=8, optimiser="adam", learning_rate=0.01, channels_last=True)
    start, given = wb.initialise(model), torch.rand(24)
    found = [
        done.state.copy() for done in wb.steps(model, start, data, recipe, mask=masked(model), example_weights=given)
    ]
    own, at = {name: plain(tensors) for name, tensors in found[2].optimiser.items()}, found[2]
    kept = State(plain(at.trained), at.mask, plain(at.buffers), own, at.step, at.example_weights)
    assert same_state(found[-1], last(wb.steps(model, start, data, recipe, state=kept)).state)
    assert same_state(kept, found[2])
    assert not any(tensor.requires_grad for tensor in kept.trained.values())


def test_a_state_of_another_model_is_said():
    data = made(shape=(3, 8, 8))
    model = wb.models.lenet(data, hidden=(4,))
    state = next(iter(wb.steps(model, wb.snapshot(model), data, wb.Recipe(**SGD)))).state
    other = wb.models.lenet(data, hidden=(5,))
    words = r"the state is of another model or mask, 1\.bias has the shape \(5,\) here and \(4,\) in the state"
    with pytest.raises(ValueError, match=words):
        wb.train(other, wb.snapshot(other), data, wb.Recipe(**SGD), state=state)


def test_a_copied_state_is_not_changed_by_later_steps():
    model = Own()
    run = wb.steps(model, wb.initialise(model), DATA, RECIPES["momentum"])
    kept = next(run).state.copy()
    before = states(RECIPES["momentum"], 1)
    last(run)
    assert same_state(kept, before)


def test_train_goes_on_from_a_state_with_the_same_bits():
    model, recipe = Own(), RECIPES["momentum"]
    start, mask = wb.initialise(model), masked(model)
    whole = wb.train(model, start, DATA, recipe, mask=mask)
    rest = wb.train(model, start, DATA, recipe, state=states(recipe, 4, mask=mask))
    assert same(whole.weights, rest.weights)
    assert (rest.steps, rest.density, rest.test_loss) == (7, whole.density, whole.test_loss)


def test_a_state_at_the_end_has_nothing_left_to_train():
    model, recipe = Own(), RECIPES["momentum"]
    start, mask = wb.initialise(model), masked(model)
    whole = wb.train(model, start, DATA, recipe, mask=mask)
    rest = wb.train(model, start, DATA, recipe, state=states(recipe, 11, mask=mask), checkpoints=[11])
    assert rest.steps == 0
    assert rest.density == whole.density
    assert same(whole.weights, rest.weights)
    assert same(whole.weights, rest.checkpoints[11])


# ---- what came in comes out unchanged


@pytest.mark.parametrize("name", ["momentum", "augmented"])
def test_the_callers_model_weights_and_generator_are_untouched(name: str):
    model = Own()
    start, mask = wb.initialise(model, seed=4), masked(model)
    before, given, places = wb.snapshot(model), copied(start), copied(mask)
    parameters, mode, random = [id(p) for p in model.parameters()], model.training, torch.get_rng_state()
    wb.train(model, start, DATA, RECIPES[name], mask=mask)
    wb.evaluate(model, start, DATA.test, mask=mask)
    wb.gradients(model, start, DATA, DATA.train.ids[:4])
    assert same(before, wb.snapshot(model))
    assert same(given, start)
    assert same(places, mask)
    assert parameters == [id(p) for p in model.parameters()]
    assert model.training == mode
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(random, torch.get_rng_state())


def test_two_threads_on_one_module_give_the_bits_of_one_after_another():
    model = Own()
    start = wb.initialise(model)

    def run(seed: int) -> Weights:
        return wb.train(model, start, DATA, RECIPES["momentum"], seed=seed).weights

    beside = dict(wb.replicas(run, [1, 2, 3], workers=3))
    assert all(same(run(seed), beside[seed]) for seed in (1, 2, 3))


# ---- order and seeds


def drawn(seed: int = 0, **options: Any) -> list[Tensor]:
    """The ids of every batch."""
    model = Own()
    return [
        done.batch.ids for done in wb.steps(model, wb.initialise(model), DATA, wb.Recipe(**SGD), seed=seed, **options)
    ]


def test_every_example_is_seen_once_an_epoch_and_batches_are_full():
    ids = drawn()
    assert [len(batch) for batch in ids] == [16] * 11  # 176 places: three epochs of 50 and a half
    for epoch in torch.cat(ids)[:150].split(50):
        assert torch.equal(epoch.sort().values, DATA.train.ids)
    assert not torch.equal(torch.cat(ids)[:50], torch.cat(ids)[50:100])


def test_a_run_begun_at_step_k_sees_the_examples_from_k_on():
    for whole, late in zip(drawn()[4:], drawn(step=4), strict=True):
        assert torch.equal(whole, late)


def test_step_k_begins_with_the_rate_of_k_and_a_fresh_optimiser():
    model, data = four(), pair()
    start = wb.initialise(model)
    recipe = wb.Recipe(steps=8, batch_size=2, learning_rate=0.8, momentum=0.9, schedule="multistep", milestones=(0.5,))
    done = next(wb.steps(model, start, data, recipe, step=4))
    slope = wb.gradients(model, start, data, torch.arange(2))["1.weight"]
    assert (done.step, done.of) == (5, 8)
    assert torch.allclose(done.state.trained["1.weight"], start["1.weight"] - 0.08 * slope)  # no momentum from before


def test_children_of_one_point_share_all_but_the_noise_seeds():
    model, recipe = Own(), RECIPES["augmented"]
    point = states(recipe, 4, seed=1)

    def child(**noise: Any) -> list[Any]:
        return [
            (done.batch.ids, done.logits, copied(done.state.trained))
            for done in wb.steps(model, wb.initialise(model), DATA, recipe, state=point, **noise)
        ]

    plain, both = child(seed=2), child(seed=9, order_seed=2, augment_seed=2)
    assert all(same(a, b) for (_, _, a), (_, _, b) in zip(plain, both, strict=True))
    other_images, other_order = child(seed=2, augment_seed=3), child(seed=2, order_seed=3)
    assert all(torch.equal(a, b) for (a, _, _), (b, _, _) in zip(plain, other_images, strict=True))
    assert not torch.equal(plain[0][1], other_images[0][1])
    assert not torch.equal(plain[0][0], other_order[0][0])


def test_the_length_is_the_rounded_number_of_batches():
    assert wb.Recipe(epochs=0.5, batch_size=16).length(50) == 2  # 25 / 16 = 1.6
    assert wb.Recipe(epochs=2.5, batch_size=16).length(50) == 8  # 125 / 16 = 7.8
    assert wb.Recipe(epochs=0.001).length(50) == 1
    assert wb.Recipe(steps=7).length(50) == 7


# ---- mixup


def test_a_mixture_by_hand():
    mixed = Mixture(0.75, torch.tensor([1, 2, 0]))
    images = torch.tensor([[4.0, 0.0], [8.0, 4.0], [0.0, 0.0]])
    assert mixed.of(images).tolist() == [[5, 1], [6, 3], [1, 0]]
    assert images[0].tolist() == [4, 0]
    labels = torch.tensor([2, 0, 0])
    assert mixed.labels(labels, 3).tolist() == [[0.25, 0, 0.75], [1, 0, 0], [0.75, 0, 0.25]]


def test_a_mixture_is_drawn_from_seed_and_step_alone():
    first, again, later, other = (mixture(0.5, 40, *at) for at in ((3, 7), (3, 7), (3, 8), (4, 7)))
    assert first.share == again.share
    assert torch.equal(first.partner, again.partner)
    assert len({first.share, later.share, other.share}) == 3
    assert torch.equal(first.partner.sort().values, torch.arange(40))
    shares = torch.tensor([mixture(0.2, 1, 0, step).share for step in range(2000)], dtype=torch.float64)
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.04)
    assert float(shares.var()) == pytest.approx(1 / (4 * 1.4), abs=0.02)  # of Beta(a, a): 1 / (4 (2 a + 1))


def test_a_step_of_mixup_trains_on_mixed_images_and_labels():
    model, data = four(), pair()
    start = wb.initialise(model)
    recipe = wb.Recipe(steps=6, batch_size=2, mixup=1.0)
    for done in wb.steps(model, start, data, recipe, order_seed=2, augment_seed=5):
        drawn = mixture(1.0, 2, 5, done.step - 1)
        images, numbers = torch.eye(2)[done.batch.ids], done.batch.ids
        assert torch.allclose(done.batch.labels, drawn.share * images + (1 - drawn.share) * images[drawn.partner])
        assert torch.equal(done.batch.labels, drawn.labels(numbers, 2))
        if done.step == 1:  # of this data images and labels are the same numbers
            assert torch.allclose(done.logits, done.batch.labels @ start["1.weight"].T)


def test_no_mixup_is_the_training_without_it():
    model, start = Own(), wb.initialise(Own())
    plain = wb.train(model, start, DATA, wb.Recipe(**SGD, augment="crop"))
    assert same(plain.weights, wb.train(model, start, DATA, wb.Recipe(**SGD, augment="crop", mixup=0)).weights)
    mixed = wb.train(model, start, DATA, wb.Recipe(**SGD, augment="crop", mixup=0.2))
    assert not same(plain.weights, mixed.weights)


def test_mixup_serves_a_network_with_more_outputs_than_classes():
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 7))
    done = next(wb.steps(model, wb.initialise(model), DATA, wb.Recipe(steps=1, mixup=0.5)))
    assert done.batch.labels.shape == (128, 7)
    assert not done.batch.labels[:, 3:].any()


# ---- masks


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam", "augmented"])
def test_pruned_weights_stay_zero(name: str):
    model = Own()
    mask = masked(model)
    for done in wb.steps(model, wb.initialise(model), DATA, RECIPES[name], mask=mask):
        assert all(not done.state.trained[n][~mask[n]].any() for n in mask)
    run = wb.train(model, wb.initialise(model), DATA, RECIPES[name], mask=mask)
    assert all(not run.weights[n][~mask[n]].any() for n in mask)
    assert all(bool(run.weights[n][mask[n]].all()) for n in mask)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_remask_zeroes_weight_and_optimiser_state_where_a_place_dies_or_is_born(optimiser: str):
    model, data, name = four(), pair(), "1.weight"
    recipe = wb.Recipe(steps=6, batch_size=2, optimiser=optimiser, weight_decay=0.01)
    before = {name: torch.tensor([[True, True], [False, False]])}
    after = {name: torch.tensor([[True, False], [True, False]])}  # stays, dies, is born, stays dead
    run = wb.steps(model, wb.initialise(model), data, recipe, mask=before)
    state = [next(run) for _ in range(3)][-1].state
    kept = state.copy()
    state.remask(after)
    stays = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert torch.equal(state.trained[name], kept.trained[name] * stays)
    for slot, tensor in state.optimiser[name].items():
        if tensor.dim():
            assert torch.equal(tensor, kept.optimiser[name][slot] * stays)
    done = next(run)
    assert done.state is state
    assert torch.equal(state.trained[name] != 0, after[name])
    last(run)
    assert torch.equal(state.trained[name] != 0, after[name])


def test_a_remasked_state_resumes_with_the_same_bits():
    model, recipe = Own(), RECIPES["momentum"]
    start, mask = wb.initialise(model), masked(model)

    def changed() -> Iterator[Any]:
        for done in wb.steps(model, start, DATA, recipe):
            if done.step == 4:
                done.state.remask(mask)
            yield done

    kept = next(done.state.copy() for done in changed() if done.step == 7)
    assert same_state(last(changed()).state, last(wb.steps(model, start, DATA, recipe, state=kept)).state)


def test_a_mask_whose_weights_take_no_part_is_no_error():
    class Aside(Own):
        def __init__(self) -> None:
            super().__init__()
            self.aside = nn.Linear(2, 2)

    model = Aside()
    mask = {"aside.weight": torch.eye(2, dtype=torch.bool)}
    run = wb.train(model, wb.initialise(model), DATA, wb.Recipe(**SGD), mask=mask)
    assert torch.equal(run.weights["aside.weight"] != 0, mask["aside.weight"])


# ---- the doors for other methods


class Round(torch.autograd.Function):
    """0 or 1 forward, the identity backward: the straight-through estimator."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        return (scores > 0.5).to(scores.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


def test_a_search_trains_scores_and_leaves_the_weights(digits: wb.Data, small: nn.Module, start: Weights):
    names = list(wb.masks.full(small))
    start = {name: 4 * tensor if name in names else tensor for name, tensor in start.items()}
    scores, frozen = {name: torch.full_like(start[name], 0.51) for name in names}, copied(start)

    def weights_of(scores: Weights, step: int) -> Weights:
        return {name: start[name] * Round.apply(tensor) for name, tensor in scores.items()}

    recipe = wb.Recipe(steps=60, learning_rate=0.1)
    found = list(wb.steps(small, start, digits, recipe, trained=scores, weights_of=weights_of))
    assert found[-1].losses.mean() < 0.7 * found[0].losses.mean()
    assert found[-1].state.trained.keys() == scores.keys()
    assert same(frozen, start)
    supermask = {name: tensor.detach() > 0.5 for name, tensor in found[-1].state.trained.items()}
    assert 0 < wb.masks.density(supermask) < 1
    dense, found = wb.evaluate(small, start, digits.test), wb.evaluate(small, start, digits.test, mask=supermask)
    assert found.loss < 0.8 * dense.loss
    assert found.accuracy > dense.accuracy


def test_weights_of_is_told_the_step_and_a_mask_is_over_what_is_trained():
    model, data, seen = four(), pair(), []
    point, mask = {"t": torch.zeros(2)}, {"t": torch.tensor([True, False])}
    start = wb.initialise(model)

    def weights_of(trained: Weights, step: int) -> Weights:
        seen.append(step)
        return {"1.weight": start["1.weight"] + trained["t"][:, None]}

    recipe = wb.Recipe(steps=5, batch_size=2)
    done = last(wb.steps(model, start, data, recipe, trained=point, mask=mask, weights_of=weights_of, step=2))
    assert seen == [2, 3, 4]
    assert torch.equal(done.state.trained["t"] != 0, mask["t"])


def test_a_quadratic_penalty_adds_its_slope_and_no_loss():
    model, data = four(), pair()
    start, recipe = wb.initialise(model), wb.Recipe(steps=1, batch_size=2, learning_rate=0.1, momentum=0.0)
    without = next(wb.steps(model, start, data, recipe))
    with_it = next(wb.steps(model, start, data, recipe, penalty=lambda t: 3 * (t["1.weight"] ** 2).sum()))
    moved = with_it.state.trained["1.weight"] - without.state.trained["1.weight"]
    assert torch.allclose(moved, -0.1 * 6 * start["1.weight"], atol=1e-6)  # the slope of 3 w² is 6 w
    assert torch.equal(without.losses, with_it.losses)


def test_example_weights_multiply_the_losses_example_by_example():
    model, recipe = Own(), wb.Recipe(steps=3, batch_size=16, learning_rate=0.05, momentum=0.0)
    start = wb.initialise(model)
    plain = list(wb.steps(model, start, DATA, recipe))[1]
    run = wb.steps(model, start, DATA, recipe)
    state = next(run).state
    state.example_weights = torch.arange(50.0)
    moved = next(run)
    place = (moved.batch.ids - 100) // 3
    assert torch.allclose(moved.losses, plain.losses * place)
    state.example_weights = torch.zeros(50)
    before = copied(state.trained)
    assert not next(run).losses.any()
    assert same(before, {name: tensor.detach() for name, tensor in state.trained.items()})
    assert state.copy().example_weights is not state.example_weights


def test_a_run_may_begin_with_example_weights():
    model, recipe = Own(), wb.Recipe(steps=5, batch_size=16, learning_rate=0.05)
    start, given = wb.initialise(model), torch.arange(50.0) / 25
    found = list(wb.steps(model, start, DATA, recipe, example_weights=given))
    assert torch.allclose(
        found[0].losses, next(wb.steps(model, start, DATA, recipe)).losses * (found[0].batch.ids - 100).div(75)
    )
    kept = found[-1].state.example_weights
    assert kept is not None
    assert torch.equal(kept, given)
    kept.zero_()  # a consumer may rewrite the state's; the caller's stay
    assert torch.equal(given, torch.arange(50.0) / 25)
    run = wb.train(model, start, DATA, recipe, example_weights=given)
    assert same(run.weights, network_weights(model, start, found[-1].state))
    ones = wb.train(model, start, DATA, recipe, example_weights=torch.ones(50, dtype=torch.float64))
    assert same(ones.weights, wb.train(model, start, DATA, recipe).weights)


def test_the_example_weights_of_a_state_win():
    model, recipe = Own(), wb.Recipe(steps=6, batch_size=16, learning_rate=0.05)
    start, given = wb.initialise(model), torch.rand(50, generator=torch.Generator().manual_seed(1))
    whole = wb.train(model, start, DATA, recipe, example_weights=given)
    kept = states(recipe, 3, example_weights=given)
    for other in (None, torch.zeros(50)):
        assert same(whole.weights, wb.train(model, start, DATA, recipe, state=kept, example_weights=other).weights)


def test_a_consumer_may_clamp_what_is_trained_in_place():
    model, data = four(), pair()
    recipe = wb.Recipe(steps=30, batch_size=2, learning_rate=1.0)
    for done in wb.steps(model, wb.initialise(model), data, recipe):
        with torch.no_grad():
            done.state.trained["1.weight"].clamp_(-0.1, 0.1)
    assert float(done.state.trained["1.weight"].detach().abs().max()) < 0.1001


def test_gradients_are_dense_and_those_of_the_mean_loss():
    model, data = four(), pair()
    start = {"1.weight": torch.tensor([[0.0, 0.0], [0.0, 0.0]])}
    slope = wb.gradients(model, start, data, torch.arange(2))["1.weight"]
    # softmax is (1/2, 1/2): (p - y) x over both images, halved
    assert torch.allclose(slope, torch.tensor([[-0.25, 0.25], [0.25, -0.25]]))


def test_gradients_are_those_of_an_annealed_loss_at_its_step():
    model, data = Own(), made()
    start, ids, recipe = (
        wb.initialise(model),
        data.train.ids[:8],
        wb.Recipe(steps=4, loss=wb.Robust(0.2, anneal="cosine")),
    )
    for step in (0, 1, 3):
        lam = 0.2 * (1 + math.cos(math.pi * step / 4)) / 2
        found = wb.gradients(model, start, data, ids, recipe=recipe, step=step)
        expected = wb.gradients(model, start, data, ids, recipe=wb.Recipe(steps=4, loss=wb.Robust(lam)))
        assert all(torch.allclose(found[name], expected[name]) for name in found)


def test_gradients_are_those_of_the_examples_with_these_ids():
    model, data = Own(), made()
    shuffled = replace(data, train=data.train.take(torch.tensor([7, 2, 30, 11, 5])))  # ids 121, 106, 190, 133, 115
    start, network = wb.initialise(model), Own().eval()
    slopes = wb.gradients(model, start, shuffled, torch.tensor([190, 106]))
    images, labels = data.train.inputs(torch.tensor([30, 2])), data.train.labels[[30, 2]]
    trained = {name: start[name].clone().requires_grad_() for name, _ in network.named_parameters()}
    loss = nn.functional.cross_entropy(torch.func.functional_call(network, start | trained, (images,)), labels)
    expected = torch.autograd.grad(loss, list(trained.values()))
    assert all(torch.allclose(slopes[name], slope) for name, slope in zip(trained, expected, strict=True))


def test_gradients_of_an_id_that_is_not_there_are_refused():
    model = Own()
    with pytest.raises(ValueError, match=r"ids must be among data.train.ids, got 2 that are not, 0 for one"):
        wb.gradients(model, wb.initialise(model), DATA, torch.tensor([0, 103, 1]))


# ---- what goes wrong


def test_a_rate_that_diverges_stops_the_run_and_says_where_and_what_to_try():
    model = wb.models.lenet(DATA)
    with pytest.raises(wb.Diverged) as caught:
        wb.train(model, wb.snapshot(model), DATA, wb.Recipe(steps=200, batch_size=16, learning_rate=1e5))
    for part in ("the loss is", "at step", "of 200", "learning_rate=10000", "warmup=10"):
        assert part in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"seed": -1}, ("seed must be an integer from 0", "-1")),
        ({"seed": 2**53}, ("seed", str(2**53))),
        ({"order_seed": -2}, ("seed", "-2")),
        ({"step": -1}, ("step must be a whole number from 0", "-1", "step=0")),
        ({"example_weights": torch.ones(49)}, ("example_weights must be one number for each of 50", "(49,)")),
        ({"example_weights": torch.ones(50, 1)}, ("example_weights must be one number", "(50, 1)")),
        ({"example_weights": -torch.ones(50)}, ("example_weights must be finite and at least 0", "50 that are not")),
        ({"example_weights": torch.full((50,), torch.nan)}, ("example_weights must be finite", "50 that are not")),
        ({"example_weights": torch.full((50,), torch.inf)}, ("example_weights must be finite", "1 changes nothing")),
        ({"mask": {"nothing": torch.ones(2, dtype=torch.bool)}}, ("nothing", "does not have", "wb.masks.full")),
        ({"mask": {"fc.weight": torch.ones(2, 2, dtype=torch.bool)}}, ("fc.weight", "(2, 2)", "(3, 96)")),
        ({"mask": {"fc.weight": torch.ones(3, 96)}}, ("fc.weight", "bool", "torch.float32")),
    ],
)
def test_what_does_not_fit_is_said_before_the_first_step(options: dict[str, Any], parts: tuple[str, ...]):
    model = Own()
    with pytest.raises(ValueError, match=r"must|does not have") as caught:
        next(wb.steps(model, wb.initialise(model), DATA, wb.Recipe(**SGD), **options))
    assert all(part in str(caught.value) for part in parts)


def test_weights_of_another_model_are_named():
    with pytest.raises(ValueError, match=r"must have the names of the model; missing: 1.weight"):
        next(wb.steps(four(), wb.initialise(Own()), pair(), wb.Recipe(steps=1)))


# ---- number formats


def test_bfloat16_holds_the_accuracy_of_float32(digits: wb.Data, small: nn.Module, start: Weights):
    found = {}
    for precision in ("float32", "bfloat16"):
        run = wb.train(small, start, digits, wb.Recipe(steps=60, precision=precision))
        assert run.hardware.precision == precision
        assert all(tensor.dtype == start[name].dtype for name, tensor in run.weights.items())
        assert run.test_accuracy is not None
        found[precision] = run.test_accuracy
    assert found["float32"] > 0.8
    assert abs(found["bfloat16"] - found["float32"]) < 0.03


def test_channels_last_agrees_with_contiguous_within_rounding(digits: wb.Data):
    model = wb.models.resnet8(digits, width=8)
    start, mask = wb.snapshot(model), masked(model)
    recipes = [wb.Recipe(steps=3, batch_size=32, device="cpu", channels_last=choice) for choice in (False, True)]
    plain, last_ = (wb.train(model, start, digits, recipe, mask=mask) for recipe in recipes)
    assert last_.hardware.channels_last
    assert not plain.hardware.channels_last
    for name in mask:
        assert torch.allclose(plain.weights[name], last_.weights[name], atol=2e-4), name
        assert last_.weights[name].is_contiguous()


def test_a_narrow_resnet_never_gets_channels_last_on_the_cpu(digits: wb.Data):
    narrow = wb.models.resnet8(digits, width=4)  # torch 2.13 writes past its memory there
    assert not settle(narrow, device="cpu").channels_last
    with pytest.raises(ValueError, match="channels_last breaks torch's 1×1 convolutions of under 8 channels"):
        settle(narrow, device="cpu", channels_last=True)


def test_compiled_training_traces_and_gives_the_numbers_of_the_plain_one(monkeypatch: pytest.MonkeyPatch):
    compile_ = torch.compile  # the tracing is ours to test; C++ from it takes torch's inductor half a minute
    monkeypatch.setattr(torch, "compile", lambda f: compile_(f, backend="eager"))
    model = Own()
    start, mask = wb.initialise(model), masked(model)
    recipe: dict[str, Any] = {"steps": 4, "batch_size": 16, "device": "cpu"}
    plain = wb.train(model, start, DATA, wb.Recipe(**recipe), mask=mask)
    traced = wb.train(model, start, DATA, wb.Recipe(**recipe, compile=True), mask=mask)
    assert traced.hardware.compiled
    for name, tensor in plain.weights.items():  # batch-norm's buffers included
        assert torch.allclose(tensor.double(), traced.weights[name].double(), atol=1e-5), name


# ---- on a GPU

cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")


@pytest.mark.gpu
@cuda
def test_a_step_on_the_gpu_agrees_with_one_on_the_cpu():
    model = Own()
    start, mask = wb.initialise(model), masked(model)
    found = []
    for device in ("cpu", "cuda"):
        recipe = wb.Recipe(steps=1, batch_size=16, device=device, precision="float32")
        done = next(wb.steps(model, start, DATA, recipe, mask=mask))
        found.append(network_weights(model, start, done.state))
    for name, tensor in found[0].items():
        assert torch.allclose(tensor.double(), found[1][name].double(), atol=1e-3), name


@pytest.mark.gpu
@cuda
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_resuming_on_the_gpu_gives_the_same_weights(optimiser: str):
    model = Own()
    start, mask = wb.initialise(model), masked(model)
    recipe = wb.Recipe(
        steps=9, batch_size=16, learning_rate=0.01, device="cuda", optimiser=optimiser, augment="crop+flip"
    )
    kept = states(recipe, 4, mask=mask)
    resumed = wb.train(model, start, DATA, recipe, state=kept)
    whole = wb.train(model, start, DATA, recipe, mask=mask)
    assert whole.hardware.device == "cuda"
    for name, tensor in whole.weights.items():
        assert tensor.device.type == "cpu"
        assert torch.allclose(tensor.double(), resumed.weights[name].double(), atol=1e-5), name
    assert all(not resumed.weights[name][~mask[name]].any() for name in mask)


@pytest.mark.gpu
@cuda
def test_rounds_run_on_the_gpu_and_count_exactly():
    model = Own()
    recipe = wb.Recipe(steps=4, batch_size=16, device="cuda", precision="bfloat16")
    found = list(wb.lottery.rounds(model, wb.initialise(model), copy.copy(DATA), recipe, rounds=2, rewind_step=1))
    assert [wb.masks.kept(r.mask) for r in found] == [342, 274, 219]  # 54 + 288, less a fifth, less a fifth
    assert all(tensor.device.type == "cpu" for r in found for tensor in r.run.weights.values())
