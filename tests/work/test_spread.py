"""Spread: the same bits from threads, other processes and a cluster, and nothing that hangs or is lost there."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import spread_experiments
import torch
from distributed import Client, LocalCluster
from tiny import made

import workbench as wb
from workbench.work.progress import Progress, Stopped, watch
from workbench.work.replicas import in_order, in_order_of_seeds, replicas
from workbench.work.spread import spread

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """A real scheduler and two worker processes."""
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with LocalCluster(n_workers=2, **options) as engine, Client(engine) as client:
        yield client


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        yield pool


@pytest.fixture(scope="module")
def loky() -> Iterator[Executor]:
    from joblib.externals.loky import ProcessPoolExecutor as Loky

    with Loky(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(params=["threads", "processes", "loky", "cluster"])
def executor(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def trained() -> Callable[[int], Iterator[wb.Run]]:
    data = made()
    model, recipe = wb.models.lenet(data, hidden=(6,)), wb.Recipe(steps=2, device="cpu")

    def runs(seed: int) -> Iterator[wb.Run]:
        for s in (seed, seed + 10):
            yield wb.train(model, wb.initialise(model, seed=s), data, recipe, seed=s)

    return runs


def test_a_generator_trains_to_the_same_bits_and_its_values_stay_in_their_order(executor: Any):
    here: dict[int, list[wb.Run]] = {seed: list(trained()(seed)) for seed in range(3)}
    there: dict[int, list[wb.Run]] = {seed: [] for seed in range(3)}
    for seed, run in replicas(trained(), range(3), executor=executor):
        there[seed].append(run)
    for seed in range(3):
        for a, b in zip(here[seed], there[seed], strict=True):
            assert a.test_loss == b.test_loss
            assert all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def test_a_lambda_and_a_closure_travel_with_what_they_hold(executor: Any):
    scale = torch.tensor(2.0)
    assert sorted(replicas(lambda seed: float(seed * scale), [3, 1], executor=executor)) == [(1, 2.0), (3, 6.0)]
    assert list(replicas(lambda seed: [seed], [4, 4], executor=executor)) == [(4, [4]), (4, [4])]
    assert list(replicas(lambda seed: seed, [], executor=executor)) == []
    with spread(executor):
        assert in_order(lambda seed: wb.seeds(seed, 2), [2, 1]) == [wb.seeds(2, 2), wb.seeds(1, 2)]


def test_work_is_done_there_inside_spread_alone(cluster: Client):
    with spread(cluster):
        assert os.getpid() not in dict(replicas(lambda _: os.getpid(), range(2))).values()
        with spread(None):
            assert set(dict(replicas(lambda _: os.getpid(), range(2))).values()) == {os.getpid()}
        assert os.getpid() not in in_order(lambda _: os.getpid(), range(2))
    assert set(dict(replicas(lambda _: os.getpid(), range(2))).values()) == {os.getpid()}


@pytest.fixture(scope="module")
def wrong() -> dict[str, str]:
    """What differs in each experiment between this machine and a cluster, found in a Python of its own."""
    script = Path(spread_experiments.__file__)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", spread_experiments.WITH_REPLICAS)
def test_every_experiment_spreads_its_replicas_to_the_same_bits(name: str, wrong: dict[str, str]):
    assert wrong[name] == ""


EXPERIMENT = """
import sys
import workbench as wb
from distributed import Client, LocalCluster

if __name__ == "__main__":
    options = {"train_size": 60, "model": "lenet(hidden=(6,))", "recipe": wb.Recipe(steps=2), "rounds": 1}
    options |= {"replicas": 2, "archive": sys.argv[1]}
    cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with LocalCluster(**cluster) as engine, Client(engine) as client, wb.spread(client):
        list(wb.experiments.winning_tickets("digits", **options))
    kept = len(wb.Archive(sys.argv[1]).table())
    list(wb.experiments.winning_tickets("digits", **options))
    assert len(wb.Archive(sys.argv[1]).table()) == kept > 4
