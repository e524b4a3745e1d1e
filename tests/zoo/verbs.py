"""Every verb against the plain loop: each runs the workbench and the oracle on one module, and asserts the same."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import oracle
import torch
from tiny import made, same
from torch import Tensor, nn
from torch.nn import functional

import workbench as wb
from workbench.data_diet import SCORES
from workbench.ensembles import members as train_members
from workbench.nets import sparse_linear
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.sparse_linear import sparse_layers
from workbench.pruning import METHODS
from workbench.pruning.edge_popup import initial_scores
from workbench.work.seeds import number

Build = Callable[[], nn.Module]
DATA = made(n=36)
RECIPE = wb.Recipe(steps=5, batch_size=12, learning_rate=0.05)
BEGINNING = wb.Recipe(steps=2, batch_size=12, learning_rate=0.05)
DENSITY = 0.5
SPARSE = 0.15  # of the weights, where executions are tried


def drawn(build: Build, seed: int = 0) -> nn.Module:
    """The module as its constructor draws it from a seed of torch's generator."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


def close(a: Tensor, b: Tensor) -> None:
    assert a.shape == b.shape, f"{tuple(a.shape)} and {tuple(b.shape)}"
    loose = a.dtype == torch.bfloat16 or b.dtype == torch.bfloat16
    torch.testing.assert_close(a.double(), b.double(), rtol=1e-3, atol=1e-2 if loose else 2e-5, equal_nan=True)


def alike(weights: Mapping[str, Tensor], network: nn.Module) -> None:
    """Assert that a network's state dict has these names and, to rounding, these tensors."""
    state = network.state_dict()
    assert weights.keys() == state.keys()
    for name, tensor in state.items():
        close(weights[name], tensor)


def says(model: nn.Module, weights: Mapping[str, Tensor], network: nn.Module) -> None:
    """Assert that the module says with these weights what the network says: evaluated, and loaded by torch alone."""
    said = wb.evaluate(model, dict(weights), DATA.test).logits
    close(said, oracle.logits(network, DATA.test))
    oracle.loaded(network, weights)
    close(said, oracle.logits(network, DATA.test))


def pruned(network: nn.Module, mask: Mapping[str, Tensor]) -> nn.Module:
    for name, kept in mask.items():
        dict(network.named_parameters())[name].data[~kept] = 0
    return network


def evaluate(build: Build) -> None:
    model = drawn(build)
    start, before = wb.snapshot(model), wb.snapshot(model)
    says(model, start, drawn(build))
    assert same(start, before)
    assert same(wb.snapshot(model), before)


def train(build: Build) -> None:
    model = drawn(build)
    start = wb.snapshot(model)
    run = wb.train(model, start, DATA, RECIPE, seed=1)
    network = oracle.train(drawn(build), DATA, RECIPE, seed=1)
    alike(run.weights, network)
    says(model, run.weights, network)
    assert same(start, wb.snapshot(drawn(build)))
    assert same(start, wb.snapshot(model))


def rounds(build: Build) -> None:
    model = drawn(build)
    options = {"rounds": 1, "fraction": 0.3, "rewind_step": 2, "seed": 1}
    *_, last = wb.lottery.rounds(model, wb.snapshot(model), DATA, RECIPE, **options)  # pyright: ignore[reportArgumentType]
    dense = drawn(build)
    oracle.train(dense, DATA, BEGINNING, seed=1)
    rewound = wb.snapshot(dense)
    oracle.train(dense, DATA, RECIPE, seed=1, first=2)
    sizes = {name: tensor.detach().abs() for name, tensor in dense.named_parameters() if name in last.mask}
    flat = torch.cat([size.flatten() for size in sizes.values()])
    least = flat.sort().values[round(0.3 * len(flat))]
    assert same({name: size >= least for name, size in sizes.items()}, last.mask)
    sparse = drawn(build)
    sparse.load_state_dict(rewound)
    oracle.train(sparse, DATA, RECIPE, mask=last.mask, seed=1, first=2)
    alike(last.run.weights, sparse)
    says(model, last.trained.weights, sparse)


def initialise(build: Build) -> None:
    model, other = drawn(build), drawn(build, number(1, "initialise"))
    assert same(wb.initialise(build, seed=1), other.state_dict())  # pyright: ignore[reportArgumentType]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        weights = wb.initialise(model, seed=1)  # without the constructor: each tensor that it draws is another
    if said:
        raise UserWarning(str(said[0].message))
    for name, tensor in model.state_dict().items():
        if tensor.numel() > 1:
            assert torch.equal(tensor, other.state_dict()[name]) == torch.equal(tensor, weights[name]), name


