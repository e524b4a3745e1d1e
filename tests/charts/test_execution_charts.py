"""The rows and the sentences behind the charts of executions, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made import experiment
from made_executions import steps, timed

from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.nets.compaction import Alive

COST, ALIVE = CHARTS["cost by density"], CHARTS["alive by layer"]


def times(outcomes: list[Any]) -> dict[Any, Any]:
    """The mean ratio of each execution and density, and whether its mark is hollow."""
    rows = [row for row in COST.rows(outcomes) if row["role"] == "point" and row["measure"] == "over_dense"]
    return {(row["line"], row["density"]): (row["value"], row["hollow"]) for row in rows}


# ---- what a step costs


def test_a_step_is_drawn_over_the_dense_one_and_hollow_where_it_was_computed_dense():
    assert times(steps()) == {
        ("sparse", 0.5): (1.0, True),
        ("sparse", 0.05): (pytest.approx(0.51), False),
        ("compact", 0.5): (1.0, False),
        ("compact", 0.05): (pytest.approx(1.11), False),
    }


def test_a_line_across_is_the_dense_step():
    rules = [row for row in COST.rows(steps()) if row["role"] == "rule"]
    assert [(row["measure"], row["value"]) for row in rules] == [("over_dense", 1.0)]


def test_sentences_say_from_where_on_an_execution_pays():
    dense, sparse, compact, near = COST.words(steps())
    assert dense == "A dense step takes 2 ms."
    assert sparse == "Sparse execution pays from 5 % on: it takes 0.51 ± 0.02 of a dense step's time at 5 %."
    assert compact == "Compact execution is not shown to pay: it takes 1.11 ± 0.02 of a dense step's time at 5 %."
    differ = "logits differ from those of dense training by up to 2e-07 of the largest"
    assert near == f"After ten steps {differ}, by rounding, which grows."


def test_an_execution_pays_from_the_densest_on_of_which_all_sparser_ones_pay_too():
    ratios = {0.5: 0.5, 0.2: 1.2, 0.1: 0.8, 0.05: 0.6}
    made = [
        replace(timed("sparse", ratio=ratio + 0.01 * replica, replica=replica), density=density)
        for replica in range(3)
        for density, ratio in ratios.items()
    ]
    assert COST.words(made)[0] == (
        "Sparse execution pays from 10 % on: it takes 0.61 ± 0.02 of a dense step's time at 5 %, 0.81 ± 0.02 at 10 %."
    )


def test_fewer_than_three_replicas_do_not_say_from_where_on_it_pays():
    words = COST.words([o for o in steps(2) if o.execution == "sparse"])
    assert words[0] == (
        "Sparse execution takes 0.51 of a dense step's time at 5 %; from where on it pays needs 3 replicas, "
        "there are 2 so far."
    )


def test_what_was_always_computed_dense_is_said_to_be():
    made = [timed("sparse", density, resolved="dense", replica=r) for r in range(3) for density in (0.5, 0.05)]
    assert COST.words(made) == ["Sparse execution finds nothing to leave out, and is computed dense."]


def test_executions_that_give_the_same_bits_are_said_to():
    assert COST.words([timed("compact")])[-1] == "After ten steps logits are those of dense training, bit for bit."


# ---- what is alive


def shares(outcomes: list[Any]) -> dict[Any, float]:
    return {(row["part"], row["kept"], row["layer"]): row["share"] for row in ALIVE.rows(outcomes)}


def test_the_share_of_units_and_inputs_that_are_alive_is_drawn_by_layer_and_density():
    found = shares(experiment())
    assert {share for (_, kept, _), share in found.items() if kept == "dense"} == {1.0}
    assert {key: share for key, share in found.items() if key[1] != "dense"} == {
        ("units", "40 %", "a.weight"): 0.5,
        ("units", "40 %", "b.weight"): 1.0,
        ("inputs", "40 %", "a.weight"): 0.5,
        ("inputs", "40 %", "b.weight"): 0.5,
    }


def test_what_is_alive_is_a_mean_over_replicas():
    first, second = timed(density=0.05), timed(density=0.05, replica=1)
    second = replace(second, alive={"a.weight": Alive(4, 3, 2, 2), "b.weight": Alive(2, 2, 1, 1)})
    assert shares([first, second])["inputs", "5 %", "a.weight"] == 0.5


def test_what_executions_were_timed_on_is_drawn_too():
    assert len(ALIVE.rows(steps())) == 2 * 2 * 2


def test_controls_are_not_drawn():
    assert shares(experiment()) == shares([o for o in experiment() if o.kind == "ticket"])


def test_a_network_that_cannot_be_read_is_said_to_be_what_the_chart_needs():
    chart = ALIVE([replace(o, alive=None) for o in experiment()])
    assert "a network whose channels can be followed" in " ".join(chart.title.subtitle)
    assert ALIVE.words([replace(o, alive=None) for o in experiment()]) == []


def test_sentences_say_what_is_alive_at_last():
    assert ALIVE.words(experiment()) == [
        "Alive with 40 % of the weights: 67 % of the units, least in a (2), 50 %; 50 % of the inputs, least in a (4), "
        "50 %."
    ]
    assert ALIVE.words(experiment()[:1]) == ["Alive with 100 % of the weights: all units; all inputs."]


def test_many_layers_and_rounds_are_few_rows():
    layers = {f"{n}.weight": Alive(4, 4, 2, 2) for n in range(60)}
    made = [replace(timed(), density=0.9**n, alive=layers) for n in range(16)]
    rows = ALIVE.rows(made)
    assert len(rows) <= ROWS
    assert max(row["density"] for row in rows) == 1
    assert min(row["density"] for row in rows) == pytest.approx(0.9**15, rel=1e-5)
