"""What does the loss look like on the plane of some networks, and which way did they come?

As Garipov et al. 2018 and Li et al. 2018 draw it. A trajectory's points are the smaller the farther off the plane.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from workbench.charts.grammar import Axis, Rows, picture, records
from workbench.charts.grammar.looks import GREY, INK, PAPER, in_order, scale
from workbench.charts.grammar.marks import tips, where
from workbench.charts.grammar.room import SIDE
from workbench.landscape import Surface
from workbench.landscape.surface import contours, plane_rows
from workbench.numbers.numerals import points

LONG, SHORT, TALL = 470, 120, 620  # pixels: of the longer side in rows, of the shorter at least, of any at most
BESIDE = 480  # pixels from which on the legends stand at the right
LEAST = 1e-6  # nats: a loss of zero has no logarithm
LINES = 7  # contours
UNITS = {
    "distance": ("distance between weights, along the plane", "distance, across"),
    "filter norm": ("first random direction, in lengths of the filters", "second random direction"),
}
TIPS = tips(loss=("loss", ".4f"), error=("error", ".2%"))


@picture(
    asks=("role name x y distance loss error split batch_norm unit|surface|loss_YX", "plane_between"),
    selects=("name",),
    title="Loss on the plane",
    subtitle="{about}",
    description=(
        "The loss on a plane through networks as a field of tiles with contour lines, logarithmic, the darker the "
        "lower; the networks are marked by shape and name, their trajectories are projected into the plane."
    ),
)
def loss_plane(plane: Any) -> Rows:
    """Draw one plane: a `Surface`, the last of several or of an experiment's outcomes, or a `plane_table`.

    Of an experiment with replicas it is the first one's, as far as it is refined. A line of the grid, a contour and a
    trajectory are one row each.
    """
    table = _plane(plane)
    roles = {role: [row for row in table if row["role"] == role] for role in ("grid", "network", "trajectory")}
    grid = roles["grid"]
    if not grid:
        return []
    xs, ys = (sorted({row[along] for row in grid}) for along in "xy")
    wide, high = xs[-1] - xs[0], ys[-1] - ys[0]
    width, height = (round(max(SHORT, LONG * side / max(wide, high))) for side in (wide, high))
    scaled = "equal lengths look equal" if min(wide, high) * LONG >= SHORT * max(wide, high) else "stretched"
    about = f"on {grid[0]['split']} images, batch-norm: {grid[0]['batch_norm']}; {scaled}"
    # tiles overlap by a pixel, or light lines show between them
    dx, dy = (wide / (len(xs) - 1) + wide / width) / 2, (high / (len(ys) - 1) + high / height) / 2
    tiles = [_lists([row for row in grid if row["y"] == y], "x", "loss", "error") for y in ys]
    for tile, y in zip(tiles, ys, strict=True):
        tile |= {"y": y, "low": y - dy, "high": y + dy, "shade": [max(loss, LEAST) for loss in tile["loss"]]}
        tile |= {"left": [x - dx for x in tile["x"]], "right": [x + dx for x in tile["x"]]}
    lines = contours(xs, ys, [[math.log(shade) for shade in tile["shade"]] for tile in tiles], LINES)
    fields = ("name", "x", "y", "distance", "loss", "error")
    networks = [{name: row[name] for name in fields} for row in roles["network"]]
    ways = [[row for row in roles["trajectory"] if row["name"] == network["name"]] for network in networks]
    looks = in_order([network["name"] for network in networks])
    marked = {(row["x"], row["y"]) for row in networks}  # a path that begins at a network needs no name there
    begun = [w for w in ways if w and (w[0]["x"], w[0]["y"]) not in marked]
    begun = list({(w[0]["x"], w[0]["y"]): w for w in begun}.values())
    return [
        {"role": "about", "about": about, "width": width, "height": height, "unit": grid[0]["unit"]},
        *({"role": "tile", **tile} for tile in tiles),
        *({"role": "contour", "loss": math.exp(level), **pieces} for level, pieces in lines.items()),
        *({"role": "trajectory", "name": w[0]["name"], **_lists(w, "x", "y", "distance", "step")} for w in ways if w),
        *(
            {"role": "begin", "words": f"step {w[0]['step']:g}", **{n: w[0][n] for n in ("name", "x", "y")}}
            for w in begun
        ),
        *({"role": "network", **row, "shape": looks[row["name"]].shape} for row in networks),
    ]


def _plane(plane: Any) -> Rows:
    """Return the rows of one plane's table."""
    if hasattr(plane, "to_dict"):
        table = records(plane)
        first = {name: table[0][name] for name in ("seed", "replica", "rewind_step") if table and name in table[0]}
        return [row for row in table if first.items() <= row.items()]
    outcomes = [plane] if isinstance(plane, Surface) else list(plane)
    planes = [(getattr(o, "replica", 0), getattr(o, "surface", o)) for o in outcomes]
    last = {replica: surface for replica, surface in planes if isinstance(surface, Surface)}
    return plane_rows(last[min(last)]) if last else []


def _lists(rows: Rows, *fields: str) -> dict[str, Any]:
    return {field: [row[field] for row in rows] for field in fields}


