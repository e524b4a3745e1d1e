"""Sweeps on real engines: schedulers and workers that are processes, killed, stopped, refused, and called again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas
import papermill
import pytest
from engines import alive, below, engine, kill
from made_notebooks import made_notebook, runs
from pandas.testing import assert_frame_equal
from waiting import until

from workbench import sweep
from workbench.sweep.engine import client_of, this_machine
from workbench.sweep.point import Task, run_point
from workbench.sweep.store import Store


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    (tmp_path / "trace").mkdir()
    return tmp_path / "trace"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with engine(tmp_path_factory.mktemp("engine")) as (address, _):
        yield address


def numbers(folder: Path) -> pandas.DataFrame:
    return sweep.table(folder, "numbers").drop(columns=["seconds", "parameter_trace", "point"])


def test_a_scheduler_and_two_workers_over_tcp_finish_all_points_and_the_same_tables_as_papermill(
    cluster: str, tmp_path: Path
) -> None:
    book = made_notebook(tmp_path)
    plan = sweep.plan(book, {"seed": range(3), "kinds": [["a"], []]}, out=tmp_path / "out")
    ended = list(sweep.run(plan, address=cluster))
    assert {one.point for one in ended} == {point.name for point in plan.points}
    assert sorted(one.parameters["seed"] for one in ended) == [0, 0, 1, 1, 2, 2]  # one worker may overtake the other
    assert {one.state for one in ended} == {"finished"}
    table = sweep.table(tmp_path / "out", "numbers")
    assert len(table) == 3 * 2 * 3
    assert set(table.parameter_kinds) == {'["a"]', "[]"}
    assert "parameter_seed" not in table  # it has one itself
    assert set(table.parameter_model) == {"lenet(hidden=(512, 512))"}
    given = {"seed": 2, "kinds": [], "out": str(tmp_path / "plain")}
    papermill.execute_notebook(book, None, given, kernel_name="python3", language="python", progress_bar=False)
    plain = pandas.read_parquet(tmp_path / "plain" / "numbers.parquet").drop(columns="seconds")
    same = table.query("seed == 2 and parameter_kinds == '[]'").reset_index(drop=True)
    assert_frame_equal(same.reindex(columns=plain.columns), plain)


def test_a_worker_that_is_killed_in_the_middle_of_a_run_costs_no_point(tmp_path: Path, trace: Path) -> None:
    book = made_notebook(tmp_path)
    plan = sweep.plan(book, {"seed": range(4), "wait": 4, "trace": str(trace)}, out=tmp_path / "out")
    with engine(tmp_path) as (address, workers):
        ended: list[sweep.Ended] = []
        thread = threading.Thread(target=lambda: ended.extend(sweep.run(plan, address=address)))
        thread.start()
        until(lambda: len(runs(trace)) == 2)
        kill(workers[0])
        thread.join(120)
        assert not thread.is_alive()
    assert sorted(one.state for one in ended) == ["finished"] * 4
    assert runs(trace, "ended") == dict.fromkeys(range(4), 1)
    assert sum(runs(trace).values()) == 5  # the point of the killed worker, and no other, began twice
    assert Store(str(tmp_path / "out")).names("running") == []


def test_a_sweep_that_is_killed_and_called_again_runs_no_finished_point_twice_and_ends_with_the_same_tables(
    tmp_path: Path, trace: Path
) -> None:
    book, out = made_notebook(tmp_path), tmp_path / "out"
    words = [sys.executable, "-m", "workbench.terminal", "sweep", str(book), "-p", "seed=0:5", "-p", "wait=2"]
    words += ["-p", f"trace={trace}", "--workers", "2", "--out", str(out)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    until(lambda: Store(str(out)).names("finished") and len(runs(trace)) >= 3)
    others = below(process.pid)
    assert len(others) >= 4  # the scheduler's, two workers, a kernel or two
    kill(process.pid)
    process.wait()
    until(lambda: not alive(others), 30)  # nothing of it is left behind
    finished = [seed_of(name) for name in Store(str(out)).names("finished")]
    assert 0 < len(finished) < 5
    again = subprocess.run(words, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "5 of 5 points are finished" in again.stdout
    assert [runs(trace)[seed] for seed in finished] == [1] * len(finished)
    assert runs(trace, "ended").keys() == set(range(5))
    undisturbed = sweep.plan(book, {"seed": range(5), "wait": 2}, out=tmp_path / "undisturbed")
    assert len(list(sweep.run(undisturbed))) == 5
    assert_frame_equal(numbers(out), numbers(tmp_path / "undisturbed"))


def test_a_point_that_raises_is_tried_again_keeps_its_notebook_and_traceback_and_the_others_go_on(
    cluster: str, tmp_path: Path, trace: Path
) -> None:
    book, out = made_notebook(tmp_path), tmp_path / "out"
    points = [{"seed": 0}, {"seed": 1, "fails": True, "trace": str(trace)}, {"seed": 2}]
    plan = sweep.plan(book, points=points, out=out)
    ended = {one.parameters["seed"]: one for one in sweep.run(plan, address=cluster, retries=2)}
    assert {seed: one.state for seed, one in ended.items()} == {0: "finished", 1: "failed", 2: "finished"}
    assert (ended[1].attempts, ended[1].error) == (3, "RuntimeError: no luck with 1")
    assert runs(trace) == {1: 3}
    record = Store(str(out)).record("failed", ended[1].point)
    assert record is not None
    assert "raise RuntimeError" in record["traceback"]
    kept = nbformat.read(out / "notebooks" / f"{ended[1].point}.ipynb", as_version=4)
    assert any("seed 1" in str(cell.get("outputs")) for cell in kept.cells)  # what it had done
    log = (out / "logs" / f"{ended[1].point}.txt").read_text()
    assert "try 3" in log
    assert "seed 1\n" in log
    assert "failed after" in log
    table = sweep.points(out)
    assert list(table.state) == ["finished", "failed", "finished"]
    assert [one.state for one in sweep.run(plan, address=cluster, retries=0)] == ["failed"]  # called again, tried again


def test_a_point_whose_kernel_dies_says_so(cluster: str, tmp_path: Path) -> None:
    plan = sweep.plan(made_notebook(tmp_path), {"dies": True}, out=tmp_path / "out")
    (ended,) = sweep.run(plan, address=cluster, retries=0)
    assert ended.state == "failed"
    assert "its kernel died, most often for want of memory" in ended.error
    assert "in cell" in ended.error


def test_a_point_that_never_ends_is_ended_by_its_limit_and_the_others_go_on(
    cluster: str, tmp_path: Path, trace: Path
) -> None:
    points = [{"seed": 0, "wait": 1e6, "trace": str(trace)}, {"seed": 1}]
    plan = sweep.plan(made_notebook(tmp_path), points=points, out=tmp_path / "out")
    ended = {one.parameters["seed"]: one for one in sweep.run(plan, address=cluster, limit="8s", retries=0)}
    assert ended[1].state == "finished"
    assert ended[0].state == "failed"
    assert "it took longer than its limit of 8 s, in cell 4 of 6" in ended[0].error
    assert ended[0].seconds < 60
    kernel = int(next(trace.glob("begun-0-*")).name.split("-")[2])
    until(lambda: not alive({kernel}), 30)


def test_a_folder_that_becomes_unwritable_ends_the_sweep_in_words(cluster: str, tmp_path: Path, trace: Path) -> None:
    out = tmp_path / "out"
    plan = sweep.plan(made_notebook(tmp_path), {"seed": range(6), "wait": 1, "trace": str(trace)}, out=out)
    running = sweep.run(plan, address=cluster)
    next(running)
    out.rename(tmp_path / "moved")
    out.write_text("a file stands where the folder was")
    with pytest.raises(
        OSError, match=r"can no longer be written .*; what was finished is kept: mend that and call again"
    ):
        list(running)
    out.unlink()
    (tmp_path / "moved").rename(out)
    assert list(sweep.run(plan, address=cluster))
    assert len(Store(str(out)).names("finished")) == 6


@pytest.mark.parametrize("kind", ["refuses", "is silent", "no address"])
def test_a_scheduler_that_is_not_there_is_said_within_ten_seconds(kind: str, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if kind == "is silent":
            silent.listen()
        address = "nowhere:at:all" if kind == "no address" else f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        plan = sweep.plan(made_notebook(tmp_path), out=tmp_path / "out")
        began = time.monotonic()
        with pytest.raises(ConnectionError, match=r"no scheduler that lets us in answers at .*; `dask sch"):
            list(sweep.run(plan, address=address))
        assert time.monotonic() - began < 10


def test_with_tls_on_a_client_without_credentials_is_refused_and_one_with_them_is_served(tmp_path: Path) -> None:
    tls = credentials(tmp_path)
    plan = sweep.plan(made_notebook(tmp_path), out=tmp_path / "out")
    with engine(tmp_path, workers=1, tls=tls) as (address, _):
        assert address.startswith("tls://")
        for other in (address, address.replace("tls://", "tcp://")):
            began = time.monotonic()
            with pytest.raises(ConnectionError, match="no scheduler that lets us in answers"):
                list(sweep.run(plan, address=other))
            assert time.monotonic() - began < 10
        (tmp_path / "other").mkdir()
        strangers = credentials(tmp_path / "other")
        with pytest.raises(ConnectionError, match="no scheduler that lets us in answers"):
            list(sweep.run(plan, address=address, tls=strangers))
        assert [one.state for one in sweep.run(plan, address=address, tls=tls)] == ["finished"]


def test_two_sweeps_into_one_folder_share_the_work(cluster: str, tmp_path: Path, trace: Path) -> None:
    out = tmp_path / "out"
    plan = sweep.plan(made_notebook(tmp_path), {"seed": range(5), "wait": 1, "trace": str(trace)}, out=out)
    ended: list[list[sweep.Ended]] = [[], []]
    threads = [threading.Thread(target=lambda i=i: ended[i].extend(sweep.run(plan, address=cluster))) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [{one.state for one in each} for each in ended] == [{"finished"}, {"finished"}]
    assert runs(trace, "ended").keys() == set(range(5))
    assert len(sweep.table(out, "numbers")) == 5 * 3


def test_a_point_that_another_sweep_works_at_is_left_to_it_until_that_is_gone(tmp_path: Path, trace: Path) -> None:
    book = made_notebook(tmp_path)
    (point,) = sweep.plan(book, {"trace": str(trace)}, out=tmp_path / "out").points
    ours = {"out": "", "interactive": False}
    task = Task(point.name, "made", point.notebook.text, point.parameters, ours, str(tmp_path / "out"), "ours")
    store = Store(str(tmp_path / "out"))
    from workbench.work.processes import this_process

    theirs = {"point": point.name, "sweep": "theirs", "process": this_process(), "parameters": {}}
    store.write("running", point.name, {**theirs, "beat": time.time()})
    assert run_point(task).state == "elsewhere"
    store.write("running", point.name, {**theirs, "beat": time.time(), "process": {**this_process(), "pid": 2**22 + 1}})
    assert run_point(task).state == "finished"  # a process of this machine that is no more
    assert run_point(task).state == "finished"
    assert runs(trace) == {0: 1}


def test_stopping_leaves_what_is_finished_and_ends_what_runs(cluster: str, tmp_path: Path, trace: Path) -> None:
    out = tmp_path / "out"
    waits = {"seed": range(5), "wait": [0, 100, 100, 100, 100], "trace": [str(trace)] * 5}
    running = sweep.run(sweep.plan(made_notebook(tmp_path), zipped=waits, out=out), address=cluster)
    assert next(running).state == "finished"
    until(lambda: len(runs(trace)) >= 2)
    kernels = {int(file.name.split("-")[2]) for file in trace.glob("begun-*")}
    began = time.monotonic()
    running.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 10
    until(lambda: not alive(kernels), 30)
    assert len(Store(str(out)).names("finished")) == 1
    time.sleep(2)
    assert len(runs(trace)) <= 3  # and nothing new begins


def test_a_script_needs_no_guard_and_a_kernel_is_this_python(tmp_path: Path) -> None:
    book = made_notebook(tmp_path)
    script = tmp_path / "script.py"
    script.write_text(
        "import workbench as wb\n"
        f"plan = wb.sweep.plan({str(book)!r}, {{'seed': [0, 1]}}, out={str(tmp_path / 'out')!r})\n"
        "print(sorted(one.state for one in wb.sweep.run(plan, workers=2)))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "['finished', 'finished']\n", done.stderr
    (tmp_path / "own").mkdir()
    write = "import sys, pandas\nPath(out).mkdir()\nrows = [{'python': sys.prefix, 'folder': os.getcwd()}]\n"
    write += "rows[0]['cores'] = os.environ['WORKBENCH_CORES']\n"
    own = made_notebook(
        tmp_path / "own", write=write + "pandas.DataFrame(rows).to_parquet(Path(out, 'told.parquet'))\n"
    )
    list(sweep.run(sweep.plan(own, out=tmp_path / "told"), cores=2))
    told = sweep.table(tmp_path / "told", "told").iloc[0]
    assert (told.python, told.folder, told.cores) == (sys.prefix, os.getcwd(), "2")


def seed_of(point: str) -> int:
    return int(point.split("seed=")[1].split("-")[0])


def credentials(folder: Path) -> dict[str, str]:
    """An authority's certificate, a certificate and a key, made for this test."""
    from distributed.security import Security

    made = Security.temporary()
    paths = {"ca": folder / "ca.pem", "cert": folder / "cert.pem", "key": folder / "key.pem"}
    for name, text in (("ca", made.tls_ca_file), ("cert", made.tls_client_cert), ("key", made.tls_client_key)):
        paths[name].write_text(str(text))
    return {name: str(path) for name, path in paths.items()}


