"""The rows behind the charts of calibration, of ensembles and of shift, worked out by hand."""

from __future__ import annotations

import base64
import io
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas
import pytest
from made_ensembles import (
    EXAMPLES,
    ORDINARY,
    OTHER,
    SAID,
    difficulty,
    ensembled,
    ensembles,
    shifts,
    surer,
)
from PIL import Image
from samples import sample

import workbench as wb
from workbench.charts import CHARTS, methods
from workbench.charts.accuracy_by_severity import words as severity_in_words
from workbench.charts.calibration_by_method import words as differences_in_words
from workbench.charts.each_member import words_of_difficulty as difficulty_in_words
from workbench.charts.grammar import ROWS
from workbench.charts.grammar.looks import GREY, HOURGLASS, METHODS, SALTIRE, SHAPES, STAR, of_methods
from workbench.charts.member_cards import words as cards_in_words
from workbench.charts.rare_features_by_lambda import words as rare_in_words
from workbench.charts.reliability_diagram import words as reliability_in_words
from workbench.charts.robust_weights import words as weights_in_words
from workbench.charts.roc_out_of_distribution import words as roc_in_words
from workbench.charts.sure_and_wrong import words as wrong_in_words
from workbench.charts.sure_and_wrong import words_of_histograms as sure_in_words
from workbench.experiments.rare_features import rare_features
from workbench.experiments.robust_weighting import robust_weighting
from workbench.experiments.shifted import Corrupted, Detected
from workbench.panels.ensembles import ENSEMBLES
from workbench.training.losses import CrossEntropy, Robust, in_words

T = 4.302652729911275  # of two degrees of freedom


def shown(name: str, outcomes, **which):
    """The rows of a chart, before temperature scaling, that have these values."""
    rows = CHARTS[name].rows(outcomes)
    return [row for row in rows if all(row[field] == value for field, value in {"scaled": "as it is", **which}.items())]


def test_the_histogram_stacks_right_predictions_on_wrong_ones():
    right, wrong = (shown("confidence histogram", [ensembled()], kind=kind)[0] for kind in ("right", "wrong"))
    assert wrong["low"] == right["low"] == pytest.approx([0.4, 0.5, 0.6, 0.9])  # of 0.45, 0.55, 0.65, 0.92 and 0.95
    assert (wrong["count"], right["count"]) == ([1, 0, 0, 1], [0, 1, 1, 1])
    assert (wrong["floor"], wrong["top"]) == ([0, 0, 0, 0], [1, 0, 0, 1])
    assert (right["floor"], right["top"]) == ([1, 0, 0, 1], [1, 1, 1, 2])
    assert right["share"] == pytest.approx([0, 0.2, 0.2, 0.2])
    assert right["accuracy"] == [0, 1, 1, 0.5]


def test_the_lines_above_a_picture_say_gap_and_debiased_ece_and_how_many_are_wrong_and_sure():
    heading = shown("confidence histogram", [ensembled()])[0]["heading"].split("\n")
    # mean confidence 0.704, accuracy 0.6; wrong and above 0.9 is one of five
    own = ensembled()
    debiased = 100 * wb.calibration.ece_debiased(own.probabilities(), own.test.labels)
    assert heading[:2] == ["robust, 2 × 50 %", "gap +10.4 points"]
    assert heading[2:] == [f"debiased ECE {debiased:.1f} points", "wrong above 0.9: 20.0 %"]
    three = [ensembled(replica=r, says=(surer(SAID, 0.01 * r),)) for r in range(3)]
    lines = shown("reliability diagram", three)[0]["heading"].split("\n")
    assert lines[1] == f"gap +11.4 ± {100 * T * 0.01 / math.sqrt(3):.1f} points"


