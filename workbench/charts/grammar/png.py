"""A chart as a small PNG, drawn without a network: what a notebook stores, and what papermill leaves behind.

PNG rather than SVG, since a notebook that nobody has trusted yet shows no SVG. 128 colours suffice for a chart (24 lose
grids and shades) and make the file an eighth of what the converter writes: a lesson of ten charts stays small.
"""

from __future__ import annotations

import io
from typing import Any

import altair as alt

SCALE = 1.2  # pixels a point
COLOURS = 128
FAINT = 8  # of 255 of opacity


def png(chart: Any) -> bytes:
    """Return the chart as PNG."""
    return _png(chart.to_dict())[0]


def _png(specification: dict[str, Any]) -> tuple[bytes, int, int]:
    import vl_convert
    from PIL import Image

    drawn = Image.open(io.BytesIO(vl_convert.vegalite_to_png(specification, scale=SCALE)))
    file = io.BytesIO()
    few = drawn.quantize(COLOURS)
    few.putpalette(_clear(few.getpalette("RGBA") or []), "RGBA")
    few.save(file, "PNG", optimize=True)
    return file.getvalue(), round(drawn.width / SCALE), round(drawn.height / SCALE)


def _clear(palette: list[int]) -> list[int]:
    """Make what is nearly transparent so altogether: few colours leave a shade on the background else."""
    return [value if palette[4 * (place // 4) + 3] > FAINT else 0 for place, value in enumerate(palette)]


def render(specification: dict[str, Any], **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what Jupyter displays for an altair chart; altair calls this."""
    data, width, height = _png(specification)
    return {"image/png": data}, {"image/png": {"width": width, "height": height}}


def enable() -> None:
    """Have altair draw its charts this way, unless a person has chosen another renderer."""
    alt.renderers.register("workbench", render)
    if alt.renderers.active in ("", "default"):
        alt.renderers.enable("workbench")
