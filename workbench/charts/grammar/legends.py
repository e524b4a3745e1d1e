"""No legend names what is not drawn: of the names that a scale knows, those of the rows, as the menus choose them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from workbench.charts.grammar.picks import PARTS
from workbench.charts.grammar.rows import Rows


def named(chart: Any, rows: Rows, menus: Mapping[str, str]) -> Any:
    """Return the chart with legends of the names in its rows, and without those that would have none.

    `menus` has the parameter of every field by which a menu chooses: a legend names what its choice has. A field that
    no row has is the drawing's own, worked out of others, and its legend stays as it is.
    """
    chart = chart.copy(deep=False)
    for part in (part for part in PARTS if hasattr(chart, part)):
        setattr(chart, part, [named(one, rows, menus) for one in getattr(chart, part)])
    if hasattr(chart, "spec"):
        chart.spec = named(chart.spec, rows, menus)
    known: Any = getattr(chart, "encoding", alt.Undefined)
    if known is not alt.Undefined:
        changed = {channel: _known(encoding, rows, menus) for channel, encoding in known._kwds.items()}
        chart.encoding = known.copy(deep=False)
        for channel, encoding in changed.items():
            setattr(chart.encoding, channel, encoding)
    return chart


def _known(encoding: Any, rows: Rows, menus: Mapping[str, str]) -> Any:
    """Return a channel whose legend has the names of the rows alone; any other as it is."""
    kwds = getattr(encoding, "_kwds", {})
    field, _, kind = str(kwds.get("shorthand", "")).rpartition(":")
    legend, scale = kwds.get("legend"), kwds.get("scale")
    names = getattr(scale, "_kwds", {}).get("domain")
    if kind != "N" or not isinstance(legend, alt.Legend) or not isinstance(names, list):
        return encoding
    asked = legend._kwds["values"]
    names = asked if isinstance(asked, list) else names
    if rows and not any(field in row for row in rows):
        return encoding
    values = _by_menu(field, names, rows, {of: name for of, name in menus.items() if any(of in row for row in rows)})
    made = type(encoding)(**kwds)
    made._kwds["legend"] = alt.Legend(**legend._kwds | {"values": values}) if values else None
    return made


def _by_menu(field: str, names: Sequence[Any], rows: Rows, menus: Mapping[str, str]) -> Any:
    """Return the names that are drawn, in their order: a list, or by what the menus have chosen an expression."""
    options = [list(dict.fromkeys(row[of] for row in rows if of in row)) for of in menus]
    drawn = {
        chosen: _names(field, names, [row for row in rows if _shown(row, dict(zip(menus, chosen, strict=True)))])
        for chosen in itertools.product(*options)
    }
    each = [*drawn.values()]
    if all(values == each[0] for values in each[1:]):
        return each[0] if each else []
    by_choice = json.dumps({"|".join(map(str, chosen)): values for chosen, values in drawn.items()})
    chosen_now = " + '|' + ".join(menus.values())
    return alt.ExprRef(f"{by_choice}[{chosen_now}]")


def _shown(row: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    """Whether a row is drawn for what the menus have chosen, as one without their fields always is."""
    return all(row.get(field, value) == value for field, value in chosen.items())


def _names(field: str, names: Sequence[Any], rows: Rows) -> list[Any]:
    values = (row.get(field) for row in rows)
    there = {one for value in values for one in (value if isinstance(value, list) else [value])}
    return [name for name in names if name in there]
