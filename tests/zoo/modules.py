"""The zoo of modules: each awkward in one way, and tiny; all but a few take images of 1×4×4 and know three classes.

A case is a function that builds the module, drawn by its constructor.
"""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

Flat = nn.Flatten


def mlp(*middle: nn.Module, inputs: int = 16, hidden: int = 6) -> nn.Sequential:
    return nn.Sequential(Flat(), nn.Linear(inputs, hidden), *middle, nn.ReLU(), nn.Linear(hidden, 3))


class Tied(nn.Module):
    """Two layers that share one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.second(self.first(x.flatten(1)).relu()).relu())


class Reused(nn.Module):
    """One layer that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.out = nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.layer(self.layer(x.flatten(1)).relu()).relu())


class Borrowed(nn.Module):
    """A layer whose weight is also used outside it: what a closed form of linear layers does not expect."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.out = nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.layer(x.flatten(1)).relu()
        return self.out(hidden + functional.linear(hidden, self.layer.weight) / 2)


class ClassroomNorm(nn.Module):
    """A batch-norm as it is taught: its statistics are assigned anew in every forward pass."""

    mean: Tensor
    var: Tensor

    def __init__(self, units: int, *, persistent: bool = True) -> None:
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(units)), nn.Parameter(torch.zeros(units))
        self.register_buffer("mean", torch.zeros(units), persistent=persistent)
        self.register_buffer("var", torch.ones(units), persistent=persistent)

    def reset_parameters(self) -> None:
        nn.init.ones_(self.gain)
        nn.init.zeros_(self.shift)
        nn.init.zeros_(self.mean)
        nn.init.ones_(self.var)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            mean, var = x.mean(0), x.var(0)
            self.mean = 0.8 * self.mean + 0.2 * mean.detach()
            self.var = 0.8 * self.var + 0.2 * var.detach()
        else:
            mean, var = self.mean, self.var
        return self.gain * (x - mean) / (var + 1e-5).sqrt() + self.shift


class FrozenNorm(nn.Module):
    """A batch-norm in eval mode inside a model in train mode, its weights without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.out = nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Linear(48, 3)
        self.norm.eval().requires_grad_(False)
        self.norm.running_mean.fill_(0.1)  # pyright: ignore[reportOptionalMemberAccess]

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.norm(self.conv(x)).relu().flatten(1))


class Recurrent(nn.Module):
    """Rows of an image as a sequence."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.cells, self.out = kind(4, 5, batch_first=True), nn.Linear(5, 3)  # pyright: ignore[reportCallIssue]

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.cells(x[:, 0])[0][:, -1])


class Attention(nn.Module):
    """Rows of an image that attend to each other; without weights to show, torch takes its fused kernel."""

    def __init__(self, need_weights: bool = False) -> None:
        super().__init__()
        self.need_weights = need_weights
        self.attend, self.out = nn.MultiheadAttention(4, 2, batch_first=True), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        rows = x[:, 0]
        return self.out((rows + self.attend(rows, rows, rows, need_weights=self.need_weights)[0]).flatten(1))


class Keeps(nn.Module):
    """A module that keeps an activation, as many do to draw it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(16, 6), nn.Linear(6, 3)
        self.last = self.first(torch.zeros(1, 16))

    def forward(self, x: Tensor) -> Tensor:
        self.last = self.first(x.flatten(1)).relu()
        return self.out(self.last)


class OwnInitialisation(nn.Module):
    """A constructor that draws by another law than its layers do."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(16, 32), nn.Linear(32, 3)
        nn.init.normal_(self.first.weight, std=0.5)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.first(x.flatten(1)).relu())


class Scaled(nn.Module):
    """A layer of one's own, a parameter of its own, and a plain number that scales the logits."""

    def __init__(self, scale: float = 1.0, act: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 16) / 4)
        self.scale, self.act = scale, act

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight, std=0.25)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * functional.linear(self.act(x.flatten(1)), self.weight)


