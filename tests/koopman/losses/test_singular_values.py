import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman.losses import LearnedSingularValues


@pytest.mark.parametrize("activation", ["sigmoid", "exp", "softplus", "identity"])
def test_singular_values_start_positive_and_sorted(activation):
    torch.manual_seed(0)
    values = LearnedSingularValues(6, activation)()
    assert torch.all(values > 0)
    assert torch.all(values.diff() <= 0)


def test_the_constant_has_singular_value_one_and_no_parameter():
    module = LearnedSingularValues(6, "sigmoid", constant_first=True)
    assert module()[0].item() == 1
    assert module.parameter.shape == (5,)


def test_an_unknown_activation_is_an_error():
    with pytest.raises(ConfigurationError, match="sigmoid, exp, softplus, identity"):
        LearnedSingularValues(6, "relu")
