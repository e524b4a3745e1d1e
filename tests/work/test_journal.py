"""The journal of an archive: every job one record, whatever comes of it: killed, on a full disk, damaged, hostile."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from archive_examples import Found, weigh

import workbench as wb
from workbench.work import jobs as kept_jobs
from workbench.work import processes
from workbench.work.archive import Archive
from workbench.work.calls import call
from workbench.work.fingerprint import digest
from workbench.work.journal import Journal

ROOT = Path(__file__).parents[2]
CALL = wb.call(wb.experiments.winning_tickets, train_size=100, recipe=wb.Recipe(epochs=3), rounds=2)
TICKET = wb.Ticket({"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([True, False])})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "runs")


def place(journal: Journal, record: kept_jobs.Record, file: str = "job.json") -> Path:
    return Path(journal.opened.folder) / "jobs" / record.id / file


def whole(journal: Journal, values: list, name: str = "", state: str = "finished") -> kept_jobs.Record:
    """A job with these values, from its beginning to its end."""
    writing = journal.begin(CALL, name=name)
    for value in values:
        writing.add(value)
    writing.end(state, 1.5)
    return next(record for record in journal.records() if record.id == writing.id)


def test_a_job_is_read_back_as_it_was(journal: Journal):
    record = whole(journal, [TICKET, 3.5, {"a": torch.arange(3)}, float("inf")], "three epochs")
    assert (record.name, record.state, record.seconds, record.count) == ("three epochs", "finished", 1.5, 4)
    assert record.function == "wb.experiments.winning_tickets"
    assert not record.starred
    assert record.error is None
    assert record.call == CALL
    assert record.problem == ""
    assert record.around == CALL.surroundings()
    ticket, number, tensors, infinite = record.values()
    assert (number, infinite) == (3.5, float("inf"))
    assert torch.equal(ticket.mask["a"], TICKET.mask["a"])
    assert torch.equal(tensors["a"], torch.arange(3))
    assert wb.job(journal.archive, "three epochs").id == record.id == wb.job(str(journal.archive), record.id).id
    assert repr(record).startswith(f'Record({record.id}, "three epochs", wb.experiments.winning_tickets, finished, 4')


def test_every_run_of_one_call_is_a_job_of_its_own_the_newest_first(journal: Journal):
    ids = [whole(journal, [k]).id for k in range(4)]
    assert [record.id for record in wb.jobs(journal.archive)] == ids[::-1]
    assert [record.values() for record in wb.jobs(journal.archive)] == [[3], [2], [1], [0]]


def test_equal_outcomes_are_on_the_disk_once(journal: Journal):
    for _ in range(3):
        whole(journal, [TICKET])
    archive = Archive(journal.opened.folder, types=(Found,))
    archive.run(call(weigh, 1))
    tensors = len(list((Path(archive.folder) / "safetensors").iterdir()))
    writing = Journal(archive).begin(call(weigh, 1))
    writing.add(weigh(1))
    assert writing.problem == ""
    assert tensors == 4 == len(list((Path(archive.folder) / "safetensors").iterdir()))


def test_marks_are_a_persons_and_stay_whatever_the_job_does(journal: Journal):
    writing = journal.begin(CALL, name="first")
    (record,) = journal.records()
    assert record.renamed("another").name == "another"
    assert record.starred_as(True).starred
    writing.add(1)
    writing.end("stopped", 2.0)
    (record,) = journal.records()
    assert (record.name, record.starred, record.state, record.count) == ("another", True, "stopped", 1)
    record.renamed("")
    assert journal.records()[0].name == ""
    assert journal.records()[0].starred
    place(journal, record, "marks.json").write_text("{}")
    assert journal.records()[0].name == "first"  # as it began


@pytest.mark.parametrize("name", ["a\nb", "x" * 101, "\x00"])
def test_a_name_is_one_line(journal: Journal, name: str):
    record = whole(journal, [])
    with pytest.raises(ValueError, match="name must be one line of at most 100 characters, got"):
        record.renamed(name)


def test_an_error_is_kept_in_words(journal: Journal):
    journal.begin(CALL).end("failed", 0.5, ValueError("no such thing"))
    (record,) = journal.records()
    assert (record.state, record.error) == ("failed", "ValueError: no such thing")


@dataclass(frozen=True)
class Mine:
    a: int


def test_a_value_that_cannot_be_kept_is_named_and_ends_nothing(journal: Journal):
    writing = journal.begin(CALL)
    writing.add(1)
    for value, words in ((Mine(3), "Mine"), (object(), "object"), (lambda: 0, "function")):
        with pytest.warns(UserWarning, match=f"a value .{words}. is not kept .value 1 of wb.experiments"):
            writing.add(value)
    writing.add(2)
    writing.end("finished", 1.0)
    (record,) = journal.records()
    assert record.values() == [1, 2]
    assert record.count == 2
    assert "function" in record.problem
    named = Journal(Archive(journal.opened.folder, types=(Mine,)))
    writing = named.begin(CALL)
    writing.add(Mine(3))
    writing.end("finished", 1.0)
    assert named.records()[0].values() == [Mine(3)]
    with pytest.warns(UserWarning, match="000000.json is damaged .*Mine is no dataclass that is read here"):
        assert journal.records()[0].values() == []


def test_a_call_that_holds_values_is_kept_but_not_made_again(journal: Journal):
    journal.begin(wb.call(wb.masks.full, torch.nn.Linear(2, 2))).end("finished", 1.0)
    (record,) = journal.records()
    with pytest.raises(ValueError, match=f"the call of job {record.id} is not kept as text, for .*holds a value"):
        _ = record.call
    assert "model" in record.changed


def test_a_default_that_has_changed_since_is_said(journal: Journal):
    record = whole(journal, [])
    edit(place(journal, record), lambda data: data["described"]["arguments"].update(rounds=9))
    with pytest.warns(UserWarning, match="the call of its text is another one now"):
        assert journal.records()[0].call == CALL


def test_two_calls_are_compared_part_by_part(journal: Journal):
    a = whole(journal, [])
    assert a.changed == {"train_size": "100", "recipe.epochs": "3.0", "rounds": "2"}
    journal.begin(
        wb.call(wb.experiments.winning_tickets, rounds=2, recipe=wb.Recipe(epochs=20, loss=wb.Focal(gamma=1.0)))
    )
    table = journal.records()[0].compared(a).set_index("argument")
    assert dict(table.loc["train_size"]) == {"a": "null", "b": "100"}
    assert dict(table.loc["recipe.epochs"]) == {"a": "20.0", "b": "3.0"}
    assert dict(table.loc["recipe.loss"]) == {"a": "Focal", "b": "CrossEntropy"}
    assert dict(table.loc["recipe.loss.gamma"]) == {"a": "1.0", "b": "—"}
    assert "rounds" not in table.index
    edit(place(journal, a), lambda data: data["around"].update(torch="1.0"))
    again = next(record for record in journal.records() if record.id == a.id)
    assert list(again.compared(a).argument) == ["torch"]


def test_a_job_that_is_deleted_is_gone_and_no_other(journal: Journal):
    a, b = whole(journal, [TICKET]), whole(journal, [TICKET])
    a.delete()
    assert [record.id for record in journal.records()] == [b.id]
    assert torch.equal(b.values()[0].weights["a"], TICKET.weights["a"])  # what both shared
    assert not list((Path(journal.opened.folder) / "temporary").iterdir())
    running = journal.begin(CALL)
    with pytest.raises(ValueError, match="must be over to be deleted, and it is running; stop it first"):
        journal.records()[0].delete()
    running.end("finished", 1.0)
    journal.records()[0].delete()


def test_a_link_is_deleted_and_not_what_it_leads_to(journal: Journal, tmp_path: Path):
    record = whole(journal, [1])
    there = place(journal, record).parent
    elsewhere = tmp_path / "elsewhere"
    there.rename(elsewhere)
    there.symlink_to(elsewhere)
    record.delete()
    assert not os.path.lexists(there)
    assert (elsewhere / "job.json").exists()


def test_a_url_serves_as_a_folder(request: pytest.FixtureRequest):
    journal = Journal(f"memory://{uuid.uuid4().hex}")
    record = whole(journal, [TICKET, 2], "far")
    assert torch.equal(record.values()[0].weights["a"], TICKET.weights["a"])
    assert record.values()[1] == 2
    record.starred_as(True)
    assert wb.job(journal.archive, "far").starred
    record.delete()
    assert wb.jobs(journal.archive) == []


# ---- processes


WRITE = """
import sys, time
import workbench as wb, torch
from workbench.work.journal import Journal
folder, number, wait = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
writing = Journal(folder).begin(wb.call(wb.experiments.winning_tickets, seed=number), name=f"process {number}")
print("begun", flush=True)
for k in range(1_000_000 if wait else 20):
    writing.add({"w": torch.full((200,), float(number)), "k": torch.tensor(k)})
    time.sleep(wait)
