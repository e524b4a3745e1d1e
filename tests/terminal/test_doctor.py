"""`workbench doctor`: each fault is made, and must be found and told with what to do."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement

from workbench.data import _torchvision
from workbench.terminal import doctor, environments, machine_checks, notebook_checks, version_checks
from workbench.terminal.command import main
from workbench.terminal.environments import Environment, Silent, environment, mismatches, python_of
from workbench.terminal.finding import Finding, ok, wrong

Check = Callable[[], Iterator[Finding]]


def states(check: Check) -> list[str]:
    return [finding.state for finding in check()]


def only(check: Check) -> Finding:
    (finding,) = check()
    assert (finding.state == "ok") == (not finding.way_on), "what is not ok says what to do"
    return finding


def test_a_whole_installation_has_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert said.endswith("nothing is wrong\n")
    assert max(map(len, said.splitlines())) <= doctor.WIDTH + 40  # but for a path, which is not broken


def test_one_wrong_thing_is_exit_code_1_in_words_and_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def bad() -> Iterator[Finding]:
        yield ok("left", "fine")
        yield wrong("right", "is broken", "mend it")

    def failing() -> Iterator[Finding]:
        yield ok("before", "fine")
        raise OSError("no\nsuch thing")

    monkeypatch.setattr(doctor, "CHECKS", {"bad": bad, "failing": failing})
    assert main(["doctor", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)
    assert [finding["state"] for finding in findings] == ["ok", "wrong", "ok", "wrong"]
    assert findings[1] == {"name": "right", "state": "wrong", "seen": "is broken", "way_on": "mend it"}
    assert findings[3]["name"] == "failing"
    assert findings[3]["seen"] == "OSError: no such thing"
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "→ mend it" in said
    assert said.endswith("2 wrong\n")


def test_warnings_alone_are_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setattr(doctor, "CHECKS", {"threads": machine_checks.threads})
    assert states(machine_checks.threads) == ["warning"]
    assert main(["doctor"]) == 0


@pytest.mark.parametrize("text", ["64", "0", "", "two", "-1", "2.5", "١٢٣"])
def test_more_threads_than_cores_and_no_number_of_threads(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert only(machine_checks.threads).state == "warning"


def test_one_thread_is_well_however_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "cores", lambda: 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    for set_it in (lambda: monkeypatch.setenv("OMP_NUM_THREADS", "1"), lambda: monkeypatch.delenv("OMP_NUM_THREADS")):
        set_it()
        assert only(machine_checks.threads).state == "ok"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert only(machine_checks.threads).state == "warning"


def test_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks.machine_memory, "machine", lambda: 2**30)
    assert only(machine_checks.memory).seen == "1.0 of 1.0 GiB are free"
    assert only(machine_checks.memory).state == "warning"


@pytest.mark.parametrize(
    ("asked", "state", "words"),
    [
        ("numpy>=2", "ok", "2."),
        ("numpy<2", "wrong", "where <2 is asked for"),
        ("no-such-package>=1", "wrong", "is not installed; >=1 is asked for"),
        ("torch>=2.13", "ok", "2."),  # 2.13.0+cpu is one
        ("Jupyterlab", "ok", "4."),
    ],
)
def test_a_package_fits_or_it_is_said_what_to_install(asked: str, state: str, words: str) -> None:
    finding = version_checks.fits(Requirement(asked))
    assert finding.state == state
    assert words in finding.seen
    assert finding.way_on == ("" if state == "ok" else f'pip install "{asked}"')


def test_every_dependency_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["numpy>=2", "nothing>=3", 'pytest>=99; extra == "test"', 'numpy<1; python_version < "3"']
    monkeypatch.setattr(version_checks, "requires", lambda name: asked)
    assert [(finding.name, finding.state) for finding in version_checks.packages()] == [
        ("workbench", "ok"),
        ("numpy", "ok"),
        ("nothing", "wrong"),
    ]


def test_a_python_that_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_checks.platform, "python_version", lambda: "3.9.1")
    assert "3.9.1, where <3.14,>=3.11 is supported" in only(version_checks.python).seen


def test_a_package_that_is_not_installed_at_all_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_checks, "WORKBENCH", "no-such-workbench")
    (finding,) = doctor.checked("packages", version_checks.packages)
    assert finding.state == "wrong"
    assert "no-such-workbench" in finding.seen


def test_a_torchvision_of_another_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_checks, "requires", lambda name: ["numpy", "torch (==1.0)"])
    finding = only(version_checks.torch_pair)
    assert finding.state == "wrong"
    assert "which asks for torch==1.0" in finding.seen


@pytest.mark.parametrize(("mended", "state"), [(True, "warning"), (False, "ok")])
def test_a_torchvision_built_for_another_processor(mended: bool, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_torchvision, "mended", lambda: mended)
    assert only(version_checks.torch_pair).state == state


def test_a_torchvision_that_does_not_import_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> None:
        raise ImportError("libjpeg is missing")

    monkeypatch.setattr(_torchvision, "torchvision", failing)
    (finding,) = doctor.checked("torch and torchvision", version_checks.torch_pair)
    assert (finding.state, finding.seen) == ("wrong", "ImportError: libjpeg is missing")


def test_a_gpu_that_torch_does_not_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only(machine_checks.gpu).state == "ok"
    script(tmp_path / "nvidia-smi", "#!/bin/sh\n")
    assert only(machine_checks.gpu).state == "warning"


def test_the_data_folder_is_there_or_will_be_or_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").touch()
    folder, sets = machine_checks.data()
    assert (folder.state, sets.state) == ("ok", "ok")
    assert sets.seen.startswith("digits, mnist; ")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "not" / "yet"))
    assert "is made by the first download" in next(machine_checks.data()).seen
    for place in (tmp_path / "mnist.npz", tmp_path / "mnist.npz" / "below"):
        monkeypatch.setenv("WORKBENCH_DATA", str(place))
        finding = only(machine_checks.data)
        assert (finding.state, "is no folder" in finding.seen) == ("wrong", True)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "link"))
    assert only(machine_checks.data).state == "wrong"


@pytest.mark.parametrize(("right", "expected"), [(4, "wrong"), (2, "warning")])
def test_a_data_folder_without_the_rights(
    right: int, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    monkeypatch.setattr(machine_checks.os, "access", lambda path, mode: not mode & right)  # chmod binds no root
    assert next(machine_checks.data()).state == expected


def test_lessons_that_did_not_come_with_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.work import shipped

    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "site-packages" / "workbench" / "work" / "shipped.py"))
    (finding,) = doctor.checked("lessons", machine_checks.lessons)
    assert finding.state == "wrong"
    assert f"there is no 00_workbench.ipynb in {tmp_path}/site-packages/workbench/notebooks" in finding.seen


def test_charts_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    import vl_convert

    from workbench.panels import chart

    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda spec: "")

    def failing() -> str:
        raise RuntimeError("the browser's half of charts could not be made")

    monkeypatch.setattr(chart, "bundle", failing)
    findings = list(doctor.checked("charts", notebook_checks.charts))
    assert [finding.state for finding in findings] == ["wrong", "wrong"]


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def kernel_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a kernel `python3` that starts a program before all others, as one of the user's own does."""

    def put(program: str) -> None:
        spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True, exist_ok=True)
        argv = [program, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))

    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    return put


