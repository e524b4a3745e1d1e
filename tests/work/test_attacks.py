"""The attacker: a call as JSON, a record of an archive, an option's name may come from anyone, and run no code.

What each may do at most stands in SECURITY.md. What is allowed is listed, not what is forbidden: a new public name is
out of JSON's reach until somebody writes it down.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import importlib
import inspect
import json
import pkgutil
import random
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from archive_examples import Found, levels, made, weigh

import workbench as wb
from workbench.panels import PANELS
from workbench.work import public_names
from workbench.work.annotations import hint
from workbench.work.archive import Archive
from workbench.work.call_reading import DEEPEST, LONGEST
from workbench.work.calls import Call, call
from workbench.work.fingerprint import digest, source_hash

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "workbench").rglob("*.py"))
EVIL = "__import__('pathlib').Path('pwned').touch()"
CODE = {
    "eval": {"annotation": EVIL},
    "wb.eval": {"source": EVIL},
    "os.system": {"command": "touch pwned"},
    "builtins.exec": {"source": EVIL},
    "wb.work.fingerprint.hint": {"annotation": EVIL, "names": {"dict": []}},
    "wb.work.annotations.hint": {"annotation": EVIL, "names": {"dict": []}},
    "wb.work.annotations._resolved": {"node": EVIL, "names": {"dict": []}},
    "wb.work.public_names.public": {"path": "wb.save"},
    "wb.work.stored_values.store": {"value": 1, "put": 2, "where": ""},
    "wb.work.disk.Folder": {"name": "pwned"},
    "wb.pruning.inspect.getsource": {"object": "x"},
    "wb.models.conv.drawn": {"build": 1, "seed": 0},
    "wb.losses.Protocol": {},
    "wb.models.ResNet": {"channels": 1, "width": 10**9, "blocks": 1, "classes": 2},
    "wb.Archive.run": {"self": 1, "call": 2},
    "wb.Archive": {"folder": "pwned"},
    "wb.Call": {"function": 1, "arguments": {"dict": []}},
    "wb.call": {"function": 1},
    "wb.panel": {"name": "lottery", "interactive": False},
    "wb.progress.watch": {"f": 1},
    "wb.save": {"ticket": 1, "path": "pwned"},
    "wb.open": {"path": "pwned"},
    "wb.scores.save": {"score": 1, "path": "pwned"},
    "wb.scores.open": {"path": "pwned"},
    "wb.ensembles.save": {"members": [], "shared": {"dict": []}, "path": "pwned"},
    "wb.ensembles.open": {"path": "pwned", "shared": {"dict": []}},
    "wb.record": {"name": "../pwned", "table": 1, "folder": ".", "made_by": ""},
    "wb.recorded": {"name": "../pwned"},
    "wb.charts.enable": {},
    "wb.check.halfway": {"function": 1},
    "wb.__class__": {},
    "wb.load.__globals__": {},
    "wb..load": {"name": "digits"},
    "wb": {},
    "": {},
}
WRAPPED = {
    "alone": lambda evil: evil,
    "in a call": lambda evil: {"call": "wb.table", "arguments": {"outcomes": evil}},
    "in a list": lambda evil: {"call": "wb.table", "arguments": {"outcomes": [1, evil]}},
    "in a tuple": lambda evil: {"call": "wb.table", "arguments": {"outcomes": {"tuple": [evil]}}},
    "as a name": lambda evil: {"call": "wb.table", "arguments": {"outcomes": {"dict": [[evil, 1]]}}},
    "in a dataclass": lambda evil: {"dataclass": "wb.Recipe", "fields": {"epochs": evil}},
    "for an archive": lambda evil: {"call": "wb.experiments.winning_tickets", "arguments": {"archive": evil}},
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, which is empty afterwards but for what the test itself put there."""
    monkeypatch.chdir(tmp_path)
    made.clear()
    yield
    assert not list(tmp_path.rglob("pwned*"))


@pytest.mark.parametrize("name", CODE)
def test_json_that_names_what_is_not_listed_is_refused_before_anything_runs(name: str):
    for evil in ({"call": name, "arguments": CODE[name]}, {"dataclass": name, "fields": CODE[name]}):
        for wrapped in WRAPPED.values():
            with pytest.raises(ValueError):  # noqa: PT011
                Call.from_json(json.dumps(wrapped(evil)))


