"""What a panel declares: the function that it calls, options in titled groups, named settings, its charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.charts import CHARTS, Picture
from workbench.experiments import example_scores, pretraining, robust_ensembles, strong_tickets, subset_sums
from workbench.experiments.replica import prepare
from workbench.lottery.rounds import rounds
from workbench.numbers.tables import table
from workbench.panels.options import Option
from workbench.work.calls import call
from workbench.work.docstrings import arguments

if TYPE_CHECKING:
    import pandas


USUAL = "usual settings"
SHARED = (subset_sums, strong_tickets, pretraining, example_scores, robust_ensembles, rounds, prepare)  # the last first


@dataclass(frozen=True)
class Preset:
    """Settings with a name: options of a call, the others as usual, and its price as measured, "about 30 s"."""

    options: dict[str, Any]
    price: str = ""


@dataclass(frozen=True)
class Declaration:
    """A panel, declared. Its charts are names in `CHARTS`; what they say in sentences stands under them.

    `table` makes the data frame of what was finished, all of it unless some of that is no row.
    A `live` panel calls a function that takes a moment, when it is first shown and whenever an option changes.
    A panel starts with the function's own defaults, but for those in `usual`.
    `presets` are settings by name, beside the usual ones, whose `price` is in words; both are times on two cores.
    Charts in `only` are of one dataset, whose published results they draw, and are not offered for another.
    Its `topic` is the tab that it stands in.
    """

    title: str
    about: str
    function: Callable[..., Any]
    groups: dict[str, tuple[Option, ...]]
    charts: tuple[str, ...]
    live: bool = False
    table: Callable[[list[Any]], pandas.DataFrame] = table
    usual: dict[str, Any] = field(default_factory=dict)
    presets: dict[str, Preset] = field(default_factory=dict)
    price: str = ""
    only: dict[str, str] = field(default_factory=dict)
    topic: str = "Tickets"

    @property
    def options(self) -> dict[str, Option]:
        """Every option by name."""
        return {option.name: option for group in self.groups.values() for option in group}

    @property
    def settings(self) -> dict[str, Preset]:
        """Every preset by name, the usual settings first."""
        return {USUAL: Preset(self.usual, self.price), **self.presets}

    @property
    def help(self) -> dict[str, str]:
        """What every option is, as the docstring of its argument has it, and which numbers it takes."""
        defaults, known = call(self.function).arguments, {}
        for function in (*SHARED, self.function):
            known |= arguments(function)
        for head, default in defaults.items():
            known |= {f"{head}.{part}": words for part, words in arguments(type(default)).items()}
        return {
            name: " ".join(filter(None, (known.get(name, ""), option.range and f"It takes {option.range}.")))
            for name, option in self.options.items()
        }

    @property
    def pictures(self) -> dict[str, Picture]:
        """Every chart by name."""
        return {name: CHARTS[name] for name in self.charts}

    def charts_of(self, dataset: Any) -> tuple[str, ...]:
        """The names of the charts that are offered for a run on this dataset."""
        return tuple(name for name in self.charts if self.only.get(name, dataset) == dataset)

    def words(self, outcomes: Iterable[Any]) -> list[str]:
        """Return the sentences of all its charts, in their order, each once."""
        outcomes = list(outcomes)
        return list(dict.fromkeys(line for picture in self.pictures.values() for line in picture.words(outcomes)))
