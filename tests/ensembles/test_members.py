"""Members: what they share, how their losses weigh, and that infinity is the ordinary member, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import Own, made, same

import workbench as wb
from workbench.ensembles import edge_popup_member, members, multiplications, stored_bits, trained_member
from workbench.training.losses import CVaR, Robust

DATA = made()
MODEL = Own()
RECIPE = wb.Recipe(steps=12, batch_size=10)
INF = float("inf")


def two(losses: tuple = (Robust(lam=INF), Robust(lam=0.5)), **options: object) -> list[wb.ensembles.Member]:
    return members(MODEL, DATA, RECIPE, losses=losses, density=0.3, **options)  # type: ignore[arg-type]


def test_a_member_of_infinite_lambda_is_the_ordinary_one_bit_for_bit():
    robust, ordinary = two(), two((wb.CrossEntropy(), wb.CrossEntropy()))
    assert same(robust[0].weights, ordinary[0].weights)
    assert same(robust[0].mask, ordinary[0].mask)
    assert not same(robust[1].mask, ordinary[1].mask)


@pytest.mark.parametrize("over", ["batch", "dataset"])
def test_a_trained_member_of_infinite_lambda_is_the_ordinary_one_over_batch_and_data_set(over: str):
    start = wb.snapshot(MODEL)
    robust = trained_member(MODEL, start, DATA, RECIPE, loss=Robust(lam=INF), over=over, seed=3)
    ordinary = wb.train(MODEL, start, DATA, RECIPE, seed=3)
    assert same(robust.weights, ordinary.weights)


@pytest.mark.parametrize("loss", [Robust(lam=INF), Robust(eta=0.0), Robust(eta=0.0, anneal="cosine")])
def test_over_a_data_set_of_41_the_mean_is_the_mean_bit_for_bit(loss: Robust):
    """In floats 41 · (1/41) is not 1."""
    data = made(n=41)
    (robust,) = members(MODEL, data, RECIPE, losses=(loss,), density=0.3, over="dataset")
    (ordinary,) = members(MODEL, data, RECIPE, losses=(wb.CrossEntropy(),), density=0.3)
    assert same(robust.weights, ordinary.weights)
    assert robust.loss == loss
    start = wb.snapshot(MODEL)
    trained = trained_member(MODEL, start, data, RECIPE, loss=loss, over="dataset", seed=3)
    assert same(trained.weights, wb.train(MODEL, start, data, RECIPE, seed=3).weights)
    assert trained.loss == loss


@pytest.mark.parametrize("over", ["batch", "dataset"])
def test_the_mean_is_archived_once_under_all_its_names(over: str, tmp_path: Path):
    two((wb.CrossEntropy(), wb.CrossEntropy()), archive=str(tmp_path))
    found = two((Robust(lam=INF), Robust(eta=0.0)), over=over, archive=str(tmp_path))
    assert len(list(tmp_path.glob("calls/*.json"))) == 2
    assert [member.loss for member in found] == [Robust(lam=INF), Robust(eta=0.0)]


def test_members_keep_exactly_the_density_of_frozen_weights():
    weights = wb.initialise(MODEL, seed=1, rule="scaled_constant", density=0.3)
    found = edge_popup_member(MODEL, weights, DATA, RECIPE, loss=Robust(eta=0.5), density=0.3)
    assert wb.masks.kept(found.mask) == round(0.3 * 342)
    for name, kept in found.mask.items():
        assert torch.equal(found.weights[name], torch.where(kept, weights[name], 0))
    assert found.stored == "bits"
    assert not torch.equal(found.weights["norm.running_mean"], weights["norm.running_mean"])  # statistics are its own


@pytest.mark.parametrize(
    ("share", "same_weights"), [("weights", True), ("weights and scores", True), ("nothing", False)]
)
def test_members_share_what_they_are_told_to(share: str, same_weights: bool):
    a, b = two((wb.CrossEntropy(), wb.CrossEntropy()), share=share)
    both = {name: a.mask[name] & b.mask[name] for name in a.mask}
    assert any(bool(kept.any()) for kept in both.values())
    assert all(torch.equal(a.weights[n][both[n]], b.weights[n][both[n]]) for n in both) is same_weights


def test_shared_scores_make_more_alike_masks_than_own_scores():
    losses = (wb.CrossEntropy(), wb.CrossEntropy())
    alike, own = (wb.masks.overlap(*(m.mask for m in two(losses, share=s))) for s in ("weights and scores", "weights"))
    assert alike > own + 0.2


@pytest.mark.parametrize("over", ["batch", "dataset"])
def test_the_history_tells_how_the_loss_weighs(over: str):
    easy, hard = (m.history for m in two(over=over))
    assert [row["step"] for row in hard] == list(range(1, 13))
    assert [row["effective_share"] for row in easy] == pytest.approx([1.0] * 12)
    assert {row["lam"] for row in easy} == {INF}
    assert {row["lam"] for row in hard} == {0.5}
    assert all(row["effective_share"] < 1 and row["divergence"] > 0 and row["hard_weight"] > 0.5 for row in hard[1:])


def test_the_history_tells_what_the_published_gradient_would_unlearn_whichever_is_used():
    published, mathematics = two((Robust(lam=0.2, gradient="as_published"), Robust(lam=0.2)))
    assert max(row["negative_share"] for row in published.history) > 0
    assert max(row["negative_share"] for row in mathematics.history) > 0
    assert {row["negative_share"] for row in two()[0].history} == {0.0}  # a mean has none


def test_other_losses_weigh_as_they_do():
    (found,) = two((CVaR(share=0.5),))
    assert [row["effective_share"] for row in found.history] == pytest.approx([0.5] * 12)  # the worse half, all alike
    assert [row["hard_weight"] for row in found.history] == pytest.approx([1.0] * 12)


def test_weights_over_the_data_set_differ_from_those_over_the_batch():
    start = wb.snapshot(MODEL)
    found = [trained_member(MODEL, start, DATA, RECIPE, loss=Robust(lam=0.5), over=o) for o in ("batch", "dataset")]
    assert not same(found[0].weights, found[1].weights)
    assert [member.over for member in found] == ["batch", "dataset"]


def test_weights_of_examples_and_of_the_data_set_do_not_replace_one_another():
    weights = wb.initialise(MODEL, rule="scaled_constant", density=0.3)
    how = {"density": 0.3, "over": "dataset", "example_weights": torch.ones(50)}
    with pytest.raises(ValueError, match="example_weights have no place"):
        edge_popup_member(MODEL, weights, DATA, RECIPE, loss=Robust(lam=1.0), **how)  # type: ignore[arg-type]
    edge_popup_member(MODEL, weights, DATA, RECIPE, loss=wb.CrossEntropy(), **how)  # type: ignore[arg-type]


def test_the_history_has_the_weights_of_the_examples():
    weights = wb.initialise(MODEL, rule="scaled_constant", density=0.3)
    given = torch.zeros(50).index_fill(0, torch.arange(0, 50, 5), 7.0)  # ten of fifty
    whole = wb.Recipe(steps=3, batch_size=50)
    found = edge_popup_member(
        MODEL, weights, DATA, whole, loss=wb.CrossEntropy(0.1), density=0.3, example_weights=given
    )
    assert [row["effective_share"] for row in found.history] == pytest.approx([0.2] * 3)


def test_a_member_says_which_layers_it_lost():
    member = two()[0]
    assert member.collapsed == []
    assert "collapsed" not in repr(member)
    lost = replace(member, mask=member.mask | {"conv.weight": torch.zeros_like(member.mask["conv.weight"])})
    assert lost.collapsed == ["conv.weight"]
    assert "collapsed=['conv.weight']" in repr(lost)


def test_members_are_kept_in_an_archive_and_found_again(tmp_path: Path):
    first = two(archive=str(tmp_path))
    again = two(archive=str(tmp_path))
    assert len(list(tmp_path.glob("calls/*.json"))) == 2
    assert all(same(a.weights, b.weights) and a.loss == b.loss for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"losses": ()}, "a loss a member"),
        ({"share": "weight"}, 'did you mean "weights"'),
        ({"over": "epoch"}, "batch"),
    ],
)
def test_bad_options_are_said(options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        two(**options)


def test_the_published_gradient_is_not_there_over_the_data_set():
    seen: list[object] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match="gradient of the mathematics"):
        two((Robust(lam=2.0), Robust(lam=1.0, gradient="as_published")), over="dataset")
    assert not seen  # before the first is trained
    with pytest.raises(ValueError, match="gradient of the mathematics"):
        two((Robust(lam=1.0, gradient="as_published"),), over="dataset")


def test_a_member_costs_a_bit_a_weight_or_its_kept_values_and_its_statistics():
    popup = two()[0]
    mask = wb.pruning.magnitude(wb.snapshot(MODEL), wb.masks.full(MODEL), density=0.3)
    sparse = trained_member(MODEL, wb.snapshot(MODEL), DATA, RECIPE, loss=wb.CrossEntropy(), mask=mask)
    dense = trained_member(MODEL, wb.snapshot(MODEL), DATA, RECIPE, loss=wb.CrossEntropy())
    statistics = 32 * 12 + 64  # of six channels: mean and variance, and a counter of 64 bits
    rest = 6 + 6 + 6 + 3  # bias of the convolution, weight and bias of the norm, bias of the last layer
    assert stored_bits(popup, MODEL) == 342 + statistics
    assert stored_bits(sparse, MODEL) == 342 + 32 * (103 + rest) + statistics
    assert stored_bits(dense, MODEL) == 32 * (342 + rest) + statistics


def test_a_convolution_weight_is_multiplied_at_every_place_and_a_linear_one_once():
    dense = trained_member(MODEL, wb.snapshot(MODEL), DATA, RECIPE, loss=wb.CrossEntropy())
    assert multiplications(MODEL, dense, DATA) == 54 * 16 + 288


def test_places_are_those_of_any_layer():
    """A linear layer over 5 tokens, a convolution of one dimension, and a transposed one: once an input place."""

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up = torch.nn.ConvTranspose2d(1, 2, 2, stride=2, bias=False)  # 4x4 places, 8 weights
            self.line = torch.nn.Conv1d(2, 3, 4, stride=4, bias=False)  # 16 places, 24 weights
            self.each = torch.nn.Linear(3, 4, bias=False)  # 16 tokens, 12 weights
            self.last = torch.nn.Linear(4, 3, bias=False)  # once, 12 weights

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.last(self.each(self.line(self.up(images).flatten(2)).mT).mean(1))

    model = Tokens()
    dense = wb.ensembles.Member(wb.snapshot(model), wb.masks.full(model), wb.CrossEntropy(), [], 0, 0)
    assert multiplications(model, dense, DATA) == 8 * 16 + 24 * 16 + 12 * 16 + 12


def test_members_come_back_from_the_disk_at_the_price_that_was_told(tmp_path: Path):
    model = wb.models.lenet(DATA, hidden=(200, 200), norm=True)
    shared = wb.initialise(model, seed=4, rule="signed_constant")
    how = {"density": 0.1, "seed": 2}
    found = [edge_popup_member(model, shared, DATA, RECIPE, loss=Robust(lam=lam), **how) for lam in (INF, 1.0)]
    wb.ensembles.save(found, shared, tmp_path / "e.safetensors")
    back = wb.ensembles.open(tmp_path / "e.safetensors", shared)
    for member, one in zip(found, back, strict=True):
        assert same(one.weights, member.weights)
        assert same(one.mask, member.mask)
        assert repr(one) == repr(member)  # loss and seed too
    told = sum(stored_bits(member, model) for member in found) / 8
    assert told <= (tmp_path / "e.safetensors").stat().st_size <= told + 4000  # and the names


def test_votes_come_back_from_the_disk(tmp_path: Path):
    shared = wb.initialise(MODEL, rule="scaled_constant", density=0.3)
    found = list(wb.ensembles.boosted(MODEL, shared, DATA, RECIPE, density=0.3, members=2))
    wb.ensembles.save(found, shared, tmp_path / "e")
    back = wb.ensembles.open(tmp_path / "e", shared)
    said, again = (wb.ensembles.predict(MODEL, members, DATA.test) for members in (found, back))
    assert said.votes == again.votes
    assert torch.equal(said.probabilities(), again.probabilities())


def test_members_of_other_random_weights_are_not_saved_and_not_read(tmp_path: Path):
    shared, other = (wb.initialise(MODEL, seed=s, rule="scaled_constant", density=0.3) for s in (0, 1))
    found = edge_popup_member(MODEL, shared, DATA, RECIPE, loss=wb.CrossEntropy(), density=0.3)
    file = tmp_path / "e"
    with pytest.raises(ValueError, match=r"member 1 is not cut .* conv\.weight has others.*stored="):
        wb.ensembles.save([replace(found, stored="values"), found], other, file)
    assert not list(tmp_path.iterdir())
    wb.ensembles.save([found], shared, file)
    with pytest.raises(ValueError, match="cut from other random weights"):
        wb.ensembles.open(file, other)
    wb.ensembles.save([replace(found, stored="values")], other, file)  # over the other file
    assert same(wb.ensembles.open(file, other)[0].weights, found.weights)
    assert [path.name for path in tmp_path.iterdir()] == ["e"]
    with pytest.raises(ValueError, match="is no folder; make it first"):
        wb.ensembles.save([found], shared, tmp_path / "absent" / "e")


def test_trained_members_come_back_from_the_disk_too(tmp_path: Path):
    mask = wb.pruning.magnitude(wb.snapshot(MODEL), wb.masks.full(MODEL), density=0.3)
    found = trained_member(MODEL, wb.snapshot(MODEL), DATA, RECIPE, loss=wb.CrossEntropy(), mask=mask)
    wb.ensembles.save([found], wb.initialise(MODEL, seed=8), tmp_path / "e")
    (back,) = wb.ensembles.open(tmp_path / "e", wb.initialise(MODEL, seed=8))
    assert same(back.weights, found.weights)
    (tmp_path / "no").write_bytes(b"no safetensors")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        wb.ensembles.open(tmp_path / "no", found.weights)
    with pytest.raises(ValueError, match="no ensemble at"):
        wb.ensembles.open(tmp_path / "absent", found.weights)
    wb.save(wb.Ticket(found.weights, mask), tmp_path / "ticket")
    with pytest.raises(ValueError, match="holds no ensemble"):
        wb.ensembles.open(tmp_path / "ticket", found.weights)
