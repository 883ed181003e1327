"""Fields that stand for random parameters, and a person's own that are refused."""

from functools import partial

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, random_points, series_at

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.equations import Burgers, NavierStokes, Poisson, ReactionDiffusion
from sciml_bench.nsm.equations.parameter_checks import require_fields, require_positions, warn_of_unfamiliar_fields
from sciml_bench.systems import NavierStokesVorticity
from sciml_bench.systems import Poisson as PoissonSystem

CIRCLE = np.arange(32) / 32
WAVE = np.sin(TURN * CIRCLE) + 0.5 * np.cos(2 * TURN * CIRCLE)


def population(**settings):
    return ReactionDiffusion(parameter_modes=11, length_scale=1.0, **settings)


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
    require_fields(problem, problem.draw_parameters(16, 3))
    assert not np.array_equal(problem.draw_parameters(2, 3), problem.draw_parameters(2, 4))
    np.testing.assert_array_equal(problem.draw_parameters(2, 3), problem.draw_parameters(2, 3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [17, 65])
def test_a_repeated_end_point_is_found_in_either_precision(dtype, n):
    x = np.linspace(0, 1, n, dtype=dtype)
    field = (2 + np.sin(dtype(TURN) * x) + np.cos(dtype(TURN) * x))[None].astype(dtype)
    with pytest.raises(DataError, match=r"the last value along x repeats the first.*parameters\[:, :-1\]"):
        require_fields(population(), field)
    require_fields(population(), field[:, :-1])


def test_a_repeated_end_point_is_found_along_either_axis_of_a_square_and_its_remedy_is_the_right_slice():
    x = np.linspace(0, 1, 17)
    open_, closed = x[:-1], x
    cases = [
        ((closed, open_), r"along x repeats.*\(parameters\[:, :-1\]\)"),
        ((open_, closed), r"along y repeats.*\(parameters\[:, :, :-1\]\)"),
        ((closed, closed), r"along x and y repeats.*\(parameters\[:, :-1, :-1\]\)"),
    ]
    for axes, says in cases:
        field = np.sin(TURN * axes[0])[:, None] + np.cos(TURN * axes[1])
        with pytest.raises(DataError, match=says):
            require_fields(Poisson(), field[None])


@pytest.mark.parametrize("make", [ReactionDiffusion, Burgers, NavierStokes])
def test_random_fields_that_are_closed_are_found(make):
    fields = make().draw_parameters(8, 1)
    require_fields(make(), fields)
    with pytest.raises(DataError, match=r"parameters\[0\]: the last value along x repeats"):
        require_fields(make(), np.concatenate([fields, fields[:, :1]], axis=1))


@pytest.mark.parametrize("n", [5, 16, 17, 32, 64])
def test_an_even_field_between_the_points_has_equal_ends_and_is_accepted(n):
    middles = (np.arange(n) + 0.5) / n
    wave = np.cos(TURN * middles)
    assert wave[0] == pytest.approx(wave[-1], abs=1e-12)
    require_fields(population(), np.stack([wave, wave + 0.3 * np.cos(2 * TURN * middles)]).astype(np.float32))
    require_fields(Poisson(), np.multiply.outer(wave, wave)[None])


def test_one_closed_field_of_a_batch_is_enough():
    closed = np.cos(TURN * np.linspace(0, 1, 32))
    with pytest.raises(DataError, match=r"parameters\[1\]: the last value along x"):
        require_fields(population(), np.stack([1e3 * WAVE, closed, WAVE]))


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
    require_fields(ReactionDiffusion(), field[None])


def test_a_square_field_may_be_constant_along_one_axis():
    require_fields(NavierStokes(), np.tile(np.sin(TURN * CIRCLE), (2, 32, 1)))


def test_with_a_boundary_both_ends_belong_to_the_field():
    nodes = (1 - np.cos(np.pi * np.arange(12) / 11)) / 2
    require_fields(Poisson(boundary="dirichlet"), np.multiply.outer(nodes * (1 - nodes), nodes)[None])


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
        (
            population(),
            (WAVE + 0.01 * np.sin(8 * TURN * CIRCLE))[None],
            r"0\.89% of the field.*beyond the \[11\] modes",
        ),
        (population(), 1e300 * WAVE[None], r"parameters\[0\]: 1.*e\+300 is no number in single precision"),
        (Poisson(), np.tile(WAVE + 0.5, (1, 32, 1)), "needs fields without mean"),
        (NavierStokes(), np.tile(WAVE - 0.5, (1, 32, 1)), "subtract it"),
    ],
)
def test_fields_that_cannot_be_used_are_refused_with_a_reason(problem, field, says):
    with pytest.raises(DataError, match=says):
        require_fields(problem, field)


