"""Subsets of the training examples: random, the easiest, the hardest, or a window between, by any score.

Paul et al. 2022, "Lottery Tickets on a Data Diet" (pre-training on a subset); Paul et al. 2021, "Deep Learning on a
Data Diet" (training on one; a window leaves out the very hardest). All return ids, so that a subset of one copy of a
dataset is a subset of another: `data.only(ids)`.
"""

from __future__ import annotations

from numbers import Integral

import torch
from jaxtyping import Int64
from torch import Tensor

from workbench.data.data import Data
from workbench.data_diet.scores import SOURCE, Score
from workbench.nets.door import check_training_data
from workbench.work import rules
from workbench.work.nearest import unknown
from workbench.work.seeds import check_seed, generator
from workbench.work.with_options import with_options

SUBSETS = {
    "all": "every training example",
    "random": "drawn by a seed",
    "easiest": "those with the lowest scores",
    "hardest": "those with the highest scores",
    "window": 'from the easiest on, after leaving out so many: "window(skip=500)"',
}


def subset(
    data: Data, kind: str, size: int | None = None, *, score: Score | None = None, balanced: bool = True, seed: int = 0
) -> Int64[Tensor, " size"]:
    """Return the ids of a subset of the training examples, ascending in their place in the data.

    `kind` is "all", "random", "easiest", "hardest" or "window(skip=n)", the `size` easiest after the n easiest of all.
    `balanced` takes size / C of every class, the remainder from the first ones, and moves a window within each class.
    `seed` draws a random subset, and decides between equal scores: forgetting has few values, and its "easiest" are
    any of those tied at zero. Raises a ValueError for a subset larger than its data, for a class without enough
    examples, for a score of other data or without some of these examples, and where a score is needed and missing.
    """
    name, skip = parse(kind)
    check_subset(data, kind, size, balanced=balanced)
    check_seed(seed)
    if score is not None:
        rules.instance("score", score, Score, "a Score", SOURCE)
    if name == "all" or size is None:
        return data.train.ids
    labels, n = data.train.labels, len(data.train)
    shuffled = torch.randperm(n, generator=generator(seed, "subset"))
    order = shuffled if name == "random" else _by_score(data, score, shuffled, kind)
    if name == "hardest":
        order = order.flip(0)
    if not balanced:
        return data.train.ids[order[skip : skip + size].sort().values]
    classes, parts = len(data.classes), []
    for c in range(classes):
        begin = _share(skip, c, classes)
        parts.append(order[labels[order] == c][begin : begin + _share(size, c, classes)])
    return data.train.ids[torch.cat(parts).sort().values]


def check_subset(data: Data, kind: str, size: int | None, *, balanced: bool = True) -> None:
    """Raise a ValueError where `subset` would, but for its score: for a size, or a class without enough examples."""
    name, skip = parse(kind)
    check_training_data(data)
    rules.flag("balanced", balanced, "True takes as many of every class")
    n, classes = len(data.train), len(data.classes)
    if name == "all":
        if size is not None:
            rules.whole("size", size, least=1, way_on='"all" takes all, of whatever size')
        return
    if not isinstance(size, Integral) or isinstance(size, bool) or not 1 <= size <= n - skip:
        less = f", less the {skip} that are skipped" if skip else ""
        raise ValueError(f'size must be from 1 to {n - skip}, the training examples{less}, got {size}; "all" takes all')
    counts = torch.bincount(data.train.labels, minlength=classes).tolist()
    for c in range(classes if balanced else 0):
        needed = _share(skip, c, classes) + _share(int(size), c, classes)
        if needed > counts[c]:
            lack = f"class {data.classes[c]} has {counts[c]} training examples, {needed} are asked for"
            raise ValueError(f"{lack}; take a smaller size, or balanced=False")


def parse(kind: str) -> tuple[str, int]:
    """Return the name of a kind of subset and how many examples it skips; a ValueError for what is not one."""
    rules.instance("kind", kind, str, "the name of a kind of subset", '"random" is one')
    name, options = with_options(kind) or (kind, {})
    if name not in SUBSETS:
        raise unknown("subset", kind, SUBSETS, 'a window is "window(skip=500)"')
    if options and (name != "window" or options.keys() != {"skip"}):
        raise ValueError(f'only a window has an option, its skip, as in "window(skip=500)", got {kind!r}')
    skip = options.get("skip", 0)
    if type(skip) is not int or skip < 0:
        raise ValueError(f'skip must be a number of examples, at least 0, got {skip!r}; try "window(skip=500)"')
    return name, skip


def needs_score(kind: str) -> bool:
    """Whether a kind of subset sorts by a score."""
    return parse(kind)[0] not in ("all", "random")


def _by_score(data: Data, score: Score | None, shuffled: Tensor, kind: str) -> Tensor:
    """Return the places from the easiest to the hardest; equal scores stay in the shuffled order."""
    if score is None:
        raise ValueError(f'"{kind}" sorts by a score, and there is none; pass score=, wb.data_diet.el2n for one')
    if score.split != "train":
        raise ValueError(f"a subset of the training examples needs their scores, got those of {score.split}")
    values = score.of(data)
    return shuffled[values[shuffled].argsort(stable=True)]


def _share(size: int, c: int, classes: int) -> int:
    """Return class c's part of `size`, the remainder going to the first classes."""
    return size // classes + (c < size % classes)
