"""How different the members of an ensemble are: in what they say, in what they get wrong, in what they keep.

Disagreement alone rewards weak members, who disagree because they are wrong; so the double fault (Giacinto & Roli 2001)
and the disagreement of members that are equally accurate stand beside it.

Logits are (members, examples, classes), labels class numbers (examples,); a ValueError says where they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor

from workbench.calibration.arrays import checked_labels
from workbench.ensembles.combination import check_logits
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.work import rules


def disagreement(logits_MNC: Tensor) -> float:
    """Return the share of examples on which two members name different classes, the mean over pairs; 0 for one."""
    check_logits(logits_MNC)
    classes_MN = logits_MNC.argmax(2)
    return _over_pairs(len(classes_MN), lambda a, b: float((classes_MN[a] != classes_MN[b]).double().mean()))


def disagreement_by_member(logits_MNC: Tensor) -> list[float]:
    """Return for each member how often it disagrees with another, the mean over the others; 0 for one alone."""
    check_logits(logits_MNC)
    said = logits_MNC.argmax(2)
    apart_MM = (said[:, None] != said).double().mean(2)
    return (apart_MM.sum(1) / max(len(said) - 1, 1)).tolist()


def double_fault(logits_MNC: Tensor, labels: Tensor) -> float:
    """Return the share of examples that two members both get wrong, the mean over pairs; lower complements better.

    0 for one member.
    """
    wrong = _wrong(logits_MNC, labels)
    return _over_pairs(len(wrong), lambda a, b: float((wrong[a] & wrong[b]).double().mean()))


def relative_disagreement(logits_MNC: Tensor, labels: Tensor) -> float:
    """Return the disagreement over the members' mean error (Fort et al. 2019, who divide by the error of one).

    Two members whose errors are independent come near 2 (1 - error); a weak member no longer raises it by itself.
    NaN where no member errs.
    """
    error = float(_wrong(logits_MNC, labels).double().mean())
    return disagreement(logits_MNC) / error if error else float("nan")


def mask_overlap(members: Sequence[Mask]) -> float:
    """Return the Jaccard overlap of two members' masks, the mean over pairs; 1.0 for one member."""
    _check_some(members)
    if len(members) < 2:
        return 1.0
    return _over_pairs(len(members), lambda a, b: masks.overlap(members[a], members[b]))


def union_density(members: Sequence[Mask]) -> float:
    """Return the share of places that any member keeps: what shared weights cost to hold."""
    _check_some(members)
    union = {name: torch.stack([mask[name] for mask in members]).any(0) for name in members[0]}
    return masks.density(union)


def _wrong(logits_MNC: Tensor, labels: Tensor) -> Tensor:
    check_logits(logits_MNC)
    checked_labels(labels, *logits_MNC.shape[1:])
    return logits_MNC.argmax(2) != labels


def _check_some(members: Sequence[Mask]) -> None:
    if isinstance(members, (str, Mapping)) or not isinstance(members, Sequence) or not members:
        raise rules.refused("members", "masks, of one member at least", members, "[member.mask for member in members]")
    for mask in members:
        masks.check_some(mask)
        masks.check(mask, members[0])
        masks.check(members[0], mask)


def _over_pairs(n: int, of: Callable[[int, int], float]) -> float:
    values = [of(a, b) for a, b in combinations(range(n), 2)]
    return sum(values) / len(values) if values else 0.0
