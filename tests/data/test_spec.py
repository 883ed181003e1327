"""What a model knows of a record: scales by hand, clocks, and sizes of windows."""

import numpy as np

from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.data.spec import LaggedPairsSpec, WindowsSpec, scale_of

ONE, OTHER = np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[8.0, 5.0]])
SETTINGS = {
    "state_shape": (2,),
    "time_step": 0.25,
    "time_unit": "ns",
    "component_names": ("x", "y"),
    "mean": np.zeros(2),
    "deviation": np.ones(2),
    "lengths": (7, 9),
}


def test_scales_are_those_of_all_rows_together():
    mean, deviation = scale_of(Trajectories((ONE, OTHER)))
    np.testing.assert_allclose(mean, [4, 5])
    np.testing.assert_allclose(deviation, [np.sqrt((9 + 1 + 16) / 3), 1])  # what is constant has the deviation 1


def test_a_constant_whose_mean_is_rounded_is_constant():
    constant = np.full((7, 1), 0.1)
    assert scale_of(Trajectories((constant,)))[1] == [1.0]


def test_all_points_of_a_field_have_one_scale():
    field = np.array([[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]])
    mean, deviation = scale_of(Trajectories((field,), facts={"grid": np.arange(3.0)}))
    assert mean.shape == deviation.shape == (1,)
    np.testing.assert_allclose(mean, 5)
    np.testing.assert_allclose(deviation, np.sqrt((25 + 9 + 1) * 2 / 6))


def test_sums_are_taken_in_double_precision():
    states = np.full((4000, 1), 1e4, dtype=np.float32)
    states[::2] += 1
    mean, deviation = scale_of(Trajectories((states,)))
    assert (mean.dtype, deviation.dtype) == (np.float64, np.float64)
    np.testing.assert_allclose(mean, 1e4 + 0.5, rtol=1e-12)
    np.testing.assert_allclose(deviation, 0.5, rtol=1e-9)


def test_a_record_is_described_by_its_training_part():
    spec = RecordSpec.of(Trajectories((ONE, OTHER), time_step=0.25, time_unit="ns"), n_classes=3)
    assert (spec.state_shape, spec.dim) == ((2,), 2)
    assert (spec.time_step, spec.time_unit, spec.component_names) == (0.25, "ns", ("x1", "x2"))
    assert (spec.lengths, spec.n_classes, spec.period, spec.system) == ((2, 1), 3, None, None)
    np.testing.assert_allclose(spec.mean, [4, 5])


def test_states_have_as_many_components_as_the_product_of_their_axes():
    assert RecordSpec(**{**SETTINGS, "state_shape": (2, 3, 4)}).dim == 24


def test_pairs_are_a_lag_of_time_apart():
    assert LaggedPairsSpec(**SETTINGS, lag=6).lag_time == 1.5


def test_a_training_window_is_long_enough_for_all_calls_of_a_model():
    spec = WindowsSpec(**SETTINGS, n_inputs=3, n_outputs=2, increment_deviation=np.ones(2), n_calls=4)
    assert (spec.n_window, spec.n_training) == (3 + 2, 3 + 4 * 2)
