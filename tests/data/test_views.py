import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views import LaggedPairsView, WholeTrajectoriesView, WindowsView


def stamped(*lengths, **options):
    """Every state says which trajectory and which moment it is."""
    states = [np.stack([np.full(n, number), np.arange(n)], axis=1).astype(float) for number, n in enumerate(lengths)]
    return TrajectoryFiles.from_arrays(None, states, **options)


def irregular(**options):
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.0, 30))
    return TrajectoryFiles.from_arrays(times, np.sin(times)[:, None], **options)


def test_a_record_without_validation_part_has_no_validation_loader():
    view = LaggedPairsView(stamped(40, split={"train": 0.5, "test": 0.5}), lag=3, batch_size=4)
    assert view.validation_loader() is None
    now, later = next(iter(view.held_out_loader("test")))
    assert (later[:, 1] - now[:, 1] == 3).all()
    assert view.spec.lag == view.spec.lag_time == 3


def test_pairs_say_what_they_cannot_read():
    with pytest.raises(DataError, match="regular times"):
        LaggedPairsView(irregular())
    with pytest.raises(ConfigurationError, match=r"training\.view\.batch_size=90"):
        LaggedPairsView(stamped(40), batch_size=90)
    with pytest.raises(DataError, match=r"training\.view\.lag=30"):
        LaggedPairsView(stamped(40), lag=30, batch_size=4)


def test_whole_trajectories_of_unequal_length_are_padded_with_their_last_state():
    view = WholeTrajectoriesView(stamped(6, 4, split={"train": 1.0}))
    assert view.train.rows.tolist() == [[True] * 6, [True] * 4 + [False] * 2]
    assert view.train.states[1, :, 1].tolist() == [0, 1, 2, 3, 3, 3]
    assert view.train.times[1].tolist() == [0, 1, 2, 3, 4, 5]
    assert (view.train.clean, view.train.lengths.tolist()) == (None, [6, 4])


def test_the_clock_of_the_part_to_forecast_goes_on():
    view = WholeTrajectoriesView(irregular(split={"train": 20, "test": 10}))
    assert view.part("test").times[0, 0] > view.train.times[0, -1]
    regular = WholeTrajectoriesView(stamped(10, split={"train": 7, "test": 3}))
    assert regular.part("test").times[0].tolist() == [7, 8, 9]


def test_batches_are_numbers_of_trajectories_each_once_per_epoch():
    record = stamped(*[3] * 10, split={"train": 1.0})
    assert [batch.tolist() for batch in WholeTrajectoriesView(record).train_loader(seed=1)] == [list(range(10))]
    loader = WholeTrajectoriesView(record, batch_size=4).train_loader(seed=1)
    epochs = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        epochs.append(torch.cat(list(loader)).tolist())
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(10))
    assert len(loader) == 3
    kept = WholeTrajectoriesView(record, batch_size=4, shuffle=False).train_loader(seed=1)
    assert [batch.tolist() for batch in kept] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_images_do_not_fit_a_method_that_solves_along_trajectories():
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(2, 9, 4, 4)))
    with pytest.raises(ConfigurationError, match="vectors"):
        WholeTrajectoriesView(record)


def test_windows_never_cross_trajectories_of_unequal_length_and_come_once_each():
    view = WindowsView(stamped(12, 7, split={"train": 1.0}), n_inputs=2, n_outputs=1, n_calls=2, batch_size=1)
    windows = torch.cat(list(view.train_loader(seed=2)))
    assert windows.shape == (9 + 4, 4, 2)
    assert (windows[:, :, 0] == windows[:, :1, 0]).all()
    assert (windows[:, 1:, 1] - windows[:, :-1, 1] == 1).all()
    assert len({tuple(window[0].tolist()) for window in windows}) == 13
    assert view.sequences("train").shape == (2, 7, 2)
    assert view.starts("train").shape == (2, 2, 2)


def test_windows_are_read_from_disk_like_from_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(50, 2)))
    records = [TrajectoryFiles(tmp_path / "a.npy", in_memory_gigabytes=size) for size in (1, 0)]
    batches = [list(WindowsView(record, 2, 2, 4, shuffle=False).train_loader()) for record in records]
    assert all(torch.equal(*pair) for pair in zip(*batches, strict=True))


def test_windows_say_what_is_too_short():
    with pytest.raises(DataError, match="the validation trajectories have 8 states"):
        WindowsView(stamped(40), n_inputs=6, n_outputs=3, batch_size=2)
    with pytest.raises(ConfigurationError, match=r"windows_per_epoch"):
        WindowsView(stamped(40), n_inputs=1, n_outputs=1, batch_size=4, windows_per_epoch=3)
    with pytest.raises(DataError, match="regular times"):
        WindowsView(irregular(), n_inputs=1, n_outputs=1, batch_size=2)
