"""Executions: each trains as the dense reference does, to rounding, and says where it does not serve."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, last, made, narrow, same, same_state
from torch import nn

import workbench as wb
from workbench.nets import step_costs
from workbench.nets.execution import execute, resolve
from workbench.nets.hardware import settle
from workbench.nets.models import MODELS
from workbench.nets.weights import Weights
from workbench.training.steps import network_weights

DATA = made(shape=(1, 16, 16))
SGD: dict[str, Any] = {"batch_size": 16, "learning_rate": 0.02, "weight_decay": 1e-3}
EXECUTIONS = ("sparse", "compact")
SHALLOW = ("lenet", "lenet5", "plain_cnn", "conv2", "conv4", "conv6", "resnet8")
MOST = 1e-5  # by which two executions may differ after one step and after ten


def ticket(model: nn.Module, density: float = 0.1) -> tuple[Weights, wb.masks.Mask]:
    """Weights, and a mask that keeps a share of every layer."""
    return wb.initialise(model), wb.pruning.random_mask(wb.masks.full(model), density=density, layers="uniform")


def lenet() -> nn.Module:
    return wb.models.lenet(DATA, hidden=(20, 10))


def after(model: nn.Module, start: Weights, mask: wb.masks.Mask, recipe: wb.Recipe, **options: Any) -> Weights:
    """The network's weights at the end of a recipe."""
    return network_weights(model, start, last(wb.steps(model, start, DATA, recipe, mask=mask, **options)).state)


def apart(a: Weights, b: Weights) -> float:
    """The largest difference between two networks."""
    return max(float((a[name].double() - b[name].double()).abs().max()) for name in a)


# ---- the executions agree


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("density", [0.15, 0.02])
@pytest.mark.parametrize("steps", [1, 10])
@pytest.mark.parametrize("name", MODELS)
def test_one_step_and_ten_are_those_of_the_dense_network(name: str, steps: int, density: float, execution: str):
    model = wb.models.named(narrow(name), DATA)
    start, mask = ticket(model, density)
    recipe = wb.Recipe(**{**SGD, "steps": steps, "learning_rate": 1e-3})
    if name == "mobilenet_v2":
        model = _without_dropout(model)
    dense, other = (after(model, start, mask, replace(recipe, execution=e)) for e in ("dense", execution))
    chaos = 0.0 if steps == 1 else apart(dense, after(model, _nudged(start), mask, recipe))
    assert apart(dense, other) <= max(MOST, 10 * chaos)  # deep networks, as they are drawn, make much of a last bit
    assert name not in SHALLOW or chaos <= MOST
    assert apart(start, dense) > 1e-5  # they did train


def _nudged(weights: Weights) -> Weights:
    """The weights, other in their last bits."""
    return {name: t * (1 + 2**-23) if t.is_floating_point() else t for name, t in weights.items()}


