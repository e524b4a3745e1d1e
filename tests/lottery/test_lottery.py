"""Iterative magnitude pruning: counts, rewinding and the fresh start of every round, against a loop in plain torch."""

from __future__ import annotations

import copy
import itertools
import signal
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, four, made, pair, same
from torch import nn

import workbench as wb
from workbench.data.batches import Order
from workbench.lottery.rounds import Round, counts, matching, midpoint, projection, rounds

DATA = made()
RECIPE = wb.Recipe(steps=9, batch_size=16, learning_rate=0.05, weight_decay=1e-3)


def run(recipe: wb.Recipe = RECIPE, **options: Any) -> list[Round]:
    model = Own()
    return list(rounds(model, wb.initialise(model), DATA, recipe, **{"rounds": 3, "fraction": 0.3} | options))


def same_run(a: wb.Run, b: wb.Run) -> bool:
    """Whether two runs are the same by bits; wall time is not part of it."""
    plain = [f.name for f in fields(a) if f.name not in ("seconds", "weights", "checkpoints")]
    return same(a.weights, b.weights) and all(getattr(a, name) == getattr(b, name) for name in plain)


def same_rounds(a: list[Round], b: list[Round]) -> bool:
    return len(a) == len(b) and all(
        (x.round, x.density) == (y.round, y.density)
        and same(x.mask, y.mask)
        and same(x.rewound, y.rewound)
        and same(x.ranked, y.ranked)
        and same_run(x.run, y.run)
        for x, y in zip(a, b, strict=True)
    )


# ---- counts


def test_a_round_of_lenet_keeps_212960_of_266200():
    data = made(n=8, shape=(1, 28, 28))
    model = wb.models.lenet(replace(data, classes=tuple("0123456789")))
    found = list(rounds(model, wb.snapshot(model), data, wb.Recipe(steps=0), rounds=3))
    assert [wb.masks.kept(r.mask) for r in found] == [266_200, 212_960, 170_368, 136_294]
    assert [r.density for r in found] == [kept / 266_200 for kept in (266_200, 212_960, 170_368, 136_294)]


def test_a_round_removes_the_rounded_share_of_the_survivors():
    mask = {"a": torch.ones(100, dtype=torch.bool)}
    assert counts(mask, 4, 0.3) == [100, 70, 49, 34, 24]  # 14.7 and 10.2 are removed as 15 and 10
    assert [wb.masks.kept(r.mask) for r in run()] == [342, 239, 167, 117]


def test_every_mask_lies_within_the_one_before():
    found = run()
    for denser, sparser in itertools.pairwise(found):
        assert all(not (sparser.mask[name] & ~denser.mask[name]).any() for name in denser.mask)


# ---- a round, in plain torch


def by_hand(model: nn.Module, start: dict[str, torch.Tensor], mask: dict[str, torch.Tensor], first: int) -> nn.Module:
    """Masked training as a person writes it: weights masked after every step, a fresh optimiser."""
    network, order = copy.deepcopy(model), Order(50, 16, 0)
    network.load_state_dict(start)
    network.train()
    named = dict(network.named_parameters())
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    inputs = DATA.train.images.float() / 255
    with torch.no_grad():
        for name, kept in mask.items():
            named[name].mul_(kept)
    for step in range(first, 9):
        index = order(step)
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(inputs[index]), DATA.train.labels[index]).backward()
        optimiser.step()
        with torch.no_grad():
            for name, kept in mask.items():
                named[name].mul_(kept)
    return network


@pytest.mark.parametrize("rewind_step", [0, 4])
def test_two_rounds_agree_with_a_loop_in_plain_torch(rewind_step: int):
    model = Own()
    start = wb.initialise(model)
    found = list(rounds(model, start, DATA, RECIPE, rounds=2, fraction=0.3, rewind_step=rewind_step))
    mask, rewound, trained = wb.masks.full(model), start, {}
    if rewind_step:  # the state at step k, of a run that goes on to the end
        rewound = wb.weights_at(model, start, DATA, RECIPE, step=rewind_step)
    for r, left in zip(found, (342, 239, 167), strict=True):
        if r.round:
            size = torch.cat([(w.abs() * mask[n]).flatten() for n, w in trained.items()])
            least = size.sort(descending=True).values[left - 1]
            mask = {name: mask[name] & (trained[name].abs() >= least) for name in mask}
        assert same(mask, r.mask)
        assert same(rewound, r.rewound)
        network = by_hand(model, rewound, mask, rewind_step)
        trained = {name: dict(network.named_parameters())[name].detach() for name in mask}
        for name, tensor in network.state_dict().items():
            assert torch.allclose(tensor.double(), r.run.weights[name].double(), atol=1e-6), (r.round, name)