class Answers(nn.Module):
    """A network whose answer is not a tensor of logits alone."""

    def __init__(self, answer: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.body, self.answer = mlp(), answer

    def forward(self, x: Tensor) -> Any:
        return self.answer(self.body(x))


Output = namedtuple("Output", "logits")


class Counts(nn.Module):
    """Annealed by a count that is a plain attribute: part of no state dict."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.calls = mlp(), 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.calls += 1
        return self.body(x) / (1 + 0.1 * self.calls)


class Extra(nn.Module):
    """Extra state, which torch keeps in the state dict as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.note = mlp(), "a note"

    def get_extra_state(self) -> str:
        return self.note

    def set_extra_state(self, state: str) -> None:
        self.note = state

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Complex(nn.Module):
    """A layer of complex weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(16, 5, dtype=torch.complex64), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.first(x.flatten(1).to(torch.complex64)).abs())


class Casts(nn.Module):
    """Weights of another precision, and a forward pass that takes floats."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.body = mlp().to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.to(self.body[1].weight.dtype)).float()  # pyright: ignore[reportArgumentType,reportCallIssue]


class SharedMemory(nn.Module):
    """Two parameters, not one, that lie in the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        self.second.weight.data = self.first.weight.data

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.second(self.first(x.flatten(1)).relu()).relu())


class Mixes(nn.Module):
    """Examples that see one another in eval mode too."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(16, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x.flatten(1))
        return self.out((hidden - hidden.mean(0)).relu())


class CountsInABuffer(nn.Module):
    """A buffer that is written in place, in eval mode too."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.body = mlp()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.body(x) + 0 * self.calls


class Teacher(nn.Module):
    """A frozen copy that follows the trained layer, written in place by the forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.slow, self.out = nn.Linear(16, 6), nn.Linear(16, 6), nn.Linear(6, 3)
        self.slow.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                self.slow.weight.lerp_(self.layer.weight, 0.1)
        x = x.flatten(1)
        return self.out((self.layer(x) + self.slow(x)).relu())


class Branches(nn.Module):
    """A list of branches of which one takes part in nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Linear(16, 4) for _ in range(3))
        self.out = nn.ModuleDict({"head": nn.Linear(8, 3)})

    def forward(self, x: Tensor) -> Tensor:
        first, second, _ = self.branches
        return self.out["head"](torch.cat([first(x.flatten(1)), second(x.flatten(1)).relu()], 1))


class SameLayerTwice(nn.Module):
    """One layer, and one norm, under two names each."""

    def __init__(self) -> None:
        super().__init__()
        layer, norm = nn.Linear(16, 16), nn.BatchNorm1d(16)
        self.layers, self.norms, self.out = nn.ModuleList([layer, layer]), nn.ModuleList([norm, norm]), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(x)).relu()
        return self.out(x)


class Listed(nn.Module):
    """A layer in a plain list, which torch knows nothing of: it is neither trained nor in the state dict."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = [nn.Linear(16, 6)], nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.hidden[0](x.flatten(1).float()).relu().to(x))


class Clipped(nn.Module):
    """A layer whose forward pass holds its own weight in bounds, in place."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(16, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                self.first.weight.clamp_(-0.2, 0.2)
        return self.out(self.first(x.flatten(1)).relu())


class Renamed(nn.Module):
    """A state dict whose names a hook changes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = mlp()
        self.register_state_dict_post_hook(self.rename)

    @staticmethod
    def rename(module: nn.Module, state: dict[str, Tensor], prefix: str, metadata: Any) -> None:
        for name in list(state):
            state[name.replace("body", "trunk")] = state.pop(name)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class Cell(nn.Module):
    """A recurrent cell in a loop of one's own, and a bilinear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.both = nn.GRUCell(4, 5), nn.Bilinear(5, 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_zeros(len(x), 5)
        for row in x[:, 0].unbind(1):
            state = self.cell(row, state)
        return self.both(state, state)


def old_weight_norm() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return mlp(nn.utils.weight_norm(nn.Linear(6, 6)))


def grouped() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 2, groups=2), nn.GroupNorm(2, 4), Flat(), nn.Linear(4, 3)
    )


def depthwise() -> nn.Module:
    layers = nn.Conv2d(1, 4, 1), nn.Conv2d(4, 4, 3, groups=4), nn.BatchNorm2d(4), nn.ReLU(), Flat(), nn.Linear(16, 3)
    return nn.Sequential(*layers)


def transposed() -> nn.Module:
    return nn.Sequential(nn.ConvTranspose2d(1, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), Flat(), nn.Linear(3, 3))


def frozen() -> nn.Module:
    model = mlp()
    model[1].requires_grad_(False)
    return model


def transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True, norm_first=True)
    return nn.Sequential(nn.Flatten(1, 2), layer, Flat(), nn.Linear(16, 3))


MODULES: dict[str, Callable[[], Any]] = {
    "plain": mlp,
    "convolutional": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), Flat(), nn.Linear(16, 3)
    ),
    "tied": Tied,
    "reused layer": Reused,
    "layer and norm of two names": SameLayerTwice,
    "weight used outside its layer": Borrowed,
    "two parameters in one memory": SharedMemory,
    "branch without a part": Branches,
    "frozen layer": frozen,
    "frozen norm": FrozenNorm,
    "classroom batch-norm": lambda: mlp(ClassroomNorm(6)),
    "classroom batch-norm, not persistent": lambda: mlp(ClassroomNorm(6, persistent=False)),
    "norm without weights": lambda: mlp(nn.BatchNorm1d(6, affine=False)),
    "norm without statistics": lambda: mlp(nn.BatchNorm1d(6, track_running_stats=False)),
    "norm by plain mean": lambda: mlp(nn.BatchNorm1d(6, momentum=None)),
    "layer-norm": lambda: mlp(nn.LayerNorm(6)),
    "instance-norm with statistics": lambda: nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.InstanceNorm2d(3, track_running_stats=True), nn.ReLU(), Flat(), nn.Linear(12, 3)
    ),
    "groups and group-norm": grouped,
    "depthwise": depthwise,
    "transposed convolution": transposed,
    "one weight for all units": lambda: mlp(nn.PReLU()),
    "weight-norm": lambda: mlp(parametrizations.weight_norm(nn.Linear(6, 6))),
    "weight-norm of old": old_weight_norm,
    "spectral-norm": lambda: mlp(parametrizations.spectral_norm(nn.Linear(6, 6))),
    "orthogonal": lambda: mlp(parametrizations.orthogonal(nn.Linear(6, 6))),
    "GRU": lambda: Recurrent(nn.GRU),
    "LSTM": lambda: Recurrent(nn.LSTM),
    "RNN": lambda: Recurrent(nn.RNN),
    "recurrent cell and bilinear layer": Cell,
    "attention": Attention,
    "attention that shows its weights": lambda: Attention(need_weights=True),
    "transformer layer": transformer,
    "keeps an activation": Keeps,
    "own initialisation": OwnInitialisation,
    "parameter of its own": Scaled,
    "layer in a plain list": Listed,
    "weight held in bounds": Clipped,
    "names changed by a hook": Renamed,
    "dropout of no share": lambda: mlp(nn.Dropout(0.0)),
    "count in a plain attribute": Counts,
    "count in a buffer": CountsInABuffer,
    "frozen copy that follows": Teacher,
    "examples that see one another": Mixes,
    "dict of logits": lambda: Answers(lambda logits: {"logits": logits}),
    "tuple of logits": lambda: Answers(lambda logits: Output(logits)),
    "one logit": lambda: Answers(lambda logits: logits[:, :1]),
    "extra state": Extra,
    "double": lambda: mlp().double(),
    "double that casts": lambda: Casts(torch.float64),
    "half that casts": lambda: Casts(torch.bfloat16),
    "complex": Complex,
    "compiled": lambda: torch.compile(mlp()),
    "two devices' wrapper": lambda: nn.DataParallel(mlp()),
    "script": lambda: torch.jit.trace(mlp(), torch.zeros(2, 1, 4, 4)),
    "lazy": lambda: nn.Sequential(Flat(), nn.LazyLinear(6), nn.ReLU(), nn.LazyLinear(3)),
}
