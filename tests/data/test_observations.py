import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import DataError
from sciml_bench.data.observations import Observations
from sciml_bench.data.spec import ObservationSpec

lengths_and_windows = st.lists(
    st.integers(2, 9).flatmap(lambda length: st.tuples(st.just(length), st.integers(2, length))), min_size=1, max_size=4
)


def made_up(cuts, seed=0):
    rng = np.random.default_rng(seed)
    times = [np.cumsum(rng.uniform(0.1, 1, length)) for length, _ in cuts]
    states = [rng.standard_normal((length, 2)) for length, _ in cuts]
    return times, states, [n_learned for _, n_learned in cuts]


def two_windows(n_rows=6, n_interpolation=4, **replaced):
    """One trajectory whose state at row i is (i, 10 i)."""
    rows = np.arange(float(n_rows))
    fields = {
        "times": rows[None] / 2,
        "states": rows[None, :, None] * np.array([1.0, 10.0]),
        "clean": None,
        "window": np.where(rows < n_interpolation, 1, 2)[None],
        "initial_states": np.zeros((1, 2)),
    }
    return Observations(**{**fields, **replaced})


@given(lengths_and_windows)
@settings(max_examples=40, deadline=None)
def test_padding_changes_nothing_of_a_trajectory(cuts):
    times, states, n_learned = made_up(cuts)
    observations = Observations.padded(times, states, n_learned)
    assert observations.n_trajectories == len(cuts)
    assert observations.dim == 2
    assert observations.lengths.tolist() == [length for length, _ in cuts]
    for number, (length, n_interpolation) in enumerate(cuts):
        np.testing.assert_array_equal(observations.times[number, :length], times[number])
        np.testing.assert_array_equal(observations.states[number, :length], states[number])
        np.testing.assert_array_equal(observations.initial_states[number], states[number][0])
        assert (observations.states[number, length:] == states[number][-1]).all()
        assert np.flatnonzero(observations.interpolation[number]).tolist() == list(range(n_interpolation))
        assert np.flatnonzero(observations.extrapolation[number]).tolist() == list(range(n_interpolation, length))
    assert (np.diff(observations.times) > 0).all()


@given(lengths_and_windows)
@settings(max_examples=40, deadline=None)
def test_the_part_to_learn_from_holds_every_row_of_its_window_and_no_other(cuts):
    times, states, n_learned = made_up(cuts)
    part = Observations.padded(times, states, n_learned).interpolation_part()
    assert part.times.shape == (len(cuts), max(n_learned))
    assert not part.extrapolation.any()
    assert part.lengths.tolist() == n_learned
    for number, n_interpolation in enumerate(n_learned):
        learned = states[number][:n_interpolation]
        np.testing.assert_array_equal(part.states[number, :n_interpolation], learned)
        assert (part.states[number, n_interpolation:] == learned[-1]).all()


def test_the_truth_is_cut_with_the_observations():
    clean = np.arange(12.0).reshape(1, 6, 2)
    part = two_windows(clean=clean).interpolation_part()
    np.testing.assert_array_equal(part.clean, clean[:, :4])


def test_integer_times_and_states_become_floats():
    observations = Observations.padded([np.arange(4)], [np.arange(8).reshape(4, 2)], [3])
    assert observations.times.dtype == observations.states.dtype == np.float64
    assert observations.times.tolist() == [[0.0, 1.0, 2.0, 3.0]]


def test_padded_times_go_on_at_the_last_interval():
    observations = Observations.padded(
        [np.array([0.0, 1.0, 1.5]), np.arange(5.0)], [np.zeros((3, 1)), np.ones((5, 1))], [2, 2]
    )
    assert observations.times[0].tolist() == [0.0, 1.0, 1.5, 2.0, 2.5]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0.0, 1.0, 1.0, 2.0], "time 1 at row 2 follows 1.*repeated"),
        ([0.0, 2.0, 1.0, 3.0], "time 1 at row 2 follows 2.*sort"),
        ([0.0, 1.0, np.nan, 3.0], "the time is nan at row 2"),
        ([0.0, 1.0, 2.0, np.inf], "the time is inf at row 3"),
        ([0.0, 1.0, 2.0], r"has 4 states, but times of the shape \(3,\)"),
    ],
)
def test_times_that_are_no_clock_are_named_with_their_trajectory(times, message):
    with pytest.raises(DataError, match=f"trajectory 1 \\(b.csv\\).*{message}"):
        Observations.padded(
            [np.arange(4), np.array(times)], [np.zeros((4, 2)), np.ones((4, 2))], [2, 2], ["a.csv", "b.csv"]
        )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31])
