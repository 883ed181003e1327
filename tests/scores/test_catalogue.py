"""Every number that a run writes has one definition."""

import subprocess
import sys

import pytest

from sciml_bench.scores.catalogue import CATALOGUE, VARIANTS, find_score

WRITTEN = {
    "Koopman learning": "vamp_2_validation vamp_2_test vamp_e_validation vamp_e_test vamp_e_exact vamp_e_deficit "
    "spectral_error timescale_error accuracy_step_1 accuracy_step_15 accuracy_step_minus_15 oracle_accuracy "
    "forecast_error_over_mean_step_1 forecast_error_over_mean_step_15_clean persistence_error_over_mean_step_15 "
    "chapman_kolmogorov_violation",
    "Trajectories and what comes after them": "interpolation_mse interpolation_mse_clean extrapolation_mse "
    "extrapolation_mse_clean forecast_mse forecast_mse_clean forecast_relative_error forecast_relative_error_clean "
    "forecast_error_over_mean forecast_error_over_mean_clean forecast_standardised_error "
    "persistence_standardised_error mean_standardised_error forecast_horizon forecast_length "
    "function_evaluations integration_error interpolation_mse_clean_std function_evaluations_std sum_of_squares "
    "clean_rmse observed_clean_rmse",
    "Forecast tasks of the benchmark": "valid_prediction_time valid_prediction_time_median "
    "valid_prediction_lyapunov_times valid_prediction_lyapunov_times_median valid_to_the_end histogram_distance "
    "state_space_divergence spectrum_hellinger_distance invariant_drift invariant_drift_median "
    "invariant_drift_reference coverage_90 interval_width_90",
    "Discovery of equations": "n_terms exact_support worst_coefficient_error one_step_residual noise_deviation "
    "reconstruction_relative_error_clean explained_variance support_f1 coefficient_error reconstructed_fraction "
    "generalised_fraction median_terms failed_fraction",
    "Sequences": "rollout_relative_squared_error rollout_relative_squared_error_median "
    "rollout_relative_squared_error_step_2000 persistence_relative_squared_error "
    "persistence_relative_squared_error_step_100 linear_relative_squared_error "
    "linear_relative_squared_error_step_500 window_relative_squared_error horizon_0.001 horizon_1e-05 "
    "energy_drift energy_drift_median energy_drift_reference angular_momentum_drift "
    "angular_momentum_drift_median angular_momentum_drift_reference position_error_earth "
    "position_error_earth_end angle_error_moon angle_error_moon_end angle_error_moon_from_earth "
    "angle_error_moon_from_earth_end",
    "Parameters of many trajectories": "growth_rate_median_error_train growth_rate_quantile_90_error_test "
    "capacity_median_error_test capacity_quantile_90_error_train capacity_unknown_fraction_train "
    "state_rmse_clean_test",
    "Neural spectral methods": "relative_l2_64 mean_relative_l2_64 persistence_relative_l2_64 "
    "residual_l2 error_ratio_twice_viscosity error_ratio_twice_roughness error_ratio_twice_resolution "
    "seconds_per_iteration flops_per_iteration solver_seconds_per_solution breakeven_number "
    "seconds_per_solution_256",
    "Common Task Framework": "common_task_e1 common_task_e12 common_task_average",
    "Everything that is trained by epochs": "best_epoch best_epoch_std",
}
"""Names in metrics.json of runs of every kind; a fixture of all tests checks those that the tests' own runs write."""


@pytest.mark.parametrize("group", WRITTEN)
def test_every_metric_that_runs_write_is_defined_in_its_group(group):
    for name in WRITTEN[group].split():
        score = find_score(name)
        assert score.group == group, name
        assert score.meaning, name
        assert score.window, name


def test_every_definition_is_one_that_a_run_writes():
    used = {find_score(name).name for names in WRITTEN.values() for name in names.split()}
    unused = [score.name for score in CATALOGUE if not used & set(score.shown_names)]
    assert not unused


def test_no_name_has_two_definitions():
    for names in WRITTEN.values():
        for name in names.split():
            found = [score for score in CATALOGUE if score.pattern.fullmatch(name)]
            exact = [score for score in found if not score.is_pattern]
            assert len(exact or found) == 1, name


def test_a_definition_says_which_way_is_better_unless_neither_is():
    assert find_score("accuracy_step_3").better == find_score("horizon_0.01").better == "higher"
    assert find_score("position_error_mars_end").better == find_score("relative_l2_64").better == "lower"
    for neither in ("n_terms", "persistence_relative_squared_error", "energy_drift_reference", "forecast_mse_std"):
        assert find_score(neither).better is None


def test_endings_change_what_a_name_means():
    assert find_score("forecast_mse_clean").meaning.endswith(VARIANTS["clean"])
    assert find_score("forecast_mse_clean").unit == "state²"
    assert "seeds" in find_score("forecast_mse_clean_std").meaning
    assert "Earth" in find_score("angle_error_moon_from_earth_end").meaning
    assert "Sun" in find_score("angle_error_moon_end").meaning


@pytest.mark.parametrize(
    "name", ["accuracy_step_", "accuracy_step_x", "spectral_error_clean", "vamp_2", "a_seconds", "horizon_", "mse"]
)
def test_a_name_that_no_run_writes_has_no_definition(name):
    assert find_score(name) is None


def test_every_exported_score_is_there_and_the_catalogue_needs_no_torch():
    program = (
        "import sys, sciml_bench.scores as scores; scores.find_score('n_terms'); assert 'torch' not in sys.modules\n"
        "assert all(callable(getattr(scores, name)) for name in scores.__all__ if name != 'CATALOGUE')\n"
        "assert not hasattr(scores, 'nonsense')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