writing.end("finished", 1.0)
"""


def process(folder: object, number: int, wait: float = 0.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE, str(folder), str(number), str(wait)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_job_whose_process_was_killed_is_interrupted_and_its_values_are_whole(journal: Journal):
    for number in range(3):
        other = process(journal.archive, number, 0.001)
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        begun = time.monotonic()
        while not (states := [r for r in journal.records() if r.count > 2 and r.name == f"process {number}"]):
            assert time.monotonic() < begun + 60
        assert states[0].state == "running"
        assert states[0].seconds > 0
        other.send_signal(signal.SIGKILL)
        assert journal.records()[0].state in ("running", "interrupted")  # nobody waited for it yet
        other.wait()
        record = journal.records()[0]
        assert record.state == "interrupted"
        assert 0 < record.seconds < 60
        values = record.values()
        assert len(values) == record.count >= 3
        assert [value["k"].item() for value in values] == list(range(len(values)))
        other.stdout.close()
    journal.records()[0].delete()
    assert len(journal.records()) == 2


def test_two_processes_write_beside_one_another(journal: Journal):
    others = [process(journal.archive, number) for number in range(2)]
    assert [other.wait(120) for other in others] == [0, 0]
    records = journal.records()
    assert sorted(record.name for record in records) == ["process 0", "process 1"]
    for record in records:
        assert record.state == "finished"
        assert len(record.values()) == 20
        assert {value["w"][0].item() for value in record.values()} == {float(record.name[-1])}
    for other in others:
        assert other.stdout is not None
        other.stdout.close()


def test_a_job_of_this_process_that_nobody_writes_any_more_is_interrupted(journal: Journal):
    writing = journal.begin(CALL)
    assert journal.records()[0].state == "running"
    del writing
    assert journal.records()[0].state == "interrupted"


def test_a_number_that_is_used_again_is_another_process(journal: Journal):
    writing = journal.begin(CALL)
    (record,) = journal.records()
    edit(place(journal, record), lambda data: data["process"].update(pid=1))
    assert journal.records()[0].state == "interrupted"  # there is such a process, and it began at another time
    started = processes.started(1)
    edit(place(journal, record), lambda data: data["process"].update(started=started))
    assert journal.records()[0].state == "running"
    writing.end("finished", 1.0)


def test_a_job_of_another_machine_runs_until_it_was_silent_for_a_day(journal: Journal):
    writing = journal.begin(CALL)
    (record,) = journal.records()
    edit(place(journal, record), lambda data: data["process"].update(host="elsewhere"))
    assert journal.records()[0].state == "running"
    edit(place(journal, record), lambda data: data.update(began="2020-01-01T00:00:00+00:00"))
    assert journal.records()[0].state == "interrupted"
    writing.end("finished", 1.0)


# ---- what does not fit


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Forge a record: what is changed has a checksum that fits."""
    record = json.loads(path.read_text())
    record.pop("sha256")
    change(record)
    path.write_text(json.dumps({"sha256": digest(record), **record}))


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '"a"', "[" * 100_000, '{"sha256": 0}', "\x00", "{" * 99])
@pytest.mark.parametrize("file", ["job.json", "000001.json"])
def test_what_is_no_record_is_said_and_the_rest_stays_readable(journal: Journal, text: str, file: str):
    other, record = whole(journal, [1]), whole(journal, [1, 2, 3])
    place(journal, record, file).write_text(text)
    if file == "job.json":
        with pytest.warns(UserWarning, match=f"job {record.id} is damaged .*; it is left out"):
            assert [there.id for there in journal.records()] == [other.id]
    else:
        with pytest.warns(UserWarning, match="000001.json is damaged .*; it is left out"):
            assert record.values() == [1, 3]


