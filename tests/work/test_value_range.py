"""The words of a comment that are a range, and those that are none."""

from __future__ import annotations

import pytest

from workbench.work.value_range import range_of

INFINITY, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("comment", "inside", "outside"),
    [
        ("images a step, at least 1", [1, 1e30], [0, 0.5, NAN, INFINITY]),
        ("length, above 0, may be fractional", [0.001, 3], [0, -1, -INFINITY]),
        ("at most 9", [9, -1], [9.5]),
        ("below 1", [0.99], [1]),
        ("step that weights are rewound to, from 0", [0], [-1]),
        ("whole, 4 to 5000, each once", [4, 5000, 20.0], [3, 5001, 4.5]),
        ("an integer from 0 to 2**53 - 1; all comes from it", [0, 2**53 - 1], [2**53, 0.5, -1]),
        ("share that is kept, in (0, 1]; 1 is dense", [1, 0.1], [0, 1.1]),
        ("in (0, 1), each once", [0.5], [0, 1]),
        ("in [0, 1]", [0, 1], [-0.1, 1.1]),
        ("in [0, 1)", [0], [1]),
        ("points of every path, odd, at least 3", [3, 9], [1, 4, 3.5]),
        ("above 0; infinity is the ordinary loss", [INFINITY, 1], [0, NAN, -INFINITY]),
        ("from 1e-3 to 1_000", [0.001, 1000], [0.0001, 1001]),
    ],
)
def test_numbers(comment: str, inside: list[float], outside: list[float]):
    limits = range_of(comment)
    assert limits.of_numbers
    assert all(map(limits.holds, inside))
    assert not any(map(limits.holds, outside))


@pytest.mark.parametrize(
    "comment",
    [
        *("", "at 0.1 a network may diverge", "of SGD with momentum 0.9", "from black to white is 1", "0 is none"),
        *("three are the least", "everything random comes from it", "numbers from 1 on are odd", "the whole image"),
        *('found "at least 1" time', "see (at least 1)", "names in wb.models.MODELS"),
    ],
)
def test_words(comment: str):
    limits = range_of(comment)
    assert not limits.of_numbers
    assert all(map(limits.holds, (0, -1.5, INFINITY, NAN, "any", None, True)))


@pytest.mark.parametrize(
    ("comment", "choices"),
    [
        ('"none", "crop", "flip" or "crop+flip"', ("none", "crop", "flip", "crop+flip")),
        ('"logits" (as "published") or "probabilities": how', ("logits", "probabilities")),
        ('"a", or "b"; more', ("a", "b")),
        ('"robust" and "ordinary" must be', ()),
        ('"digits", "mnist", or the path of your own', ()),
        ('of WAYS; "a" or "b"', ()),
        ('"digits" needs no download', ()),
    ],
)
def test_choices(comment: str, choices: tuple[str, ...]):
    assert range_of(comment).choices == choices


def test_a_number_stands_for_n_after_a_colon_alone():
    devices = range_of('"cpu", "cuda" or "cuda:N"')
    assert devices.holds("cuda:12")
    assert not any(map(devices.holds, ("cuda:", "cuda:x", "cpu:0", "cuda:1234")))
    assert range_of('"N" or "M"').holds("N")


def test_each_once():
    assert range_of("in (0, 1), each once").once
    assert not range_of("named each once in a while").once
