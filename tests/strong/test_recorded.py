"""What is recorded of subset sums and strong tickets says what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

import workbench as wb


def test_lenet5_on_mnist_is_met_within_half_a_point_by_three_random_networks() -> None:
    rows = wb.recorded("strong-tickets-mnist").table.query("ratio == 10.0")
    difference = wb.intervals.paired(list(rows.ticket_accuracy), list(rows.target_accuracy))
    assert len(rows) == 3
    assert rows.target_accuracy.min() >= 0.98
    assert wb.intervals.equals(difference, margin=0.005)
    assert rows.agreement.min() >= 0.99


def test_digits_are_met_by_whole_filters_with_20_candidates_and_not_by_neurons() -> None:
    rows = wb.recorded("strong-tickets-digits").table.query("ratio == 20.0")
    filters, neurons = (rows[rows.structure == structure] for structure in ("filter", "neuron"))
    assert len(filters) == 5
    assert filters.agreement.mean() >= 0.99
    assert neurons.agreement.mean() < 0.9


@pytest.mark.parametrize("name", ["strong-tickets-mnist", "strong-tickets-digits"])
def test_no_recorded_distance_is_above_its_certificate(name: str) -> None:
    rows = wb.recorded(name).table.dropna(subset="certificate")
    assert len(rows) > 5
    assert (rows.measured_sup <= rows.certificate).all()


@pytest.mark.parametrize("m", [1, 2, 4])
def test_the_best_error_falls_as_the_law_says(m: int) -> None:
    rows = wb.recorded("subset-sums-law").table.query("dimension == @m and distribution == 'normally_scaled'")
    sizes = sorted(set(rows.candidates))
    median, law = (np.array([np.median(rows[rows.candidates == n][name]) for n in sizes]) for name in ("error", "law"))
    said = law < 0.6  # above, the empty subset comes as near
    slope = np.polyfit(np.array(sizes)[said], np.log2(median[said]), 1)[0]
    assert slope == pytest.approx(-1 / m, rel=0.12)
    assert 0.35 < (median / law)[said].min() <= (median / law)[said].max() < 2


def test_scaled_normal_vectors_are_no_worse_than_gaussian_ones() -> None:
    table = wb.recorded("subset-sums-law").table
    medians = table.pivot_table("error", ["dimension", "candidates"], "distribution", "median")
    ratio = medians.normally_scaled / medians.gaussian
    assert 0.7 < np.exp(np.log(ratio).mean()) < 1.3
    assert ratio.max() < 1.5


def test_the_error_by_scale_is_a_v_with_its_bottom_where_the_target_is_just_in_reach() -> None:
    table = wb.recorded("subset-sums-scale").table
    for m, n in sorted(set(zip(table.dimension, table.candidates, strict=True))):
        rows = table.query(f"dimension == {m} and candidates == {n}")
        scales = sorted(set(rows.scale))
        errors = np.array([np.median(rows[rows.scale == scale]["relative_error"]) for scale in scales])
        assert min(errors[0], errors[-1]) > 2 * errors.min()
        assert (np.diff(errors[errors.argmin() :]) >= 0).all()


def test_compact_is_faster_than_masked_and_masked_is_no_faster_than_random() -> None:
    table = wb.recorded("strong-costs").table
    for _, rows in table.groupby(["ratio", "replica"]):
        milliseconds = dict(zip(rows["view"], rows["milliseconds"], strict=True))
        assert milliseconds["compact"] < 0.6 * milliseconds["masked"]
        assert milliseconds["masked"] > 0.8 * milliseconds["random"]
        assert milliseconds["target"] < milliseconds["compact"]
