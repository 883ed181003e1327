"""The references that rollouts are judged by, on motions for which their errors are known."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.data.record import Record
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.sequences.rollout_evaluation import RolloutEvaluation
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster

N_INPUTS, N_OUTPUTS, N_TIMES, TIME_STEP = 3, 2, 15, 0.5


class Motion(Record):
    """Points whose position is a polynomial of the number of the step."""

    def __init__(self, polynomial, n_times=N_TIMES, split_by="trajectory"):
        super().__init__(split_by=split_by)
        starts = np.array([[1.0, -1.0], [2.0, 0.5], [3.0, 1.0]])
        self.positions = starts[:, None] + polynomial(np.arange(n_times))[None, :, None] * np.array([1.0, -2.0])
        self.setup()

    def load_splits(self):
        part = Trajectories(tuple(self.positions), time_step=TIME_STEP, time_unit="time")
        if self.split_by == "time":
            return {"train": part.select(time=slice(0, 5)), "test": part.select(time=slice(5, None))}
        return {"train": part, "validation": part, "test": part}


class Persistence(torch.nn.Module):
    def forward(self, window):
        return window[:, -1:].expand(-1, N_OUTPUTS, -1)


class AtTheSameSpeed(torch.nn.Module):
    def forward(self, window):
        slope = window[:, -1:] - window[:, -2:-1]
        return torch.cat([window[:, -1:] + number * slope for number in range(1, N_OUTPUTS + 1)], dim=1)


def evaluated(record, model=None, steps=(4, 8), thresholds=(0.5,)):
    spec = record.spec
    windows = WindowsSpec(
        spec.state_shape,
        spec.time_step,
        spec.time_unit,
        spec.component_names,
        spec.mean,
        spec.deviation,
        spec.lengths,
        n_inputs=N_INPUTS,
        n_outputs=N_OUTPUTS,
        increment_deviation=spec.deviation,
        dtype=torch.float64,
    )
    evaluation = RolloutEvaluation(rollout_steps=steps, thresholds=thresholds, batch_size=2)
    return evaluation(SequenceForecaster(model or Persistence(), windows), record)


@pytest.fixture(scope="module")
def uniform():
    return Motion(np.polynomial.Polynomial([0.0, 0.3]))


def test_linear_extrapolation_of_a_uniform_motion_is_exact(uniform):
    metrics = evaluated(uniform).metrics
    for suffix in ("", "_step_4", "_step_8"):
        assert metrics[f"linear_relative_squared_error{suffix}"] == pytest.approx(0, abs=1e-20)


def test_references_leave_the_last_input_at_rest_or_at_its_own_speed():
    record = Motion(np.polynomial.Polynomial([0.0, 0.1, 0.05]))
    arrays, states = evaluated(record).arrays, record.positions
    last, before = states[:, N_INPUTS - 1], states[:, N_INPUTS - 2]
    for step in range(1, 9):
        truth = states[:, N_INPUTS - 1 + step]
        for name, ahead in (("persistence", last), ("linear", last + step * (last - before))):
            expected = ((ahead - truth) ** 2).sum(axis=-1) / (truth**2).sum(axis=-1)
            np.testing.assert_allclose(arrays[f"{name}_errors"][:, step - 1], expected, rtol=1e-9, atol=1e-20)
        assert arrays["times"][step - 1] == pytest.approx(step * TIME_STEP)


def test_a_model_that_repeats_the_last_input_is_persistence(uniform):
    found = evaluated(uniform)
    np.testing.assert_allclose(found.arrays["errors"], found.arrays["persistence_errors"], rtol=1e-12)
    for suffix in ("", "_step_4", "_step_8"):
        name = f"relative_squared_error{suffix}"
        assert found.metrics[f"rollout_{name}"] == pytest.approx(found.metrics[f"persistence_{name}"])
    # over the outputs of one call
    assert found.arrays["window_errors"].shape[1] == N_OUTPUTS


def test_a_model_that_goes_on_as_before_is_linear_extrapolation_and_never_leaves_the_horizon(uniform):
    metrics = evaluated(uniform, AtTheSameSpeed(), thresholds=(1e-3, 0.5)).metrics
    assert metrics["rollout_relative_squared_error"] == pytest.approx(0, abs=1e-20)
    assert metrics["window_relative_squared_error"] == pytest.approx(0, abs=1e-20)
    assert metrics["horizon_0.001"] == metrics["horizon_0.5"] == pytest.approx(12 * TIME_STEP)


def test_rollouts_end_where_the_test_trajectories_end(uniform):
    metrics = evaluated(uniform, steps=(4, 100)).metrics
    assert "rollout_relative_squared_error_step_12" in metrics
    assert "rollout_relative_squared_error_step_100" not in metrics


def test_a_test_part_of_inputs_alone_is_refused():
    with pytest.raises(DataError, match="no test part with more than 3 states"):
        evaluated(Motion(np.polynomial.Polynomial([0.0, 0.3]), N_INPUTS))


@pytest.mark.parametrize(("split_by", "first"), [("trajectory", N_INPUTS), ("time", 5)])
def test_a_forecast_is_scored_over_the_test_part_however_long_the_rollouts_are(split_by, first):
    record = Motion(np.polynomial.Polynomial([0.0, 0.3]), split_by=split_by)
    metrics, *others = (evaluated(record, steps=steps).metrics for steps in [(4,), (8, 4), (100,)])
    difference, truth = (
        record.positions[:, first - 1 : first] - record.positions[:, first:],
        record.positions[:, first:],
    )
    assert metrics["forecast_mse"] == pytest.approx(np.mean(difference**2))
    assert metrics["forecast_relative_error"] == pytest.approx(np.linalg.norm(difference) / np.linalg.norm(truth))
    over_mean = np.linalg.norm(difference) / np.linalg.norm(truth - record.spec.mean)
    assert metrics["forecast_error_over_mean"] == pytest.approx(over_mean)
    for other in others:  # but for the means up to a length, every name has one definition
        same = {name: value for name, value in other.items() if "_relative_squared_error" not in name}
        assert same == {name: metrics[name] for name in same}
    name = "rollout_relative_squared_error_step_4"
    assert others[0][name] == metrics[name]


def test_a_longer_trajectory_is_forecast_to_its_own_end():
    record = Motion(np.polynomial.Polynomial([0.0, 0.3]))
    part = record.splits["test"]
    record.splits["test"] = part.select(time=[slice(0, 10), slice(0, N_TIMES), slice(0, N_TIMES)])
    rows = [states[N_INPUTS - 1] - states[N_INPUTS:] for states in record.splits["test"].states]
    assert evaluated(record).metrics["forecast_mse"] == pytest.approx(np.mean(np.concatenate(rows) ** 2))
