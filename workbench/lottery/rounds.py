"""Iterative magnitude pruning: train, prune, rewind, again.

Frankle & Carbin 2019; rewinding to a step k: Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket
Hypothesis".

A round trains the rewound, masked network from step k to the end with a fresh optimiser; then the smallest of the
surviving weights are removed and the rest go back to where they were at step k, batch-norm statistics included.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from workbench.data.data import Data, Split
from workbench.lottery.trained import Trained, by_round, check_trained
from workbench.nets import masks
from workbench.nets.batch_norm import treat_batch_norm
from workbench.nets.door import check_network, check_split
from workbench.nets.evaluation import evaluate
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights, mix
from workbench.numbers import intervals
from workbench.numbers.intervals import Interval
from workbench.pruning.magnitude import SCOPES, magnitude
from workbench.training.entrance import check_training
from workbench.training.recipe import Recipe
from workbench.training.runs import Run, train, weights_at
from workbench.work import progress, rules

REWINDS = ("weights", "learning_rate")


@dataclass(frozen=True, eq=False)
class Round:
    """One train-prune-rewind; round 0 is dense.

    `mask` was trained under, `run` is that training, `rewound` are the weights and buffers it began from (at the places
    that are pruned too), `ranked` the trained weights that the next mask is taken from.
    """

    round: int
    density: float
    mask: Mask
    run: Run
    rewound: Weights
    ranked: Weights

    @property
    def ticket(self) -> Ticket:
        """The ticket before its training: rewound weights under the mask."""
        return Ticket(self.rewound, self.mask)

    @property
    def trained(self) -> Ticket:
        """The ticket after its training."""
        return Ticket(self.run.weights, self.mask)

    @property
    def collapsed(self) -> list[str]:
        """The layers that lost every weight."""
        return masks.collapsed(self.mask)

    def __repr__(self) -> str:
        collapse = f", collapsed={self.collapsed}" if self.collapsed else ""
        accuracy = "None" if self.run.test_accuracy is None else f"{self.run.test_accuracy:.4f}"
        return f"Round({self.round}, density={self.density:.4g}, test_accuracy={accuracy}{collapse})"


def rounds(
    model: nn.Module,
    start: Weights,
    data: Data,
    recipe: Recipe,
    *,
    rounds: int = 8,
    fraction: float = 0.2,
    rewind_step: int = 0,
    rewind: str = "weights",
    one_shot: bool = False,
    scope: str = "global",
    keep: Collection[str] = (),
    invert: bool = False,
    rewound: Weights | None = None,
    seed: int = 0,
    after: Round | None = None,
) -> Iterator[Round]:
    """Yield the dense round 0 and then `rounds` sparse ones, each keeping 1 - `fraction` of the one before, exactly.

    Every round, 0 included, trains from step `rewind_step` (k) to the end. `rewound` are the weights it begins from:
    by default those at step k of dense training from `start`, or any others, pre-trained on other data for instance.
    `rewind="learning_rate"` rewinds the schedule but not the weights (Renda et al. 2020). `one_shot=True` takes every
    mask from the dense round's weights. `keep` names layers that are never pruned. `invert=True` is the control that
    removes the largest weights in every round. All rounds share the seed, so the order of the data. The optimiser
    starts afresh in every round, and batch-norm's statistics are rewound with the weights. `after` is the last finished
    round: the generator goes on behind it with the same bits.

    Arguments:
        rounds: How many times the ticket is pruned, rewound and trained again, after the dense round 0.
        fraction: The share of the weights that survive which a round removes.
    """
    check_training(model, start, data, recipe, seed=seed)
    mask, survivors = masks.full(model, keep), counts(masks.full(model, keep), rounds, fraction)
    rules.choice("rewind", rewind, REWINDS)
    rules.choice("scope", scope, SCOPES)
    rules.flag("one_shot", one_shot, "True takes every mask from the dense round's weights")
    rules.flag("invert", invert, "True is the control, which removes the largest weights")
    of = recipe.length(len(data.train))
    rules.whole("rewind_step", rewind_step, most=of, unit="steps", way_on="0 rewinds to the start")
    if rewound is not None:
        check_network(model, rewound, name="rewound")
    if after is not None:
        _check_after(after, model, mask, survivors)
    if after is None and rewound is None:
        with progress.within("rewinding point", 0):
            rewound = weights_at(model, start, data, recipe, step=rewind_step, seed=seed)
    last = after
    for r in range(0 if last is None else last.round + 1, rounds + 1):
        if last is not None:
            density = survivors[r] / masks.total(mask)
            mask = magnitude(last.ranked, last.mask, density=density, scope=scope, invert=invert, seed=seed)
            rewound = last.rewound if rewind == "weights" else last.run.weights
        assert rewound is not None
        with progress.within("round", r, rounds + 1):
            run = train(model, rewound, data, recipe, mask=mask, seed=seed, step=rewind_step)
        ranked = last.ranked if last is not None and one_shot else run.weights
        last = Round(r, masks.density(mask), mask, run, rewound, ranked)
        yield last


def _check_after(after: Round, model: nn.Module, mask: Mask, survivors: Sequence[int]) -> None:
    """Raise a ValueError unless it is a round of this model, with this mask's layers and just as many weights left."""
    rules.instance("after", after, Round, "a Round, the last that was finished", "without it the rounds begin anew")
    for weights in (after.rewound, after.ranked):
        check_network(model, weights, after.mask)
    last = len(survivors) - 1
    if after.mask.keys() != mask.keys() or after.round > last or masks.kept(after.mask) != survivors[after.round]:
        kept = f"round {after.round} with {masks.kept(after.mask)} weights in {len(after.mask)} layers"
        raise ValueError(f"after must be a round of these same {last} rounds, got {kept}; without it they begin anew")