# ---- rewinding


def test_survivors_go_back_to_step_k_with_the_buffers_and_pruned_places_are_zero():
    model = Own()
    start = wb.initialise(model)
    at_k = wb.weights_at(model, start, DATA, RECIPE, step=4)
    assert float(at_k["norm.running_mean"].abs().sum()) > 0
    assert int(at_k["norm.num_batches_tracked"]) == 4
    for r in run(rewind_step=4):
        assert same(r.rewound, at_k)
        for name, tensor in r.ticket.weights.items():
            kept = r.mask.get(name, torch.ones_like(tensor, dtype=torch.bool))
            assert torch.equal(tensor[kept], at_k[name][kept])
            assert not tensor[~kept].any()
        assert (r.run.steps, int(r.run.weights["norm.num_batches_tracked"])) == (5, 9)


def test_rewinding_to_step_zero_is_the_start():
    model = Own()
    assert all(same(r.rewound, wb.initialise(model)) for r in run())


def test_rewinding_to_weights_trained_elsewhere():
    other = wb.train(Own(), wb.initialise(Own(), seed=7), made(classes=2), RECIPE).weights
    found = run(rewound=other, rewind_step=2)
    assert all(same(r.rewound, other) for r in found)
    assert all(r.run.steps == 7 for r in found)


def test_learning_rate_rewinding_keeps_the_weights_and_rewinds_the_schedule():
    found = run(replace(RECIPE, schedule="multistep", evaluate_every=1), rewind="learning_rate", rewind_step=3)
    for before, after in itertools.pairwise(found):
        assert same(after.rewound, before.run.weights)
        assert [row["learning_rate"] for row in after.run.history] == [
            row["learning_rate"] for row in before.run.history
        ]
        assert after.run.history[0]["step"] == 4


def test_one_shot_takes_every_mask_from_the_dense_rounds_weights():
    found, model = run(one_shot=True), Own()
    for r in found:
        assert same(r.ranked, found[0].run.weights)
        straight = wb.pruning.magnitude(found[0].run.weights, wb.masks.full(model), density=r.density)
        assert same(r.mask, straight)
    assert not same(found[2].mask, run()[2].mask)


def test_inverted_every_round_removes_the_largest_weights_that_were_trained():
    found = run(invert=True)
    assert [r.density for r in found] == [r.density for r in run()]
    for denser, sparser in itertools.pairwise(found):
        trained = denser.run.weights
        removed, left = (
            torch.cat([trained[name][denser.mask[name] & (mask ^ gone)].abs() for name, mask in sparser.mask.items()])
            for gone in (True, False)
        )
        assert removed.min() >= left.max()
    assert same(found[1].rewound, run()[1].rewound)


def test_a_layer_that_is_kept_is_never_pruned_and_not_counted():
    found = run(keep=("fc.weight",))
    assert [list(r.mask) for r in found] == [["conv.weight"]] * 4
    assert [wb.masks.kept(r.mask) for r in found] == [54, 38, 27, 19]
    assert all(bool(r.run.weights["fc.weight"].all()) for r in found)


def test_by_layer_every_layer_has_the_same_density():
    last = run(scope="layer")[-1]
    assert all(
        kept / total == pytest.approx(last.density, abs=0.02) for kept, total in wb.masks.layers(last.mask).values()
    )


def test_all_rounds_share_the_order_of_the_data_and_another_seed_has_another():
    first, other = run(rounds=0), run(rounds=0, seed=1)
    assert not same(first[0].run.weights, other[0].run.weights)
    assert {r.run.order_seed for r in run(seed=5)} == {5}


def test_a_layer_collapse_is_reported():
    model = Own()
    start = wb.initialise(model)
    start["conv.weight"] = start["conv.weight"] * 1e-9
    found = list(rounds(model, start, DATA, wb.Recipe(steps=0), rounds=2, fraction=0.5))
    assert [r.collapsed for r in found] == [[], ["conv.weight"], ["conv.weight"]]
    assert "collapsed=['conv.weight']" in repr(found[1])
    assert "collapsed" not in repr(found[0])


def test_what_came_in_is_unchanged():
    model = Own()
    start = wb.initialise(model)
    before, inside = copied(start), wb.snapshot(model)
    list(rounds(model, start, DATA, RECIPE, rounds=2, rewind_step=2))
    assert same(start, before)
    assert same(inside, wb.snapshot(model))


