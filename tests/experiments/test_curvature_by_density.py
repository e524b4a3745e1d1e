"""The curvature experiment: which networks are measured, what is foretold, its table, its chart, its words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.charts.grammar import ROWS
from workbench.charts.spectrum import words
from workbench.experiments import spectrum_table
from workbench.experiments.curvature_by_density import CONTROLS, Sharpness, curvature
from workbench.landscape import Curvature, prunable_share
from workbench.panels import PANELS

TINY: dict[str, Any] = {
    "train_size": 60,
    "model": "lenet(hidden=(8,))",
    "recipe": wb.Recipe(steps=12, batch_size=20),
    "measured": (0, 2),
    "fraction": 0.5,
    "rewind_step": 3,
    "examples": 20,
    "k": 3,
    "draws": 4,
    "steps": 6,
    "replicas": 2,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Sharpness]:
    return list(curvature(**TINY))


def sort(outcomes: list[Sharpness]) -> list[Sharpness]:
    return sorted(outcomes, key=lambda o: (o.replica, o.kind, o.round, o.layer))


def test_tickets_are_measured_before_and_after_training_and_random_places_where_they_differ(outcomes: list[Sharpness]):
    found = Counter((o.kind, o.replica, o.round, o.dimension) for o in outcomes)
    counts = {0: 64 * 8 + 8 * 10, 2: 148}  # 592, 296, 148
    kinds = [("ticket", 0), ("rewound", 0), ("ticket", 2), ("rewound", 2), ("random_mask", 2)]
    assert found == Counter((kind, i, r, counts[r]) for kind, r in kinds for i in (0, 1))
    assert {(o.seed, o.layer, o.epsilon) for o in outcomes} == {(0, "all", 0.05)}
    assert {o.density for o in outcomes} == {1, 148 / 592}


def test_what_is_measured_is_the_curvature_of_the_networks_of_the_lottery(outcomes: list[Sharpness]):
    data = wb.load("digits", train_size=60)
    own = wb.seeds(0, 2)[1]
    model = wb.models.named(TINY["model"], data, seed=own)
    lottery = wb.lottery.rounds(
        model, wb.snapshot(model), data, TINY["recipe"], rounds=2, fraction=0.5, rewind_step=3, seed=own
    )
    *_, last = lottery
    options: dict[str, Any] = {"examples": 20, "k": 3, "draws": 4, "steps": 6, "repeats": 1, "seed": own}
    for kind, weights in (("ticket", last.run.weights), ("rewound", last.rewound)):
        (o,) = [o for o in outcomes if (o.kind, o.replica, o.round) == (kind, 1, 2)]
        mask = last.mask
        found = wb.landscape.curvature(model, weights, data, mask=mask, layers=tuple(mask), **options)
        assert torch.equal(o.curvature.eigenvalues, found.eigenvalues)
        assert (o.top_eigenvalue, o.trace, o.loss) == (float(found.eigenvalues[0]), found.trace, found.loss)
        if kind == "ticket":
            foretold = prunable_share(found, weights, mask, epsilon=0.05)
            assert (o.prunable_share, o.distance) == (foretold.share, foretold.distance)
            moved = torch.cat([(weights[name] - last.rewound[name])[mask[name]] for name in mask])
            assert o.travelled == pytest.approx(float(moved.norm()), rel=1e-5)
            assert o.share_from_start == pytest.approx(found.local_dimension(0.05, o.travelled or 0) / 148)
            assert o.test_accuracy == last.run.test_accuracy
        else:
            assert (o.prunable_share, o.distance, o.travelled, o.test_accuracy) == (None,) * 4


def test_layers_follow_one_by_one_and_nothing_is_foretold_of_them():
    options = TINY | {"by_layer": True, "replicas": 1, "measured": (1,), "controls": ()}
    whole, *layers = curvature(**options)
    assert [o.layer for o in layers] == ["1.weight", "3.weight"]
    assert sum(o.dimension for o in layers) == whole.dimension == 296
    assert whole.prunable_share is not None
    assert all(o.prunable_share is None for o in layers)
    assert rows([whole, *layers]) == rows([whole])


def test_the_same_call_gives_the_same_and_an_archive_finds_it(outcomes: list[Sharpness], tmp_path: Any):
    folder = str(tmp_path / "archive")
    for _ in range(2):  # the second time from the disk
        again = list(curvature(**TINY, archive=folder))
        for a, b in zip(sort(outcomes), sort(again), strict=True):
            assert repr(a) == repr(b)
            assert same({"at": a.curvature.nodes_RM}, {"at": b.curvature.nodes_RM})
    watched: list[Any] = []
    with wb.progress.watch(watched.append):
        list(curvature(**TINY, archive=folder))
    assert all(len(p.path) == 1 for p in watched)  # replicas end; nothing was trained or measured again


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"measured": ()}, r"measured must be rounds from 0 on, each once, got \[\]"),
        ({"measured": (0, -1)}, r"measured must be rounds from 0 on, each once, got \[0, -1\]"),
        ({"fraction": 1.5}, r"fraction must be in \(0, 1\), got 1.5"),
        ({"controls": ("rewinded",)}, 'control "rewinded" is not known; did you mean "rewound"'),
        ({"split": "tset"}, 'split "tset" is not known'),
        ({"examples": 0}, "examples must be a whole number from 1, got 0"),
        ({"draws": 2}, "draws must be a whole number from 3 to 10000, got 2"),
        ({"epsilon": 0}, "epsilon must be above 0, got 0"),
        ({"replicas": 0}, "replicas must be a whole number from 1 to 10000, got 0"),
        ({"rewind_step": 12}, "rewind_step must be from 0 to 11, got 12"),
    ],
)
def test_bad_options_are_said_before_anything_is_trained(options: dict[str, Any], said: str):
    seen: list[Any] = []
    with wb.progress.watch(seen.append), pytest.raises(ValueError, match=said):
        next(curvature(**TINY | options))
    assert not seen


# ---- the table, the chart, the words; of spectra made by hand


def made(kind: str, density: float, top: float, *, replica: int = 0, share: float | None = None) -> Sharpness:
    """A network of 100 weights: 90 eigenvalues at 0, ten at `top`."""
    nodes, weights = torch.tensor([[0.0, top]]).double(), torch.tensor([[0.9, 0.1]]).double()
    grid, values = torch.tensor([-1.0, 0.0, top]).double(), torch.tensor([0.1, 0.8, 0.1]).double()
    eigenvalues = torch.tensor([top, top / 2]).double()
    found = Curvature("100 weights", 100, 0.1, 5, "train", eigenvalues, 1.0, 0.1, grid, values, nodes, weights)
    return Sharpness(
        kind=kind,
        seed=0,
        replica=replica,
        round=0 if density == 1 else 1,
        density=density,
        layer="all",
        dimension=100,
        test_accuracy=0.9,
        loss=0.1,
        top_eigenvalue=top,
        trace=10 * top,
        trace_error=0.1,
        epsilon=0.05,
        prunable_share=share,
        distance=None,
        share_from_start=None,
        travelled=None,
        curvature=found,
    )


MADE = [made("ticket", 1.0, 2.0 + i, replica=i, share=0.5 + 0.1 * i) for i in range(3)]
MADE += [made(kind, density, 4.0) for density, kind in [(1.0, "rewound"), *((0.5, k) for k in ("ticket", *CONTROLS))]]


def test_the_table_has_a_row_for_every_eigenvalue_and_every_point():
    table = spectrum_table(MADE[:1])
    names = ["kind", "seed", "replica", "round", "density", "layer", "dimension", "part", "index", "eigenvalue"]
    assert list(table.columns) == [*names, "spectral_density"]
    assert table[["part", "index", "eigenvalue"]].to_numpy().tolist() == [
        ["eigenvalue", 0, 2.0],
        ["eigenvalue", 1, 1.0],
        ["density", 0, -1.0],
        ["density", 1, 0.0],
        ["density", 2, 2.0],
    ]
    assert table["spectral_density"].isna().tolist() == [True, True, False, False, False]
    assert table["spectral_density"].tolist()[3] == pytest.approx(0.8)
    assert len(spectrum_table(MADE)) == 5 * len(MADE)
    assert spectrum_table([]).empty


def rows(outcomes: list[Any]) -> list[dict[str, Any]]:
    return wb.charts.CHARTS["spectrum"].rows(outcomes)


def test_a_curve_counts_the_eigenvalues_and_ticks_are_the_mean_over_replicas():
    found = rows(MADE[:3])
    assert [(row["at"], row["place"], row["n"]) for row in found if row["role"] == "tick"] == [(3, 1, 3), (1.5, 2, 3)]
    curve = [row for row in found if row["role"] == "curve"]
    width = curve[1]["at"] - curve[0]["at"]
    counted = sum(row["height"] * width for row in curve if row["height"] > 0.3)
    assert counted == pytest.approx(100, rel=0.02)
    above = sum(row["height"] * width for row in curve if row["height"] > 0.3 and row["at"] > 1)
    assert above == pytest.approx(10, rel=0.02)


def test_every_kind_and_density_has_its_curve_in_at_most_500_rows():
    found = rows(MADE)
    curves = {(row["words"], row["kept"]) for row in found if row["role"] == "curve"}
    assert curves == {
        ("trained ticket", "dense"),
        ("before training", "dense"),
        ("trained ticket", "50 % kept"),
        ("before training", "50 % kept"),
        ("random places, trained", "50 % kept"),
    }
    many = [replace(o, density=0.8**r, replica=i) for o in MADE for r in range(9) for i in range(3)]
    assert 0 < len(rows(many)) <= ROWS
    assert rows([]) == []


def test_only_the_data_of_the_chart_depend_on_the_numbers_and_its_legend_on_what_is_drawn():
    one, two, three = (wb.charts.spectrum(part).to_dict() for part in (MADE, MADE[1:], MADE[:3]))
    for drawn in (one, two, three):
        drawn.pop("data")
    assert one == two
    assert one != three
    assert len(one["description"]) > 40
    wb.charts.spectrum([]).to_dict()


def test_the_words_say_eigenvalue_trace_and_what_is_foretold():
    said = words(MADE)
    assert said[0].startswith("The dense network, trained ticket: largest eigenvalue 3 ± 2.5, trace 30 ± 25")
    assert "a share of 0.6 ± 0.25 is foretold to be prunable at once (ε = 0.05)" in said[0]
    assert said[1] == "The dense network, before training: largest eigenvalue 4 (n = 1), trace 40 (n = 1)."
    assert said[-1].startswith("At 50 %, random places, trained: largest eigenvalue 4 (n = 1)")
    assert words([]) == []


def test_the_panel_runs_its_call(outcomes: list[Sharpness]):
    declared = PANELS["curvature"]
    assert declared.function is curvature
    panel = wb.panel("curvature", **{k: v for k, v in TINY.items() if k != "recipe"} | {"recipe": TINY["recipe"]})
    panel.run()
    result = panel.wait(120)
    for a, b in zip(sort(outcomes), sort(result), strict=True):
        assert repr(a) == repr(b)
