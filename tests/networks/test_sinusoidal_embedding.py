import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import SinusoidalEmbedding


def test_the_embedding_is_exactly_periodic() -> None:
    embedding = SinusoidalEmbedding(period=2.5)
    x = torch.linspace(-1, 1, 50, dtype=torch.float64)[:, None]
    torch.testing.assert_close(embedding(x + 2.5), embedding(x), atol=1e-13, rtol=0)
    assert (embedding(x + 1.25) - embedding(x)).abs().amax(dim=1).min() > 1


def test_every_component_goes_once_round_the_circle() -> None:
    x = torch.tensor([[0.0, 0.25]])
    torch.testing.assert_close(SinusoidalEmbedding()(x), torch.tensor([[0.0, 1.0, 1.0, 0.0]]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("period", [0, -1.0, float("nan")])
def test_a_period_that_is_not_positive_is_refused(period: float | int) -> None:
    with pytest.raises(ConfigurationError, match="period must be positive"):
        SinusoidalEmbedding(period)
