"""Functions that use `wb`, and what they return, go to other processes: by joblib, by fork, by spawn, and by executors."""

from __future__ import annotations

import pickle
import subprocess
import sys
import types
from pathlib import Path

import cloudpickle
import pytest
from tiny import made

import workbench as wb

SCRIPT = """
import concurrent.futures, multiprocessing, sys
import joblib
import workbench as wb

def run(seed):
    data = wb.load("digits", train_size=40)
    model = wb.models.lenet(data, hidden=(6,))
    return wb.train(model, wb.initialise(model, seed=seed), data, wb.Recipe(steps=2, device="cpu"), seed=seed)

if __name__ == "__main__":
    here = [run(seed).test_loss for seed in (0, 1)]
    if sys.argv[1] == "joblib":
        runs = joblib.Parallel(n_jobs=2)(joblib.delayed(lambda seed: run(seed))(seed) for seed in (0, 1))
    elif sys.argv[1] == "wb.replicas in a pool":
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            runs = [r for _, r in sorted(wb.replicas(run, (0, 1), executor=pool), key=lambda pair: pair[0])]
    elif sys.argv[1] == "wb.replicas on a cluster":
        from distributed import Client, LocalCluster
        cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
        with LocalCluster(**cluster) as engine, Client(engine) as client:
            runs = [r for _, r in sorted(wb.replicas(run, (0, 1), executor=client), key=lambda pair: pair[0])]
    else:
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            runs = pool.map(run, (0, 1))
    assert [r.test_loss for r in runs] == here, (runs, here)
"""


@pytest.mark.parametrize("way", ["joblib", "fork", "spawn", "wb.replicas in a pool", "wb.replicas on a cluster"])
def test_other_processes_train_to_the_same_numbers(way: str, tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(script), way], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "use",
    [
        lambda: wb,
        lambda: wb.models.lenet,
        lambda: wb.landscape,
        lambda: wb.pruning.METHODS["magnitude"],
        lambda: wb.experiments.winning_tickets,
        lambda: wb.load("digits", train_size=20).train.ids.tolist(),
        lambda: wb.Recipe(epochs=2, loss=wb.losses.Focal(1.0)),
    ],
)
def test_a_function_that_uses_what_is_loaded_lazily_is_carried_by_value(use: object):
        assert callable(use)
    assert pickle.loads(cloudpickle.dumps(use))() == use()


def test_the_packages_are_plain_modules_which_pickling_libraries_ask_for():
    modules = [m for name, m in list(sys.modules.items()) if name.partition(".")[0] == "workbench"]
    assert {type(module) for module in modules} == {types.ModuleType}


def test_values_come_back_from_another_process_as_they_were():
    data = made()
    model = wb.models.lenet(data, hidden=(6,))
    run = wb.train(model, wb.snapshot(model), data, wb.Recipe(steps=2))
    for value in (data, run, wb.call(wb.load, "digits"), wb.Archive("a folder"), wb.masks.full(model), model):
        again = pickle.loads(pickle.dumps(value))
        assert repr(again) == repr(value)
