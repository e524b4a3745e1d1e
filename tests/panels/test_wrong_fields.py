"""A field that holds what will not do says so in words, whatever it holds: never a raw traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from workbench.panels import PANELS
from workbench.panels.draft import Draft

SPOILED = ("''", "'nonsense'", "-1", "2.5", "float('nan')", "None", "10**13", "[]", "{}", "object()", "(None,)")
RUN = """
import json, sys
from workbench.panels import PANELS
from workbench.panels.draft import Draft
raw = []
for name, declaration in PANELS.items():
    for option in [*declaration.options, *({"recipe"} & Draft(name, declaration).arguments.keys())]:
        for text in json.loads(sys.argv[1]):
            draft = Draft(name, declaration)
            try:
                draft.set(**{option: eval(text)})
                draft.call
            except ValueError:
                pass
            except Exception as error:
                raw.append([name, option, text, repr(error)])
print(json.dumps(raw))
"""


def test_no_field_of_any_panel_raises_a_raw_error():
    done = subprocess.run([sys.executable, "-c", RUN, json.dumps(SPOILED)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    ("panel", "option", "value", "words"),
    [
        ("lottery", "dataset", "", 'dataset "" is not known'),
        ("lottery", "model", "lenett", 'did you mean "lenet"'),
        ("lottery", "fraction", 5.0, "must be a number from"),
        ("lottery", "controls", "random_mask", "must be names of what is to be ticked, got 'random_mask'"),
        ("lottery", "recipe", None, "recipe must be a Recipe, got None"),
        ("landscape", "rewind_steps", "0, 5", "numbers with commas between"),
        ("data diet", "subsets", "random", "names with commas between"),
    ],
)
def test_what_will_not_do_is_said(panel: str, option: str, value: object, words: str):
    draft = Draft(panel, PANELS[panel])

    def call() -> None:
        draft.set(**{option: value})
        assert draft.call

    with pytest.raises(ValueError, match=words):
        call()
