"""Matrices that come from a yaml."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.numerics.real_matrix import as_rows, real_array, real_matrix


def test_rows_of_numbers_are_a_matrix_and_back():
    rows = ((1.0, 2.0), (3.0, 4.5))
    np.testing.assert_array_equal(real_matrix([[1, 2], [3, 4.5]], "A"), rows)
    assert as_rows(np.array(rows)) == rows


@pytest.mark.parametrize("wrong", [[[1, 2], [3]], [["a"]], [[np.nan]], [], [[np.inf, 1]], None])
def test_what_is_no_array_of_finite_numbers_is_refused_by_its_name(wrong):
    with pytest.raises(ConfigurationError, match=r"Chain\.matrix = "):
        real_array(wrong, "Chain.matrix")


def test_a_list_is_no_matrix():
    with pytest.raises(ConfigurationError, match="has 1 axes"):
        real_matrix([1, 2], "A")
