import numpy as np
import pytest
from node_cases import Square, field_of, observed, record_of, reference, right_hand_side, rows

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.drawing import pictures_of
from sciml_bench.node import AdaptiveSolver, CompiledSolver, Evaluation, FixedStepSolver, LearnedField

SOLVER = CompiledSolver(max_step=0.02)


def learned_field(record, field=None, solver=SOLVER, **options):
    return LearnedField(field_of("blackbox") if field is None else field, solver, record.spec, **options)


def mean_square(parts):
    return np.mean(np.concatenate([np.ravel(part) for part in parts]) ** 2)


def exploding(solver):
    """dx/dt = x², watched to time 1.5 and beyond the moment, 2, when it is infinite."""
    times = np.linspace(0, 3, 31)
    states = np.concatenate([1 / (2 - times[:16, None]), np.ones((15, 1))])
    record = record_of([times], [states], 16)
    return Evaluation()(learned_field(record, Square(), solver), record)


def test_errors_are_means_over_the_train_and_the_test_part():
    record, field = observed((15, 15), 11), field_of("blackbox")
    metrics = Evaluation()(learned_field(record, field), record).metrics
    equations = right_hand_side("blackbox", field)
    errors = {"train": [], "test": []}
    for (t, y), (later_t, later_y) in zip(rows(record), rows(record, "test"), strict=True):
        path = reference(equations, y[0], np.concatenate([t, later_t]))
        errors["train"].append(path[:11] - y)
        errors["test"].append(path[11:] - later_y)
    assert metrics["interpolation_mse"] == pytest.approx(mean_square(errors["train"]), rel=1e-6)
    assert metrics["extrapolation_mse"] == pytest.approx(mean_square(errors["test"]), rel=1e-6)
    assert 0 < metrics["integration_error"] < 1e-6


def test_errors_against_the_truth_are_those_of_the_same_prediction():
    record, rng = observed((15, 15), 11), np.random.default_rng(5)
    truths = {}
    for name, part in record.splits.items():
        truths[name] = tuple(states + 0.1 * rng.standard_normal(states.shape) for states in part.states)
        record.splits[name] = part.unchecked(clean=truths[name])
    results = Evaluation()(learned_field(record), record)
    prediction = results.arrays["prediction"]
    inside = mean_square(prediction[:, :11] - truths["train"])
    assert results.metrics["interpolation_mse_clean"] == pytest.approx(inside, rel=1e-12)
    ahead = mean_square(prediction[:, 11:] - truths["test"])
    assert results.metrics["extrapolation_mse_clean"] == pytest.approx(ahead, rel=1e-12)
    forecast = mean_square(results.arrays["forecast"][:, 11:] - truths["test"])
    assert results.metrics["forecast_mse_clean"] == pytest.approx(forecast, rel=1e-12)


def test_a_forecast_starts_at_the_last_learned_row():
    record, field = observed((15, 15), 11), field_of("blackbox")
    results = Evaluation()(learned_field(record, field), record)
    equations, errors = right_hand_side("blackbox", field), []
    for row, ((t, y), (later_t, later_y)) in enumerate(zip(rows(record), rows(record, "test"), strict=True)):
        path = reference(equations, y[-1], np.concatenate([t[-1:], later_t]))[1:]
        np.testing.assert_allclose(results.arrays["forecast"][row, 11:], path, atol=1e-8)
        assert np.isnan(results.arrays["forecast"][row, :11]).all()
        errors.append(path - later_y)
    assert results.metrics["forecast_mse"] == pytest.approx(mean_square(errors), rel=1e-6)
    assert results.metrics["forecast_error_over_mean"] > 0


def test_without_truth_or_a_test_part_there_is_no_such_error():
    record = observed()
    results = Evaluation()(learned_field(record), record)
    assert set(results.metrics) == {"interpolation_mse", "integration_error"}
    assert "clean" not in results.arrays
    assert set(pictures_of(results.stored_arrays)) == {"trajectories", "phase_portrait"}


def test_rows_between_the_train_and_the_test_part_are_no_part_of_either():
    record = observed((20, 20), 11)
    record.splits["validation"] = record.splits["test"].select(time=slice(0, 4))
    record.splits["test"] = record.splits["test"].select(time=slice(4, None))
    window = Evaluation()(learned_field(record), record).arrays["window"]
    np.testing.assert_array_equal(window, [[1] * 11 + [0] * 4 + [2] * 5] * 2)


def test_the_smoothed_data_end_with_what_was_learned_from():
    record = observed((15, 15), 11)
    arrays = Evaluation()(learned_field(record), record).arrays
    learned = arrays["window"] == 1
    np.testing.assert_allclose(arrays["smoothed"][learned], arrays["observed"][learned], atol=1e-12)
    assert np.isnan(arrays["smoothed"][~learned]).all()


@pytest.mark.parametrize("solver", [FixedStepSolver("rk4", 0.02), AdaptiveSolver()])
def test_a_forecast_that_leaves_every_bound_costs_only_its_own_error(solver):
    metrics = exploding(solver).metrics
    assert metrics["interpolation_mse"] < 1e-6
    for name in ("extrapolation_mse", "forecast_mse", "forecast_relative_error", "forecast_error_over_mean"):
        assert metrics[name] == np.inf


def test_a_prediction_that_breaks_down_where_it_was_learned_is_an_error():
    times = np.linspace(0, 3, 31)
    record = record_of([times], [np.linspace(1, 2, 31)[:, None]])
    with pytest.raises(SolverError, match="broke down"):
        Evaluation()(learned_field(record, Square(), FixedStepSolver("rk4", 0.02)), record)


def test_trained_initial_states_are_those_of_the_training_trajectories_alone():
    record = observed((15, 15), 11)
    starts = np.ones((1, 2, 2))
    field = learned_field(record, initial_states=starts)
    arrays = Evaluation("trained")(field, record).arrays
    np.testing.assert_array_equal(arrays["prediction"][:, 0], starts[0])
    with pytest.raises(ConfigurationError, match="no initial states of these trajectories were learned"):
        Evaluation("trained")(field, observed((15,), 11))


def test_where_the_record_was_cut_a_prediction_starts_at_every_piece():
    """Chaos or noise makes one from the start say nothing; the forecast of the test part is scored as ever."""
    record, field = observed((24, 24), 20), field_of("blackbox")
    results = Evaluation(rows_per_piece=10, n_pieces=3)(learned_field(record, field), record)
    equations, errors = right_hand_side("blackbox", field), []
    for row, (number, first) in enumerate([(0, 0), (1, 0), (1, 10)]):
        t, y = (part[first : first + 10] for part in rows(record)[number])
        np.testing.assert_array_equal(results.arrays["observed"][row], y)
        errors.append(reference(equations, y[0], t) - y)
    assert results.metrics["interpolation_mse"] == pytest.approx(mean_square(errors), rel=1e-6)
    assert "extrapolation_mse" not in results.metrics
    whole = Evaluation()(learned_field(record, field), record).metrics
    assert results.metrics["forecast_mse"] == whole["forecast_mse"]
    assert set(pictures_of(results.stored_arrays)) == {"trajectories", "phase_portrait", "forecast"}


def test_trained_starts_are_those_of_the_pieces():
    record = observed((24,), 20)
    field = learned_field(record, initial_states=np.ones((1, 2, 2)))
    arrays = Evaluation("trained", rows_per_piece=10)(field, record).arrays
    np.testing.assert_array_equal(arrays["prediction"][:, 0], np.ones((2, 2)))
