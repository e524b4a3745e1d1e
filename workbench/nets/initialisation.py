"""Draws of a model's initial weights, each from its own seed.

Whether a ticket needs *its* initial weights is the question of the random re-initialisation control (Frankle & Carbin
2019, section 2): so another draw must be one call away, and must not touch the model.
"""

from __future__ import annotations

import inspect
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from workbench.nets.linear_maps import linear_maps
from workbench.nets.plain_module import check_module, private
from workbench.nets.weights import Weights, snapshot
from workbench.work import rules
from workbench.work.locks import Lock
from workbench.work.nearest import unknown
from workbench.work.seeds import generator, number

_DRAWING = Lock(threading.RLock, awaited=True)  # what is drawn comes from torch's global generator, which threads share
RULES = ("own", "signed_constant", "kaiming_normal", "scaled_constant")
SAMPLE = 10_000  # entries of a tensor, at most, by which two laws are told apart
DISTANCE = 2.5  # between two of one law, over sqrt(2 / n): less in all but 7 of a million draws (Kolmogorov-Smirnov)
CONSTRUCTOR = "hand in what makes the model, which draws as its constructor does: wb.initialise(Net, seed=1)"


def initialise(
    model: nn.Module | Callable[[], nn.Module], *, seed: int = 0, rule: str = "own", density: float | None = None
) -> Weights:
    """Draw the model's weights anew; the model is not touched.

    `model` is a module, or what makes one (its class, a function without arguments), whose constructor then draws. Of a
    module, a part that has `reset_parameters` draws itself, and what it holds; any other leaves it to its children.
    That is not what a constructor does that draws by rules of its own: where a weight is drawn by another law than the
    module's weights follow now, a warning names it. The other rules are for weights that stay frozen in a search. They
    draw the weights of linear maps (`masks.full`) by their fan-in, and set their biases to 0 (norms begin at 1 and 0):

        signed_constant    ±sqrt(2 / fan_in)
        kaiming_normal     sqrt(2 / fan_in) · N(0, 1)
        scaled_constant    ±sqrt(2 / (fan_in · density)), which keeps the variance where only that share is kept

    A seed gives all three the same signs. `density` is used by the last alone. torch's global generator is left as it
    was. Raises a ValueError for parameters that nothing draws, or a rule or density out of range.
    The first two: Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?", as in the code of
    Sapkota et al. 2023.
    """
    gain = 2 / _share(rule, density)
    drawn = redrawn(model, seed) if isinstance(model, nn.Module) else _made(model, seed)
    if rule == "own":
        if isinstance(model, nn.Module):
            _say_other_laws(model, drawn)
        return snapshot(drawn)
    for index, (name, layer, part) in enumerate(linear_maps(drawn)):
        if (weight := layer._parameters.get(part)) is None:
            raise ValueError(
                f"{name} is made of other weights (a parametrisation), and rule={rule!r} draws none of them"
            )
        normal = torch.randn(weight.shape, generator=generator(seed, "frozen", index))
        std = torch.tensor((gain / fan_in(weight)) ** 0.5)
        with torch.no_grad():
            weight.copy_(std * normal if rule == "kaiming_normal" else torch.copysign(std, normal))
            for bias_name, bias in layer.named_parameters(recurse=False):
                if bias_name.startswith(("bias", "in_proj_bias")):
                    bias.zero_()
    return snapshot(drawn)


@contextmanager
def drawing(devices: Sequence[torch.device] = ()) -> Iterator[None]:
    """Leave torch's global generators as they were, and no other thread's `drawing` between the draws of this one."""
    with _DRAWING, torch.random.fork_rng(devices):
        yield


def redrawn(model: nn.Module, seed: int) -> nn.Module:
    """Return a copy of the module whose parts have drawn themselves anew; a ValueError for what nothing draws.

    Before, every parameter is NaN, so that nothing of the module's present weights comes into the draw.
    """
    check_module(model)
    drawn = private(model)
    if made := [path for path, part in drawn.named_modules() if parametrize.is_parametrized(part)]:
        raise ValueError(
            f"{made[0]} is made of other weights (a parametrisation), so that nothing draws it; {CONSTRUCTOR}"
        )
    with torch.no_grad():
        for parameter in drawn.parameters():
            parameter.fill_(torch.nan)
    with drawing():
        torch.default_generator.manual_seed(number(seed, "initialise"))
        _reset(drawn, "the model")
    if left := [name for name, parameter in drawn.named_parameters() if bool(parameter.isnan().any())]:
        raise ValueError(f"{', '.join(left[:3])} are not drawn by any reset_parameters(); {CONSTRUCTOR}")
    return drawn


