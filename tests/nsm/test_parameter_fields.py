"""Fields that stand for random parameters, and a person's own that are refused."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, random_points, series_at

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.equations import Burgers, NavierStokes, Poisson, ReactionDiffusion

CIRCLE = np.arange(32) / 32
WAVE = np.sin(TURN * CIRCLE) + 0.5 * np.cos(2 * TURN * CIRCLE)


def population(**settings):
    return ReactionDiffusion(parameter_modes=11, **settings)


@pytest.mark.parametrize("n", [7, 8, 31, 64])
def test_a_field_on_any_grid_stands_for_the_same_series(n):
    problem = population()
    x = np.arange(n) / n
    fields = problem.parameter_coefficients(torch.from_numpy(np.sin(TURN * x) + 0.5 * np.cos(2 * TURN * x))[None])
    points = random_points(1)
    expected = np.sin(TURN * points[:, 0]) + 0.5 * np.cos(2 * TURN * points[:, 0])
    np.testing.assert_allclose(series_at(problem.parameter_basis, fields, points)[0], expected, atol=1e-12)


def test_the_last_cosine_of_an_even_grid_of_sources_is_kept():
    problem = Poisson(n_points=16)
    source = np.tile(np.cos(8 * TURN * np.arange(16) / 16), (1, 16, 1))
    fields = problem.parameter_coefficients(torch.from_numpy(source))
    points = random_points(2)
    found = series_at(problem.parameter_basis, fields, points)[0]
    np.testing.assert_allclose(found, np.cos(8 * TURN * points[:, 1]), atol=1e-12)


@pytest.mark.parametrize("name", MODES)
def test_random_parameters_are_parameters_that_a_person_may_give(name):
    problem = {
        "poisson": Poisson(),
        "poisson_dirichlet": Poisson(boundary="dirichlet"),
        "reaction_diffusion": ReactionDiffusion(),
        "burgers": Burgers(),
        "navier_stokes": NavierStokes(),
    }[name]
    problem.require_parameters(problem.draw_parameters(16, 3))
    assert not np.array_equal(problem.draw_parameters(2, 3), problem.draw_parameters(2, 4))
    np.testing.assert_array_equal(problem.draw_parameters(2, 3), problem.draw_parameters(2, 3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [17, 65])
def test_a_repeated_end_point_is_found_in_either_precision(dtype, n):
    x = np.linspace(0, 1, n, dtype=dtype)
    field = (2 + np.sin(dtype(TURN) * x) + np.cos(dtype(TURN) * x))[None].astype(dtype)
    with pytest.raises(DataError, match=r"the last value along x repeats the first.*parameters\[..., :-1\]"):
        population().require_parameters(field)
    population().require_parameters(field[:, :-1])


def test_a_repeated_end_point_is_found_along_either_axis_of_a_square():
    x = np.linspace(0, 1, 17)
    open_, closed = x[:-1], x
    for axes, name in (((closed, open_), "x"), ((open_, closed), "y")):
        field = np.sin(TURN * axes[0])[:, None] + np.cos(TURN * axes[1])
        with pytest.raises(DataError, match=f"along {name} repeats"):
            Poisson().require_parameters(field[None])


@pytest.mark.parametrize(
    "field",
    [
        np.zeros(32),
        np.full(32, 0.4),
        np.exp(-(((CIRCLE - 0.5) / 0.12) ** 2)),  # flat, and so the same, at both ends
        WAVE,
    ],
    ids=["zero", "constant", "bump", "wave"],
)
def test_fields_that_look_unusual_are_accepted(field):
    ReactionDiffusion().require_parameters(field[None])


def test_a_square_field_may_be_constant_along_one_axis():
    NavierStokes().require_parameters(np.tile(np.sin(TURN * CIRCLE), (2, 32, 1)))


def test_with_a_boundary_both_ends_belong_to_the_field():
    nodes = (1 - np.cos(np.pi * np.arange(12) / 11)) / 2
    Poisson(boundary="dirichlet").require_parameters(np.multiply.outer(nodes * (1 - nodes), nodes)[None])


@pytest.mark.parametrize(
    ("problem", "field", "says"),
    [
        (population(), WAVE, r"parameters of shape \(32,\).*needs \(batch, x\)"),
        (population(), np.zeros((0, 32)), r"of shape \(0, 32\)"),
        (population(), np.zeros((1, 2)), "at least 3 points"),
        (population(), np.zeros((1, 8, 8)), r"needs \(batch, x\)"),
        (Poisson(), np.zeros((1, 8)), r"needs \(batch, x, y\)"),
        (population(), np.where(CIRCLE == 0.25, np.nan, WAVE)[None], "1 values are not finite"),
        (population(), np.where(CIRCLE == 0.25, np.inf, WAVE)[None], "1 values are not finite"),
        (population(), (WAVE + 0.01 * np.sin(8 * TURN * CIRCLE))[None], r"0\.89% of a field.*beyond the \[11\] modes"),
        (Poisson(), np.tile(WAVE + 0.5, (1, 32, 1)), "needs fields without mean"),
        (NavierStokes(), np.tile(WAVE - 0.5, (1, 32, 1)), "subtract it"),
    ],
)
def test_fields_that_cannot_be_used_are_refused_with_a_reason(problem, field, says):
    with pytest.raises(DataError, match=says):
        problem.require_parameters(field)


def test_a_source_with_a_boundary_may_have_a_mean():
    Poisson(boundary="dirichlet").require_parameters(np.ones((1, 16, 16)))


def test_one_rough_field_of_a_batch_is_enough():
    rough = WAVE + 0.1 * np.cos(10 * TURN * CIRCLE)
    with pytest.raises(DataError, match="beyond"):
        population().require_parameters(np.stack([WAVE, rough, WAVE]))


def test_series_too_short_for_the_random_fields_are_refused_before_training(tmp_path):
    with pytest.raises(ConfigurationError, match=r"pde.parameter_modes=5: .*% of a random field"):
        ReactionDiffusion(parameter_modes=5, cache=tmp_path).setup()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ReactionDiffusion(viscosity=0), "pde.viscosity=0"),
        (lambda: ReactionDiffusion(growth=-1), "pde.growth=-1"),
        (lambda: ReactionDiffusion(length_scale=0), "length_scale"),
        (lambda: ReactionDiffusion(parameter_modes=2), "pde.parameter_modes=2"),
        (lambda: Burgers(viscosity=-0.01), "pde.viscosity=-0.01"),
        (lambda: Burgers(duration=0), "pde.duration=0"),
        (lambda: Burgers(parameter_modes=0), "pde.parameter_modes=0"),
        (lambda: NavierStokes(viscosity=float("nan")), "pde.viscosity=nan"),
        (lambda: NavierStokes(viscosity=0.0), "pde.viscosity=0.0"),
        (lambda: NavierStokes(forcing=float("inf")), "pde.forcing=inf"),
        (lambda: NavierStokes(forcing=True), "pde.forcing=True"),
        (lambda: NavierStokes(parameter_modes=1), "pde.parameter_modes=1"),
        (lambda: NavierStokes(solver_step=0.0), "largest_step"),
        (lambda: Poisson(boundary="neumann"), "boundary"),
        (lambda: Poisson(length_scale=-0.2), "length_scale"),
        (lambda: Poisson(n_points=2), "n_points"),
    ],
)
def test_bad_values_of_an_equation_are_named(make, says):
    with pytest.raises(ConfigurationError, match=says):
        make()


@pytest.mark.parametrize(
    ("name", "modes", "says"),
    [
        ("poisson", [7], r"model.modes=\[7\]: Poisson's equation has the axes \(x, y\)"),
        ("poisson", [7, 7, 7], r"axes \(x, y\); give a number for each"),
        ("navier_stokes", [4, 5], r"axes \(t, x, y\)"),
        ("poisson", [7, 8], r"an even number of modes along y .* use 7 or 9"),
        ("navier_stokes", [4, 6, 5], "an even number of modes along x"),
        ("poisson", [1, 7], "1 modes along x; give a whole number of at least 3"),
        ("reaction_diffusion", [2, 9], "2 modes along t"),
        ("poisson_dirichlet", [5, 0], "0 modes along y"),
        ("poisson_dirichlet", [5, True], "True modes along y"),
    ],
)
def test_numbers_of_modes_that_make_no_sense_are_refused(name, modes, says):
    with pytest.raises(ConfigurationError, match=says):
        equation(name).basis(modes)


@pytest.mark.parametrize(("name", "modes"), [("reaction_diffusion", [4, 32]), ("poisson_dirichlet", [8, 6])])
def test_even_numbers_are_allowed_where_they_mean_something(name, modes):
    assert equation(name).basis(modes).n_modes == tuple(modes)
