"""The curve of what trains now: points at once, few enough, cheap enough, from every thread."""

from __future__ import annotations

import threading
import time
from contextvars import copy_context

import workbench as wb
from workbench.charts.training_now import training_now
from workbench.panels import curve as file
from workbench.panels.curve import MOST, Curve
from workbench.training.look import Look

DATA = wb.load("digits", train_size=200)


def training(steps=10, look=None):
    """Report the steps of a training that is not one."""
    for step in range(1, steps + 1):
        sight = look or (lambda accuracy=True, step=step: Look(step, steps, 1 / step, 0.5 if accuracy else None))
        wb.progress.report(step, steps, "step", sight)


def test_there_is_a_point_at_the_first_step():
    curve = Curve()
    with wb.progress.watch(curve), wb.progress.within("ticket", 0, 2), wb.progress.within("round", 2, 9):
        training(1)
    (point,) = curve.points
    assert (point.step, point.of, point.loss, point.accuracy) == (1, 1, 1.0, 0.5)
    assert point.part == "training the ticket of round 3 of 9"


def test_every_training_begins_with_a_point_and_each_replica_is_named(monkeypatch):
    curve = Curve()
    with wb.progress.watch(curve):
        for replica in range(2):
            with wb.progress.within("replica", replica, 2):
                training(3)
                training(3)
    assert [(p.number, p.replica) for p in curve.points if p.step == 1] == [
        (1, "replica 1 of 2"),
        (2, "replica 1 of 2"),
        (3, "replica 2 of 2"),
        (4, "replica 2 of 2"),
    ]


def test_a_million_steps_leave_few_points_the_last_training_dense(monkeypatch):
    monkeypatch.setattr(file, "SOON", 0.0)
    monkeypatch.setattr(file, "PARTS", 10**6)
    curve = Curve()
    with wb.progress.watch(curve):
        for _ in range(20):
            training(500)
    points = curve.points
    assert MOST / 4 <= len(points) <= MOST
    assert [p.step for p in points[-50:]] == list(range(451, 501))
    assert points[0].number < points[-1].number


def test_a_dear_look_is_left_out():
    asked = []

    def dear(*, accuracy=True):
        asked.append(accuracy)
        began = time.thread_time()
        while accuracy and time.thread_time() - began < 0.05:
            pass
        return Look(1, 400, 1.0, None)

    curve = Curve()
    with wb.progress.watch(curve):
        for step in range(400):
            wb.progress.report(step + 1, 400, "step", dear)
            time.sleep(0.001)
    assert asked.count(True) == 1
    assert asked.count(False) > 3


def test_a_look_that_fails_stops_nothing():
    def broken(*, accuracy=True):
        raise RuntimeError("no eval mode")

    curve = Curve()
    with wb.progress.watch(curve):
        training(5, broken)
    assert curve.points == ()


def test_the_speed_counts_the_steps_of_all_threads():
    curve = Curve()

    def work():
        for step in range(60):
            wb.progress.report(step + 1, 60, "step")
            time.sleep(0.005)

    with wb.progress.watch(curve):
        threads = [threading.Thread(target=copy_context().run, args=(work,)) for _ in range(2)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
    assert 0.3 * 120 / took < curve.speed < 1.5 * 120 / took


def test_the_chart_draws_the_training_that_each_replica_is_in():
    curve = Curve()
    model = wb.models.lenet(DATA, hidden=(20,))
    with wb.progress.watch(curve):
        for replica in range(2):
            with wb.progress.within("replica", replica, 2):
                for _ in range(2):
                    wb.train(model, wb.snapshot(model), DATA, wb.Recipe(steps=30))
    rows = training_now.rows(curve.points)
    assert {row["line"] for row in rows if row["role"] == "point"} == {"replica 1 of 2", "replica 2 of 2"}
    assert min(row["step"] for row in rows if row["role"] == "point" and row["measure"] == "loss") == 1
    assert training_now(curve.points).to_dict()["title"]["subtitle"][0].startswith("training")
    assert training_now(()).to_dict()
