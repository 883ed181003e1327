import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import DynamicalAutoEncoderLoss


def test_each_weight_scales_its_own_mean_squared_error():
    state_now, state_next = torch.zeros(2, 3, 3), torch.ones(2, 3, 3)
    latent_next, predicted_latent = torch.zeros(2, 4), torch.full((2, 4), 2.0)
    given = (state_now, state_next, state_now + 3, latent_next, predicted_latent, state_next + 1)
    assert DynamicalAutoEncoderLoss()(*given).item() == 9 + 4 + 1
    assert DynamicalAutoEncoderLoss(reconstruction_weight=2, linearity_weight=0.5)(*given).item() == 18 + 2 + 1
    assert DynamicalAutoEncoderLoss(0, 0, 10)(*given).item() == 10


def test_a_perfect_linear_latent_space_costs_nothing():
    state, latent = torch.randn(5, 2), torch.randn(5, 3)
    assert DynamicalAutoEncoderLoss()(state, state, state, latent, latent, state).item() == 0


def test_a_negative_weight_is_an_error():
    with pytest.raises(ConfigurationError, match="linearity_weight=-1"):
        DynamicalAutoEncoderLoss(linearity_weight=-1)
