"""Initial values, boundaries and gauges hold exactly, whatever a network says."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, equation, random_fields, random_points, random_series, series_at, series_on

from sciml_bench.nsm.grid import Grid

every_equation = pytest.mark.parametrize("name", MODES)


def solved(name, seed=1):
    problem = equation(name)
    basis = problem.basis(MODES[name])
    fields = random_fields(problem)
    network = random_series(basis, seed=seed)
    return problem, basis, network, fields, *problem.solution(network, basis, fields)


@pytest.mark.parametrize("name", ["reaction_diffusion", "burgers", "navier_stokes"])
def test_at_time_zero_the_solution_is_the_initial_field(name):
    problem, _, _, fields, wide, u = solved(name)
    points = random_points(wide.n_axes)
    points[:, 0] = 0.0
    initial = series_at(problem.parameter_basis, fields, points[:, 1:])
    np.testing.assert_allclose(series_at(wide, u, points), initial, atol=1e-12)
    points[:, 0] = 0.5
    assert np.abs(series_at(wide, u, points) - initial).max() > 0.1


def test_a_solution_with_a_boundary_vanishes_there():
    *_, wide, u = solved("poisson_dirichlet")
    for axis in (0, 1):
        for end in (0.0, 1.0):
            points = random_points(2)
            points[:, axis] = end
            assert np.abs(series_at(wide, u, points)).max() < 1e-12


@pytest.mark.parametrize("name", ["poisson", "navier_stokes"])
def test_a_solution_without_mean_has_none_at_any_moment(name):
    *_, wide, u = solved(name)
    points = [
        np.array([0.0, 0.3, 1.0]) if axis == wide.n_axes - 3 else np.arange(64) / 64 for axis in range(wide.n_axes)
    ]
    values = series_on(wide, u, points)
    assert np.abs(values).max() > 0.1
    assert np.abs(values.mean(axis=(-2, -1))).max() < 1e-13


@every_equation
@pytest.mark.parametrize("where", ["equally spaced", "nodes"])
def test_on_a_grid_the_solution_is_that_of_the_series(name, where):
    problem, basis, network, fields, wide, u = solved(name)
    if where == "nodes":
        grid = Grid.of_nodes(problem.axes, basis.resized([n + 4 for n in basis.n_modes]))
    else:
        grid = Grid.equally_spaced(problem.axes, tuple(12 + axis for axis in range(basis.n_axes)))
    z = torch.from_numpy(series_on(basis, network, grid.points))
    found = problem.solution_values(z, grid, problem.parameters_on(fields, grid))
    np.testing.assert_allclose(found, series_on(wide, u, grid.points), atol=1e-11)


@every_equation
def test_parameters_on_a_grid_are_constant_along_time(name):
    problem = equation(name)
    fields = random_fields(problem)
    grid = problem.test_grid(10)
    found = problem.parameters_on(fields, grid)
    space = [grid.points[index] for index in problem.space_axes]
    expected = series_on(problem.parameter_basis, fields, space)
    if problem.is_initial_value_problem:
        expected = np.repeat(expected[:, None], 5, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-11)


@every_equation
def test_the_gradient_of_a_squared_residual_is_that_of_finite_differences(name):
    problem, basis, network, fields, *_ = solved(name)

    def loss(z):
        wide, u = problem.solution(z, basis, fields)
        of_residual, residual = problem.residual_series(u, wide, fields)
        return of_residual.inner_product(residual, residual).sum()

    z = (0.1 * network).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(z), z)
    direction = random_series(basis, seed=7)
    step = 1e-5
    with torch.no_grad():
        difference = (loss(z + step * direction) - loss(z - step * direction)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(difference), rel=1e-6)
