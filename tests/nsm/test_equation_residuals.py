"""Residuals vanish on exact solutions, and are those that numpy finds at single points: nothing is aliased."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, random_fields, random_points, random_series, series_at, series_on

from sciml_bench.nsm.equations import Burgers, NavierStokes, Poisson, ReactionDiffusion
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.sampled_functions import DifferencedFunction

EXACT = 1e-8


def on_nodes(basis, function):
    return basis.analyse(torch.from_numpy(function(*np.meshgrid(*basis.nodes, indexing="ij")))[None])


def largest(problem, basis, series, fields):
    wide, residual = problem.residual_series(series, basis, fields)
    points = random_points(wide.n_axes, 200)
    return np.abs(series_at(wide, residual, points)).max()


def test_a_manufactured_periodic_potential_has_no_residual():
    problem, basis = Poisson(n_points=16), None
    x, y = np.meshgrid(*[np.arange(16) / 16] * 2, indexing="ij")

    def potential(x, y):
        return np.sin(TURN * x) * np.cos(2 * TURN * y) + 0.3 * np.cos(3 * TURN * (x - y))

    source = TURN**2 * (5 * np.sin(TURN * x) * np.cos(2 * TURN * y) + 0.3 * 18 * np.cos(3 * TURN * (x - y)))
    fields = problem.parameter_coefficients(torch.from_numpy(source)[None])
    basis = problem.basis([9, 11])
    assert largest(problem, basis, on_nodes(basis, potential), fields) < EXACT


def test_a_manufactured_potential_with_a_boundary_has_no_residual():
    problem = Poisson(boundary="dirichlet", n_points=24)
    nodes = (1 - np.cos(np.pi * np.arange(24) / 23)) / 2
    x, y = np.meshgrid(nodes, nodes, indexing="ij")
    # u = f(x) f(y) with f = x(1 − x) eˣ, so that f'' = −x(3 + x) eˣ
    of_x, of_y = (z * (1 - z) * np.exp(z) for z in (x, y))
    source = x * (3 + x) * np.exp(x) * of_y + of_x * y * (3 + y) * np.exp(y)
    fields = problem.parameter_coefficients(torch.from_numpy(source)[None])
    basis = problem.basis([18, 19])
    network = on_nodes(basis, lambda x, y: np.exp(x + y) / 16)  # what is left of u beside 4x(1 − x) · 4y(1 − y)
    wide, series = problem.solution(network, basis, fields)
    assert wide.n_modes == (20, 21)
    points = random_points(2)
    exact = np.prod(points * (1 - points) * np.exp(points), axis=1)
    np.testing.assert_allclose(series_at(wide, series, points)[0], exact, atol=1e-12)
    assert largest(problem, wide, series, fields) < EXACT


def test_logistic_growth_of_an_even_population_has_no_residual():
    problem = ReactionDiffusion(viscosity=0.03, growth=5.0)
    start = 0.3
    fields = problem.parameter_coefficients(torch.full((1, 16), start, dtype=torch.float64))
    basis = problem.basis([40, 5])
    population = on_nodes(basis, lambda t, x: 1 / (1 + (1 / start - 1) * np.exp(-5 * t)))
    assert largest(problem, basis, population, fields) < EXACT


def test_a_burgers_wave_from_the_cole_hopf_transform_has_no_residual():
    problem = Burgers(viscosity=0.05, duration=0.8)

    def wave(t, x):
        # u = −2ν θ_x / θ with the solution θ = 2 + exp(−ν (2π)² · time) cos 2πx of the heat equation
        theta = 0.5 * np.exp(-0.05 * TURN**2 * 0.8 * t)
        return 2 * 0.05 * TURN * theta * np.sin(TURN * x) / (1 + theta * np.cos(TURN * x))

    fields = problem.parameter_coefficients(torch.from_numpy(wave(0.0, np.arange(41) / 41))[None])
    basis = problem.basis([24, 41])
    assert largest(problem, basis, on_nodes(basis, wave), fields) < EXACT


def test_the_taylor_green_vortex_has_no_residual():
    viscosity, duration = 0.01, 3.0
    problem = NavierStokes(viscosity=viscosity, duration=duration)
    rate = 2 * TURN**2 * viscosity * duration
    basis = problem.basis([24, 5, 5])
    vortex = on_nodes(basis, lambda t, x, y: np.cos(TURN * x) * np.cos(TURN * y) * np.exp(-rate * t))
    assert largest(problem, basis, vortex, random_fields(problem, 1)) < EXACT


def test_a_force_that_viscosity_balances_leaves_a_steady_flow():
    problem = NavierStokes(viscosity=2e-3, duration=50.0, forcing=0.1)
    size = 0.1 / (2 * TURN**2 * 2e-3)
    basis = problem.basis([4, 5, 5])
    flow = on_nodes(basis, lambda t, x, y: size * (np.sin(TURN * (x + y)) + np.cos(TURN * (x + y))))
    assert largest(problem, basis, flow, random_fields(problem, 1)) < EXACT
    free = NavierStokes(viscosity=2e-3, duration=50.0)
    assert largest(free, basis, flow, random_fields(free, 1)) == pytest.approx(0.1 * np.sqrt(2), rel=0.02)


def pointwise(name, problem, basis, u, fields, points):
    """The residual at scattered points, from derivatives written out."""

    def d(*orders, of=u):
        return series_at(basis, of, points, list(orders))

    if name.startswith("poisson"):
        return -d(2, 0) - d(0, 2) - series_at(problem.parameter_basis, fields, points)
    if name == "reaction_diffusion":
        return d(1, 0) - 0.02 * d(0, 2) - 3.0 * d(0, 0) * (1 - d(0, 0))
    if name == "burgers":
        return d(1, 0) / 0.7 + d(0, 0) * d(0, 1) - 0.03 * d(0, 2)
    frequency = [TURN * ((np.arange(n) + 1) // 2) for n in basis.n_modes[1:]]
    squared = frequency[0][:, None] ** 2 + frequency[1] ** 2
    squared[0, 0] = np.inf
    stream = np.asarray(u) / squared
    velocity = d(0, 0, 1, of=stream), -d(0, 1, 0, of=stream)
    phase = TURN * (points[:, 1] + points[:, 2])
    force = 0.1 * (np.sin(phase) + np.cos(phase))
    advection = velocity[0] * d(0, 1, 0) + velocity[1] * d(0, 0, 1)
    return d(1, 0, 0) / 0.5 + advection - 0.02 * (d(0, 2, 0) + d(0, 0, 2)) - force


@pytest.mark.parametrize("name", MODES)
def test_the_residual_series_of_a_random_series_is_the_residual_at_every_point(name):
    problem = equation(name)
    basis = problem.basis(MODES[name])
    fields = random_fields(problem)
    wide, u = problem.solution(random_series(basis), basis, fields)
    of_residual, residual = problem.residual_series(u, wide, fields)
    points = random_points(wide.n_axes)
    expected = pointwise(name, problem, wide, u, fields, points)
    found = series_at(of_residual, residual, points)
    np.testing.assert_allclose(found, expected, atol=1e-10 * np.abs(expected).max())


def test_the_last_cosine_of_an_even_number_of_waves_has_a_second_derivative_too():
    problem = ReactionDiffusion(viscosity=0.02, parameter_modes=5)
    basis = problem.basis([4, 8])
    network = torch.zeros(1, 4, 8, dtype=torch.float64)
    network[0, 0, -1] = 1.0
    fields = torch.zeros(1, 5, dtype=torch.float64)
    wide, u = problem.solution(network, basis, fields)
    of_residual, residual = problem.residual_series(u, wide, fields)
    t, x = 0.6, 0.37
    cosine = np.sqrt(2) * np.cos(4 * TURN * x)
    value = t * cosine
    expected = cosine + 0.02 * (4 * TURN) ** 2 * value - 5 * value * (1 - value)
    assert series_at(of_residual, residual, np.array([[t, x]]))[0, 0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", MODES)
def test_the_residual_of_values_converges_to_that_of_their_series_in_the_second_order(name):
    problem = equation(name)
    basis = problem.basis([3 if axis.kind != "periodic" else 5 for axis in problem.axes])
    fields = 0.2 * random_fields(problem, 1)
    wide, u = problem.solution(0.2 * random_series(basis, 1), basis, fields)
    of_residual, exact = problem.residual_series(u, wide, fields)
    errors = []
    for n in (40, 80):
        axes = problem.axes
        grid = Grid.equally_spaced(axes, tuple(n + 1 if axis.kind != "periodic" else n for axis in axes))
        values = torch.from_numpy(series_on(wide, u, grid.points))
        found = problem.residual(DifferencedFunction(values, grid), problem.parameters_on(fields, grid))
        errors.append(np.abs(found.numpy() - series_on(of_residual, exact, grid.points)).mean())
    assert 3.2 < errors[0] / errors[1] < 6.0  # near ends an error of the same order is larger, in ever fewer points
