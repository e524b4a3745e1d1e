"""What all experiments promise: a generator with an explicit signature, under its public name."""

from __future__ import annotations

import dataclasses
import inspect
import sys

import pytest

import workbench as wb
from workbench.ensembles.weighing import Weighing
from workbench.experiments import EXPERIMENTS
from workbench.experiments.found_at_initialisation import Found
from workbench.experiments.replica import Experiment, Replica
from workbench.experiments.trial_of_tickets import Trial
from workbench.experiments.ways_to_an_ensemble import Setting
from workbench.work.public_names import public_name

every = pytest.mark.parametrize("name", EXPERIMENTS)


@every
def test_an_experiment_is_a_generator_under_its_public_name(name: str):
    assert getattr(wb.experiments, name) is EXPERIMENTS[name]
    assert inspect.isgenerator(EXPERIMENTS[name]())  # nothing runs before it is asked for
    assert f"wb.experiments.{name}()" in wb.call(EXPERIMENTS[name]).script()


@every
def test_its_options_are_explicit_and_have_defaults(name: str):
    first, *options = inspect.signature(EXPERIMENTS[name]).parameters.values()
    assert first.default is not inspect.Parameter.empty
    assert {option.kind for option in options} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(option.default is not inspect.Parameter.empty for option in options)
    assert "seed" in {option.name for option in options}


def test_what_an_archive_keeps_has_a_public_name():
    """So that a file may move and what was kept is found again; private classes count by their source."""
    kept = [
        thing
        for module in list(sys.modules.values())
        if module.__name__.startswith(("workbench.experiments.", "workbench.lottery.", "workbench.ensembles."))
        for thing in vars(module).values()
        if dataclasses.is_dataclass(thing) and inspect.isclass(thing) and thing.__module__ == module.__name__
        if not thing.__name__.startswith("_") and thing not in (Replica, Experiment, Setting, Weighing, Found, Trial)
    ]
    assert len(kept) > 20
    assert [thing for thing in (*kept, wb.Run, wb.Hardware, wb.Search, wb.State) if public_name(thing) is None] == []
