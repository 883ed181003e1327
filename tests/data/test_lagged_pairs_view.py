import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.record import Record
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.data.views.pair_loader import GroupedBatches


class Counting(Record):
    """State t of the only trajectory is the number t."""

    def load(self):
        return Trajectories((np.arange(100.0)[:, None],), time_step=0.5, time_unit="ns")


def view_of(split=None, **options):
    return LaggedPairsView(Counting(split=split), **{"batch_size": 8, **options})


def moments(loader):
    return torch.cat([now[:, 0] for now, _ in loader]).long().tolist()


def test_the_view_knows_the_pairs_of_every_part_and_the_lag_in_time():
    view = view_of(lag=2)
    assert (view.spec.lag, view.spec.lag_time, view.spec.lengths, view.spec.standardization) == (2, 1.0, (60,), None)
    assert len(view.pairs("train")) == 58
    assert len(view.pairs("test")) == 18
    assert view.pairs("train") is view.pairs("train")
    now, later = next(iter(view.train_loader()))
    assert (later - now == 2).all()


def test_training_batches_are_full_and_held_out_ones_complete():
    view = view_of()
    assert {len(now) for now, _ in view.train_loader()} == {8}
    assert moments(view.validation_loader()) == list(range(60, 79))
    assert moments(view.held_out_loader("test")) == list(range(80, 99))


def test_the_order_is_that_of_the_seed_and_may_be_the_pairs_own():
    order = moments(view_of().train_loader(seed=5))
    assert order == EpochSampler(59, seed=5).indices().tolist()[: len(order)]
    assert moments(view_of(shuffle=False).train_loader(seed=5)) == list(range(56))


def test_batches_may_come_in_groups():
    groups = view_of().train_loader(seed=5, batches_per_call=3)
    assert isinstance(groups, GroupedBatches)
    assert [len(group) for group in groups] == [3, 3, 1]
    assert moments(batch for group in groups for batch in group) == moments(view_of().train_loader(seed=5))


def test_standardisation_uses_the_training_part_only():
    view = view_of(standardize=True)
    scale, train = view.spec.standardization, np.arange(60.0)
    np.testing.assert_allclose(scale.mean, train.mean())
    np.testing.assert_allclose(view.splits["train"].states[0][:, 0], (train - train.mean()) / train.std(), atol=1e-12)
    assert view.splits["test"].states[0].min() > 1.5
    restored = scale.inverse(view.splits["test"].states[0])
    np.testing.assert_allclose(restored[:, 0], np.arange(80.0, 100.0))
    np.testing.assert_allclose(view.spec.mean, train.mean())  # the record's own units


def test_a_part_left_out_has_no_loader_and_says_how_to_get_it():
    view = view_of({"train": 0.8, "test": 0.2})
    assert view.validation_loader() is None
    with pytest.raises(ConfigurationError, match=r"data\.split\.validation above 0"):
        view.pairs("validation")
    with pytest.raises(ConfigurationError, match="'tests'"):
        view.pairs("tests")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lag": 0}, "training.view.lag=0"),
        ({"lag": -1}, "training.view.lag=-1: the lag must be at least 1 step"),
        ({"lag": 1.5}, "training.view.lag=1.5"),
        ({"batch_size": 0}, "training.view.batch_size=0"),
    ],
)
def test_wrong_options_stop_before_training(options, message):
    with pytest.raises(ConfigurationError, match=message):
        view_of(**options)


def test_only_who_learns_batch_by_batch_needs_a_full_one():
    view = view_of(batch_size=60)
    assert len(view.pairs("train")) == 59
    with pytest.raises(ConfigurationError, match=r"training.view.batch_size=60 is larger than the 59 training pairs"):
        view.train_loader()


def test_what_pairs_cannot_be_formed_of_names_the_part():
    with pytest.raises(
        DataError, match=r"the validation split: trajectory 0 has 20 states, but training\.view\.lag=20"
    ):
        view_of(lag=20)
    uneven = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.0, 30))
    with pytest.raises(DataError, match="the train split: lagged pairs need states at regular times"):
        LaggedPairsView(TrajectoryFiles.from_arrays(uneven, np.sin(uneven)[:, None]))


def short_record(n_trajectories=4, **options):
    return TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(n_trajectories, 40, 2)), **options)


WHOLE = r"or hold out whole trajectories with data\.split_by=trajectory"


@pytest.mark.parametrize(("rows", "part"), [((24, 8, 8), "train"), ((24, 8, 8), "validation"), ((20, 12, 8), "test")])
def test_many_short_trajectories_are_told_to_be_held_out_whole(rows, part):
    split = {"train": rows[0], "validation": rows[1], "test": rows[2]}
    lag = split[part]
    with pytest.raises(DataError, match=rf"the {part} split: .* or change data\.split, {WHOLE}\."):
        LaggedPairsView(short_record(split=split), lag=lag)
    with pytest.raises(DataError, match=rf"the {part} split: .* or change data\.split, {WHOLE}\."):
        LaggedPairsView(short_record(split=split), lags=[lag, lag + 1])
    LaggedPairsView(short_record(split_by="trajectory"), lag=lag, batch_size=8)


@pytest.mark.parametrize("options", [{"n_trajectories": 2}, {"split_by": "trajectory"}])
def test_few_or_whole_trajectories_are_not(options):
    with pytest.raises(DataError, match=r"or change data\.split\.$"):
        LaggedPairsView(short_record(**options), lag=39 if "n_trajectories" in options else 40)


def test_trajectories_that_are_too_short_as_a_whole_are_not_either():
    with pytest.raises(DataError, match=r"or change data\.split\.$"):
        LaggedPairsView(short_record(), lag=40)


def test_a_gap_in_the_clock_parts_the_pairs_and_times_without_a_step_stop():
    times = np.arange(100.0)
    times[50:] += 7
    split = {"train": 0.8, "test": 0.2}
    view = LaggedPairsView(TrajectoryFiles.from_arrays(times, np.sin(times)[:, None], split=split), batch_size=8)
    assert (len(view.pairs("train")), len(view.pairs("test"))) == (49 + 29, 19)
    times = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 100))
    with pytest.raises(DataError, match="regular times"):
        LaggedPairsView(TrajectoryFiles.from_arrays(times, np.sin(times)[:, None], split=split), lag=3)


class Recorder(LightningModule):
    """Learns nothing and notes the batches it is shown."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, tuple(batch[0][:, 0].long().tolist())))
        return self.weight**2

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(folder, max_epochs, resume=None):
    recorder = Recorder()
    trainer = Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        default_root_dir=folder,
    )
    trainer.fit(recorder, view_of().train_loader(seed=3), ckpt_path=resume, weights_only=True)
    trainer.save_checkpoint(folder / f"epochs-{max_epochs}.ckpt")
    return recorder.seen


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_lightning_shows_each_epoch_in_its_own_order_also_after_a_resume(tmp_path):
    whole = fit(tmp_path, 3)
    for epoch in range(3):
        sampler = EpochSampler(59, seed=3)
        sampler.set_epoch(epoch)
        shown = [pair for number, batch in whole if number == epoch for pair in batch]
        assert shown == sampler.indices().tolist()[:56]
    fit(tmp_path, 1)
    assert fit(tmp_path, 3, resume=tmp_path / "epochs-1.ckpt") == [entry for entry in whole if entry[0] >= 1]