def test_what_cannot_come_from_json_is_told_the_list_and_the_way_on():
    with pytest.raises(ValueError, match=r'"wb\.save" cannot be called from JSON; make that call in Python .* train'):
        Call.from_json(json.dumps({"call": "wb.save", "arguments": {}}))


@pytest.mark.parametrize("place", ["pwned", "../pwned", "memory://pwned", {"tuple": ["pwned"]}, None])
@pytest.mark.parametrize(
    "arguments",
    [
        lambda place: {"archive": place},
        lambda place: {"options": {"dict": [["archive", place]]}},
        lambda place: {"recipe": {"dataclass": "wb.Recipe", "fields": {"archive": place}}},
        lambda place: {"rest": [{"call": "wb.ensembles.members", "arguments": {"archive": place}}]},
    ],
)
def test_json_names_no_archive(arguments: Any, place: Any):
    text = json.dumps({"call": "wb.experiments.winning_tickets", "arguments": arguments(place)})
    with pytest.raises(ValueError, match=r"must name no archive, got .* wb\.Archive\(\"results\"\)\.run"):
        Call.from_json(text)


@functools.cache
def reachable() -> dict[str, Any]:
    """What JSON may name, of every function and class of the package under every path that could be tried."""
    for module in pkgutil.walk_packages(wb.__path__, "workbench."):
        importlib.import_module(module.name)
    modules = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "workbench"}
    shown = [f"wb.{name}" for name in dir(wb)]
    names = {name for module in modules.values() for name in vars(module)}
    paths = {*shown, *(f"{path}.{name}" for path in shown for name in names)}
    paths |= {f"wb.{module[10:]}.{name}" for module, within in modules.items() for name in vars(within)}
    things = {}
    with mock.patch.object(public_names.difflib, "get_close_matches", return_value=[]):  # which takes its time
        for path in paths:
            with contextlib.suppress(ValueError):
                things[path] = public_names.from_json(path)
    return things


def test_the_list_reaches_what_panels_call_and_new_methods_and_models():
    things = reachable()
    assert len(things) > 100
    assert all(declaration.function in things.values() for declaration in PANELS.values())
    assert {"wb.load", "wb.models.lenet", "wb.pruning.magnitude", "wb.data_diet.el2n", "wb.Recipe"} <= set(things)
    assert {path.split(".")[1] for path in things} == public_names.FROM_JSON


def test_what_json_reaches_returns_a_value_and_takes_no_path_to_write_to():
    places = {"path", "folder", "file", "filename", "out", "output", "directory", "url"}
    for path, thing in reachable().items():
        assert any((inspect.isfunction(thing), dataclasses.is_dataclass(thing)))
        names = vars(sys.modules[thing.__module__])
        for parameter in inspect.signature(thing).parameters.values():
            assert parameter.name not in places, f"{path}: {parameter}"
            to = hint(parameter.annotation, names)
            reads = path in ("wb.load", "wb.shift.like")
            assert reads or Path not in (to, *typing.get_args(to)), f"{path}: {parameter}"


WATCHED = """
import inspect, json, os, sys
import workbench as wb
from workbench.work import public_names
paths = json.load(sys.stdin)
functions = [public_names.from_json(path) for path in paths]
data = wb.load("digits", train_size=20)
model = wb.models.lenet(data, hidden=(2,))
wb.train(model, wb.snapshot(model), data, wb.Recipe(steps=1))  # torch makes folders of its own the first time
events, watching = [], False
WRITING = ("os.mkdir", "os.rename", "os.remove", "os.system", "os.exec", "subprocess.Popen", "shutil.rmtree", "exec")
def hook(event, arguments):
    if not watching:
        return
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes and arguments[0] != "/dev/null" or event in WRITING[:-1]:
        events.append(f"{path}: {event} {arguments}")
sys.addaudithook(hook)
for junk in ("evil/x", "pwned.parquet", 3, ["pwned"], {"dict": [["pwned", "pwned"]]}):
    for path, function in zip(paths, functions):
        names = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        if not names:
            continue  # an experiment: it would run with its defaults
        text = json.dumps({"call": path, "arguments": {name: junk for name in names if name not in ("args", "kwargs")}})
        watching = True
        try:
            wb.Call.from_json(text).run()
        except Exception:
            pass
        watching = False
path, watching = "a whole experiment", True
recipe = wb.Recipe(steps=2, batch_size=8)
small = {"dataset": "digits", "train_size": 20, "model": "lenet(hidden=(2,))", "recipe": recipe}
small |= {"rounds": 1, "replicas": 2}
whole = wb.Call.from_json(wb.call(wb.experiments.winning_tickets, **small).json()).run()
print(json.dumps([len(whole) > 3, events]))
"""