# ---- resuming


@pytest.mark.parametrize(
    "options", [{}, {"one_shot": True}, {"rewind": "learning_rate"}, {"rewind_step": 4}, {"invert": True}]
)
def test_going_on_after_a_round_gives_the_same_bits(options: dict[str, Any]):
    whole = run(**options)
    for last in (0, 2):
        assert same_rounds(whole[: last + 1] + run(**options, after=whole[last]), whole)
    assert run(**options, after=whole[-1]) == []


SCRIPT = """
import sys
import workbench as wb
sys.path.insert(0, {tests!r})
from tiny import Own, made
model = Own()
recipe = wb.Recipe(steps=60, batch_size=16, learning_rate=0.05)
call = wb.call(wb.lottery.rounds, model, wb.initialise(model), made(), recipe, rounds=20, rewind_step=3)
if __name__ == "__main__":
    for r in wb.Archive({folder!r}).each(call):
        print(r.round, flush=True)
"""


def test_rounds_killed_at_any_moment_go_on_and_end_with_the_same_bits(tmp_path: Path):
    script = SCRIPT.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path / "archive"))
    (tmp_path / "job.py").write_text(script)
    with subprocess.Popen([sys.executable, tmp_path / "job.py"], stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert [job.stdout.readline() for _ in range(2)] == ["0\n", "1\n"]
        job.send_signal(signal.SIGKILL)
    assert job.returncode == -signal.SIGKILL
    model, recipe = Own(), wb.Recipe(steps=60, batch_size=16, learning_rate=0.05)
    things = (model, wb.initialise(model), made(), recipe)
    call = wb.call(rounds, *things, rounds=3, rewind_step=3)
    whole = list(call.run())
    killed = wb.call(rounds, *things, rounds=20, rewind_step=3)
    stored = len(list((tmp_path / "archive" / "calls").rglob("0*.json")))
    assert 2 <= stored < 21
    made_now: list[int] = []
    with wb.progress.watch(lambda p: made_now.append(p.path[-1][1] if p.path and p.path[-1][0] == "round" else -1)):
        found = []
        for r in wb.Archive(str(tmp_path / "archive")).each(killed):
            found.append(r)
            if r.round == max(3, stored):
                break
    assert same_rounds(found[:4], whole)
    assert {r for r in made_now if r >= 0} == set(range(stored, len(found)))  # what was finished was not made again


# ---- matching


def replica(*accuracies: float) -> list[Round]:
    return [
        replace(r, run=replace(r.run, test_accuracy=accuracy)) for r, accuracy in zip(MADE, accuracies, strict=True)
    ]


MADE = run(wb.Recipe(steps=0), rounds=2, fraction=0.5)
LEAST = 85 / 342


def test_matching_is_the_lowest_density_down_to_which_every_round_matches():
    # differences at 1/2: 0, 0.01, -0.01: mean 0, half-width 4.3027 · 0.01 / sqrt(3) = 0.0248; at 1/4: -0.1 each
    replicas = [replica(0.9, 0.9, 0.8), replica(0.8, 0.81, 0.7), replica(0.7, 0.69, 0.6)]
    found = matching(replicas, margin=0.025)
    assert found.density == 0.5
    assert [density for density, _ in found.differences] == [0.5, LEAST]
    assert found.differences[0][1].low == pytest.approx(-0.02484, abs=1e-5)
    assert found.differences[1][1].mean == pytest.approx(-0.1)
    assert str(found) == "matches the dense network down to density 0.5, within 0.025"
    assert matching(replicas, margin=0.024).density is None
    assert "no sparse round matches" in str(matching(replicas, margin=0.024))
    assert matching(replicas, margin=0.11).density == LEAST


def test_a_match_below_a_failure_does_not_count():
    assert matching([replica(0.9, 0.5, 0.9)] * 3).density is None


def test_two_replicas_match_nothing():
    assert matching([replica(0.9, 0.9, 0.9)] * 2).density is None
    assert matching([replica(0.9, 0.9, 0.9)] * 3).density == LEAST


def test_matching_needs_a_sparse_round():
    for replicas in ([], [MADE[:1]] * 3):
        with pytest.raises(ValueError, match="matching needs the dense round 0 and a sparse round"):
            matching(replicas)


# ---- between rounds


def between(denser: list[list[float]], sparser: list[list[float]], places: list[list[bool]]) -> tuple[Round, Round]:
    """Two rounds of the four-weight model with these solutions and the second's mask."""
    found = list(rounds(four(), wb.snapshot(four()), pair(), wb.Recipe(steps=0), rounds=1, fraction=0.5))
    masks = [torch.ones(2, 2, dtype=torch.bool), torch.tensor(places)]
    weights = [torch.tensor(denser).float(), torch.tensor(sparser) * masks[1].float()]
    return tuple(  # type: ignore[return-value]
        replace(r, mask={"1.weight": m}, run=replace(r.run, weights={"1.weight": w}))
        for r, m, w in zip(found, masks, weights, strict=True)
    )


def test_the_midpoint_of_a_linear_model_by_hand():
    # w = 1 is right on both images, -3 wrong on both; half-way is -1, wrong on both: 1 - (0 + 1) / 2
    a, b = between([[1, 0], [0, 1]], [[-3, 0], [0, -3]], [[True, False], [False, True]])
    assert midpoint(four(), a, b, pair().test) == 0.5
    # 1 and 3 are right, and so is 2
    c, d = between([[1, 0], [0, 1]], [[3, 0], [0, 3]], [[True, False], [False, True]])
    assert midpoint(four(), c, d, pair().test) == 0


def test_the_projection_of_a_linear_model_by_hand():
    # without the second weight the second image has logits (0, 0), so class 0: one of two is wrong
    a, b = between([[1, 0], [0, 1]], [[3, 0], [0, 3]], [[True, False], [False, False]])
    assert projection(four(), a, b, pair().test) == 0.5
    c, d = between([[1, 0], [0, 1]], [[3, 0], [0, 3]], [[True, False], [False, True]])
    assert projection(four(), c, d, pair().test) == 0


def test_the_midpoint_treats_batch_norm_as_asked(monkeypatch: pytest.MonkeyPatch):
    found = run(rounds=1)
    seen: list[dict[str, torch.Tensor]] = []

    def evaluate(model: nn.Module, weights: dict[str, torch.Tensor], split: wb.Split) -> wb.Evaluation:
        seen.append(weights)
        return wb.evaluate(model, weights, split)

    monkeypatch.setattr(sys.modules["workbench.lottery.rounds"], "evaluate", evaluate)
    means = {}
    for treatment in ("average", "keep", "recompute"):
        midpoint(Own(), found[0], found[1], DATA.test, batch_norm=treatment, train=DATA.train)
        means[treatment] = seen[-3]["norm.running_mean"]
    a, b = (r.run.weights["norm.running_mean"] for r in found)
    assert torch.allclose(means["average"], (a + b) / 2)
    assert torch.equal(means["keep"], a)
    assert not torch.allclose(means["recompute"], means["average"])


def test_unknown_treatments_are_said():
    a, b = run(rounds=1)
    with pytest.raises(ValueError, match='batch-norm treatment "avrage" is not known; did you mean "average"'):
        midpoint(Own(), a, b, DATA.test, batch_norm="avrage")
    with pytest.raises(ValueError, match=r"needs training images, and there are none; pass train=data\.train"):
        midpoint(Own(), a, b, DATA.test, batch_norm="recompute")


# ---- what goes wrong


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"fraction": 20}, ("fraction must be in (0, 1), got 20", "pass 0.2")),
        ({"fraction": 0.0}, ("fraction must be in (0, 1), got 0.0",)),
        ({"fraction": 1.0}, ("fraction must be in (0, 1), got 1.0",)),
        ({"rounds": -1}, ("rounds must be a whole number from 0, got -1", "rounds=0 trains the dense network alone")),
        (
            {"rounds": 9, "fraction": 0.9},
            ("rounds must be at most 2, got 9", "removes all of the 3 weights that are left"),
        ),
        ({"rewind_step": 10}, ("rewind_step must be a whole number of steps from 0 to 9, got 10",)),
        ({"rewind_step": -1}, ("rewind_step must be a whole number of steps from 0 to 9, got -1",)),
        ({"rewind": "weight"}, ('rewind "weight" is not known', 'did you mean "weights"')),
        ({"scope": "globl"}, ('scope "globl" is not known', 'did you mean "global"')),
        ({"keep": ("fc",)}, ("keep must name prunable weights, got ['fc']", "fc.weight")),
        ({"seed": -1}, ("seed must be an integer from 0", "got -1")),
        ({"rewound": wb.snapshot(four())}, ("must have the names of the model", "conv.bias")),
    ],
)
def test_what_is_out_of_range_is_said(options: dict[str, Any], parts: tuple[str, ...]):
    with pytest.raises(ValueError, match=r".") as caught:
        run(**options)
    assert all(part in str(caught.value) for part in parts), str(caught.value)
