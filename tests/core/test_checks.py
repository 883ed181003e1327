import numpy as np
import pytest

from sciml_bench.core.checks import require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError


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
