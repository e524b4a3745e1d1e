"""Scores of examples: how hard each is, and for which data that was said.

A score is typed: it knows its dataset and the ids of its examples, so that it is never laid on another dataset, or on
the same one in another order (as happened to published score files, which were sorted by class). Larger is harder,
always; infinity is allowed (an example that was never learned), NaN is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from workbench.data.data import Data, Split
from workbench.nets.door import SPLITS, check_data, part_of
from workbench.work import rules
from workbench.work.tensor_file import read_tensors, write_tensors

FORMAT = "lottery-workbench score"
SOURCE = "wb.data_diet.el2n(model, networks, data) gives one"


@dataclass(frozen=True, eq=False)
class Score:
    """One number an example, larger is harder: `values` by `ids` (of the dataset's training or test file).

    `dataset` is the fingerprint of the data, `split` the part of it, `step` the training step scored at, `replicas` how
    many networks were averaged, `variant` which of several things of one name it is.
    """

    name: str
    values: Float[Tensor, " examples"]
    ids: Int64[Tensor, " ids"]
    dataset: str
    split: str = "train"
    step: int | None = None
    replicas: int = 1
    variant: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "dataset", "variant"):
            rules.instance(
                name, getattr(self, name), str, "text", "wb.scores.by_id makes a score of numbers of one's own"
            )
        rules.choice("split", self.split, SPLITS)
        if self.step is not None:
            rules.whole("step", self.step, unit="steps", way_on="it is that of the networks, and None where not known")
        rules.whole("replicas", self.replicas, least=1, way_on="it is how many networks were averaged")
        _check_row("values", self.values)
        _check_row("ids", self.ids, torch.int64)
        if self.values.shape != self.ids.shape or not len(self.ids):
            raise ValueError(f"a score needs one value an id, got {len(self.values)} values for {len(self.ids)} ids")
        if len(self.ids.unique()) < len(self.ids):
            raise ValueError(f"a score has one value an id, got {len(self.ids)} values of {len(self.ids.unique())} ids")
        if bool((bad := self.values.isnan()).any()):
            count, first = int(bad.sum()), int(self.ids[bad][0])
            way_on = "leave such examples out, or give them infinity, which is the hardest"
            raise ValueError(f"a score orders examples, so none may be NaN; {count} are, id {first} for one; {way_on}")

    def __repr__(self) -> str:
        kind = self.name + (f", {self.variant}" if self.variant else "")
        step = "" if self.step is None else f", step={self.step}"
        return f"Score({kind}, {len(self.ids)} examples of {self.split}{step}, replicas={self.replicas})"

    def on(self, ids: Int64[Tensor, " some"]) -> Float[Tensor, " some"]:
        """Return the values of these ids, in their order; a ValueError names an id that was not scored."""
        _check_row("ids", ids, torch.int64)
        order = self.ids.argsort()
        places = order[torch.searchsorted(self.ids[order], ids).clamp(max=len(self.ids) - 1)]
        if len(missing := ids[self.ids[places] != ids]):
            lack = f"{len(missing)} of these examples have no {self.name}, id {int(missing[0])} for one"
            raise ValueError(f"{lack}; score them too, or take data.only(score.ids)")
        return self.values[places]

    def of(self, data: Data) -> Float[Tensor, " examples"]:
        """Return the values in the order of this data; a ValueError if they are the scores of another dataset."""
        check_data(data)
        if data.fingerprint != self.dataset:
            raise ValueError(f"this {self.name} was computed on other data than this {data.name}; score it anew")
        part: Split = getattr(data, self.split)
        return self.on(part.ids)


def by_id(name: str, values: Mapping[int, float] | Tensor, data: Data, *, split: str = "train") -> Score:
    """Make a score of any numbers of one's own, larger is harder (a cartography, say), for these data.

    `values` is a mapping from id to number, which may leave examples out, or a tensor in the order of the split. Raises
    a ValueError for a tensor of another length, and for an id that the split does not have.
    """
    ids = part_of(data, split).ids.cpu()
    if isinstance(values, Tensor):
        if values.shape != ids.shape:
            rule = f"{split} of {data.name} has {len(ids)} examples"
            raise ValueError(f"{name} has values of shape {tuple(values.shape)}, but {rule}; give one number each")
        return Score(name, values.detach().cpu().double(), ids, data.fingerprint, split)
    if not isinstance(values, Mapping):
        raise rules.refused("values", "a dict from id to number, or a tensor", values, "torch.tensor(values) is one")
    rules.each("the ids of values", tuple(values), rules.whole, "data.train.ids are the ids")
    if bad := [value for value in values.values() if not isinstance(value, Real)]:
        raise rules.refused("values", "a number for every id", bad[0], "infinity is the hardest")
    scored = torch.tensor(list(values), dtype=torch.int64)
    if len(strange := scored[~torch.isin(scored, ids)]):
        rule = f"are not ids of {split} of {data.name}"
        raise ValueError(f"{len(strange)} of the keys of {name} {rule}, {int(strange[0])} for one; ids are not places")
    numbers = torch.tensor(list(values.values()), dtype=torch.float64)
    return Score(name, numbers, scored, data.fingerprint, split)


def mean(scores: Sequence[Score]) -> Score:
    """Return the mean of scores of replicas, each weighted by its networks; infinite where one of them is.

    Raises a ValueError unless all are of one name, variant and step, one split of one dataset and the same examples.
    """
    if isinstance(scores, str) or not isinstance(scores, Sequence):
        raise rules.refused("scores", "a list of scores", scores, "[score] is a list of one")
    if not scores:
        raise ValueError("a mean needs at least one score, got none; score a network first")
    for place, score in enumerate(scores):
        rules.instance(f"scores[{place}]", score, Score, "a Score", SOURCE)
    first = scores[0]
    total = torch.zeros(len(first.ids), dtype=torch.float64)
    for score in scores:
        _same_data(first, score)
        if (first.name, first.variant, first.step) != (score.name, score.variant, score.step):
            raise ValueError(f"a mean is of one kind of score, got {first} and {score}; average each alone")
        if len(score.ids) != len(first.ids):
            raise ValueError(f"replicas score the same examples, got {len(first.ids)} and {len(score.ids)} of them")
        total += score.replicas * score.on(first.ids).double()
    n = sum(score.replicas for score in scores)
    return replace(first, values=(total / n).to(first.values.dtype), replicas=n)


def correlation(a: Score, b: Score) -> float:
    """Return Spearman's rank correlation of two scores over the ids that both have; ties share their mean rank.

    NaN where one of them is the same for all. Raises a ValueError for scores of different data, and for fewer than two
    examples in common.
    """
    from scipy.stats import spearmanr  # 0.9 s where it is first imported

    _same_data(a, b)
    ids = a.ids[torch.isin(a.ids, b.ids)]
    if len(ids) < 2:
        raise ValueError(f"{a.name} and {b.name} have {len(ids)} examples in common; a correlation needs two")
    x, y = a.on(ids), b.on(ids)
    if len(x.unique()) == 1 or len(y.unique()) == 1:
        return float("nan")
    return float(spearmanr(x.numpy(), y.numpy()).statistic)  # pyright: ignore[reportAttributeAccessIssue]


def terciles(values: Float[Tensor, " examples"]) -> dict[str, Int64[Tensor, " some"]]:
    """Return the places of the lowest, the middle and the highest third: {"easy": …, "middle": …, "hard": …}."""
    _check_row("values", values)
    if bool(values.isnan().any()):
        raise ValueError("values must be numbers to be sorted, and some are NaN; leave such examples out")
    parts = values.argsort(stable=True).tensor_split(3)
    return dict(zip(("easy", "middle", "hard"), parts, strict=True))


def save(score: Score, path: str | Path) -> None:
    """Write a score to a safetensors file: `values` and `ids`, and what they are in its metadata."""
    rules.instance("score", score, Score, "a Score", SOURCE)
    about = {"name": score.name, "dataset": score.dataset, "split": score.split, "variant": score.variant}
    about |= {"format": FORMAT, "replicas": str(score.replicas), "step": "" if score.step is None else str(score.step)}
    tensors = {"values": score.values.contiguous().clone(), "ids": score.ids.contiguous().clone()}
    write_tensors(path, tensors, about, "a score")


def open(path: str | Path) -> Score:  # read as wb.scores.open
    """Read a score that `save` wrote; whether it is of the data at hand is seen when it is asked `of(data)`."""
    way_on = "wb.scores.save(score, path) writes one"
    tensors, about = read_tensors(path, "score", way_on)
    if about.get("format") != FORMAT:
        raise ValueError(f"{path} is no score; {way_on}")
    step, replicas = int(about["step"]) if about["step"] else None, int(about["replicas"])
    origin = {"dataset": about["dataset"], "split": about["split"], "variant": about["variant"]}
    return Score(about["name"], tensors["values"], tensors["ids"], step=step, replicas=replicas, **origin)


def _check_row(name: str, values: Tensor, dtype: torch.dtype | None = None) -> None:
    """Raise a ValueError unless it is a tensor of numbers in a row, of a dtype where ids are asked for."""
    if not isinstance(values, Tensor) or values.dim() != 1 or (dtype or values.dtype) != values.dtype:
        rule = f"a tensor of numbers in a row{f', of {dtype}' if dtype else ''}"
        raise rules.refused(name, rule, values, "data.train.ids are the ids of the training examples")


def _same_data(a: Score, b: Score) -> None:
    for score in (a, b):
        rules.instance("score", score, Score, "a Score", SOURCE)
    if (a.dataset, a.split) != (b.dataset, b.split):
        where = "" if a.split == b.split else f" ({a.split} and {b.split})"
        raise ValueError(f"{a.name} and {b.name} are scores of different data{where}; score both on the same")
