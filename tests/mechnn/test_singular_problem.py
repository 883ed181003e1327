"""What a person reads when the rows do not determine the solution."""

import pytest
from linear_ode_cases import random_inputs

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem, singular_problem


def problem_of(**options):
    return LinearODEProblem(*random_inputs(**{"n_states": 2, "order": 2, "n_steps": 5, **options}))


def test_an_unknown_is_named_by_its_step_state_and_derivative():
    message = str(singular_problem(problem_of(), 1, (3 * 2 + 1) * 3 + 2))
    assert "number 1 of the batch is singular: derivative 2 of state 1 at step 3 is not determined" in message
    assert "(its coefficients are nearly dependent)" in message


def test_vanishing_equations_and_untouched_states_are_told():
    inputs = random_inputs(n_states=2, n_steps=5)
    inputs.coefficients[1, 1, 3] = 0.0
    message = str(singular_problem(LinearODEProblem(*inputs), 1, 0))
    assert "all coefficients of equation 1 are zero at step 3" in message
    assert "all coefficients" not in str(singular_problem(LinearODEProblem(*inputs), 0, 0))
    inputs.coefficients[1, :, :, 0] = 0.0
    assert "no equation contains state 0" in str(singular_problem(LinearODEProblem(*inputs), 1, 0))


@pytest.mark.parametrize(("options", "said"), [({"n_equations": 1}, "there are 1 equations for 2 states")])
def test_missing_equations_are_counted(options, said):
    assert said in str(singular_problem(problem_of(**options), 0, 0))


def test_missing_initial_values_are_counted_unless_the_problem_is_periodic():
    inputs = random_inputs(n_states=2, order=2, n_steps=5, initial_steps=0)
    said = "there are 0 initial values, and 2 states of order 2 need up to 4"
    assert said in str(singular_problem(LinearODEProblem(*inputs), 0, 0))
    assert said not in str(singular_problem(LinearODEProblem(*inputs, periodic=True), 0, 0))