def test_a_side_is_claimed_where_the_interval_excludes_calibrated_alone():
    half = ((0, 0.52), (1, 0.52), (1, 0.52), (0, 0.52), (2, 0.52))  # three of five are right
    (bin_,) = shown("reliability diagram", [ensembled(says=(half,))])
    assert bin_["accuracy_low"] < 0.52 < bin_["accuracy_high"]
    assert bin_["side"] == "not told from calibrated"
    legend = wb.charts.reliability_diagram([ensembled()]).to_dict()["spec"]["layer"][-1]["encoding"]["color"]["scale"]
    assert legend["domain"] == ["overconfident", "underconfident", "not told from calibrated"]
    assert legend["range"][2] == GREY
    sure, modest = (tuple((answer, s) for answer, _ in SAID) for s in (0.75, 0.45))  # 15 points over and under
    spread = [ensembled(replica=r, says=(says,)) for r, says in enumerate((sure, modest, SAID))]
    assert reliability_in_words(spread)[0].startswith("robust, 50 % is not told from calibrated: gap +3.5 ± ")
    low = [ensembled(replica=r, says=(surer(modest, 0.001 * r),)) for r in range(3)]
    assert reliability_in_words(low)[0].startswith("robust, 50 % is underconfident: gap -14.9 ± ")
    few = reliability_in_words([ensembled()])[0]
    assert few.startswith("robust, 2 × 50 % is not told from calibrated, of 1 replica; an interval needs 3: gap +10.4")


