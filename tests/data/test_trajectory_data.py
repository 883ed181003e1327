import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from omegaconf import OmegaConf
from sciml_bench.data.module import TrajectoryData

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.trajectories import Trajectories


class Counting(TrajectoryData):
    """State t of the only trajectory is the number t."""

    def __init__(self, n_states=100, **options):
        super().__init__(**options)
        self.n_states, self.n_loads = n_states, 0

    def load(self):
        self.n_loads += 1
        return Trajectories((np.arange(float(self.n_states))[:, None],), time_step=0.5, time_unit="ns")


def ready(**options):
    data = Counting(**{"batch_size": 8, **options})
    data.setup()
    return data


def test_after_setup_the_data_know_their_spec_and_splits():
    data = ready(lag=2)
    assert list(data.splits) == ["train", "validation", "test"]
    assert data.spec.lengths == (60,)
    assert data.spec.lag_time == 1.0
    assert data.spec.dtype == torch.float32
    assert len(data.pairs("train")) == 58
    assert len(data.pairs("test", lag=5)) == 15
    assert data.system is None


def test_setup_loads_once():
    data = ready()
    data.setup("fit")
    data.setup("test")
    assert data.n_loads == 1


def test_before_setup_the_splits_say_what_to_do():
    with pytest.raises(RuntimeError, match="setup"):
        _ = Counting().splits


def test_training_batches_are_full_and_held_out_ones_complete():
    data = ready()
    assert {len(now) for now, _ in data.train_dataloader()} == {8}
    for loader, first in ((data.val_dataloader(), 60), (data.test_dataloader(), 80)):
        moments = torch.cat([now[:, 0] for now, _ in loader])
        assert moments.tolist() == list(range(first, first + 19))


def test_the_shuffling_seed_may_be_set_after_construction():
    data = ready()
    data.seed = 5
    order = torch.cat([now[:, 0] for now, _ in data.train_dataloader()]).long().tolist()
    assert order == EpochSampler(59, seed=5).indices().tolist()[: len(order)]


def test_standardisation_uses_the_training_split_only():
    data = ready(standardize=True)
    assert data.standardization is not None
    train = np.arange(60.0)
    np.testing.assert_allclose(data.standardization.mean, train.mean())
    np.testing.assert_allclose(data.splits["train"].states[0][:, 0], (train - train.mean()) / train.std(), atol=1e-12)
    assert data.splits["test"].states[0].min() > 1.5
    restored = data.standardization.inverse(data.splits["test"].states[0])
    np.testing.assert_allclose(restored[:, 0], np.arange(80.0, 100.0))


def test_containers_of_a_configuration_are_accepted():
    split = OmegaConf.create({"train": 0.5, "validation": 0.25, "test": 0.25})
    assert ready(split=split).splits["train"].lengths == (50,)


def test_a_split_left_out_has_no_loader_and_says_how_to_get_it():
    data = ready(split={"train": 0.8, "validation": 0.2})
    assert data.test_dataloader() == []
    with pytest.raises(ConfigurationError, match=r"data.split.test above 0"):
        data.pairs("test")
    with pytest.raises(ConfigurationError, match="'tests'"):
        data.pairs("tests")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lag": 0}, "data.lag=0"),
        ({"lag": -1}, "data.lag=-1: the lag must be at least 1 step"),
        ({"lag": 1.5}, "data.lag=1.5"),
        ({"batch_size": 0}, "data.batch_size=0"),
        ({"batch_size": 60}, "training.view.batch_size=60 is larger than the 59 training pairs"),
        ({"split_by": "random"}, "data.split_by=random"),
        ({"split": {"train": 1.5}}, "data.split"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_wrong_options_stop_before_training(options, message):
    with pytest.raises(ConfigurationError, match=message):
        ready(**options)


def test_a_lag_longer_than_a_split_names_the_split():
    with pytest.raises(
        DataError, match=r"the validation split: trajectory 0 has 20 states, but training\.view\.lag=20"
    ):
        ready(lag=20)


def test_a_constant_training_split_is_refused():
    class Late(TrajectoryData):
        def load(self):
            states = np.zeros((100, 1))
            states[90:] = 1.0
            return Trajectories((states,))

    with pytest.raises(DataError, match=r"train split.*constant"):
        Late(batch_size=8).setup()


class Recorder(LightningModule):
    """Learns nothing and notes the batches it is shown."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, tuple(batch[0][:, 0].long().tolist())))
        return self.weight**2

    def validation_step(self, batch, _):
        self.log("validation", batch[0].mean())

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
    trainer.fit(recorder, datamodule=ready(seed=3), ckpt_path=resume, weights_only=True)
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