def full(build: Build) -> None:
    model = drawn(build)
    mask = wb.masks.full(model)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad and p.dim() > 1}
    assert mask.keys() == trained.keys()
    mask = wb.pruning.random_mask(mask, density=DENSITY)
    says(model, wb.Ticket(wb.snapshot(model), mask).weights, pruned(drawn(build), mask))


def method(name: str) -> Callable[[Build], None]:
    def prune(build: Build) -> None:
        model = drawn(build)
        start = wb.snapshot(model)
        mask = wb.pruning.prune(name, model, start, DATA, RECIPE, density=DENSITY)
        assert wb.masks.kept(mask) == round(DENSITY * wb.masks.total(mask))
        network = drawn(build)
        tensors = dict(network.named_parameters())
        if name == "magnitude":
            sizes = torch.cat([tensors[n].detach().abs().flatten() for n in mask])
            kept = torch.cat([tensor.flatten() for tensor in mask.values()])
            assert sizes[kept].min() >= sizes[~kept].max()
        if name == "edge_popup":
            scores, counts = initial_scores(model, mask, 0), wb.masks.kept_by_layer(mask)
            assert same(oracle.edge_popup(network, DATA, RECIPE, scores, counts), mask)
        else:
            pruned(network, mask)
            says(model, wb.Ticket(start, mask).weights, network)

    return prune


def score(name: str) -> Callable[[Build], None]:
    def scored(build: Build) -> None:
        if name in ("input_norm", "random"):  # which ask for no network
            return None
        model, network = drawn(build), drawn(build)
        start, labels = wb.snapshot(model), DATA.train.labels
        if name == "forgetting":
            counted = wb.data_diet.forgetting(model, start, DATA, RECIPE, seed=1)
            return close(counted.mean_events.float(), oracle.forgotten(network, DATA, RECIPE, seed=1))
        values = SCORES[name](model, [start], DATA).values
        assert same(start, wb.snapshot(drawn(build)))
        if name == "grand":
            return close(values, oracle.gradient_norms(network, DATA.train))
        logits = oracle.logits(network, DATA.train).double()
        onehot = functional.one_hot(labels, logits.shape[1])
        expected = {
            "el2n": (logits.softmax(1) - onehot).norm(dim=1),
            "loss": functional.cross_entropy(logits, labels, reduction="none"),
            "margin": (logits - 1e9 * onehot).max(1).values - logits[torch.arange(len(labels)), labels],
        }
        return close(values, expected[name])

    return scored


def execution(name: str) -> Callable[[Build], None]:
    """Train under an execution as the plain loop trains the masked network; small layers are sparse here, too."""

    def executed(build: Build) -> None:
        model = drawn(build)
        start, recipe = wb.snapshot(model), replace(RECIPE, execution=name)
        mask = wb.pruning.random_mask(wb.masks.full(model), density=SPARSE, seed=2)
        with patch.object(sparse_linear, "LEAST", 0):
            run = wb.train(model, start, DATA, recipe, mask=mask, seed=1)
        assert run.hardware.execution == name or not any(sparse_layers(model, mask))
        network = oracle.train(drawn(build), DATA, RECIPE, mask=mask, seed=1)
        alike(run.weights, network)
        says(model, run.weights, network)

    return executed


def smaller(build: Build) -> None:
    """An ordinary smaller module, to train on and for inference."""
    model = drawn(build)
    start = wb.snapshot(model)
    mask = wb.pruning.random_mask(wb.masks.full(model), density=SPARSE, seed=2)
    wb.evaluate(model, start, DATA.test, mask=mask)
    logits = oracle.logits(pruned(drawn(build), mask), DATA.test)
    for inference in (False, True):
        close(oracle.logits(wb.compact(model, start, mask, inference=inference), DATA.test), logits)
    assert same(start, wb.snapshot(model))


def path(build: Build) -> None:
    model = drawn(build)
    start = wb.snapshot(model)
    end = wb.train(model, start, DATA, RECIPE, seed=1).weights
    measured = wb.landscape.path(model, start, end, DATA, points=3)
    for alpha, losses in zip(measured.alphas.tolist(), measured.losses_PN, strict=True):
        floats = {name: a.is_floating_point() for name, a in start.items()}
        mixed = {name: torch.lerp(a, end[name], alpha) if floats[name] else a for name, a in start.items()}
        logits = oracle.logits(oracle.loaded(drawn(build), mixed), DATA.test)
        close(losses, functional.cross_entropy(logits.float(), DATA.test.labels, reduction="none"))


