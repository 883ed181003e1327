import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.whole_trajectories_view import pieces_of


def made_up(lengths, seed=0):
    rng = np.random.default_rng(seed)
    times = tuple(np.cumsum(rng.uniform(0.1, 1, length)) for length in lengths)
    states = tuple(rng.standard_normal((length, 2)) for length in lengths)
    return Trajectories(states, times=times, clean=tuple(part - 1 for part in states))


def view_of(*lengths, batch_size=None, shuffle=True, **options):
    """Every state says which trajectory and which moment it is."""
    states = [np.stack([np.full(n, number), np.arange(n)], axis=1).astype(float) for number, n in enumerate(lengths)]
    record = TrajectoryFiles.from_arrays(None, states, **{"split": {"train": 1.0}, **options})
    return WholeTrajectoriesView(record, batch_size=batch_size, shuffle=shuffle)


@given(st.lists(st.integers(2, 9), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_padding_changes_nothing_of_a_trajectory(lengths):
    given = made_up(lengths)
    padded = PaddedTrajectories.of(given)
    assert (padded.n_trajectories, padded.dim, padded.lengths.tolist()) == (len(lengths), 2, lengths)
    for number, length in enumerate(lengths):
        np.testing.assert_array_equal(padded.times[number, :length], given.times[number])
        for name in ("states", "clean"):
            own, rows = getattr(given, name)[number], getattr(padded, name)[number]
            np.testing.assert_array_equal(rows[:length], own)
            assert (rows[length:] == own[-1]).all()
        assert np.flatnonzero(padded.rows[number]).tolist() == list(range(length))
    assert (np.diff(padded.times) > 0).all()


def test_padded_times_go_on_at_the_last_interval():
    times = (np.array([0.0, 1.0, 1.5]), np.arange(5.0))
    padded = PaddedTrajectories.of(Trajectories((np.zeros((3, 1)), np.ones((5, 1))), times=times))
    assert padded.times[0].tolist() == [0.0, 1.0, 1.5, 2.0, 2.5]


def test_integers_become_floats_and_one_truth_stays_one():
    states = (np.arange(8).reshape(4, 2),)
    padded = PaddedTrajectories.of(Trajectories(states, clean=states))
    assert padded.times.dtype == padded.states.dtype == np.float64
    assert padded.times.tolist() == [[0.0, 1.0, 2.0, 3.0]]
    assert padded.clean is padded.states


def test_the_part_to_learn_from_holds_every_row_of_its_own_and_no_other():
    """Nothing of the rows to forecast is left, not even in the padding."""
    states = [np.arange(12.0)[:, None], 100 + np.arange(6.0)[:, None]]
    view = WholeTrajectoriesView(TrajectoryFiles.from_arrays(None, states, split={"train": 0.5, "test": 0.5}))
    assert view.train.states[..., 0].tolist() == [[0, 1, 2, 3, 4, 5], [100, 101, 102, 102, 102, 102]]
    test = PaddedTrajectories.of(view.record.part("test"))
    assert test.states[..., 0].tolist() == [[6, 7, 8, 9, 10, 11], [103, 104, 105, 105, 105, 105]]
    assert test.times.tolist() == [[6, 7, 8, 9, 10, 11], [3, 4, 5, 6, 7, 8]]
    assert view.train.clean is None


def test_the_clock_of_the_part_to_forecast_goes_on():
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.0, 30))
    record = TrajectoryFiles.from_arrays(times, np.sin(times)[:, None], split={"train": 20, "test": 10})
    view = WholeTrajectoriesView(record)
    ahead = PaddedTrajectories.of(view.record.part("test"))
    np.testing.assert_array_equal(np.concatenate([view.train.times[0], ahead.times[0]]), times)


def test_a_spec_is_that_of_the_rows_to_learn_from_without_their_padding():
    times, states = [np.arange(3.0), 5.0 * np.arange(40)], [np.zeros((3, 1)), np.ones((40, 1))]
    record = TrajectoryFiles.from_arrays(times, states, split={"train": 1.0})
    spec = WholeTrajectoriesView(record).spec
    assert spec.mean[0] == pytest.approx(40 / 43)
    assert (spec.time_step, spec.lengths, spec.dim) == (5, (3, 40), 1)


