"""torchvision: imported in one place, mended only where the pair does not match."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from workbench.data._torchvision import torchvision

WORKS = "datasets = 1"
FAILS_ON_OPERATORS = """
import torch
from torchvision import half
torch.library.register_fake("torchvision::nms", lambda *a: None)
torch.library.register_fake("torchvision::qnms", lambda *a: None)
datasets = 1
"""
FAILS_OTHERWISE = "raise RuntimeError('the disk is on fire')"


def python(code: str, *paths: Path) -> str:
    """Run code in a fresh interpreter, where warnings are errors, and return what it printed last."""
    start = "import sys; sys.path[:0] = " + repr([str(path) for path in paths]) + "\n"
    done = subprocess.run([sys.executable, "-W", "error", "-c", start + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def fake(folder: Path, code: str) -> Path:
    (folder / "torchvision").mkdir(parents=True)
    (folder / "torchvision" / "__init__.py").write_text(code)
    (folder / "torchvision" / "half.py").write_text("")
    return folder


def test_datasets_transforms_and_models_of_the_installed_torchvision_work():
    package = torchvision()
    assert torchvision() is package
    image, _ = package.datasets.FakeData(size=2, image_size=(3, 8, 8))[0]
    assert package.transforms.functional.pil_to_tensor(image).shape == (3, 8, 8)
    assert package.transforms.RandomCrop(4)(image).size == (4, 4)
    assert package.models.resnet18(num_classes=7).eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 7)


def test_a_pair_that_matches_is_left_alone_and_any_other_error_is_passed_on(tmp_path: Path):
    code = """
import importlib, sys, torch
from workbench.data import _torchvision
assert _torchvision.torchvision().datasets == 1
assert not _torchvision._declared
assert not hasattr(torch.ops.torchvision, "nms")
del sys.modules["torchvision"]
sys.path[0] = sys.path.pop(1)
importlib.invalidate_caches()
try:
    _torchvision.torchvision()
except RuntimeError as error:
    print(error, len(_torchvision._declared))
"""
    works, fails = fake(tmp_path / "works", WORKS), fake(tmp_path / "fails", FAILS_OTHERWISE)
    assert python(code, works, fails) == "the disk is on fire 0"


def test_a_pair_that_does_not_match_gets_the_two_schemas_and_is_imported_anew(tmp_path: Path):
    code = """
import sys, torch
from workbench.data import _torchvision
tv = _torchvision.torchvision()
assert sys.modules["torchvision"] is tv and _torchvision.torchvision() is tv
print(tv.datasets, len(_torchvision._declared), torch.ops.torchvision.qnms.default._schema.name)
"""
    assert python(code, fake(tmp_path, FAILS_ON_OPERATORS)) == "1 1 torchvision::qnms"
