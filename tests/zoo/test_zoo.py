"""Every module of the zoo goes through every verb: as a plain loop has it, or refused in words."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import pytest
from modules import MODULES
from verbs import VERBS

PAGE = Path(__file__).parent / "README.md"
OUTCOMES: dict[str, dict[str, str]] = {}


def outcome(module: str, verb: str) -> str:
    """`same` where workbench and plain loop agree; else the words of the refusal or of the warning."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`torch.jit")  # of one category in torch 2.13, another in 2.14
            VERBS[verb](MODULES[module])
    except ValueError as error:
        if "; " not in str(error):  # no way on: not one of ours
            raise
        return f"refused: {plain(error)}"
    except UserWarning as warning:
        return f"warned: {plain(warning)}"
    return "same"


def plain(words: Exception) -> str:
    """The words without numbers that are this draw's, or this batch's."""
    text = re.sub(
        r"for \d+ images must be logits, floats of the shape \(\d+,",
        "must be logits, floats of the shape (n,",
        str(words),
    )
    return re.sub(r"-?\d+\.\d+", "…", text)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_treated_as_a_plain_loop_would_or_refused_in_words(module: str):
    OUTCOMES[module] = {verb: outcome(module, verb) for verb in VERBS}


def test_the_table_of_the_zoo_is_what_was_measured(capsys: pytest.CaptureFixture[str]):
    if OUTCOMES.keys() != MODULES.keys():
        pytest.skip("some modules were left out of this run, so there is no whole table")
    page = table()
    with capsys.disabled():
        sys.stdout.write(f"\n{page}")
    assert PAGE.read_text().split("\n\n", 2)[-1] == page, "write it anew: python tests/zoo/test_zoo.py"


def table() -> str:
    """The outcomes as Markdown: a row a module, a column a verb, and below it the words."""
    words: dict[str, int] = {}
    rows = []
    for module, outcomes in OUTCOMES.items():
        cells = []
        for said in outcomes.values():
            kind, _, text = said.partition(": ")
            number = words.setdefault(text, len(words) + 1) if text else 0
            cells.append({"same": "·", "refused": f"[{number}]", "warned": f"({number})"}[kind])
        rows.append(f"| {module} | {' | '.join(cells)} |")
    head = f"| module | {' | '.join(VERBS)} |\n|---|{':-:|' * len(VERBS)}"
    notes = [f"{number}. {text}" for text, number in words.items()]
    return "\n".join([head, *rows, "", *notes, ""])


if __name__ == "__main__":
    OUTCOMES |= {module: {verb: outcome(module, verb) for verb in VERBS} for module in MODULES}
    about = PAGE.read_text().split("\n\n", 2)[:2]
    PAGE.write_text("\n\n".join([*about, table()]))
