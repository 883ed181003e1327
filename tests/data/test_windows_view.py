import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.record import Record
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import WindowsView


def numbered(n_trajectories, n_times, *shape):
    """Every entry tells its trajectory (hundreds) and its time (units); entries of a state differ by thousands."""
    states = 100.0 * np.arange(n_trajectories)[:, None] + np.arange(n_times)
    entries = 1000.0 * np.arange(int(np.prod(shape))).reshape(shape)
    return states[(...,) + (None,) * len(shape)] + entries


class Numbers(Record):
    """Parts of given lengths; `change` makes something else of their states."""

    def __init__(self, shape=(2, 3), lengths=(12, 9, 20), change=lambda states: states, **facts):
        super().__init__(split_by="trajectory")
        self.shape, self.lengths, self.change, self.facts = shape, lengths, change, facts

    def load_splits(self):
        names = ("train", "validation", "test")
        return {
            name: Trajectories(tuple(self.change(numbered(5, length, *self.shape))), time_step=0.5, facts=self.facts)
            for name, length in zip(names, self.lengths, strict=True)
        }


def view_of(record=None, **options):
    return WindowsView(record or Numbers(), **{"n_inputs": 3, "n_outputs": 2, "batch_size": 4, **options})


def epoch_of(view, epoch, seed=0):
    loader = view.train_loader(seed=seed)
    loader.sampler.set_epoch(epoch)
    return torch.stack(list(loader))


@pytest.mark.parametrize("shape", [(7,), (2, 3)])
def test_a_window_is_a_piece_of_one_trajectory_in_its_order(shape):
    windows = epoch_of(view_of(Numbers(shape)), 0).flatten(0, 1)
    assert windows.shape[1:] == (5, *shape)
    first = windows.flatten(2)[:, :, 0]
    assert torch.equal(first.diff(dim=1), torch.ones(len(windows), 4))
    assert (first[:, 0] % 100 + 4 < 12).all()  # ends before the trajectory does


def test_an_epoch_visits_every_window_once_apart_from_the_last_incomplete_batch():
    windows = epoch_of(view_of(), 0).flatten(0, 1).flatten(1)[:, 0]
    assert len(windows) == 40 == 5 * (12 - 5 + 1)
    assert len(windows.unique()) == 40
    assert len(epoch_of(view_of(batch_size=9), 0)) == 4


def test_windows_never_cross_trajectories_of_unequal_length():
    states = [np.stack([np.full(n, number), np.arange(n)], axis=1).astype(float) for number, n in enumerate((12, 7))]
    record = TrajectoryFiles.from_arrays(None, states, split={"train": 1.0})
    view = WindowsView(record, n_inputs=2, n_outputs=1, n_calls=2, batch_size=1)
    windows = torch.cat(list(view.train_loader(seed=2)))
    assert windows.shape == (9 + 4, 4, 2)
    assert (windows[:, :, 0] == windows[:, :1, 0]).all()
    assert (windows[:, 1:, 1] - windows[:, :-1, 1] == 1).all()
    assert len({tuple(window[0].tolist()) for window in windows}) == 13
    assert view.sequences("train").shape == (2, 7, 2)
    assert view.starts("train").shape == (2, 2, 2)


def test_training_windows_may_be_long_enough_for_several_calls():
    view = view_of(n_calls=3)
    assert epoch_of(view, 0).shape[2] == view.spec.n_training == 3 + 3 * 2
    assert view.spec.n_window == 5
    with pytest.raises(DataError, match=r"the train trajectories have 12 states.* 5 \(training.view.n_calls\) times"):
        view_of(n_calls=5)


def test_many_short_trajectories_are_told_to_be_held_out_whole():
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(4, 40, 2)))
    said = r"validation trajectories have 8 .* shorter windows, or hold out whole .* data\.split_by=trajectory$"
    with pytest.raises(DataError, match=said):
        view_of(record, n_inputs=8)
    with pytest.raises(DataError, match=r"shorter windows$"):
        view_of(n_inputs=8)  # whole already


def test_the_windows_of_an_epoch_depend_on_the_seed_and_the_epoch_alone():
    one, other = view_of(windows_per_epoch=16), view_of(windows_per_epoch=16)
    epoch_of(one, 3)
    assert torch.equal(epoch_of(one, 7), epoch_of(other, 7))
    assert epoch_of(one, 7).shape[0] == 4
    assert not torch.equal(epoch_of(one, 7), epoch_of(one, 8))
    assert not torch.equal(epoch_of(one, 7), epoch_of(other, 7, seed=1))
    kept = epoch_of(view_of(shuffle=False), 7).flatten(0, 1).flatten(1)[:, 0]
    assert kept[:9].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 100]


