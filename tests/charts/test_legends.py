"""No legend names what is not drawn: every entry has a mark of its colour, its shape, its dashes.

Charts are drawn of their whole samples, for everything that their menus offer, and of samples that lack one of the
kinds that they have: a run that has not come that far, or was asked for less.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from samples import sample
from scene import Mark, scene

from workbench.charts import CHARTS
from workbench.charts.grammar.looks import GREY

PARTS = {"shape": ("symbol",), "strokeDash": ("line",)}  # of a look, and in which marks it is seen
KIND = ("kind", "method", "rewind_step", "subset", "split", "structure", "solver")


def specifications(name: str, outcomes: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield the chart of the outcomes for everything that its menus offer."""
    picture = CHARTS[name]
    drawn = picture.draw(picture.rows(outcomes)).to_dict()
    menus = [param for param in drawn.get("params", []) if "options" in param.get("bind", {})]
    for chosen in itertools.product(*(param["bind"]["options"] for param in menus)):
        values = dict(zip((param["name"] for param in menus), chosen, strict=True))
        known = [p | {"value": values[p["name"]]} if p["name"] in values else p for p in drawn.get("params", [])]
        yield drawn | ({"params": known} if known else {})


def lacking(outcomes: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the outcomes, and for every kind that some of them have those that are not of it, and those that are."""
    yield list(outcomes)
    for field in KIND:
        values = list(dict.fromkeys(getattr(o, field, None) for o in outcomes))
        for value in values if 1 < len(values) <= 6 else ():
            yield [o for o in outcomes if getattr(o, field, None) != value]
            yield [o for o in outcomes if getattr(o, field, None) == value]


def undrawn(marks: Sequence[Mark]) -> list[str]:
    """Return the entries of legends of which no mark is drawn, as they look."""
    drawn = [mark for mark in marks if mark.role == "mark" and mark.is_seen]
    symbols = [mark for mark in marks if mark.role == "legend-symbol"]
    missing = []
    for _, entries in itertools.groupby(symbols, key=lambda mark: mark.within[:-2]):
        legend = list(entries)
        told = [part for part in PARTS if len({str(mark.item.get(part)) for mark in legend}) > 1]
        grey = {mark.colour for mark in legend} == {GREY}  # it tells shapes or dashes, of whatever colour
        for entry in legend:
            same = [mark for mark in drawn if grey or entry.colour in mark.paints]
            alike = {part: [m for m in same if m.kind in PARTS[part]] for part in told or (PARTS if grey else ())}
            known = [not of or any(m.item.get(part) == entry.item.get(part) for m in of) for part, of in alike.items()]
            if not same or not (all(known) if told or not grey else any(known)):
                missing.append(f"{entry.colour} {entry.item.get('shape')} {entry.item.get('strokeDash')}")
    return missing


def has_legend(specification: Any) -> bool:
    """Whether a channel of names has a legend anywhere in it."""
    if isinstance(specification, list):
        return any(map(has_legend, specification))
    if not isinstance(specification, dict):
        return False
    named = specification.get("type") == "nominal" and specification.get("legend")
    return bool(named) or any(has_legend(part) for name, part in specification.items() if name != "data")


@pytest.mark.parametrize("name", list(CHARTS))
def test_no_legend_names_what_is_not_drawn(name: str):
    whole = sample(name)
    if not any(map(has_legend, specifications(name, whole))):
        return
    for outcomes in lacking(whole):
        if CHARTS[name].rows(outcomes):
            for specification in specifications(name, outcomes):
                assert not has_legend(specification) or undrawn(scene(specification)) == [], len(outcomes)
