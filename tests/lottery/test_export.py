"""Export: what is written is the masked network, smaller, and any torch reads it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, load_model, save_file
from tiny import Own, copied, made, narrow, same
from torch import Tensor, nn

import workbench as wb
from workbench.lottery import export as export_file
from workbench.nets.footprint import multiply_adds, size, stored_bytes
from workbench.work import progress

DATA = made()
FILES = {"model.safetensors", "model.pt2", "model.json"}


def trained(model: nn.Module) -> wb.Ticket:
    """Weights with running statistics of their own, and half of the filters."""
    start = wb.snapshot(model)
    run = wb.train(model, start, DATA, wb.Recipe(steps=3, batch_size=16, learning_rate=0.01))
    return wb.Ticket(run.weights, wb.pruning.filters(model, run.weights, share=0.5))


def logits_of(model: nn.Module, ticket: wb.Ticket) -> Tensor:
    return wb.evaluate(model, ticket.weights, DATA.test).logits


def run_alone(script: str, *arguments: str) -> str:
    """What a Python says that knows torch and no workbench."""
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(
        command, cwd="/", env=os.environ | {"PYTHONPATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ALONE = """
import sys
sys.modules["workbench"] = None  # an import of it fails
import torch
from safetensors.torch import load_file
for folder in sys.argv[1:]:
    classify = torch.export.load(f"{folder}/model.pt2").module()
    given = load_file(f"{folder}/given.safetensors")
    with torch.no_grad():
        for n in (1, 7, 50):
            off = (classify(given["inputs"][:n]) - given["logits"][:n]).abs().max()
            assert off < 1e-4, (folder, n, off)
    print("right")