def test_nothing_that_json_reaches_opens_a_file_for_writing():
    told = json.dumps([path for path in sorted(reachable()) if path != "wb.load"])  # which downloads what it knows
    command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{WATCHED}"]
    ran = subprocess.run(command, input=told, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == [True, []]
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "is not JSON"),
        ('{"tuple": [' * 5000, "is not JSON"),
        ('{"tuple": [' * 60 + "]}" * 60, f"at most {DEEPEST} levels deep"),
        ("[" * 900 + "]" * 900, f"at most {DEEPEST} levels deep"),
        ('"' + "x" * LONGEST + '"', "at most 1,000,000 characters, got 1,000,002"),
        ("1" * 5000, "is not JSON"),
        ("NaN", "not a call"),
        ("null", "not a call"),
        ("\x00", "is not JSON"),
        ('{"call": "wb.table", "arguments": {"outcomes": {"dict": [[[1], 2]]}}}', "does not fit"),
        ('{"dataclass": "wb.Ticket", "fields": {"weights": 3, "mask": {"dict": [[1, 2]]}}}', "does not fit|must be"),
    ],
)
def test_json_of_absurd_size_or_shape_is_a_value_error(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        Call.from_json(text)


def test_a_panel_takes_the_calls_of_the_panels_alone():
    for text in (
        {"call": "wb.load", "arguments": {"name": "digits"}},
        inner := {"call": "wb.seeds", "arguments": {"seed": 1, "n": 1}},
    ):
        with pytest.raises(ValueError, match=r"no panel makes Call.*there are panels for data, train, lottery"):
            wb.panel(Call.from_json(json.dumps(text)))
    for value in (inner, [inner], {"dict": [["a", {"tuple": [inner]}]]}):
        text = json.dumps({"call": "wb.experiments.winning_tickets", "arguments": {"dataset": value}})
        with pytest.raises(ValueError, match="must hold values alone"):
            wb.panel(Call.from_json(text), interactive=False)


def test_annotations_are_resolved_as_eval_would_and_nothing_in_them_runs():
    names: dict[str, Any] = {"Path": Path, "typing": typing, "Any": Any, "Iterator": Iterator}
    for text in ("int", "int | None", "tuple[int, ...]", "dict[str, list[Path]]", "typing.Literal['a', 'b']", "None"):
        assert hint(text, names) == eval(text, dict(names))
    for text in (EVIL, "Path('pwned').touch()", "[Path('pwned').touch() for _ in 'a'][0]", "(lambda: 1)()", "Path.cwd"):
        assert hint(text, names) is None
    for text in ("Missing", "int |", "f'{1}'", "1 + 1", "Path.__init__.__globals__", "x := int", "(" * 500, "*int"):
        assert hint(text, names) is None


FORBIDDEN = {"eval", "exec", "compile", "__import__", "torch.load", "np.load", "numpy.load", "importlib.import_module"}
FORBIDDEN |= {"os.system", "os.popen", "getattr(__builtins__)"}
FORBIDDEN |= {"torch.export.load", "torch.jit.load", "torch.package.PackageImporter"}  # which unpickle, or run a file
MODULES = {"pickle", "cPickle", "cloudpickle", "marshal", "shelve", "dill", "joblib"}
MODULES |= {"subprocess", "runpy", "code", "pty", "yaml"}
ALLOWED = {
    ("data/_torchvision.py", "importlib.import_module"),  # of one written name
    ("lottery/export.py", "torch.export.load"),  # of the bytes that it made just before, never of a file
    ("work/spread.py", "pickle"),  # what was sent to the workers of one's own executor, and what they send back
    ("work/spread.py", "cloudpickle"),
    ("sweep/engine.py", "subprocess"),  # this Python, as the workers of this machine
    ("sweep/grid.py", "yaml"),  # its safe_load
    ("terminal/command.py", "importlib.import_module"),  # of the subcommands, which are written there
    ("terminal/lab.py", "subprocess"),  # JupyterLab, of this Python
    ("terminal/environments.py", "subprocess"),  # another Python, for its versions
    ("terminal/notebook_checks.py", "subprocess"),
    ("panels/chart.py", "subprocess"),  # this Python, on a text of ours: it bundles the browser's half of charts
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "workbench").as_posix())
def test_the_package_executes_no_text_unpickles_nothing_and_starts_no_process(file: Path):
    used = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            used |= {ast.unparse(node.func)} & FORBIDDEN
            assert not any(k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords)
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names} & MODULES
        if isinstance(node, ast.ImportFrom):
            used |= {str(node.module).split(".")[0]} & MODULES
    name = file.relative_to(ROOT / "workbench").as_posix()
    assert {(name, one) for one in used} <= ALLOWED


