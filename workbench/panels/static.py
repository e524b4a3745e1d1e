"""What a panel leaves in a batch: the first chart that shows something, and words. A few tens of kilobytes."""

from __future__ import annotations

from typing import Any

from workbench.charts.grammar.png import image
from workbench.panels.declaration import Declaration


def static(declaration: Declaration, outcomes: Any) -> list[dict[str, str]]:
    """Return display bundles: an image of the first chart that shows something, then the sentences of all."""
    if not outcomes:
        return [{"text/plain": "nothing was finished"}]
    pictures = [*declaration.pictures.values()]
    picture = next((picture for picture in pictures if picture.rows(outcomes)), pictures[0])
    chart = picture.draw(picture.rows(outcomes))
    drawn = {"text/html": image(chart.to_dict()), "text/plain": chart.description}
    return [drawn, {"text/plain": "\n".join(declaration.words(outcomes))}]
