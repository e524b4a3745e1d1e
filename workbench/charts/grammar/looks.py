"""How names look, the same in all charts: a colour, a shape and dashes, so that no two differ in colour alone.

This is the one place for colours. They are Okabe and Ito's, less those that vanish on white or on JupyterLab's dark
paper, and others as far from them: any two of a table are 20 apart in CIE Lab at least, where 2.3 is a just noticeable
difference. Where a colour-blind eye sees them nearer, shapes differ. Text and axes are of a grey that has a contrast of
4.3 on both.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt

GREY = "#7a7a7a"
INK, PAPER, PALE = "#111111", "#ffffff", "#F2F2F2"  # on light cells, on dark ones, and the middle of two colours
BLUE, ORANGE, GREEN, GOLD, PINK = "#0080C6", "#D55E00", "#009E73", "#B8860B", "#CC79A7"
PURPLE, SKY, OLIVE, MAGENTA, CRIMSON = "#8C6BB1", "#529CC5", "#6B8E23", "#B8209A", "#D12F4F"
BROWN, TEAL, INDIGO, GRAPE, SALMON, GRASS = "#8C5631", "#0F8A94", "#4F5BD5", "#A136E8", "#D9776C", "#3C9E1E"
# Of areas, of what has an order:
DEEP, VIOLET, AZURE, AMBER, RUST = "#0072B2", "#9467A8", "#4FA3D1", "#E69F00", "#C2500A"
COLOURS = (BLUE, ORANGE, GREEN, MAGENTA, GOLD, PURPLE, SKY, GREY, CRIMSON, OLIVE, BROWN, TEAL)
MORE = (INDIGO, PINK, GRAPE, SALMON, GRASS)  # colours of names that no table has
SEQUENCE = (DEEP, VIOLET, ORANGE)  # from dense to sparse, from early to late
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right", "triangle-left")
SALTIRE = "M-.8,-.5L-.5,-.8L0,-.3L.5,-.8L.8,-.5L.3,0L.8,.5L.5,.8L0,.3L-.5,.8L-.8,.5L-.3,0Z"  # a cross that lies
HOURGLASS = "M-.8,-.8L.8,-.8L-.8,.8L.8,.8Z"
STAR = "M0,-1L.24,-.32L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.32Z"


@dataclass(frozen=True)
class Look:
    """How one name looks, and the words for it ("": the name itself)."""

    colour: str
    shape: str = "circle"
    words: str = ""
    dash: tuple[int, ...] = (1, 0)


Looks = Mapping[str, Look]
Looking = Looks | Callable[[Sequence[str]], Looks]  # a table of looks, or what makes one for names that come

RUNS: Looks = {
    "ticket": Look(BLUE, "circle", "ticket"),
    "shuffled": Look(GOLD, "triangle-up", "places shuffled by layer"),
    "shuffled_degrees": Look(SKY, HOURGLASS, "shuffled, degrees kept", (6, 3)),
    "random_mask": Look(ORANGE, "square", "random places by layer"),
    "random_uniform": Look(PINK, "triangle-down", "random places anywhere"),
    "reinitialised": Look(GREEN, "diamond", "ticket's places, new weights"),
    "signed": Look(OLIVE, SALTIRE, "ticket's places, ± one size", (6, 3)),
    "sign_preserving": Look(PURPLE, STAR, "ticket's signs, new sizes", (6, 3)),
    "trained_on": Look(BROWN, "triangle-right", "ticket's places, trained on", (2, 2)),
    "inverted": Look(CRIMSON, "triangle-left", "largest removed", (2, 2)),
    "dense": Look(GREY, "stroke", "dense network", (5, 4)),
    "published": Look(GREY, "cross", "published"),
}
TREATMENTS: Looks = {  # of batch-norm between two networks
    "average": Look(BLUE, "circle"),
    "recompute": Look(GREEN, "diamond"),
    "keep": Look(ORANGE, "square"),
}
THIRDS: Looks = {"easy": Look(BLUE, "circle"), "middle": Look(GOLD, "square"), "hard": Look(ORANGE, "triangle-up")}
SUBSETS: Looks = {  # of the data, by kind
    "nothing": Look(BROWN, "cross"),
    "all": Look(BLUE, "circle"),
    "random": Look(GOLD, "square"),
    "easiest": Look(GREEN, "triangle-up"),
    "hardest": Look(ORANGE, "triangle-down"),
    "window": Look(MAGENTA, "diamond"),
}
MEMORY: Looks = {  # of examples while a network trains, from below
    "not_forgotten": Look(DEEP, words="learned, never forgotten"),
    "forgotten_once": Look(AZURE, words="forgotten once"),
    "forgotten_more": Look(AMBER, words="forgotten more often"),
    "never_learned": Look(RUST, words="never learned so far"),
}
ANSWERS: Looks = {"right": Look(BLUE), "wrong": Look(ORANGE)}
METHODS: Looks = {  # that make ensembles
    "robust": Look(BLUE, "circle"),
    "ordinary": Look(ORANGE, "square"),
    "single": Look(GREEN, "diamond"),
    "dense": Look(GREY, "cross"),
    "dense mixup": Look(GOLD, "cross", dash=(6, 3)),
    "deep ensemble": Look(PINK, "triangle-up"),
    "imp": Look(PURPLE, "triangle-down"),
    "l1": Look(INDIGO, "square", dash=(6, 3)),
    "robust magnitude": Look(SKY, "triangle-right"),
    "ordinary magnitude": Look(CRIMSON, "triangle-left"),
    "adaboost": Look(BROWN, HOURGLASS),
    "free tickets": Look(OLIVE, STAR),
    "sup tickets": Look(TEAL, "circle", dash=(6, 3)),
    "cigl": Look(MAGENTA, SALTIRE),
}
FINDERS: Looks = {  # of tickets at initialisation, by the name of the method
    "gem_miner": Look(BLUE, "circle"),
    "edge_popup": Look(ORANGE, "square"),
    "snip": Look(GREEN, "diamond"),
    "grasp": Look(GOLD, "triangle-down"),
    "synflow": Look(MAGENTA, "triangle-up"),
    "smart_ratio": Look(OLIVE, "cross"),
    "random_mask": Look(PINK, SALTIRE),
    "magnitude": Look(SKY, "triangle-right"),
    "imp": Look(PURPLE, STAR),
    "learning_rate_rewinding": Look(CRIMSON, HOURGLASS),
    "dense": RUNS["dense"],
}
STRUCTURES: Looks = {  # what may be removed of a random network, and masks that match the task
    "filter": Look(BLUE, "circle", "whole filters"),
    "kernel": Look(GREEN, "diamond", "kernels"),
    "weight": Look(ORANGE, "square", "single weights"),
    "neuron": Look(GOLD, "triangle-down", "no block mask"),
    "edge_popup": Look(MAGENTA, "triangle-up", "edge-popup, weights"),
    "filter_popup": Look(OLIVE, "cross", "edge-popup, filters"),
    "target": Look(GREY, "stroke", "target", (5, 4)),
}


def in_order(names: Sequence[str]) -> Looks:
    """Return looks for any names: twelve colours and eight shapes in a fixed order, dashes from the ninth name on."""
    names = list(dict.fromkeys(names))
    dashes = ((1, 0), (6, 3), (2, 2))
    return {n: Look(COLOURS[i % 12], SHAPES[i % 8], dash=dashes[i // 8 % 3]) for i, n in enumerate(names)}


def of_methods(names: Sequence[str], known: Looks = METHODS) -> Looks:
    """Return the looks of methods that make ensembles, which do not depend on the others that are drawn.

    Another name than those that are `known` has a spare look that its letters choose, or the next one that is free: of
    a colour that none of the known has, while there is one, since a chart may need the shapes for something else.
    """
    colours = dict.fromkeys(look.colour for look in known.values())
    fresh = [Look(c, shape) for c, shape in zip((*COLOURS, *MORE), SHAPES * 3, strict=False) if c not in colours]
    spare = [look for shape in SHAPES for c in colours if (look := Look(c, shape)) not in known.values()]
    looks: dict[str, Look] = {}
    for name in names:
        letters = zlib.crc32(name.encode())
        turned = [look for some in (fresh, spare) if some for look in _turned(some, letters % len(some))]
        free = (look for look in turned if look not in looks.values())
        looks[name] = known.get(name) or next(free, turned[0])
    return looks


def _turned(looks: Sequence[Look], begin: int) -> list[Look]:
    return [*looks[begin:], *looks[:begin]]


def of_finders(names: Sequence[str]) -> Looks:
    """Return the looks of methods that find tickets at initialisation: the first with options has its method's own."""
    first = {name.partition("(")[0]: name for name in reversed(names)} | {name: name for name in names}
    own = {name: FINDERS[method] for method, name in first.items() if method in FINDERS}
    return of_methods(names, {**FINDERS, **own})


