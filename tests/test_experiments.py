"""What all experiments promise: a generator with an explicit signature, under its public name."""

from __future__ import annotations

import inspect

import pytest

import workbench as wb
from workbench.experiments import EXPERIMENTS

every = pytest.mark.parametrize("name", EXPERIMENTS)


@every
def test_an_experiment_is_a_generator_under_its_public_name(name: str):
    assert getattr(wb.experiments, name) is EXPERIMENTS[name]
    assert name in wb.experiments.__all__
    assert inspect.isgenerator(EXPERIMENTS[name]())  # nothing runs before it is asked for
    assert f"wb.experiments.{name}()" in wb.call(EXPERIMENTS[name]).script()


@every
def test_its_options_are_explicit_and_have_defaults(name: str):
    first, *options = inspect.signature(EXPERIMENTS[name]).parameters.values()
    assert first.default is not inspect.Parameter.empty
    assert {option.kind for option in options} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(option.default is not inspect.Parameter.empty for option in options)
    assert "seed" in {option.name for option in options}