def test_statistics_are_those_of_the_training_trajectories_per_component_or_pooled():
    train = numbered(5, 12, 4)
    each = view_of(Numbers((4,))).spec
    np.testing.assert_allclose(each.mean, train.mean(axis=(0, 1)))
    np.testing.assert_allclose(each.deviation, train.std(axis=(0, 1)))
    np.testing.assert_allclose(each.increment_deviation, 1.0)
    field = view_of(Numbers((4,), grid=np.arange(4.0))).spec
    np.testing.assert_allclose(field.deviation, [train.std()])
    np.testing.assert_allclose(field.increment_deviation, [1.0])
    np.testing.assert_array_equal(field.grid, np.arange(4.0))


def test_increments_are_those_within_a_trajectory():
    record = Numbers((1,), change=lambda states: states + 5.0 * (states % 2))
    train = record.load_splits()["train"]
    expected = np.sqrt(np.mean([np.diff(states[:, 0]) ** 2 for states in train.states]))
    np.testing.assert_allclose(view_of(record).spec.increment_deviation, [expected])


def test_a_component_that_never_changes_has_the_deviation_one():
    def half_constant(states):
        states[..., 1] = 7.0
        return states

    spec = view_of(Numbers(change=half_constant)).spec
    np.testing.assert_array_equal(spec.deviation[:, 1], 1.0)
    np.testing.assert_array_equal(spec.increment_deviation[:, 1], 1.0)
    assert (spec.deviation[:, 0] > 2).all()


def test_the_spec_and_the_starts_say_what_a_model_needs():
    view = view_of(dtype="float64")
    assert (view.spec.n_window, view.spec.state_shape, view.spec.time_step) == (5, (2, 3), 0.5)
    assert view.spec.component_names == ("x1", "x2", "x3")
    np.testing.assert_array_equal(view.starts("test"), numbered(5, 20, 2, 3)[:, :3])
    np.testing.assert_array_equal(view.sequences("test"), numbered(5, 20, 2, 3))
    assert view.starts("test").dtype == epoch_of(view, 0).dtype == torch.float64
    assert epoch_of(view_of(), 0).dtype == torch.float32
    assert view.validation_loader() is None


def test_windows_are_read_from_disk_like_from_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(50, 2)))
    memory, disk = (
        WindowsView(TrajectoryFiles(tmp_path / "a.npy", in_memory_gigabytes=size), 2, 2, 4, shuffle=False)
        for size in (1, 0)
    )
    assert disk.record.splits["train"].on_disk
    batches = [list(view.train_loader()) for view in (memory, disk)]
    assert all(torch.equal(*pair) for pair in zip(*batches, strict=True))
    np.testing.assert_array_equal(memory.starts("test"), disk.starts("test"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_inputs": 0}, "training.view.n_inputs=0"),
        ({"n_outputs": 0}, "training.view.n_outputs=0"),
        ({"n_calls": 0}, "training.view.n_calls=0"),
        ({"batch_size": 0}, "training.view.batch_size=0"),
        ({"windows_per_epoch": 3}, "training.view.windows_per_epoch=3"),
        ({"dtype": "float16"}, "training.view.dtype=float16"),
        ({"batch_size": 41}, r"training\.view\.batch_size=41 is larger than the 40"),
    ],
)
def test_values_out_of_range_are_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        view_of(**options)


def test_data_that_cannot_be_used_are_described():
    with pytest.raises(DataError, match="the validation trajectories have 4 states"):
        view_of(Numbers(lengths=(12, 4, 20)))

    def broken(states):
        if states.shape[1] == 20:
            states[1, 2, 0, 1] = np.nan
        return states

    with pytest.raises(DataError, match=r"trajectory 1 holds nan at row 2, .* component 0, 1"):
        view_of(Numbers(change=broken))
    uneven = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.0, 30))
    with pytest.raises(DataError, match="the train split: windows need states at regular times"):
        WindowsView(TrajectoryFiles.from_arrays(uneven, np.sin(uneven)[:, None]), 1, 1, 2)