@pytest.mark.parametrize("bit", range(0, 2000, 97))
def test_a_flipped_bit_is_noticed(journal: Journal, bit: int):
    record = whole(journal, [TICKET])
    for file in ("job.json", "000000.json"):
        data = bytearray(place(journal, record, file).read_bytes())
        data[bit % len(data)] ^= 1 << (bit % 7)
        place(journal, record, file).write_bytes(data)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert journal.records() == []
        assert record.values() == []
    assert len(heard) == 2


FORGERIES: list[Callable[[dict[str, Any]], object]] = [
    lambda data: data.update(id="20200101-000000-000000"),
    lambda data: data.update(state="perfect"),
    lambda data: data.update(count="9" * 9),
    lambda data: data.update(count=True),
    lambda data: data.update(count=-1),
    lambda data: data.update(seconds=[1]),
    lambda data: data.update(seconds=None),
    lambda data: data.update(began="yesterday"),
    lambda data: data.update(began="0001-01-01T00:00:00+23:59"),
    lambda data: data.update(name=["a"]),
    lambda data: data.update(around=None),
    lambda data: data.update(process=[]),
    lambda data: data.update(call={"call": "os.system"}),
    lambda data: data.pop("function"),
    lambda data: data.update(filler="x" * 5_000_000),
]


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_a_forged_record_is_said_and_the_rest_stays_readable(journal: Journal, number: int):
    other, record = whole(journal, [1]), whole(journal, [1])
    edit(place(journal, record), FORGERIES[number])
    with pytest.warns(UserWarning, match=f"job {record.id} is damaged"):
        assert [there.id for there in journal.records()] == [other.id]


