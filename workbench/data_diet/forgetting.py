"""Forgetting: how often an example, once right, was wrong the next time it was presented in training.

Toneva et al. 2019, "An Empirical Study of Example Forgetting", section 3 and algorithm 1. At each presentation in a
mini-batch (train mode, augmented, logits from before the update) acc is 0 or 1, at first 0: 1 → 0 is a forgetting
event. An example that is never learned has no events, and is the hardest of all, not the easiest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from workbench.data.data import Data
from workbench.data_diet.scores import Score
from workbench.nets.door import check_training_data
from workbench.nets.weights import Weights
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.steps import Step, steps
from workbench.work import rules

NEVER = 2**62  # the step at which an example was first right, while there is none


@dataclass(frozen=True, eq=False)
class Forgetting:
    """What R replicas forgot of N examples while they trained: by `ids` of the dataset with this fingerprint.

    `events_RN` counts forgetting events, `learned_RN` is whether it was ever right, `first_learned_RN` the step whose
    batch it was first right in (-1 if never), `presentations_RN` how often it was presented. `margin_RN` is the
    correct logit less the largest, the mean over its forgetting events: below zero, and NaN where there are none.
    `step` is how many steps were counted.
    """

    events_RN: Int64[Tensor, "R N"]
    learned_RN: Bool[Tensor, "R N"]
    first_learned_RN: Int64[Tensor, "R N"]
    margin_RN: Float[Tensor, "R N"]
    presentations_RN: Int64[Tensor, "R N"]
    ids: Int64[Tensor, " N"]
    dataset: str
    step: int

    def __repr__(self) -> str:
        replicas, n = self.events_RN.shape
        never, kept = float(self.never_learned_share.mean()), float(self.unforgettable.double().mean())
        shares = f"never learned {never:.3f}, unforgettable {kept:.3f}"
        return f"Forgetting({n} examples, {self.step} steps, replicas={replicas}: {shares})"

    @property
    def never_learned_share(self) -> Float[Tensor, " N"]:
        """The share of replicas that never learned an example."""
        return 1 - self.learned_RN.double().mean(0)

    @property
    def unforgettable(self) -> Bool[Tensor, " N"]:
        """Whether an example was learned by every replica and forgotten by none."""
        return self.learned_RN.all(0) & (self.events_RN == 0).all(0)

    @property
    def first_learned(self) -> Float[Tensor, " N"]:
        """The step at which an example was first right, the mean over replicas that learned it; infinity if none."""
        return self._where_learned(self.first_learned_RN)

    @property
    def mean_events(self) -> Float[Tensor, " N"]:
        """How often it was forgotten, the mean over the replicas that learned an example; infinity where none did."""
        return self._where_learned(self.events_RN)

    def score(self, of: str = "forgetting") -> Score:
        """Return the score "forgetting" or "first_learned", infinity where no replica learned an example.

        "forgetting" is the mean of events over replicas, one that never learned it counting as many as presentations,
        which is more than can be forgotten (after the authors' code, which takes the number of epochs). The mean over
        those that learned it alone would rank what one replica of ten learned, and kept, as the easiest: on CIFAR-10 it
        agrees with EL2N at 0.36, and this at 0.71. Raises a ValueError where an example was never presented.
        """
        if of not in ("forgetting", "first_learned"):
            raise ValueError(f'score(of) must be "forgetting" or "first_learned", got "{of}"')
        if unseen := int((self.presentations_RN.sum(0) == 0).sum()):
            raise ValueError(f"{unseen} examples were never presented; count over one epoch or more")
        counted = torch.where(self.learned_RN, self.events_RN, self.presentations_RN).double().mean(0)
        values = counted.masked_fill(~self.learned_RN.any(0), float("inf"))
        values = values if of == "forgetting" else self.first_learned
        return Score(of, values, self.ids, self.dataset, step=self.step, replicas=len(self.events_RN))

    def _where_learned(self, values_RN: Tensor) -> Tensor:
        """Return the mean over the replicas that learned an example; infinity where none did."""
        sums = torch.where(self.learned_RN, values_RN, 0).sum(0).double()
        return torch.where(self.learned_RN.any(0), sums / self.learned_RN.sum(0), float("inf"))


def forgetting(model: nn.Module, start: Weights, data: Data, recipe: Recipe, *, seed: int = 0) -> Forgetting:
    """Train `start` to the end of the recipe, and return what was forgotten on the way: one replica.

    The network itself is dropped: with a `Memory` beside your own loop over `wb.steps` you have both.
    """
    check_training(model, start, data, recipe, seed=seed)
    memory = Memory(data)
    for step in steps(model, start, data, recipe, seed=seed):
        memory.add(step)
    return memory.forgetting()


def together(several: Sequence[Forgetting]) -> Forgetting:
    """Join what several replicas forgot of the same examples; a ValueError where they are not the same."""
    if not isinstance(several, Sequence) or isinstance(several, str):
        raise rules.refused(
            "several", "a list of what replicas forgot", several, "[forgetting(…), forgetting(…)] is one"
        )
    if not several:
        raise ValueError("there is nothing to join; count the forgetting of a replica first")
    for place, replica in enumerate(several):
        rules.instance(f"several[{place}]", replica, Forgetting, "a Forgetting", "wb.data_diet.forgetting(…) gives one")
    first = several[0]
    for replica in several:
        if replica.dataset != first.dataset or not torch.equal(replica.ids, first.ids):
            raise ValueError("replicas are joined over the same examples of the same data, got different ones")
    names = ("events_RN", "learned_RN", "first_learned_RN", "margin_RN", "presentations_RN")
    joined = {name: torch.cat([getattr(replica, name) for replica in several]) for name in names}
    return replace(first, **joined, step=max(replica.step for replica in several))


class Memory:
    """Counts forgetting beside any loop over `steps`: `add(step)` after each, `forgetting()` at any time.

    To add only keeps references; they are folded into the counts once an epoch, all at once (counted step by step it
    costs 11 % of an epoch of LeNet). `presented` counts the presentations folded, `right` those answered rightly.
    """

    def __init__(self, data: Data) -> None:
        check_training_data(data)
        train = data.train
        self.ids, self.dataset, self.step = train.ids.cpu(), data.fingerprint, 0
        self._sorted, self._order = self.ids.sort()
        self._labels = train.labels.cpu()
        self._held: list[tuple[int, Tensor, Tensor]] = []
        self.presented = self.right = 0
        n = len(self.ids)
        self._acc = torch.zeros(n, dtype=torch.bool)  # at the last presentation
        self._events, self._presentations = torch.zeros(2, n, dtype=torch.int64)
        self._first = torch.full((n,), NEVER)
        self._margin = torch.zeros(n)

    def add(self, step: Step) -> None:
        """Take a step into account; a ValueError where images are mixed, so that none is answered alone."""
        rules.instance("step", step, Step, "a Step, as wb.steps yields it", "add each in turn")
        if step.batch.labels.is_floating_point():
            raise ValueError("forgetting counts answers to single images, and this recipe mixes them; set mixup=0")
        self._held.append((step.batch.step, step.batch.ids, step.logits))
        self.step = step.step
        if len(self._held) * len(step.batch.ids) >= len(self.ids):
            self._fold()

    def forgetting(self) -> Forgetting:
        """Return what was counted so far, as one replica."""
        self._fold()
        learned, events = self._first < NEVER, self._events.clone()
        return Forgetting(
            events_RN=events[None],
            learned_RN=learned[None],
            first_learned_RN=torch.where(learned, self._first, -1)[None],
            margin_RN=(self._margin / events)[None],
            presentations_RN=self._presentations.clone()[None],
            ids=self.ids,
            dataset=self.dataset,
            step=self.step,
        )

    def _fold(self) -> None:
        """Count what is held, sorted by example and within it by time, so that neighbours are compared."""
        if not self._held:
            return
        sizes = torch.tensor([len(ids) for _, ids, _ in self._held])
        step = torch.tensor([s for s, _, _ in self._held]).repeat_interleave(sizes)
        ids = torch.cat([ids for _, ids, _ in self._held]).cpu()
        place = self._order[torch.searchsorted(self._sorted, ids).clamp(max=len(self.ids) - 1)]
        if len(strange := ids[self.ids[place] != ids]):
            raise ValueError(f"id {int(strange[0])} is not among the examples counted; give Memory the same data")
        logits, label = torch.cat([logits for *_, logits in self._held]).cpu(), self._labels[place]
        self._held.clear()
        largest, answer = logits.max(1)
        margin = logits.gather(1, label[:, None])[:, 0] - largest
        place, time = place.sort(stable=True)
        acc, margin, step = (answer == label)[time], margin[time], step[time]
        first = torch.ones_like(acc)
        first[1:] = place[1:] != place[:-1]
        last = first.roll(-1)  # before the first of the next
        before = torch.where(first, self._acc[place], acc.roll(1))
        forgotten = before & ~acc
        self._events += torch.bincount(place[forgotten], minlength=len(self.ids))
        self._margin.index_add_(0, place[forgotten], margin[forgotten])
        self._presentations += torch.bincount(place, minlength=len(self.ids))
        self._first.scatter_reduce_(0, place[acc], step[acc], "amin")
        self._acc[place[last]] = acc[last]
        self.presented += len(acc)
        self.right += int(acc.count_nonzero())