def _without_dropout(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "adam", "learning_rate": 1e-4, "weight_decay": 1e-2},
        {"nesterov": True, "schedule": "cosine", "warmup": 3},
        {"momentum": 0.0, "loss": wb.Focal(gamma=2)},
        {"augment": "crop+flip", "mixup": 0.5},
        {"loss": wb.Robust(eta=0.5)},
    ],
)
def test_they_agree_under_every_kind_of_recipe(options: dict[str, Any], execution: str):
    model = lenet()
    start, mask = ticket(model)
    recipe = wb.Recipe(**{"steps": 10, **SGD, **options})
    dense, other = (after(model, start, mask, replace(recipe, execution=e)) for e in ("dense", execution))
    assert apart(dense, other) <= MOST


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_examples_are_weighed_and_penalties_added_all_the_same(execution: str):
    model = lenet()
    start, mask = ticket(model)
    options = {
        "example_weights": torch.linspace(0, 2, len(DATA.train)),
        "penalty": lambda trained: sum((w + 0.01 * w.square()).sum() for w in trained.values()),  # pulls at 0 as well
    }
    recipe = wb.Recipe(steps=10, **SGD)
    dense, other = (after(model, start, mask, replace(recipe, execution=e), **options) for e in ("dense", execution))
    assert apart(dense, other) <= MOST


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_what_is_pruned_stays_zero_and_the_state_is_dense(execution: str):
    model = lenet()
    start, mask = ticket(model)
    state = last(wb.steps(model, start, DATA, wb.Recipe(steps=5, **SGD, execution=execution), mask=mask)).state
    for name, kept in mask.items():
        assert state.trained[name].shape == kept.shape
        assert not state.trained[name][~kept].any()
        assert not state.optimiser[name]["momentum_buffer"][~kept].any()
        assert state.trained[name][kept].all()


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_resuming_gives_the_same_bits(execution: str):
    model = lenet()
    start, mask = ticket(model)
    recipe = wb.Recipe(steps=9, **SGD, execution=execution)
    whole = last(wb.steps(model, start, DATA, recipe, mask=mask))
    kept = next(s.state.copy() for s in wb.steps(model, start, DATA, recipe, mask=mask) if s.step == 4)
    assert same_state(whole.state, last(wb.steps(model, start, DATA, recipe, state=kept)).state)
    again = last(wb.steps(model, start, DATA, recipe, mask=mask))
    assert same_state(whole.state, again.state)


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_a_mask_that_changes_on_the_way_is_followed(execution: str):
    model = lenet()
    start, mask = ticket(model)
    other = wb.pruning.random_mask(wb.masks.full(model), density=0.12, seed=9)
    ends = []
    for way in ("dense", execution):
        for step in wb.steps(model, start, DATA, wb.Recipe(steps=10, **SGD, execution=way), mask=mask):
            if step.step == 4:
                step.state.remask(other)
        ends.append(network_weights(model, start, step.state))
    assert apart(*ends) <= MOST
    assert any(bool(ends[1][name][kept & ~mask[name]].any()) for name, kept in other.items())  # what was born learns


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_what_a_consumer_writes_between_two_steps_is_read(execution: str):
    model = lenet()
    start, mask = ticket(model)
    ends = []
    for way in ("dense", execution):
        for step in wb.steps(model, start, DATA, wb.Recipe(steps=6, **SGD, execution=way), mask=mask):
            if step.step == 3:
                with torch.no_grad():
                    for weight in step.state.trained.values():
                        weight.mul_(1.5)
        ends.append(network_weights(model, start, step.state))
    assert apart(*ends) <= MOST


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_evaluation_under_a_mask_is_that_of_the_dense_network(execution: str):
    model = lenet()
    start, mask = ticket(model)
    hardware = replace(settle(model), execution=execution)
    dense = wb.evaluate(model, start, DATA.test, mask=mask)
    other = wb.evaluate(model, start, DATA.test, mask=mask, hardware=hardware)
    torch.testing.assert_close(dense.logits, other.logits, rtol=1e-5, atol=1e-6)
    assert same(start, wb.initialise(model))


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_rounds_of_a_lottery_agree_while_rounding_is_small(execution: str):
    model = lenet()
    start = wb.initialise(model)
    ends = []
    for way in ("dense", execution):
        found = list(wb.lottery.rounds(model, start, DATA, wb.Recipe(steps=4, **SGD, execution=way), rounds=12))
        ends.append(found)
    assert [r.run.hardware.execution for r in ends[0]] == ["dense"] * 13
    assert ends[1][0].run.hardware.execution == "dense"  # nothing is pruned yet
    assert ends[1][-1].run.hardware.execution == execution
    for a, b in zip(*ends, strict=True):
        assert apart(a.run.weights, b.run.weights) <= MOST
        assert same(a.mask, b.mask)


# ---- what is chosen, and known of it


def test_auto_reads_the_table_and_takes_the_cheapest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = lenet()
    hardware = settle(model)
    rows = {"shape": [20, 256], "densities": [0.01, 0.2], "ratios": [0.1, 1.5]}
    table = {hardware.processor: {"sparse": [rows], "compact": {"linear": [[0, 1], [1, 1]]}}}
    (tmp_path / "table.json").write_text(json.dumps(table))
    monkeypatch.setattr(step_costs, "TABLE", tmp_path / "table.json")
    step_costs.measured.cache_clear()
    try:
        chosen = [resolve(model, ticket(model, d)[1], "auto", hardware).execution for d in (0.01, 0.15)]
        full = resolve(model, wb.masks.full(model), "auto", hardware).execution
        unknown = resolve(model, ticket(model, 0.01)[1], "auto", replace(hardware, processor="cpu of 2040")).execution
    finally:
        step_costs.measured.cache_clear()
    assert (*chosen, full, unknown) == ("sparse", "dense", "dense", "dense")


