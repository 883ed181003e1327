"""The error of the coupled dynamics, beside SciPy's solutions of them."""

import numpy as np
import pytest
from node_cases import mean_square, method_of, observed, reference, right_hand_side, rows
from scipy.interpolate import CubicSpline

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import AdaptiveSolver, CompiledSolver, HomotopyTraining, PowerLawSchedule

LENGTHS = (11, 21)


@pytest.mark.parametrize("strength", [4, [1.0, 6.0]])
def test_homotopy_training_minimises_the_error_of_the_coupled_dynamics(strength):
    data = observed(LENGTHS)
    schedule = PowerLawSchedule(3, 2, 0.5)
    method = method_of(HomotopyTraining, data, coupling_strength=strength, coupling_schedule=schedule)
    free = right_hand_side("blackbox", method.model)
    for epoch, scale in ((0, 1.0), (3, 1 / 3), (4, 0.0)):
        errors = []
        for t, y in rows(data):
            smooth = CubicSpline(t, y, bc_type="natural")

            def equations(time, x, smooth=smooth, scale=scale):
                return free(time, x) - scale * np.array(strength) * (x - smooth(time))

            errors.append(reference(equations, y[0], t) - y)
        assert method.losses(epoch).item() == pytest.approx(mean_square(errors), rel=1e-6)
        assert method.loss_is_free_error(epoch) == (scale == 0)


@pytest.mark.parametrize(
    ("solver", "longest"), [(CompiledSolver(), 2 / 8), (CompiledSolver(max_step=0.02), 0.02), (AdaptiveSolver(), None)]
)
def test_steps_of_the_coupled_dynamics_are_short_enough_for_the_strongest_coupling(solver, longest):
    method = method_of(HomotopyTraining, observed(LENGTHS), solver=solver, coupling_strength=[8.0, 3.0])
    assert getattr(method.coupled_solver, "max_step", None) == longest
    assert method.solver is solver
    uncoupled = method_of(HomotopyTraining, observed(LENGTHS), solver=solver, coupling_strength=0)
    assert uncoupled.coupled_solver is solver


def test_the_length_of_the_fit_and_what_is_logged_are_those_of_the_schedule():
    schedule = PowerLawSchedule(3, 2, 0.5)
    method = method_of(HomotopyTraining, observed(LENGTHS), coupling_schedule=schedule)
    assert method.n_epochs == schedule.n_epochs
    scales = []
    for epoch in range(schedule.n_epochs):
        method.observe(epoch, 1.0)
        scales.append(method.logged(epoch)["homotopy_parameter"])
    assert scales == [schedule(epoch) for epoch in range(schedule.n_epochs)]
    assert scales[0] == 1
    assert scales[-1] == 0


def test_the_coupling_adds_no_weights():
    method = method_of(HomotopyTraining, observed(LENGTHS))
    before = set(method.state_dict())
    method.losses(0)
    assert set(method.state_dict()) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"coupling_strength": -6}, "training.coupling_strength=-6: give numbers of at least 0"),
        ({"coupling_strength": [1, 2, 3]}, "one for each of 2 components"),
    ],
)
def test_bad_couplings_are_refused_before_training(options, message):
    with pytest.raises(ConfigurationError, match=message):
        method_of(HomotopyTraining, observed(LENGTHS), **options)
