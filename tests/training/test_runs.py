"""A finished training as a value: its history, its numbers, and networks of one's own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from tiny import Own, copied, made, same
from torch import Tensor, nn

import workbench as wb
from workbench.data.data import Data

DATA = made()
RECIPE = wb.Recipe(steps=10, batch_size=16, learning_rate=0.05)


class Tied(nn.Module):
    """Two layers with one weight, and one batch-norm under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.fc = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.b.weight = self.a.weight
        self.norm = nn.BatchNorm1d(16)
        self.again = self.norm

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.again(self.b(self.norm(self.a(images.flatten(1))).relu()).relu()))


class Frozen(Own):
    """The convolution is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.conv.requires_grad_(False)


class Unused(Own):
    """A layer that no image passes."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(5, 5)


class Dropping(Own):
    """With active dropout, whose bits are not promised."""

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.dropout(super().forward(images), 0.1, self.training)


class Bare(nn.Module):
    """No convolution, no linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(256, 3)

    def reset_parameters(self) -> None:
        self.embedding.reset_parameters()

    def forward(self, images: Tensor) -> Tensor:
        return self.embedding((images.flatten(1) * 255).long()).mean(1)


@pytest.mark.parametrize("kind", [Own, Tied, Frozen, Unused, Dropping])
def test_a_module_of_ones_own_trains_prunes_and_is_saved(kind: type[nn.Module], tmp_path: Path):
    model = kind()
    start = wb.snapshot(model)
    r = list(wb.lottery.rounds(model, start, DATA, RECIPE, rounds=1, fraction=0.5, rewind_step=2))[-1]
    total = wb.masks.total(wb.masks.full(model))
    assert wb.masks.kept(r.mask) == total - round(total / 2)
    assert all(not r.run.weights[name][~r.mask[name]].any() for name in r.mask)
    assert same(start, wb.snapshot(model))
    wb.save(r.trained, tmp_path / "ticket")
    model.load_state_dict(wb.open(tmp_path / "ticket").weights)
    plain = model.eval()(DATA.test.inputs())
    assert torch.allclose(plain, wb.evaluate(model, r.run.weights, DATA.test).logits, atol=1e-6)


def test_active_dropout_runs_and_says_that_its_bits_are_not_promised():
    model = nn.Sequential(Own(), nn.Dropout(0.1))
    with pytest.warns(UserWarning, match=r"dropout \(1\) .* the bits of this run are not promised; set its p to 0"):
        run = wb.train(model, wb.initialise(model), DATA, RECIPE)
    assert run.steps == 10
    model[1] = nn.Dropout(0.0)
    first, again = (wb.train(model, wb.initialise(model), DATA, RECIPE) for _ in range(2))
    assert same(first.weights, again.weights)


def test_what_is_frozen_or_unused_stays_as_it_is():
    frozen, unused = Frozen(), Unused()
    trained = wb.train(frozen, wb.snapshot(frozen), DATA, RECIPE).weights
    assert torch.equal(trained["conv.weight"], frozen.conv.weight)
    assert not torch.equal(trained["fc.weight"], frozen.fc.weight)
    kept = wb.train(unused, wb.snapshot(unused), DATA, dataclasses.replace(RECIPE, weight_decay=0.1)).weights
    assert torch.equal(kept["unused.weight"], unused.unused.weight)


def test_a_module_without_a_prunable_layer_trains_and_says_that_it_cannot_be_pruned():
    model = Bare()
    run = wb.train(model, wb.initialise(model), DATA, RECIPE)
    assert run.density == 1
    with pytest.raises(ValueError, match="nothing is left to prune"):
        wb.masks.full(model)


def test_a_run_evaluates_the_last_step_on_all_three_parts(digits: Data, small: nn.Module):
    run = wb.train(small, wb.snapshot(small), digits, wb.Recipe(steps=30), seed=4)
    for part in ("train", "validation", "test"):
        found = wb.evaluate(small, run.weights, getattr(digits, part))
        assert getattr(run, f"{part}_accuracy") == found.accuracy
        assert getattr(run, f"{part}_loss") == found.loss
    assert run.test_accuracy is not None
    assert run.test_accuracy > 0.6
    assert (run.steps, run.seed, run.order_seed, run.augment_seed, run.density) == (30, 4, 4, 4, 1.0)
    assert repr(run) == f"Run(test_accuracy={run.test_accuracy:.4f}, density=1, steps=30, seed=4)"
    assert f"<tr><th>test_accuracy</th><td>{run.test_accuracy:.4g}</td></tr>" in run._repr_html_()


def test_history_holds_the_mean_loss_since_the_row_before():
    model = Own()
    start = wb.initialise(model)
    losses = [float(done.losses.mean()) for done in wb.steps(model, start, DATA, RECIPE)]
    run = wb.train(model, start, DATA, dataclasses.replace(RECIPE, evaluate_every=4))
    assert [row["step"] for row in run.history] == [4, 8, 10]
    expected = [sum(losses[:4]) / 4, sum(losses[4:8]) / 4, sum(losses[8:]) / 2]
    assert [row["loss"] for row in run.history] == pytest.approx(expected)
    for row in run.history:
        assert {"test_accuracy", "test_loss", "validation_accuracy", "validation_loss", "learning_rate"} < row.keys()
    assert run.history[-1]["test_loss"] == run.test_loss
    assert all(isinstance(value, (int, float)) for row in run.history for value in row.values())


def test_evaluating_on_the_way_changes_no_bit():
    model = Own()
    start = wb.initialise(model)
    often = wb.train(model, start, DATA, dataclasses.replace(RECIPE, evaluate_every=1), checkpoints=range(11))
    assert same(often.weights, wb.train(model, start, DATA, RECIPE).weights)
    middle = wb.evaluate(model, often.checkpoints[4], DATA.test)
    assert often.history[3]["test_loss"] == middle.loss


def test_checkpoints_hold_the_weights_of_their_steps():
    model = Own()
    start = wb.initialise(model)
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.5)
    run = wb.train(model, start, DATA, RECIPE, mask=mask, checkpoints=[0, 3, 10])
    assert list(run.checkpoints) == [0, 3, 10]
    assert same(run.checkpoints[0], wb.masks.apply(start, mask))
    assert same(run.checkpoints[10], run.weights)
    for done in wb.steps(model, start, DATA, RECIPE, mask=mask):
        if done.step == 3:
            assert all(torch.equal(run.checkpoints[3][name], w) for name, w in done.state.trained.items())
            assert all(torch.equal(run.checkpoints[3][name], w) for name, w in done.state.buffers.items())


def test_weights_at_a_step_are_those_of_dense_training():
    model = Own()
    start = wb.initialise(model)
    run = wb.train(model, start, DATA, RECIPE, checkpoints=[3], seed=2)
    assert same(run.checkpoints[3], wb.weights_at(model, start, DATA, RECIPE, step=3, seed=2))
    assert same(start, wb.weights_at(model, start, DATA, RECIPE, step=0))
    assert same(run.weights, wb.weights_at(model, start, DATA, RECIPE, step=10, seed=2))


def test_a_run_of_no_steps_is_the_start():
    model = Own()
    start = wb.initialise(model)
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.5)
    run = wb.train(model, start, DATA, wb.Recipe(steps=0), mask=mask)
    assert same(run.weights, wb.masks.apply(start, mask))
    assert (run.steps, run.density) == (0, wb.masks.density(mask))
    assert run.history == [
        {
            "step": 0,
            "test_accuracy": run.test_accuracy,
            "test_loss": run.test_loss,
            "validation_accuracy": run.validation_accuracy,
            "validation_loss": run.validation_loss,
        }
    ]


def test_an_empty_part_has_no_numbers():
    data = dataclasses.replace(DATA, validation=DATA.validation.take(torch.arange(0)))
    run = wb.train(Own(), wb.initialise(Own()), data, RECIPE)
    assert run.validation_accuracy is None
    assert run.validation_loss is None
    assert run.test_accuracy is not None


def test_data_without_training_images_says_so():
    data = dataclasses.replace(DATA, train=DATA.train.take(torch.arange(0)))
    with pytest.raises(ValueError, match="made has no training images here; it serves evaluation only"):
        wb.train(Own(), wb.snapshot(Own()), data, RECIPE)


def test_steps_outside_the_run_are_said():
    model = Own()
    start = copied(wb.snapshot(model))
    with pytest.raises(ValueError, match="step 11 must lie within the run, from step 11 to 10; choose a smaller step"):
        wb.train(model, start, DATA, RECIPE, step=11)
    with pytest.raises(ValueError, match=r"the checkpoints \[12\] must lie within the run, from step 0 to 10"):
        wb.train(model, start, DATA, RECIPE, checkpoints=[3, 12])
    for step in (-1, 11):
        words = f"step must be from 0 to 10, the length of this recipe, in whole steps, got {step}"
        with pytest.raises(ValueError, match=words):
            wb.weights_at(model, start, DATA, RECIPE, step=step)
    with pytest.raises(ValueError, match="step must be a whole number from 0, got -1"):
        wb.train(model, start, DATA, RECIPE, step=-1)


def test_a_watcher_can_stop_a_run_and_hears_every_step():
    seen: list[int] = []

    def stop(progress: wb.progress.Progress) -> None:
        seen.append(progress.done)
        if progress.done == 4:
            raise wb.progress.Stopped

    with pytest.raises(wb.progress.Stopped), wb.progress.watch(stop):
        wb.train(Own(), wb.snapshot(Own()), DATA, RECIPE)
    assert seen == [1, 2, 3, 4]


def test_an_interrupt_inside_torch_s_own_no_grad_leaves_no_gradients_off(monkeypatch: pytest.MonkeyPatch):
    def struck(*_: object) -> None:
        torch.set_grad_enabled(False)  # as torch's optimiser does, before it begins
        raise KeyboardInterrupt

    model = Own()
    monkeypatch.setattr(torch.optim.SGD, "step", struck)
    with pytest.raises(KeyboardInterrupt):
        wb.train(model, wb.snapshot(model), made(), wb.Recipe(steps=2, batch_size=10))
    assert torch.is_grad_enabled()
