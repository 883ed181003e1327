"""Plain values beside the annotations of what takes them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from torch import nn

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.kinds import fits, require_arguments


@pytest.mark.parametrize(
    ("asked", "good", "bad"),
    [
        (int, [0, -3], [1.5, True, "3", None, [1], float("nan")]),
        (ConfiguredInteger, [3], [1.5, True, "3"]),
        (float, [1, 0.5], [float("nan"), float("inf"), "x", False]),
        (ConfiguredNumber | None, [1, None], ["x", [1]]),
        (bool, [True, False], [0, 1, "no", None]),
        (str, ["a"], ["", 1, True, None, ["a"]]),
        (str | int | None, ["a", 3, None], [1.5, True, []]),
        (Sequence[int], [[], [1, 2], (1,)], [3, "12", [1.5], {"a": 1}]),
        (Sequence[Sequence[float | int]] | Float[np.ndarray, "n n"], [[[1, 0.5]]], [[1], "x", [["x"]]]),
        (Mapping[str, Any] | None, [{"a": 1}, None], [3, [1]]),
        (nn.Module, [], [3, "x", None, {"a": 1}]),
        (Callable[[], int], [], [3, "x"]),
    ],
)
def test_a_value_is_of_the_kind_that_is_asked_for_or_not(asked: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if fits(value, asked) is not True] == []
    assert [value for value in bad if fits(value, asked) is not False] == []


@pytest.mark.parametrize("asked", [Any, int, nn.Module, Sequence[int]])
def test_what_is_built_elsewhere_may_stand_anywhere(asked: Any) -> None:
    assert fits({"_target_": "mine.Thing"}, asked) is None


class Base:
    def __init__(self, *, size: int = 1) -> None: ...


class Derived(Base):
    def __init__(self, factor: float, **options: Any) -> None:
        super().__init__(**options)


def test_arguments_that_a_class_hands_on_are_checked_as_well() -> None:
    require_arguments(Derived, {"factor": 1, "size": 3}, "data")
    with pytest.raises(ConfigurationError, match=r"^data\.size=x: give a whole number\.$"):
        require_arguments(Derived, {"size": "x"}, "data")


def test_an_argument_that_nothing_takes_is_named_with_the_nearest() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^data\.sise=3: data has no sise; did you mean size\? choose among size"
    ):
        require_arguments(Base, {"sise": 3}, "data")


def test_what_does_not_tell_what_it_takes_is_left_alone() -> None:
    require_arguments(dict, {"anything": 3}, "data")
    require_arguments(lambda value: value, {"value": object()}, "data")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (int, "a whole number"),
        (float | int, "a number"),
        (str | None, "a word or null"),
        (Sequence[int], "a list of whole numbers"),
        (Sequence[float | int] | None, "a list of numbers or null"),
        (Mapping[str, int], "a mapping"),
        (nn.Module, "what it is built from, with `_target_`"),
    ],
)
def test_the_remedy_says_what_is_asked_for(asked: Any, words: str) -> None:
    def taker(value: Any) -> None: ...

    taker.__annotations__["value"] = asked
    with pytest.raises(ConfigurationError, match=f"give {words}"):
        require_arguments(taker, {"value": 1.5j}, "data")