def test_states_that_no_network_can_use_are_named_with_their_place(value):
    states = np.ones((5, 3))
    states[3, 1] = value
    with pytest.raises(DataError, match=r"trajectory 0: the state is .* at row 3, component 1"):
        Observations.padded([np.arange(5)], [states], [2])


@pytest.mark.parametrize(("n_rows", "n_interpolation"), [(1, 1), (5, 1), (5, 0), (5, 6)])
def test_dynamics_are_learned_from_at_least_two_rows(n_rows, n_interpolation):
    with pytest.raises(DataError, match=f"{n_interpolation} of its {n_rows} rows.*at least 2"):
        Observations.padded([np.arange(n_rows)], [np.ones((n_rows, 2))], [n_interpolation])


@pytest.mark.parametrize(
    ("times", "states", "message"),
    [
        ([], [], "give at least one"),
        ([np.arange(3)] * 2, [np.zeros((3, 2)), np.zeros((3, 1))], "trajectory 1 has 1 components"),
        ([np.arange(3)], [np.zeros((3, 2), dtype=complex)], "real numbers"),
        ([np.arange(3)], [np.zeros((3, 2)).astype(str)], "real numbers"),
        ([np.arange(3)], [np.zeros((3, 0))], r"expected \(time, dim\)"),
    ],
)
def test_arrays_that_are_no_trajectories_of_one_system_are_refused(times, states, message):
    with pytest.raises(DataError, match=message):
        Observations.padded(times, states, [2] * len(states))


@pytest.mark.parametrize("window", [[2, 1, 1, 1, 1, 1], [1, 1, 0, 2, 2, 2], [1, 1, 2, 1, 2, 2], [1, 1, 1, 3, 3, 3]])
def test_windows_out_of_order_are_refused(window):
    with pytest.raises(DataError, match="in this order along time"):
        two_windows(window=np.array([window]))


def test_an_initial_state_that_is_not_finite_is_refused():
    with pytest.raises(DataError, match="initial_states"):
        two_windows(initial_states=np.array([[np.nan, 0.0]]))


def test_a_constant_trajectory_is_allowed_and_has_the_deviation_one():
    constant = np.full((100, 1), 0.1)
    states = np.concatenate([constant, np.arange(100.0)[:, None]], axis=1)
    spec = ObservationSpec.of(Observations.padded([np.arange(100)], [states], [100]), ("a", "b"), "time")
    assert spec.deviation[0] == 1
    assert spec.deviation[1] == pytest.approx(np.sqrt((100**2 - 1) / 12))


def test_the_scale_knows_nothing_of_the_rows_to_forecast():
    spec = ObservationSpec.of(two_windows(), ("a", "b"), "s")
    np.testing.assert_allclose(spec.mean, [1.5, 15.0])
    np.testing.assert_allclose(spec.deviation, np.sqrt(1.25) * np.array([1, 10]))
    assert (spec.dim, spec.time_unit, spec.time_step, spec.system) == (2, "s", 0.5, None)


def test_padding_does_not_count_for_the_scale_and_the_clock():
    times, states = [np.arange(3.0), 5.0 * np.arange(40)], [np.zeros((3, 1)), np.ones((40, 1))]
    spec = ObservationSpec.of(Observations.padded(times, states, [3, 9]), ("a",), "s")
    assert spec.mean[0] == pytest.approx(9 / 12)
    assert (spec.time_step, spec.n_trajectories) == (5, 2)