@loss_plane.drawing
def draw(rows: Rows, width: int) -> Any:
    """Draw the rows."""
    about = rows[0] if rows else {"width": LONG, "height": LONG, "unit": "distance"}
    beside = width >= BESIDE
    factor = min((width - SIDE - (140 if beside else 16)) / about["width"], TALL / about["height"])
    size = {side: round(factor * about[side]) for side in ("width", "height")}
    across, up = UNITS[about["unit"]]
    x = Axis("x", across).x("x", width=size["width"]).scale(nice=False, zero=False)
    y = Axis("y", up).y("y", height=size["height"]).scale(nice=False, zero=False)
    columns = 1 if beside else 2  # of their legends
    names = [row["name"] for row in rows if row["role"] == "network"]
    colour = alt.Color("name:N", scale=scale(in_order(names)), legend=None)
    shades, sizes = ({"orient": "right" if beside else side, "columns": columns} for side in ("bottom", "top"))
    ways = _ways(x, y, sizes, colour, begins=any(row["role"] == "begin" for row in rows))
    return alt.layer(*_ground(x, y, shades), *ways, *_networks(x, y, colour)).properties(**size)


def _ground(x: alt.X, y: alt.Y, key: dict[str, Any]) -> list[Any]:
    legend = alt.Legend(title="loss (logarithmic)", format=".2~g", gradientLength=160, tickCount=4, **key)
    shade = alt.Color("shade:Q", scale=alt.Scale(type="log", scheme="cividis", nice=False), legend=legend)
    tile = where("tile").transform_flatten(["x", "left", "right", "loss", "shade", "error"]).mark_rect()
    tile = tile.encode(x="left:Q", x2="right:Q", y="low:Q", y2="high:Q", color=shade)
    line = where("contour").transform_flatten(["x", "y", "x2", "y2"]).mark_rule(color=PAPER, opacity=0.6)
    return [
        tile.encode(tooltip=[*TIPS, *tips(x=("x", ".3~g"), y=("y", ".3~g"))]),
        line.encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=tips(loss=("contour at loss", ".3g"))),
    ]


def _ways(x: alt.X, y: alt.Y, key: dict[str, Any], colour: alt.Color, *, begins: bool) -> list[Any]:
    """Return the layers of the trajectories: on light, each in the colour of its network, and where it `begins`."""
    way = where("trajectory").transform_flatten(["x", "y", "distance", "step"]).encode(x=x, y=y)
    line = way.encode(detail="name:N", order="step:Q")
    legend = alt.Legend(title="off the plane by", symbolFillColor=GREY, tickCount=3, **key)
    size = alt.Size("distance:Q", scale=alt.Scale(range=[70, 8], zero=True), legend=legend)
    tip = tips(name="trajectory of", step=("step", ",.0f"), distance=("distance from the plane", ".3~g"))
    begin, told = where("begin").encode(x=x, y=y), tips(name="path of", words="begins at")
    starts = [
        begin.mark_point(size=90, filled=True, color=PAPER, stroke=INK, strokeWidth=1.5, opacity=1).encode(
            tooltip=told
        ),
        begin.mark_text(dy=14, fontWeight=700, stroke=INK, strokeWidth=3, color=INK).encode(text="words:N"),
        begin.mark_text(dy=14, fontWeight=700, color=PAPER).encode(text="words:N"),
    ]
    return [
        line.mark_line(color=PAPER, strokeWidth=5, opacity=0.9),
        line.mark_line(strokeWidth=2.2).encode(color=colour),
        way.mark_circle(color=INK, opacity=1, stroke=PAPER, strokeWidth=0.8).encode(size=size, tooltip=tip),
        *(starts if begins else []),
    ]


def _networks(x: alt.X, y: alt.Y, colour: alt.Color) -> list[Any]:
    network = where("network").encode(x=x, y=y)
    name: dict[str, Any] = {"dy": -16, "fontSize": 13, "fontWeight": 700}
    point = network.mark_point(size=150, filled=True, stroke=PAPER, strokeWidth=2, opacity=1).encode(color=colour)
    shape = alt.Shape("shape:N", scale=None, legend=None)
    return [
        point.encode(shape=shape, tooltip=[*tips(name="network"), *TIPS]),
        network.mark_text(**name, stroke=INK, strokeWidth=3, color=INK).encode(text="name:N"),
        network.mark_text(**name, color=PAPER).encode(text="name:N"),
    ]


@loss_plane.sentences
def words(outcomes: Iterable[Any]) -> list[str]:
    """Say it in sentences: the finest plane of the first replica, then line and curve, mean over replicas."""
    outcomes, sentences = list(outcomes), []
    planes, lines, curves = ([o for o in outcomes if o.kind == kind] for kind in ("plane", "line", "curve"))
    if planes:
        last = min(reversed(planes), key=lambda o: o.replica)
        measured = f"{last.grid}×{last.grid} points, {last.split} images, batch-norm {last.batch_norm}"
        sentences.append(
            f"On the plane the loss is from {last.least_loss:.2g} to {last.most_loss:.2g} ({measured}); "
            f"the trajectories are at most {last.off_plane:.2g} away from it."
        )
    if lines:
        parted = f"children that parted at step {lines[0].rewind_step}"
        ends = "draws" if lines[0].between == "draws" else parted
        each = [f"the {same[0].kind} {points([o.barrier_error for o in same])}" for same in (lines, curves) if same]
        sentences.append(f"The error barrier between two {ends} is, on {' and on '.join(each)}.")
    return sentences
