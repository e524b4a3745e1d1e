"""Which part of the data can be left out? Train on a kept part from the beginning, and test.

Paul et al. 2021, "Deep Learning on a Data Diet", and Toneva et al. 2019: the classical question, in which the hard
examples are the ones to keep. It is the opposite of pre-training (`pretraining`), where the easy ones are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workbench.data.data import Data
from workbench.data_diet.scores import Score
from workbench.data_diet.subsets import check_subset, needs_score, parse, subset
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, told
from workbench.experiments.replica import Replica, prepare
from workbench.experiments.score_to_sort_by import check_sorting, cost_of, score_to_sort_by
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed


@dataclass(frozen=True, eq=False)
class Kept:
    """One training on a kept part: which `subset`, the `share` of the training examples it is, and its `size`."""

    subset: str
    share: float
    size: int
    seed: int
    replica: int
    test_accuracy: float | None
    validation_accuracy: float | None
    test_loss: float | None
    steps: int
    run: Run

    def __repr__(self) -> str:
        accuracy = "None" if self.test_accuracy is None else f"{self.test_accuracy:.4f}"
        return f"Kept({self.subset}, share={self.share:.4g}, replica={self.replica}, test_accuracy={accuracy})"


@typed
def kept_part(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    subsets: Sequence[str] = ("random", "easiest", "hardest"),
    shares: Sequence[float] = (0.1, 0.25, 0.5, 0.75),
    score: str | Score = "el2n",
    same_steps: bool = True,
    balanced: bool = True,
    label_noise: float = 0.0,
    score_replicas: int = 5,
    score_step: int | None = None,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Kept]:
    """Yield a `Kept` for the whole data and then every subset and share, replicas side by side.

    `subsets` are kinds of `data_diet.SUBSETS`, sorted by a `score`: one of `example_scores` by name, at `score_step`
    (default: a quarter of the recipe) over `score_replicas` networks of seeds that no training here uses, or any
    `wb.Score` of these data. With `same_steps` a part is trained for as many steps as all the data, so that what
    differs is what was seen; without, for as many epochs. `label_noise` moves that share of the training labels, for
    scores and training alike. All of a replica's trainings begin from the same weights: pair by it. Raises a ValueError
    for an option out of range, before anything is trained.

    Arguments:
        subsets: The parts of the data that are kept, by how hard their examples are.
        shares: The shares of the training images that are kept.
        same_steps: Whether a part is trained for as many steps as all the data, or else for as many epochs.
    """
    sizes = (train_size, image_size)
    experiment = prepare(dataset, *sizes, model, recipe, seed, replicas, archive, label_noise=label_noise)
    whole = replace(experiment, recipe=replace(recipe, epochs=None, steps=experiment.length))
    rules.flag("same_steps", same_steps)
    rules.flag("balanced", balanced)
    n, parts = len(experiment.data.train), _parts(experiment.data, subsets, shares, balanced)
    check_sorting(score, whole, n=score_replicas, step=score_step)
    each = [1 if same_steps else size / n for _, size in parts]
    sorts = any(needs_score(kind) for kind, _ in parts)
    cost = cost_of(score, whole, n=score_replicas, step=score_step) if sorts else 0.0
    order, costs = None, (cost, replicas * whole.length * sum(each))
    if sorts:
        with progress.within("part", 0, costs):
            order = score_to_sort_by(score, whole, n=score_replicas, step=score_step)

    def kept(replica: Replica) -> Iterator[Kept]:
        for index, (kind, size) in enumerate(parts):
            ids = subset(replica.data, kind, size, score=order, balanced=balanced, seed=replica.seed)
            with progress.within("subset", index, each):
                run = replace(replica, data=replica.data.only(ids)).train(replica.start)
            numbers = fields_of(run, "test_accuracy validation_accuracy test_loss steps")
            yield Kept(subset=kind, share=size / n, size=size, run=run, **replica.labels, **numbers)

    trained = (whole if same_steps else experiment).side_by_side(kept)
    yield from progress.walk("part", trained, costs, index=1)


def _parts(data: Data, subsets: Sequence[str], shares: Sequence[float], balanced: bool) -> list[tuple[str, int]]:
    """Return (kind, size) of the whole data and of every part; a ValueError for what is out of range."""
    n = len(data.train)
    rules.names("subsets", subsets, '("random", "hardest") are two')
    if not subsets or not are(shares, rules.number, above=0, most=1):
        rule = "subsets must hold a kind or more, and shares must be in (0, 1], each once"
        raise ValueError(f'{rule}, got {told(subsets)} and {told(shares)}; for "25 % kept" pass 0.25')
    parts = {("all", n): None}
    for kind in subsets:
        rules.instance("subsets", kind, str, "names of subsets", '"random" is one')
        name, skip = parse(kind)
        for size in (round(share * n) for share in shares):
            if name != "all" and size < n:
                check_subset(data, kind, size, balanced=balanced)
                parts[f"window(skip={skip})" if name == "window" else name, size] = None
    return list(parts)
