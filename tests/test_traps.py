"""The traps that published lottery-ticket code fell into, one test each, that concern what is here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, last, made, narrow, same, split_of
from torch import nn

import workbench as wb
from workbench.nets import evaluation
from workbench.nets.batch_norm import recompute_batch_norm

DATA = made()
RECIPE = wb.Recipe(steps=12, batch_size=16, learning_rate=0.05, weight_decay=0.01)


def test_trap_1_momentum_and_weight_decay_bring_no_pruned_weight_back():
    # masking only the gradient: momentum kept from before the prune revived 500 of 500
    model = Own()
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.3)
    for done in wb.steps(model, wb.initialise(model), DATA, RECIPE):
        if done.step == 6:  # pruned in the middle, with momentum
            done.state.remask(mask)
        if done.step >= 6:
            assert all(torch.equal(done.state.trained[name] != 0, mask[name]) for name in mask)


def test_trap_2_what_is_read_is_zero_where_it_is_pruned():
    # torch.nn.utils.prune masks the forward pass, while weight_orig goes on moving under weight decay
    found = list(wb.lottery.rounds(Own(), wb.initialise(Own()), DATA, RECIPE, rounds=2, fraction=0.5))
    for r in found:
        for weights in (r.run.weights, r.trained.weights, r.ticket.weights):
            assert all(not weights[name][~r.mask[name]].any() for name in r.mask)
        assert list(r.run.weights) == list(Own().state_dict())  # no weight_orig


def test_trap_3_exactly_as_many_are_pruned_as_asked_ties_or_not():
    # |w| > sorted[n] prunes n + 1: LeNet's first round left 212 959, and ties prune more
    full = {"w": torch.ones(266_200, dtype=torch.bool)}
    for weights in (torch.rand(266_200), torch.ones(266_200), torch.arange(266_200) // 1000 * 1.0):
        assert wb.masks.kept(wb.pruning.magnitude({"w": weights}, full, density=0.8)) == 212_960


def test_trap_4_the_fraction_is_of_the_prunable_weights_that_survive():
    # 20 % of all weights, taken from the tensors that are not ignored, is more than 20 % of those
    found = list(wb.lottery.rounds(Own(), wb.initialise(Own()), DATA, RECIPE, rounds=1, keep=("fc.weight",)))
    assert wb.masks.layers(found[1].mask) == {"conv.weight": (43, 54)}
    assert found[1].density == 43 / 54 == wb.masks.density(found[1].mask)


@pytest.mark.parametrize("name", wb.models.MODELS)
def test_trap_5_biases_and_norms_are_never_pruned(name: str, digits: wb.Data):
    # a match of the name "weight" prunes the scales of batch-norm
    model = wb.models.named(narrow(name), digits)
    prunable = {f"{path}.weight" for path, m in model.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))}
    assert wb.masks.full(model).keys() == prunable


@pytest.mark.parametrize("name", wb.pruning.METHODS)
def test_trap_6_a_density_is_what_is_kept(name: str):
    # a mask that keeps the share it should remove
    recipe = wb.Recipe(steps=2, batch_size=16)
    mask = wb.pruning.prune(name, Own(), wb.initialise(Own()), DATA, recipe, density=0.2)
    assert wb.masks.kept(mask) == 68  # of 342


def test_trap_7_a_shuffle_shuffles():
    # rebinding a local name leaves the mask as it was
    weights = wb.initialise(Own())
    ticket = wb.Ticket(weights, wb.pruning.magnitude(weights, wb.masks.full(Own()), density=0.3))
    found = wb.sanity.shuffled(ticket, weights=weights)
    assert all(not torch.equal(found.mask[name], ticket.mask[name]) for name in ticket.mask)
    assert wb.masks.layers(found.mask) == wb.masks.layers(ticket.mask)


def test_trap_8_every_use_of_a_seed_has_its_own_stream():
    # one generator for all: another model changes the order of the data; (42, replica 1) was (84, replica 0)
    class Wider(Own):
        def __init__(self) -> None:
            super().__init__(12)

    def ids(kind: type[nn.Module], **options: Any) -> list[list[int]]:
        model = kind()
        return [s.batch.ids.tolist() for s in wb.steps(model, wb.initialise(model), DATA, RECIPE, **options)]

    assert ids(Own) == ids(Wider) == ids(Own, order_seed=0, augment_seed=5)
    assert ids(Own, seed=1) != ids(Own)
    torch.manual_seed(1)
    assert ids(Own) == ids(Own)
    drawn = [seed for first in range(100) for seed in wb.seeds(first, 10)]
    assert len(set(drawn)) == 1000


def test_trap_9_children_differ_in_the_noise_alone_and_a_barrier_says_which_it_is():
    model, data, recipe = Own(), made(), wb.Recipe(steps=8, batch_size=10, schedule="cosine")
    start = wb.weights_at(model, wb.initialise(model), data, recipe, step=3)
    a, b = sorted(wb.landscape.children(model, {3: start}, data, recipe), key=lambda child: child.child)
    for child in (a, b):
        again = wb.train(model, start, data, recipe, step=3, seed=child.seed, checkpoints=[3])
        assert same(again.checkpoints[3], start)  # batch-norm's statistics too
        assert same(again.weights, child.run.weights)
    assert a.run.history[0]["learning_rate"] == recipe.rate(3, 8)
    found = wb.landscape.path(model, a.run.weights, b.run.weights, data, points=3, split="train")
    assert set(wb.landscape.DEFINITIONS) == {"linear", "sup", "midpoint"}
    assert "split=train, batch_norm=average" in repr(found)


def test_trap_10_statistics_are_taken_anew_at_every_point_of_the_path():
    model, data = Own(), made()
    a, b = (wb.initialise(model, seed=seed) for seed in (1, 2))
    for w in (a, b):
        w["norm.running_var"] = torch.full_like(w["norm.running_var"], 1e6)  # misfit: nothing passes
    loss = {
        how: wb.landscape.path(model, a, b, data, points=3, batch_norm=how).loss for how in ("average", "recompute")
    }
    mixed = recompute_batch_norm(model, wb.mix(a, b, 0.5), data.train)
    assert float(loss["recompute"][1]) == wb.evaluate(model, mixed, data.test).loss
    assert not torch.allclose(loss["recompute"], loss["average"])


def test_trap_11_both_ends_of_a_path_are_exact_and_the_weights_stay():
    # a path that steps before it evaluates never sees alpha = 0, and moves the caller's model
    a, b = wb.initialise(Own(), seed=0), wb.initialise(Own(), seed=1)
    before = copied(a), copied(b)
    for alpha in (0, 0.3, 1):
        wb.mix(a, b, alpha)
    assert same(wb.mix(a, b, 0), a)
    assert same(wb.mix(a, b, 1), b)
    assert same(wb.mix(a, b, 0.0), a)
    assert same(wb.mix(a, b, 1.0), b)
    assert same(a, before[0])
    assert same(b, before[1])
    assert all(x.data_ptr() != a[name].data_ptr() for name, x in wb.mix(a, b, 0).items())


def test_trap_12_grand_at_initialisation_is_the_input_norm_and_no_difficulty():
    # the published claim came of a checkpoint that was not restored; the missing control is the norm of the input
    recipe = wb.Recipe(epochs=10, learning_rate=0.05)
    found = list(wb.experiments.example_scores(recipe=recipe, scores=("grand_init", "input_norm", "el2n"), replicas=5))
    score = wb.experiments.averaged(found)
    assert wb.scores.correlation(score["grand_init"], score["input_norm"]) > 0.6
    assert abs(wb.scores.correlation(score["grand_init"], score["el2n"])) < 0.3


def test_trap_14_a_score_names_its_variant_and_its_replicas():
    # "GraNd" of the last layer alone is another score, and an average of several networks another than one
    model, networks = Own(), [wb.initialise(Own(), seed=seed) for seed in range(2)]
    whole = wb.data_diet.grand(model, networks, DATA)
    last = wb.data_diet.grand(model, networks, DATA, variant="last_layer")
    assert (whole.name, last.name, last.replicas) == ("grand", "grand_last_layer", 2)
    assert bool((whole.values > last.values).all())
    with pytest.raises(ValueError, match="one kind of score"):
        wb.scores.mean([whole, last])


def test_trap_15_a_layer_that_collapsed_is_reported():
    # global magnitude can empty a layer, and accuracy falls to chance without a word
    model = Own()
    start = wb.initialise(model)
    start["conv.weight"] = start["conv.weight"] / 1e6
    r = last(wb.lottery.rounds(model, start, DATA, wb.Recipe(steps=0), rounds=1, fraction=0.9))
    assert r.collapsed == ["conv.weight"]
    assert "collapsed" in repr(r)


def test_trap_17_the_test_set_chooses_nothing():
    # reporting the best test accuracy of all epochs: a run reports its last step
    recipe = wb.Recipe(steps=12, batch_size=4, learning_rate=0.3, evaluate_every=1)
    for seed in range(4):
        run = wb.train(Own(), wb.initialise(Own()), DATA, recipe, seed=seed)
        best = max(row["test_accuracy"] for row in run.history)
        assert run.test_accuracy == run.history[-1]["test_accuracy"]
        assert run.test_accuracy == wb.evaluate(Own(), run.weights, DATA.test).accuracy
        if best > run.test_accuracy:
            return
    raise AssertionError("no seed had a better step on the way; choose a higher learning rate for this test")


def test_trap_18_one_recipe_for_all_rounds():
    # another learning rate in round 0 than in the others
    recipe = wb.Recipe(steps=12, batch_size=16, schedule="cosine", warmup=2, evaluate_every=1)
    found = list(wb.lottery.rounds(Own(), wb.initialise(Own()), DATA, recipe, rounds=2))
    assert {r.run.recipe for r in found} == {recipe}
    assert len({tuple(row["learning_rate"] for row in r.run.history) for r in found}) == 1


def test_trap_19_a_living_weight_that_passes_zero_lives_on():
    # freezing by |w| < eps: it would be dead for ever
    model = Own()
    mask = wb.pruning.random_mask(wb.masks.full(model), density=0.5)
    place = mask["fc.weight"].nonzero()[0]
    for done in wb.steps(model, wb.initialise(model), DATA, RECIPE, mask=mask):
        weight = done.state.trained["fc.weight"]
        if done.step == 3:
            with torch.no_grad():
                weight[tuple(place)] = 0
        if done.step == 4:
            assert float(weight[tuple(place)].detach()) != 0


def test_trap_20_a_living_weight_of_exactly_zero_is_not_counted_as_pruned():
    # a mask made of the non-zero weights: what trained to zero counts as pruned
    weights, mask = {"w": torch.tensor([0.0, 0.0, 5.0, 7.0])}, {"w": torch.tensor([True, True, True, False])}
    ticket = wb.Ticket(weights, mask)
    assert wb.masks.density(ticket.mask) == 0.75
    kept = wb.pruning.magnitude(ticket.weights, mask, density=0.5)["w"]
    assert int(kept.sum()) == 2
    assert bool(kept[2])
    assert not bool(kept[3])


def test_trap_21_a_short_last_batch_counts_by_its_size(monkeypatch: pytest.MonkeyPatch):
    # dividing by the nominal batch size: a perfect model scored 98.89 %
    monkeypatch.setattr(evaluation, "BATCH", 128)
    images = torch.zeros(1000, 1, 1, 2, dtype=torch.uint8)
    labels = torch.arange(1000) % 2
    images[torch.arange(1000), 0, 0, labels] = 255
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    split = split_of(images, labels)
    assert wb.evaluate(model, {"1.weight": torch.eye(2)}, split).accuracy == 1
    wrong = split_of(images, torch.where(torch.arange(1000) < 999, labels, 1 - labels))
    found = wb.evaluate(model, {"1.weight": torch.eye(2)}, wrong)
    assert found.accuracy == 0.999
    each = nn.functional.cross_entropy(found.logits, wrong.labels, reduction="none")
    assert found.loss == pytest.approx(float(each.double().mean()))


def test_trap_23_rewinding_restores_weights_buffers_schedule_and_data_position():
    # without momentum nothing else is carried, so a rewound dense round is the rest of the dense run, by bits
    recipe = wb.Recipe(steps=12, batch_size=16, momentum=0.0, schedule="multistep", augment="crop+flip")
    model = Own()
    start = wb.initialise(model)
    whole = wb.train(model, start, DATA, recipe, seed=3)
    dense = next(wb.lottery.rounds(model, start, DATA, recipe, rounds=1, rewind_step=5, seed=3))
    assert same(dense.run.weights, whole.weights)
    assert dense.run.steps == 7


def test_trap_25_edge_popup_ranks_by_magnitude_and_its_density_is_what_it_keeps():
    # ranked by the score itself a large negative one is dropped; the authors' `--prune-rate` is the percentage kept
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3, bias=False))
    scores = {"1.weight": torch.arange(1.0, 49.0).view(3, 16) * -1}
    gentle = wb.Recipe(steps=1, batch_size=16, learning_rate=1e-6)
    found = wb.pruning.edge_popup(model, wb.initialise(model), DATA, gentle, density=0.25, scores=scores)
    assert found["1.weight"].flatten().nonzero().flatten().tolist() == list(range(36, 48))


def test_trap_27_what_is_saved_needs_no_pickle(tmp_path: Path):
    # torch.load refuses numpy scalars in a checkpoint since 2.6, and resuming breaks
    archive = wb.Archive(str(tmp_path / "archive"))
    call = wb.call(wb.lottery.rounds, Own(), wb.initialise(Own()), DATA, wb.Recipe(steps=2, batch_size=16), rounds=1)
    archive.run(call)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".parquet"}
    assert not any(path.read_bytes().startswith((b"PK", b"\x80")) for path in files if path.suffix == ".json")
    for path in Path(wb.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                names = [] if path.name == "spread.py" else names  # what is sent to workers, and saved nowhere
                assert not {"pickle", "dill", "cloudpickle"} & set(names), f"{path.name}:{node.lineno} imports pickle"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                called = f"{node.value.id}.{node.attr}"
                assert called not in ("torch.load", "torch.save"), f"{path.name}:{node.lineno} uses {called}"