"""


def test_an_archive_in_a_shared_folder_is_filled_there_and_found_here(tmp_path: Path):
    done = run(EXPERIMENT, tmp_path, str(tmp_path / "archive"))
    assert (done.returncode, done.stderr.count("Error")) == (0, 0), done.stderr


def run(source: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (script := folder / "script.py").write_text(source)
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_data_of_many_megabytes_travel_once_and_without_a_warning(cluster: Client):
    data = torch.zeros(4_000_000)
    assert len(list(replicas(lambda seed: float(data.sum()) + seed, range(4), executor=cluster))) == 4


def test_progress_is_heard_of_each_replica_that_is_finished_at_its_place(executor: Any):
    heard: list[Progress] = []
    with watch(heard.append):
        list(replicas(lambda seed: seed, [5, 6], part="trial", costs=(3, 1), executor=executor))
    ends = {p.path: p.spans for p in heard if p.done == p.of == 1}
    assert ends == {(("trial", 0, 2),): ((0.0, 0.75),), (("trial", 1, 2),): ((0.75, 0.25),)}


def test_where_a_call_is_run_as_a_whole_values_come_in_the_order_of_the_seeds(executor: Any):
    def late(seed: int) -> list[tuple[int, int]]:
        time.sleep(0.0 if seed else 0.5)
        return list(replicas(lambda n: time.sleep(0.0 if n else 0.2) or n, [0, 1], workers=2))

    with in_order_of_seeds():
        assert list(replicas(late, [0, 1], executor=executor)) == [(seed, [(0, 0), (1, 1)]) for seed in (0, 1)]


def test_workers_says_how_many_seeds_are_there_at_once(threads: Executor):
    busy: list[int] = []
    most = []

    def work(seed: int) -> int:
        busy.append(seed)
        most.append(len(busy))
        time.sleep(0.02)
        busy.remove(seed)
        return seed

    assert len(list(replicas(work, range(6), workers=1, executor=threads))) == 6
    assert max(most) == 1


def fails() -> Callable[[int], int]:
    def deep(seed: int) -> int:
        if seed == 1:
            raise ZeroDivisionError("one")
        return seed

    return lambda seed: deep(seed)


def test_an_error_there_is_raised_here_with_its_traceback(executor: Any):
    with pytest.raises(ZeroDivisionError, match="one") as caught:
        list(replicas(fails(), [0, 1, 2], executor=executor))
    assert "in deep" in "".join(traceback.format_exception(caught.value))


def test_an_error_that_cannot_travel_comes_in_words(cluster: Client):
    class OddError(Exception):
        def __init__(self, a: int, b: int) -> None:  # which pickle makes again with one argument
            super().__init__(f"odd {a + b}")

    class HeldError(Exception):
        def __init__(self) -> None:
            super().__init__("held")
            self.lock = threading.Lock()

    def odd(seed: int) -> int:
        raise OddError(1, 2) if seed else HeldError

    for seed, words in ((0, "HeldError: held"), (1, "OddError: odd 3")):
        with pytest.raises(RuntimeError, match=words) as caught:
            list(replicas(odd, [seed], executor=cluster))
        assert "in odd" in "".join(traceback.format_exception(caught.value))


def test_what_cannot_travel_is_said(cluster: Client):
    lock = threading.Lock()
    with pytest.raises(ValueError, match=r"f must be something that another process can be sent, got .*_thread.lock"):
        replicas(lambda _: lock, [0], executor=cluster)
    with pytest.raises(ValueError, match="what f returns must be something that another process can be sent"):
        list(replicas(lambda _: threading.Lock(), [0], executor=cluster))


def test_a_module_that_lies_here_alone_is_named(cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "beside_the_notebook.py").write_text("def f(seed): return seed")
    monkeypatch.syspath_prepend(tmp_path)
    beside = importlib.import_module("beside_the_notebook")
    with pytest.raises(ValueError, match=r"a worker cannot import what f uses .*'beside_the_notebook'.*; install it"):
        list(replicas(lambda seed: beside.f(seed), [0], executor=cluster))


def test_a_worker_of_another_version_is_refused(cluster: Client):
    here = {"workbench.NUMBERS": "-1", "torch": torch.__version__, "Python": "2.7"}
    with mock.patch("workbench.work.spread.versions", return_value=here):
        rule = rf"a worker has workbench.NUMBERS {wb.NUMBERS}, not -1 and Python 3\.\d+, not 2.7, so that its bits"
        with pytest.raises(ValueError, match=rule):
            list(replicas(lambda seed: seed, [0], executor=cluster))


class Bare(Executor):
    """An executor whose workers have no workbench, or an older one."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def submit(self, fn: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        sent, future = pickle.dumps(fn), Future[Any]()
        try:
            with mock.patch.dict(sys.modules, {"workbench.work.spread": self.module}):
                future.set_result(pickle.loads(sent)(*arguments))
        except BaseException as error:
            future.set_exception(error)
        return future


