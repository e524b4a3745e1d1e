"""Losses: one number an example, by hand and against torch; robust ones against their arithmetic and the mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import Own, copied, made, same
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.data.batches import Batch
from workbench.training.losses import LOSSES, Loss, in_words, named, spelled
from workbench.training.robust import cvar_weights, divergence, lam_of, published_weights, robust_weights

INF = math.inf
PLAIN: dict[str, Loss] = {  # all the cross-entropy, bit for bit
    "lam=inf": wb.Robust(lam=INF),
    "lam=inf, annealed": wb.Robust(lam=INF, anneal="cosine", gradient="as_published"),
    "eta=0": wb.Robust(eta=0),
    "eta=0, annealed": wb.Robust(eta=0, anneal="cosine"),
    "gamma=0": wb.Focal(gamma=0),
    "share=1": wb.CVaR(share=1),
}
OTHERS: dict[str, Loss] = {
    "lam": wb.Robust(lam=0.5),
    "eta": wb.Robust(eta=0.5),
    "cosine": wb.Robust(lam=2, anneal="cosine"),
    "rising eta": wb.Robust(eta=1, anneal="cosine"),
    "as published": wb.Robust(lam=0.5, gradient="as_published"),
    "focal": wb.Focal(),
    "cvar": wb.CVaR(),
    "smoothed": wb.CrossEntropy(smoothing=0.1),
}


def batch(labels: Tensor, step: int = 0, of: int = 1) -> Batch:
    return Batch(torch.arange(len(labels)), labels, step, of)


def drawn(n: int = 16, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Logits that differ much, and labels."""
    draw = torch.Generator().manual_seed(0)
    return 2 * torch.randn(n, classes, generator=draw), torch.randint(0, classes, (n,), generator=draw)


def slope(loss: Loss, logits: Tensor, one: Batch) -> Tensor:
    """The gradient of the mean in the logits."""
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(loss(logits, one).mean(), logits)[0]


