"""The steps of a fit: how far gradients are shortened, and at which learning rates the weights move."""

import numpy as np
import pytest
import torch

from sciml_bench.training import composed, run

QUICK = [
    "logger=none",
    "data.end_time=2.0",
    "data.split={train:11,test:10}",
    "model.nodes_per_layer=4",
    "training=vanilla",
    "training.n_epochs=4",
]


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """Weights after a few epochs, with the learning rate and the norm of the gradient of every step."""
    steps = []
    original = torch.optim.AdamW.step

    def step(self, *arguments, **options):
        weights = [weight for group in self.param_groups for weight in group["params"] if weight.grad is not None]
        norm = np.sqrt(sum(float(weight.grad.square().sum()) for weight in weights))
        steps.append((self.param_groups[0]["lr"], norm))
        return original(self, *arguments, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)

    def of(name, *overrides):
        steps.clear()
        run(composed("node_homotopy", [*QUICK, *overrides], folder=tmp_path / name))
        saved = torch.load(tmp_path / name / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        return saved, np.array(steps)

    return of


def test_gradients_are_shortened_to_the_norm_and_never_lengthened(fitted):
    free, steps = fitted("free", "trainer.gradient_clip_val=null")
    unreached, same_steps = fitted("unreached", f"trainer.gradient_clip_val={100 * steps[:, 1].max()}")
    np.testing.assert_array_equal(same_steps, steps)
    assert all(torch.equal(free[name], unreached[name]) for name in free)
    limit = steps[0, 1] / 2
    _, clipped = fitted("clipped", f"trainer.gradient_clip_val={limit}")
    np.testing.assert_allclose(clipped[0], [steps[0, 0], limit], rtol=1e-4)
    assert clipped[:, 1].max() <= limit * (1 + 1e-4)


def test_the_learning_rate_falls_along_a_cosine_from_its_value_towards_zero(fitted):
    _, steps = fitted("cosine", "training.learning_rate=0.02", "schedule=cosine")
    np.testing.assert_allclose(steps[:, 0], 0.01 * (1 + np.cos(np.pi * np.arange(4) / 4)), rtol=1e-12)


def test_a_constant_learning_rate_is_the_same_in_every_step(fitted):
    _, steps = fitted("constant", "training.learning_rate=0.02", "schedule=constant")
    np.testing.assert_array_equal(steps[:, 0], 0.02)
