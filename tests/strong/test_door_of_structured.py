"""What is asked wrongly of strong tickets is refused in words, with the way on."""

from __future__ import annotations

import re

import pytest
import torch
from strong.targets import trained

import workbench as wb
from workbench import strong


def test_a_scale_that_is_too_small_says_which_is_not() -> None:
    model, weights, data = trained()
    with pytest.raises(
        ValueError, match=r"scale must be large enough to reach the target, got 1e-05: \d+ sums of 0"
    ) as e:
        strong.structured(model, weights, data, ratio=8, scale=1e-5)
    larger = float(re.search(r"about ([\d.e-]+)", str(e.value))[1])  # pyright: ignore[reportOptionalSubscript]
    pair = next(strong.structured_search(model, weights, data, ratio=8, scale=larger))
    assert not pair.out_of_reach


def test_too_few_candidates_are_no_matter_of_scale() -> None:
    words = r"sums of 0 are out of reach of 36 filters a channel; take a larger ratio, or beyond=\"nearest\""
    with pytest.raises(ValueError, match=words):
        strong.structured(*trained(), ratio=0.5)


def test_a_slab_out_of_reach_is_counted_where_the_nearest_is_taken() -> None:
    ticket = strong.structured(*trained(), ratio=8, scale=1e-5, beyond="nearest")
    assert all(pair.out_of_reach == pair.shape.blocks for pair in ticket.pairs)
    assert ticket.kernel_error == pytest.approx(1.0, abs=0.05)


def test_a_channel_whose_filters_all_die_in_the_relu_is_out_of_reach() -> None:
    shape, kernel = strong.Shape("x", 1, 3), torch.ones(3, 1, 1, 1, dtype=torch.float64)
    pairs = [strong.prune_pair(shape, kernel, candidates=2, scale=1.0, structure="weight", seed=s) for s in range(20)]
    dead = [pair for pair in pairs if not (pair.block(0)[0] > 0).any()]
    assert dead
    assert all(pair.out_of_reach == 3 and pair.error == 1.0 for pair in dead)


def test_the_theorems_own_scale_is_too_large_for_what_can_be_found() -> None:
    ticket = strong.structured(*trained(), ratio=8, scale=1.0)
    assert all(pair.out_of_reach == 0 for pair in ticket.pairs)
    assert ticket.kernel_error > 0.5  # N(0, 1): hardly nearer than no kernel at all


def test_a_layer_beyond_the_solver_is_named() -> None:
    data = wb.unit_range(wb.load("digits"))
    model = wb.models.conv6(data)
    with pytest.raises(ValueError, match=r"layer '0': flips takes dimension × candidates up to"):
        strong.structured(model, wb.snapshot(model), data)


def test_a_solver_that_takes_fewer_is_refused_before_any_work() -> None:
    with pytest.raises(ValueError, match=r"layer '0': meet_in_the_middle takes .* got 720 candidates in dimension 36"):
        strong.structured(*trained(), solver="meet_in_the_middle")


def test_a_limit_of_time_that_is_too_short_is_marked_and_what_was_found_is_kept() -> None:
    ticket = strong.structured(*trained(), ratio=20, seconds=1e-6)
    assert all(pair.cut_short == pair.shape.blocks for pair in ticket.pairs)
    x = trained()[2].test.inputs()[:3]
    assert torch.isfinite(ticket.compact()(x)).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"structure": "filters"}, 'did you mean "filter"'),
        ({"ratio": 0.0}, "ratio must be above 0, got 0.0; 20 is precise, 10 is rough"),
        ({"scale": -1.0}, "scale must be above 0"),
        ({"margin": 0.0}, "margin[0] must be above 0"),
        ({"margin": (1.0, -1.0)}, "margin[1] must be above 0"),
        ({"solver": "gurobi"}, "solver"),
        ({"seconds": 0.0}, "seconds must be above 0"),
        ({"beyond": "ignore"}, "beyond"),
        ({"seed": -1}, "seed must be an integer"),
    ],
    ids=str,
)
def test_an_option_out_of_range_is_refused(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        strong.structured(*trained(), **options)


def test_pairs_of_another_target_make_no_ticket() -> None:
    model, weights, data = trained()
    with pytest.raises(ValueError, match=r"pairs must be of all layers, but 0 is missing; run the search to its end"):
        strong.joined(model, weights, data, [])
    wider = wb.models.plain_cnn(data, channels=(4, 8))
    ticket = strong.structured(model, weights, data, ratio=3, beyond="nearest")
    with pytest.raises(
        ValueError, match=r"pairs must be of this target, but 3 has another shape there; give the model"
    ):
        strong.joined(wider, wb.snapshot(wider), data, ticket.pairs)


def test_a_ticket_is_compared_with_the_target_and_the_kind_of_images_that_it_was_found_for() -> None:
    model, weights, data = trained()
    ticket = strong.structured(model, weights, data, ratio=3, beyond="nearest")
    wider = wb.models.plain_cnn(data, channels=(4, 8))
    with pytest.raises(ValueError, match=r"ticket must be one of this target, got another's, StrongTicket\(filter"):
        strong.compare(ticket, wider, wb.snapshot(wider), data)
    with pytest.raises(ValueError, match="compare it on the images that it was found for"):
        strong.compare(ticket, model, weights, wb.load("digits"))


def test_a_network_too_large_for_memory_says_which_views_are_small(monkeypatch) -> None:
    ticket = strong.structured(*trained(), ratio=3, beyond="nearest")
    monkeypatch.setattr("workbench.work.memory.machine", lambda: 2**18)
    with pytest.raises(ValueError, match=r"the random network would take .* compact\(\) and collapse\(\) are small"):
        ticket.random()


def test_filters_without_a_block_mask_that_do_not_fit_the_memory_are_refused(monkeypatch) -> None:
    monkeypatch.setattr("workbench.work.memory.machine", lambda: 2**20)
    with pytest.raises(ValueError, match=r"the filters of '0' on patches would take .* take a smaller ratio"):
        strong.structured(*trained(), ratio=20, structure="neuron")


def test_a_file_of_something_else_is_no_strong_ticket(tmp_path) -> None:
    model, weights, _ = trained()
    wb.save(wb.Ticket(weights, wb.masks.full(model)), tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"holds no strong ticket .*wb\.strong\.save"):
        strong.open(tmp_path / "other.safetensors")