def weighed(weights: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient in the logits of cross-entropies with these weights."""
    logits = logits.clone().requires_grad_()
    losses = nn.functional.cross_entropy(logits, labels, reduction="none")
    return torch.autograd.grad((weights * losses).sum(), logits)[0]


# ---- cross-entropy


def test_cross_entropy_by_hand():
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    losses = wb.CrossEntropy()(logits, batch(torch.tensor([0, 1])))
    assert losses.tolist() == pytest.approx([math.log(2), math.log(4)])


def test_smoothed_labels_by_hand_and_against_torch():
    logits, labels = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 3, 0])
    found = wb.CrossEntropy(smoothing=0.1)(logits, batch(labels))
    y = nn.functional.one_hot(labels, 4) * 0.9 + 0.1 / 4
    assert torch.allclose(found, -(y * logits.log_softmax(1)).sum(1))
    assert torch.allclose(found.mean(), nn.CrossEntropyLoss(label_smoothing=0.1)(logits, labels))


def test_labels_may_be_probabilities():
    logits, labels = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[0.25, 0.75, 0.0]])
    expected = -(labels * logits.log_softmax(1)).sum(1)
    assert torch.allclose(wb.CrossEntropy()(logits, batch(labels)), expected)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 5.0])
def test_a_smoothing_out_of_range_is_said(smoothing: float):
    with pytest.raises(ValueError, match=rf"smoothing must be in \[0, 1\), got {smoothing}; 0.1 is the usual one"):
        wb.CrossEntropy(smoothing=smoothing)


# ---- the others, by hand


def test_the_mean_of_a_robust_loss_is_the_weighted_loss():
    logits, labels = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]]), torch.tensor([0, 0])  # losses log 2 and log 4
    found = wb.Robust(lam=1)(logits, batch(labels))
    assert found.tolist() == pytest.approx([2 / 3 * math.log(2), 4 / 3 * math.log(4)])
    assert float(found.mean()) == pytest.approx(5 / 3 * math.log(2))


def test_the_focal_loss_by_hand():
    logits, labels = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]]), torch.tensor([0, 0])
    assert wb.Focal()(logits, batch(labels)).tolist() == pytest.approx([math.log(2) / 4, math.log(4 / 3) / 16])
    soft = torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    second = (math.log(4 / 3) / 16 + math.log(4) * 9 / 16) / 2
    assert wb.Focal()(logits, batch(soft)).tolist() == pytest.approx([math.log(2) / 4, second])


def test_the_worst_share_by_hand():
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)], [math.log(3), 0.0], [0.0, math.log(7)]])
    found = wb.CVaR(0.5)(logits, batch(torch.zeros(4, dtype=torch.int64)))
    assert found.tolist() == pytest.approx([0, 2 * math.log(4), 0, 2 * math.log(8)])


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_the_focal_loss_has_a_finite_slope_where_the_network_is_certain(gamma: float):
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0], [0.0, 0.0]])
    one = batch(torch.tensor([0, 0, 0]))
    assert wb.Focal(gamma)(logits, one)[:2].tolist() == [0, 200]
    assert bool(slope(wb.Focal(gamma), logits, one).isfinite().all())


# ---- gradients


def test_the_gradient_of_the_mathematics_is_weighted_and_the_published_one_is_its_formula():
    logits, labels = drawn()
    logits, one = logits.double(), batch(labels)
    losses = wb.CrossEntropy()(logits, one)
    for lam in (0.1, 0.5, 2.0):
        p, published = robust_weights(losses, lam=lam), published_weights(losses, lam)
        assert torch.allclose(slope(wb.Robust(lam), logits, one), weighed(p, logits, labels), atol=1e-12)
        found = slope(wb.Robust(lam, gradient="as_published"), logits, one)
        assert torch.allclose(found, weighed(published, logits, labels), atol=1e-12)
    assert bool((published_weights(losses, 0.5) < 0).any())
    assert torch.equal(wb.Robust(0.5)(logits, one), wb.Robust(0.5, gradient="as_published")(logits, one))


def test_the_gradient_of_a_radius_and_of_the_worst_share_is_weighted():
    logits, labels = drawn()
    logits, one = logits.double(), batch(labels)
    losses = wb.CrossEntropy()(logits, one)
    p = robust_weights(losses, eta=0.7)
    assert divergence(p) == pytest.approx(0.7)
    assert torch.allclose(slope(wb.Robust(eta=0.7), logits, one), weighed(p, logits, labels), atol=1e-12)
    published = published_weights(losses, lam_of(losses, 0.7))
    found = slope(wb.Robust(eta=0.7, gradient="as_published"), logits, one)
    assert torch.allclose(found, weighed(published, logits, labels), atol=1e-12)
    p = cvar_weights(losses, 0.3)
    assert torch.allclose(slope(wb.CVaR(0.3), logits, one), weighed(p, logits, labels), atol=1e-12)


# ---- annealing


def test_lambda_falls_and_eta_rises_with_the_cosine_of_the_step():
    logits, labels = drawn()
    losses = wb.CrossEntropy()(logits, batch(labels))
    falling, rising = wb.Robust(lam=4, anneal="cosine"), wb.Robust(eta=0.8, anneal="cosine")
    found = [falling.lam_at(losses, batch(labels, step, 4)) for step in range(4)]
    assert found == pytest.approx([4, 2 + math.sqrt(2), 2, 2 - math.sqrt(2)])
    assert rising.lam_at(losses, batch(labels, 0, 4)) == INF
    assert rising.lam_at(losses, batch(labels, 2, 4)) == lam_of(losses, 0.4)
    assert [wb.Robust(lam=4).lam_at(losses, batch(labels, step, 4)) for step in (0, 3)] == [4, 4]
    assert wb.Robust(eta=0.8).lam_at(losses, batch(labels, 1, 4)) == lam_of(losses, 0.8)
    assert wb.Robust(eta=INF, anneal="cosine").lam_at(losses, batch(labels, 0, 4)) == INF
    assert torch.equal(rising(logits, batch(labels, 0, 4)), losses)


def test_lambda_stays_above_zero_to_the_end_of_a_long_training():
    logits, labels = drawn()
    losses = wb.CrossEntropy()(logits, batch(labels))
    last = batch(labels, 10**7 - 1, 10**7)
    assert wb.Robust(lam=1, anneal="cosine").lam_at(losses, last) == 1e-6
    found = wb.Robust(lam=1, anneal="cosine", gradient="as_published")(logits, last)
    assert float(found.mean()) == pytest.approx(float(losses.max()))


# ---- what all of them promise


@pytest.mark.parametrize("name", PLAIN)
def test_infinity_is_the_mean_bit_for_bit_over_a_whole_training(name: str):
    model, data = Own(), made()
    recipe: dict[str, Any] = {"steps": 12, "batch_size": 16, "learning_rate": 0.05, "augment": "crop"}
    plain = wb.train(model, wb.initialise(model), data, wb.Recipe(**recipe))
    other = wb.train(model, wb.initialise(model), data, wb.Recipe(**recipe, loss=PLAIN[name]))
    assert same(plain.weights, other.weights)
    assert plain.history == other.history


@pytest.mark.parametrize("name", PLAIN | OTHERS)
def test_class_probabilities_that_are_certain_are_class_numbers(name: str):
    loss, (logits, labels) = (PLAIN | OTHERS)[name], drawn()
    hard, soft = batch(labels, 3, 8), batch(nn.functional.one_hot(labels, 4).float(), 3, 8)
    found = loss(logits, soft)
    assert found.shape == (16,)
    assert torch.allclose(found, loss(logits, hard), atol=1e-5)
    assert torch.allclose(slope(loss, logits, soft), slope(loss, logits, hard), atol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
def test_another_loss_trains_otherwise_and_touches_nothing(name: str):
    model, data = Own(), made()
    start = wb.initialise(model)
    before = copied(start)
    recipe: dict[str, Any] = {"steps": 12, "batch_size": 16, "learning_rate": 0.05}
    run = wb.train(model, start, data, wb.Recipe(**recipe, loss=OTHERS[name]))
    plain = wb.train(model, start, data, wb.Recipe(**recipe))
    assert not same(run.weights, plain.weights)
    assert same(before, start)
    assert run.test_loss == wb.evaluate(model, run.weights, data.test).loss  # the mean cross-entropy
    assert run.test_loss is not None
    assert run.test_loss < wb.evaluate(model, start, data.test).loss


@pytest.mark.parametrize("name", PLAIN | OTHERS)
def test_a_recipe_with_a_loss_prints_itself_and_goes_through_json_and_back(name: str):
    recipe = wb.Recipe(epochs=2, loss=(PLAIN | OTHERS)[name], mixup=0.2)
    call = wb.call(wb.Recipe, **vars(recipe))
    assert wb.Call.from_json(call.json()).run() == recipe
    typed: dict[str, Any] = {}
    exec(call.script(), typed)
    assert typed["result"] == recipe
    assert hash(typed["result"]) == hash(recipe)
    assert wb.Call.from_json(call.json()).key() == call.key()


def test_the_script_says_which_loss():
    call = wb.call(wb.Recipe, epochs=1, loss=wb.Robust(lam=INF, gradient="as_published"))
    assert 'loss=wb.Robust(lam=float("inf"), gradient="as_published")' in call.script()
    assert "loss=wb.Robust(eta=0.5)" in wb.call(wb.Recipe, epochs=1, loss=wb.Robust(eta=0.5)).script()


def test_a_loss_in_words_has_all_that_sets_it_apart():
    said = [in_words(loss) for loss in OTHERS.values()]
    assert said[:3] == ["λ = 0.5", "η = 0.5", "λ = 2, cosine"]
    assert said[3:] == ["η = 1, cosine", "λ = 0.5, as published", "focal, γ = 2", "worst 50 %", "mean, smoothed 0.1"]
    assert in_words(wb.CrossEntropy()) == "mean"
    assert in_words(wb.Robust(lam=INF, anneal="cosine", gradient="as_published")) == "λ = ∞, cosine, as published"
    assert in_words(wb.Robust(lam=1.0001)) != in_words(wb.Robust(lam=1.0002))


def test_recipes_with_other_losses_have_other_keys():
    keys = {wb.call(wb.Recipe, epochs=1, loss=loss).key() for loss in (PLAIN | OTHERS).values()}
    assert len(keys) == len(PLAIN | OTHERS)
    assert wb.call(wb.Recipe, epochs=1, mixup=0.1).key() != wb.call(wb.Recipe, epochs=1).key()


def test_an_archive_gives_a_run_back_with_its_loss(tmp_path: Path):
    model, data = Own(), made()
    recipe = wb.Recipe(steps=2, batch_size=16, loss=wb.Robust(lam=INF, anneal="cosine"), mixup=0.2)
    call = wb.call(wb.train, model, wb.initialise(model), data, recipe)
    first, again = (wb.Archive(tmp_path).run(call) for _ in range(2))
    assert again.recipe == first.recipe == recipe
    assert same(again.weights, first.weights)


def test_a_loss_that_is_not_finite_stops_the_run():
    model, data = Own(), made()
    for loss in (wb.Robust(lam=1), wb.Robust(eta=0.5), wb.Robust(eta=9), wb.CVaR(), wb.Focal()):
        recipe = wb.Recipe(steps=60, batch_size=16, learning_rate=1e20, loss=loss)
        with pytest.raises(wb.Diverged, match="the loss is"):
            wb.train(model, wb.initialise(model), data, recipe)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: wb.Robust(), "give lam or eta, one of them, got lam=None, eta=None"),
        (lambda: wb.Robust(lam=1, eta=1), "give lam or eta, one of them, got lam=1, eta=1"),
        (lambda: wb.Robust(lam=0), "lam must be above 0, got 0"),
        (lambda: wb.Robust(lam=-2), "lam must be above 0, got -2"),
        (lambda: wb.Robust(lam=math.nan), "lam must be above 0, got nan"),
        (lambda: wb.Robust(lam=-INF), "lam must be above 0, got -inf"),
        (lambda: wb.Robust(eta=-0.1), r"eta must be at least 0, got -0\.1"),
        (lambda: wb.Robust(eta=math.nan), "eta must be at least 0, got nan"),
        (lambda: wb.Robust(1, anneal="cosin"), 'annealing "cosin" is not known; did you mean "cosine"'),
        (lambda: wb.Robust(1, gradient="published"), 'gradient "published" is not known.* "as_published"'),
        (lambda: wb.Focal(-1), "gamma must be at least 0, got -1; 2 is the usual one"),
        (lambda: wb.Focal(math.nan), "gamma must be at least 0, got nan"),
        (lambda: wb.Focal(INF), "gamma must be at least 0, got inf"),
        (lambda: wb.CVaR(0), r"share must be in \(0, 1\], got 0"),
        (lambda: wb.CVaR(5), r"share must be in \(0, 1\], got 5"),
        (lambda: wb.CVaR(math.nan), r"share must be in \(0, 1\], got nan"),
    ],
)
def test_what_cannot_be_is_said_at_construction(make: Any, words: str):
    with pytest.raises(ValueError, match=words):
        make()


def test_no_radius_is_impossible_for_a_batch():
    for n in (1, 2, 16):
        logits, labels = drawn(n)
        for eta in (0.0, 1e-12, 0.5, 10.0, INF):
            assert bool(slope(wb.Robust(eta=eta), logits, batch(labels)).isfinite().all())


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_chosen_by_name_and_says_its_name(name: str):
    options = {"robust": "lam=2.0, anneal='cosine'", "focal": "gamma=1.5", "cvar": "share=0.25"}.get(
        name, "smoothing=0.1"
    )
    loss = named(f"{name}({options})")
    assert type(loss) is LOSSES[name]
    assert isinstance(loss, Loss)
    assert spelled(loss) == f"{name}({options})"
    assert named(spelled(wb.Robust(lam=INF))) == wb.Robust(lam=INF)
    assert spelled(wb.CrossEntropy()) == "cross_entropy"


def test_a_loss_joins_by_one_line(monkeypatch: pytest.MonkeyPatch):
    @dataclass(frozen=True)
    class Square:
        power: float = 2.0

        def __call__(self, logits: Tensor, batch: Batch) -> Tensor:
            return (logits.softmax(1) - functional.one_hot(batch.labels, logits.shape[1])).abs().pow(self.power).sum(1)

    monkeypatch.setitem(LOSSES, "square", Square)
    model, recipe = Own(), wb.Recipe(steps=2, batch_size=16, loss=named("square(power=4.0)"))
    assert in_words(recipe.loss) == "square(power=4.0)"
    assert wb.train(model, wb.initialise(model), made(), recipe).steps == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("focl", 'loss "focl" is not known; did you mean "focal"'),
        ("focal(2)", 'options go by name, as in "focal\\(gamma=2\\)"'),
        ("focal(gama=2)", 'option of focal "gama" is not known; did you mean "gamma"'),
        ("focal(gamma=-1)", "gamma must be at least 0, got -1"),
        ("focal(gamma='x')", "cannot be made"),
        ("robust", "give lam or eta"),
        ("__import__('os').getcwd()", "is not known"),
    ],
)
def test_a_loss_that_is_no_loss_is_said(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        named(text)


def test_a_loss_of_ones_own_is_said_as_it_shows_itself():
    @dataclass(frozen=True)
    class Tripled:
        def __call__(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
            return 3 * wb.CrossEntropy()(logits, batch)

    assert in_words(Tripled()).endswith("Tripled()")
    with pytest.raises(ValueError, match="loss must be one of the workbench's"):
        wb.losses.spelled(Tripled())
