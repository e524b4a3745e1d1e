"""What robust weights, not yet declared, take from the grammar under older names; it goes with them."""

from __future__ import annotations

from typing import Any

import altair as alt

from workbench.charts.grammar.marks import IMAGE, png

__all__ = ["images", "png"]


def images(base: alt.Chart, **encodings: Any) -> alt.Chart:
    """Return the images of the rows that are left in `base`, from their field `image`."""
    return base.mark_image(width=IMAGE, height=IMAGE, smooth=False).encode(url="image:N", **encodings)
