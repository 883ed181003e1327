"""The end of a record as tensors: it comes back whole, and nothing is made up where a part is missing."""

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import RecordSpec
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.stored_past import past_tensors, stored_past


def past(n_rows):
    rng = np.random.default_rng(0)
    times = [np.cumsum(rng.uniform(0.1, 0.2, length)) for length in (5, 4)]
    states = [rng.standard_normal((length, 2)).astype(dtype) for length, dtype in ((5, np.float32), (4, np.float64))]
    return TrajectoryFiles.from_arrays(times, states, component_names=["a", "b"]).load().tail(n_rows)


@pytest.mark.parametrize("n_rows", [1, 3])
def test_states_and_times_come_back_bit_for_bit_be_it_a_single_row(n_rows):
    given = past(n_rows)
    found = stored_past(past_tensors(given), RecordSpec.of(past(4)))
    assert found.lengths == (n_rows, n_rows)
    assert (found.component_names, found.time_step, found.time_unit) == (("a", "b"), given.time_step, given.time_unit)
    for number in range(2):
        np.testing.assert_array_equal(found.states[number], given.states[number])
        np.testing.assert_array_equal(found.times_of(number), given.times_of(number))


def test_where_there_is_no_past_none_is_stored():
    assert stored_past({}, RecordSpec.of(past(4))) is None
    assert past_tensors(None) == {}


def test_a_missing_part_is_named():
    tensors = past_tensors(past(2))
    del tensors["past.times.1"]
    with pytest.raises(DataError, match=r"the stored past has no 'past\.times\.1'; repeat the run with force=true"):
        stored_past(tensors, RecordSpec.of(past(4)))
