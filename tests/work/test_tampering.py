"""An archive that was tampered with: a record proves whose it is, and what is no file is moved aside."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from archive_examples import levels, made, weigh

import workbench
from workbench.nets import hardware
from workbench.work.archive import Archive, run
from workbench.work.calls import Call, call
from workbench.work.fingerprint import digest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _forget() -> None:
    made.clear()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def plain(value: object) -> object:
    made.append(value)
    return [type(value).__name__, str(value)]


def entry(archive: Archive, of: Call, file: str = "") -> Path:
    return Path(archive.folder) / "calls" / (f"{of.function.__name__}-{of.key()}" + (f"/{file}" if file else ".json"))


def bits(values: list) -> list:
    return [(one.index, one.mask["w"].tolist(), one.start["w"].tolist()) for one in values]


def asked(archive: Archive, of: Call) -> object:
    value = archive.run(of)
    return bits(value if isinstance(value, list) else [value])


# ---- whose a record is


def test_another_calls_record_is_said_and_made_anew(archive: Archive):
    values = [1, 1.0, True, "1", None, (1,), [1], 2]
    for one, other in itertools.permutations(values, 2):
        archive.run(call(plain, one))
        right = archive.run(call(plain, other))
        shutil.copy(entry(archive, call(plain, one)), entry(archive, call(plain, other)))
        with pytest.warns(UserWarning, match="it holds a value that is another call's: .*plain"):
            assert archive.run(call(plain, other)) == right
        assert archive.run(call(plain, other)) == right  # without a warning


FILES = ("000000.json", "000001.json", "000002.json", "000003.json", "end.json")


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(FILES, 2)))
def test_another_values_record_or_the_end_mark_is_said_and_made_anew(archive: Archive, source: str, target: str):
    one = call(levels, 3)
    right = asked(archive, one)
    shutil.copy(entry(archive, one, source), entry(archive, one, target))
    with pytest.warns(UserWarning, match=f"{target} is damaged .it holds what belongs to index"):
        assert asked(archive, one) == right
    assert asked(archive, one) == right


@pytest.mark.parametrize("target", FILES)
def test_a_value_of_another_seed_or_function_is_said_and_made_anew(archive: Archive, target: str):
    one, other = call(levels, 3), call(levels, 4)
    right = asked(archive, one)
    archive.run(other)
    archive.run(call(weigh, 1))
    for source in (entry(archive, other, target), entry(archive, call(weigh, 1))):
        shutil.copy(source, entry(archive, one, target))
        with pytest.warns(UserWarning, match="it holds a value that is another call's"):
            assert asked(archive, one) == right


def test_a_record_made_in_other_surroundings_is_not_taken(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    one = call(weigh, 1)
    archive.run(one)
    there = entry(archive, one)
    monkeypatch.setattr(hardware, "processor", lambda kind: f"{kind} ANOTHER")
    there.rename(entry(archive, one))
    with pytest.warns(UserWarning, match="it holds a value that is this call's in other surroundings"):
        archive.run(one)
    assert made == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(index=7),
        lambda record: record.update(threads=99),
        lambda record: record.update(processor="cpu OTHER"),
        lambda record: record.pop("torch"),
        lambda record: record["call"]["arguments"].update(seed=2),
        lambda record: record.pop("call"),
        lambda record: record.update(call="weigh"),
        lambda record: record.pop("value"),
        lambda record: record.update(value={"tensor": "../../../etc/passwd"}),
        lambda record: record.update(value={"tensor": 3}),
        lambda record: record.update(value={"table": "0" * 64}),
    ],
)
def test_a_forged_record_is_said_and_made_anew(archive: Archive, change: Callable[[dict], object]):
    one = call(weigh, 1)
    right = asked(archive, one)
    record = json.loads(entry(archive, one).read_text())
    record.pop("sha256")
    change(record)
    entry(archive, one).write_text(json.dumps({"sha256": digest(record), **record}))
    with pytest.warns(UserWarning, match="is damaged"):
        assert asked(archive, one) == right
    assert asked(archive, one) == right


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '"a"', "[" * 100_000, '{"sha256": 0}', "\x00\xff"])
def test_what_is_no_record_is_said_and_made_anew(archive: Archive, text: str):
    one = call(weigh, 1)
    right = asked(archive, one)
    entry(archive, one).write_text(text)
    with pytest.warns(UserWarning, match="is damaged"):
        assert asked(archive, one) == right


def test_a_content_that_is_anothers_is_said_and_made_anew(archive: Archive):
    right = asked(archive, call(weigh, 1))
    asked(archive, call(weigh, 2))
    contents = sorted((Path(archive.folder) / "safetensors").iterdir())
    for one in contents[1:]:
        shutil.copy(contents[0], one)
    with pytest.warns(UserWarning, match="is not what was written"):
        assert asked(archive, call(weigh, 1)) == right


def test_the_table_shows_no_value_under_anothers_name(archive: Archive):
    archive.run(call(plain, 1))
    archive.run(call(plain, 2))
    shutil.copy(entry(archive, call(plain, 1)), entry(archive, call(plain, 2)))
    with pytest.warns(UserWarning, match="another call's"):
        assert set(archive.table()["arguments"]) == {"value=1"}


# ---- where it was made


def test_the_same_call_elsewhere_starts_anew_and_says_once_why(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    one = call(levels, 3)
    values = archive.each(one)
    next(values)
    next(values)
    values.close()
    monkeypatch.setattr(hardware, "processor", lambda kind: "cpu AVX2" if kind == "cpu" else kind)
    made.clear()
    with pytest.warns(UserWarning, match=r'levels was made, or begun, in other .*processor "cpu .*", here "cpu AVX2"'):
        asked(archive, one)
    assert made == [3, *(("level", index) for index in range(4))]  # no value of the other processor is gone on with
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked(archive, one)
        asked(archive, call(levels, 4))
    names = {path.name for path in (Path(archive.folder) / "calls").iterdir()}
    assert len(names) == 3
    assert len({name.rpartition("-")[2][:32] for name in names}) == 2


def test_whatever_moves_bits_is_in_the_key(monkeypatch: pytest.MonkeyPatch):
    key = call(weigh, 1).key()
    keys = [key]
    row = {("wb.models.LeNet", hardware.processor("cpu")): ("float32", True)}
    for change in (
        lambda m: m.setattr(hardware, "processor", lambda kind: "cpu AVX2, or another"),
        lambda m: m.setattr(hardware, "DEFAULTS", hardware.DEFAULTS | row),
        lambda m: m.setattr(torch, "get_num_threads", lambda: 7),
        lambda m: m.setattr(torch, "__version__", "9"),
        lambda m: m.setattr(torch.backends.mkldnn, "enabled", False),
        lambda m: m.setattr(torch.backends.mkldnn, "matmul", SimpleNamespace(fp32_precision="bf16")),
        lambda m: m.setattr(torch, "get_default_dtype", lambda: torch.float64),
        lambda m: m.setenv("ONEDNN_MAX_CPU_ISA", "AVX2"),
        lambda m: m.setenv("MKL_CBWR", "COMPATIBLE"),
        lambda m: m.setattr(workbench, "NUMBERS", workbench.NUMBERS + 1),
    ):
        with monkeypatch.context() as context:
            change(context)
            keys.append(call(weigh, 1).key())
    assert len(set(keys)) == len(keys)
    assert {one[:32] for one in keys} == {key[:32]}  # the first half is the call's
    assert call(weigh, 1).key() == key
    assert call(weigh, 2).key()[32:] == key[32:]


def test_a_row_for_another_processor_is_not_in_the_key(monkeypatch: pytest.MonkeyPatch):
    key = call(weigh, 1).key()
    monkeypatch.setattr(hardware, "DEFAULTS", hardware.DEFAULTS | {("wb.models.LeNet", "cpu Z80"): ("float32", True)})
    assert call(weigh, 1).key() == key


TWO = """
import hashlib, json, sys
sys.path[:0] = [{root!r}]
import workbench as wb
data = wb.call(wb.load, "digits", train_size=100)
model = wb.call(wb.models.lenet, data)
call = wb.call(wb.lottery.rounds, model, wb.call(wb.snapshot, model), data, wb.Recipe(steps=3), rounds=2)
values = wb.Archive(sys.argv[1]).each(call)
weights = [next(values).run.weights for _ in range(int(sys.argv[2]))]
print(json.dumps([hashlib.sha256(b"".join(w.numpy().tobytes() for w in one.values())).hexdigest() for one in weights]))
"""


def test_a_run_that_is_resumed_on_another_processor_mixes_nothing(tmp_path: Path):
    hashes, errors = [], []
    for folder, processor, n in (
        ("one", "avx2", "1"),
        ("one", "default", "3"),
        ("one", "avx2", "3"),
    ):
        ended = subprocess.run(
            [sys.executable, "-c", TWO.format(root=str(ROOT)), str(tmp_path / folder), n],
            env={**os.environ, "ATEN_CPU_CAPABILITY": processor},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        hashes.append(json.loads(ended.stdout))
        errors.append(ended.stderr)
    if hashes[1] == hashes[2]:
        pytest.skip("this machine's torch knows one processor")
    assert 'processor "cpu AVX2", here "cpu DEFAULT"' in errors[1]
    assert errors[0] == errors[2] == ""
    assert hashes[2][:1] == hashes[0]
    assert not {*hashes[1]} & {*hashes[2]}


def take_threads(n: int) -> int:
    torch.set_num_threads(n)
    return n


def test_what_was_made_while_the_surroundings_changed_is_not_kept(archive: Archive):
    threads = torch.get_num_threads()
    try:
        with pytest.warns(UserWarning, match=f"not kept, for the surroundings changed .*threads {threads}, here"):
            assert archive.run(call(take_threads, threads + 1)) == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert list(Path(archive.folder).rglob("take_threads*")) == []


def test_an_archive_with_keys_of_an_earlier_form_is_said_once_and_still_listed(archive: Archive):
    one = call(weigh, 1)
    archive.run(one)
    record = json.loads(entry(archive, one).read_text())
    around = one.surroundings()
    old = Path(archive.folder) / "calls" / f"weigh-{digest({'call': record['call'], **around})}.json"
    entry(archive, one).rename(old)
    (Path(archive.folder) / "names.json").write_text('{"names": "public"}\n')
    with pytest.warns(UserWarning, match="was filled by an earlier version"):
        archive.run(one)
    assert made == [1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        archive.run(one)
        assert len(archive.table()) == 2


# ---- what is no file


def folder(path: Path) -> None:
    path.mkdir()
    (path / "mine").write_text("kept")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def door(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def file(path: Path) -> None:
    path.write_text("no folder")


STRANGE = [folder, loop, dangling, pipe, door, device]


def put(path: Path, strange: Callable[[Path], None]) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    strange(path)


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("place", ["calls/levels/000000.json", "calls/levels/000002.json", "calls/levels/end.json"])
def test_something_else_in_a_records_place_is_moved_aside_and_made_anew(
    archive: Archive, place: str, strange: Callable
):
    one = call(levels, 3)
    right = asked(archive, one)
    put(entry(archive, one, place.rpartition("/")[2]), strange)
    whole_again(archive, one, right)


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("place", ["names.json", "safetensors/*", "calls/*.json"])
def test_something_else_in_a_files_place_is_moved_aside_and_made_anew(archive: Archive, place: str, strange: Callable):
    one = call(weigh, 3)
    right = asked(archive, one)
    for path in Path(archive.folder).glob(place):
        put(path, strange)
    whole_again(archive, one, right)


@pytest.mark.parametrize("strange", [file, loop, dangling, pipe, door, device])
@pytest.mark.parametrize("place", ["calls", "safetensors", "temporary", "calls/*"])
def test_something_else_in_a_folders_place_is_moved_aside(archive: Archive, place: str, strange: Callable):
    one = call(levels, 3)
    right = asked(archive, one)
    for path in list(Path(archive.folder).glob(place)):
        put(path, strange)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = asked(archive, call(weigh, 5))
    whole_again(archive, one, right)
    whole_again(archive, call(weigh, 5), other)


def whole_again(archive: Archive, one: Call, right: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert asked(archive, one) == right
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.clear()
        assert asked(archive, one) == right
        archive.table()
    assert made == []


def test_what_is_moved_aside_is_said_and_kept(archive: Archive):
    archive.run(call(weigh, 1))
    put(entry(archive, call(weigh, 1)), folder)
    with (
        pytest.warns(UserWarning, match="is damaged .something else than a file stands there"),
        pytest.warns(UserWarning, match="was no file, so it was moved aside"),
    ):
        archive.run(call(weigh, 1))
    (aside,) = Path(archive.folder).glob("damaged-*")
    assert (aside / "mine").read_text() == "kept"


@pytest.mark.parametrize("strange", [file, loop, pipe, device])
def test_something_else_in_the_archives_place_is_a_clear_error(tmp_path: Path, strange: Callable):
    strange(tmp_path / "taken")
    for name in ("taken", "taken/below"):
        with pytest.raises(ValueError, match="where a file stands in the way"):
            Archive(tmp_path / name).run(call(weigh, 1))


# ---- temporary files


def test_temporary_files_older_than_a_day_are_cleaned_when_it_is_opened(archive: Archive):
    archive.run(call(weigh, 1))
    there = Path(archive.folder) / "temporary"
    for name, age in {"old": 2, "young": 0.9, "tomorrow": -1}.items():
        (there / name).write_text("half")
        os.utime(there / name, (time.time() - age * 86_400,) * 2)
    (there / "folder").mkdir()
    os.utime(there / "folder", (0, 0))
    archive.run(call(weigh, 1))
    assert sorted(path.name for path in there.iterdir()) == ["folder", "tomorrow", "young"]


def test_a_url_is_cleaned_too(monkeypatch: pytest.MonkeyPatch):
    import datetime

    import fsspec

    archive, memory = Archive("memory://cleaned"), fsspec.filesystem("memory")
    archive.run(call(weigh, 1))
    for name, age in {"old": 2, "young": 0.9}.items():
        memory.pipe_file(f"/cleaned/temporary/{name}", b"half")
        then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=age)
        memory.store[f"/cleaned/temporary/{name}"].modified = then
    archive.run(call(weigh, 1))
    assert [path.rpartition("/")[2] for path in memory.find("/cleaned/temporary")] == ["young"]
    memory.rm("/cleaned", recursive=True)


def test_every_file_is_synced_before_it_is_renamed(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    events: list[tuple[str, int]] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda f: (events.append(("sync", os.fstat(f).st_ino)), sync(f))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append(("rename", os.stat(a).st_ino)), replace(a, b))[1])
    archive.run(call(weigh, 1))
    renamed = [index for index, (kind, _) in enumerate(events) if kind == "rename"]
    assert len(renamed) == 4  # two contents, a record, the archive's form
    assert all(("sync", events[index][1]) in events[:index] for index in renamed)


# ---- what an archive is given


@pytest.mark.parametrize(
    "name", ["a[1]", "a*b", "a?b", "a[!x]", "{a,b}", "a b", "é", "#", "%41", "a:b", "-a", "a'b", "**"]
)
@pytest.mark.parametrize("form", [str, Path, Archive, lambda name: f"file://{name}"])
def test_a_folders_name_is_letters(tmp_path: Path, name: str, form: Callable):
    kept = form(f"{tmp_path}/{name}")
    assert bits([run(call(weigh, 1), kept)]) == bits([run(call(weigh, 1), kept)])
    assert made == [1]
    table = (kept if isinstance(kept, Archive) else Archive(kept)).table()
    assert list(table["arguments"]) == ["seed=1, size=10"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("form", [str, Path, Archive])
@pytest.mark.parametrize("name", ["a::b", "::", "memory:x", "simplecache::memory"])
def test_a_url_is_one_only_with_its_two_strokes(tmp_path: Path, name: str, form: Callable):
    run(call(weigh, 1), form(tmp_path / name if form is Path else f"{tmp_path}/{name}"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://bucket/x", "needs a package that is not installed here .*s3fs"),
        ("gcs://bucket/x", "gcsfs"),
        ("sftp://host/x", "paramiko"),
        ("nothing://x", 'protocol of an archive\'s URL "nothing" is not known'),
    ],
)
def test_what_fsspec_lacks_is_said(url: str, said: str):
    with pytest.raises(ValueError, match=said):
        Archive(url).run(call(weigh, 1))


WRONG = """
import workbench as wb
from workbench.work.archive import each, run
from archive_examples import levels, weigh
for wrong in (3, 2.5, True, b"x", ["x"], {}, object(), ""):
    for ask in (
        lambda: wb.Archive(wrong),
        lambda: run(wb.call(weigh, 1), wrong),
        lambda: next(each(wb.call(levels, 1), wrong)),
        lambda: next(wb.experiments.winning_tickets("digits", archive=wrong)),
    ):
        try:
            ask()
        except ValueError as error:
            assert str(error).startswith("archive must be an Archive or its folder, got"), error
        else:
            raise AssertionError(wrong)
"""


def test_what_is_no_archive_is_said():
    code = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n{WRONG}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_permission_errors_stay_errors(archive: Archive, monkeypatch: pytest.MonkeyPatch):
    archive.run(call(weigh, 1))
    record, status = str(entry(archive, call(weigh, 1))), os.stat

    def refuse(path: object, **options: object) -> object:
        if str(path) == record:
            raise PermissionError(13, "not yours")
        return status(path, **options)  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(PermissionError):
        archive.run(call(weigh, 1))
    assert made == [1]
