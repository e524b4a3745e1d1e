"""What a panel leaves in a batch: the first chart that shows something, and words. A few tens of kilobytes."""

from __future__ import annotations

import base64
from typing import Any

from workbench.charts.grammar.png import png
from workbench.panels.declaration import Declaration


def static(declaration: Declaration, outcomes: Any) -> list[dict[str, str]]:
    """Return display bundles: a PNG of the first chart that shows something, then the sentences of all."""
    if not outcomes:
        return [{"text/plain": "nothing was finished"}]
    pictures = [*declaration.pictures.values()]
    picture = next((picture for picture in pictures if picture.rows(outcomes)), pictures[0])
    chart = picture.draw(picture.rows(outcomes))
    drawn = {"image/png": base64.b64encode(png(chart)).decode(), "text/plain": chart.description}
    return [drawn, {"text/plain": "\n".join(declaration.words(outcomes))}]
