"""How does a subset sum land on its target? Partial sums of the kept vectors, as kernels, beside the target."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Axis, Rows, grid, picture, thin, tips, where
from workbench.charts.grammar.looks import BLUE, GREY, ORANGE, PALE
from workbench.charts.grammar.marks import rule
from workbench.charts.grammar.room import SIDE
from workbench.charts.solved_sums import RECALLED, TENS

ADDED = Axis("added", "vectors added, in the order in which they were drawn", whole=True, padding=6)
DISTANCE = Axis("distance", "distance to the target, in its length (log.)", "~g", ".3g", "log", ticks=TENS)
STEPS = 300  # of the walk that are drawn
BEAT = 220  # milliseconds from frame to frame: 40 of them take 9 s, and nothing flashes
TILE, GAP = 220, 32  # pixels of a group of kernels, at most, and to the next
BETWEEN = 0.3  # of an entry's side, from one kernel to the next
GROUPS = {"frame": "so far", "sum": "all kept vectors", "target": "the target"}


@picture(
    asks=("dimension candidates sums target distances added shape least_scale", "partial_sums"),
    selects=("added",),
    title="How does a subset sum land on its target?",
    subtitle="{about}",
    description=(
        "The sum of the vectors kept so far, of all of them, and the target, each as small kernels in the same "
        "colours; a slider adds vectors, and a box plays that when ticked. Below, the distance to the target by the "
        "number of vectors added."
    ),
    holds="the partial sums of a walk",
)
def partial_sums(outcomes: Iterable[Any]) -> Rows:
    """Draw the last walk of `experiments.partial_sums`: its partial sums beside the target, and how far from it."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    walk = outcomes[-1]
    count, high, wide = walk.shape
    kernels = f"{count} kernel{'s' if count != 1 else ''} {high}×{wide}"
    chosen = f"{walk.kept} of {walk.candidates} vectors kept, in {walk.dimension} dimensions ({kernels})"
    about = f"{chosen}; off by: in target lengths"
    note = {"role": "about", "about": about, "shape": [count, high, wide], "frames": len(walk.added)}
    scale = float(walk.target.abs().max())
    steps = thin(list(enumerate(walk.distances.tolist())), STEPS)
    sums = [_values(values, scale) for values in walk.sums]
    frames = [
        {"role": "frame", "frame": i, "added": added, "distance": float(walk.distances[added]), "values": values}
        for i, (added, values) in enumerate(zip(walk.added, sums, strict=True))
    ]
    whole = {"added": walk.kept, "distance": float(walk.distances[-1])}
    return [
        note,
        {"role": "way", "added": [at for at, _ in steps], "distance": [_seen(far) for _, far in steps]},
        {"role": "sum", **whole, "values": sums[-1]},
        {"role": "target", "added": None, "distance": 0.0, "values": _values(walk.target, scale)},
        *({**frame, "distance": _seen(frame["distance"])} for frame in frames),
    ]


def _values(values: Any, scale: float) -> list[float]:
    """Return the entries of a vector, 1 being the end of the colours."""
    return [round(value, 3) for value in (values / scale).tolist()]


def _seen(distance: float) -> float:
    return max(distance, 1e-16)  # a logarithm's


