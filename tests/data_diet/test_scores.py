"""Scores: they know their data, and are refused for another; they are saved, averaged and compared."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny import made

import workbench as wb
from workbench.data_diet.scores import Score, terciles

DATA = made(n=6)
INF = float("inf")


def score(**changed: object) -> Score:
    options = {"name": "el2n", "values": torch.arange(6).float(), "ids": DATA.train.ids, "dataset": DATA.fingerprint}
    return Score(**(options | changed))  # type: ignore[arg-type]


def of(*values: float, **changed: object) -> Score:
    return score(values=torch.tensor(values, dtype=torch.float64), **changed)


def test_values_come_in_the_order_of_the_ids():
    reverse = score(ids=DATA.train.ids.flip(0))
    assert score().of(DATA).tolist() == [0, 1, 2, 3, 4, 5]
    assert reverse.of(DATA).tolist() == [5, 4, 3, 2, 1, 0]
    assert score().on(torch.tensor([106, 100])).tolist() == [2, 0]


def test_a_score_is_refused_for_other_data():
    with pytest.raises(ValueError, match="this el2n was computed on other data than this made; score it anew"):
        score().of(made(n=7))


def test_missing_ids_are_said():
    with pytest.raises(ValueError, match="2 of these examples have no el2n, id 999 for one"):
        score().on(torch.tensor([100, 999, 101]))
    with pytest.raises(ValueError, match="one value an id, got 6 values for 5 ids"):
        score(ids=DATA.train.ids[:5])
    with pytest.raises(ValueError, match="one value an id, got 6 values of 1 ids"):
        score(ids=torch.zeros(6).long())
    with pytest.raises(ValueError, match="one value an id, got 0 values for 0 ids"):
        score(values=torch.zeros(0), ids=torch.zeros(0).long())


def test_nan_is_refused_and_infinity_is_hardest():
    with pytest.raises(ValueError, match="a score orders examples, so none may be NaN; 1 are, id 103 for one"):
        of(0, math.nan, 2, 3, 4, 5)
    assert int(of(0, INF, 2, 3, 4, 5).values.argmax()) == 1


def test_terciles_are_thirds_from_easy_to_hard():
    found = terciles(torch.tensor([5.0, 1.0, 3.0, 0.0, 4.0, 2.0, 6.0]))
    assert {name: places.tolist() for name, places in found.items()} == {
        "easy": [3, 1, 5],
        "middle": [2, 4],
        "hard": [0, 6],
    }


def test_a_score_says_what_it_is():
    assert repr(score(replicas=3)) == "Score(el2n, 6 examples of train, replicas=3)"
    said = "Score(barrier, average, 6 examples of train, step=20, replicas=1)"
    assert repr(score(name="barrier", variant="average", step=20)) == said


# ---- saved and opened


@pytest.mark.parametrize("changed", [{}, {"step": 0, "replicas": 3, "variant": "last_layer", "split": "test"}])
def test_it_is_saved_and_opened_again(changed: dict[str, object], tmp_path: Path):
    kept = of(0, 1, INF, 3, 4, 5, **changed)
    wb.scores.save(kept, tmp_path / "el2n.safetensors")
    found = wb.scores.open(tmp_path / "el2n.safetensors")
    assert torch.equal(found.values, kept.values)
    assert torch.equal(found.ids, kept.ids)
    names = ("name", "dataset", "split", "step", "replicas", "variant")
    assert [getattr(found, name) for name in names] == [getattr(kept, name) for name in names]
    assert torch.equal(found.of(DATA), kept.of(DATA))
    with pytest.raises(ValueError, match="was computed on other data"):
        found.of(made(n=7))


def test_what_is_no_score_is_said(tmp_path: Path):
    with pytest.raises(ValueError, match="there is no score at"):
        wb.scores.open(tmp_path / "none.safetensors")
    (tmp_path / "half.safetensors").write_bytes(b"half")
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        wb.scores.open(tmp_path / "half.safetensors")
    save_file({"values": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="is no score"):
        wb.scores.open(tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="is no folder; make it first"):
        wb.scores.save(score(), tmp_path / "nowhere" / "el2n.safetensors")
    (tmp_path / "taken.safetensors").mkdir()
    with pytest.raises(ValueError, match=r"taken\.safetensors.*, where a folder stands"):
        wb.scores.save(score(), tmp_path / "taken.safetensors")


# ---- numbers of one's own


def test_any_cartography_is_a_score():
    by_place = wb.scores.by_id("confidence", torch.tensor([0.5, 0, 1, 2, 3, 4]), DATA)
    assert by_place.of(DATA).tolist() == [0.5, 0, 1, 2, 3, 4]
    by_id = wb.scores.by_id("confidence", {109: 4, 100: 0.5, 103: INF}, DATA, split="test")
    assert by_id.on(torch.tensor([100, 103, 109])).tolist() == [0.5, INF, 4]
    assert (by_id.name, by_id.split, by_id.dataset) == ("confidence", "test", DATA.fingerprint)
    with pytest.raises(ValueError, match="3 of these examples have no confidence, id 106 for one"):
        by_id.of(DATA)


def test_a_cartography_of_other_examples_is_refused():
    with pytest.raises(ValueError, match=r"2 of the keys of mine are not ids of train of made, 0 for one; ids are not"):
        wb.scores.by_id("mine", {0: 1.0, 1: 2.0, 100: 3.0}, DATA)
    with pytest.raises(ValueError, match=r"mine has values of shape \(5,\), but train of made has 6 examples"):
        wb.scores.by_id("mine", torch.zeros(5), DATA)
    with pytest.raises(ValueError, match="got 0 values for 0 ids"):
        wb.scores.by_id("mine", {}, DATA)


# ---- over replicas, and one against another


def test_a_mean_is_weighted_by_the_networks_of_each():
    turned = score(values=torch.tensor([9.0, 4, 3, 2, 1, 0]), ids=DATA.train.ids.flip(0), replicas=3, step=7)
    found = wb.scores.mean([score(step=7), turned])
    assert found.of(DATA).tolist() == [0, 1, 2, 3, 4, (5 + 3 * 9) / 4]
    assert (found.replicas, found.step, found.name) == (4, 7, "el2n")


def test_a_mean_with_infinity_is_infinite():
    assert wb.scores.mean([of(0, INF, 0, 0, 0, 0), of(2, 2, 2, 2, 2, 2)]).values.tolist() == [1, INF, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"name": "grand"}, r"a mean is of one kind of score, got Score\(el2n, .* and Score\(grand, "),
        ({"step": 8}, "a mean is of one kind of score"),
        ({"variant": "last"}, "a mean is of one kind of score"),
        ({"dataset": "0"}, "el2n and el2n are scores of different data; score both on the same"),
        ({"split": "test"}, r"are scores of different data \(train and test\)"),
        ({"ids": DATA.train.ids + 1}, "6 of these examples have no el2n"),
        ({"ids": DATA.train.ids[:5], "values": torch.zeros(5)}, "replicas score the same examples, got 6 and 5"),
    ],
)
def test_a_mean_of_different_things_is_refused(other: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        wb.scores.mean([score(), score(**other)])


def test_no_scores_have_no_mean():
    with pytest.raises(ValueError, match="a mean needs at least one score, got none"):
        wb.scores.mean([])


def test_correlation_is_of_ranks_with_ties_and_infinity():
    assert wb.scores.correlation(score(), of(0, 1, 4, 9, 16, INF)) == pytest.approx(1)
    assert wb.scores.correlation(score(), of(5, 4, 3, 2, 1, 0)) == pytest.approx(-1)
    # ranks 1 2 3 4 5 6 against 2 2 2 5 5 5 (each tie its mean): 1.5 · 3 · 2 / sqrt(17.5 · 13.5)
    assert wb.scores.correlation(score(), of(0, 0, 0, 1, 1, 1)) == pytest.approx(13.5 / math.sqrt(17.5 * 13.5))
    assert math.isnan(wb.scores.correlation(score(), of(1, 1, 1, 1, 1, 1)))


def test_correlation_is_over_the_examples_that_both_have():
    some = wb.scores.by_id("mine", {115: 9.0, 100: 1.0, 106: 2.0}, DATA)
    assert wb.scores.correlation(score(), some) == pytest.approx(1)
    with pytest.raises(ValueError, match="el2n and mine have 1 examples in common; a correlation needs two"):
        wb.scores.correlation(score(), wb.scores.by_id("mine", {115: 9.0}, DATA))
    with pytest.raises(ValueError, match="are scores of different data"):
        wb.scores.correlation(score(), score(dataset="0"))
