"""What docstrings say of arguments."""

from __future__ import annotations

from workbench.work.docstrings import arguments


def documented(a: int, b: int) -> None:
    """Do nothing.

    The idea: this line is no argument.

    Arguments:
        a: The first, which goes on
            in a second line: with a colon.
        b: The second.

    Source: none.
    """


def test_an_argument_is_what_stands_under_the_heading_on_one_line():
    assert arguments(documented) == {
        "a": "The first, which goes on in a second line: with a colon.",
        "b": "The second.",
    }


def test_a_docstring_without_the_heading_says_nothing_and_so_does_none():
    assert arguments(test_an_argument_is_what_stands_under_the_heading_on_one_line) == {}
    assert arguments(lambda: None) == {}
