"""What a panel declares: the function that it calls, options in titled groups, the names of its charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.charts import CHARTS, Picture
from workbench.numbers.tables import table
from workbench.panels.options import Option

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Declaration:
    """A panel, declared. Its charts are names in `CHARTS`; what they say in sentences stands under them.

    `table` makes the data frame of what was finished, all of it unless some of that is no row.
    A `live` panel calls a function that takes a moment, when it is first shown and whenever an option changes.
    """

    title: str
    about: str
    function: Callable[..., Any]
    groups: dict[str, tuple[Option, ...]]
    charts: tuple[str, ...]
    live: bool = False
    table: Callable[[list[Any]], pandas.DataFrame] = table

    @property
    def options(self) -> dict[str, Option]:
        """Every option by name."""
        return {option.name: option for group in self.groups.values() for option in group}

    @property
    def pictures(self) -> dict[str, Picture]:
        """Every chart by name."""
        return {name: CHARTS[name] for name in self.charts}

    def words(self, outcomes: Iterable[Any]) -> list[str]:
        """Return the sentences of all its charts, in their order, each once."""
        outcomes = list(outcomes)
        return list(dict.fromkeys(line for picture in self.pictures.values() for line in picture.words(outcomes)))