@pytest.mark.parametrize("module", [None, sys])
def test_a_worker_without_this_workbench_is_refused(module: Any):
    with pytest.raises(ValueError, match=r"a worker has no workbench of this version \(.*\); install the same there"):
        list(replicas(lambda seed: seed, [0], executor=Bare(module)))


def test_the_worker_computes_with_as_many_torch_threads_as_here(cluster: Client):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert list(replicas(lambda _: torch.get_num_threads(), [0], executor=cluster)) == [(0, 3)]
    finally:
        torch.set_num_threads(before)
    assert set(cluster.run(torch.get_num_threads).values()) == {before}


@pytest.mark.parametrize("wrong", [3, "tcp://127.0.0.1:8786", ThreadPoolExecutor, [ThreadPoolExecutor], object()])
def test_what_is_no_executor_is_refused_at_the_door(wrong: Any):
    rule = "executor must be an executor of concurrent.futures or a Dask client, got"
    with pytest.raises(ValueError, match=rule):
        replicas(lambda seed: seed, [0], executor=wrong)
    with pytest.raises(ValueError, match=rule), spread(wrong):
        pass


def begun(folder: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in folder.iterdir()}


def noting(folder: Path, seconds: float) -> Callable[[int], int]:
    """A function that leaves a file, with its process in the name, when it begins."""

    def work(seed: int) -> int:
        (folder / f"{seed}-{os.getpid()}").touch()
        time.sleep(seconds)
        return seed * 10

    return work


def test_a_stop_from_outside_cancels_what_has_not_begun(executor: Any, tmp_path: Path):
    def stop(progress: Progress) -> None:
        if progress.done:
            raise Stopped

    with pytest.raises(Stopped), watch(stop):
        list(replicas(noting(tmp_path, 0.3), range(40), executor=executor))
    assert list(replicas(lambda seed: seed, [1], executor=executor)) == [(1, 1)]  # as soon as those that run have ended
    assert len(begun(tmp_path)) < 12


def test_a_stop_is_heard_while_nothing_is_finished(executor: Any, tmp_path: Path):
    began = time.monotonic()

    def stop(_: Progress) -> None:
        if time.monotonic() - began > 0.5:
            raise Stopped

    with pytest.raises(Stopped), watch(stop):
        list(replicas(noting(tmp_path, 5.0), range(2), executor=executor))
    assert time.monotonic() - began < 4


def test_closing_or_dropping_the_generator_cancels_what_has_not_begun(executor: Any, tmp_path: Path):
    for n, leave in enumerate((lambda found: found.close(), lambda _: None)):
        (folder := tmp_path / str(n)).mkdir()
        found = replicas(noting(folder, 0.3), range(40), executor=executor)
        next(found)
        leave(found)
        del found
        assert list(replicas(lambda seed: seed, [1], executor=executor)) == [(1, 1)]
        assert len(begun(folder)) < 12


def test_what_a_killed_worker_had_begun_is_done_again(tmp_path: Path):
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with LocalCluster(n_workers=2, **options) as engine, Client(engine) as client:
        found = replicas(noting(tmp_path, 1.0), range(6), executor=client)
        values = [next(found)]
        time.sleep(0.5)  # the next two have begun
        latest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime)
        os.kill(int(latest.name.partition("-")[2]), signal.SIGKILL)
        assert sorted([*values, *found]) == [(seed, seed * 10) for seed in range(6)]
    assert len(list(tmp_path.iterdir())) > 6


KEPT = """
import time, sys
import workbench as wb
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

if __name__ == "__main__":
    if sys.argv[1] == "threads":
        executor = ThreadPoolExecutor(1)
    elif sys.argv[1] == "processes":
        executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    else:
        from distributed import Client, LocalCluster
        executor = Client(LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1"))
    found = wb.replicas(lambda seed: time.sleep(0.5) or seed, range(200), executor=executor)
    next(found)
    print("half", flush=True)
"""


@pytest.mark.parametrize("way", ["threads", "processes", "cluster"])
def test_the_interpreter_ends_while_a_notebook_keeps_the_generator(way: str, tmp_path: Path):
    began = time.monotonic()
    done = run(KEPT, tmp_path, way)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (0, "half\n", False), done.stderr
    assert time.monotonic() - began < 60  # all of it would take 100 s
