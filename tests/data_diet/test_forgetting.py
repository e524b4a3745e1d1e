"""Forgetting, counted by hand for made-up presentations, in buffers as step by step, and over replicas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from tiny import Own, copied, made, same, split_of

import workbench as wb
from workbench.data.batches import Batch
from workbench.data.data import Data
from workbench.data_diet import Forgetting, Memory, forgetting, together
from workbench.training.state import State
from workbench.training.steps import Step

INF = float("inf")
A, B, C = 30, 10, 20  # ids, not in order


def abc() -> Data:
    """Three examples, all of class 0 of two."""
    split = split_of(torch.zeros(3, 1, 1, 1, dtype=torch.uint8), torch.zeros(3).long(), torch.tensor([A, B, C]))
    return Data("abc", split, split, split, ("0", "1"), torch.arange(0))


def step(s: int, ids: Sequence[int], margins: Sequence[float]) -> Step:
    """Step s presents these examples; a margin above 0 is right."""
    logits = torch.tensor([[m, 0.0] for m in margins])
    batch = Batch(torch.tensor(ids), torch.zeros(len(ids)).long(), s, 9)
    return Step(s + 1, 9, batch, logits, torch.zeros(len(ids)), State({}, None, {}, {}, s + 1))


# A: right, wrong (-1), right, wrong (-3), wrong: two events; B: never; C: wrong, right and never wrong again.
# Step 1 spans two epochs and presents A twice; so does step 3.
STORY = [
    step(0, [A, B], [1, -1]),
    step(1, [C, A, A], [-1, -1, 2]),
    step(2, [B, C], [-1, 1]),
    step(3, [A, C, A], [-3, 1, -5]),
    step(4, [B], [-1]),
]


def told(story: Sequence[Step], every: int | None = None) -> Forgetting:
    memory = Memory(abc())
    for index, done in enumerate(story):
        memory.add(done)
        if every and index % every == 0:
            memory.forgetting()
    return memory.forgetting()


def by_steps(story: Sequence[Step], data: Data) -> dict[str, list[float]]:
    """Algorithm 1 of the paper, one presentation after the other."""
    label = dict(zip(data.train.ids.tolist(), data.train.labels.tolist(), strict=True))
    acc, events, first, shown = (dict.fromkeys(label, zero) for zero in (False, 0, -1, 0))
    for done in story:
        for i, logits in zip(done.batch.ids.tolist(), done.logits, strict=True):
            right = int(logits.argmax()) == label[i]
            events[i] += acc[i] and not right
            first[i] = done.batch.step if right and first[i] < 0 else first[i]
            shown[i] += 1
            acc[i] = right
    return {
        "events_RN": [*events.values()],
        "first_learned_RN": [*first.values()],
        "presentations_RN": [*shown.values()],
    }


def equal(a: Forgetting, b: Forgetting) -> bool:
    pairs = [(getattr(a, f.name), getattr(b, f.name)) for f in fields(Forgetting)]
    return all(torch.equal(x.nan_to_num(9), y.nan_to_num(9)) if torch.is_tensor(x) else x == y for x, y in pairs)


def test_a_made_up_story_by_hand():
    found = told(STORY)
    assert found.ids.tolist() == [A, B, C]
    assert found.events_RN.tolist() == [[2, 0, 0]]
    assert found.learned_RN.tolist() == [[True, False, True]]
    assert found.first_learned_RN.tolist() == [[0, -1, 2]]
    assert found.presentations_RN.tolist() == [[5, 3, 3]]
    assert found.margin_RN[0, 0] == -2  # the mean of -1 and -3; that of -5 was no event
    assert found.margin_RN[0, 1:].isnan().all()
    assert (found.step, found.dataset) == (5, abc().fingerprint)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_it_does_not_matter_when_it_is_folded(every: int):
    assert equal(told(STORY, every), told(STORY))


def test_it_can_be_asked_in_between():
    assert told(STORY[:2]).events_RN.tolist() == [[1, 0, 0]]
    assert told(STORY[:2]).learned_RN.tolist() == [[True, False, False]]


def test_what_was_told_does_not_change_afterwards():
    memory = Memory(abc())
    memory.add(STORY[0])
    early = memory.forgetting()
    for done in STORY[1:]:
        memory.add(done)
    memory.forgetting()
    assert equal(early, told(STORY[:1]))


def test_it_counts_presentations_and_right_answers():
    memory = Memory(abc())
    for done in STORY:
        memory.add(done)
    memory.forgetting()
    assert (memory.presented, memory.right) == (11, 4)


def test_trap_13_what_was_never_learned_is_hardest():
    # DeepCore leaves it at no events, which is easiest
    score = told(STORY).score()
    assert score.values.tolist() == [2, INF, 0]
    assert score.ids[score.values.argsort()].tolist() == [C, A, B]
    assert (score.name, score.step, score.replicas) == ("forgetting", 5, 1)
    assert told(STORY).score("first_learned").values.tolist() == [0, INF, 2]


def test_replicas_are_joined_by_hand():
    other = [step(0, [A, B, C], [-1, 1, -1]), step(1, [A, B, C], [-1, -1, -1])]  # B is learned and forgotten
    found = together([told(STORY), told(other)])
    assert found.events_RN.tolist() == [[2, 0, 0], [0, 1, 0]]
    assert found.mean_events.tolist() == [2, 1, 0]  # over those that learned it
    assert found.score().values.tolist() == [(2 + 2) / 2, (3 + 1) / 2, (0 + 2) / 2]  # never: as many as presentations
    assert found.score().replicas == 2
    assert found.never_learned_share.tolist() == [0.5, 0.5, 0.5]
    assert found.first_learned.tolist() == [0, 0, 2]
    assert found.unforgettable.tolist() == [False, False, False]
    twice = together([told(STORY), told(STORY)])
    assert twice.unforgettable.tolist() == [False, False, True]
    assert twice.score().values.tolist() == [2, INF, 0]


def test_what_few_replicas_learned_ranks_harder_than_what_all_did_and_forgot():
    # the mean over those that learned it would call A, learned late by one of three and kept, the easiest
    learned = [step(0, [A, C], [1, 1]), step(1, [A, C], [1, -1]), step(2, [A, C], [1, 1])]
    not_a = [step(0, [A, C], [-1, 1]), step(1, [A, C], [-1, -1]), step(2, [A, C], [-1, 1])]
    found = together([told([*story, step(3, [B], [1])]) for story in (learned, not_a, not_a)])
    assert found.mean_events.tolist() == [0, 0, 1]
    assert found.score().values.tolist() == [(0 + 3 + 3) / 3, 0, 1]


def test_examples_of_other_data_are_not_counted_for_a_neighbour():
    with pytest.raises(ValueError, match="id 1000000 is not among the examples counted"):
        Memory(abc()).add(step(0, [A, B, 10**6], [1, 1, 1]))


def test_replicas_of_other_examples_are_not_joined():
    data = replace(abc(), name="other", classes=("a", "b"))
    memory = Memory(data)
    memory.add(STORY[0])
    with pytest.raises(ValueError, match="replicas are joined over the same examples of the same data"):
        together([told(STORY), memory.forgetting()])
    with pytest.raises(ValueError, match="there is nothing to join"):
        together([])


def test_examples_that_were_never_presented_have_no_score():
    with pytest.raises(ValueError, match="1 examples were never presented; count over one epoch or more"):
        told(STORY[:1]).score()
    with pytest.raises(ValueError, match='must be "forgetting" or "first_learned", got "events"'):
        told(STORY).score("events")


@pytest.mark.parametrize("batch_size", [7, 16, 50, 120])
def test_buffers_count_as_the_papers_algorithm_does(batch_size: int):
    data, recipe = made(), wb.Recipe(steps=25, batch_size=batch_size, learning_rate=0.5)
    labels = torch.randint(0, 3, (50,), generator=torch.Generator().manual_seed(1))  # at random: much is forgotten
    data = replace(data, train=replace(data.train, labels=labels))
    story = list(wb.steps(Own(), wb.initialise(Own()), data, recipe, seed=2))
    found, by_hand = forgetting(Own(), wb.initialise(Own()), data, recipe, seed=2), by_steps(story, data)
    for name, values in by_hand.items():
        assert getattr(found, name).tolist() == [values]
    assert sum(by_hand["events_RN"]) > 10
    assert found.presentations_RN.sum() == 25 * batch_size


def test_the_callers_model_and_weights_are_not_touched():
    model, start = Own().eval(), wb.initialise(Own())
    before, own = copied(model.state_dict()), copied(start)
    forgetting(model, start, made(), wb.Recipe(steps=3, batch_size=16))
    assert not model.training
    assert same(model.state_dict(), before)
    assert same(start, own)


def test_it_is_kept_in_an_archive(tmp_path: Path):
    call = wb.call(forgetting, Own(), wb.initialise(Own()), made(), wb.Recipe(steps=9, batch_size=16), seed=1)
    archive = wb.Archive(str(tmp_path))
    first = archive.run(call)
    with wb.progress.watch(lambda _: pytest.fail("it was trained again")):
        assert equal(archive.run(call), first)


def test_it_says_how_much_was_forgotten():
    assert repr(told(STORY)) == "Forgetting(3 examples, 5 steps, replicas=1: never learned 0.333, unforgettable 0.333)"


def test_mixed_images_are_refused_for_none_is_answered_alone():
    data = made()
    with pytest.raises(ValueError, match="this recipe mixes them; set mixup=0"):
        wb.data_diet.forgetting(Own(), wb.initialise(Own()), data, wb.Recipe(steps=2, mixup=0.5))
