"""What a lesson asks before it speaks of results: are these the settings it was written for, and has anything learned?

What is said of networks at chance is said of noise: their barriers are zero, and every ticket is as good as the whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.data.data import Data
from workbench.nets.door import check_data
from workbench.numbers.numerals import percent, points
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.parameter import Parameter
from workbench.work.parameters import parameter_cells, read_parameters
from workbench.work.shipped import shipped

LEAST = 0.2  # of the way from chance to no error; ten classes: 28 %
MACHINE = {"seed", "device", "execution", "archive", "interactive", "out"}  # parameters that no lesson was written for
HOLD = "What is printed from numbers holds all the same; what else is said of results is said of those settings."


def check_learned(accuracies: Sequence[float], data: Data, *, least: float = LEAST, title: str = "networks") -> str:
    """Return in a sentence how well networks have learned; a ValueError where one of them has not.

    A network has learned if its test accuracy has come `least` of the way from chance, the share of the commonest class
    among the test images, to 1.

    Arguments:
        accuracies: Test accuracies of the networks, in [0, 1].
        title: What they are called: "dense networks".
    """
    rules.each("accuracies", accuracies, rules.number, "a run has one: run.test_accuracy", least=0, most=1)
    rules.share("least", least)
    rules.instance("title", title, str, "text", '"dense networks" is one')
    check_data(data)
    values, labels = [float(accuracy) for accuracy in accuracies], Counter(data.test.labels.tolist())
    if not labels or not values:
        raise ValueError(f"there are no test images or no {title} to ask; load data with a test set, and train one")
    chance = max(labels.values()) / labels.total()
    bar, told = chance + least * (1 - chance), points(values, " %")
    told = f"test accuracy {told}, and {percent(chance)} is had by naming one class always"
    if min(values) < bar:
        way_on = "train for longer (epochs), on more images, at another learning_rate, or another model"
        raise ValueError(f"the {title} must have learned, to {percent(bar)} at least, got {told}; {way_on}")
    return f"The {title} learned: {told}."


def written_for(lesson: str, settings: Mapping[str, Any]) -> str:
    """Return in a sentence whether a lesson has the settings that it was written for, and else which are others.

    Those it was written for are the defaults of the lesson as it comes with the workbench. What is of the machine, or a
    seed, is no matter.

    Arguments:
        lesson: Its name, "01_winning_tickets".
        settings: The values by name: `globals()` of the notebook.
    """
    rules.instance("settings", settings, Mapping, "values by name", "globals() in a notebook")
    defaults = {name: one.default for name, one in _parameters(lesson).items() if name not in MACHINE}
    others = {name: default for name, default in defaults.items() if name in settings and settings[name] != default}
    if not others:
        return "These are the settings that the lesson was written for."
    was = ", ".join(f"{name} = {default!r}" for name, default in others.items())
    now = ", ".join(f"{name} = {rules.shown(settings[name])}" for name in others)
    return f"The lesson was written for {was}; here {now}. {HOLD}"


def _parameters(lesson: str) -> dict[str, Parameter]:
    """Return the parameters of a lesson that came with the workbench."""
    known = {path.stem: path for path in sorted(shipped().glob("[0-9]*.ipynb"))}
    if not isinstance(lesson, str) or lesson not in known:
        raise unknown("lesson", lesson if isinstance(lesson, str) else rules.shown(lesson), known)
    (source,) = parameter_cells(json.loads(known[lesson].read_text(encoding="utf-8")))
    return read_parameters(source)
