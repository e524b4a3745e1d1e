"""Every awkward data set is loaded as if it had been kept plainly, and trained as it is, or refused in words."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
import torch
from data_sets import LABELS, REFUSED, TAKEN, its_package

import workbench as wb
from workbench.panels.shared_options import known_dataset


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", its_package())


def loaded(name: str, folder: Path) -> wb.Data:
    store, _, _, words = TAKEN[name]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = wb.load(store(folder), validation=0)
    assert len(said) == bool(words)
    assert all(words in str(warning.message) for warning in said)
    return data


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_loaded_as_if_it_had_been_kept_plainly(name: str, tmp_path: Path):
    data, (_, images, classes, _) = loaded(name, tmp_path), TAKEN[name]
    parts = (data.train, data.validation, data.test)
    pairs = [pair for part in parts for pair in zip(part.images.numpy(), part.labels.tolist(), strict=True)]
    seen = {image.tobytes(): data.classes[label] for image, label in pairs}
    names = classes or tuple(str(label + 2**64 - 3) for label in range(3))
    places = LABELS + (LABELS > 1) if len(names) == 4 else LABELS
    missing = "missing" in name  # the test pictures of one class
    expected = {image.tobytes(): names[place] for image, place in zip(images, places, strict=True)}
    assert data.classes == names
    assert seen.items() <= expected.items() if missing else seen == expected
    assert sum(map(len, parts)) == (53 if missing else 60)
    assert data.train.labels.dtype == torch.int64


@pytest.mark.parametrize("name", TAKEN)
def test_it_trains_as_a_plain_loop_would(name: str, tmp_path: Path):
    data = loaded(name, tmp_path)
    model = wb.models.lenet(data, hidden=(8,))
    run = wb.train(model, wb.snapshot(model), data, wb.Recipe(steps=3, batch_size=10))
    network = wb.models.lenet(data, hidden=(8,))
    network.load_state_dict(run.weights)
    with torch.no_grad():
        logits = network(data.test.inputs())
    assert torch.allclose(wb.evaluate(model, run.weights, data.test).logits, logits, atol=1e-6)
    assert run.test_accuracy == float((logits.argmax(1) == data.test.labels).double().mean())


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        wb.load(store(tmp_path))


@pytest.mark.parametrize(
    "name", ["MedMNIST's", "folders in Train, Valid, Testing", "a table beside pictures", "Hugging Face's"]
)
@pytest.mark.parametrize("validation", [0, 0.5])
def test_validation_images_of_its_own_are_those(name: str, validation: float, tmp_path: Path):
    data, images = wb.load(TAKEN[name][0](tmp_path), validation=validation), TAKEN[name][1]
    assert [len(part) for part in (data.train, data.validation, data.test)] == [30, 10, 20]
    assert {image.tobytes() for image in data.validation.images.numpy()} == {image.tobytes() for image in images[30:40]}


def test_pictures_of_two_sizes_are_made_one_by_image_size(tmp_path: Path):
    data = wb.load(REFUSED["pictures of two sizes"][0](tmp_path), image_size=3, validation=0)
    assert data.shape == (1, 3, 3)
    assert len(data.train) + len(data.test) == 61


@pytest.mark.parametrize("name", ["plain", "folders of classes", "a table beside pictures", "Hugging Face's"])
def test_a_path_can_be_typed_wherever_a_name_can(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = TAKEN[name][0](tmp_path)
    known_dataset(str(path))
    call = wb.call(wb.load, str(path), validation=0.2)
    assert str(path) in call.script()
    data = call.run()
    options = {"recipe": wb.Recipe(steps=2, batch_size=8), "rounds": 1, "fraction": 0.5, "replicas": 1, "controls": ()}
    rounds = list(wb.experiments.winning_tickets(str(path), model="lenet(hidden=(4,))", **options))
    assert len(rounds) == 2
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    assert wb.load("own", validation=0.2).fingerprint == data.fingerprint


def test_a_picture_that_changes_is_read_anew(tmp_path: Path):
    path = TAKEN["folders of classes"][0](tmp_path)
    before = wb.load(path)
    assert wb.load(path) is before
    (path / "ant" / "000.png").unlink()
    assert len(wb.load(path).train) + len(wb.load(path).validation) + len(wb.load(path).test) == 59