def counts(mask: Mask, rounds: int, fraction: float) -> list[int]:
    """Count the survivors of round 0, 1, …: each round removes round(fraction × survivors), which is one at least.

    Raises a ValueError for more rounds than there is something to remove and to keep in.
    """
    masks.check_some(mask)
    rules.number("fraction", fraction, above=0, below=1, way_on='for "20 % a round" pass 0.2')
    rules.whole("rounds", rounds, way_on="rounds=0 trains the dense network alone")
    left = [masks.total(mask)]
    while len(left) <= rounds:
        removed = round(fraction * left[-1])
        if not 1 <= removed < left[-1]:
            most, what = len(left) - 1, "all" if removed else "none"
            reason = (
                f"a fraction of {fraction} removes {what} of the {left[-1]} weights that are left after round {most}"
            )
            way_on = f"rounds={most} works" if most else "take another fraction"
            raise rules.refused("rounds", f"at most {most}", rounds, f"{reason}, of {left[0]}; {way_on}")
        left.append(left[-1] - removed)
    return left


@dataclass(frozen=True)
class Matching:
    """Down to which density the ticket matches the dense network, and the paired differences that say so.

    `density` is the lowest such that this and every denser round matches; None where no sparse round does.
    """

    density: float | None
    margin: float
    differences: tuple[tuple[float, Interval], ...]

    def __str__(self) -> str:
        if self.density is None:
            return f"no sparse round matches the dense network within {self.margin:.3g}"
        return f"matches the dense network down to density {self.density:.3g}, within {self.margin:.3g}"


def matching(replicas: Iterable[Sequence[Trained]], *, margin: float = 0.01) -> Matching:
    """Say down to which density the ticket matches: the lower end of the paired interval is at least -margin.

    `replicas` are the lists of rounds of several seeds, each with its dense round 0; ticket and dense network are
    paired within a seed. Fewer than three replicas match nothing, since they have no interval.
    """
    rules.number("margin", margin, least=0, most=1, way_on="0.01 is one point")
    lists = by_round(replicas)
    if len(lists) < 2:
        raise ValueError("matching needs the dense round 0 and a sparse round of every replica; run rounds=1 or more")
    accuracy: list[list[Any]] = [[outcome.run.test_accuracy for outcome in outcomes] for outcomes in lists]
    differences = tuple(
        (outcomes[0].density, intervals.paired(sparse, accuracy[0]))
        for outcomes, sparse in zip(lists[1:], accuracy[1:], strict=True)
    )
    matched = list(itertools.takewhile(lambda pair: intervals.matches(pair[1], margin=margin), differences))
    return Matching(matched[-1][0] if matched else None, margin, differences)


def midpoint(
    model: nn.Module,
    denser: Trained,
    sparser: Trained,
    split: Split,
    *,
    batch_norm: str = "average",
    train: Split | None = None,
) -> float:
    """Return the error half-way between two successive solutions, less the mean error of both.

    successive(L) = err(m_L ⊙ (w_L + w_{L+1}) / 2) - (err(w_L) + err(w_{L+1})) / 2, on `split`. Near zero where the two
    are linearly connected, as matching tickets are ("Unmasking the Lottery Ticket Hypothesis", Paul et al. 2023, after
    its authors' code). `batch_norm` is "average" (theirs), "keep" (the denser one's statistics) or "recompute" (anew on
    the training images `train`).
    """
    for name, network in (("denser", denser), ("sparser", sparser)):
        check_trained(model, network, name)
    check_split(split)
    a, b = denser.run.weights, sparser.run.weights
    middle = masks.apply(mix(a, b, 0.5), denser.mask)
    middle = treat_batch_norm(model, middle, batch_norm=batch_norm, first=a, train=train)
    if batch_norm == "recompute":
        a, b = (treat_batch_norm(model, w, batch_norm=batch_norm, first=w, train=train) for w in (a, b))
    error, *ends = (1 - evaluate(model, weights, split).accuracy for weights in (middle, a, b))
    return error - sum(ends) / 2


def projection(model: nn.Module, denser: Trained, sparser: Trained, split: Split) -> float:
    """Return what pruning alone costs: err(w_L ⊙ m_{L+1}) - err(w_L), on `split` ("Unmasking", as `midpoint`)."""
    for name, network in (("denser", denser), ("sparser", sparser)):
        check_trained(model, network, name)
    w = denser.run.weights
    return evaluate(model, w, split).accuracy - evaluate(model, w, split, mask=sparser.mask).accuracy
