"""The benchmark that puts the block beside the integrators of others."""

import numpy as np
import pytest

from benchmarks.linear_ode_solvers import compared, error_against_seconds


@pytest.fixture(scope="module")
def scores():
    found = compared(60, (2, 4), (1, 0.5), (1e-6, 1e-9), repetitions=1)
    return {(score.problem, score.solver, score.setting): score for score in found}


@pytest.mark.parametrize("problem", ["harmonic", "driven"])
@pytest.mark.parametrize(("solver", "order"), [("block_order_2", 2), ("block_order_4", 4), ("torchdiffeq_rk4", 4)])
def test_halving_the_step_divides_the_error_by_two_to_the_order(scores, problem, solver, order):
    coarse, fine = (scores[problem, solver, step].errors for step in (0.05, 0.025))
    np.testing.assert_allclose(np.log2(np.array(coarse) / np.array(fine)), order, atol=0.35)


@pytest.mark.parametrize("problem", ["harmonic", "driven"])
@pytest.mark.parametrize("solver", ["scipy_RK45", "scipy_DOP853", "torchdiffeq_dopri5"])
def test_a_smaller_tolerance_costs_evaluations_and_buys_accuracy(scores, problem, solver):
    loose, tight = (scores[problem, solver, tolerance] for tolerance in (1e-6, 1e-9))
    assert tight.evaluations > 1.5 * loose.evaluations
    assert max(tight.errors) < 0.05 * max(loose.errors)
    assert max(tight.errors) < 1e-5


def test_evaluations_are_counted(scores):
    assert scores["harmonic", "torchdiffeq_rk4", 0.05].evaluations == 4 * 60
    assert scores["harmonic", "block_order_2", 0.025].evaluations == 121


def test_error_of_the_harmonic_oscillator_of_record():
    second, fourth = (
        max(score.errors)
        for score in compared(500, (2, 4), (1,), (1e-6,), repetitions=1)
        if score.problem == "harmonic" and score.solver.startswith("block")
    )
    assert second < 2e-2
    assert fourth < 1e-5


def test_the_figure_has_a_panel_per_problem_and_derivative(scores):
    figure = error_against_seconds(list(scores.values()))
    assert len(figure.axes) == 6
