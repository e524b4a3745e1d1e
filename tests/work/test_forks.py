"""A process that is forked beside threads works on: no lock is left that a thread held which is not in the child."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import faulthandler, os, sys, tempfile, threading, time
sys.path.insert(0, {root!r})
import workbench as wb

def own(data):
    return 3

def busy():
    for i in range(10**9):
        data = wb.load("digits", train_size=100 + i % 50)
        model = wb.models.lenet(data, seed=i)
        wb.call(own, data).key()
        wb.initialise(model, seed=i)

def child():
    faulthandler.dump_traceback_later(20)  # where it hangs
    data = wb.load("digits", train_size=77)
    model = wb.models.lenet(data, seed=1)
    call = wb.call(wb.snapshot, model)
    wb.call(own, data).key()
    with tempfile.TemporaryDirectory() as folder:
        wb.Archive(folder).run(call)
    assert len(list(wb.replicas(lambda seed: wb.evaluate(model, wb.snapshot(model), data.test).accuracy, [1, 2]))) == 2
    with wb.progress.bar(open(os.devnull, "w")):
        wb.progress.report(1, 1)

for _ in range(2):
    threading.Thread(target=busy, daemon=True).start()
time.sleep({before})
for trial in range({trials}):
    pid = os.fork()
    if pid == 0:
        try:
            child()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    end = time.monotonic() + 30
    while (status := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            print("hangs", flush=True)
            os._exit(1)
        time.sleep(0.005)
    print(status[1], flush=True)
    time.sleep(0.003 * (trial % 7))
os._exit(0)
"""


@pytest.mark.parametrize(("before", "trials"), [(0.02, 1), (0.3, 1), (1.5, 23)])
def test_a_fork_beside_threads_works_on(before: float, trials: int):
    code = SCRIPT.format(root=str(ROOT), before=before, trials=trials)
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=300)
    assert ended.stdout.split() == ["0"] * trials, ended.stderr


def test_a_lock_that_was_held_is_free_in_the_child():
    code = (
        f"import os, sys, threading; sys.path.insert(0, {str(ROOT)!r})\n"
        "from workbench.work.locks import Lock\n"
        "for lock in (Lock(), Lock(threading.RLock)):\n"
        "    held, end = threading.Event(), threading.Event()\n"
        "    def hold():\n"
        "        with lock:\n"
        "            held.set(); end.wait()\n"
        "    thread = threading.Thread(target=hold); thread.start(); held.wait()\n"
        "    if (pid := os.fork()) == 0:\n"
        "        with lock: os._exit(0)\n"
        "    assert os.waitpid(pid, 0)[1] == 0\n"
        "    end.set(); thread.join()\n"
        "    with lock:\n"
        "        pid = os.fork()\n"
        "    if pid == 0:\n"
        "        with lock: os._exit(0)\n"
        "    assert os.waitpid(pid, 0)[1] == 0\n"
    )
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
