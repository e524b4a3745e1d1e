"""Calls: bound, converted, keyed, printed as a script and as JSON."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import workbench
from workbench.work import calls, fingerprint, public_names
from workbench.work.calls import Call, call

ROOT = Path(__file__).parents[2]
made = []


@dataclass(frozen=True)
class Plan:
    rate: float = 0.1
    steps: int = 10
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Pair:
    weights: dict[str, torch.Tensor]
    note: str = ""


def draw(seed: int, *, scale: float = 1.0):
    made.append(("draw", seed))
    return [seed * scale, seed + scale]


def join(left, right, *, plan: Plan | None = None, sizes: tuple[int, ...] = (3, 4), rate: float | None = None):
    return left, right, plan, sizes, rate


def count(n: int, *, start: float = 0.0, archive=None) -> Iterator[float]:
    yield from (start + i for i in range(n))


def gather(first, *rest, **named):
    return first, rest, named


@pytest.fixture(autouse=True)
def _rooms(monkeypatch):
    """Show the functions above as the workbench's own, under public names."""
    made.clear()
    for thing in (draw, join, count, gather, Plan):
        monkeypatch.setattr(thing, "__module__", "workbench")
        monkeypatch.setattr(workbench, thing.__name__, thing, raising=False)
    monkeypatch.setattr(public_names, "FROM_JSON", public_names.FROM_JSON | {"draw", "join", "count", "gather", "Plan"})


def execute(script):
    names = {}
    exec(script, names)
    return names["result"]


def test_a_call_runs_what_it_names():
    assert call(draw, 3, scale=2.0).run() == [6.0, 5.0]


def test_making_a_call_runs_nothing():
    call(join, call(draw, 1), 2)
    assert made == []


def test_arguments_that_do_not_fit_are_an_error_at_once():
    with pytest.raises(TypeError, match="sclae"):
        call(draw, 1, sclae=2.0)
    with pytest.raises(TypeError, match="a call needs a function"):
        call("draw", 1)


def test_a_generator_gives_the_list_of_its_values():
    assert call(count, 3).run() == [0.0, 1.0, 2.0]
    assert next(call(count, 10**12).each()) == 0.0
    assert list(call(draw, 3).each()) == [[3.0, 4.0]]


def test_equal_inner_calls_run_once():
    both = call(join, call(draw, 1), [call(draw, 1), call(draw, 2)])
    assert both.run()[:2] == ([1.0, 2.0], [[1.0, 2.0], [2.0, 3.0]])
    assert made == [("draw", 1), ("draw", 2)]


def test_the_key_ignores_order_defaults_and_how_a_number_is_written():
    key = call(draw, 3, scale=1.0).key()
    assert len(key) == 64
    assert call(draw, scale=1, seed=3).key() == key
    assert call(draw, 3.0).key() == key
    assert call(draw, np.int64(3), scale=np.float64(1)).key() == key
    assert call(draw, 4).key() != key
    assert call(draw, 3, scale=1.0000000000000002).key() != key


def test_numbers_in_containers_and_dataclasses_are_converted_too():
    a = call(join, 1, 2, sizes=[3.0, 4.0], rate=1, plan=Plan(rate=1, steps=5))
    b = call(join, 1, 2, rate=1.0, plan=Plan(rate=1.0, steps=5))
    assert a.key() == b.key()
    assert a == b
    assert hash(a) == hash(b)
    assert a.run()[3] == (3, 4)


def test_a_bool_is_no_number():
    assert call(draw, True).key() != call(draw, 1).key()


def test_the_key_moves_with_numbers_threads_device_and_torch(monkeypatch):
    one = call(draw, 3)
    keys = {one.key()}
    monkeypatch.setattr(workbench, "NUMBERS", workbench.NUMBERS + 1)
    keys.add(one.key())
    monkeypatch.setattr(calls.torch, "get_num_threads", lambda: 99)
    keys.add(one.key())
    monkeypatch.setattr(calls.torch, "__version__", "1.0")
    keys.add(one.key())
    assert len(keys) == 4


def test_the_archive_is_no_part_of_the_key(tmp_path):
    assert call(count, 3, archive=tmp_path).key() == call(count, 3).key()


def test_the_key_is_the_same_in_another_process():
    code = "import workbench as wb; print(wb.call(wb.seeds, 1, 3).key())"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert there == call(workbench.seeds, 1, 3).key() + "\n"


def test_a_set_in_code_without_source_counts_alike_in_every_process():
    """The frozen dataclasses of Python 3.12 hold such a set in the methods that are made for them."""
    code = (
        'from workbench.work.fingerprint import source_hash; exec(\'def f(x): return x in {1.5, 2.5, "a", "b", "c"}\')'
    )
    command = [sys.executable, "-c", code + "; print(source_hash(f))"]
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in "123"]
    hashes = {
        subprocess.run(command, env=env, capture_output=True, cwd=ROOT, check=True).stdout for env in environments
    }
    assert len(hashes) == 1