def recompute(build: Build) -> None:
    """Statistics anew: of torch's batch-norm in train mode, the plain mean over one batch of all; else nothing."""
    model, network = drawn(build), drawn(build)
    again = recompute_batch_norm(model, wb.snapshot(model), DATA.train)
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    if norms:
        with torch.no_grad():
            network(DATA.train.inputs())
    alike(again, network)


def hessian(build: Build) -> None:
    model = drawn(build)
    start = wb.snapshot(model)
    curvature = wb.landscape.hessian(model, start, DATA, split="test", examples=None)
    vector = curvature.random(0, "zoo")
    product = curvature.product(vector)
    assert same(start, wb.snapshot(drawn(build)))
    expected = oracle.curved(drawn(build), DATA.test, vector)
    assert float((product - expected).norm()) <= 2e-3 * max(float(expected.norm()), 1e-3)


def align(build: Build) -> None:
    model = drawn(build)
    start = wb.snapshot(model)
    shuffle = wb.landscape.permutations(model, seed=3)
    shuffled = wb.landscape.permute(model, start, shuffle)
    says(model, shuffled, drawn(build))
    says(model, wb.landscape.align(model, start, shuffled), drawn(build))


def save(build: Build) -> None:
    model = drawn(build)
    mask = wb.pruning.random_mask(wb.masks.full(model), density=DENSITY)
    with tempfile.TemporaryDirectory() as folder:
        ticket, file = wb.Ticket(wb.snapshot(model), mask), Path(folder) / "ticket.safetensors"
        wb.save(ticket, file)
        again = wb.open(file)
    assert same(ticket.weights, again.weights)
    says(model, again.weights, pruned(drawn(build), mask))
    end = wb.train(model, wb.snapshot(model), DATA, RECIPE).weights
    mixed = wb.mix(again.weights, end, 0.5)
    says(model, wb.Ticket(mixed, mask).weights, pruned(oracle.loaded(drawn(build), mixed), mask))


def archived(build: Build) -> None:
    model = drawn(build)
    with tempfile.TemporaryDirectory() as folder:
        call = wb.call(wb.lottery.rounds, model, wb.snapshot(model), DATA, RECIPE, rounds=1, fraction=0.3)
        first, second = (list(wb.Archive(folder).each(call))[1] for _ in range(2))
    assert same(first.ticket.weights, second.ticket.weights)
    again = wb.call(wb.lottery.rounds, drawn(build), wb.snapshot(model), DATA, RECIPE, rounds=1, fraction=0.3)
    assert again.key() == call.key()
    says(model, second.ticket.weights, pruned(oracle.loaded(drawn(build), second.rewound), second.mask))
    network = oracle.train(pruned(drawn(build), second.mask), DATA, RECIPE, mask=second.mask)
    says(model, second.trained.weights, network)


def members(build: Build) -> None:
    model = drawn(build)
    (member,) = train_members(model, DATA, RECIPE, losses=[wb.CrossEntropy()], density=DENSITY, seed=2)
    born = wb.initialise(model, seed=number(2, "member weights", 0), rule="scaled_constant", density=DENSITY)
    network = oracle.loaded(drawn(build), born)
    scores = initial_scores(model, wb.masks.full(model), number(2, "member scores", 0))
    order, counts = number(2, "member", 0), wb.masks.kept_by_layer(member.mask)
    assert same(oracle.edge_popup(network, DATA, RECIPE, scores, counts, seed=order), member.mask)
    alike(member.weights, network)
    says(model, member.weights, network)


VERBS: dict[str, Callable[[Build], None]] = {
    "evaluate": evaluate,
    "train": train,
    "rounds": rounds,
    "initialise": initialise,
    "masks.full": full,
    "sparse": execution("sparse"),
    "compact": execution("compact"),
    "smaller module": smaller,
    **{name: method(name) for name in METHODS},
    **{name: score(name) for name in SCORES},
    "path": path,
    "batch-norm anew": recompute,
    "hessian": hessian,
    "align": align,
    "save and open": save,
    "archive": archived,
    "members": members,
}
