"""The rows behind the charts of strong tickets, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_strong import KERNELS, costs, matched, neurons, prices, strong, tickets

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.error_by_hidden_neurons import power
from workbench.charts.grammar import ROWS
from workbench.experiments import Matched, Strong
from workbench.panels import PANELS

TICKETS = PANELS["strong tickets"].charts
MADE = {"strong costs": costs, "price of structure": prices, "block mask": neurons}
OF = {**dict.fromkeys(TICKETS, tickets), **MADE}


def points(name: str, outcomes: list[Any], role: str = "point") -> list[dict[str, Any]]:
    """The means of a chart, unpacked where its rows hold lists."""
    made = []
    for row in CHARTS[name].rows(outcomes):
        lists = {field: value for field, value in row.items() if isinstance(value, list) and field != "layers"}
        apart = {field: value for field, value in row.items() if field not in lists}
        made += (
            [apart | dict(zip(lists, one, strict=True)) for one in zip(*lists.values(), strict=True)]
            if lists
            else [row]
        )
    return [row for row in made if row["role"] == role]


# ---- layers


def test_a_layer_is_drawn_by_its_error_and_by_the_share_of_its_filters_that_is_kept():
    rows = points("strong layers", tickets())
    errors = {(row["line"], row["place"]): row["value"] for row in rows if row["measure"] == "error"}
    assert errors == {
        ("5 candidates", 0): pytest.approx(0.2),
        ("5 candidates", 1): pytest.approx(0.2),
        ("10 candidates", 0): pytest.approx(0.1),
        ("10 candidates", 1): pytest.approx(0.1),
    }
    assert {row["value"] for row in rows if row["measure"] == "share"} == {3 / 8}
    assert {row["filters"] for row in rows} == {"3 of 8"}


def test_layers_are_drawn_as_they_come_before_any_ticket_is_whole():
    rows = points("strong layers", [matched(0)])
    assert [row["where"] for row in rows] == ["conv", "conv"]
    assert CHARTS["strong layers"].rows([matched(0)])[0]["about"].startswith("1 of 2 layers")


def test_an_error_is_averaged_by_its_logarithm_so_that_no_interval_ends_below_zero():
    rows = points("strong layers", [matched(error=error, replica=n) for n, error in enumerate((0.001, 0.01, 0.1))])
    (error,) = [row for row in rows if row["measure"] == "error"]
    assert error["value"] == pytest.approx(0.01)
    assert 0 < error["low"] < error["high"]


def test_the_words_say_what_was_out_of_reach():
    (line,) = CHARTS["strong layers"].words([matched(0), matched(1, out_of_reach=1)])
    assert line == (
        "Whole filters, 10 a dimension: kernel error 10 % in conv, 10 % in fc; 6 of 16 filters kept; "
        "1 sum out of reach of the candidates."
    )


# ---- kernels


def test_kernels_are_drawn_by_their_weights_relative_to_the_largest_of_the_target():
    rows = CHARTS["kernels side by side"].rows([matched(0)])
    target, ticket, difference = (row for row in rows if row["role"] == "image")
    assert [target["kind"], ticket["kind"], difference["kind"]] == ["target", "ticket", "difference"]
    assert target["value"] == [1, -2, 0, 4, 0.5, 0, 0, -1] == KERNELS[0].flatten().tolist()
    assert target["share"] == [0.25, -0.5, 0, 1, 0.125, 0, 0, -0.25]
    assert ticket["value"] == pytest.approx([0.9 * value for value in target["value"]], rel=1e-3)
    assert difference["value"] == pytest.approx([-0.1 * value for value in target["value"]], rel=1e-3)
    assert target["left"] == [0, 1, 0, 1, 2.7, 3.7, 2.7, 3.7]  # the second kernel stands apart
    assert target["top"] == [0, 0, 1, 1, 0, 0, 1, 1]
    assert rows[0]["words"] == "conv: error 10 %, 3 of 8 filters"


def test_kernels_of_one_weight_are_a_strip():
    rows = CHARTS["kernels side by side"].rows([matched(1)])
    target = next(row for row in rows if row["role"] == "image")
    assert (target["left"], target["top"]) == ([0, 1, 2], [0, 0, 0])


def test_the_kernels_of_the_first_replica_are_shown_those_found_last_first():
    rows = CHARTS["kernels side by side"].rows([matched(ratio=5.0), matched(ratio=10.0), matched(ratio=2.0, replica=1)])
    assert list(dict.fromkeys(row["shown"] for row in rows)) == [
        "whole filters, 10 a dimension",
        "whole filters, 5 a dimension",
    ]
    assert rows[0]["about"] == "first replica; so far layer 1 of 2, whole filters, 10 a dimension"


def test_a_target_of_zeros_is_drawn():
    zeros = replace(matched(), kernel=0 * KERNELS[0], matched=0 * KERNELS[0])
    rows = CHARTS["kernels side by side"].rows([zeros])
    assert {value for row in rows if row["role"] == "image" for value in row["share"]} == {0.0}


# ---- tickets


def test_accuracy_is_drawn_beside_the_target_and_is_hollow_where_it_is_not_shown_to_match():
    rows = points("strong accuracy", tickets())
    means = {(row["line"], row["ratio"]): row for row in rows if row["measure"] == "test_accuracy"}
    assert means["filter", 5.0]["value"] == pytest.approx(0.709)  # 0.7, 0.709 and 0.718
    assert means["filter", 10.0]["value"] == pytest.approx(0.909)
    assert [means["filter", ratio]["hollow"] for ratio in (5.0, 10.0)] == [True, False]
    (target,) = points("strong accuracy", tickets(), "across")
    assert (target["value"], target["left"], target["right"]) == (pytest.approx(0.91), 2.0, 10.0)
    assert {row["value"] for row in rows if row["measure"] == "agreement"} == {0.99}


def test_the_words_say_the_paired_difference_what_is_kept_and_what_was_trained():
    low, high, popup, trained, derived = CHARTS["strong accuracy"].words(tickets())
    assert "ticket - target -20.1 ± 0.2 points (n = 3), not shown to match it" in low
    assert high == (
        "Whole filters, 10 a dimension: accuracy 90.9 ± 2.2 %, target 91.0 ± 2.5 %; ticket - target -0.1 ± 0.2 points "
        "(n = 3), matches it; the same class for 99.0 ± 0.0 % of the images; 30 of 80 weights kept, where the target "
        "has 14."
    )
    assert popup.startswith("Edge-popup, weights, 2 a dimension")
    assert "a target that was trained" in trained
    assert "smaller than the random network, not than its target" in trained
    assert "as recalled" in derived
    few = CHARTS["strong accuracy"].words([strong()])
    assert "a claim needs 3 replicas" in few[0]


def test_the_bound_is_drawn_above_what_is_measured_and_a_mask_without_one_has_none():
    rows = points("strong errors", tickets())
    means = {(row["structure"], row["line"], row["ratio"]): row["value"] for row in rows}
    assert means["whole filters", "certificate", 10.0] == pytest.approx(10)
    assert means["whole filters", "measured_sup", 10.0] == pytest.approx(1)
    assert means["whole filters", "kernel_error", 5.0] == pytest.approx(0.2)
    assert means["whole filters", "logit_error", 5.0] == pytest.approx(0.4)
    assert {line for structure, line, _ in means if structure != "whole filters"} == {"measured_sup", "logit_error"}


def test_the_words_tell_a_bound_from_a_measurement():
    low, *_ = CHARTS["strong errors"].words(tickets())
    assert "at most 20 apart on every image (a bound); at most 2 apart on the test images (measured)" in low
    exact = strong(measured_sup=0.0, logit_error=0.0, kernel_error=0.0, certificate=0.0)
    assert CHARTS["strong errors"].words([exact]) == ["Whole filters, 10 a dimension: no error is left."]
    assert CHARTS["strong errors"].rows([exact]) == []


# ---- what it costs, and what it takes


def test_costs_are_drawn_by_view_and_said_as_ratios():
    rows = points("strong costs", costs())
    means = {(row["measure"], row["line"]): row["value"] for row in rows}
    assert means["parameters", "compact"] == pytest.approx(100)
    assert means["milliseconds", "masked"] == pytest.approx(8)
    first, second, larger = CHARTS["strong costs"].words(costs())
    assert first == (
        "5 candidates a dimension: compact beside masked: 0.5 × the numbers, 0.25 × the time; masked beside random: 1 "
        "× the numbers, 1 × the time; compact beside target: 10 × the numbers, 2 × the time."
    )
    assert second.startswith("10 candidates")
    assert "not than its target" in larger


def test_the_price_is_the_least_number_of_candidates_with_two_per_cent():
    assert CHARTS["price of structure"].words(prices())[:2] == [
        "Two per cent by weights, 4 outputs, dimension 1, take 10 candidates (of the numbers tried).",
        "Two per cent by filters, 4 outputs, dimension 36, take more than 40 candidates (of the numbers tried).",
    ]
    rows = points("price of structure", prices())
    assert {(row["line"], row["candidates"]): row["value"] for row in rows}["filter 4", 40] == pytest.approx(0.04)
    assert [row["value"] for row in points("price of structure", prices(), "rule")] == [0.02]


def test_an_error_of_nothing_is_drawn_on_a_logarithmic_axis():
    exact = [replace(one, error=0.0) for one in prices()]
    assert {row["value"] for row in points("price of structure", exact)} == {1e-4}
    assert {row["value"] for row in points("block mask", [replace(one, error=0.0) for one in neurons()])} == {1e-16}


def test_the_power_is_that_of_the_errors_without_a_block_mask():
    assert power({10: 0.1, 100: 0.01}) == pytest.approx(-1)
    blocked, dense, _ = CHARTS["block mask"].words(neurons())
    assert blocked == "Under the block mask the error is 0.01 of 20 neurons, 0.0001 of 40 neurons, 1e-08 of 80 neurons."
    assert dense.endswith("0.05 of 80 neurons; fitted, it falls as their number to the power -1.00.")
    assert "power" not in " ".join(CHARTS["block mask"].words([one for one in neurons() if one.hidden == 20])[:2])


# ---- all of them


@pytest.mark.parametrize("name", [name for name in OF if not CHARTS[name].holds])
def test_a_table_draws_as_its_outcomes_do(name: str):
    assert CHARTS[name].rows(wb.table(OF[name]())) == CHARTS[name].rows(OF[name]())


@pytest.mark.parametrize("name", OF)
def test_every_beginning_of_a_run_is_drawn_or_is_empty(name: str):
    outcomes = OF[name](1)
    for end in range(len(outcomes) + 1):
        CHARTS[name].draw(CHARTS[name].rows(outcomes[:end])).to_dict()
        CHARTS[name].words(outcomes[:end])


@pytest.mark.parametrize("name", TICKETS)
def test_a_large_run_is_at_most_500_rows(name: str):
    many: list[Matched | Strong] = []
    for structure in ("filter", "kernel", "weight"):
        for ratio in range(1, 13):
            for replica in range(3):
                named = {"structure": structure, "ratio": float(ratio), "replica": replica}
                many += [replace(matched(n % 2, **named), index=n, layer=f"l{n}", of=5) for n in range(5)]
                many.append(strong(**named))
    rows = CHARTS[name].rows(many)
    assert 0 < len(rows) <= ROWS
    CHARTS[name].draw(rows).to_dict()
