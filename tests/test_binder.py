"""What starts the notebooks with nothing of the checkout: Binder's files, and the wheel, in one fresh environment.

It is made really in CI, where each lesson is also run with its defaults and its memory measured. Elsewhere pip resolves
the files of Binder without installing, which spares a person two gigabytes; `CI=1` has all of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from of_a_process import Peak, watched

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
REQUIREMENTS = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if re.match(r"[a-z]", line)]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
LARGEST = ("01_winning_tickets.ipynb", "06_strong_tickets.ipynb")  # in memory; `test_course.py` bounds that of all
REALLY = "CI" in os.environ
SERVER = 150 * 2**20  # bytes of JupyterLab's server, which took 95 MB with nothing open
MOST = 1.5e9  # bytes, of the 2 GB that a Binder gives
LEARNING = {"epochs": "3", "batch_size": "16"}
TINY = {"dataset": "digits", "train_size": "300", "rounds": "2", "interactive": "False", **LEARNING}


@dataclass(frozen=True)
class Fresh:
    """An environment away from the checkout, its variables without one that leads back, and the lessons' folder."""

    bin: Path
    variables: dict[str, str]
    lessons: Path

    def run(self, *words: str, cwd: Path) -> str:
        command = [str(self.bin / words[0]), *words[1:]]
        done = subprocess.run(command, cwd=cwd, env=self.variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout


def name(requirement: str) -> str:
    """The name of a requirement, without its version."""
    return re.split(r"[<>=\[ ]", requirement)[0].lower().replace("_", "-")


def pip(python: Path, *words: str, cwd: Path | None = None) -> None:
    line = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(line, check=True, cwd=cwd)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is checked in, so that building and installing leave nothing behind."""
    made = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "__pycache__", "build", "dist")
    images = (ROOT / "data", ROOT / ".ci" / "data")

    def left_out(place: str, names: list[str]) -> set[str]:
        return made(place, names) | {name for name in names if Path(place, name) in images}

    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("copy") / "checkout", ignore=left_out))


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as pip builds it: it fetches what builds."""
    folder = tmp_path_factory.mktemp("wheel")
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(checkout))
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def fresh(checkout: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """An environment of Binder's files, made by its script; then the wheel takes the place of the checkout."""
    if not REALLY:
        pytest.skip("installing PyTorch afresh takes minutes and gigabytes; CI=1 does it")
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder / "venv", with_pip=True)
    bin_folder = folder / "venv" / "bin"
    leads_back = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH")
    variables = {key: value for key, value in os.environ.items() if key not in leads_back}
    variables |= {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "WORKBENCH_DATA": _data()}
    (folder / "requirements.txt").write_text("\n".join(REQUIREMENTS))  # the index of CPU wheels is Binder's own
    pip(bin_folder / "python", "install", "--no-compile", "-r", str(folder / "requirements.txt"))
    subprocess.run(["bash", "binder/postBuild"], cwd=checkout, env=variables, check=True)
    pip(bin_folder / "python", "install", "--no-deps", "--force-reinstall", str(wheel))
    yield Fresh(bin_folder, variables, folder / "lessons")
    shutil.rmtree(folder)


def _data() -> str:
    """Where the images are that lesson 01 takes by default: a path that holds from any folder."""
    return str(Path(os.environ.get("WORKBENCH_DATA") or "~/.cache/lottery-workbench").expanduser().absolute())


def test_every_dependency_is_pinned_for_binder() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {name(line) for line in REQUIREMENTS} == {name(line) for line in wanted}
    assert all("==" in line for line in REQUIREMENTS)


def test_binder_runs_a_python_that_is_supported() -> None:
    version = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    assert tuple(map(int, version.split("."))) >= (3, 11)
    assert sys.version_info >= (3, 11)


@pytest.mark.skipif(REALLY, reason="they are installed really")
def test_the_files_of_binder_resolve(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    (tmp_path / "requirements.txt").write_text("\n".join(REQUIREMENTS))
    python = tmp_path / "venv" / "bin" / "python"
    pip(python, "install", "--dry-run", "-r", str(tmp_path / "requirements.txt"))


def test_the_wheel_holds_the_package_the_lessons_and_the_recorded_tables_and_nothing_else(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("what is checked in is not known without git")
    held = {path for path in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in path}
    wanted = {path for path in listed.stdout.splitlines() if path.startswith(("workbench/", "notebooks/"))}
    wanted |= {path for path in _new() if path.startswith(("workbench/", "notebooks/"))}
    assert held == {re.sub("^notebooks/", "workbench/notebooks/", path) for path in wanted if (ROOT / path).exists()}


def _new() -> list[str]:
    """Files that are not checked in yet, and not ignored: whoever works on one builds a wheel with it."""
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_wheel_has_the_command_and_its_lessons_away_from_the_checkout(fresh: Fresh, tmp_path: Path) -> None:
    where = "import workbench; print(workbench.__file__)"
    assert Path(fresh.run("python", "-c", where, cwd=tmp_path).strip()).is_relative_to(fresh.bin.parent)
    fresh.run("workbench", "lab", str(fresh.lessons), "--no-start", cwd=tmp_path)
    assert sorted(path.name for path in fresh.lessons.glob("*.ipynb")) == NOTEBOOKS
    table = "import workbench as wb; print(len(wb.recorded('rewinding-resnet8-cifar10').table) > 0)"
    assert fresh.run("python", "-c", table, cwd=tmp_path).strip() == "True"
    findings = json.loads(fresh.run("workbench", "doctor", "--json", cwd=tmp_path))
    assert {finding["state"] for finding in findings} <= {"ok", "warning"}
    assert "fingerprint" in fresh.run("workbench", "data", "digits", cwd=tmp_path)


def test_a_lesson_of_the_wheel_runs_from_any_folder(fresh: Fresh, tmp_path: Path) -> None:
    lesson = fresh.lessons / "01_winning_tickets.ipynb"
    parameters = [word for key, value in TINY.items() for word in ("-p", key, value)]
    fresh.run("papermill", str(lesson), "out.ipynb", *parameters, "-p", "out", str(tmp_path), cwd=tmp_path)
    assert (tmp_path / "rounds.parquet").is_file()


def test_the_largest_lessons_with_their_defaults_fit_the_memory_of_a_binder(
    fresh: Fresh, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Two at once, as two cores allow; each is started as Binder starts it, by the script `start`."""

    def peak(lesson: str) -> Peak:
        folder = tmp_path / lesson
        folder.mkdir()
        command = [
            "bash",
            str(BINDER / "start"),
            str(fresh.bin / "papermill"),
            str(fresh.lessons / lesson),
            "out.ipynb",
            "--no-progress-bar",
        ]
        command += ["-p", "interactive", "False", "-p", "out", str(folder)]
        return watched(command, cwd=folder, env=fresh.variables)

    with ThreadPoolExecutor(2) as side_by_side:
        peaks = dict(zip(LARGEST, side_by_side.map(peak, LARGEST), strict=True))
    told = "\n".join(f"{lesson}: {one}" for lesson, one in peaks.items())
    record_property("peaks", told)
    assert all(one.code == 0 for one in peaks.values()), told
    assert all(one.bytes + SERVER < MOST for one in peaks.values()), told
