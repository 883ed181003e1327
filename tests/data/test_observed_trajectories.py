import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.observations import Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories


class Counting(ObservedTrajectories):
    """One trajectory of two components."""

    def __init__(self, n_rows=5, **options):
        super().__init__(**options)
        self.n_rows, self.n_loads = n_rows, 0

    def load(self):
        self.n_loads += 1
        return Observations.padded([np.arange(self.n_rows)], [np.ones((self.n_rows, 2))], [self.n_rows])


class OneStepPerEpoch(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.logged = []

    def training_step(self, batch, batch_idx):
        loss = (self.weight - 3.0).square().sum()
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_train_epoch_end(self):
        self.logged.append(float(self.trainer.callback_metrics["loss"]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.25)


def test_setup_loads_once():
    data = Counting()
    data.setup()
    data.setup("fit")
    assert data.n_loads == 1
    assert data.system is None
    assert data.spec.component_names == ("x1", "x2")


def test_before_setup_the_data_say_what_to_do():
    for attribute in ("observations", "spec"):
        with pytest.raises(RuntimeError, match="setup"):
            getattr(Counting(), attribute)


def test_data_that_cannot_be_used_stop_in_setup():
    with pytest.raises(DataError, match="at least 2"):
        Counting(n_rows=1).setup()


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], "ab"])
def test_every_component_needs_one_name(names):
    with pytest.raises(ConfigurationError, match=r"data\.component_names="):
        Counting(component_names=names).setup()


def test_lightning_takes_one_step_per_epoch_and_logs_it_in_full(tmp_path):
    data, method = Counting(), OneStepPerEpoch()
    assert data.val_dataloader() == []
    trainer = Trainer(
        max_epochs=3,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(method, datamodule=data)
    assert trainer.global_step == 3
    assert method.logged == pytest.approx([9.0, 9 / 4, 9 / 16])