def test_reliability_has_wilsons_interval_for_one_replica_and_t_over_three_that_differ():
    (top,) = shown("reliability diagram", [ensembled()], low=0.9)
    assert (top["count"], top["accuracy"], top["confidence"]) == (2, 0.5, pytest.approx(0.935))
    z = 1.959963984540054  # Wilson for 1 of 2: the middle is 1/2, half is z / (1 + z²/2) · sqrt(1/8 + z²/16)
    half = z / (1 + z**2 / 2) * math.sqrt(1 / 8 + z**2 / 16)
    assert (top["accuracy_low"], top["accuracy_high"]) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-4)
    assert "Wilson, 2 predictions" in top["interval"]
    assert (top["side"], top["gap"]) == ("overconfident", pytest.approx(0.435))
    right = ((0, 0.92), (0, 0.95), *SAID[2:])
    three = [ensembled(), ensembled(replica=1), ensembled(replica=2, says=(right,))]
    (top,) = shown("reliability diagram", three, low=0.9)  # accuracies 1/2, 1/2 and 1: the deviation is 0.2887
    assert top["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert top["accuracy_low"] == pytest.approx(max(0, 2 / 3 - T / 6), abs=1e-4)
    assert top["accuracy_high"] == 1
    assert "t over 3 replicas" in top["interval"]
    (same,) = shown("reliability diagram", [ensembled(replica=r) for r in range(3)], low=0.9)
    assert "Wilson" in same["interval"]  # three that do not differ say nothing of their spread


def test_temperature_scaling_is_an_option_and_leaves_the_counts():
    rows = [row for row in CHARTS["confidence histogram"].rows([ensembled()]) if row["kind"] == "right"]
    assert {row["scaled"] for row in rows} == set(methods.MENU)
    assert [sum(row["count"]) for row in rows] == [3, 3]
    assert rows[0]["heading"] != rows[1]["heading"]


def test_ways_to_combine_are_never_mixed():
    two = [ensembled(), ensembled("single", combine="logits")]
    for name in ENSEMBLES.charts:
        with pytest.raises(ValueError, match="combined in one way, got logits and probabilities"):
            CHARTS[name].rows(two)


def test_the_images_that_it_is_sure_and_wrong_about_are_those_of_the_bar():
    rows = {row["bar"]: row for row in CHARTS["sure and wrong"].rows([ensembled(), ensembled(replica=1)])}
    bar = rows["robust, wrong, 0.9 to 1.0"]
    assert (bar["id"], bar["label"], bar["predicted"], bar["confidence"]) == ([101], ["cat"], ["dog"], [0.95])
    assert (bar["floor"], bar["top"], bar["count"]) == (0, 1, 1)
    assert rows["robust, right, 0.9 to 1.0"]["floor"] == 1
    file = io.BytesIO(base64.b64decode(bar["image"][0].removeprefix("data:image/png;base64,")))
    assert np.array_equal(np.array(Image.open(file)), EXAMPLES.images[1, 0].numpy())
    assert sorted(i for row in rows.values() for i in row["id"]) == [100, 101, 102, 103, 104]  # the first replica's
    assert "replica 0 of 2" in bar["about"]
    chosen = wb.charts.sure_and_wrong([ensembled()]).to_dict()["params"][0]["value"]
    assert chosen == [{"bar": "robust, wrong, 0.9 to 1.0"}]


def cards(outcomes) -> dict[str, dict[Any, tuple[float, int]]]:
    """The mean and how many replicas it is of, by measure and member, of the only method; and of the overlaps."""
    rows = CHARTS["member cards"].rows(outcomes)
    return {
        row["measure"]: {
            name if row["measure"] != "overlap" else (name, row["shape"][i]): (row["value"][i], row["n"][i])
            for i, name in enumerate(row["line"])
        }
        for row in rows
    }


def test_a_member_card_says_how_it_does_alone_and_what_it_shares():
    found = cards([ensembled(says=(SAID, OTHER))])
    assert list(found["accuracy"]) == ["1: λ = ∞", "2: λ = 1", "together"]
    first, second, _ = (
        {measure: of[name][0] for measure, of in found.items() if name in of} for name in found["accuracy"]
    )
    assert (first["accuracy"], second["accuracy"]) == (0.6, 0.4)
    assert first["signed_gap"] == pytest.approx(0.104)
    assert first["wrong_confidence"] == pytest.approx((0.95 + 0.45) / 2)
    assert second["wrong_confidence"] == pytest.approx((0.95 + 0.45 + 0.55) / 3)
    assert first["disagreement"] == pytest.approx(0.2)
    overlaps = {pair: value for pair, (value, _) in found["overlap"].items()}
    assert overlaps["1: λ = ∞", "1"] == 1.0
    assert overlaps["1: λ = ∞", "2"] == pytest.approx(1 / 3, abs=1e-4)
    assert {name for name, _ in overlaps} == {"1: λ = ∞", "2: λ = 1"}  # together has none


def test_a_replica_that_ended_early_has_no_card_and_is_not_counted():
    early = [ensembled("adaboost", 0, says=(SAID,)), *(ensembled("adaboost", r, says=(SAID, OTHER)) for r in (1, 2))]
    assert [n for _, n in cards(early)["accuracy"].values()] == [2, 2, 2]
    about = CHARTS["member cards"].rows(early)[0]["about"]
    assert "2 replicas" in about
    assert "left out: 1 with fewer members" in about
    (said,) = cards_in_words(early)
    assert said.startswith("adaboost, 2 × 50 %: members alone 1: λ = ∞ 60.0% (gap +10.4); 2: λ = 1 40.0%")
    assert "(n = 2)" in said
    unequal = CHARTS["member cards"].rows([*early, *(ensembled(replica=r) for r in range(3))])
    assert "2 to 3 replicas" in unequal[0]["about"]


def test_a_members_loss_is_said_alike_in_all_charts():
    how = (Robust(eta=0.5, anneal="cosine", gradient="as_published"), CrossEntropy(0.1))
    said = ["1: η = 0.5, cosine, as published", "2: mean, smoothed 0.1"]
    own = ensembled(losses=how)
    assert CHARTS["member cards"].rows([own])[0]["line"][:2] == said
    assert list(dict.fromkeys(CHARTS["member history"].rows([own])[0]["line"])) == said
    thirds = [replace(o, trained_with=in_words(how[o.member or 0])) for o in difficulty(1)[:6]]
    assert list(dict.fromkeys(CHARTS["easy to hard"].rows(thirds)[0]["line"]))[:2] == said


def contrast(colour: str, paper: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG)."""
    light = []
    for one in (colour, paper):
        parts = [int(one[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_every_way_has_a_look_of_its_own_that_does_not_depend_on_the_others_drawn():
    names = list(wb.experiments.WAYS)
    looks = of_methods(names)
    assert len(set(looks.values())) == len(names)
    for name in names:
        assert of_methods([name])[name] == looks[name]
        assert of_methods(names[::-1])[name] == looks[name]
    assert {look.shape for look in looks.values()} <= {*SHAPES, SALTIRE, HOURGLASS, STAR}  # all have an area
    assert not {"stroke", "wedge", "arrow"} & set(SHAPES)
    for look in looks.values():
        assert min(contrast(look.colour, "#FFFFFF"), contrast(look.colour, "#111111")) > 3


def test_a_method_by_another_name_has_a_spare_look_that_stays():
    looks = set(of_methods([f"method {i}" for i in range(16)]).values())
    assert len(looks) == 16
    assert not looks & set(METHODS.values())
    assert of_methods(["mine"])["mine"] == of_methods(["method 3", "mine"])["mine"]


def test_several_experiments_are_refused_by_every_chart_of_ensembles():
    sparser = [replace(o, density=0.1) for o in ensembles()]
    for name in ENSEMBLES.charts:
        with pytest.raises(ValueError, match=r'"robust" is there 2 times .* take one dataset and one setting'):
            CHARTS[name].rows([*ensembles(), *sparser])


def test_a_table_of_several_data_sets_is_refused_and_one_of_them_is_not():
    values = table(nll={"robust": [1, 2, 3], "ordinary": [2, 3.1, 3.9]})
    both = pandas.concat([values.assign(dataset=name) for name in ("digits", "mnist")])
    with pytest.raises(ValueError, match=r'"robust" is there 2 times \(seed 0, replica 0\); take one dataset'):
        CHARTS["calibration by method"].rows(both)
    assert CHARTS["calibration by method"].rows(both[both["dataset"] == "mnist"])
    with pytest.raises(ValueError, match=r'"ordinary" is there 2 times \(seed 0, replica 0\)'):
        CHARTS["calibration by method"].rows(both[::-1])  # replica 2 comes first


def test_a_reference_that_errs_nowhere_leaves_the_others_without_a_difference_there():
    values = table(wrong_confidence={"robust": [0.6, 0.7, 0.8], "ordinary": [math.nan] * 3})
    (row,) = CHARTS["calibration by method"].rows(values)  # a value, and no difference
    assert (row["line"], row["kind"], row["value"]) == ("robust", "value", pytest.approx(0.7))


def test_shifts_of_several_experiments_are_refused_and_clean_images_may_come_twice():
    with pytest.raises(ValueError, match='"robust" is there 2 times'):
        CHARTS["accuracy by severity"].rows([o for o in [*shifts(), *shifts()] if isinstance(o, Corrupted)])
    with pytest.raises(ValueError, match='"robust" is there 2 times'):
        CHARTS["roc out of distribution"].rows([*shifts(), *shifts()])
    clean = [o for o in shifts() if isinstance(o, Corrupted) and not o.severity]
    rows = CHARTS["accuracy by severity"].rows
    assert rows([*clean, *shifts()]) == rows(shifts())


def test_the_history_of_members_is_the_mean_over_replicas_and_may_be_missing():
    twice = [ensembled(), ensembled(replica=1)]
    second = {
        row["measure"]: [
            mean for name, *mean in zip(row["line"], row["step"], row["value"], strict=True) if name.startswith("2")
        ]
        for row in CHARTS["member history"].rows(twice)
        if row["role"] == "point"
    }
    assert (second["effective_share"], second["hard_weight"]) == ([[1, 1], [9, 0.5]], [[1, 0.5], [9, 0.7]])
    bare = replace(ensembled(), members=tuple(replace(m, history=[]) for m in ensembled().members))
    assert CHARTS["member history"].rows([bare]) == []


def table(**measures: dict[str, list[float]]) -> pandas.DataFrame:
    """A table of two methods in three replicas, before temperature scaling."""
    made = []
    for method in ("robust", "ordinary"):
        for r in range(3):
            row = {"method": method, "seed": 0, "replica": r, "combine": "logits", "temperature_scaled": False}
            made.append(row | {name: values[method][r] for name, values in measures.items()})
    return pandas.DataFrame(made)


def test_differences_between_methods_are_paired_by_replica():
    values = table(nll={"robust": [1, 2, 3], "ordinary": [2, 3.1, 3.9]})
    rows = compared(values)
    half = T * 0.1 / math.sqrt(3)  # of -1, -1.1 and -0.9
    less = rows["difference", "robust"]
    assert less["value"] == pytest.approx(-1)
    assert (less["low"], less["high"]) == pytest.approx((-1 - half, -1 + half))
    assert rows["value", "robust"]["value"] == 2
    assert rows["value", "robust"]["high"] == pytest.approx(2 + T / math.sqrt(3))  # unpaired it is wide
    assert ("difference", "ordinary") not in rows
    assert {row["base"] for row in rows.values()} == {"ordinary"}
    shuffled = compared(values.iloc[[2, 0, 1, 4, 3, 5]])
    assert shuffled["difference", "robust"]["value"] == pytest.approx(-1)


def compared(values: Any, reference: str | None = None):
    """The rows by kind and method."""
    rows = wb.charts.calibration_by_method.rows(values, reference)
    return {(row["kind"], row["line"]): row for row in rows}


def test_another_reference_and_fewer_than_three_pairs():
    values = table(nll={"robust": [1, 2, 3], "ordinary": [2, 3.1, 3.9]})
    assert compared(values, "robust")["difference", "ordinary"]["value"] == pytest.approx(1)
    with pytest.raises(ValueError, match='did you mean "robust"'):
        compared(values, "robst")
    few = compared(values[values["replica"] < 2])["difference", "robust"]
    assert (few["value"], few["low"]) == (pytest.approx(-1.05), None)
    assert "interval needs 3 paired replicas" in " ".join(differences_in_words(ensembles(2)))


def test_a_table_of_calibration_draws_as_its_outcomes_do():
    outcomes = ensembles()
    rows = CHARTS["calibration by method"].rows
    assert rows(wb.experiments.ensembles_table(outcomes)) == rows(outcomes)
    measured = {(row["measure"], row["line"], row["shape"]) for row in rows(outcomes)}
    assert len(measured) == 5 * 3 * 2


def test_severities_are_means_over_replicas_and_the_clean_images_belong_to_every_corruption():
    rows = [row for row in CHARTS["accuracy by severity"].rows(shifts()) if row["role"] == "point"]

    def line(method, corruption, measure, field="value"):
        (row,) = [row for row in rows if (row["corruption"], row["measure"]) == (corruption, measure)]
        return [value for value, name in zip(row[field], row["line"], strict=True) if name == method]

    assert line("robust", "blur", "accuracy", "severity") == [0, 1, 2]
    assert line("robust", "blur", "accuracy") == pytest.approx([0.8, 0.7, 0.6])
    assert line("robust", "contrast", "accuracy") == pytest.approx([0.8, 0.5, 0.2])
    assert line("robust", "mean of all", "accuracy") == pytest.approx([0.8, 0.6, 0.4])
    assert line("ordinary", "blur", "ece") == pytest.approx([0.01, 0.02, 0.03])
    assert line("ordinary", "blur", "signed_gap") == pytest.approx([0.1, 0.1, 0.1])
    assert line("ordinary", "blur", "accuracy", "n") == [3, 3, 3]


def test_a_table_of_shifts_draws_as_its_outcomes_do_the_gap_where_it_has_it():
    picture = CHARTS["accuracy by severity"]
    table = wb.table(o for o in shifts() if isinstance(o, Corrupted))
    assert picture.rows(table) == picture.rows(shifts())
    assert len(picture.draw(picture.rows(table)).to_dict()["concat"]) == 3
    bare = picture.rows(table.drop(columns="signed_gap"))
    assert len(picture.draw(bare).to_dict()["concat"]) == 2
    assert {row["measure"] for row in bare} == {"accuracy", "ece"}


def test_a_mean_roc_curve_rises_where_the_curves_do_and_has_its_numbers_in_words():
    rows = CHARTS["roc out of distribution"].rows(shifts())
    assert [row["method"] for row in rows] == ["robust", "ordinary"]
    curve = dict(zip(rows[0]["across"][1:], rows[0]["up"][1:], strict=True))
    assert curve[0] == 0.5  # straight up to a half, then a line to (1, 1)
    assert all(up == pytest.approx(0.5 + across / 2, abs=1e-4) for across, up in curve.items())
    assert rows[0]["said"].startswith("AUROC 0.750 ± 0.000, FPR95 90")
    assert rows[0]["precise"].startswith("0.500")
    assert rows[0]["ratio"] == "5 : 5"
    text = json.dumps({**wb.charts.roc_out_of_distribution(shifts()).to_dict(), "data": 0, "datasets": 0})
    assert all(f'"{field}"' in text or f"datum.{field}" in text for field in rows[0].keys() - {"about"})


def test_members_are_drawn_by_tercile_and_what_each_alone_gets_right_is_a_bar():
    rows = CHARTS["easy to hard"].rows(difficulty())
    lines: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row["role"] == "point":
            for name, value in zip(row["line"], row["value"], strict=True):
                lines.setdefault(name, {}).setdefault(row["measure"], []).append(value)
    assert list(lines) == ["1: λ = ∞", "2: λ = 1", "together"]
    assert lines["2: λ = 1"]["weight"] == pytest.approx([0.2, 0.3, 0.5])
    assert "weight" not in lines["together"]
    assert lines["1: λ = ∞"]["accuracy"] == pytest.approx([0.9, 0.7, 0.5])
    parts = {row["who"]: row["share"] for row in rows if row["role"] == "part"}
    # both get images 0 and 2, the first alone gets image 4, none gets 1 and 3
    expected = {"all members": 0.4, "some of them": 0, "only member 1": 0.2, "only member 2": 0, "none of them": 0.4}
    assert parts == pytest.approx(expected)


def test_the_batch_of_a_robust_loss_has_a_row_an_example_and_shades_what_is_unlearned():
    (weighed,) = robust_weighting(n=16, eta=0.5)
    note, *others = CHARTS["robust weights"].rows([weighed])
    examples = [row for row in others if row["role"] == "example"]
    assert [row["loss"] for row in examples] == sorted(row["loss"] for row in examples)
    assert sum(row["mathematics"] for row in examples) == pytest.approx(16, abs=1e-3)
    below = [row["place"] for row in examples if row["as published"] < 0]
    assert note["end"] == len(below) + 0.5 == max(below) + 0.5  # the negative ones are the smallest losses
    assert f"{len(below)} of 16 weights are below 0, where the loss is under L - λ" in note["second"]
    assert note["second"].endswith(f"; L = Σ p l = {weighed.weighted:.3g}")
    edge = weighed.weighted - weighed.lam  # below the weighted mean, which is above the mean
    assert below == [row["place"] for row in examples if row["loss"] < edge]
    assert below != [row["place"] for row in examples if row["loss"] < weighed.mean - weighed.lam]
    assert not note["images"]
    (plain,) = robust_weighting(n=16, eta=0.0)
    assert CHARTS["robust weights"].rows([plain])[0]["floor"] is None


def test_a_real_batch_shows_the_images_of_the_largest_weights():
    (weighed,) = robust_weighting("digits", n=32, trained=5, eta=1.0)
    rows = CHARTS["robust weights"].rows([weighed])
    (shown,) = [row for row in rows if row["role"] == "images"]
    assert len(shown["image"]) == 14
    assert set(shown["place"]) == set(range(19, 33))
    assert rows[0]["images"]
    assert len(wb.charts.robust_weights([weighed]).to_dict()["vconcat"]) == 5  # the strip among them


def test_rare_features_are_drawn_from_the_mean_to_the_most_robust():
    outcomes = sample("rare features")
    rows = [row for row in CHARTS["rare features"].rows(outcomes) if row["role"] == "point"]
    assert rows[0]["lambdas"] == ["∞", "0.5"]
    places = [row["place"] for row in rows if (row["measure"], row["line"]) == ("accuracy", "minor")]
    assert places == [0, 1]
    own = [o.minor_accuracy for o in outcomes if o.lam == 0.5]
    (drawn,) = [r["value"] for r in rows if (r["measure"], r["line"], r["place"]) == ("accuracy", "minor", 1)]
    assert drawn == pytest.approx(sum(own) / len(own))
    assert CHARTS["rare features"].rows(wb.table(outcomes)) == CHARTS["rare features"].rows(outcomes)


@pytest.mark.parametrize("name", ENSEMBLES.charts)
def test_many_methods_and_members_are_at_most_500_rows(name: str):
    says = (SAID, OTHER) * 4
    many = [ensembled(f"method {i}", r, says=says, losses=ORDINARY) for r in range(2) for i in range(16)]
    rows = CHARTS[name].rows(many)
    assert 0 < len(rows) <= ROWS
    assert sum(len(row.get("image", ())) for row in rows) <= 480


def test_many_shifts_and_members_are_at_most_500_rows():
    clean_or_not = [o for o in shifts(1) if isinstance(o, Corrupted)]
    other_data = [o for o in shifts(1) if isinstance(o, Detected)]
    severe = [
        replace(o, method=f"{o.method} {i}", corruption=o.corruption and f"{o.corruption} {k}")
        for o in clean_or_not
        for i in range(8)
        for k in range(6)
    ]
    noticed = [
        replace(o, method=f"{o.method} {i}", score=f"score {k}", dataset=f"other {d}")
        for o in other_data
        for i in range(8)
        for k in range(5)
        for d in range(9)
    ]
    split = [replace(o, method=f"method {i}") for o in difficulty(1) for i in range(40)]
    for name, outcomes in (
        ("accuracy by severity", severe),
        ("roc out of distribution", noticed),
        ("easy to hard", split),
    ):
        assert 0 < len(CHARTS[name].rows(outcomes)) <= ROWS, name


def test_the_words_of_ensembles():
    outcomes = ensembles()
    said = reliability_in_words(outcomes)
    assert said[0].startswith("robust, 2 × 50 % is overconfident: gap +10.6 ± ")
    assert "after temperature scaling gap" in said[0]
    assert sure_in_words([ensembled()]) == ["Wrong, and surer than 0.9: robust, 2 × 50 % 20.0 % (n = 1)."]
    assert wrong_in_words([ensembled()])[0].endswith("0.950 that id 101 is dog, and it is cat.")
    assert (
        "members alone 1: λ = ∞ 60.0% (gap +10.4); 2: λ = 1 40.0%" in cards_in_words([ensembled(says=(SAID, OTHER))])[0]
    )
    told = " ".join(differences_in_words(outcomes))
    assert "robust less ordinary: " in told
    assert "confidence where wrong -2.0% to -2.0%" in told
    assert differences_in_words([]) == reliability_in_words([]) == cards_in_words([]) == []


def test_the_words_of_shift_and_difficulty():
    said = severity_in_words(shifts())
    assert said[0].startswith("robust, from clean images to severity 2: accuracy from 80.0 ± 0.0 % (n = 3) to 40.0")
    assert "confidence - accuracy from +10.0 ± 0.0 points (n = 3) to +10.0" in said[0]
    assert roc_in_words(shifts())[0].startswith("other told from the test images by entropy: robust AUROC 0.750")
    assert difficulty_in_words(difficulty()) == [
        "robust, accuracy on easy and on hard examples: 1: λ = ∞ 90% and 50%; 2: λ = 1 90% and 50%. "
        "Right: only member 1 20.0 ± 0.0 %; only member 2 0.0 ± 0.0 %."
    ]
    assert severity_in_words([]) == roc_in_words([]) == difficulty_in_words([]) == []


def test_the_words_of_robust_weights_tell_the_duality_and_the_limits():
    (weighed,) = robust_weighting(n=16, by="lam", lam=1.0)
    price = weighed.weighted - weighed.lam * weighed.divergence
    assert f"= {weighed.risk:.3f} = Σ p l - λ KL" in weights_in_words([weighed])[1]
    assert weighed.risk == pytest.approx(price)
    many = int((weighed.losses < weighed.weighted - weighed.lam).sum())
    why = f"more than lambda below the weighted mean loss L = Σ p l = {weighed.weighted:.3g}."
    assert many > 0
    told = weights_in_words([weighed])[2]
    assert f"un-learns {many} of 16 examples: " in told
    assert told.endswith(why)
    (plain,), (worst,) = robust_weighting(eta=0.0), robust_weighting(eta=99.0)
    assert "All weights are the same" in weights_in_words([plain])[1]
    assert "un-learns no example" in weights_in_words([plain])[2]
    assert "All weight is on the largest loss" in weights_in_words([worst])[1]
    assert weights_in_words([]) == rare_in_words([]) == []


def test_the_words_of_rare_features_begin_with_the_mean():
    said = rare_in_words(
        rare_features((math.inf, 0.5), train_size=60, test_size=40, recipe=wb.Recipe(steps=3), replicas=1)
    )
    assert [line.split(":")[0] for line in said] == ["Lambda ∞", "Lambda 0.5"]
    assert "on rare features accuracy" in said[0]
