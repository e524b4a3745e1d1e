"""A chart as a small PNG, drawn without a network: what a notebook stores, and what papermill leaves behind.

It stands in an HTML image with an alternative text, which JupyterLab, Voilà and nbconvert give to no `image/png`. PNG
rather than SVG, since a notebook that nobody has trusted yet shows no SVG. 128 colours suffice for a chart (24 lose
grids and shades) and make the file an eighth of what the converter writes: a lesson of ten charts stays small.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import altair as alt

from workbench.work.html import Html, void

SCALE = 1.15  # pixels a point
COLOURS = 128
FAINT = 8  # of 255 of opacity


def image(specification: dict[str, Any]) -> Html:
    """Return a chart, as altair's `to_dict` gives it, as an HTML image with its alternative text."""
    data, width = png(specification)
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return void("img", alt=alternative(specification), width=width, src=source)


def alternative(specification: dict[str, Any]) -> str:
    """Return what a chart is to those who do not see it: its title, what stands below that, and its description."""
    title = specification.get("title") or {}
    title = title if isinstance(title, dict) else {"text": title}
    parts = [title.get("text", ""), title.get("subtitle", ""), specification.get("description", "")]
    told = [part if isinstance(part, str) else " ".join(part) for part in parts]
    inner = [alternative(chart) for name in ("concat", "hconcat", "vconcat") for chart in specification.get(name, ())]
    told += [] if specification.get("description") else inner
    return " ".join(part if part[-1] in ".?!" else f"{part}." for part in map(str.strip, told) if part)


def png(specification: dict[str, Any]) -> tuple[bytes, int]:
    """Return a chart as PNG, and how wide it is shown."""
    import vl_convert
    from PIL import Image

    drawn = Image.open(io.BytesIO(vl_convert.vegalite_to_png(specification, scale=SCALE)))
    file = io.BytesIO()
    few = drawn.quantize(COLOURS)
    few.putpalette(_clear(few.getpalette("RGBA") or []), "RGBA")
    few.save(file, "PNG", optimize=True)
    return file.getvalue(), round(drawn.width / SCALE)


def _clear(palette: list[int]) -> list[int]:
    """Make what is nearly transparent so altogether: few colours leave a shade on the background else."""
    return [value if palette[4 * (place // 4) + 3] > FAINT else 0 for place, value in enumerate(palette)]


def render(specification: dict[str, Any], **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what Jupyter displays for an altair chart, and a terminal says of it; altair calls this."""
    return {"text/html": image(specification), "text/plain": alternative(specification)}, {}


def enable() -> None:
    """Have altair draw its charts this way, unless a person has chosen another renderer."""
    alt.renderers.register("workbench", render)
    if alt.renderers.active in ("", "default"):
        alt.renderers.enable("workbench")