def test_auto_is_dense_in_a_search_under_dropout_and_where_sparse_does_not_serve():
    model = lenet()
    start = wb.initialise(model)
    search = wb.Recipe(steps=3, batch_size=16, execution="auto")
    assert wb.pruning.edge_popup(model, start, DATA, search, density=0.5)
    mask = ticket(model, 0.02)[1]
    half = wb.train(model, start, DATA, replace(search, precision="bfloat16"), mask=mask)
    assert half.hardware.execution in ("dense", "compact")
    dropped = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(256, 3))
    hardware = settle(dropped)
    assert resolve(dropped, ticket(dropped, 0.02)[1], "auto", hardware).execution == "dense"


def test_sparse_is_dense_until_a_layer_keeps_a_fifth():
    model = lenet()
    wide = wb.pruning.random_mask(wb.masks.full(model), density=0.22, layers="uniform")
    assert min(kept / of for kept, of in wb.masks.layers(wide).values()) > 0.2
    found = [resolve(model, ticket(model, d)[1], "sparse", settle(model)).execution for d in (0.5, 0.22, 0.2)]
    assert found == ["dense", "dense", "sparse"]


def test_the_execution_is_in_the_key_and_in_the_run():
    model = lenet()
    start, mask = ticket(model)
    recipes = [wb.Recipe(steps=2, **SGD, execution=e) for e in ("dense", "sparse", "auto")]
    assert len({wb.call(wb.train, model, start, DATA, recipe, mask=mask).key() for recipe in recipes}) == 3
    assert [wb.train(model, start, DATA, r, mask=mask).hardware.execution for r in recipes[:2]] == ["dense", "sparse"]


def test_another_table_of_costs_is_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    call = wb.call(wb.models.lenet, wb.call(wb.load, "digits"))
    before = call.key()
    step_costs.measured.cache_clear()
    monkeypatch.setattr(step_costs, "TABLE", tmp_path / "table.json")
    (tmp_path / "table.json").write_text(json.dumps({settle(lenet()).processor: {"sparse": []}}))
    try:
        assert call.key() != before
    finally:
        step_costs.measured.cache_clear()


def test_the_table_that_is_shipped_says_what_was_measured():
    table = json.loads(step_costs.TABLE.read_text())
    assert table
    for processor, costs in table.items():
        assert processor.startswith(("cpu ", "cuda "))
        for row in costs["sparse"]:
            assert row["densities"] == sorted(row["densities"])
            assert len(row["ratios"]) == len(row["densities"])
            assert all(ratio > 0 for ratio in row["ratios"])


# ---- what does not serve


class NoLinear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 16)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.conv(images).flatten(1)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (NoLinear(), "is of linear layers, and NoLinear has none"),
        (nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(256, 3)), "by 1, an active dropout.*"),
        (nn.Sequential(nn.Flatten(), nn.Linear(256, 3)).double(), "is float32 alone, and this network is .* float64"),
    ],
)
def test_a_network_that_sparse_does_not_serve_is_refused_before_any_round(model: nn.Module, words: str):
    start = wb.snapshot(model)
    recipe = wb.Recipe(steps=1, batch_size=16, execution="sparse")
    with pytest.raises(ValueError, match=rf'execution="sparse" .*{words}.* execution="dense" computes every network'):
        next(wb.lottery.rounds(model, start, DATA, recipe, rounds=1))


@pytest.mark.parametrize("options", [{"precision": "bfloat16"}, {"compile": True}])
def test_sparse_is_refused_at_once_in_a_recipe_that_it_does_not_serve(options: dict[str, Any]):
    with pytest.raises(ValueError, match=r"execution=\"sparse\" is float32 alone and not compiled, got .*"):
        wb.Recipe(steps=1, execution="sparse", **options)


def test_a_search_is_refused_under_an_execution_of_masks_over_weights():
    model = lenet()
    recipe = wb.Recipe(steps=2, batch_size=16, execution="sparse")
    with pytest.raises(ValueError, match="is of masks over weights, and what trains here is something else"):
        wb.pruning.edge_popup(model, wb.initialise(model), DATA, recipe, density=0.5)


def test_an_execution_that_is_unknown_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match='execution "spares" is not known; did you mean "sparse"'):
        wb.Recipe(steps=1, execution="spares")


def test_a_mask_of_another_model_is_refused():
    model = lenet()
    mask = ticket(Own())[1]
    with pytest.raises(ValueError, match="mask"):
        wb.train(model, wb.initialise(model), DATA, wb.Recipe(steps=1, execution="sparse"), mask=mask)


def test_making_an_execution_leaves_the_model_alone():
    model = lenet()
    mask = ticket(model, 0.05)[1]
    before = [type(m) for m in model.modules()]
    execute(model, mask, replace(settle(model), execution="sparse"))
    assert [type(m) for m in model.modules()] == before
