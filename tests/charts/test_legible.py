"""Words can be read: none lie over other words, over a mark, or over what a legend has, however close groups lie."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from made_cells import outcome
from made_gems import gems
from samples import sample
from scene import Mark, scene

from workbench.charts import CHARTS

WIDTHS = (590, 1300)  # a page, and a wide screen; in narrower places words stand inside a picture
TOUCH = 2.0  # pixels by which two boxes may overlap: widths of words are estimated


def over(one: Mark, two: Mark) -> bool:
    (left, top, right, bottom), (x, y, x2, y2) = one.box(), two.box()
    return min(right, x2) - max(left, x) > TOUCH and min(bottom, y2) - max(top, y) > TOUCH


@functools.cache
def drawn(name: str, width: int) -> list[Mark]:
    picture = CHARTS[name]
    return scene(picture.draw(picture.rows(sample(name)), width).to_dict())


def covered(marks: list[Mark]) -> list[tuple[str, str]]:
    """Return which words lie over which others, or over marks and images; a halo of the same words is none."""
    words = [mark for mark in marks if mark.kind == "text" and mark.is_seen]
    dots = [mark for mark in marks if mark.kind == "image" or (mark.kind == "symbol" and mark.is_seen)]
    dots = [mark for mark in dots if mark.role != "legend-symbol"]  # which Vega sets by the words that it measures
    pairs = [(a, b) for a, b in itertools.combinations(words, 2) if a.lines != b.lines and over(a, b)]
    pairs += [(a, b) for a in words for b in dots if over(a, b)]
    return [(" ".join(a.lines), " ".join(b.lines).strip() or b.kind) for a, b in pairs]


def close(cells: int, replicas: int = 4) -> list[Any]:
    """Cells of pre-training whose barriers and accuracies are nearly the same, and spread by replica."""
    kinds = ("random", "easiest", "hardest", "window(skip=500)")
    return [
        outcome(kinds[i % 4], 10 * (1 + i // 8), r, 0.8 + 0.002 * i + 0.02 * r, 100 * (1 + i // 4),
                barrier=1.0 + 0.01 * i + 0.3 * (r % 2), pretrain_accuracy=0.3 + 0.01 * i)
        for i in range(cells)
        for r in range(replicas)
    ]  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(CHARTS))
def test_no_words_lie_over_others_or_over_marks(name: str, width: int):
    assert covered(drawn(name, width)) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cells", [2, 5, 12])
def test_names_of_groups_that_lie_close_together_can_be_read(cells: int, width: int):
    picture = CHARTS["accuracy by barrier"]
    marks = scene(picture.draw(picture.rows(close(cells)), width).to_dict())
    assert covered(marks) == []
    names = [mark for mark in marks if mark.item.get("fontWeight") == 600 and mark.role == "mark"]
    assert len(names) == cells


def test_names_of_methods_of_one_cost_can_be_read():
    picture = CHARTS["accuracy by search cost"]
    marks = scene(picture.draw(picture.rows(gems(replicas=3)), 590).to_dict())
    assert covered(marks) == []


def test_a_narrow_place_names_what_several_groups_of_one_look_have_in_common():
    found = [
        outcome("random", k, r, 0.8, size, barrier=1.0 + k + size)
        for k in (10, 50)
        for size in (80, 90)
        for r in (0, 1)
    ]
    found += [outcome(kind, 10, r, 0.7, 80, barrier=2.0) for kind in ("easiest", "hardest") for r in (0, 1)]
    picture = CHARTS["accuracy by barrier"]
    marks = scene(picture.draw(picture.rows(found), 280).to_dict())
    names = {" ".join(mark.lines) for mark in marks if mark.role == "legend-label"}
    assert {"random", "easiest 80, k 10", "hardest 80, k 10"} <= names
