"""Progress: paths, watchers, Stop, one number for several threads, the text bar."""

import io
import threading
import time

import pytest

from workbench.work import progress
from workbench.work.progress import Progress, Stopped, Total, bar, report, walk, watch, within


def steps(n, yields=()):
    for i in range(n):
        report(i + 1, n)
        if i in yields:
            yield i


def test_nothing_happens_when_nobody_watches():
    report(1, 2)
    with within("round", 0, 3):
        report(1)


def test_a_watcher_hears_the_path_of_each_report():
    heard = []
    with watch(heard.append), within("replica", 1, 3), within("round", 2, 9):
        report(4, 5)
    report(5, 5)
    assert heard == [Progress((("replica", 1, 3), ("round", 2, 9)), 4, 5)]


def test_a_walk_sets_the_path_around_next_and_never_across_a_yield():
    heard = []
    with watch(heard.append):
        for value in walk("round", steps(4, yields=(0, 2)), 3):
            report(value, None)
    assert [(p.path, p.done) for p in heard] == [
        ((("round", 0, 3),), 1),
        ((), 0),
        ((("round", 1, 3),), 2),
        ((("round", 1, 3),), 3),
        ((), 2),
        ((("round", 2, 3),), 4),
    ]


def test_a_walk_with_an_index_stays_at_that_place():
    heard = []
    with watch(heard.append):
        assert list(walk("control", steps(2, yields=(0, 1)), 4, index=3)) == [0, 1]
    assert {p.path for p in heard} == {(("control", 3, 4),)}


def test_two_walks_in_turn_do_not_mix_their_paths():
    heard = []
    with watch(heard.append):
        for _ in zip(walk("a", steps(2, yields=(0, 1))), walk("b", steps(2, yields=(0, 1))), strict=True):
            pass
    assert [[name for name, _, _ in p.path] for p in heard] == [["a"], ["b"], ["a"], ["b"]]


def test_a_walk_that_is_dropped_closes_what_it_walks():
    closed = []

    def inner():
        try:
            yield from range(3)
        finally:
            closed.append(True)

    outer = walk("round", inner())
    next(outer)
    outer.close()
    assert closed == [True]


def test_stopped_ends_the_work_and_keeps_what_was_yielded():
    def stop(p):
        if p.done == 3:
            raise Stopped

    kept = []
    with pytest.raises(Stopped), watch(stop):
        kept.extend(steps(5, yields=range(5)))
    assert kept == [0, 1]


def test_an_outer_watcher_can_stop_what_an_inner_one_watches():
    def stop(p):
        raise Stopped

    inner = []
    with pytest.raises(Stopped), watch(stop), watch(inner.append):
        report(1, 2)
    assert inner == []
    with watch(inner.append), watch(lambda p: None):
        report(2, 2)
    assert [p.done for p in inner] == [2]


def test_share_folds_the_path_by_hand():
    assert Progress((), 1, 4).share == 0.25
    assert Progress((("round", 2, 9),), 1, 2).share == pytest.approx(2.5 / 9)
    assert Progress((("replica", 1, 3), ("round", 2, 9)), 1, 2).share == pytest.approx((1 + 2.5 / 9) / 3)
    assert Progress((("round", 8, 9),), 5, 5).share == 1.0
    assert Progress((), 3, None).share == 0.0


def test_total_adds_replicas_and_never_falls():
    total = Total()
    first, second = (("replica", 0, 2),), (("replica", 1, 2),)
    assert total(Progress(first, 2, 4)) == 0.25
    assert total(Progress(second, 1, 4)) == 0.375
    assert total(Progress((*first, ("evaluation", 0, None)), 1, 9)) == 0.375  # an aside
    assert total(Progress(first, 1, 4)) == 0.375
    total(Progress(first, 4, 4))
    assert total(Progress(second, 4, 4)) == 1.0
    assert total(Progress((), 1, 10)) == 1.0


def test_total_tells_the_time_left(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    total = Total()
    total(Progress((), 5, 10))  # resumed in the middle
    assert total.left() is None
    now[0] += 2
    total(Progress((), 6, 10))
    assert total.left() == pytest.approx(8.0)


def test_time_is_told_as_people_do():
    assert [progress.clock(s) for s in (0.2, 59.0, 125.0, 12_000.0)] == ["0 s", "59 s", "2 min 05 s", "3 h 20 min"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_in_a_file_is_few_lines_with_the_last_state():
    stream = io.StringIO()
    with bar(stream), within("round", 2, 3):
        for _ in steps(500):
            pass
    assert stream.getvalue() == "[####################] 100 %  round 3 of 3 (500 of 500)  in 0 s\n"


def test_a_bar_on_a_terminal_rewrites_its_line_about_ten_times_a_second():
    stream = Terminal()
    with bar(stream):
        begun = time.monotonic()
        done = 0
        while time.monotonic() - begun < 0.45:
            done += 1
            report(min(done, 10**6), 10**6)
        report(10**6, 10**6)
    lines = stream.getvalue().split("\r")[1:]
    assert 2 <= len(lines) <= 6
    assert "100 %" in lines[-1]
    assert lines[-1].endswith("\n")
    assert all("\n" not in line for line in lines[:-1])


def test_a_bar_shows_where_it_was_when_the_work_failed():
    stream = io.StringIO()

    def interrupted():
        report(3, 10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), bar(stream):
        interrupted()
    assert stream.getvalue().startswith("[######..............]  30 %  3 of 10")


def test_a_bar_that_heard_nothing_writes_nothing():
    stream = io.StringIO()
    with bar(stream):
        pass
    assert stream.getvalue() == ""


def test_a_bar_takes_reports_from_several_threads():
    import contextvars

    stream = Terminal()

    def work(index):
        with within("replica", index, 4):
            for i in range(3000):
                report(i + 1, 3000)

    with bar(stream):
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(work, i)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    last = stream.getvalue().split("\r")[-1]
    assert "100 %  replica" in last


def test_a_bar_begins_anew_where_all_was_done_and_other_work_begins() -> None:
    stream = Terminal()
    with bar(stream):
        for index in range(3):
            with within("replica", index, 3):
                report(7, 7)
                report(1, 1)
        time.sleep(0.11)
        with within("replica", 0, 3), within("round", 0, 2):
            report(1, 7)
    assert stream.getvalue().split("\r")[-1].startswith("[....................]   2 %")
