"""The events of a search: by the paper's numbers, by hand, and what does not fit."""

from __future__ import annotations

import itertools

import pytest
import torch

from workbench.nets.masks import Mask
from workbench.pruning.freezing import freezing


def of(total: int) -> Mask:
    return {"w": torch.ones(total, dtype=torch.bool)}


@pytest.mark.parametrize(("density", "removed"), [(0.0144, 0.136), (0.0059, 0.162)])
def test_the_papers_schedule_has_29_events_that_remove_as_much_as_its_code_does(density: float, removed: float):
    steps = 391  # an epoch; T = 5 of E = 150, after epochs 5, 10, … 145
    events = freezing(of(268_336), density=density, of=150 * steps, period=5 * steps, until=1.0)
    assert events.steps == tuple(5 * steps * j for j in range(1, 30))
    counts = (268_336, *events.counts)
    shares = [1 - after / before for before, after in itertools.pairwise(counts)]
    assert all(abs(share - removed) < 1e-3 for share in shares)
    assert counts[-1] == round(density * 268_336)


def test_the_bound_falls_at_the_events_by_hand():
    events = freezing(of(100), density=0.25, of=10, period=4, until=1.0)  # after 4 and 8: 100 · 0.25^(1/2), then 25
    assert [events.count(step) for step in range(11)] == [100] * 4 + [50] * 4 + [25] * 3
    assert events.bound(8) == 0.25


def test_no_event_falls_on_the_last_step_nor_behind_the_share_that_is_named():
    assert freezing(of(100), density=0.5, of=12, period=4, until=1.0).steps == (4, 8)
    assert freezing(of(100), density=0.5, of=12, period=2, until=0.5).steps == (2, 4, 6)


def test_a_thirtieth_of_the_search_is_a_period():
    assert freezing(of(100), density=0.5, of=3000, period=None, until=1.0).steps == tuple(range(100, 3000, 100))
    assert freezing(of(100), density=0.5, of=3, period=None, until=1.0).steps == (1, 2)  # one at least


def test_the_nearest_event_meets_a_density_on_the_way_exactly():
    events = freezing(of(1000), density=0.01, of=100, period=10, until=1.0, through=(0.3, 0.05))
    assert {events.count(step) for step in events.through} == {300, 50}
    assert list(events.counts) == sorted(events.counts, reverse=True)
    assert events.counts[-1] == 10


def test_what_is_frozen_already_is_counted():
    mask = {"w": torch.arange(100) < 40}
    events = freezing(mask, density=0.1, of=9, period=3, until=1.0)
    assert (events.first, events.counts) == (40, (20, 10))


def test_at_the_density_that_is_there_no_time_is_needed():
    assert freezing(of(100), density=1.0, of=1, period=5, until=1.0).counts == ()
    with pytest.raises(ValueError, match="a search freezes 50 weights, but has no time for it"):
        freezing(of(100), density=0.5, of=1, period=None, until=1.0)


def test_long_gem_miner_freezes_once_in_each_of_twenty_trainings_but_the_last():
    # Rare Gems, table 4: T = 150 of E = 3000 epochs
    events = freezing(of(268_336), density=0.014, of=3000, period=150, until=1.0)
    assert len(events.steps) == 19
    assert events.counts[-1] == round(0.014 * 268_336)
