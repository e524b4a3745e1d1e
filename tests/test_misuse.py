"""What is of another type than asked for: refused in words too, where no checker of annotations runs.

The tests run with beartype, which would refuse it first; so these calls are made in a Python of their own.
"""

from __future__ import annotations

import pytest
from bare_python import words_of

BEGIN = """
import torch
import workbench as wb
from workbench.training.robust import divergence, robust_weights
from workbench.shift import OUT_OF_DISTRIBUTION_SCORES as SCORES, corrupt
data = wb.load("digits", train_size=40)
model = wb.models.lenet(data, hidden=(4,))
start, recipe, logits = wb.snapshot(model), wb.Recipe(steps=2, batch_size=8), torch.randn(2, 5, 3)
popup = lambda **how: list(wb.pruning.edge_popup_search(model, start, data, recipe, density=0.5, **how))
dynamic = lambda **how: list(wb.pruning.dynamic_search(model, start, data, recipe, density=0.5, **how))
"""
CALLS = {
    "robust_weights(torch.tensor([1, 2]), lam=1)": "losses must be a tensor of floats, one an example, got torch.int64",
    "robust_weights(torch.rand(2, 2), eta=0.5)": "got torch.float32 of the shape (2, 2)",
    "robust_weights([1.0, 2.0], lam=1)": "got a list; torch.tensor([0.5, 2.0]) is one",
    "popup(every=1.5)": "every must be a whole number of steps from 1, got 1.5",
    "dynamic(every=1.5)": "every must be a whole number of steps from 1, got 1.5",
    "dynamic(rewire_every=True)": "rewire_every must be a whole number of steps from 1, got True",
    "popup(example_weights=[1.0] * 39)": "example_weights must be one number for each of 40 training examples",
    "corrupt(data.test, 'contrast', 2.0)": "severity must be 1, 2, 3, 4 or 5, got 2.0",
    "corrupt(data.test, 'contrast', '1')": "severity must be 1, 2, 3, 4 or 5, got '1'",
    "corrupt(data, 'contrast', 1)": "give data.test",
    "wb.noisy(data.test, 0.1)": "data must be whole data, got a Split",
    **{
        f"SCORES[{name!r}](logits[0])": "logits must be (members, examples, classes), got the shape (5, 3)"
        for name in ("max_probability", "max_logit", "energy", "entropy", "mutual_information")
    },
    **{
        f"SCORES[{name!r}](logits, how='x')": 'combination "x" is not known'
        for name in ("max_probability", "max_logit", "energy", "entropy", "mutual_information")
    },
}
SERVES = ("popup(example_weights=[1.0] * 40)",)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each call said, all in one Python."""
    return words_of(BEGIN, [*CALLS, *SERVES])


@pytest.mark.parametrize("text", CALLS)
def test_what_is_of_another_type_is_said(text: str, said: dict[str, str]):
    assert CALLS[text] in said[text]


@pytest.mark.parametrize("text", SERVES)
def test_a_list_serves_where_it_can(text: str, said: dict[str, str]):
    assert said[text] == ""
