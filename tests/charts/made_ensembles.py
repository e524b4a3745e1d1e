"""Ensembles made by hand: five images of three classes, and how sure each member is of which class."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from workbench import ensembles as together
from workbench.data.data import Split
from workbench.ensembles import Member, Predicted
from workbench.experiments.easy_to_hard import Solved, Tercile, solved
from workbench.experiments.ensemble_outcome import Ensembled
from workbench.experiments.shifted import Corrupted, Detected
from workbench.nets.masks import Mask
from workbench.training.losses import CrossEntropy, Loss, Robust, in_words

CLASSES = ("cat", "dog", "cow")
LABELS = torch.tensor([0, 0, 1, 1, 2])
EXAMPLES = Split(
    torch.arange(20, dtype=torch.uint8).view(5, 1, 2, 2), LABELS, torch.arange(5) + 100, torch.zeros(1), torch.ones(1)
)
Says = Sequence[tuple[int, float]]
SAID: Says = ((0, 0.92), (1, 0.95), (1, 0.65), (0, 0.45), (2, 0.55))  # right, wrong, right, wrong, right
OTHER: Says = ((0, 0.92), (1, 0.95), (1, 0.65), (0, 0.45), (1, 0.55))  # wrong about the last one too
MASKS = ([1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1])
ROBUST = (Robust(lam=math.inf), Robust(lam=1.0))
ORDINARY = (CrossEntropy(), CrossEntropy())


def logits(says: Says) -> Tensor:
    """The logits of a member that is so sure of these classes; the other two share the rest."""
    rows = []
    for answer, sure in says:
        row = [(1 - sure) / 2] * 3
        row[answer] = sure
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float64).log()


def mask(m: int) -> Mask:
    """The mask of member m: of the first two, one of three places that either keeps is common."""
    return {"a.weight": torch.tensor([MASKS[m % 3]], dtype=torch.bool)}


def history(m: int) -> list[dict[str, float]]:
    """Two steps: the second member's effective share falls from 1 to 0.5."""
    fall = 0.5 if m else 1.0
    begin = {"step": 1, "loss": 2.0, "lam": 1.0, "effective_share": 1.0, "divergence": 0.0, "negative_share": 0.0}
    end = {"step": 9, "loss": 1.0, "lam": 1.0, "effective_share": fall, "divergence": 0.1, "negative_share": 0.0}
    return [{**begin, "hard_weight": 0.5}, {**end, "hard_weight": 0.5 + 0.2 * bool(m)}]


def ensembled(
    method: str = "robust",
    replica: int = 0,
    *,
    says: Sequence[Says] = (SAID, SAID),
    losses: Sequence[Loss] = ROBUST,
    combine: str = "probabilities",
) -> Ensembled:
    """An ensemble whose members say this of the validation and of the test images."""
    made = tuple(
        Member({}, mask(m), losses[m % len(losses)], history(m), 9, m, stored="bits") for m in range(len(says))
    )
    kept = [member.mask for member in made]
    said = Predicted(torch.stack([logits(own) for own in says]), LABELS, EXAMPLES.ids, (1.0,) * len(says))
    return Ensembled(
        method=method,
        members=made,
        density=0.5,
        seed=0,
        replica=replica,
        combine=combine,
        steps=9 * len(says),
        overlap=together.mask_overlap(kept),
        union=together.union_density(kept),
        bits=8,
        multiplications=4,
        pixel_noise=0.0,
        drawn=replica,
        validation=said,
        test=said,
        examples=EXAMPLES,
        classes=CLASSES,
    )


def surer(says: Says, by: float) -> Says:
    """The same answers, each with so much more confidence."""
    return tuple((answer, sure + by) for answer, sure in says)


def ensembles(replicas: int = 3) -> list[Ensembled]:
    """A robust and an ordinary ensemble, which is surer by 0.02 and a little more in each replica, and one network."""
    made = []
    for r in range(replicas):
        own = surer(SAID, 0.002 * r)
        made += [
            ensembled("robust", r, says=(own, own)),
            ensembled("ordinary", r, says=(surer(own, 0.02), surer(own, 0.02)), losses=ORDINARY),
            ensembled("single", r, says=(own,), losses=ORDINARY),
        ]
    return made


def corrupted(method: str, replica: int, corruption: str | None, severity: int, accuracy: float) -> Corrupted:
    """An ensemble on corrupted images; its ECE is a tenth of its error."""
    return Corrupted(
        method=method,
        seed=0,
        replica=replica,
        dataset="made",
        corruption=corruption,
        severity=severity,
        temperature_scaled=False,
        accuracy=accuracy,
        nll=1.0,
        brier=0.5,
        ece=(1 - accuracy) / 10,
        signed_gap=0.1,
        wrong_confidence=0.6,
    )


def detected(method: str, replica: int, curve: Sequence[tuple[float, float]], score: str = "entropy") -> Detected:
    """A curve, and its area by the trapezoidal rule."""
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(curve))
    what = {"method": method, "seed": 0, "replica": replica, "dataset": "other", "score": score}
    return Detected(**what, auroc=area, aupr=0.5, fpr95=0.9, inside=5, outside=5, curve=tuple(curve))


def shifts(replicas: int = 3) -> list[Corrupted | Detected]:
    """Two methods under two corruptions at severities 0, 1 and 2, and before other data."""
    made: list[Corrupted | Detected] = []
    for r in range(replicas):
        for method, best in (("robust", 0.8), ("ordinary", 0.9)):
            made.append(corrupted(method, r, None, 0, best))
            for name, cost in (("blur", 0.1), ("contrast", 0.3)):
                made += [corrupted(method, r, name, s, best - cost * s) for s in (1, 2)]
            made.append(detected(method, r, ((0, 0), (0, 0.5), (1, 1))))
    return made


def difficulty(replicas: int = 3) -> list[Tercile | Solved]:
    """Two members, of which the robust one gives hard examples half its weight, and who gets the test images right."""
    made: list[Tercile | Solved] = []
    for r in range(replicas):
        outcome = ensembled(replica=r, says=(SAID, OTHER))
        for m in (0, 1, None):
            for place, name in enumerate(("easy", "middle", "hard")):
                robust = (0.2, 0.3, 0.5)[place] if m else 1 / 3
                made.append(
                    Tercile(
                        method="robust",
                        seed=0,
                        replica=r,
                        member=m,
                        trained_with=None if m is None else in_words(outcome.members[m].loss),
                        split="train",
                        tercile=name,
                        examples=10,
                        score=0.1 * place,
                        accuracy=0.9 - 0.2 * place,
                        loss=0.1 + place,
                        weight=None if m is None else robust,
                        gradient_weight=None if m is None else robust,
                    )
                )
        made += solved(outcome)
    return made
