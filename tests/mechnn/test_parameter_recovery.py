import numpy as np
import pytest

from sciml_bench.data import LogisticTrajectories
from sciml_bench.mechnn.parameters.parameter_recovery import ParameterRecovery, RecoveredParameters


@pytest.fixture
def recovery():
    data = LogisticTrajectories(n_trajectories=64, n_validation=1, n_unseen=100)
    data.setup()
    truth = {split: data.populations(split) for split in ("training", "unseen")}
    recovered = {}
    for split, part in truth.items():
        wrong = 1 + np.linspace(-0.1, 0.1, len(part.capacities))
        rates, capacities = part.growth_rates * wrong, part.capacities * 1.02
        recovered[split] = RecoveredParameters(rates, capacities, part.clean + 0.5, part.observed)
    return ParameterRecovery(truth, recovered)


def test_errors_are_relative_to_the_true_parameters(recovery):
    metrics = recovery.metrics
    assert metrics["growth_rate_median_error_unseen"] == pytest.approx(0.05, abs=1e-3)
    assert metrics["growth_rate_quantile_90_error_unseen"] == pytest.approx(0.09, abs=2e-3)
    assert metrics["capacity_median_error_training"] == pytest.approx(0.02)
    assert metrics["capacity_quantile_90_error_unseen"] == pytest.approx(0.02)
    assert metrics["state_rmse_clean_training"] == pytest.approx(0.5)
    assert not [name for name in metrics if "unknown" in name]


def test_the_figure_shows_a_hundred_trajectories_that_were_not_learned_from(recovery):
    figures = recovery.figures
    rates, capacities = figures["parameters"].axes
    x, y = rates.lines[1].get_data()
    np.testing.assert_array_equal(x, recovery.truth["unseen"].growth_rates)
    np.testing.assert_array_equal(y, recovery.recovered["unseen"].growth_rates)
    assert capacities.get_title() == "median error 2.00%"
    assert len(figures["explained_trajectories"].axes) == 2
    assert recovery.arrays["smoothed"].shape == (100, 60)