def test_a_source_with_a_boundary_may_have_a_mean():
    require_fields(Poisson(boundary="dirichlet"), np.ones((1, 16, 16)))


def test_one_rough_field_of_a_batch_is_enough():
    rough = WAVE + 0.1 * np.cos(10 * TURN * CIRCLE)
    with pytest.raises(DataError, match=r"parameters\[1\]: .*beyond"):
        require_fields(population(), np.stack([1e6 * WAVE, rough, rough]))


def test_one_field_with_a_mean_is_found_in_a_batch_of_strong_ones():
    field = np.tile(WAVE, (32, 1))
    with pytest.raises(DataError, match=r"parameters\[1\]: Poisson's equation needs fields without mean"):
        require_fields(Poisson(), np.stack([1e6 * field, field + 0.5, field]))


@pytest.mark.parametrize(
    ("problem", "solver"),
    [
        (Poisson(), lambda fields: PoissonSystem().reference(fields, 8)),
        (NavierStokes(), lambda fields: NavierStokesVorticity().reference(fields, np.zeros(1), 8)),
    ],
    ids=["poisson", "navier_stokes"],
)
def test_the_mean_that_is_refused_is_the_one_that_the_reference_solver_refuses(problem, solver):
    field = np.tile(WAVE, (1, 32, 1))
    size = np.abs(field).max()
    for mean in (0.9e-5 * size, 1.2e-5 * size, 5e-5 * size):
        accepted = []
        for judge in (partial(require_fields, problem), solver):
            try:
                judge(field + mean)
                accepted.append(True)
            except DataError:
                accepted.append(False)
        assert accepted == [mean < 1e-5 * size] * 2


@pytest.mark.parametrize("problem", [NavierStokes(length_scale=0.4), ReactionDiffusion(length_scale=0.12)])
def test_what_the_random_fields_lose_beyond_the_modes_a_persons_own_may_lose(problem):
    for seed in range(20):
        require_fields(problem, problem.draw_parameters(16, seed))
    rougher = type(problem)(length_scale=problem.system.length_scale / 2).draw_parameters(16, 0)
    with pytest.raises(DataError, match=r"of the field is in waves beyond"):
        require_fields(problem, rougher)


NODES = (1 - np.cos(np.pi * np.arange(16) / 15)) / 2
BOUNDED = Poisson(boundary="dirichlet")


def test_positions_that_are_those_of_the_fields_are_accepted():
    require_positions(BOUNDED, (2, 16, 16), {"x": NODES, "y": NODES.astype(np.float32)})
    require_positions(Poisson(), (2, 16, 12), {"x": np.arange(16) / 16, "y": np.arange(12) / 12})
    require_positions(Poisson(), (2, 16, 12), {})
    require_positions(ReactionDiffusion(), (2, 32), {"x": CIRCLE})


