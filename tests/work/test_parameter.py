"""A parameter takes what is meant, from Python and from a terminal, and refuses the rest in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from workbench.work.parameter import Parameter

WHOLE = Parameter("batch_size", ("int",), 128, "images a step, at least 1")
SIZE = Parameter("train_size", ("int", "None"), None, "images, at least 1; None takes all")
RATE = Parameter("learning_rate", ("float",), 0.1, "above 0")
FLAG = Parameter("interactive", ("bool",), True, "False in a batch job")
NAME = Parameter("model", ("str",), "lenet", "a name in wb.models.MODELS")
FOLDER = Parameter("archive", ("str", "None"), None, "a folder")
DEVICE = Parameter("device", ("str",), "auto", '"auto", "cpu", "cuda" or "cuda:N"')
NAMES = Parameter("models", ("list",), ["lenet"], "names in wb.models.MODELS")
WHOLES = Parameter("sizes", ("list",), [1], "whole, from 1, each once")
SHARES = Parameter("densities", ("list",), [0.5], "in (0, 1)")
LAMS = Parameter("lams", ("list",), [float("inf")], "above 0; infinity is the plain mean")
LOOSE = Parameter("loose", (), 4)


@pytest.mark.parametrize(
    ("parameter", "given", "meant"),
    [
        *((WHOLE, given, 32) for given in (32, 32.0, np.int64(32), np.float32(32), np.array(32), torch.tensor(32))),
        *((RATE, given, 0.5) for given in (0.5, np.float64(0.5), np.array(0.5))),
        *((RATE, 1, 1.0), (RATE, np.int8(1), 1.0), (SIZE, None, None), (SIZE, 5.0, 5)),
        *((FLAG, np.bool_(False), False), (FLAG, True, True), (NAME, "resnet8(width=8)", "resnet8(width=8)")),
        *((DEVICE, "cuda:1", "cuda:1"), (FOLDER, None, None), (FOLDER, "None", "None")),
        *((NAMES, "lenet", ["lenet"]), (NAMES, ("a", "b"), ["a", "b"]), (NAMES, [], [])),
        *(
            (WHOLES, [1.0, np.int64(2)], [1, 2]),
            (SHARES, (0.5,), [0.5]),
            (LAMS, [float("inf"), 1], [float("inf"), 1.0]),
        ),
        *((LOOSE, "any", "any"), (LOOSE, None, None), (LOOSE, [1, "a"], [1, "a"])),
    ],
)
def test_what_is_meant_is_taken(parameter: Parameter, given: Any, meant: Any):
    value = parameter.value(given)
    assert (value, type(value)) == (meant, type(meant))
    if isinstance(meant, list):
        assert list(map(type, value)) == list(map(type, meant))


@pytest.mark.parametrize(
    ("parameter", "given"),
    [
        *((WHOLE, given) for given in (2.5, 0, -3, "32", True, None, [32], float("nan"), float("inf"), 1e-30, b"32")),
        *((RATE, given) for given in (0, -0.1, "0.1", True, None, float("nan"), float("inf"), 1j, 10**400)),
        *((FLAG, given) for given in ("true", 1, 0, None, "", [True])),
        *((NAME, given) for given in (7, None, b"lenet", ["lenet"], True)),
        *((DEVICE, given) for given in ("gpu", "cuda:", "cuda:N", "cuda:1 ", "", "AUTO")),
        *((NAMES, given) for given in (3, None, {"lenet": 1}, {"lenet"}, "", "[lenet]", [3], [None], ["lenet", ""])),
        *((WHOLES, given) for given in ([0], [1.5], [1, 1], [1, 1.0], ["1"], "one", 1, [True], [[1]], [None])),
        *((SHARES, given) for given in ([0.0], [1], [float("nan")], [0.5, "0.5"], np.array([0.5]))),
        *((LAMS, given) for given in ([0.0], [float("-inf")], [float("nan")])),
    ],
)
def test_anything_else_is_refused_by_name_type_and_range(parameter: Parameter, given: Any):
    with pytest.raises(ValueError, match=rf"^{parameter.name}(\[\d\])? must be ") as error:
        parameter.value(given)
    assert parameter.about in str(error.value)
    assert "its default is" in str(error.value)


@pytest.mark.parametrize(
    ("parameter", "text", "meant"),
    [
        *((WHOLE, text, 32) for text in ("32", "32.0", " 32 ", "3.2e1", "3_2")),
        *((RATE, "1e-3", 0.001), (RATE, "1", 1.0), (WHOLE, "1e3", 1000), (SIZE, "None", None), (SIZE, "none", None)),
        *((FLAG, text, True) for text in ("true", "True", "TRUE")),
        *((FLAG, "false", False), (FLAG, "False", False)),
        *(
            (NAME, text, "lenet(hidden=(512, 512))")
            for text in ("lenet(hidden=(512, 512))", "'lenet(hidden=(512, 512))'")
        ),
        *((NAME, "007", "007"), (NAME, "None", "None"), (NAME, "O'Neil", "O'Neil"), (NAME, '"a" or "b"', '"a" or "b"')),
        *((FOLDER, "None", None), (FOLDER, '"None"', "None"), (FOLDER, "true", "true"), (FOLDER, "7", "7")),
        *((NAMES, "lenet", ["lenet"]), (NAMES, "[]", []), (NAMES, "[ ]", []), (NAMES, "['a, b', c,]", ["a, b", "c"])),
        (NAMES, "[lenet(hidden=(512, 512)), conv2]", ["lenet(hidden=(512, 512))", "conv2"]),
        (NAMES, "[random_mask(layers='erk'), dense]", ["random_mask(layers='erk')", "dense"]),
        *((WHOLES, "[1, 2.0, 1e1]", [1, 2, 10]), (WHOLES, "4", [4]), (SHARES, "0.05", [0.05])),
        *((LAMS, "[inf, 1]", [float("inf"), 1.0]), (LAMS, "inf", [float("inf")])),
        *((LOOSE, "[1, 'a']", [1, "a"]), (LOOSE, "a", "a"), (LOOSE, "3", 3)),
    ],
)
def test_a_text_from_a_terminal_is_read_by_the_type(parameter: Parameter, text: str, meant: Any):
    value = parameter.from_text(text)
    assert (value, type(value)) == (meant, type(meant))
    if isinstance(meant, list):
        assert list(map(type, value)) == list(map(type, meant))


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        *((WHOLE, text) for text in ("2.5", "", "many", "nan", "inf", "0", "None", "True", "[32]", "32 images")),
        *((RATE, text) for text in ("0", "nan", "inf", "true", "")),
        *((FLAG, text) for text in ("1", "yes", "", "None")),
        *((NAMES, text) for text in ("[a, b", "", "[a,,b]", "[(a]", "['a]", "[a)]", "[")),
        *((WHOLES, text) for text in ("[1, 1]", "[0]", "[a]", "1.5", "[1.5]", "None")),
        *((DEVICE, text) for text in ("gpu", "", "None")),
    ],
)
def test_a_text_that_is_none_is_refused(parameter: Parameter, text: str):
    with pytest.raises(ValueError, match=rf"^{parameter.name}(\[\d\])? must be "):
        parameter.from_text(text)


def test_the_error_is_a_sentence():
    with pytest.raises(ValueError, match="batch_size") as error:
        WHOLE.value(2.5)
    assert str(error.value) == "batch_size must be int: images a step, at least 1, got 2.5; its default is 128"


@pytest.mark.parametrize("names", [["lenet(hidden=(512, 512))", "a, b"], ["random_mask(layers='erk')"], ["[", ")"]])
def test_a_list_of_names_survives_its_text(names: list[str]):
    assert NAMES.from_text(str(names)) == names