def _made(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Return the module that a class, or a function without arguments, makes when it draws from the seed."""
    if not callable(make):
        rules.module(make)
    way_on = "wb.models.lenet(data) makes one"
    try:
        inspect.signature(make).bind()
    except (TypeError, ValueError):
        raise rules.refused("model", "an nn.Module, or what makes one without arguments", make, way_on) from None
    with drawing():
        torch.default_generator.manual_seed(number(seed, "initialise"))
        seeded = torch.default_generator.get_state()
        made = make()
        drew = not torch.equal(seeded, torch.default_generator.get_state())
    check_module(made)
    if not drew:
        raise ValueError(
            "what makes the model draws nothing from torch's generator, so that every seed would give the same; "
            "hand in the module itself: wb.initialise(model, seed=1)"
        )
    return made


def _say_other_laws(model: nn.Module, drawn: nn.Module) -> None:
    """Warn of weights that are drawn by another law than the module's weights follow now."""
    tensors, drawn_tensors = (
        dict(model.named_parameters()),
        dict(drawn.named_parameters()) | dict(drawn.named_buffers()),
    )
    frozen = [(path, part) for path, part in model.named_modules() if model.training and not part.training]
    tensors |= {f"{path}.{name}": buffer for path, part in frozen for name, buffer in part.named_buffers()}
    other = [(name, born.detach(), drawn_tensors[name].detach()) for name, born in tensors.items()]
    if other := [each for each in other if _other_law(*each[1:])]:
        name, born, now = other[0]
        laws = f"{name} has mean {float(born.mean()):.2g} and deviation {_deviation(born):.2g} in the model"
        more = f", and {len(other) - 1} more" if len(other) > 1 else ""
        warnings.warn(
            f"{laws}, and is drawn with {float(now.mean()):.2g} and {_deviation(now):.2g}{more}: unless the model is "
            f"trained, that is not how it is made; {CONSTRUCTOR}",
            stacklevel=3,
        )


def _other_law(born: Tensor, drawn: Tensor) -> bool:
    """Say whether two tensors are of different laws: of constants if they differ, else by Kolmogorov and Smirnov."""
    n = born.numel()
    a, b = (t.flatten()[:: max(1, n // SAMPLE)].float().cpu().sort().values for t in (born, drawn))
    if n < 2 or not bool(a.isfinite().all()):
        return False
    if bool(a[0] == a[-1]) or bool(b[0] == b[-1]):
        return not torch.equal(a, b)
    shares = torch.arange(1, len(a) + 1) / len(a)
    distance = max(
        float((shares - torch.searchsorted(y, x, right=True) / len(y)).abs().max()) for x, y in ((a, b), (b, a))
    )
    return distance > DISTANCE * math.sqrt(2 / len(a))


def _deviation(tensor: Tensor) -> float:
    return float(tensor.std(correction=0))


def fan_in(weight: Tensor) -> int:
    """Return how many weights meet in one output, as torch counts them: the product of all sizes but the first."""
    return weight.shape[1:].numel()


def _share(rule: str, density: float | None) -> float:
    """Return the share of the weights for which the rule keeps the variance."""
    if rule not in RULES:
        raise unknown("rule", rule, RULES)
    if density is not None:
        rules.number("density", density, above=0, most=1, way_on='for "5 % kept" pass 0.05')
    if rule != "scaled_constant":
        return 1.0
    if density is None:
        raise ValueError('rule="scaled_constant" needs the density that will be kept; for "5 % kept" pass density=0.05')
    return density


def _reset(module: nn.Module, path: str) -> None:
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()  # type: ignore[operator]
        return
    names = [name for name, _ in module.named_parameters(recurse=False)]
    own = getattr(module, "_reset_parameters", None)  # of torch's attention and transformer, over what their parts drew
    if names and own is None:
        kind = type(module).__name__
        raise ValueError(f"{path} ({kind}) has parameters {names} but no reset_parameters(); give {kind} that method")
    for name, child in module.named_children():
        _reset(child, name)
    if own is not None:
        own()
