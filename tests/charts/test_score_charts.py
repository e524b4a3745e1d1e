"""The rows behind the charts of scores and of forgetting, worked out by hand."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_scores import EXAMPLES, N, epochs, forgetting, networks, remembered, scored
from PIL import Image

import workbench as wb
from workbench.charts import CHARTS
from workbench.charts.grammar import ROWS
from workbench.charts.grammar.looks import MEMORY
from workbench.charts.memory_by_step import words as memory_in_words
from workbench.charts.score_correlations import words as scores_in_words
from workbench.data.data import Split


def test_a_distribution_holds_every_example_of_a_class_once_and_the_never_learned_apart():
    rows = [row for row in CHARTS["score distributions"].rows([scored()]) if row["score"] == "forgetting"]
    assert [row["words"] for row in rows] == ["cat", "dog"]
    cat, dog = (dict(zip(row["values"], row["count"], strict=True)) for row in rows)
    assert sum(cat.values()) == sum(dog.values()) == 4
    assert "never learned" not in cat  # the places 0, 2, 4, 6 have 0, 0, 1 and 3 events
    assert dog["never learned"] == 1
    last = max(high for row in rows for high, value in zip(row["high"], row["values"], strict=True) if "to" in value)
    place = rows[1]["values"].index("never learned")
    assert rows[1]["low"][place] > last  # apart from the others
    assert [row["never"] for row in rows] == ["0 %", "25 %"]


def test_a_score_is_the_mean_over_replicas_and_one_that_never_learned_forgot_at_every_presentation():
    twice = replace(scored(1), forgetting=forgetting(never=()))
    one = {row["id"]: row for row in CHARTS["score against score"].rows([scored(), twice])[1:]}
    assert "forgetting" not in one[107]["never"]  # one of the two replicas learned it
    assert one[107]["forgetting"] == (9 + 0) / 2
    assert one[106]["forgetting"] == 3


def test_the_gallery_shows_the_images_of_the_bar_with_class_id_score_and_flipped_labels():
    rows = wb.charts.easiest_and_hardest([scored()]).to_dict()["data"]["values"]
    images = {
        one: dict(zip(("image", "class", "said", "flipped"), rest, strict=True))
        for row in rows
        for one, *rest in zip(row["id"], row["image"], row["class"], row["said"], row["flipped"], strict=True)
    }
    assert sorted(images) == list(range(100, 108))
    assert sum(row["count"] for row in rows) == N
    for place in range(N):
        shown = images[100 + place]
        assert shown["class"] == ("cat", "dog")[place % 2]
        assert float(shown["said"]) == place / 8
        assert shown["flipped"] == ("yes" if place == 6 else "no")
        file = io.BytesIO(base64.b64decode(shown["image"].removeprefix("data:image/png;base64,")))
        assert np.array_equal(np.array(Image.open(file)), EXAMPLES.images[place, 0].numpy())
    assert all(row["low"] <= float(row["said"][0]) <= row["high"] or row["bar"] in (0, 15) for row in rows)


def test_a_bar_shows_its_easiest_first_and_right_of_the_median_its_hardest_first():
    rows = CHARTS["easiest and hardest"].rows([scored(values=(0, 0.1, 0.2, 0.3, 70, 70.1, 70.2, 70.3))])
    low = next(row for row in rows if row["bar"] == 0 and row["label"] == "cat")
    high = next(row for row in rows if row["bar"] == 15 and row["label"] == "cat")
    assert (low["id"], low["hard"]) == ([100, 102], False)
    assert (high["id"], high["hard"]) == ([106, 104], True)


def test_the_gallery_of_one_class_holds_that_class_alone():
    rows = CHARTS["easiest and hardest"].rows
    chosen = wb.charts.easiest_and_hardest.rows
    own = chosen([scored()], score="margin", label="dog")
    assert sorted(i for row in own for i in row["id"]) == [101, 103, 105, 107]
    assert {row["score"] for row in own} == {"margin"}
    with pytest.raises(ValueError, match="label must be a class of the data, cat, dog, got 'cow'"):
        chosen([scored()], label="cow")
    with pytest.raises(ValueError, match='did you mean "el2n"'):
        chosen([scored()], score="el2")
    assert rows(epochs())[0]["score"] == "forgetting"


def many(n: int = 3000, classes: int = 100):
    """A large outcome of so many examples and classes."""
    images = torch.zeros(n, 1, 2, 2, dtype=torch.uint8)
    split = Split(images, torch.arange(n) % classes, torch.arange(n), torch.zeros(1), torch.ones(1))
    values = torch.rand(n, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    made = {f"s{i}": wb.Score(f"s{i}", values**i, split.ids, "made") for i in range(1, 12)}
    names = tuple(f"class {i}" for i in range(classes))
    return replace(scored(), scores=made, examples=split, classes=names, flipped=torch.arange(0))


@pytest.mark.parametrize(
    "name",
    ["score distributions", "easiest and hardest", "score against score", "score correlations", "score stability"],
)
def test_many_examples_and_classes_are_at_most_500_rows(name: str):
    rows = CHARTS[name].rows([many(), replace(many(), replica=1)])
    assert 0 < len(rows) <= ROWS
    assert sum(len(row.get("image", ())) for row in rows) <= 640


def test_the_correlation_is_over_all_examples_and_the_points_are_a_draw_of_them():
    rows = wb.charts.score_against_score.rows
    note, *points = rows([many()], "s1", "s2", seed=1)
    assert len(points) == ROWS - 1
    assert note["about"] == "3,000 training examples, 1 network, 499 of them drawn"
    where = [pair == ("s1", "s2") for pair in zip(note["a"], note["b"], strict=True)].index(True)
    assert note["correlation"][where] == 1  # one is the square of the other
    assert rows([many()], "s1", "s2", seed=1)[1:] == points
    assert rows([many()], "s1", "s2", seed=2)[1:] != points


def test_rank_correlations_of_every_two_scores():
    rows = {(row["a"], row["b"]): row for row in CHARTS["score correlations"].rows([scored()])}
    assert len(rows) == 16
    assert rows["el2n", "margin"]["correlation"] == -1
    assert rows["el2n", "margin"]["words"] == "-1.00"
    assert rows["el2n", "input norm"]["words"] == "–"  # the same for all: no rank
    # forgetting ranks 0 0 0 1 1 2 3 ∞ as 2 2 2 4.5 4.5 6 7 8: with 1 to 8, Σ(r - 4.5)(i - 4.5) = 39.5
    assert rows["el2n", "forgetting"]["correlation"] == pytest.approx(39.5 / (42 * 39.5) ** 0.5, abs=1e-4)


def test_the_words_of_scores_say_what_agrees_and_how_many_flipped_labels_are_found():
    said = scores_in_words([scored(values=(0, 1, 2, 3, 4, 5, 7, 6))])
    assert said[0].startswith("Spearman's rank correlation with el2n (8 training examples, 1 network): margin -1.00, ")
    assert said[1] == "Of the hardest tenth by el2n 100 % have a flipped label, 8.0 times the base rate (AUROC 1.00)."
    assert scores_in_words([]) == []


def test_stability_is_by_the_number_of_networks_and_needs_two():
    rows = CHARTS["score stability"].rows(networks(4))
    own = [row for row in rows if row["role"] == "point" and row["beside"] == "the same score"]
    assert {(row["replicas"], row["others"]) for row in own} == {(1, 3), (2, 2)}
    assert all(row["low"] <= row["value"] <= row["high"] for row in own)
    same = networks(1) * 2
    same[1] = replace(same[0], replica=1)
    twins = [row for row in CHARTS["score stability"].rows(same) if row["role"] == "point"]
    assert [row["value"] for row in twins if row["beside"] == "the same score"] == pytest.approx([1, 1, 1])
    assert CHARTS["score stability"].rows(networks(1)) == []


def test_the_bands_of_memory_begin_at_step_0_and_add_up_to_all_examples():
    rows = CHARTS["memory by step"].rows(epochs())
    bands = [row for row in rows if row["role"] == "band"]
    for step in (0, 10, 20, 30):
        own = [row for row in bands if row["step"] == step]
        assert [row["look"] for row in own] == list(MEMORY)
        assert own[0]["low"] == 0
        assert own[-1]["high"] == pytest.approx(1)
        assert [row["low"] for row in own[1:]] == [row["high"] for row in own[:-1]]
    assert [row["share"] for row in bands if row["step"] == 0] == [0, 0, 0, 1]
    assert [row["share"] for row in bands if row["step"] == 30] == [0.375, 0.25, 0.25, 0.125]
    labels = [row["words"] for row in rows if row["role"] == "label"]
    assert labels[0] == "learned, never forgotten: 38 %"
    assert CHARTS["memory by step"].rows(wb.table(epochs())) == rows


def test_a_long_training_is_at_most_500_rows_and_keeps_its_end():
    long = [remembered(step, (0.1, 0.5, 0.2, 0.2), of=5000) for step in range(1, 5001)]
    rows = CHARTS["memory by step"].rows(long)
    assert len(rows) <= ROWS
    assert max(row["step"] for row in rows if row["role"] == "band") == 5000


def test_the_words_of_memory_name_what_is_forgotten_most():
    assert memory_in_words(epochs()) == [
        "After step 30 of 30: of the training examples are 12 % never learned so far, 25 % forgotten more often, "
        "25 % forgotten once, 38 % learned, never forgotten.",
        "Forgotten most often: id 106 (class cat), 3 times.",
    ]


def test_before_every_example_was_presented_there_is_no_gallery_of_forgetting():
    early = remembered(1, (1, 0, 0, 0))
    unseen = replace(early.forgetting, presentations_RN=torch.tensor([[0, 1, 1, 1, 1, 1, 1, 1]]))
    assert CHARTS["easiest and hardest"].rows([replace(early, forgetting=unseen)]) == []
