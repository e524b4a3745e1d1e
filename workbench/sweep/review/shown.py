"""What is shown of a sweep: words, or a chart with its words, as HTML in a notebook and as text elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.charts.grammar.png import image
from workbench.work.html import Html, element


@dataclass(frozen=True)
class Shown:
    """Something to read: HTML where a notebook shows it, the same words elsewhere."""

    words: tuple[str, ...]
    html: Html = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html

    def __str__(self) -> str:
        return "\n".join(self.words)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A chart, what it shows in sentences, and of which setting of a sweep."""

    name: str
    setting: str
    words: tuple[str, ...]
    chart: Any = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> Html:
        """The chart as a picture, with its words below it, for those too who do not see it."""
        lead = [element("strong", f"{self.setting}. ")] if self.setting else []
        return element(
            "figure",
            image(self.chart.to_dict()),
            element("figcaption", *lead, " ".join(self.words) or self.chart.description),
        )
