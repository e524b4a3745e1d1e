"""The archive: what was made once is read; what was killed goes on; what was altered is made anew."""

import errno
import json
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from archive_examples import Found, levels, made, weigh

import workbench
from workbench.work.archive import Archive
from workbench.work.calls import call
from workbench.work.progress import Stopped, watch

ROOT = Path(__file__).parents[2]


def plain_generator(n: int) -> Iterator[int]:
    made.append("begun")
    yield from range(n)


def give(name: str):
    made.append(name)
    return VALUES[name]


def pair(left, right):
    made.append("pair")
    return [left, right]


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, Found):
        return type(a) is type(b) and same(vars(a), vars(b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, pd.DataFrame):
        return a.equals(b) and list(a.dtypes) == list(b.dtypes)
    return type(a) is type(b) and (a == b or a != a)


@pytest.fixture(autouse=True)
def _forget():
    made.clear()


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive")


def files(archive, kind=""):
    there = Path(archive.folder).rglob(f"*{kind}")
    return sorted(path for path in there if path.is_file() and path.name != "names.json")


VALUES = {
    "plain": [None, True, -3, 10**30, 0.1 + 0.2, "é \n \ud800", float("inf"), float("nan")],
    "containers": {"a": (1, [2, (3,)]), 5: {}, "c": [], "d": (), (1, 2): "pair"},
    "bool": torch.tensor([True, False]),
    "bfloat16": torch.arange(3).to(torch.bfloat16),
    "scalar tensor": torch.tensor(3.5, dtype=torch.float64),
    "empty tensor": torch.zeros(0, 4, dtype=torch.int16),
    "weights": {"z": torch.arange(6).view(2, 3).T, "a": torch.tensor(7)},
    "mixed": {"mask": {"w": torch.ones(2, dtype=torch.bool)}, "step": 3},
    "dataclass": Found(1, 0.5, {"w": torch.ones(2).bool()}, {}, [{"step": 1.0}]),
    "frame": pd.DataFrame({"kind": ["a", None], "x": [0.1, np.nan], "n": [1, 2]}),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_as_it_was(archive, name):
    value = VALUES[name]
    assert same(archive.run(call(give, name)), value)
    assert same(archive.run(call(give, name)), value)
    assert made == [name]


def test_tied_tensors_and_parameters_are_stored(archive):
    def tied():
        weight = torch.nn.Parameter(torch.ones(2, 2))
        return {"a": weight, "b": weight, "c": weight[0]}

    archive.run(call(tied))
    again = archive.run(call(tied))
    assert torch.equal(again["a"], torch.ones(2, 2))
    assert torch.equal(again["c"], torch.ones(2))


def test_numpy_numbers_become_plain_ones(archive):
    assert type(archive.run(call(number))) is np.float64
    assert type(archive.run(call(number))) is float


def number():
    return np.float64(0.5)


def test_what_is_there_is_not_made_again(archive):
    first = archive.run(call(weigh, 1))
    assert same(archive.run(call(weigh, 1, size=10)), first)
    assert same(Archive(str(archive.folder)).run(call(weigh, 1)), first)
    assert made == [1]
    archive.run(call(weigh, 2))
    assert made == [1, 2]


def test_nothing_touches_the_disk_but_run_and_each(archive):
    archive.table()
    call(weigh, 1).run()
    generator = call(levels, 1).each()
    next(generator)
    assert not Path(archive.folder).exists()


def test_the_record_tells_people_the_call_in_full(archive):
    archive.run(call(weigh, 1))
    (path,) = files(archive, ".json")
    assert path.name.startswith("weigh-")
    record = json.loads(path.read_text())
    assert record["call"]["arguments"] == {"seed": 1, "size": 10}
    assert record["threads"] == torch.get_num_threads()
    assert {"numbers", "device", "torch", "when", "seconds"} <= set(record)
    assert len(path.read_text().splitlines()) > 10


def test_nothing_is_pickled(archive):
    archive.run(call(weigh, 1))
    archive.run(call(give, "frame"))
    assert {path.suffix for path in files(archive)} == {".json", ".safetensors", ".parquet"}


def test_what_values_share_is_on_the_disk_once(archive):
    found = list(archive.each(call(levels, 1)))
    assert len({id(one.start) for one in found}) == 1
    assert len(files(archive, ".safetensors")) == 1 + len({tuple(one.mask["w"].tolist()) for one in found})


def test_inner_calls_run_once_through_the_archive_and_not_at_all_when_the_outer_is_there(archive):
    both = call(pair, call(weigh, 1), call(weigh, 1))
    archive.run(both)
    assert made == [1, "pair"]
    archive.run(both)
    archive.run(call(weigh, 1))
    assert made == [1, "pair"]


def test_an_inner_call_may_make_a_model(archive):
    def shapes(model):
        return [list(p.shape) for p in model.parameters()]

    one = call(shapes, call(torch.nn.Linear, 3, 2))
    assert archive.run(one) == archive.run(one) == [[2, 3], [2]]
    assert len(files(archive, ".json")) == 1


def test_a_value_that_cannot_be_kept_is_a_type_error_that_says_where(archive):
    def bad():
        return {"a": [1, object()]}

    with pytest.raises(TypeError, match=r"the result of .*bad\['a'\]\[1\] is a builtins.object, which"):
        archive.run(call(bad))


def test_only_dataclasses_are_ever_restored(archive, monkeypatch):
    archive.run(call(weigh, 1))
    (path,) = files(archive, ".json")
    value = {"dataclass": "os.system", "source": "0", "fields": {"command": "touch x"}}
    forge(path, lambda record: record.update(value=value))
    with pytest.warns(UserWarning, match=r"os\.system is no dataclass"):
        assert isinstance(archive.run(call(weigh, 1)), Found)


def forge(path, change):
    from workbench.work.fingerprint import digest

    record = json.loads(path.read_text())
    record.pop("sha256")
    change(record)
    path.write_text(json.dumps({"sha256": digest(record), **record}))


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def binary(path):
    path.write_bytes(bytes(range(256)))


def remove(path):
    path.unlink()


@pytest.mark.parametrize("kind", [".json", ".safetensors"])
@pytest.mark.parametrize("harm", [flip, truncate, empty, binary])
def test_an_altered_file_is_noticed_said_and_made_anew(archive, kind, harm):
    first = archive.run(call(weigh, 1))
    harm(files(archive, kind)[0])
    with pytest.warns(UserWarning, match=r"is damaged .* it is made anew"):
        assert same(archive.run(call(weigh, 1)), first)
    assert same(archive.run(call(weigh, 1)), first)  # without a warning
    assert made == [1, 1]


def test_a_missing_tensor_is_noticed(archive):
    first = archive.run(call(weigh, 1))
    remove(files(archive, ".safetensors")[0])
    with pytest.warns(UserWarning, match="is missing"):
        assert same(archive.run(call(weigh, 1)), first)


def test_a_changed_dataclass_makes_the_entry_anew(archive):
    archive.run(call(weigh, 1))
    (path,) = files(archive, ".json")
    forge(path, lambda record: record["value"]["fields"].update(unknown=1))
    with pytest.warns(UserWarning, match="unknown"):
        archive.run(call(weigh, 1))


SOURCE = """
from collections.abc import Iterator
from dataclasses import dataclass

@dataclass(frozen=True)
class Grown:
    size: int

def grow(plan: Grown) -> Grown:
    made.append("grow")
    return Grown(plan.size + 1)

def grow_on(plan: Grown, *, after: Grown | None = None) -> Iterator[Grown]:
    for size in range(after.size + 1 if after else plan.size, 4):
        made.append(size)
        yield Grown(size)
"""


def module(monkeypatch, name, source=SOURCE):
    """A module of this name, whose things the workbench shows; it takes the place of the one before."""
    there = types.ModuleType(name)
    vars(there)["made"] = made
    monkeypatch.setitem(sys.modules, name, there)
    exec(compile(source, name, "exec"), vars(there))
    for thing in (there.Grown, there.grow, there.grow_on):
        monkeypatch.setattr(workbench, thing.__name__, thing, raising=False)
    return there


def test_what_moves_to_another_file_finds_its_archive_again(archive, monkeypatch):
    before = module(monkeypatch, "workbench.before")
    archive.run(call(before.grow, call(before.grow, before.Grown(1))))
    values = archive.each(call(before.grow_on, before.Grown(1)))
    next(values)
    next(values)
    values.close()
    assert made == ["grow", "grow", 1, 2]
    after = module(monkeypatch, "workbench.rooms.after")
    monkeypatch.delitem(sys.modules, "workbench.before")
    assert archive.run(call(after.grow, call(after.grow, after.Grown(1)))) == after.Grown(3)
    assert list(archive.each(call(after.grow_on, after.Grown(1)))) == [after.Grown(1), after.Grown(2), after.Grown(3)]
    assert made == ["grow", "grow", 1, 2, 3]  # one value of the generator was missing


def test_what_has_no_public_name_counts_by_its_module_and_source(archive, monkeypatch):
    first, same, other, elsewhere = (
        module(monkeypatch, name, source)
        for name, source in (
            ("mine", SOURCE),
            ("mine", SOURCE),
            ("mine", SOURCE.replace("plan.size + 1", "plan.size + 2")),
            ("theirs", SOURCE),
        )
    )
    keys = [call(m.grow, m.Grown(1)).key() for m in (first, same, other, elsewhere)]
    assert keys[0] == keys[1]
    assert len({*keys}) == 3


def test_a_value_of_a_private_class_is_made_anew_where_its_source_has_changed(archive, monkeypatch):
    archive.run(call(weigh, 1))
    (path,) = files(archive, ".json")
    forge(path, lambda record: record["value"].update(source="0"))
    with pytest.warns(UserWarning, match=r"archive_examples\.Found is not the class that was stored"):
        archive.run(call(weigh, 1))
    assert made == [1, 1]


def test_an_archive_from_before_public_names_is_said_once(archive):
    archive.run(call(weigh, 1))
    remove(Path(archive.folder) / "names.json")
    with pytest.warns(UserWarning, match="was filled by an earlier version"):
        archive.run(call(weigh, 2))
    archive.run(call(weigh, 3))  # without a warning
    list(archive.each(call(levels, 1)))


def test_each_stores_as_it_yields_and_reads_afterwards(archive):
    whole = list(call(levels, 3).each())
    made.clear()
    for index, one in enumerate(archive.each(call(levels, 3))):
        assert same(one, whole[index])
        assert len(files(archive, ".json")) == index + 1
    assert len(files(archive, ".json")) == 5  # four values and the end mark
    made.clear()
    assert same(list(archive.each(call(levels, 3))), whole)
    assert same(archive.run(call(levels, 3)), whole)
    assert made == []


@pytest.mark.parametrize("stop_after", [0, 1, 3, 4])
def test_each_goes_on_where_it_was_left(archive, stop_after):
    whole = list(call(levels, 3).each())
    values = archive.each(call(levels, 3))
    for _ in range(stop_after):
        next(values)
    values.close()
    made.clear()
    assert same(list(archive.each(call(levels, 3))), whole)
    assert made == ([3] if stop_after == 0 else []) + [("level", i) for i in range(stop_after, 4)]


def test_each_goes_on_after_a_stop_in_the_middle_of_a_value(archive):
    def stop(p):
        if len(files(archive, ".json")) == 2 and p.done == 10:
            raise Stopped

    kept = []
    with pytest.raises(Stopped), watch(stop):
        kept.extend(archive.each(call(levels, 3)))
    assert len(kept) == 2
    assert same(list(archive.each(call(levels, 3))), list(call(levels, 3).each()))


def test_each_of_nothing_is_nothing_twice(archive):
    assert list(archive.each(call(levels, 3, 0))) == []
    made.clear()
    assert list(archive.each(call(levels, 3, 0))) == []
    assert made == []


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("harm", [flip, truncate, remove])
def test_a_damaged_value_is_made_anew_from_the_one_before(archive, index, harm):
    whole = archive.run(call(levels, 3))
    (path,) = files(archive, f"{index:06d}.json")
    harm(path)
    if harm is remove:
        assert same(archive.run(call(levels, 3)), whole)
    else:
        with pytest.warns(UserWarning, match="is damaged"):
            assert same(archive.run(call(levels, 3)), whole)
    made.clear()
    assert same(archive.run(call(levels, 3)), whole)
    assert made == []


def test_a_damaged_end_mark_costs_nothing(archive):
    whole = archive.run(call(levels, 3))
    flip(files(archive, "end.json")[0])
    made.clear()
    with pytest.warns(UserWarning, match=r"end.json is damaged"):
        assert same(archive.run(call(levels, 3)), whole)
    assert made == []


def test_each_is_only_for_what_can_resume(archive):
    for one in (call(plain_generator, 3), call(weigh, 1)):
        with pytest.raises(TypeError, match="needs a generator function with a parameter `after`"):
            archive.each(one)
    with pytest.raises(TypeError, match="an archive runs calls, got 3"):
        archive.run(3)


def test_run_of_a_generator_that_cannot_resume_stores_the_whole_list(archive):
    assert archive.run(call(plain_generator, 3)) == [0, 1, 2]
    assert archive.run(call(plain_generator, 3)) == [0, 1, 2]
    assert made == ["begun"]


def test_the_table_has_a_row_for_each_value(archive):
    archive.run(call(levels, 3, 2))
    archive.run(call(plain_generator, 2))
    archive.run(call(pair, call(number), torch.ones(2)))
    table = archive.table()
    rounds = table[table.function.str.endswith(".levels")]
    assert list(rounds["index"]) == [0, 1]
    assert rounds["density"].between(0, 1).all()
    assert list(rounds["value.seconds"]) == [0.5, 0.5]
    assert set(rounds["arguments"]) == {"seed=3, n=2, after=null"}
    assert list(table[table.function.str.endswith(".plain_generator")]["value"]) == [0, 1]
    (arguments,) = set(table[table.function.str.endswith(".pair")]["arguments"])
    assert "number()" in arguments
    assert "right=tensor " in arguments
    assert len(table) == 2 + 2 + 2 + 1


def test_the_table_leaves_out_what_is_damaged_and_says_so(archive):
    archive.run(call(levels, 3, 2))
    truncate(files(archive, "000001.json")[0])
    with pytest.warns(UserWarning, match="000001.json is damaged"):
        assert len(archive.table()) == 1


def test_an_archive_may_be_any_url(monkeypatch):
    import fsspec

    archive = Archive("memory://somewhere/deep")
    whole = list(call(levels, 3).each())
    values = archive.each(call(levels, 3))
    next(values)
    values.close()
    assert same(archive.run(call(levels, 3)), whole)
    made.clear()
    assert same(archive.run(call(levels, 3)), whole)
    assert made == []
    assert len(archive.table()) == 4
    memory = fsspec.filesystem("memory")
    assert memory.find("/somewhere/deep/temporary") == []
    memory.rm("/somewhere", recursive=True)


@pytest.mark.parametrize("below", ["", "/deeper"])
def test_a_file_in_the_place_of_the_folder_is_a_clear_error(tmp_path, below):
    (tmp_path / "taken").write_text("")
    archive = Archive(f"{tmp_path}/taken{below}")
    for start in (lambda: archive.run(call(weigh, 1)), lambda: archive.each(call(levels, 1))):
        with pytest.raises(ValueError, match="where a file stands in the way"):
            start()
    assert made == []


SCRIPT = """
import sys, time
sys.path[:0] = [{root!r}, {here!r}]
from archive_examples import levels, weigh
import workbench
from workbench.work.archive import Archive
from workbench.work.calls import call
from workbench.work.progress import watch
archive = Archive({folder!r})
"""


def start(folder, source):
    code = SCRIPT.format(root=str(ROOT), here=str(Path(__file__).parent), folder=str(folder)) + source
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


SLOW = """
def slow(p):
    time.sleep({pause})
with watch(slow):
    for one in archive.each(call(levels, 3, 12)):
        print(one.index, flush=True)
"""


def test_killed_at_any_moment_it_goes_on_with_the_same_values(archive):
    whole = list(call(levels, 3, 12).each())
    process = start(archive.folder, SLOW.format(pause=0.004))
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(3)] == ["0\n", "1\n", "2\n"]
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = len(files(archive, ".json"))
    assert 3 <= done < 12
    made.clear()
    assert same(list(archive.each(call(levels, 3, 12))), whole)
    assert made == [("level", i) for i in range(done, 12)]


def test_two_processes_may_use_one_archive(archive):
    processes = [start(archive.folder, SLOW.format(pause=0.001)) for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert out.split() == [str(i) for i in range(12)]
    made.clear()
    assert same(archive.run(call(levels, 3, 12)), list(call(levels, 3, 12).each()))
    assert [one for one in files(archive) if "temporary" in one.parts] == []


FULL = """
import resource
archive.run(call(weigh, 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    archive.run(call(weigh, 2, size=100_000))
except OSError as error:
    print(error.errno, error)
archive.run(call(weigh, 3))
"""


def test_a_full_disk_is_a_clear_error_and_loses_nothing(archive):
    process = start(archive.folder, FULL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert str(errno.EFBIG) in out
    assert f'the disk is full: archive "{archive.folder}"' in out
    assert "what was finished is kept" in out
    assert [one for one in files(archive) if "temporary" in one.parts] == []
    for seed, size in ((1, 10), (3, 10), (2, 100_000)):
        archive.run(call(weigh, seed, size=size))
    assert made == [2]


def test_closing_each_closes_the_function(archive):
    values = archive.each(call(five))
    next(values)
    values.close()
    assert closed == [True]
    assert archive.run(call(five)) == list(range(5))


closed = []


def five(*, after: int | None = None):
    try:
        yield from range(0 if after is None else after + 1, 5)
    finally:
        closed.append(True)
