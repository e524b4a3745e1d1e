"""What charts of a data set and of trained networks hold and say, with answers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from samples import sample

import workbench as wb
from workbench.charts import CHARTS
from workbench.panels import PANELS

LOOKED = PANELS["data"].charts


def looked(**options: Any) -> list[Any]:
    small: dict[str, Any] = {"train_size": 150, "images": 3, "draws": 2}
    return list(wb.experiments.dataset_view("digits", **small | options))


def test_a_class_has_a_line_its_mean_first_and_moved_labels_are_framed():
    (view,) = sample("images by class")
    rows = CHARTS["images by class"].rows([view])
    assert [row["words"] for row in rows] == list("0123456789")
    assert {len(row["image"]) for row in rows} == {4}
    assert {row["what"][0] for row in rows} == {"the mean of its images"}
    framed = sum(sum(row["framed"]) for row in rows)
    assert framed == int((view.labels_before != view.examples.labels).sum()) > 0
    assert "framed: its label was moved" in rows[0]["about"]
    assert "framed" not in CHARTS["images by class"].rows(looked())[0]["about"]


def test_ids_of_images_are_those_of_the_data_set():
    ids = set(wb.load("digits", train_size=150).train.ids.tolist())
    (view,) = sample("images by class")
    for chart in ("moved labels", "augmented images"):
        assert {id_ for row in CHARTS[chart].rows([view]) for id_ in row["id"]} <= ids
    assert {int(i) for row in CHARTS["images by class"].rows([view]) for i in row["id"][1:]} <= ids


def test_bars_of_a_class_add_up_to_its_images():
    (view,) = sample("class counts")
    rows = CHARTS["class counts"].rows([view])
    train = [row for row in rows if row["split"] == "train"]
    assert [row["kind"] for row in train] == ["label kept", "label moved here"]
    assert [a + b for a, b in zip(*(row["count"] for row in train), strict=True)] == train[0]["images"]
    assert sum(train[1]["count"]) == view.moved == 30


def test_shares_of_pixel_values_add_up_to_one():
    (row,) = CHARTS["pixel values"].rows(looked())
    assert sum(row["share"]) == pytest.approx(1, abs=1e-4)
    assert (row["low"][0], row["high"][-1]) == (0, 1)


def test_the_sentences_of_a_data_set_follow_its_noise_and_augmentation():
    words = {chart: CHARTS[chart].words(looked(augment="none")) for chart in LOOKED}
    parts = "150 images to train on, 120 to choose by, 599 to test with"
    assert words["images by class"] == [f"digits has 10 classes: {parts}, each of 8 × 8 pixels (grey)."]
    assert words["moved labels"] == ["No label that is looked at was moved."]
    assert words["augmented images"] == ["No augmentation: training sees every image as it is, each time."]
    noisy = looked(label_noise=0.2, pixel_noise=0.6)
    assert "Label noise has moved 30 training labels (20 %)." in CHARTS["images by class"].words(noisy)
    assert "30 of 150 training labels were moved" in CHARTS["moved labels"].words(noisy)[0]
    assert "mirrors it left to right" in CHARTS["augmented images"].words(looked(augment="flip"))[0]


@pytest.mark.parametrize("chart", LOOKED)
@pytest.mark.parametrize(
    "more", [{"seed": 1}, {"label_noise": 0.5, "seed": 2}, {"pixel_noise": 0.3}, {"augment": "flip"}]
)
def test_a_live_picture_drawn_for_other_options_is_the_same_but_for_its_data(chart: str, more: dict[str, Any]):
    """A live chart keeps its specification where what it is about is the same."""
    picture = CHARTS[chart]
    first, second = picture.rows(looked(label_noise=0.2)), picture.rows(looked(**{"label_noise": 0.2, **more}))
    if not second or first[0]["about"] != second[0]["about"]:
        return
    specifications = [picture.draw(rows).to_dict() for rows in (first, second)]
    for specification in specifications:
        del specification["data"]
    assert specifications[0] == specifications[1]


def test_a_matrix_counts_what_was_taken_for_what_over_all_replicas():
    one, two, *_ = sample("confusion matrix")
    rows = CHARTS["confusion matrix"].rows([one, two])
    assert [row["count"] for row in rows] == (one.confusion + two.confusion).tolist()
    confusion = torch.tensor([[8, 2, 0], [0, 10, 0], [0, 1, 9]])
    made = replace(one, confusion=confusion, classes=("cat", "dog", "cow"))
    assert CHARTS["confusion matrix"].words([made]) == [
        "Most often it takes cat for dog: 2 of 10 times.",
        "Hardest is cat: 20 % of its images are taken for something else.",
    ]
    right = replace(made, confusion=confusion.diagonal().diag())
    assert CHARTS["confusion matrix"].words([right]) == ["Every test image is given its label."]


def test_mistakes_are_shown_the_surest_first_and_of_one_network_more_of_them():
    outcomes = sample("surest mistakes")
    lines = CHARTS["surest mistakes"].rows(outcomes)
    assert [row["words"] for row in lines] == ["replica 0", "replica 1", "replica 2"]
    assert all(row["confidence"] == sorted(row["confidence"], reverse=True) for row in lines)
    assert all(label != said for row in lines for label, said in zip(row["label"], row["predicted"], strict=True))
    alone = CHARTS["surest mistakes"].rows(outcomes[:1])
    assert sum(len(row["image"]) for row in alone) == len(outcomes[0].wrong)
    assert len({row["words"] for row in alone}) == len(alone)


def test_curves_have_the_loss_of_all_parts_and_the_accuracy_of_those_that_are_measured():
    rows = CHARTS["training curves"].rows(sample("training curves"))
    lines = {(row["measure"], row["line"]) for row in rows if row["role"] == "point"}
    assert lines == {("loss", "train"), *((m, part) for m in ("loss", "accuracy") for part in ("validation", "test"))}
    said = CHARTS["training curves"].words(sample("training curves"))
    assert said[0].startswith("Trained from a fresh beginning, dense, for 6 steps: test accuracy ")
    ticket = [replace(o, start="small one", density=0.25) for o in sample("training curves")]
    assert 'from the ticket "small one", 25 % of the weights kept' in CHARTS["training curves"].words(ticket)[0]