def test_dynamics_are_learned_from_at_least_two_rows():
    with pytest.raises(DataError, match=r"trajectory 1 \(array 1\) has a single row; learning needs at least 2"):
        view_of(5, 2, split={"train": 0.5, "test": 0.5})


def test_batches_are_numbers_of_trajectories_each_once_per_epoch():
    assert [batch.tolist() for batch in view_of(*[3] * 10).train_loader(seed=1)] == [list(range(10))]
    loader = view_of(*[3] * 10, batch_size=4).train_loader(seed=1)
    epochs = []
    for epoch in (0, 1, 0):
        loader.sampler.set_epoch(epoch)
        batches = list(loader)
        assert [len(batch) for batch in batches] == [4, 4, 2]
        epochs.append(torch.cat(batches).tolist())
    assert epochs[0] == epochs[2] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(10))
    assert len(loader) == 3
    kept = view_of(*[3] * 10, batch_size=4, shuffle=False).train_loader(seed=1)
    assert [batch.tolist() for batch in kept] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert view_of(5, 5).validation_loader() is None


@pytest.mark.parametrize(("batch_size", "message"), [(0, "=0: a batch needs"), (3, "=3 is larger than the 2 training")])
def test_impossible_batches_are_named(batch_size, message):
    with pytest.raises(ConfigurationError, match=f"training.view.batch_size{message}"):
        view_of(5, 5, batch_size=batch_size)


def test_states_of_another_shape_are_read_as_vectors_with_a_name_and_a_scale_for_every_number():
    positions = np.random.default_rng(0).normal(size=(2, 9, 2, 3)) * [1.0, 2.0, 3.0]
    bodies = Trajectories(tuple(positions), component_names=("x", "y", "z"), facts={"body_names": ("sun", "moon")})
    spec, padded = RecordSpec.of(bodies).of_vectors, PaddedTrajectories.of(bodies)
    np.testing.assert_array_equal(padded.states, positions.reshape(2, 9, 6))
    assert spec.component_names == ("sun_x", "sun_y", "sun_z", "moon_x", "moon_y", "moon_z")
    assert (spec.dim, spec.body_names, spec.origin.state_shape) == (6, None, (2, 3))
    np.testing.assert_allclose(spec.mean, padded.states.mean(axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(spec.deviation, padded.states.std(axis=(0, 1)), rtol=1e-12)
    vectors = RecordSpec.of(Trajectories((positions[0, :, 0],)))
    assert vectors.of_vectors is vectors


def test_long_trajectories_are_cut_into_pieces_of_nearly_one_length_that_miss_no_row():
    given = made_up((25, 7, 10))
    pieces = pieces_of(given, rows_per_piece=10)
    assert pieces.lengths == (8, 9, 8, 7, 10)
    np.testing.assert_array_equal(np.concatenate(pieces.states), np.concatenate(given.states))
    np.testing.assert_array_equal(np.concatenate(pieces.times), np.concatenate(given.times))
    np.testing.assert_array_equal(np.concatenate(pieces.clean), np.concatenate(given.clean))
    assert pieces_of(given).lengths == given.lengths


def test_pieces_to_learn_from_lie_evenly_among_all():
    few = pieces_of(made_up((100,)), rows_per_piece=10, n_pieces=4)
    assert [part[0, 0] for part in few.states] == [made_up((100,)).states[0][row, 0] for row in (0, 30, 60, 90)]
    assert pieces_of(made_up((9, 9)), n_pieces=5).n_trajectories == 2
    record = TrajectoryFiles.from_arrays(None, np.arange(40.0)[:, None], split={"train": 1.0})
    view = WholeTrajectoriesView(record, rows_per_piece=10, n_pieces=2)
    assert view.train.states[:, 0, 0].tolist() == [0, 30]
    assert (view.spec.lengths, view.spec.mean.tolist(), view.batch_size) == ((10, 10), [19.5], 2)
    assert view.train.times[1].tolist() == [30, 31, 32, 33, 34, 35, 36, 37, 38, 39]


@pytest.mark.parametrize(("name", "value"), [("rows_per_piece", 9), ("n_pieces", 0)])
def test_impossible_pieces_are_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"training\.view\.{name}={value}"):
        pieces_of(made_up((20,)), **{name: value})