def test_tensors_count_by_content():
    a, b = {"w": torch.arange(4.0), "b": torch.zeros(2)}, {"b": torch.zeros(2), "w": torch.arange(4.0)}
    key = call(join, a, 0).key()
    assert call(join, b, 0).key() == key
    assert call(join, a | {"w": torch.arange(4.0).view(2, 2)}, 0).key() != key
    assert call(join, a | {"w": torch.arange(4.0).double()}, 0).key() != key
    assert call(join, a | {"w": torch.tensor([0.0, 1.0, 2.0, 3.5])}, 0).key() != key
    assert call(join, {"v": a["w"], "b": a["b"]}, 0).key() != key


@pytest.mark.parametrize("dtype", [torch.bool, torch.bfloat16, torch.int64, torch.complex64])
def test_tensors_of_any_dtype_shape_and_memory_have_a_fingerprint(dtype):
    tensor = torch.arange(12).reshape(3, 4).to(dtype)
    assert calls.fingerprint(tensor.T) == calls.fingerprint(tensor.T.contiguous())
    assert calls.fingerprint(tensor.T) != calls.fingerprint(tensor)
    assert calls.fingerprint(torch.zeros((), dtype=dtype)) != calls.fingerprint(torch.zeros(0, dtype=dtype))


def test_dataclasses_count_by_name_and_fields():
    one = calls.fingerprint(Pair({"w": torch.ones(2)}))
    assert calls.fingerprint(Pair({"w": torch.ones(2)})) == one
    assert calls.fingerprint(Pair({"w": torch.zeros(2)})) != one
    assert calls.fingerprint(Pair({"w": torch.ones(2)}, "b")) != one


def test_a_value_with_a_fingerprint_counts_by_it():
    class Data:
        fingerprint = "abc"

    assert call(join, Data(), 0).key() == call(join, Data(), 0).key()


def test_a_module_counts_by_its_structure_and_never_by_its_weights():
    def net(width):
        return nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 2))

    assert calls.fingerprint(net(4)) == calls.fingerprint(net(4))
    assert calls.fingerprint(net(4)) != calls.fingerprint(net(5))


def test_a_module_from_outside_counts_by_its_source(monkeypatch):
    monkeypatch.undo()
    first = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"
    nets = []
    for source in (first, first, first.replace("return x", "return -x")):
        names = {"nn": nn, "__name__": __name__}
        exec(source, names)
        nets.append(calls.fingerprint(names["Net"]()))
    assert nets[0] == nets[1] != nets[2]


def test_a_function_from_outside_counts_by_its_source_and_what_it_uses(monkeypatch):
    monkeypatch.undo()

    def outside(factor):
        def work(x):
            return x * factor

        return work

    assert call(outside(2), 1).key() == call(outside(2), 1).key()
    assert call(outside(2), 1).key() != call(outside(3), 1).key()
    with pytest.raises(TypeError, match="factor, which"):
        call(outside(object()), 1).key()


def test_what_has_no_fingerprint_is_a_type_error_that_names_the_argument():
    with pytest.raises(TypeError, match=r'workbench.join: argument "right"\[1\] is a object, which'):
        call(join, 1, [2, object()]).key()
    with pytest.raises(TypeError, match=r'argument "left".*generator'):
        call(join, (x for x in "ab"), 2).key()


def test_nan_is_refused_and_infinity_is_not():
    with pytest.raises(ValueError, match=r'workbench.join: argument "rate" is nan'):
        call(join, 1, 2, rate=float("nan")).key()
    endless = call(join, 1, -float("inf"), rate=float("inf"))
    assert Call.from_json(endless.json()) == endless
    assert execute(endless.script()) == endless.run()


def test_a_script_is_what_a_person_would_type():
    both = call(join, call(draw, 1), call(draw, 1), plan=Plan(steps=3), sizes=(5,), rate=0.1)
    assert both.script() == (
        "import workbench as wb\n"
        "\n"
        "left = wb.draw(1)\n"
        "result = wb.join(left, left, plan=wb.Plan(steps=3), sizes=(5,), rate=0.1)\n"
    )


def test_a_script_names_variables_after_what_they_fill_and_never_one_name_twice():
    deep = call(join, call(join, call(draw, 1), call(draw, 2)), call(count, 2))
    assert deep.script().splitlines()[2:] == [
        "left = wb.draw(1)",
        "right = wb.draw(2)",
        "left_2 = wb.join(left, right)",
        "right_2 = list(wb.count(2))",
        "result = wb.join(left_2, right_2)",
    ]


