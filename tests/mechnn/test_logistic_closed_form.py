import numpy as np
import pytest
import torch
from scipy.optimize import curve_fit

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.sources import LogisticPopulations
from sciml_bench.mechnn import LogisticClosedForm, ParameterEvaluation
from sciml_bench.mechnn.parameters.logistic_closed_form import fitted_growth
from sciml_bench.mechnn.parameters.parameter_recovery import populations


def ready(n_train=400, n_test=300, **options):
    record = LogisticPopulations({"train": n_train, "validation": 2, "test": n_test}, **options)
    record.setup()
    return record


def evaluated(record, **options):
    method = LogisticClosedForm(torch.nn.Identity(), WholeTrajectoriesView(record), **options)
    method.fit()
    return ParameterEvaluation()(method.learned(), record).metrics


def test_without_noise_the_parameters_are_exact_up_to_the_order_of_the_block():
    errors = [evaluated(ready(noise_std=0), taylor_order=order)["growth_rate_median_error_test"] for order in (1, 4)]
    assert errors[0] < 2e-3
    assert errors[1] < 1e-5


def test_with_the_noise_of_the_paper_the_median_error_is_below_a_thousandth():
    metrics = evaluated(ready())
    for split in ("train", "test"):
        assert metrics[f"growth_rate_median_error_{split}"] < 1e-3
        assert metrics[f"capacity_median_error_{split}"] < 3e-4
        assert metrics[f"growth_rate_quantile_90_error_{split}"] < 3e-3


def test_it_comes_close_to_the_nonlinear_fit_of_the_true_solution():
    part = ready(n_test=12).splits["test"]
    times, observed = part.times_of(0), populations(part)
    found = fitted_growth(torch.from_numpy(observed), times[1])

    def curve(t, r, k, y):
        return k / (1 + (k / y - 1) * np.exp(-r * t))

    for row in range(12):
        best, covariance = curve_fit(curve, times, observed[row], [3, 3, 0.05], bounds=(1e-6, 20))
        deviation = np.sqrt(np.diag(covariance))
        assert abs(found.growth_rates[row] - best[0]) < 12 * deviation[0]
        assert abs(found.capacities[row] - best[1]) < 12 * deviation[1]


def test_a_trajectory_that_never_feels_its_capacity_counts_as_unknown():
    record = ready()
    part = record.splits["test"]
    times = part.times_of(0)
    for states in part.states[:3]:
        states[:, 0] = 1e-3 * np.exp(times) * (1 + 1e-3 * times**2)
    metrics = evaluated(record)
    assert metrics["capacity_unknown_fraction_test"] == pytest.approx(0.01)
    assert metrics["capacity_median_error_test"] < 1e-3
    assert "capacity_unknown_fraction_train" not in metrics


def test_exponential_growth_alone_has_no_capacity():
    times = torch.linspace(0, 3, 60, dtype=torch.float64)
    with pytest.raises(DataError, match="capacities are unknown"):
        fitted_growth((torch.exp(times) * (1 + 1e-3 * times**2))[None], 3 / 59)


def test_an_order_below_the_equations_is_refused():
    view = WholeTrajectoriesView(ready(n_train=64))
    with pytest.raises(ConfigurationError, match=r"training\.taylor_order=0"):
        LogisticClosedForm(torch.nn.Identity(), view, taylor_order=0)
