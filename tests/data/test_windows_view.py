import numpy as np
import pytest
import torch
from sciml_bench.data.sequence_windows import SequenceWindows

from sciml_bench.core.errors import ConfigurationError, DataError


def numbered(n_trajectories, n_times, *shape):
    """Every entry tells its trajectory (hundreds) and its time (units); entries of a state differ by thousands."""
    states = 100.0 * np.arange(n_trajectories)[:, None] + np.arange(n_times)
    entries = 1000.0 * np.arange(int(np.prod(shape))).reshape(shape)
    return states[(...,) + (None,) * len(shape)] + entries


class Numbers(SequenceWindows):
    def __init__(self, shape=(2, 3), lengths=(12, 9, 20), n_trajectories=5, **options):
        super().__init__(**{"n_inputs": 3, "n_outputs": 2, "time_step": 0.5, "batch_size": 4, **options})
        self.shape, self.lengths, self.n = shape, lengths, n_trajectories

    def load(self):
        names = ("train", "validation", "test")
        return {name: numbered(self.n, length, *self.shape) for name, length in zip(names, self.lengths, strict=True)}


def ready(**options):
    data = Numbers(**options)
    data.setup()
    return data


def epoch_of(data, epoch):
    loader = data.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return torch.stack(list(loader))


@pytest.mark.parametrize("shape", [(7,), (2, 3)])
def test_a_window_is_a_piece_of_one_trajectory_in_its_order(shape):
    data = ready(shape=shape)
    windows = epoch_of(data, 0).flatten(0, 1)
    assert windows.shape[1:] == (5, *shape)
    first = windows.flatten(2)[:, :, 0]
    assert torch.equal(first.diff(dim=1), torch.ones(len(windows), 4))
    assert (first[:, 0] % 100 + 4 < 12).all()  # ends before the trajectory does


def test_an_epoch_visits_every_window_once_apart_from_the_last_incomplete_batch():
    windows = epoch_of(ready(), 0).flatten(0, 1).flatten(1)[:, 0]
    assert len(windows) == 40 == 5 * (12 - 5 + 1)
    assert len(windows.unique()) == 40


def test_training_windows_may_be_long_enough_for_several_calls():
    data = ready(n_calls=3)
    assert epoch_of(data, 0).shape[2] == data.spec.n_training == 3 + 3 * 2
    assert data.spec.n_window == 5
    with pytest.raises(DataError, match=r"the train trajectories have 12 states.* 5 \(data.n_calls\) times"):
        ready(n_calls=5)


def test_the_windows_of_an_epoch_depend_on_the_seed_and_the_epoch_alone():
    one, other = ready(windows_per_epoch=16), ready(windows_per_epoch=16)
    epoch_of(one, 3)
    assert torch.equal(epoch_of(one, 7), epoch_of(other, 7))
    assert epoch_of(one, 7).shape[0] == 4
    assert not torch.equal(epoch_of(one, 7), epoch_of(one, 8))
    other.seed = 1
    assert not torch.equal(epoch_of(one, 7), epoch_of(other, 7))


def test_statistics_are_those_of_the_training_trajectories_per_component_or_pooled():
    class Field(Numbers):
        pooled_axes = (0,)

    train = numbered(5, 12, 4)
    each = ready(shape=(4,)).spec
    np.testing.assert_allclose(each.mean, train.mean(axis=(0, 1)))
    np.testing.assert_allclose(each.deviation, train.std(axis=(0, 1)))
    np.testing.assert_allclose(each.increment_deviation, 1.0)
    field = Field(shape=(4,))
    field.setup()
    np.testing.assert_allclose(field.spec.deviation, [train.std()])
    assert field.spec.deviation.shape == (1,)


def test_a_component_that_never_changes_has_the_deviation_one():
    class Constant(Numbers):
        def load(self):
            return {name: np.ones_like(states) for name, states in super().load().items()}

    data = Constant()
    data.setup()
    np.testing.assert_array_equal(data.spec.deviation, np.ones((2, 3)))


def test_the_spec_and_the_starts_say_what_a_model_needs():
    data = ready(dtype="float64")
    assert (data.spec.n_window, data.spec.state_shape, data.spec.time_step) == (5, (2, 3), 0.5)
    assert data.spec.component_names == ("x1", "x2", "x3")
    assert data.starts("test").shape == (5, 3, 2, 3)
    assert data.starts("test").dtype == epoch_of(data, 0).dtype == torch.float64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_inputs": 0}, "data.n_inputs=0"),
        ({"time_step": -1.0}, "data.time_step=-1.0"),
        ({"windows_per_epoch": 3}, "data.windows_per_epoch=3"),
        ({"dtype": "float16"}, "data.dtype=float16"),
    ],
)
def test_values_out_of_range_are_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Numbers(**options)


def test_a_batch_larger_than_an_epoch_is_refused():
    with pytest.raises(ConfigurationError, match=r"data\.batch_size=41 is larger than the 40"):
        ready(batch_size=41)


def test_data_that_cannot_be_used_are_described():
    with pytest.raises(DataError, match="the validation trajectories have 4 states"):
        ready(lengths=(12, 4, 20))

    class Broken(Numbers):
        def load(self):
            states = super().load()
            states["test"][1, 2, 0, 1] = np.nan
            return states

    with pytest.raises(DataError, match=r"the test trajectories hold nan at \(1, 2, 0, 1\)"):
        Broken().setup()

    class Missing(Numbers):
        def load(self):
            return {"train": super().load()["train"]}

    with pytest.raises(DataError, match="no validation"):
        Missing().setup()
