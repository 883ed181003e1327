"""The references that roll-outs are judged by, on motions for which their errors are known."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.data.sequence_windows import SequenceWindows
from sciml_bench.sequences.sequence_evaluation import SequenceEvaluation

N_INPUTS, N_OUTPUTS, N_TIMES, TIME_STEP = 3, 2, 15, 0.5


class Motion(SequenceWindows):
    """Points whose position is a polynomial of the number of the step."""

    def __init__(self, polynomial):
        super().__init__(n_inputs=N_INPUTS, n_outputs=N_OUTPUTS, time_step=TIME_STEP, batch_size=4)
        self.polynomial = polynomial
        self.setup()

    def load(self):
        starts = np.array([[1.0, -1.0], [2.0, 0.5], [3.0, 1.0]])
        states = starts[:, None] + self.polynomial(np.arange(N_TIMES))[None, :, None] * np.array([1.0, -2.0])
        return {"train": states, "validation": states, "test": states}


def persistence(window):
    return window[:, -1:].expand(-1, N_OUTPUTS, -1)


def evaluated(data, model=persistence, steps=(4, 8), thresholds=(0.5,)):
    return SequenceEvaluation.of(model, data, steps, thresholds, 2)


def squares_ratio(errors, truth):
    return (errors**2).sum(axis=-1) / (truth**2).sum(axis=-1)


@pytest.fixture(scope="module")
def uniform():
    return Motion(np.polynomial.Polynomial([0.0, 0.3]))


def test_linear_extrapolation_of_a_uniform_motion_is_exact(uniform):
    metrics = evaluated(uniform).metrics
    for name in ("linear_relative_error", "linear_relative_error_step_4", "linear_relative_error_step_8"):
        assert metrics[name] == pytest.approx(0, abs=1e-10)


def test_references_leave_the_last_input_at_its_own_speed():
    data = Motion(np.polynomial.Polynomial([0.0, 0.1, 0.05]))
    found, states = evaluated(data), data.sequences["test"].astype(np.float64)
    last, before = states[:, N_INPUTS - 1], states[:, N_INPUTS - 2]
    for step in range(1, 9):
        truth = states[:, N_INPUTS - 1 + step]
        np.testing.assert_allclose(
            found.persistence_errors[:, step - 1], squares_ratio(last - truth, truth), rtol=1e-5, atol=1e-10
        )
        ahead = last + step * (last - before)
        np.testing.assert_allclose(
            found.linear_errors[:, step - 1], squares_ratio(ahead - truth, truth), rtol=1e-4, atol=1e-10
        )
        assert found.times[step - 1] == pytest.approx(step * TIME_STEP)


def test_a_model_that_repeats_the_last_input_is_persistence(uniform):
    found = evaluated(uniform)
    np.testing.assert_allclose(found.errors, found.persistence_errors, rtol=1e-5)
    for steps in (4, 8):
        name = f"relative_error_step_{steps}"
        assert found.metrics[f"rollout_{name}"] == pytest.approx(float(found.errors[:, :steps].mean()))
        assert found.metrics[f"persistence_{name}"] == pytest.approx(found.metrics[f"rollout_{name}"], rel=1e-5)
    assert found.metrics["rollout_relative_error"] == found.metrics["rollout_relative_error_step_4"]


def test_a_model_that_goes_on_as_before_is_linear_extrapolation_and_never_leaves_the_horizon(uniform):
    def ahead(window):
        slope = window[:, -1:] - window[:, -2:-1]
        return torch.cat([window[:, -1:] + number * slope for number in range(1, N_OUTPUTS + 1)], dim=1)

    metrics = evaluated(uniform, ahead, thresholds=(1e-3, 0.5)).metrics
    assert metrics["rollout_relative_error"] == pytest.approx(0, abs=1e-9)
    assert metrics["window_relative_error"] == pytest.approx(0, abs=1e-9)
    assert metrics["horizon_0.001"] == metrics["horizon_0.5"] == pytest.approx(8 * TIME_STEP)


def test_the_horizon_is_the_time_at_which_the_mean_error_first_exceeds_the_threshold(uniform):
    growth = evaluated(uniform).errors.mean(axis=0)
    threshold = float((growth[2] + growth[3]) / 2)
    found = evaluated(uniform, thresholds=(threshold,)).metrics
    assert found[f"horizon_{threshold:g}"] == pytest.approx(4 * TIME_STEP)


def test_roll_outs_longer_than_the_test_trajectories_are_refused(uniform):
    with pytest.raises(DataError, match="15 states, 3 of them inputs"):
        evaluated(uniform, steps=(13,))