def test_a_script_of_a_generator_is_a_list():
    assert call(count, 3).script().endswith("result = list(wb.count(3))\n")


def test_a_long_script_has_an_argument_a_line():
    long = call(join, "a" * 50, "b" * 50, rate=0.5)
    assert f'result = wb.join(\n    "{"a" * 50}",\n    "{"b" * 50}",\n    rate=0.5,\n)' in long.script()


AWKWARD = [
    call(join, {"a": (1, 2.5, None), "b": [True, -0.0]}, 'quote " and \\ and \n and é'),
    call(join, 0.1 + 0.2, 1e-300, rate=5e-324),
    call(join, (), [], plan=Plan(0.3, 7, ("x", "y"))),
    call(join, {1: "one", (2, 3): "pair"}, 10**30),
    call(gather, 1, 2, (3,), key=[4], other=Plan()),
    call(join, call(gather, call(draw, 2)), [call(draw, 2), {"in": call(draw, 3)}]),
    call(count, 4, start=2.0),
]


@pytest.mark.parametrize("one", AWKWARD, ids=range(len(AWKWARD)))
def test_a_script_does_the_same(one):
    assert repr(execute(one.script())) == repr(one.run())


@pytest.mark.parametrize("one", AWKWARD, ids=range(len(AWKWARD)))
def test_json_carries_a_call_whole(one):
    again = Call.from_json(one.json())
    assert again == one
    assert again.key() == one.key()
    assert repr(again.run()) == repr(one.run())
    assert "\n" not in one.json()


def test_an_archive_is_printed_where_it_is_plain_and_is_no_part_of_json():
    assert call(count, 1, archive="runs").script().endswith('list(wb.count(1, archive="runs"))\n')
    assert call(count, 1, archive=object()).script().endswith("list(wb.count(1))\n")
    assert call(count, 1, archive="runs").json() == call(count, 1).json()


def test_a_call_that_holds_a_value_has_no_script_and_says_which():
    holds = call(join, 1, {"w": torch.ones(2)})
    for text in (holds.script, holds.json):
        with pytest.raises(ValueError, match=r'wb.join: argument "right".* holds a value \(torch.Tensor\)'):
            text()
    assert len(holds.key()) == 64


def test_a_function_without_a_public_name_has_no_script_and_runs():
    hidden = call(lambda x: x + 1, 2)
    with pytest.raises(ValueError, match=r"<lambda>.*no public name"):
        hidden.script()
    assert hidden.run() == 3


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "3",
        "{}",
        '{"call": "os.system", "arguments": {"command": "true"}}',
        '{"call": "wb.work.calls.json.loads", "arguments": {"s": "1"}}',
        '{"call": "wb._lazy", "arguments": {}}',
        '{"call": "wb.os.getcwd", "arguments": {}}',
        '{"call": "wb.torch.load", "arguments": {"f": "x"}}',
        '{"call": "wb.draw", "arguments": {"seeed": 1}}',
        '{"call": "wb.draw", "arguments": 3}',
        '{"call": 3, "arguments": {}}',
        '{"dataclass": "wb.Plan", "fields": {}}',
        '{"call": "wb.draw", "arguments": {"seed": {"dataclass": "wb.draw", "fields": {"seed": 1}}}}',
        '{"call": "wb.draw", "arguments": {"seed": {"dataclass": "wb.Plan", "fields": {"speed": 1}}}}',
        '{"call": "wb.draw", "arguments": {"seed": {"unknown": 1}}}',
    ],
)
def test_json_that_is_no_call_of_public_names_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011
        Call.from_json(text)
    assert made == []


def test_a_misspelt_public_name_is_told_the_nearest():
    with pytest.raises(ValueError, match=r'did you mean "wb\.train"'):
        Call.from_json('{"call": "wb.trian", "arguments": {}}')


def test_a_call_prints_on_one_line():
    shown = repr(call(join, {"w": torch.ones(100)}, call(draw, 1)))
    assert shown == "Call(wb.join, left=<dict>, right=Call(wb.draw, seed=1))"


def test_real_public_names_resolve(monkeypatch):
    monkeypatch.undo()
    one = call(workbench.seeds, 1, call(workbench.seeds, 1, 1))
    assert json.loads(one.json())["call"] == "wb.seeds"
    assert Call.from_json(one.json()) == one
    assert "n = wb.seeds(1, 1)" in one.script()


def test_threads_read_sources_one_after_another(monkeypatch: pytest.MonkeyPatch):
    """Python 3.11 raises a SystemError now and then where two threads parse at once."""
    inside, most = [], []

    def slow(thing: object) -> str:
        inside.append(thing)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return "source"

    monkeypatch.setattr(fingerprint.inspect, "getsource", slow)
    threads = [threading.Thread(target=fingerprint.source_hash, args=(slow,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
