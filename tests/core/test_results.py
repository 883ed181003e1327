"""Results of two evaluations are one; what is stored names its pictures."""

import numpy as np

from sciml_bench.core.results import Results


def test_of_two_results_the_later_entries_win_and_no_picture_is_there_twice():
    one = Results({"a": 1.0, "b": 2.0}, {"x": np.zeros(2)}, ("forecast", "spectrum"))
    other = Results({"b": 3.0}, {"x": np.ones(3), "y": np.ones(1)}, ("spectrum", "field"))
    both = one.joined(other)
    assert both.metrics == {"a": 1, "b": 3}
    assert {name: array.tolist() for name, array in both.arrays.items()} == {"x": [1, 1, 1], "y": [1]}
    assert both.pictures == ("forecast", "spectrum", "field")
    assert one.metrics == {"a": 1, "b": 2}


def test_names_of_pictures_are_text_also_where_there_are_none():
    assert Results(arrays={"x": np.zeros(2)}, pictures=("forecast",)).stored_arrays["pictures"].tolist() == ["forecast"]
    none = Results().stored_arrays["pictures"]
    assert none.size == 0
    assert not none.dtype.hasobject