@partial_sums.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows: three groups of kernels, and the way."""
    about = rows[0] if rows else {"shape": [1, 1, 1], "frames": 1}
    room = grid(width - SIDE - 12, len(GROUPS), left=0, right=0, gap=GAP, least=90)
    side = min(room.inner, TILE)
    last = max(about["frames"] - 1, 1)
    slider = alt.binding_range(min=0, max=last, step=1, name="vectors added, in steps: ")
    frame = alt.param(name="frame", value=last // 2, bind=slider)
    play = alt.param(name="play", value=False, bind=alt.binding_checkbox(name="play: "))
    groups = [_kernels(role, words, about["shape"], side) for role, words in GROUPS.items()]
    kernels = alt.concat(*groups, columns=room.columns, spacing=GAP)
    whole = alt.vconcat(kernels, _way(width - SIDE - 12), spacing=16).add_params(frame, play)
    return whole.properties(usermeta={"embedOptions": {"patch": _played(last)}})


def _played(last: int) -> list[dict[str, Any]]:
    """Return what has the frames played in a browser, once, to the last; ticked again, from the first.

    Vega's signals have timers and Vega-Lite's parameters have none. So it is a patch (RFC 6902) that vega-embed applies
    to the Vega below: an empty group in the second picture moves both parameters. A picture in a file stands still.
    """
    beat = {"events": {"type": "timer", "throttle": BEAT}, "update": f"play ? (frame < {last} ? frame + 1 : 0) : frame"}
    end = {"events": {"signal": "frame"}, "update": f"play && frame < {last}"}
    signals = [{"name": name, "push": "outer", "on": [on]} for name, on in (("frame", beat), ("play", end))]
    player = {"type": "group", "interactive": False, "signals": signals}
    return [{"op": "add", "path": "/marks/1/marks/-", "value": player}]


def _kernels(role: str, words: str, shape: list[int], side: int) -> Any:
    """Return a group of kernels under its name, in lines that make it about square."""
    count, high, wide = shape
    columns = math.ceil(math.sqrt(count * high / wide)) or 1
    lines = math.ceil(count / columns)
    across, down = columns * (wide + BETWEEN) - BETWEEN, lines * (high + BETWEEN) - BETWEEN
    cell = side / max(across, down)
    shown = where(role).transform_filter("datum.frame == frame") if role == "frame" else where(role)
    cells = shown.transform_flatten(["values"], ["value"]).transform_window(number="row_number()")
    cells = cells.transform_calculate(kernel=f"floor((datum.number - 1) / {high * wide})")
    cells = cells.transform_calculate(
        x=f"(datum.kernel % {columns}) * {wide + BETWEEN} + (datum.number - 1) % {wide}",
        y=f"floor(datum.kernel / {columns}) * {high + BETWEEN} + floor((datum.number - 1) % {high * wide} / {wide})",
    ).transform_calculate(right="datum.x + 1", below="datum.y + 1")
    shade = alt.Scale(domain=[-1, 0, 1], range=[ORANGE, PALE, BLUE], clamp=True)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, across], nice=False, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[down, 0], nice=False, zero=False))
    drawn = cells.mark_rect(stroke=GREY, strokeWidth=0.4).encode(
        x=x,
        x2="right:Q",
        y=y,
        y2="below:Q",
        color=alt.Color("value:Q", scale=shade, legend=None),
        tooltip=tips(number="entry", value=("value, of the colours' end", ".2f"), added="vectors added"),
    )
    above = shown.transform_calculate(
        words=f"'{words}'", off="datum.added + ', off by ' + format(datum.distance, '.2~g')"
    )
    above = above.mark_text(align="left", baseline="bottom", fontSize=11).encode(x=alt.value(0))
    names = [above.encode(y=alt.value(-17), text="words:N")]
    names += [above.encode(y=alt.value(-3), text="off:N")] if role != "target" else []
    return alt.layer(drawn, *names).properties(width=round(cell * across), height=round(cell * down))


def _way(width: int) -> Any:
    """Return the distance to the target by the vectors added, and where the slider is."""
    x, y = ADDED.x("added", width=width), DISTANCE.y("distance", height=150)
    way = where("way").transform_flatten(["added", "distance"]).encode(x=x, y=y)
    now = where("frame").transform_filter("datum.frame == frame").encode(x=x)
    tip = [*tips(added="vectors added"), DISTANCE.tip("distance")]
    layers = [
        rule(y=1),
        way.mark_line(strokeWidth=2, color=BLUE),
        way.mark_point(size=40, opacity=0, filled=True).encode(tooltip=tip),
        now.mark_rule(color=ORANGE),
        now.mark_point(filled=True, size=90, color=ORANGE, opacity=1).encode(y=y, tooltip=tip),
    ]
    return alt.layer(*layers).properties(width=width, height=150)


@partial_sums.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the error beside the law, how many subsets for how many targets, the least scale."""
    outcomes = list(outcomes)
    if not outcomes:
        return []
    walk = outcomes[-1]
    n, m, epsilon = walk.candidates, walk.dimension, max(walk.error, 1e-16)
    subsets, targets = n * math.log10(2), m * math.log10(1 / epsilon)
    enough = "more" if subsets > targets else "fewer"
    miss = f"It misses by {100 * walk.relative_error:.3g} % of the target's length, by {walk.error:.2g} at most"
    far = f"{max(float(d) for d in walk.distances):.2g}"
    return [
        f"{walk.solver}, {walk.status}: {walk.kept} of {n} vectors are kept. {miss} in a coordinate; the best subset, "
        f"by the law, by about {walk.law:.2g}. On the way it is up to {far} target lengths away.",
        f"2^n = {_power(subsets)} subsets, (1/ε)^m = {_power(targets)} targets that differ by ε = {epsilon:.2g}: "
        f"{enough} subsets than targets.",
        _reach(walk),
        RECALLED,
    ]


def _power(log10: float) -> str:
    return f"10^{log10:.0f}" if log10 > 6 else f"{10**log10:,.0f}"


def _reach(walk: Any) -> str:
    """Say whether the candidates reach the target, and from which scale on."""
    if math.isinf(walk.least_scale):
        return "No fractions of these candidates make the target, whatever their scale: they are too few."
    least = f"fractions of these candidates make the target from scale {walk.least_scale:.2g} on"
    if walk.scale < walk.least_scale:
        return f"Out of reach at scale {walk.scale:.2g}: {least}."
    return f"In reach: {least}; here it is {walk.scale:.2g}, and what is larger is coarser."
