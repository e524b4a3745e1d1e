"""What rounds, and what is asked between rounds, refuse at the door, before anything is trained."""

from __future__ import annotations

import itertools

import pytest
from bare import doors

import workbench as wb
from workbench.lottery import counts
from workbench.nets import masks

BEGIN = """
rounds = calling(wb.lottery.rounds, model=model, start=w, data=data, recipe=recipe, rounds=1)
first, second = rounds()
foreign = rounds(model=other, start=elsewhere)
counts = calling(wb.lottery.counts, mask=full, rounds=3, fraction=0.2)
matching = lambda replicas=None, **how: wb.lottery.matching(replicas or [[first, second]] * 3, **how)
between = calling(wb.lottery.midpoint, model=model, denser=first, sparser=second, split=data.test)
costs = calling(wb.lottery.projection, model=model, denser=first, sparser=second, split=data.test)
broken = dataclasses.replace(second, run=dataclasses.replace(second.run, weights=diverged))
ticket = wb.Ticket(w, half)
"""
NOTHING_LEFT = "a fraction of 0.2 removes none of the 2 weights that are left after round 22, of 296; rounds=22 works"
CALLS = {
    "rounds(rounds=1000)": f"rounds must be at most 22, got 1000; {NOTHING_LEFT}",
    "rounds(rounds=23)": "rounds=22 works",
    "rounds(rounds=10**13)": "rounds=22 works",
    "rounds(fraction=0.9, rounds=5)": "removes all of the 3 weights that are left after round 2, of 296",
    "rounds(fraction=1e-9)": "rounds must be at most 0, got 1; a fraction of 1e-09 removes none of the 296 weights",
    "rounds(rounds=2.5)": "rounds must be a whole number from 0, got 2.5",
    "rounds(rounds=True)": "rounds must be a whole number from 0, got True",
    "rounds(rounds=None)": "rounds must be a whole number from 0, got None",
    "rounds(fraction=math.nan)": "fraction must be in (0, 1), got nan",
    "rounds(fraction='0.2')": "fraction must be a number in (0, 1), got '0.2'",
    "rounds(rewind_step=2.5)": "rewind_step must be a whole number of steps from 0 to 2, got 2.5",
    "rounds(rewind_step=-1)": "rewind_step must be a whole number of steps from 0 to 2, got -1",
    "rounds(rewind_step=3)": "rewind_step must be a whole number of steps from 0 to 2, got 3",
    "rounds(rewind_step='start')": "rewind_step must be a whole number of steps from 0 to 2, got 'start'",
    "rounds(one_shot='yes')": "one_shot must be True or False, got 'yes'",
    "rounds(invert=1)": "invert must be True or False, got 1; True is the control",
    "rounds(rewind=5)": 'rewind "5" is not known; known: learning_rate, weights',
    "rounds(scope='locl')": 'scope "locl" is not known',
    "rounds(keep='fc')": "keep must be several names",
    "rounds(keep=5)": "keep must be several names",
    "rounds(rewound=elsewhere)": "must have the shapes of the model",
    "rounds(rewound=double)": "must have the dtypes of the model",
    "rounds(after=foreign[0])": "must have the shapes of the model",
    "rounds(after=dataclasses.replace(first, round=7))": "after must be a round of these same 1 rounds, got round 7",
    "rounds(after=second, fraction=0.5)": "after must be a round of these same 1 rounds, got round 1 with 237 weights",
    "rounds(after=second, keep=('3.weight',))": "after must be a round of these same 1 rounds",
    "rounds(after=5)": "after must be a Round, the last that was finished, got 5",
    "rounds(after=[first])": "after must be a Round, the last that was finished, got a list",
    "rounds(model=wb.models.lenet)": "model must be an nn.Module",
    "rounds(start=model)": "must be a dict of tensors by name, got a Sequential",
    "rounds(data='digits')": "data must be whole data",
    "rounds(data=small)": "does not take images of the shape (1, 6, 6)",
    "rounds(recipe={'steps': 2})": "recipe must be a Recipe, got a dict",
    "counts(mask={})": "the mask names no weight",
    "counts(mask=w)": "a mask must hold bool tensors",
    "matching(margin=math.nan)": "margin must be in [0, 1], got nan",
    "matching(margin=-0.01)": "margin must be in [0, 1], got -0.01",
    "matching([[first, second], [first]])": "replicas must have as many rounds each, got [1, 2]",
    "matching([first, second])": "replicas[0] must be a list of rounds, got a Round",
    "matching([[1, 2]])": "replicas[0][0] must be a round, or what has a density, a mask and a run, got 1",
    "matching('rounds')": "replicas must be lists of rounds, one a seed, got 'rounds'",
    "between(denser=w)": "denser must be a round, or what has a density, a mask and a run, got a dict",
    "between(denser=foreign[0])": "must have the shapes of the model",
    "between(sparser=broken)": "sparser is not finite in 1.weight",
    "between(split='valid')": "split must be one part of data, got 'valid'",
    "between(split=data)": "give one of its parts, data.test",
    "between(batch_norm='avarage')": 'did you mean "average"',
    "between(batch_norm='recompute')": "needs training images, and there are none; pass train=data.train",
    "between(train=data)": "train must be training images, or None, got a Data",
    "between(model=None)": "model must be an nn.Module, got None",
    "costs(sparser=ticket)": "sparser must be a round, or what has a density, a mask and a run, got a Ticket",
    "wb.sanity.shuffled(first, weights=w)": "ticket must be a Ticket, weights and a mask, got a Round",
    "wb.sanity.shuffled_degrees(w, weights=w)": "ticket must be a Ticket, weights and a mask, got a dict",
    "wb.sanity.random_by_layer(ticket, weights=half)": "the second weights",
    "wb.sanity.signed(ticket, weights=diverged)": "is not finite in 1.weight",
    "wb.sanity.sign_preserving(ticket, weights=None)": "the second weights must be a dict of tensors by name, got None",
    "wb.sanity.scattered(ticket, weights=elsewhere)": "must have the shapes of the first",
    "wb.sanity.reinitialised(ticket, weights=diverged)": "is not finite in 1.weight",
    "wb.sanity.reinitialised(ticket, weights=w, seed=-1)": "seed must be an integer from 0",
}
SERVES = (
    "rounds(rounds=0)",
    "rounds(rounds=torch.tensor(1).numpy()[()], fraction=torch.tensor(0.5).numpy()[()])",
    "rounds(rewind_step=2)",
    "rounds(keep=['3.weight'])",
    "rounds(after=first)",
    "rounds(after=second)",
    "rounds(invert=torch.ones(1).bool().numpy()[0])",
    "[control(ticket, weights=w) for control in wb.sanity.CONTROLS.values()]",
    "matching(iter([iter([first, second])]))",
    "between(train=data.train)",
)

said, test_nonsense_is_refused_in_words, test_what_is_right_is_not_refused = doors(CALLS, SERVES, BEGIN)


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5, 0.9])
def test_the_largest_number_of_rounds_works_and_each_removes_a_weight(fraction: float):
    mask = masks.full(wb.models.lenet(wb.load("digits", train_size=40), hidden=(4,)))
    with pytest.raises(ValueError, match="rounds must be at most") as caught:
        counts(mask, 10_000, fraction)
    most = int(str(caught.value).partition("at most ")[2].partition(",")[0])
    left = counts(mask, most, fraction)
    assert len(left) == most + 1
    assert all(before > after >= 1 for before, after in itertools.pairwise(left))
