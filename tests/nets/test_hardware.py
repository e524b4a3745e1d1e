"""Hardware: the same choice every time, and what is not there is said."""

from __future__ import annotations

import pytest
import torch
from tiny import Own, narrow

import workbench as wb
from workbench.nets.hardware import DEFAULTS, resolve, settle
from workbench.work.public_names import public


def test_a_model_without_an_entry_gets_float32_as_it_comes():
    found = settle(Own())
    assert (found.precision, found.channels_last, found.compiled, found.execution) == ("float32", False, False, "dense")
    assert found.threads == torch.get_num_threads()
    assert found == settle(Own())


@pytest.mark.parametrize(("model", "of"), DEFAULTS)
def test_a_measured_default_is_found_by_the_public_name_of_the_model(
    digits: wb.Data, model: str, of: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workbench.nets.hardware.processor", lambda kind: of)
    models = [wb.models.named(narrow(name), digits) for name in wb.models.MODELS]
    alike = [one for one in models if type(one) is public(model)]
    assert alike
    for one in alike:
        assert (settle(one).precision, settle(one).channels_last) == DEFAULTS[model, of]


def test_auto_is_cuda_where_it_is_and_else_the_cpu():
    assert resolve("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert resolve("cpu") == "cpu"


def test_what_is_asked_for_is_taken(digits: wb.Data):
    model = wb.models.resnet8(digits)
    found = settle(model, device="cpu", precision="bfloat16", channels_last=True)
    assert (found.device, found.precision, found.memory_format) == ("cpu", "bfloat16", torch.channels_last)


def test_an_unknown_device_is_said_with_the_nearest():
    with pytest.raises(ValueError, match='device "cdua" is not known; did you mean "cuda"'):
        resolve("cdua")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_a_device_that_is_not_there_is_said():
    with pytest.raises(ValueError, match='device "cuda:1" is not on this machine; device="auto" takes the CPU here'):
        wb.train(Own(), wb.snapshot(Own()), wb.load("digits"), wb.Recipe(steps=1, device="cuda:1"))


def test_the_run_says_what_it_used(digits: wb.Data, small: torch.nn.Module):
    run = wb.train(small, wb.snapshot(small), digits, wb.Recipe(steps=1, device="cpu"))
    assert run.hardware == settle(small, device="cpu")
    assert run.hardware.processor.startswith("cpu ")
