import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import LogisticPopulations, TrajectoryFiles
from sciml_bench.mechnn import LogisticNetwork
from sciml_bench.mechnn.parameters.parameter_recovery import populations


@pytest.fixture(scope="module")
def record():
    record = LogisticPopulations({"train": 64, "validation": 4, "test": 4}, noise_std=0)
    record.setup()
    return record


def observed(record):
    return torch.from_numpy(populations(record.splits["train"])).float()


@pytest.mark.parametrize("steps", ["observed", "learned"])
def test_the_right_parameters_explain_a_trajectory(record, steps):
    part = record.splits["train"]
    for row in range(3):
        rate, capacity = float(part.parameters["growth_rate"][row]), float(part.parameters["capacity"][row])
        options = {"steps": steps, "expected_growth_rate": rate, "expected_capacity": capacity}
        estimate = LogisticNetwork(record.spec, **options)(observed(record)[row : row + 1])
        assert estimate.growth_rates.item() == pytest.approx(rate, rel=1e-6)
        assert estimate.capacities.item() == pytest.approx(capacity, rel=1e-6)
        assert estimate.step_sizes.item() == pytest.approx(3 / 59, rel=1e-6)
        np.testing.assert_allclose(estimate.states[0].detach(), part.clean[row][:, 0], atol=2e-4)
        wrong = LogisticNetwork(record.spec, **(options | {"expected_growth_rate": 1.1 * rate}))
        assert (wrong(observed(record)[row : row + 1]).states[0] - observed(record)[row]).abs().max() > 0.05


def test_a_taylor_order_above_the_equations_own_is_more_accurate(record):
    part = record.splits["train"]
    options = {
        "expected_growth_rate": float(part.parameters["growth_rate"][0]),
        "expected_capacity": float(part.parameters["capacity"][0]),
    }
    errors = [
        np.abs(
            LogisticNetwork(record.spec, taylor_order=order, **options)(observed(record)[:1]).states[0].detach().numpy()
            - part.clean[0][:, 0]
        ).max()
        for order in (1, 4)
    ]
    assert errors[1] < 0.1 * errors[0]


def test_every_weight_learns_once_the_last_layers_are_not_zero(record):
    torch.manual_seed(0)
    model = LogisticNetwork(record.spec, steps="learned", channels=4, hidden=8)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    estimate = model(observed(record))
    assert estimate.step_sizes.shape == estimate.growth_rates.shape == (64,)
    (estimate.states - observed(record)).abs().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


@pytest.mark.parametrize(
    "options",
    [{"steps": "guessed"}, {"channels": 1}, {"kernel_size": 4}, {"taylor_order": 0}, {"expected_capacity": 0}],
)
def test_bad_choices_are_named(record, options):
    with pytest.raises(ConfigurationError, match=rf"model\.{next(iter(options))}"):
        LogisticNetwork(record.spec, **options)


def test_two_components_are_refused():
    two = TrajectoryFiles.from_arrays(np.arange(10.0), np.random.default_rng(0).normal(size=(10, 2)))
    two.setup()
    with pytest.raises(ConfigurationError, match="the data have 2"):
        LogisticNetwork(two.spec)
