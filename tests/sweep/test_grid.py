"""What a person asks for: grids in Python, in a terminal's words and in YAML, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.sweep.grid import Typed, check_grid, combinations, from_file, from_words, values


def points(**parts: object) -> list[dict[str, object]]:
    given = {"grid": None, "zipped": None, "points": None, **parts}
    check_grid(**given)
    return list(combinations(**given))  # type: ignore[arg-type]


def test_a_grid_is_every_combination_the_last_parameter_fastest() -> None:
    assert points(grid={"a": [1, 2], "b": "x"}) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert [tuple(point.values()) for point in points(grid={"a": [1, 2], "b": range(2)})] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
    ]


def test_zipped_parameters_go_in_step_and_points_stand_as_they_are_and_all_are_multiplied() -> None:
    zipped, single = {"a": [1, 2], "b": [3, 4]}, [{"c": 5}, {"d": 6}]
    assert points(zipped=zipped) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]
    assert points(points=single) == single
    assert len(points(grid={"e": [7, 8, 9]}, zipped=zipped, points=single)) == 3 * 2 * 2
    assert points() == [{}]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0:5", [0, 1, 2, 3, 4]),
        ("0:10:5", [0, 5]),
        ("-2:1", [-2, -1, 0]),
        ("0.1,0.05", ["0.1", "0.05"]),
        ("0:2,7", [0, 1, "7"]),
        ("lenet(hidden=(512, 512)), conv2", ["lenet(hidden=(512, 512))", "conv2"]),
        ("[a, b],[]", ["[a, b]", "[]"]),
        ("random_mask(layers='a,b')", ["random_mask(layers='a,b')"]),
        ("s3://bucket/data.npz", ["s3://bucket/data.npz"]),
    ],
)
def test_a_terminals_words_are_split_at_commas_outside_brackets_and_quotes(text: str, meant: list[object]) -> None:
    assert values(from_words([f"name={text}"])["name"]) == meant


@pytest.mark.parametrize(
    "word", ["seed", "=1", "seed=", "two words=1", "seed 1", "a-b=1"], ids=lambda word: word.replace(" ", "_")
)
def test_words_that_give_no_value_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"-p must be name=value, got .*density=0.1,0.05 and seed=0:5 are two"):
        from_words([word])


@pytest.mark.parametrize("text", ["5:0", "3:3", "0:9999999", "lenet(hidden=(512, 512)", "[a, b", "'a"])
def test_values_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a range must have from 1 to 1,000,000|not closed"):
        values(Typed(text))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"grid": {"a": []}}, "grid: a must have a value or more, got none"),
        ({"grid": [1]}, "grid must be a dict of lists of values by parameter, got a list"),
        ({"grid": {1: [1]}}, "grid must be a dict of lists of values by parameter"),
        ({"zipped": {"a": [1, 2], "b": [1]}}, "zipped parameters must have equally many values, got 2 of a, 1 of b"),
        ({"points": []}, "points must have a point or more, got none"),
        ({"points": {"a": 1}}, "points must be a list of dicts, got a dict"),
        ({"points": [1]}, r"points\[0\] must be a dict of values by parameter, got 1"),
        ({"grid": {"a": range(1001), "b": range(1001)}}, "a sweep must have at most 1,000,000 points, got 1,002,001"),
        ({"grid": {"a": [1]}, "zipped": {"a": [1]}}, "a stands twice in the sweep"),
        ({"grid": {"a": [1]}, "points": [{"a": 1}]}, "a stands twice in the sweep"),
    ],
)
def test_a_grid_that_will_not_do_is_refused_in_words(parts: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        points(**parts)
    with pytest.raises(ValueError, match="-p a stands twice"):
        from_words(["a=1", "a=2"])


def test_a_file_of_yaml_has_the_same_parts(tmp_path: Path) -> None:
    file = tmp_path / "grid.yaml"
    file.write_text("notebooks: [01_winning_tickets]\ngrid:\n  density: [0.1, 0.05]\n  seed: 0:5\n  many: null\n")
    read = from_file(file)
    assert read["notebooks"] == ["01_winning_tickets"]
    assert len(points(grid=read["grid"])) == 2 * 5
    assert points(grid=read["grid"])[0] == {"density": 0.1, "seed": 0, "many": None}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grids: {a: [1]}", 'part of .*grid.yaml "grids" is not known; did you mean "grid"'),
        ("- 1", "must have notebooks, grid, zipped, points or some of them, got a list"),
        ("grid: [1", "cannot be read \\("),
        ("grid: {a: []}", "grid: a must have a value or more"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "grid.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words):
        from_file(file)
    with pytest.raises(ValueError, match=r"nowhere.yaml cannot be read .*No such file"):
        from_file(tmp_path / "nowhere.yaml")