@pytest.mark.parametrize(
    "text",
    [
        '{"call": "os.system", "arguments": {"command": "touch pwned"}}',
        '{"call": "wb.record", "arguments": {"name": "pwned"}}',
        '{"call": "wb.job", "arguments": {"archive": "pwned", "name": "x"}}',
        '{"call": "wb.experiments.winning_tickets", "arguments": {"archive": "pwned"}}',
        '{"call": "wb.experiments.winning_tickets", "arguments": 3}',
        "[" * 10_000,
        "null",
    ],
)
def test_a_hostile_call_is_listed_and_refused(journal: Journal, text: str):
    record = whole(journal, [])
    edit(place(journal, record), lambda data: data.update(call=text, described={"arguments": {"a": {"call": 3}}}))
    (forged,) = journal.records()
    assert isinstance(forged.changed, dict)
    assert len(forged.compared(record))
    with pytest.raises(ValueError, match="cannot be made again"):
        _ = forged.call


@pytest.mark.parametrize(
    "value",
    [
        {"dataclass": "subprocess.Popen", "fields": {"args": "touch pwned"}},
        {"dataclass": "wb.Archive", "fields": {"folder": 3}},
        {"dataclass": "archive_examples.Found", "source": "0" * 64, "fields": {}},
        {"tensor": "../../../etc/passwd"},
        {"tensor": "0" * 64},
        {"tensors": "0" * 64, "names": 3},
        {"table": 3},
        {"strange": 1},
    ],
)
def test_a_hostile_value_is_said_and_makes_nothing(journal: Journal, value: dict):
    record = whole(journal, [1, 2])
    edit(place(journal, record, "000000.json"), lambda data: data.update(value=value))
    with pytest.warns(UserWarning, match="000000.json is damaged"):
        assert record.values() == [2]


def test_values_and_jobs_that_were_moved_are_said(journal: Journal):
    a, b = whole(journal, [1, 2]), whole(journal, [3, 4])
    place(journal, a, "000000.json").write_bytes(place(journal, b, "000000.json").read_bytes())
    place(journal, b, "000001.json").write_bytes(place(journal, b, "000000.json").read_bytes())
    with pytest.warns(UserWarning, match="it belongs to job"):
        assert a.values() == [2]
    with pytest.warns(UserWarning, match="it belongs to job"):
        assert b.values() == [3]
    place(journal, a).write_bytes(place(journal, b).read_bytes())
    with pytest.warns(UserWarning, match=f"it is that of job {b.id}"):
        assert [record.id for record in journal.records()] == [b.id]


def test_what_is_no_job_in_the_folder_is_passed_over(journal: Journal):
    record = whole(journal, [1])
    folder = place(journal, record).parents[1]
    (folder / "notes.txt").write_text("mine")
    (folder / "20200101-000000-aaaaaa").mkdir()
    (folder / "..x").mkdir()
    assert [there.id for there in journal.records()] == [record.id]


# ---- where nothing can be written


def test_a_file_where_the_folder_should_be_is_said_and_the_job_goes_on(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="the job is not kept .*where a file stands in the way"):
        writing = Journal(tmp_path / "file").begin(CALL)
    writing.add(1)
    writing.end("finished", 1.0)
    assert "the job is not kept" in writing.problem
    assert (tmp_path / "file").read_text() == ""


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_said_and_the_job_goes_on(journal: Journal, full_disk: Callable[[int], None]):
    writing = journal.begin(CALL)
    writing.add(1)
    full_disk(1000)
    with pytest.warns(UserWarning, match="a value .dict. is not kept .the disk is full"):
        writing.add({"w": torch.zeros(1000)})
    full_disk(10**9)
    writing.add(2)
    writing.end("finished", 1.0)
    (record,) = journal.records()
    assert record.values() == [1, 2]
    assert "the disk is full" in record.problem
    full_disk(10)
    with pytest.warns(UserWarning, match="the job is not kept .the disk is full"):
        writing = journal.begin(CALL)
    writing.end("finished", 1.0)
    full_disk(10**9)
    assert len(journal.records()) == 1


# ---- at the door


def test_what_is_no_job_or_archive_is_refused_in_words(journal: Journal):
    record = whole(journal, [], "three epochs")
    with pytest.raises(ValueError, match='job "three epoch" is not known; did you mean "three epochs"'):
        wb.job(journal.archive, "three epoch")
    with pytest.raises(ValueError, match="state"):
        journal.begin(CALL).end("done", 1.0)
    with pytest.raises(ValueError, match="an Archive or its folder"):
        wb.jobs("")
    assert wb.jobs(str(journal.archive) + "elsewhere") == []
    assert record.id