def another_python(path: Path, about: Environment) -> str:
    """A program that answers as the Python of another environment does."""
    answer = json.dumps({"prefix": about.prefix, "versions": about.versions, "asks": about.asks})
    return str(script(path, f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n"))


HERE = environment()
OURS = {name: HERE.versions[name] for name in ("jupyterlab_widgets", "ipywidgets", "anywidget")}


@pytest.mark.parametrize("program", ["python", "python3", "python3.11", sys.executable])
def test_a_kernel_of_this_python_is_well(program: str, kernel_of: Callable[[str], None]) -> None:
    kernel_of(program)
    assert only(notebook_checks.kernel).state == "ok"


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/no/such/python", "/bin/echo"])
def test_a_kernel_that_is_no_python(program: str, kernel_of: Callable[[str], None]) -> None:
    kernel_of(program)
    finding = only(notebook_checks.kernel)
    assert finding.state == "wrong"
    assert f"starts {program}, which is no Python that answers" in finding.seen
    assert "delete the folder" in finding.way_on


def test_a_kernel_of_another_python(tmp_path: Path, kernel_of: Callable[[str], None]) -> None:
    without = Environment("/elsewhere", OURS, HERE.asks)
    kernel_of(another_python(tmp_path / "python-without", without))
    assert [finding.state for finding in notebook_checks.kernel()] == ["wrong"]
    other = Environment("/elsewhere", OURS | {"lottery_workbench": "0.1.0"}, HERE.asks)
    kernel_of(another_python(tmp_path / "python-with", other))
    assert [finding.state for finding in notebook_checks.kernel()] == ["warning"]
    older = Environment("/elsewhere", other.versions | {"anywidget": "0.9.13"}, HERE.asks)
    kernel_of(another_python(tmp_path / "python-older", older))
    assert [finding.state for finding in notebook_checks.kernel()] == ["warning", "wrong"]


def test_no_kernel_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_checks, "KERNEL", "python2")
    finding = only(notebook_checks.kernel)
    assert "there is none of the name python2" in finding.seen
    assert "ipykernel install" in finding.way_on


@pytest.mark.parametrize(
    ("lab", "kernel", "words"),
    [
        ({}, {}, []),
        ({"anywidget": "0.11.99"}, {"anywidget": "0.11.0"}, []),  # a patch apart
        ({"anywidget": "0.9.13"}, {"anywidget": "0.11.0"}, ["has anywidget 0.9.13, and the kernel 0.11.0"]),
        ({"anywidget": None}, {"anywidget": "0.11.0"}, ["has anywidget none, and the kernel 0.11.0"]),
        ({"jupyterlab_widgets": "1.1.7"}, {}, ["has jupyterlab_widgets 1.1.7, and ipywidgets"]),
        ({"jupyterlab_widgets": None}, {}, ["has jupyterlab_widgets none, and ipywidgets"]),
        ({}, {"ipywidgets": None, "asks": []}, ["has no ipywidgets"]),
        ({}, {"anywidget": None}, ["has no anywidget"]),
    ],
)
def test_widgets_of_both_sides_belong_together(lab: dict, kernel: dict, words: list[str]) -> None:
    def side(changes: dict) -> Environment:
        versions = {name: version for name, version in (OURS | changes).items() if version and name != "asks"}
        return Environment("/there", versions, changes.get("asks", HERE.asks))

    seen = [finding.seen for finding in mismatches("widgets", side(lab), side(kernel))]
    assert len(seen) == len(words)
    assert all(word in text for word, text in zip(words, seen, strict=True))


def extension(root: Path, name: str, version: str) -> None:
    folder = root / "labextensions" / name
    folder.mkdir(parents=True)
    described = {"name": name, "version": version, "jupyterlab": {"_build": {"load": "x.js", "extension": "./e"}}}
    (folder / "package.json").write_text(json.dumps(described))


def test_an_old_extension_from_elsewhere_hides_the_one_of_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert states(notebook_checks.widgets) == ["ok", "ok"]
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    extension(tmp_path, "anywidget", "0.9.13")
    well, stale = notebook_checks.widgets()
    assert (well.state, stale.state) == ("ok", "wrong")
    assert "JupyterLab loads 0.9.13 from" in stale.seen
    assert stale.way_on == f'delete the folder "{tmp_path / "labextensions" / "anywidget"}"'


def test_an_extension_that_is_switched_off_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import jupyterlab_server.config as server

    before = server.get_page_config
    off = lambda *given: before(*given) | {"disabledExtensions": ["anywidget"]}  # noqa: E731
    monkeypatch.setattr(server, "get_page_config", off)
    assert states(notebook_checks.widgets) == ["ok", "wrong"]
    monkeypatch.setattr(notebook_checks, "EXTENSIONS", {"no-such-extension": "ipywidgets"})
    assert "JupyterLab has no such extension" in only(notebook_checks.widgets).seen


def test_another_jupyter_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "other" / "bin"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", lambda name: str(folder / name) if (folder / name).exists() else None)
    assert "there is none" in only(notebook_checks.jupyter).seen
    python = another_python(folder / "python3", Environment("/other", OURS | {"jupyterlab_widgets": "1.0"}))
    script(folder / "jupyter", f"#!{python}\nimport jupyter\n")
    findings = list(notebook_checks.jupyter())
    assert [finding.state for finding in findings] == ["warning", "warning"]
    assert "is of another Python, /other" in findings[0].seen
    assert "jupyterlab_widgets 1.0" in findings[1].seen
    script(folder / "jupyter", f"#!{sys.executable}\n")
    assert only(notebook_checks.jupyter).state == "ok"
    script(folder / "jupyter", "#!/bin/false/python\n")
    assert only(notebook_checks.jupyter).state == "warning"


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("#!/opt/venv/bin/python\n", "/opt/venv/bin/python"),
        ("#!/opt/venv/bin/python3.12\n", "/opt/venv/bin/python3.12"),
        ("#!/bin/sh\n'''exec' /opt/very/long/bin/python3 \"$0\" \"$@\"\n' '''\n", "/opt/very/long/bin/python3"),
        ('#!/bin/sh\n\'\'\'exec\' "/opt/very long/bin/python" "$0" "$@"\n', "/opt/very long/bin/python"),
        ("MZ\0\x90", None),  # a program of Windows: the Python beside it
        ("#!/bin/sh\nexec something\n", None),
    ],
)
def test_the_python_of_an_installed_script(text: str, python: str | None, tmp_path: Path) -> None:
    beside = script(tmp_path / "venv" / "python", "")
    path = script(tmp_path / "venv" / "jupyter", text)
    link = tmp_path / "link"
    link.symlink_to(path)  # as pipx lays one in ~/.local/bin
    assert python_of(path) == python_of(link) == (python or str(beside))


def test_a_python_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "PATIENCE", 0.3)
    slow = script(tmp_path / "slow", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(Silent, match="timed out"):
        environment(str(slow))


def test_a_notebook_that_does_not_run_is_told_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_checks, "KERNEL", "no-such-kernel")
    finding = only(notebook_checks.notebook)
    assert finding.state == "wrong"
    assert "NoSuchKernel" in finding.seen