"""


def test_a_fresh_python_without_the_workbench_gets_the_same_logits_of_every_family(tmp_path: Path):
    families = (
        "lenet",
        "lenet5",
        "plain_cnn",
        "conv2",
        "resnet8",
        "wide_resnet28",
        "resnet18",
        "vgg16",
        "mobilenet_v2",
    )
    for name in families:
        model = wb.models.named(narrow(name), DATA)
        ticket = trained(model)
        exported = wb.export(model, ticket, DATA, tmp_path / name, turns=1)
        assert exported.difference < 1e-4
        assert exported.compact.bytes < 0.6 * exported.dense.bytes
        assert exported.compact.multiply_adds < 0.6 * exported.dense.multiply_adds
        given = {"inputs": DATA.test.inputs(), "logits": logits_of(model, ticket)}
        save_file(given, tmp_path / name / "given.safetensors")
    assert run_alone(ALONE, *(str(tmp_path / name) for name in families)).split() == ["right"] * len(families)


@pytest.mark.parametrize("inference", [True, False])
def test_the_state_dict_is_that_of_the_compact_model(inference: bool, tmp_path: Path):
    model = Own()
    ticket = trained(model)
    wb.export(model, ticket, DATA, tmp_path, inference=inference, turns=1)
    smaller = wb.compact(model, ticket.weights, ticket.mask, inference=inference)
    tensors = load_file(tmp_path / "model.safetensors")
    assert same(tensors, smaller.state_dict())
    fresh = wb.compact(model, wb.initialise(model, seed=9) | {}, ticket.mask, inference=inference)
    if not inference:  # where the shapes are the mask's alone
        load_model(fresh, tmp_path / "model.safetensors")
        assert torch.allclose(fresh.eval()(DATA.test.inputs()), logits_of(model, ticket), atol=1e-5)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        about = file.metadata()
    assert about["model"] == "Own"
    assert float(about["density"]) == wb.masks.density(ticket.mask)
    assert about["torch"] == torch.__version__


def test_by_hand_the_counts_of_a_network_of_two_layers(tmp_path: Path):
    # 16 pixels -> 4 units -> 3 classes: 16·4 + 4 + 4·3 + 3 = 83 parameters, 64 + 12 products; of 2 units 41 and 38
    model = wb.models.lenet(DATA, hidden=(4,))
    weights = wb.snapshot(model)
    exported = wb.export(model, wb.Ticket(weights, wb.pruning.filters(model, weights)), DATA, tmp_path, turns=2)
    assert (exported.dense.parameters, exported.dense.bytes, exported.dense.multiply_adds) == (83, 4 * 83, 76)
    assert (exported.compact.parameters, exported.compact.bytes, exported.compact.multiply_adds) == (43, 4 * 43, 38)
    measured = {row["measured"]: row for row in exported.rows}
    assert measured["parameters"] == {"measured": "parameters", "dense": 83, "compact": 43, "ratio": 43 / 83}
    assert [*measured] == [
        "bytes",
        "parameters",
        "multiply-adds for an image",
        "milliseconds for 1 image",
        "milliseconds for 256 images",
    ]
    assert all(row["compact"] > 0 for row in exported.rows)
    assert (exported.images, exported.turns, exported.threads) == (50, 2, torch.get_num_threads())
    assert repr(exported).startswith(f"Exported({str(tmp_path)!r}, density=0.5: bytes × 0.518, parameters × 0.518")
    assert len(wb.table(exported.rows)) == 5


def test_the_table_says_how_it_was_measured(tmp_path: Path):
    exported = wb.export(Own(), trained(Own()), DATA, tmp_path / "own", turns=3)
    words = re.sub(r"<[^>]+>", " ", exported._repr_html_())
    for text in ("Own at density", "logits differ by", "50 images", "median of 3 passes", "in alternation", "thread"):
        assert text in words
    about = json.loads((tmp_path / "own/model.json").read_text())
    assert about["classes"] == ["0", "1", "2"]
    assert about["image"] == {"shape": [1, 4, 4], "mean": [0.0], "std": [1.0]}
    assert about["measured"]["compact"]["bytes"] == exported.compact.bytes
    assert str(tmp_path) not in json.dumps(about)  # where it lay first is nobody's business


def test_a_mask_of_single_weights_works_and_the_table_says_how_little_it_saves(tmp_path: Path):
    model = Own()
    weights = wb.snapshot(model)
    mask = wb.pruning.magnitude(weights, wb.masks.full(model), density=0.5)
    exported = wb.export(model, wb.Ticket(weights, mask), DATA, tmp_path, turns=1)
    assert exported.compact.bytes > 0.8 * exported.dense.bytes
    assert exported.difference < 1e-5


def test_what_came_in_is_unchanged(tmp_path: Path):
    model = Own().train()
    ticket = trained(model)
    before, weights, mask = copied(model.state_dict()), copied(ticket.weights), copied(ticket.mask)
    wb.export(model, ticket, DATA, tmp_path, turns=1)
    assert same(model.state_dict(), before)
    assert same(ticket.weights, weights)
    assert same(ticket.mask, mask)
    assert model.training


def test_no_image_lies_in_the_files(tmp_path: Path):
    wb.export(Own(), trained(Own()), DATA, tmp_path, turns=1)
    content = (tmp_path / "model.pt2").read_bytes()
    for image in DATA.test.inputs()[:2]:
        assert image[0, 0].numpy().tobytes() not in content


# ---- files appear together or not at all


def small(folder: Path, **options: Any) -> wb.Exported:
    options = {"data": DATA, "turns": 1, **options}
    return wb.export(Own(), TICKET, folder=folder, **options)


TICKET = trained(Own())


def test_the_folder_is_made_and_holds_three_files_and_two_without_the_program(tmp_path: Path):
    folder = tmp_path / "a" / "b"
    small(folder)
    assert {path.name for path in folder.iterdir()} == FILES
    small(folder, program=False)
    assert {path.name for path in folder.iterdir()} == FILES - {"model.pt2"}  # the one before was another network's


@pytest.mark.parametrize("place", range(3))
def test_a_stop_or_an_interrupt_leaves_what_was_there(place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small(tmp_path / "ticket")
    before = {path.name: path.read_bytes() for path in (tmp_path / "ticket").iterdir()}

    def stop(report: progress.Progress) -> None:
        if report.path[-1][1] == place:
            raise progress.Stopped

    with pytest.raises(progress.Stopped), progress.watch(stop):
        small(tmp_path / "ticket", inference=False)
    monkeypatch.setattr(Path, "write_bytes", interrupted(monkeypatch, place))
    with pytest.raises(KeyboardInterrupt):
        small(tmp_path / "ticket", inference=False)
    assert {path.name: path.read_bytes() for path in (tmp_path / "ticket").iterdir()} == before


def interrupted(monkeypatch: pytest.MonkeyPatch, place: int) -> Any:
    """A writing of files that an interrupt ends in the middle of the one at this place."""
    written, write = [], Path.write_bytes

    def begin(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) > place:
            write(path, content[:10])
            raise KeyboardInterrupt
        return write(path, content)

    return begin


def test_all_of_it_reports_how_far_it_is(tmp_path: Path):
    words, shares = [], []

    def watcher(report: progress.Progress) -> None:
        words.append(progress.describe(report))
        shares.append(report.share)

    with progress.watch(watcher):
        small(tmp_path)
    assert [text.partition(" (")[0] for text in dict.fromkeys(text.partition(" (")[0] for text in words)] == [
        "making the network smaller",
        "exporting the program",
        "checking the options",
        "timing",
    ]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


# ---- what is refused


def test_a_ticket_of_another_model_is_said_before_anything_is_written(tmp_path: Path):
    with pytest.raises(ValueError, match="must have the"):
        wb.export(Own(channels=4), TICKET, DATA, tmp_path / "ticket")
    assert not (tmp_path / "ticket").exists()


@pytest.mark.parametrize("folder", ["file", "file/ticket", "file/a/b"])
def test_a_file_in_the_way_of_the_folder_is_said(folder: str, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=r"folder must be a folder, or none yet, but .*file is a file; name another"):
        small(tmp_path / folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_said_and_nothing_is_written(tmp_path: Path):
    (tmp_path / "model.json").mkdir()
    with pytest.raises(ValueError, match=r"path must be that of a file, got .*model\.json"):
        small(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_diverged_weights_an_empty_split_and_images_of_another_shape_are_said(tmp_path: Path):
    weights = {name: tensor * torch.nan if "conv" in name else tensor for name, tensor in TICKET.weights.items()}
    with pytest.raises(ValueError, match=r"the ticket is not finite in conv\.weight"):
        wb.export(Own(), wb.Ticket(weights, TICKET.mask), DATA, tmp_path / "t")
    empty = replace(DATA, test=DATA.test.take(torch.arange(0)))
    with pytest.raises(ValueError, match="there are no images to run the model on: this split is empty"):
        small(tmp_path / "t", data=empty)
    small(tmp_path / "train", data=empty, split="train")
    with pytest.raises(ValueError, match=r"Own does not take images of the shape \(1, 5, 5\)"):
        small(tmp_path / "t", data=made(shape=(1, 5, 5)))
    assert not (tmp_path / "t").exists()


class Asking(Own):
    """Its forward asks what the images are, which no program can."""

    def forward(self, images: Tensor) -> Tensor:
        logits = super().forward(images)
        return logits if float(images.sum()) > 0 else -logits


def test_a_model_that_torch_cannot_export_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(export_file, "compact", lambda model, *_, **__: model)
    with pytest.raises(ValueError, match=r"Asking cannot be exported by torch\.export: .*; program=False writes"):
        wb.export(Asking(), TICKET, DATA, tmp_path / "ticket", turns=1)
    assert not (tmp_path / "ticket").exists()
    wb.export(Asking(), TICKET, DATA, tmp_path / "ticket", turns=1, program=False)


def test_a_smaller_model_that_says_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def wrong(model: nn.Module, weights: dict[str, Tensor], *_: Any, **__: Any) -> nn.Module:
        other = Own()
        other.load_state_dict(weights | {"fc.bias": weights["fc.bias"] + torch.tensor([0.0, 0.01, 0.0])})
        return other

    monkeypatch.setattr(export_file, "compact", wrong)
    with pytest.raises(ValueError, match=r"must say what the masked one does, but a logit is off by 0\.01"):
        small(tmp_path / "ticket")
    assert not (tmp_path / "ticket").exists()


# ---- counts


def test_products_and_sizes_by_hand():
    # a convolution of 6 filters of 9 weights on 16 places, a norm (no product), a linear layer of 96 × 3
    network = Own().eval()
    assert multiply_adds(network, torch.zeros(1, 1, 4, 4)) == 6 * 9 * 16 + 96 * 3
    assert size(network) == 6 * 9 + 6 + 2 * 6 + 96 * 3 + 3
    assert stored_bytes(network) == 4 * (size(network) + 2 * 6) + 8  # running mean and variance, and a count of int64
    with torch.no_grad():
        network.fc.weight[:2] = 0
    assert size(network, nonzero=True) < size(network) - 2 * 96 + 1
