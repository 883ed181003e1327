"""Gradients under 16-bit mixed precision: they are scaled for the backward pass, and measured as they are."""

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from toy_method import ToyMethod, ToyRecord, ToyView

from sciml_bench.core.schedules import ConstantRate
from sciml_bench.training.loop.gradient_training import GradientTraining

STEPS, RATE = 4, 0.01


class Ascent(ToyMethod):
    """A loss with the slope 8 in every step, in the optimiser that is asked for."""

    fused = False

    def optimizer(self):
        return torch.optim.SGD(self.parameters(), lr=self.learning_rate, fused=self.fused)

    def loss(self, batch):
        return -8 * self.model.weight.sum()


def weight_after(clip, fused=False, scaler="cpu"):
    """The weight after some steps on the processor, whose gradients are scaled by 1024 on the way."""
    record = ToyRecord()
    record.setup()
    torch.manual_seed(0)
    method = Ascent(torch.nn.Linear(1, 1), ToyView(record), learning_rate=RATE)
    torch.nn.init.zeros_(method.model.weight)
    method.fused = fused
    plugins = [MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=1024.0))] if scaler else []
    trainer = pl.Trainer(
        accelerator="cpu",
        plugins=plugins,
        max_steps=STEPS,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        limit_val_batches=0,
    )
    trainer.fit(GradientTraining(method, ConstantRate(), 0, clip))
    assert trainer.global_step == STEPS
    return method.model.weight.item()


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("clip", "slope"), [(None, 8), (100, 8), (0.5, 0.5)])
def test_a_gradient_is_measured_without_its_scale_and_shortened_to_the_norm(clip, slope, fused):
    assert weight_after(clip, fused) == pytest.approx(STEPS * RATE * slope, rel=1e-3)
    assert weight_after(clip, scaler=None) == pytest.approx(STEPS * RATE * slope, rel=1e-3)