NASTY = [
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "#",
    "(",
    ")",
    "=",
    ",",
    "{",
    "}",
    "\0",
    "\u2028",
    "é",
    "ﬁ",
    "𝔵",
    "\ud800",
    " ",
    ";",
]
NASTY += ["wb", "list", "import", "lambda", "split=__import__('os').system('id'), points", "result", EVIL, "x", "True"]
NODES = (ast.Module, ast.Import, ast.alias, ast.Assign, ast.Name, ast.Load, ast.Store, ast.Call, ast.keyword)
NODES += (ast.Attribute, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub)


def nasty(draw: random.Random) -> str:
    return "".join(draw.choices(NASTY, k=draw.randint(1, 4)))


def gather(first: Any, *rest: Any, **named: Any) -> Any:
    return first, rest, named


def test_a_script_is_nothing_but_the_calls_and_values_that_it_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gather, "__module__", "workbench")
    monkeypatch.setattr(wb, "gather", gather, raising=False)
    draw, refused, written = random.Random(0), 0, 0
    while refused < 100 or written < 100:
        inner = call(gather, nasty(draw))
        values = [nasty(draw), {nasty(draw): nasty(draw)}, (nasty(draw), [draw.random(), -1, None]), inner]
        outer = call(gather, *draw.sample(values, 2), **{nasty(draw): draw.choice(values)})
        try:
            script = outer.script()
        except ValueError:
            refused += 1
            continue
        check_source(script)
        space: dict[str, Any] = {}
        exec(script, space)
        assert repr(space["result"]) == repr(outer.run())
        written += 1
    with pytest.raises(ValueError, match="which is no name, so that the call has no script; rename it"):
        call(gather, 1, **{"split=__import__('os').system('id'), points": 1}).script()


def check_source(script: str) -> None:
    names = {"wb", "list", "float"}
    for statement in ast.parse(script).body:
        for node in ast.walk(statement):
            assert isinstance(node, NODES), ast.dump(node)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                assert node.id in names
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) in ("wb.gather", "list", "float")
        if isinstance(statement, ast.Assign):
            names.add(ast.unparse(statement.targets[0]))


