"""The discovery network's gradients are shortened to the norm that is asked for, like those of every other method."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.training import composed, run

QUICK = [
    "model=discovery_network",
    "training=network",
    "model.hidden_width=8",
    "training.n_cycles=1",
    "training.epochs_per_cycle=1",
    "data=lorenz63",
    "data.n_steps=300",
    "logger=none",
]


@pytest.fixture
def norms(tmp_path, monkeypatch):
    """Norms of the gradients with which the weights of a run are moved."""
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    seen = []
    original = torch.optim.Adam.step

    def step(self, *arguments, **options):
        gradients = [
            weight.grad for group in self.param_groups for weight in group["params"] if weight.grad is not None
        ]
        if gradients:
            seen.append(float(torch.nn.utils.get_total_norm(gradients)))
        return original(self, *arguments, **options)

    monkeypatch.setattr(torch.optim.Adam, "step", step)

    def of(norm):
        seen.clear()
        run(composed("mechnn", [*QUICK, f"trainer.gradient_clip_val={norm}"], tmp_path / str(norm)))
        return np.array(seen)

    return of


def test_gradients_of_the_discovery_network_are_shortened(norms):
    free = norms("null")
    limit = float(free.min()) / 2
    shortened = norms(limit)
    assert len(shortened) == len(free) > 0
    np.testing.assert_allclose(shortened, limit, rtol=1e-4)


def test_a_norm_of_zero_is_refused_where_null_is_meant(norms):
    with pytest.raises(ConfigurationError, match=r"trainer\.gradient_clip_val=0.*null to leave gradients"):
        norms(0)
