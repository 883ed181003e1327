import numpy as np
import pytest

from sciml_bench.data.sources import LogisticPopulations
from sciml_bench.drawing import pictures_of
from sciml_bench.mechnn import ParameterEvaluation
from sciml_bench.mechnn.parameters.parameter_recovery import GrowthEstimator, RecoveredParameters, populations


class KnowsAlmost(GrowthEstimator):
    """Growth rates that are wrong by up to 10 per cent, capacities by 2, and states by 0.5."""

    def explained(self, trajectories):
        true = trajectories.parameters
        wrong = 1 + np.linspace(-0.1, 0.1, trajectories.n_trajectories)
        clean = np.stack(trajectories.clean)[..., 0]
        return RecoveredParameters(
            true["growth_rate"] * wrong, true["capacity"] * 1.02, clean + 0.5, populations(trajectories)
        )


@pytest.fixture
def record():
    record = LogisticPopulations({"train": 64, "validation": 2, "test": 100})
    record.setup()
    return record


def test_errors_are_relative_to_the_true_parameters(record):
    metrics = ParameterEvaluation()(KnowsAlmost(), record).metrics
    assert metrics["growth_rate_median_error_test"] == pytest.approx(0.05, abs=1e-3)
    assert metrics["growth_rate_quantile_90_error_test"] == pytest.approx(0.09, abs=2e-3)
    assert metrics["capacity_median_error_train"] == pytest.approx(0.02)
    assert metrics["capacity_quantile_90_error_test"] == pytest.approx(0.02)
    assert metrics["state_rmse_clean_train"] == pytest.approx(0.5)
    assert not [name for name in metrics if "unknown" in name]


def test_the_picture_shows_a_hundred_trajectories_that_were_not_learned_from(record):
    results, test = ParameterEvaluation()(KnowsAlmost(), record), record.splits["test"]
    figures = pictures_of(results.stored_arrays)
    rates, capacities = figures["parameters"].axes
    x, y = rates.lines[1].get_data()
    np.testing.assert_array_equal(x, test.parameters["growth_rate"])
    np.testing.assert_array_equal(y, KnowsAlmost().explained(test).growth_rates)
    assert capacities.get_title() == "median error 2.00%"
    assert len(figures["explained_trajectories"].axes) == 2
    assert results.arrays["smoothed"].shape == (100, 60)
