import pytest

from sciml_bench.data.spec import DataSpec


def test_a_spec_counts_components_and_measures_the_lag_in_time():
    spec = DataSpec(state_shape=(1, 28, 28), time_step=0.25, time_unit="ns", lengths=(10,), lag=4)
    assert spec.n_state == 784
    assert spec.lag_time == pytest.approx(1.0)