@pytest.mark.parametrize(
    ("problem", "positions", "says"),
    [
        (
            BOUNDED,
            {},
            r"sample them at axis_x = \(1 - np.cos\(np.pi \* np.arange\(16\) / 15\)\) / 2.*save axis_x and axis_y in",
        ),
        (BOUNDED, {"x": NODES}, "save axis_y"),
        (
            BOUNDED,
            {"x": np.linspace(0, 1, 16), "y": NODES},
            r"axis_x does not hold .* np.cos\(np.pi \* np.arange\(16\)",
        ),
        (BOUNDED, {"x": NODES, "y": NODES + 1e-5}, "axis_y does not hold the positions"),
        (BOUNDED, {"x": NODES[::-1], "y": NODES}, "axis_x does not hold"),
        (BOUNDED, {"x": NODES[:-1], "y": NODES}, "axis_x does not hold"),
        (BOUNDED, {"x": np.where(NODES == 0, np.nan, NODES), "y": NODES}, "axis_x does not hold"),
        (BOUNDED, {"x": np.array(["0"] * 16), "y": NODES}, "axis_x does not hold"),
        (Poisson(), {"y": np.linspace(0, 1, 16)}, r"axis_y = np.arange\(16\) / 16 \(equally spaced, without the end"),
        (Poisson(), {"x": (np.arange(16) + 0.5) / 16}, r"axis_x does not hold"),
    ],
)
def test_positions_that_are_missing_or_others_are_refused_with_the_formula(problem, positions, says):
    with pytest.raises(DataError, match=says):
        require_positions(problem, (2, 16, 16), positions)


def warnings_of(caplog, problem, fields):
    caplog.clear()
    warn_of_unfamiliar_fields(problem, fields)
    return [record.getMessage() for record in caplog.records]


def test_random_fields_and_their_like_are_familiar(caplog):
    for problem in (Poisson(), BOUNDED, ReactionDiffusion(), Burgers(), NavierStokes()):
        assert not warnings_of(caplog, problem, 1.5 * problem.draw_parameters(100, 8))


@pytest.mark.parametrize(
    ("problem", "change"),
    [
        (Poisson(), lambda fields: 1e6 * fields),
        (Poisson(), lambda fields: 1e-6 * fields),
        (BOUNDED, lambda fields: 10 * fields),
        (ReactionDiffusion(), lambda fields: fields - 2.5),
        (ReactionDiffusion(), lambda fields: 3 * fields),
    ],
)
def test_fields_far_from_the_random_ones_are_named_in_one_warning(problem, change, caplog):
    fields = problem.draw_parameters(4, 8)
    fields[1:3] = change(fields[1:3])
    (said,) = warnings_of(caplog, problem, fields)
    assert said.startswith("parameters[1, 2]: far from the random fields")
    assert "\n" not in said


def test_series_too_short_for_the_random_fields_are_refused_before_training(tmp_path):
    with pytest.raises(ConfigurationError, match=r"pde.parameter_modes=5: .*% of a random field"):
        ReactionDiffusion(parameter_modes=5, cache=tmp_path).setup()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ReactionDiffusion(viscosity=0), "pde.viscosity=0"),
        (lambda: ReactionDiffusion(growth=-1), "pde.growth=-1"),
        (lambda: ReactionDiffusion(length_scale=0), "pde.length_scale=0"),
        (lambda: ReactionDiffusion(parameter_modes=2), "pde.parameter_modes=2"),
        (lambda: Burgers(viscosity=-0.01), "pde.viscosity=-0.01"),
        (lambda: Burgers(duration=0), "pde.duration=0"),
        (lambda: Burgers(parameter_modes=0), "pde.parameter_modes=0"),
        (lambda: NavierStokes(viscosity=float("nan")), "pde.viscosity=nan"),
        (lambda: NavierStokes(viscosity=0.0), "pde.viscosity=0.0"),
        (lambda: NavierStokes(forcing=float("inf")), "pde.forcing=inf"),
        (lambda: NavierStokes(forcing=True), "pde.forcing=True"),
        (lambda: NavierStokes(parameter_modes=1), "pde.parameter_modes=1"),
        (lambda: NavierStokes(solver_step=0.0), "pde.solver_step=0.0"),
        (lambda: Poisson(boundary="neumann"), "pde.boundary=neumann"),
        (lambda: Poisson(length_scale=-0.2), "pde.length_scale=-0.2"),
        (lambda: Poisson(n_points=2), "pde.n_points=2"),
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
