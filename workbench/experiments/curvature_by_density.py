"""How curved is the loss around tickets, and does that foretell how much can be pruned? Spectra by density.

For each replica: a lottery; at some of its rounds the Hessian's spectrum at the trained network, on its surviving
weights (biases and norms held). Beside it the controls: the same places before training ("rewound"), and random places
by layer, trained. The share that can be pruned at once is foretold as in "Unmasking" (Paul et al. 2023; recalled, not
verified: see `workbench.landscape.curvature`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench import lottery
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.replica import Replica, prepare
from workbench.landscape.curvature import Curvature, prunable_share
from workbench.landscape.curvature import curvature as curvature_at
from workbench.lottery.rounds import Round
from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.nets.weights import Weights
from workbench.numbers.asked import asked
from workbench.training.recipe import Recipe
from workbench.work import progress, rules
from workbench.work.archive import ArchiveLike
from workbench.work.typed import typed

if TYPE_CHECKING:
    import pandas

ROUNDS = 1000  # at most
CONTROLS = ("rewound", "random_mask")


@dataclass(frozen=True, eq=False)
class Sharpness:
    """The curvature at one network of the experiment, on all its surviving weights ("all") or on those of a layer.

    `kind` is ticket (trained), rewound (the same places before training) or random_mask (random places by layer,
    trained). `prunable_share` is foretold for a rise of the loss by `epsilon` and holds at `distance`, how far pruning
    so much moves the weights; `share_from_start` is the same where the distance is `travelled`, from the rewound
    weights to the trained ones. Both are None before training and for a layer.
    """

    kind: str
    seed: int
    replica: int
    round: int
    density: float
    layer: str
    dimension: int
    test_accuracy: float | None
    loss: float
    top_eigenvalue: float
    trace: float
    trace_error: float
    epsilon: float
    prunable_share: float | None
    distance: float | None
    share_from_start: float | None
    travelled: float | None
    curvature: Curvature

    def __repr__(self) -> str:
        where = f"{self.kind}, replica={self.replica}, round={self.round}, density={self.density:.4g}, {self.layer}"
        share = "" if self.prunable_share is None else f", prunable_share={self.prunable_share:.3f}"
        return f"Sharpness({where}: top_eigenvalue={self.top_eigenvalue:.4g}, trace={self.trace:.4g}{share})"


@typed
def curvature(
    dataset: str = "digits",
    *,
    train_size: int | None = None,
    image_size: int | None = None,
    model: str = "lenet(hidden=(100, 50))",
    recipe: Recipe = Recipe(epochs=20),  # noqa: B008 (frozen)
    measured: Sequence[int] = (0, 3, 6),
    fraction: float = 0.4,
    rewind_step: int = 0,
    controls: Sequence[str] = CONTROLS,
    by_layer: bool = False,
    split: str = "train",
    examples: int = 200,
    k: int = 8,
    draws: int = 12,
    steps: int = 80,
    repeats: int = 1,
    epsilon: float = 0.05,
    seed: int = 0,
    replicas: int = 3,
    archive: ArchiveLike | None = None,
) -> Iterator[Sharpness]:
    """Yield a `Sharpness` for every network measured, replicas side by side.

    `measured` are the rounds (0 is dense) whose networks are measured, `controls` names of `CONTROLS`; with `by_layer`
    each layer follows by itself. The loss is the mean over `examples` of `split`, drawn from the replica's seed; `k`,
    `draws`, `steps` and `repeats` are as in `wb.landscape.curvature`, whose defaults are finer. `epsilon` is the rise
    of the loss, in nats, that the foretold share allows. An `archive` keeps every training and every spectrum. Raises a
    ValueError for an option out of range, before anything is trained.

    Arguments:
        measured: The rounds whose networks are measured; 0 is the dense one.
        controls: The networks beside a trained ticket: the ticket before it was trained, and one with random places.
        examples: How many examples the mean loss is taken over.
        k: How many of the largest eigenvalues are computed.
        draws: How many random vectors estimate the trace; more make its error smaller.
        steps: How many steps a Lanczos run takes; more make the density of eigenvalues finer.
        repeats: How many Lanczos runs are averaged.
        epsilon: The rise of the loss, in nats, that the foretold share of pruned weights allows.
    """
    checked: dict[str, Any] = {"rewind_step": rewind_step, "split": split, "batch_norm": "keep"}
    experiment = prepare(dataset, train_size, image_size, model, recipe, seed, replicas, archive, **checked)
    spectra = {"split": split, "examples": examples, "k": k, "draws": draws, "steps": steps, "repeats": repeats}
    if not are(measured, rules.whole, most=ROUNDS):
        raise ValueError(f"measured must be rounds from 0 on, each once, got {told(measured)}; 0 is the dense one")
    lottery.counts(masks.full(experiment.network), max(measured), fraction)
    check_names("control", controls, CONTROLS)
    rules.flag("by_layer", by_layer)
    rules.whole("examples", examples, least=1, way_on="a few hundred are a first look")
    for name, least in (("k", 1), ("draws", 3), ("steps", 2), ("repeats", 1)):
        rules.whole(name, spectra[name], least=least, most=10_000)
    rules.number("epsilon", epsilon, above=0, way_on="the rise of the loss that is allowed; 0.05 is small")
    kinds = ("ticket", *controls)
    networks = [(r, kind) for r in sorted(measured) for kind in kinds if r or kind != "random_mask"]
    products = (3 * k + draws + steps * repeats) * (1 + by_layer * len(masks.full(experiment.network)))
    length, one = experiment.length - rewind_step, products * 6 * experiment.passes(examples)
    each = [(length * (kind == "random_mask"), one) for _, kind in networks]
    turns = (max(measured) + 1) * length, sum(map(sum, each))

    def sharpness(replica: Replica) -> Iterator[Sharpness]:
        rounds = replica.rounds(rounds=max(measured), fraction=fraction, rewind_step=rewind_step)
        for ticket in progress.walk("turn", rounds, turns, index=0):
            for kind in (kind for r, kind in networks if r == ticket.round):
                place = networks.index((ticket.round, kind))
                with progress.within("turn", 1, turns), progress.within("network", place, list(map(sum, each))):
                    with progress.within("part", 0, each[place]):
                        network = _control(replica, kind, ticket, rewind_step) if kind == "random_mask" else ticket
                    weights = ticket.rewound if kind == "rewound" else network.run.weights
                    with progress.within("curvature", 1, each[place]):
                        curvatures = _curvatures(replica, weights, network.mask, by_layer, spectra)
                labels = {**replica.labels, "kind": kind, "round": ticket.round}
                for curvature in curvatures:
                    yield _sharpness(curvature, network, epsilon, labels)

    yield from experiment.side_by_side(sharpness)


def _control(replica: Replica, kind: str, ticket: Round, step: int) -> Round:
    """Return a control of a round, trained, at its place."""
    control = replica.control(kind, ticket.ticket, ticket.rewound, ticket.round)
    run = replica.train(control.weights, mask=control.mask, step=step)
    return Round(ticket.round, run.density, control.mask, run, ticket.rewound, run.weights)


def _curvatures(
    replica: Replica, weights: Weights, mask: Mask, by_layer: bool, spectra: dict[str, Any]
) -> list[Curvature]:
    """Return the curvature on all surviving weights, and then of every layer that has some."""
    parts = [tuple(mask), *((name,) for name in mask if by_layer and bool(mask[name].any()))]
    options = {"mask": mask, "seed": replica.seed, **spectra}

    def on(layers: tuple[str, ...]) -> Curvature:
        return replica.run(curvature_at, replica.model, weights, replica.data, layers=layers, **options)

    return list(progress.walk("layer", map(on, parts), len(parts)))


def _sharpness(curvature: Curvature, network: Round, epsilon: float, labels: dict[str, Any]) -> Sharpness:
    mask, rewound, weights = network.mask, network.rewound, network.run.weights
    whole, trained = curvature.dimension == masks.kept(mask), labels["kind"] != "rewound"
    foretold: dict[str, Any] = dict.fromkeys(("prunable_share", "distance", "share_from_start", "travelled"))
    if whole and trained:
        prediction = prunable_share(curvature, weights, mask, epsilon=epsilon)
        moved = sum(float(((weights[n] - rewound[n])[mask[n]].double() ** 2).sum()) for n in mask) ** 0.5
        share_from_start = curvature.local_dimension(epsilon, moved) / curvature.dimension
        foretold = {"prunable_share": prediction.share, "distance": prediction.distance}
        foretold |= {"share_from_start": share_from_start, "travelled": moved}
    return Sharpness(
        **labels,
        **foretold,
        **fields_of(curvature, "dimension loss trace trace_error"),
        density=masks.density(mask),
        layer="all" if whole else curvature.layer,
        test_accuracy=network.run.test_accuracy if trained else None,
        top_eigenvalue=float(curvature.eigenvalues[0]),
        epsilon=epsilon,
        curvature=curvature,
    )


def spectrum_table(outcomes: Iterable[Sharpness]) -> pandas.DataFrame:
    """Return the spectra as one long table: a row for every eigenvalue, and for every point of a density.

    `part` is "eigenvalue" or "density" and `index` its place; `spectral_density`, which integrates to 1 over the
    eigenvalues, is missing for eigenvalues. (`density` is the share of weights kept, as everywhere.)
    """
    import pandas

    tables = []
    labels = "kind seed replica round density layer dimension"
    for o in asked("spectrum_table", outcomes, f"{labels} curvature", "curvature"):
        parts = (("eigenvalue", o.curvature.eigenvalues, None), ("density", o.curvature.grid, o.curvature.values))
        for part, at, height in parts:
            known = {**fields_of(o, labels), "part": part}
            numbers = {"eigenvalue": at.numpy(), "spectral_density": float("nan") if height is None else height.numpy()}
            tables.append(pandas.DataFrame({**known, "index": range(len(at)), **numbers}))
    return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame()
