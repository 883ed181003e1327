import numpy as np
import pytest

from sciml_bench.core.checks import is_integer, is_number, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError


@pytest.mark.parametrize("value", [3, 0, -3, np.int32(3), 10**30])
def test_whole_numbers_of_python_and_numpy_are_integers(value):
    assert is_integer(value)
    assert is_number(value)


@pytest.mark.parametrize("value", [True, False, np.True_, 3.0, np.float64(3), "3", None, [3], 3 + 0j])
def test_truth_values_text_and_floats_are_no_integers(value):
    assert not is_integer(value)


def test_the_least_integer_is_allowed():
    assert is_integer(2, 2)
    assert not is_integer(1, 2)


@pytest.mark.parametrize("value", [0.5, -1.0, np.float32(0.5)])
def test_numbers_have_any_sign_and_may_be_broken(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, float("nan"), -float("inf"), np.float64("inf"), "1", None, 1j, 10**400]
)
def test_truth_values_text_and_what_is_not_finite_are_no_numbers(value):
    assert not is_number(value)


def test_integers_of_numpy_are_integers():
    assert type(require_integer("data.lag", np.int64(3), 1, "remedy")) is int


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0])
def test_what_is_not_an_integer_is_named_with_the_remedy(value):
    with pytest.raises(ConfigurationError, match=f"^data.lag={value}: use a whole number.$"):
        require_integer("data.lag", value, 1, "use a whole number")


@pytest.mark.parametrize("value", [True, "0.1", None, 0, -1.0, float("inf"), float("nan")])
def test_what_is_not_a_positive_number_is_named(value):
    with pytest.raises(ConfigurationError, match=f"data.time_step={value}"):
        require_number("data.time_step", value, "remedy")


def test_zero_is_allowed_where_it_makes_sense():
    assert require_number("data.noise_std", 0, "remedy", positive=False) == 0.0


def test_a_choice_lists_its_alternatives():
    assert require_choice("data.split_by", "time", {"time": 1, "trajectory": 2}) == "time"
    with pytest.raises(ConfigurationError, match=r"data.split_by=Time: choose one of time, trajectory"):
        require_choice("data.split_by", "Time", ["trajectory", "time"])
