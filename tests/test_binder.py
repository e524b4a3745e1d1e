"""What starts the notebooks in a browser: the files install, and name every dependency."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = [
    line for line in (ROOT / "binder" / "requirements.txt").read_text().splitlines() if re.match(r"[a-z]", line)
]


def name(requirement: str) -> str:
    """The name of a requirement, without its version."""
    return re.split(r"[<>=\[ ]", requirement)[0].lower().replace("_", "-")


def test_every_dependency_is_pinned_for_binder() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {name(line) for line in REQUIREMENTS} == {name(line) for line in wanted}
    assert all("==" in line for line in REQUIREMENTS)


def test_the_files_of_binder_install_into_a_fresh_environment(tmp_path: Path) -> None:
    """Really in CI; elsewhere pip resolves them without installing, which spares a person two gigabytes."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    (tmp_path / "requirements.txt").write_text("\n".join(REQUIREMENTS))  # the index of CPU wheels is Binder's own
    really = "CI" in os.environ
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    done = subprocess.run([*pip, *([] if really else ["--dry-run"]), "-r", str(tmp_path / "requirements.txt")])
    assert done.returncode == 0
    if really:
        environment = {**os.environ, "PATH": f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(["bash", "binder/postBuild"], cwd=_copy(tmp_path), env=environment, check=True)


def test_binder_runs_a_python_that_is_supported() -> None:
    version = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert tuple(map(int, version.split("."))) >= (3, 11)
    assert sys.version_info >= (3, 11)


def _copy(folder: Path) -> Path:
    """A copy of what is checked in, so that an editable install leaves nothing behind."""
    import shutil

    made = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "__pycache__")
    images = (ROOT / "data", ROOT / ".ci" / "data")

    def left_out(place: str, names: list[str]) -> set[str]:
        return made(place, names) | {name for name in names if Path(place, name) in images}

    return Path(shutil.copytree(ROOT, folder / "checkout", ignore=left_out))
