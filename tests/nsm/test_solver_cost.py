"""The cheapest solver that is accurate enough, and what a run says of the number of solutions that pay for it."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from nsm_cases import equation, tiny_run

from sciml_bench.core.errors import SolverError
from sciml_bench.nsm import SupervisedTraining
from sciml_bench.nsm.networks import SpectralOperator
from sciml_bench.nsm.training import solver_cost, supervised_training
from sciml_bench.nsm.training.solver_cost import solver_seconds
from sciml_bench.report.runs import find_runs
from sciml_bench.training import composed, run


def ladder(errors, calls):
    """Solvers that err by a known part, or break down, and are counted."""

    def solver(number, error):
        def solve(parameters, resolution):
            calls.append(number)
            if error is None:
                raise SolverError("steps too long")
            return (1 + error) * np.repeat(parameters, resolution // parameters.shape[1], axis=1)

        return solve

    return [solver(*each) for each in enumerate(errors)]


@pytest.mark.parametrize(("allowed", "chosen"), [(0.6, 1), (0.3, 2), (0.15, 3), (0.0, 3)])
def test_the_first_solver_that_is_accurate_enough_is_timed_and_one_that_breaks_down_is_passed_over(
    allowed, chosen, monkeypatch
):
    calls, clock = [], iter(np.cumsum([0, 0.25, 1, 0.125, 1, 0.5]).tolist())
    monkeypatch.setattr(
        solver_cost, "time", SimpleNamespace(perf_counter=lambda: next(clock), process_time=lambda: 0.0)
    )
    parameters = np.random.default_rng(0).normal(size=(2, 4))
    solvers = ladder([None, 0.5, 0.2, 0.01], calls)
    # the fastest of three calls, which take .25, .125 and .5 seconds, for two solutions
    assert solver_seconds(solvers, parameters, np.repeat(parameters, 2, axis=1), allowed) == 0.0625
    assert calls[-3:] == [chosen] * 3
    assert calls[:-3] == list(range(min(chosen + 1, 3)))


def test_solvers_of_an_evolution_go_from_few_points_and_long_steps_to_those_of_the_reference(tmp_path):
    problem = equation("burgers", cache=tmp_path, solver_resolution=64, solver_step=0.7 / 64)
    initial = problem.draw_parameters(2, 0)
    solvers = problem.solvers(17)
    assert len(solvers) == 4 * 3  # 8 to 64 points; steps of 1/64, 1/32 and 1/16, the time between two frames
    exact = problem.solve(initial, 32, 17)
    np.testing.assert_array_equal(solvers[-1](initial, 32), exact)
    errors = [np.linalg.norm(solver(initial, 32) - exact) / np.linalg.norm(exact) for solver in solvers]
    assert errors[0] > 100 * min(errors[:-1]) > 0
    assert len(equation("poisson", cache=tmp_path).solvers(2)) == 1


@pytest.mark.parametrize(("seconds", "wins"), [(0.0, True), (1e6, False)])
def test_a_run_tells_its_breakeven_number_or_that_there_is_none(seconds, wins, tmp_path, monkeypatch):
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    monkeypatch.setattr("sciml_bench.nsm.training.operator_training.solver_seconds", lambda *given: seconds)
    words = ["pde=poisson", "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16]"]
    words += ["training=supervised", "training.n_training=5", "training.resolution=16"]
    metrics = run(composed("nsm", tiny_run(*words, cache=tmp_path / "cache"), tmp_path / "run"))
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    (finished,), _ = find_runs([tmp_path])
    assert metrics["solver_seconds_per_solution"] == seconds
    if wins:
        assert record["breakeven_number"] == "never"
        assert "breakeven_number" not in metrics
        assert finished.metrics["breakeven_number"] == math.inf
        return
    assert "breakeven_number" not in record
    assert 0 < metrics["breakeven_number"] == finished.metrics["breakeven_number"] < 1


def test_the_solutions_that_a_supervised_operator_learned_from_are_paid_for(tmp_path, monkeypatch):
    problem = equation("poisson", cache=tmp_path)
    model = SpectralOperator(problem, modes=[7, 7], width=1, depth=1)
    method = SupervisedTraining(model, problem.sampling, resolution=8, n_training=20)
    method.load_counters({"seconds": [1.0, 2.5]})
    monkeypatch.setattr(supervised_training, "least_seconds", lambda call: (8.0, 8.0))  # of 16 solutions
    assert method.training_seconds() == 3.5 + 20 * 0.5
    assert method.cpu_seconds_before == 20 * 0.5


def test_what_takes_a_second_is_not_timed_again(monkeypatch):
    clock, calls = iter(np.arange(10.0).tolist()), []
    monkeypatch.setattr(
        solver_cost, "time", SimpleNamespace(perf_counter=lambda: next(clock), process_time=lambda: 0.0)
    )
    solver_cost.least_seconds(lambda: calls.append("a second"))
    assert calls == ["a second"]


def test_the_solutions_are_timed_once_for_both_clocks(tmp_path, monkeypatch):
    problem, solved = equation("poisson", cache=tmp_path), []
    method = SupervisedTraining(
        SpectralOperator(problem, modes=[7, 7], width=1, depth=1), problem.sampling, resolution=8, n_training=20
    )
    method.start()
    monkeypatch.setattr(problem, "solve", lambda some, *size: solved.append(len(some)))
    assert method.training_seconds() >= 0 <= method.cpu_seconds_before
    assert solved == [16] * 3
