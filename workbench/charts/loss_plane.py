"""What does the loss look like on the plane of some networks, and which way did they come?

Tiles and contour lines of the loss on a logarithmic scale, as Garipov et al. 2018 and Li et al. 2018 draw it; networks
by shape and name, their trajectories as lines whose points are the smaller the farther they are from the plane.
"""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from workbench.charts import theme
from workbench.charts.contours import contour
from workbench.landscape import Surface
from workbench.landscape.surface import plane_rows

SIDE, LOW = 470, 120  # pixels, of the longer side, and the least of the shorter
LEAST = 1e-6  # nats: a loss of zero has no logarithm
LINES = 7  # contours
TILES = 361  # in a live chart
SHAPES = ("circle", "square", "triangle-up")
UNITS = {
    "distance": ("distance between weights, along the plane", "distance, across"),
    "filter norm": ("first random direction, in lengths of the filters", "second random direction"),
}


def loss_plane(found: Any) -> alt.LayerChart:
    """Draw one plane: a `Surface`, the last of several or of an experiment's outcomes, or a `plane_table`.

    Of an experiment with replicas it is the first one's, as far as it is refined.
    """
    return draw(rows(found, most=None))


def rows(found: Any, most: int | None = TILES) -> list[dict[str, Any]]:
    """Return a dict for each tile, network, point of a trajectory and contour (whose pieces are lists).

    `role` says which; the first row, "about", tells the size and how it was measured. With more than `most` tiles every
    other one is left out.
    """
    records = _records(found)
    grid = [r for r in records if r["role"] == "grid"]
    if not grid:
        return []
    xs, ys = sorted({r["x"] for r in grid}), sorted({r["y"] for r in grid})
    place = {(r["x"], r["y"]): r for r in grid}
    lines = _contours([[_log(place[x, y]["loss"]) for x in xs] for y in ys], xs, ys)
    while most is not None and len(xs) * len(ys) > most:
        xs, ys = xs[::2], ys[::2]
    wide, high = (values[-1] - values[0] for values in (xs, ys))
    longest = max(wide, high)
    size = {"width": round(max(LOW, SIDE * wide / longest)), "height": round(max(LOW, SIDE * high / longest))}
    measured = f"on {grid[0]['split']} images, batch-norm: {grid[0]['batch_norm']}"
    scaled = "equal lengths look equal" if min(wide, high) * SIDE >= LOW * longest else "stretched"
    about = {"role": "about", "about": f"{measured}; {scaled}", **size, "unit": grid[0]["unit"]}
    pixel = (wide / size["width"], high / size["height"])  # tiles overlap by one, or light lines show between them
    dx, dy = (wide / (len(xs) - 1) + pixel[0]) / 2, (high / (len(ys) - 1) + pixel[1]) / 2
    tiles = [_tile(place[x, y], dx, dy) for y in ys for x in xs]
    room = (theme.ROWS - len(tiles) - LINES - 4) if most is not None else len(records)
    return [about, *tiles, *lines, *_marks(records, room)]


def _records(found: Any) -> list[dict[str, Any]]:
    """Return the rows of one plane's table."""
    if hasattr(found, "to_dict"):
        which = [name for name in ("seed", "replica", "rewind_step") if name in found.columns]
        for name in which:
            found = found[found[name] == found[name].iloc[0]]
        return found.to_dict("records")
    outcomes = [found] if isinstance(found, Surface) else list(found)
    planes = [o for o in outcomes if isinstance(getattr(o, "surface", o), Surface)]
    if not planes:
        return []
    least = min(getattr(o, "replica", 0) for o in planes)
    last = [o for o in planes if getattr(o, "replica", 0) == least][-1]
    return plane_rows(getattr(last, "surface", last))


def _tile(point: dict[str, Any], dx: float, dy: float) -> dict[str, Any]:
    x, y, loss = point["x"], point["y"], point["loss"]
    edges = {"left": x - dx, "right": x + dx, "low": y - dy, "high": y + dy}
    return {"role": "tile", "x": x, "y": y, **edges, "loss": loss, "shade": max(loss, LEAST), "error": point["error"]}


def _contours(values: list[list[float]], xs: list[float], ys: list[float]) -> list[dict[str, Any]]:
    """Return the contours, evenly spaced in the logarithm between the least loss and the most."""
    low, high = min(map(min, values)), max(map(max, values))
    found = []
    for k in range(1, LINES + 1):
        level = low + (high - low) * k / (LINES + 1)
        pieces = contour(values, xs, ys, level)
        if pieces:
            ends = zip(*((*a, *b) for a, b in pieces), strict=True)
            named = dict(zip(("x", "y", "x2", "y2"), map(list, ends), strict=True))
            found.append({"role": "contour", "loss": math.exp(level), **named})
    return found