def test_this_machines_workers_listen_on_loopback_alone() -> None:
    import psutil

    with this_machine(2) as address, client_of(address, 2, None) as client:
        client.wait_for_workers(2)
        ours = [one for one in psutil.Process().children() if "workbench.sweep.local" in one.cmdline()]
        started = [process for one in ours for process in (one, *one.children(recursive=True))]
        sockets = [
            socket.laddr.ip
            for process in started
            for socket in process.net_connections()
            if socket.status == psutil.CONN_LISTEN
        ]
    assert len(sockets) >= 3  # of a scheduler and two workers
    assert set(sockets) == {"127.0.0.1"}


def test_the_folder_may_be_a_url(tmp_path: Path) -> None:
    """In one process, for what lies in memory is its own; the worker's part is called as Dask calls it."""
    out = f"memory://{tmp_path.name}/sweep"
    plan = sweep.plan(made_notebook(tmp_path), points=[{"seed": 0}, {"seed": 1, "fails": True}], out=out)
    for point in plan.points:
        ours = {"out": "", "archive": f"{out}/archive", "interactive": False}
        run_point(Task(point.name, "made", point.notebook.text, point.parameters, ours, out, "here"))
    assert list(sweep.points(out).state) == ["finished", "failed"]
    assert list(sweep.table(out, "numbers").value) == [0.0, 1.0, 2.0]
    store = Store(out)
    assert store.names("running") == []
    assert b"no luck with 1" in store.folder.read(f"notebooks/{plan.points[1].name}.ipynb")
    assert sweep.plan(tmp_path / "made.ipynb", {"seed": 0}, out=out).left == []