def records(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.json")) if path.name != "names.json" and path.stem != "end"]


def forge(path: Path, value: Any) -> None:
    record = json.loads(path.read_text())
    record.pop("sha256")
    record["value"] = value
    path.write_text(json.dumps({"sha256": digest(record), **record}))


BESIDE = """
from dataclasses import dataclass
from pathlib import Path
Path("imported").touch()
@dataclass
class Thing:
    path: str = "made"
    def __post_init__(self):
        Path(self.path).touch()
def make():
    return Thing()
"""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A module of somebody else's that is loaded, and that one's own code does not use; another lies beside it."""
    (tmp_path / "evilmod.py").write_text(BESIDE.replace('"imported"', '"pwned"'))
    (tmp_path / "loaded_elsewhere.py").write_text(BESIDE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("loaded_elsewhere")
    for name in ("evilmod", "loaded_elsewhere"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "path",
    [
        *("evilmod:x", "evilmod.Thing", "evilmod", "evilmod.Thing.path", "archive_examples.evilmod.Thing", "os.system"),
        *("wb.save", "wb.Archive.run", "wb.evilmod.Thing", "wb.nothing", "builtins.exec", "archive_examples.made", ""),
        *("archive_examples.torch.utils.data.DataLoader", "loaded_elsewhere.Thing", "archive_examples.weigh", "..", 3),
    ],
)
def test_a_record_imports_nothing_and_makes_no_type_of_other_code(path: Any, beside: Any, tmp_path: Path):
    archive = Archive(str(tmp_path / "runs"))
    archive.run(call(weigh, 1))
    for source in ({}, {"source": "0"}, {"source": source_hash(beside.Thing)}):
        value = {"dataclass": path, "fields": {"path": "pwned"}, **source}
        for nested in (value, [{"tuple": [value]}], {"dict": [["a", value]]}):
            modules = set(sys.modules)
            made.clear()
            forge(records(tmp_path / "runs")[0], nested)
            with pytest.warns(UserWarning, match="(?s)is damaged .* it is made anew"):
                assert isinstance(archive.run(call(weigh, 1)), Found)
            assert made == [1]
            assert not {name for name in set(sys.modules) - modules if not name.startswith("workbench")}


def test_no_tensor_is_read_of_a_record_that_names_another_type(beside: Any, tmp_path: Path, monkeypatch: Any):
    archive = Archive(str(tmp_path / "runs"))
    archive.run(call(weigh, 1))
    (path,) = records(tmp_path / "runs")
    tensors = json.loads(path.read_text())["value"]["fields"]["start"]
    forge(path, [tensors, {"dataclass": "evilmod.Thing", "source": "0", "fields": {}}])
    monkeypatch.setattr("workbench.work.folder.Folder.get", lambda *_: pytest.fail("a tensor was read"))
    monkeypatch.setattr("workbench.work.folder.Folder.put", lambda *_: "0" * 64)
    with pytest.warns(UserWarning, match=r"evilmod\.Thing is no dataclass that is read here"):
        archive.run(call(weigh, 1))


def give() -> Any:
    return [sys.modules["loaded_elsewhere"].Thing("made")]


def test_a_type_of_other_code_is_refused_when_it_is_stored_and_read_where_it_is_named(beside: Any, tmp_path: Path):
    archive = Archive(str(tmp_path / "runs"))
    with pytest.raises(TypeError, match=r"loaded_elsewhere\.Thing, which is not of the code .* types=\(Thing,\)\)"):
        archive.run(call(give))
    named = Archive(str(tmp_path / "runs"), types=(beside.Thing,))
    assert named.run(call(give)) == named.run(call(give)) == [beside.Thing("made")]
    assert Archive(str(tmp_path / "own")).run(call(beside.make)) == beside.Thing()
    assert Archive(str(tmp_path / "own")).run(call(beside.make)) == beside.Thing()


@pytest.mark.parametrize("deep", [200, 500, 800, 3000, 100_000])
def test_a_record_nested_very_deep_is_damage(deep: int, tmp_path: Path):
    archive = Archive(str(tmp_path / "runs"))
    list(archive.each(call(levels, 1)))
    for path in records(tmp_path / "runs"):
        record = {k: v for k, v in json.loads(path.read_text()).items() if k != "sha256"} | {"value": "DEEP"}
        nested: Any = 0
        for _ in range(min(deep, 800)):
            nested = [nested]
        checksum = "0" * 64
        if deep <= 800:
            checksum = digest(record | {"value": nested})
        text = json.dumps({"sha256": checksum, **record}).replace('"DEEP"', "[" * deep + "0" + "]" * deep)
        path.write_text(text)
    with pytest.warns(UserWarning, match="damaged") if deep > 900 else contextlib.nullcontext():
        archive.table()
    with pytest.warns(UserWarning, match="damaged") if deep > 400 else contextlib.nullcontext():
        list(archive.each(call(levels, 1)))
