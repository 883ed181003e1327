import numpy as np
import pytest
import torch
from node_cases import InMemory, Square, field_of, observed, reference, right_hand_side

from sciml_bench.core.errors import SolverError
from sciml_bench.data.observations import Observations
from sciml_bench.node import AdaptiveSolver, CompiledSolver, Evaluation, FixedStepSolver, SmoothingSpline


def evaluated(data, field, solver):
    given = data.observations
    splines = [
        SmoothingSpline(t[w], y[w]) for t, y, w in zip(given.times, given.states, given.interpolation, strict=True)
    ]
    with torch.no_grad():
        return Evaluation.of(
            data, field, solver, torch.from_numpy(given.initial_states)[None], splines, last_learned(given)
        )


def last_learned(given):
    """The states at the last learned rows."""
    return torch.from_numpy(given.states[np.arange(given.n_trajectories), given.interpolation.sum(axis=1) - 1])


def exploding(solver):
    """dx/dt = x², watched to time 1.5 and beyond the moment, 2, when it is infinite."""
    times = np.linspace(0, 3, 31)
    learned = Observations.padded([times[:16]], [1 / (2 - times[:16, None])], [16])
    states = np.concatenate([learned.states[0], np.ones((15, 1))])
    return evaluated(InMemory(Observations.padded([times], [states], [16])), Square(), solver)


def test_errors_are_means_over_each_window():
    data = observed((15, 25), (11, 21))
    given = data.observations
    clean = given.states + 0.1 * np.random.default_rng(5).standard_normal(given.states.shape)
    data = InMemory(Observations(given.times, given.states, clean, given.window, given.initial_states))
    field = field_of("blackbox")
    evaluation = evaluated(data, field, CompiledSolver(max_step=0.02))
    equations = right_hand_side("blackbox", field)
    paths = [reference(equations, y[0], t) for t, y in zip(given.times, given.states, strict=True)]
    for name, window in (("interpolation", 1), ("extrapolation", 2)):
        for suffix, target in (("", given.states), ("_clean", clean)):
            errors = [(p - y)[w == window].ravel() for p, y, w in zip(paths, target, given.window, strict=True)]
            expected = np.mean(np.concatenate(errors) ** 2)
            assert evaluation.metrics[f"{name}_mse{suffix}"] == pytest.approx(expected, rel=1e-6)
    assert 0 < evaluation.metrics["integration_error"] < 1e-6


def test_a_forecast_starts_at_the_last_learned_row():
    data, field = observed((15, 25), (11, 21)), field_of("blackbox")
    evaluation, given = evaluated(data, field, CompiledSolver(max_step=0.02)), data.observations
    equations, errors, sizes = right_hand_side("blackbox", field), [], []
    for row, (last, end) in enumerate(((10, 15), (20, 25))):
        path = reference(equations, given.states[row, last], given.times[row, last:end])[1:]
        np.testing.assert_allclose(evaluation.forecast[row, last + 1 : end], path, atol=1e-8)
        assert np.isnan(evaluation.forecast[row, : last + 1]).all()
        errors.append(path - given.states[row, last + 1 : end])
        sizes.append(given.states[row, last + 1 : end])
    assert evaluation.metrics["forecast_mse"] == pytest.approx(np.mean(np.square(errors)), rel=1e-6)
    relative = np.linalg.norm(errors) / np.linalg.norm(sizes)
    assert evaluation.metrics["forecast_relative_error"] == pytest.approx(relative, rel=1e-6)


def test_without_truth_or_extrapolation_there_is_no_such_error():
    evaluation = evaluated(observed(), field_of("blackbox"), CompiledSolver())
    assert set(evaluation.metrics) == {"interpolation_mse", "integration_error"}
    labels = {"component_names", "time_unit", "pictures"}
    assert set(evaluation.arrays) == {"times", "observed", "window", "smoothed", "prediction", "forecast"} | labels


def test_the_smoothed_data_end_with_what_was_learned_from():
    evaluation = evaluated(observed((15, 25), (11, 21)), field_of("blackbox"), CompiledSolver())
    learned = evaluation.observations.interpolation
    np.testing.assert_allclose(evaluation.smoothed[learned], evaluation.observations.states[learned], atol=1e-12)
    assert np.isnan(evaluation.smoothed[~learned]).all()


@pytest.mark.parametrize("solver", [FixedStepSolver("rk4", 0.02), AdaptiveSolver()])
def test_a_forecast_that_leaves_every_bound_costs_only_its_own_error(solver, caplog):
    evaluation = exploding(solver)
    assert evaluation.metrics["interpolation_mse"] < 1e-6
    assert "extrapolation_mse" not in evaluation.metrics
    assert "the extrapolation leaves every bound" in caplog.text
    assert set(evaluation.figures) == {"trajectories", "phase_portrait"}


def test_a_prediction_that_breaks_down_where_it_was_learned_is_an_error():
    times = np.linspace(0, 3, 31)
    data = InMemory(Observations.padded([times], [np.ones((31, 1))], [31]))
    with pytest.raises(SolverError, match="broke down"):
        evaluated(data, Square(), FixedStepSolver("rk4", 0.02))
