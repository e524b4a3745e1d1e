"""Loss and error along the straight line between two networks, and how high it rises: linear mode connectivity.

Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis"; by example: Paul et al. 2022,
"Lottery Tickets on a Data Diet". What is measured is on w(α) = (1 - α) w₁ + α w₂, batch-norm as asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor, nn
from torch.nn import functional

from workbench.data.data import Data, Split
from workbench.data_diet.scores import Score
from workbench.landscape.entrance import check_ends, check_pair, check_points, slice_of, some_places
from workbench.nets import masks
from workbench.nets.batch_norm import treat_batch_norm
from workbench.nets.door import check_keeps, check_networks, part_of
from workbench.nets.evaluation import evaluate_all
from workbench.nets.hardware import Hardware
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights, mix
from workbench.work import html, progress, rules

MEMORY = 2**30  # bytes of weights and logits at once; a path of more is measured in parts

DEFINITIONS = {
    # R is the risk (loss or error) along the path; the three definitions in use
    "linear": "max over α of R(α) - (1 - α) R(0) - α R(1): above the straight line between the ends (Data Diet 2021)",
    "sup": "max over α of R(α) - (R(0) + R(1)) / 2: above the mean of the ends (Frankle et al. 2020)",
    "midpoint": "R(1/2) - (R(0) + R(1)) / 2 (Lottery Tickets on a Data Diet 2022)",
}
MASKS_ON_PATH = ("denser", "sparser", "union")


@dataclass(frozen=True, eq=False)
class Path:
    """What was measured on a line: `alphas` from 0 to 1 with both ends and the middle; P points, N examples.

    `loss` is mean cross-entropy in nats, `error` a fraction in [0, 1]; `losses_PN` and `wrong_PN` are the same by
    example, `ids` their ids in the dataset. `split` and `batch_norm` say where and how it was measured.
    """

    alphas: Float64[Tensor, " P"]
    loss: Float64[Tensor, " P"]
    error: Float64[Tensor, " P"]
    losses_PN: Float[Tensor, "P N"]
    wrong_PN: Bool[Tensor, "P N"]
    labels: Int64[Tensor, " N"]
    ids: Int64[Tensor, " N"]
    split: str
    batch_norm: str

    def __repr__(self) -> str:
        error, loss = self.barrier(), self.barrier(of="loss")
        where = f"split={self.split}, batch_norm={self.batch_norm}"
        return f"Path(barrier: error {error:.4f}, loss {loss:.4f}; points={len(self.alphas)}, {where})"

    def _repr_html_(self) -> str:
        rows = ((name, f"{self.barrier(name):.4f}", f"{self.barrier(name, of='loss'):.4f}") for name in DEFINITIONS)
        caption = f"barrier on {self.split}, batch-norm: {self.batch_norm}, {len(self.alphas)} points"
        return html.table(rows, head=("", "error", "loss"), caption=caption)

    def barrier(
        self, definition: str = "linear", *, of: str = "error", examples: Int64[Tensor, " some"] | None = None
    ) -> float:
        """Return the barrier of the mean `of` "error" or "loss" over all examples, or over those at some places.

        `definition` is "linear", "sup" or "midpoint" (`DEFINITIONS`). May be slightly below zero for "midpoint".
        """
        values_PN = self._values(of)
        mean = self.loss if of == "loss" else self.error
        risk = mean if examples is None else values_PN[:, some_places(examples, len(self.ids))].mean(1)
        return float(_barrier(risk[:, None], self.alphas, definition))

    def barriers(self, definition: str = "midpoint", *, of: str = "loss") -> Float64[Tensor, " N"]:
        """Return the barrier of every example: bᵢ = ℓᵢ(mid) - (ℓᵢ(w₁) + ℓᵢ(w₂)) / 2 by default (2022 paper)."""
        return _barrier(self._values(of), self.alphas, definition)

    def score(self, data: Data, *, of: str = "loss") -> Score:
        """Return the barrier of every example as a score of these data: those that are not connected are the hardest.

        The midpoint loss barrier in nats, by which a paper chose subsets; `variant` is the treatment of batch-norm.
        """
        part = part_of(data, self.split)
        if bool((~torch.isin(self.ids.cpu(), part.ids.cpu())).any()):
            raise ValueError(f"the path was measured on other images than those of {self.split} of this {data.name}")
        values = self.barriers(of=of).float()
        return Score("barrier", values, self.ids.cpu(), data.fingerprint, self.split, variant=self.batch_norm)

    def connected_share(
        self,
        threshold: float = 0.1,
        definition: str = "midpoint",
        *,
        of: str = "loss",
        examples: Int64[Tensor, " some"] | None = None,
    ) -> float:
        """Return the share of examples whose barrier is below the threshold: those that are linearly connected.

        The paper's own threshold is not known; 0.1 and 0.5 nats are in use here.
        """
        threshold = rules.number("threshold", threshold, way_on="0.1 and 0.5 nats are in use")
        barriers = self.barriers(definition, of=of)
        barriers = barriers if examples is None else barriers[some_places(examples, len(barriers))]
        return float(barriers.lt(threshold).double().mean())

    def by_class(self, of: str = "error") -> Float64[Tensor, "P classes"]:
        """Return the mean error (or loss) of every class along the path; NaN where a class has no example."""
        values_PN = self._values(of)
        return torch.stack([values_PN[:, self.labels == c].mean(1) for c in range(int(self.labels.max()) + 1)], 1)

    def _values(self, of: str) -> Float64[Tensor, "P N"]:
        rules.choice("risk", of, ("error", "loss"))
        return (self.losses_PN if of == "loss" else self.wrong_PN).double()


def path(
    model: nn.Module,
    a: Weights,
    b: Weights,
    data: Data,
    *,
    split: str = "test",
    points: int = 25,
    batch_norm: str = "average",
    mask: Mask | None = None,
    examples: Int64[Tensor, " some"] | None = None,
    hardware: Hardware | None = None,
) -> Path:
    """Measure loss and error on the line from `a` to `b`, at `points` (odd, so that the middle is one of them).

    `split` is "train" (without augmentation), "validation" or "test", `examples` places in it (default: all).
    `batch_norm`: with "average" both ends are exactly what `evaluate` says of them, with "keep" the first is, with
    "recompute" both are an evaluation after the same recomputation on training images. `mask` is applied to every
    point (`path_mask` chooses one of two). The caller's weights are not moved. Raises a ValueError for weights of
    different models, for an end that is not finite, and for an empty slice of the data.
    """
    check_points(points)
    check_ends(model, a, b)
    if mask is not None:
        masks.check(mask, a)
        check_keeps(mask)
    part = slice_of(data, split, examples)

    def point(alpha: float) -> Weights:
        mixed = mix(a, b, alpha) if mask is None else masks.apply(mix(a, b, alpha), mask)
        return treat_batch_norm(model, mixed, batch_norm=batch_norm, first=a, train=data.train)

    alphas = torch.linspace(0, 1, points, dtype=torch.float64)
    loss, error, losses_PN, wrong_PN = measure(model, [lambda x=x: point(float(x)) for x in alphas], part, hardware)
    return Path(alphas, loss, error, losses_PN, wrong_PN, part.labels, part.ids, split, batch_norm)


def paths(
    model: nn.Module, networks: Sequence[Weights], data: Data, *, batch_norm: str = "average", **options: object
) -> Iterator[tuple[tuple[int, int], Path]]:
    """Yield ((i, j), path) for every pair of several networks, i < j; the options are those of `path`."""
    check_networks(model, networks)
    if len(networks) < 2:
        raise ValueError(f"networks must be at least 2, to have a path between them, got {len(networks)}")
    pairs = list(itertools.combinations(range(len(networks)), 2))
    lines = (((i, j), path(model, networks[i], networks[j], data, batch_norm=batch_norm, **options)) for i, j in pairs)  # pyright: ignore[reportArgumentType]
    yield from progress.walk("pair", lines, len(pairs))


def path_mask(a: Mask, b: Mask, which: str = "denser") -> Mask:
    """Return the mask to put on a path between two sparse networks: of the "denser", the "sparser", or their "union".

    With "sparser" an end that is denser is not itself any more; "union" changes neither end.
    """
    rules.choice("mask on the path", which, MASKS_ON_PATH)
    check_pair(a, b)
    if which == "union":
        return {name: a[name] | b[name] for name in a}
    denser, sparser = (a, b) if masks.kept(a) >= masks.kept(b) else (b, a)
    return denser if which == "denser" else sparser


def measure(
    model: nn.Module, points: Sequence, split: Split, hardware: Hardware | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Evaluate the model at points of the landscape, each a function that makes its weights; in parts if they are many.

    Returns loss and error by point (float64), and losses and mistakes by point and example.
    """
    size = sum(t.numel() * t.element_size() for t in model.state_dict().values()) + 16 * 4 * len(split)
    at_once = max(1, MEMORY // size)
    loss, error, losses, wrong = [], [], [], []
    for begin in range(0, len(points), at_once):
        part = points[begin : begin + at_once]
        with progress.within("part", begin // at_once, -(-len(points) // at_once)):
            with progress.within("part", 0, (1, 1)):
                networks = [_made(weights, place, len(part)) for place, weights in enumerate(part, 1)]
            with progress.within("part", 1, (1, 1)):
                evaluations = evaluate_all(model, networks, split, hardware=hardware)
        for evaluation in evaluations:
            loss.append(evaluation.loss)
            error.append(1 - evaluation.accuracy)
            labels = split.labels.cpu()
            losses.append(functional.cross_entropy(evaluation.logits.double(), labels, reduction="none").float())
            wrong.append(evaluation.logits.argmax(1) != labels)
    double = torch.float64
    return torch.tensor(loss, dtype=double), torch.tensor(error, dtype=double), torch.stack(losses), torch.stack(wrong)


def _barrier(values_PN: Tensor, alphas: Tensor, definition: str) -> Tensor:
    """Return the barrier of every column."""
    rules.choice("definition of a barrier", definition, DEFINITIONS)
    first, last = values_PN[0], values_PN[-1]
    if definition == "midpoint":
        return values_PN[len(alphas) // 2] - (first + last) / 2
    if definition == "sup":
        return (values_PN - (first + last) / 2).max(0).values
    alpha = alphas[:, None]
    return (values_PN - (1 - alpha) * first - alpha * last).max(0).values


def _made(weights: Callable[[], Weights], count: int, of: int) -> Weights:
    network = weights()
    progress.report(count, of, "network")
    return network