def _marks(records: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """Return the networks, and their trajectories thinned to the room there is."""
    names = [r["name"] for r in records if r["role"] == "network"]
    shapes = {name: SHAPES[i % len(SHAPES)] for i, name in enumerate(names)}
    keys = ("role", "name", "x", "y", "distance")
    found = []
    for name in names:
        line = [r for r in records if r["role"] == "trajectory" and r["name"] == name]
        for r in theme.thin(line, room // max(len(names), 1)):
            found.append({**{key: r[key] for key in keys}, "step": int(r["step"])})
    for r in records:
        if r["role"] == "network":
            measured = {"loss": r["loss"], "error": r["error"], "shape": shapes[r["name"]]}
            found.append({**{key: r[key] for key in keys}, **measured})
    return found


def _log(loss: float) -> float:
    return math.log(max(loss, LEAST))


def draw(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw the rows."""
    usual = {"width": SIDE, "height": SIDE, "unit": "distance", "about": "nothing finished"}
    about = next((row for row in rows if row["role"] == "about"), usual)
    across, up = UNITS[about["unit"]]
    how: Any = {"scale": alt.Scale(nice=False, zero=False), "axis": alt.Axis(grid=False, tickCount=6)}
    x, y = alt.X("x:Q", title=across, **how), alt.Y("y:Q", title=up, **how)
    layers = [*_ground(x, y), *_ways(x, y), *_networks(x, y)]
    chart = alt.layer(*layers, data=alt.Data(values=rows))
    chart = chart.properties(width=about["width"], height=about["height"])
    description = (
        "The loss on a plane through networks as a field of tiles with contour lines, logarithmic, the darker the "
        "lower; the networks are marked by shape and name, their trajectories are projected into the plane."
    )
    return theme.dress(chart, "Loss on the plane", description, about["about"])


def _of(role: str) -> alt.Chart:
    return alt.Chart().transform_filter(f"datum.role == '{role}'")


def _ground(x: alt.X, y: alt.Y) -> list[Any]:
    legend = alt.Legend(title="loss (logarithmic)", format=".2~g", type="gradient", gradientLength=160, tickCount=4)
    shade = alt.Color("shade:Q", scale=alt.Scale(type="log", scheme="cividis", nice=False), legend=legend)
    tip = [
        alt.Tooltip("loss:Q", format=".4f"),
        alt.Tooltip("error:Q", format=".2%"),
        alt.Tooltip("x:Q", format=".3~g"),
        alt.Tooltip("y:Q", format=".3~g"),
    ]
    left, low = x.copy(), y.copy()
    left.shorthand, low.shorthand = "left:Q", "low:Q"
    tiles = _of("tile").mark_rect().encode(x=left, x2="right:Q", y=low, y2="high:Q", color=shade, tooltip=tip)
    lines = _of("contour").transform_flatten(["x", "y", "x2", "y2"]).mark_rule(color="white", opacity=0.6)
    told = [alt.Tooltip("loss:Q", title="contour at loss", format=".3g")]
    return [tiles, lines.encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=told)]


def _ways(x: alt.X, y: alt.Y) -> list[Any]:
    """Return the layers of the trajectories: dark on light, so that they are seen on every shade."""
    tip = [
        alt.Tooltip("name:N", title="trajectory of"),
        alt.Tooltip("step:Q"),
        alt.Tooltip("distance:Q", title="distance from the plane", format=".3~g"),
    ]
    way = _of("trajectory").encode(x=x, y=y, detail="name:N", order="step:Q")
    legend = alt.Legend(title="off the plane by", symbolFillColor=theme.GREY, tickCount=3)
    size = alt.Size("distance:Q", scale=alt.Scale(range=[70, 8], zero=True), legend=legend)
    points = _of("trajectory").mark_circle(color="#111111", opacity=1, stroke="white", strokeWidth=0.8)
    return [
        way.mark_line(color="white", strokeWidth=4, opacity=0.85),
        way.mark_line(color="#111111", strokeWidth=1.6),
        points.encode(x=x, y=y, size=size, tooltip=tip),
    ]


def _networks(x: alt.X, y: alt.Y) -> list[Any]:
    tip = [
        alt.Tooltip("name:N", title="network"),
        alt.Tooltip("loss:Q", format=".4f"),
        alt.Tooltip("error:Q", format=".2%"),
    ]
    shape = alt.Shape("shape:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES)), legend=None)
    network = _of("network").encode(x=x, y=y)
    text: Any = {"dy": -16, "fontSize": 13, "fontWeight": 600}
    return [
        network.mark_point(size=150, filled=True, color="white", stroke="#111111", strokeWidth=2, opacity=1).encode(
            shape=shape, tooltip=tip
        ),
        network.mark_text(**text, stroke="#111111", strokeWidth=3, color="#111111").encode(text="name:N"),
        network.mark_text(**text, color="white").encode(text="name:N"),
    ]
