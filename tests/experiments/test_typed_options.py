"""An option of an experiment is of the type that its annotation says, however it is given; the rest is refused."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from bare_python import words_of

import workbench as wb
from workbench.experiments import EXPERIMENTS
from workbench.work.annotations import convert
from workbench.work.public_names import public_name
from workbench.work.typed import typed


def annotated(*annotations: str) -> list[Any]:
    """Return the options of all experiments with one of these annotations: the experiment's name, and the option's."""
    return [
        pytest.param(name, option.name, id=f"{name}-{option.name}")
        for name, experiment in EXPERIMENTS.items()
        for option in inspect.signature(experiment).parameters.values()
        if str(option.annotation) in annotations
    ]


def reached(name: str, **options: Any) -> dict[str, Any]:
    """Return what the function itself is given by a direct call: the names of a generator that has not begun."""
    return dict(EXPERIMENTS[name](**options).gi_frame.f_locals)


def both(name: str, **options: Any) -> list[dict[str, Any]]:
    return [reached(name, **options), wb.call(EXPERIMENTS[name], **options).arguments]


@pytest.mark.parametrize("given", [32.0, np.int64(32), np.float32(32), 32], ids=repr)
@pytest.mark.parametrize(("name", "option"), annotated("int", "int | None"))
def test_a_whole_number_is_one_however_it_is_given(name: str, option: str, given: Any):
    for arguments in both(name, **{option: given}):
        assert (arguments[option], type(arguments[option])) == (32, int)


@pytest.mark.parametrize("given", [2, np.int64(2), np.float64(2)], ids=repr)
@pytest.mark.parametrize(("name", "option"), annotated("float", "float | None"))
def test_a_number_is_a_float_however_it_is_given(name: str, option: str, given: Any):
    for arguments in both(name, **{option: given}):
        assert (arguments[option], type(arguments[option])) == (2.0, float)


@pytest.mark.parametrize(("name", "option"), annotated("Sequence[str]", "Sequence[str] | None"))
def test_a_bare_name_is_one_of_several(name: str, option: str):
    for arguments in both(name, **{option: "magnitude"}):
        assert arguments[option] == ("magnitude",)
    one, several = (wb.call(EXPERIMENTS[name], **{option: given}) for given in ("magnitude", ("magnitude",)))
    assert one.key() == several.key()


@pytest.mark.parametrize(("name", "option"), annotated("Sequence[int]", "Sequence[float]", "Sequence[float] | None"))
def test_the_numbers_of_a_list_are_of_its_type(name: str, option: str):
    of = int if "int" in str(inspect.signature(EXPERIMENTS[name]).parameters[option].annotation) else float
    for given in ([2.0, np.int64(3)], (2, 3.0)):
        for arguments in both(name, **{option: given}):
            assert [(value, type(value)) for value in arguments[option]] == [(of(2), of), (of(3), of)]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_is_still_itself(name: str):
    experiment = EXPERIMENTS[name]
    assert experiment.__name__ == name
    assert experiment.__doc__
    assert public_name(experiment) == f"wb.experiments.{name}"
    assert wb.call(experiment).generates
    assert pickle.loads(pickle.dumps(experiment)) is experiment
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'epochz'"):
        experiment(epochz=1)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("given", [2.5, -1.0, -3, 2.0**60, float("nan"), float("inf")])
@pytest.mark.parametrize(("name", "option"), annotated("int"))
def test_what_is_no_whole_number_stays_what_it_is(name: str, option: str, given: float):
    value = wb.call(EXPERIMENTS[name], **{option: given}).arguments[option]
    assert value == given or (value != value and given != given)


class TestConverting:
    """One value, as an annotation wants it."""

    @pytest.mark.parametrize(
        ("given", "to", "wanted"),
        [
            *(("a", Sequence[str], ("a",)), ("a", list[str], ["a"]), ("a", tuple[str, ...], ("a",))),
            *(("a", Sequence[str] | None, ("a",)), ("a", Sequence[str] | str, "a"), ("a", str, "a")),
            *(("a", Sequence[int], "a"), ("a", tuple[str, str], "a"), ("", Sequence[str], ""), ("a", None, "a")),
            *((b"a", Sequence[str], b"a"), ({"a"}, Sequence[str], {"a"}), (None, Sequence[str], None)),
            *((["a"], Sequence[str], ["a"]), (("a",), list[str], ["a"])),
        ],
    )
    def test_a_bare_name(self, given: Any, to: Any, wanted: Any):
        value = convert(given, to)
        assert (value, type(value)) == (wanted, type(wanted))

    @pytest.mark.parametrize("given", [True, "4", None, 2.5, float("nan"), float("inf"), 4j])
    def test_what_is_none_of_a_whole_number_is_handed_on(self, given: Any):
        assert convert(given, int) is given


def test_a_decorated_function_takes_positions_names_and_any_number_of_both():
    @typed
    def gather(first: int, *rest: Any, names: Sequence[str] = (), **others: Any) -> tuple[Any, ...]:
        return first, rest, names, others

    assert gather(2.0, 3.0, names="a", b=4.0) == (2, (3.0,), ("a",), {"b": 4.0})  # pyright: ignore[reportArgumentType]


def test_a_decorated_generator_does_nothing_before_it_is_asked():
    @typed
    def count(n: int) -> Iterator[int]:
        if n < 1:
            raise ValueError("n must be a whole number from 1")
        yield from range(n)

    function: Callable[..., Any] = count
    assert list(function(2.0)) == [0, 1]
    begun = function(0)
    with pytest.raises(ValueError, match="n must be"):
        next(begun)


NONSENSE = {  # for options of these annotations: what none of them can be
    "int": ("2.5", "'32'", "True", "[32]", "float('nan')", "None"),
    "int | None": ("2.5", "'32'"),
    "float": ("'0.1'", "True", "float('nan')"),
    "float | None": ("'0.1'",),
    "bool": ("'false'", "1"),
    "Sequence[str]": ("7", "[7]", "{'a': 1}"),
    "Sequence[int]": ("7", "['a']", "[2.5]", "'7'"),
    "Sequence[float]": ("0.5", "['a']", "'0.5'"),
    "Recipe": ("{'epochs': 1}",),
}
REFUSED = {
    f"next(wb.experiments.{name}({option.name}={given}))": option.name
    for name, experiment in EXPERIMENTS.items()
    for option in inspect.signature(experiment).parameters.values()
    for given in NONSENSE.get(str(option.annotation), ())
}
OTHER_WORDS = {"batch_norm": "batch-norm treatment", "others": "dataset"}  # how names among these are called
SERVE = (
    *("wb.Recipe(epochs=1, batch_size=32.0)", "wb.Recipe(epochs=np.int64(1), batch_size=np.float64(32))"),
    "next(wb.experiments.dataset_view(images=2.0, draws=np.int64(1)))",
    "next(wb.experiments.subset_sums([1.0], candidates=[np.int64(6)], solvers='auto', replicas=1.0))",
)


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return words_of("import numpy as np\nimport workbench as wb", [*REFUSED, *SERVE])


def test_what_cannot_be_meant_is_refused_by_name_before_any_work(said: dict[str, str]):
    for call, name in REFUSED.items():
        words = said[call]
        assert not words.startswith(("raw", "hung")), f"{call}: {words}"
        named = (name, name.removesuffix("s"), OTHER_WORDS.get(name, name))
        assert any(word in words for word in named), f"{call}: {words}"


@pytest.mark.parametrize("call", SERVE)
def test_what_is_meant_serves(call: str, said: dict[str, str]):
    assert said[call] == ""


def test_a_recipe_has_whole_numbers_and_floats():
    recipe = wb.Recipe(epochs=2, learning_rate=1, momentum=0)
    assert [type(value) for value in (recipe.epochs, recipe.learning_rate, recipe.momentum)] == [float] * 3
    assert recipe == wb.Recipe(epochs=2.0, learning_rate=1.0, momentum=0.0)