def in_sequence(names: Sequence[str], colours: Sequence[str] = SEQUENCE) -> Looks:
    """Return looks for names that have an order, such as densities: colours from the first to the last of some."""
    names = list(dict.fromkeys(names))
    last = max(len(names) - 1, 1)
    return {name: Look(_between(colours, i / last), SHAPES[i % len(SHAPES)]) for i, name in enumerate(names)}


def _between(colours: Sequence[str], share: float) -> str:
    """Return the colour at a share of the way along others."""
    place = share * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours[first : first + 2])
    return "#" + "".join(f"{round(a + (b - a) * (place - first)):02x}" for a, b in zip(*ends, strict=True))


def looks_of(looks: Looking, names: Iterable[str]) -> Looks:
    """Return the looks of names: those of the table, and for names that it lacks others in order."""
    names = list(dict.fromkeys(names))
    if callable(looks):
        return looks(names)
    others = [name for name in names if name not in looks]
    spare = in_order([*looks, *others])
    return {**looks, **{name: replace(spare[name], words=name.replace("_", " ")) for name in others}}


def scale(looks: Looks, part: str = "colour") -> alt.Scale:
    """Return the scale from names to a part of their looks: colour, shape or dash."""
    values = [getattr(look, part) for look in looks.values()]
    return alt.Scale(domain=[*looks], range=[list(value) if isinstance(value, tuple) else value for value in values])


def channels(looks: Looks, field: str = "look", legend: alt.Legend | None = None) -> dict[str, Any]:
    """Return the channels color, shape and strokeDash by a field of the rows that holds names."""
    return {
        "color": alt.Color(f"{field}:N", scale=scale(looks), legend=legend),
        "shape": alt.Shape(f"{field}:N", scale=scale(looks, "shape"), legend=legend),
        "strokeDash": alt.StrokeDash(f"{field}:N", scale=scale(looks, "dash"), legend=legend),
    }
