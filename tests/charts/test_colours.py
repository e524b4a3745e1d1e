"""No two names that may be drawn together look alike: on light paper and on dark, to every eye.

Colours are compared in CIE Lab (1976), where 2.3 is a just noticeable difference, as they are and as a dichromat sees
them: Machado et al. 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1.
"""

from __future__ import annotations

import importlib
import itertools
import math
import pkgutil
from collections.abc import Mapping

import pytest

import workbench.charts
from workbench.charts.accuracy_by_subset import FEW
from workbench.charts.grammar import looks
from workbench.charts.grammar.looks import FINDERS, GREY, MEMORY, METHODS, Look, Looks, in_order, of_finders

APART, APART_TO_FEW = 20.0, 12.0  # in Lab: to most eyes, and to those that see two colours of three
MANY = 8  # names that colours alone may tell
PAPERS = ("#ffffff", "#111111")  # light, and JupyterLab's dark
RGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
Matrix = tuple[tuple[float, ...], ...]
EYES: dict[str, Matrix] = {
    "trichromat": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanope": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranope": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanope": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> list[float]:
    """Red, green and blue of `#rrggbb` as light, from 0 to 1 (sRGB)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def times(matrix: Matrix, vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def lab(colour: str, eye: str = "trichromat") -> list[float]:
    """A colour in CIE Lab under D65, as an eye sees it."""
    seen = [min(1.0, max(0.0, part)) for part in times(EYES[eye], linear(colour))]
    ratios = [value / white for value, white in zip(times(RGB_TO_XYZ, seen), WHITE, strict=True)]
    x, y, z = (r ** (1 / 3) if r > 216 / 24389 else (24389 / 27 * r + 16) / 116 for r in ratios)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def apart(one: str, two: str, eye: str = "trichromat") -> float:
    return math.dist(lab(one, eye), lab(two, eye))


def contrast(one: str, two: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG)."""
    light = sorted(times(RGB_TO_XYZ, linear(colour))[1] + 0.05 for colour in (one, two))
    return light[1] / light[0]


def tables() -> dict[str, Looks]:
    """Every table of two looks and more that a module of the charts has, and looks in order of many names."""
    names = [module.name for module in pkgutil.walk_packages(workbench.charts.__path__, "workbench.charts.")]
    found = {"in order": in_order([f"name {i}" for i in range(12)])}
    for module in map(importlib.import_module, [looks.__name__, *names]):
        for name, table in vars(module).items():
            is_one = (
                isinstance(table, Mapping) and len(table) > 1 and all(isinstance(of, Look) for of in table.values())
            )
            if is_one and not any(table is other for other in found.values()):
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = table
        for picture in vars(module).values():
            declared = getattr(getattr(picture, "means", None), "looks", None)
            if isinstance(declared, Mapping) and not any(declared is other for other in found.values()):
                found[f"{picture.__name__}, its lines"] = declared
    return found


TABLES = tables()


def form(look: Look) -> tuple[str, tuple[int, ...]]:
    return look.shape, look.dash


def pairs(table: Looks) -> list[tuple[str, str, Look, Look]]:
    """Every two looks of a table, but for two of one colour on purpose, which differ in form: grey ones, of what is no
    line of its own, and a name that is marked as seldom seen.
    """
    both = [(a, b, one, two) for (a, one), (b, two) in itertools.combinations(table.items(), 2)]
    marked = [a.removesuffix(FEW).strip() == b.removesuffix(FEW).strip() for a, b, *_ in both]
    shared = [
        one.colour == two.colour and (one.colour == GREY or m) for m, (*_, one, two) in zip(marked, both, strict=True)
    ]
    return [pair for pair, one in zip(both, shared, strict=True) if not one or form(pair[2]) == form(pair[3])]


def test_the_distance_is_that_of_lab_and_a_dichromat_confuses_what_one_does():
    assert lab("#ffffff") == pytest.approx([100, 0, 0], abs=0.02)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert apart("#000000", "#ffffff") == pytest.approx(100, abs=0.02)
    red, green = "#d55e00", "#6b8e23"
    assert apart(red, green, "protanope") < 10 < 70 < apart(red, green)


def test_tables_of_looks_are_found():
    assert {"looks.RUNS", "looks.METHODS", "looks.FINDERS", "looks.SUBSETS", "looks.STRUCTURES"} <= set(TABLES)
    assert len(TABLES) > 15


@pytest.mark.parametrize("name", TABLES)
def test_every_two_names_differ_in_colour_and_of_many_in_form_too(name: str):
    table = TABLES[name]
    for a, b, one, two in pairs(table):
        assert apart(one.colour, two.colour) >= APART, (a, b)
        assert len(table) <= MANY or form(one) != form(two), (a, b)


@pytest.mark.parametrize("eye", [eye for eye in EYES if eye != "trichromat"])
@pytest.mark.parametrize("name", TABLES)
def test_what_a_colour_blind_eye_sees_alike_differs_in_form(name: str, eye: str):
    for a, b, one, two in pairs(TABLES[name]):
        assert form(one) != form(two) or apart(one.colour, two.colour, eye) >= APART_TO_FEW, (a, b)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("name", [name for name in TABLES if TABLES[name] is not MEMORY])
def test_every_colour_of_a_line_or_a_mark_stands_out_on_light_and_on_dark_paper(name: str, paper: str):
    """The bands of `MEMORY` are areas that touch, each with grey words of its own: no mark on the paper."""
    for words, look in TABLES[name].items():
        assert contrast(look.colour, paper) >= 3, words
        assert apart(look.colour, paper) >= APART


def test_methods_that_look_for_tickets_are_told_apart_by_colour_and_by_shape():
    assert apart(FINDERS["random_mask"].colour, FINDERS["synflow"].colour) > 35
    for table in (FINDERS, METHODS):
        assert len({form(look) for look in table.values()}) == len(table)
        assert len({look.colour for look in table.values()}) == len(table)


def test_settings_of_one_method_have_colours_that_no_method_has():
    """Where shapes tell densities, colours alone tell methods."""
    searches = [
        f"edge_popup({options})" for options in ("scope='global'", "gradual=True", "l2=0.1", "l2=0.2", "a", "b")
    ]
    table = of_finders([*FINDERS, *searches])
    for a, b, one, two in pairs(table):
        assert apart(one.colour, two.colour) >= APART, (a, b)
