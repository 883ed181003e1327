"""Networks: what they see, what they give on any grid, and what they are blind to."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, random_fields, series_on

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.seeds import seed_everything
from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.equations import NavierStokes, Poisson, ReactionDiffusion
from sciml_bench.nsm.grid import Axis, Grid
from sciml_bench.nsm.networks import FourierNeuralOperator, SpectralNeuralOperator, SpectralOperator
from sciml_bench.nsm.networks.fourier_neural_operator import convolved
from sciml_bench.nsm.networks.operator_network import coordinate_features
from sciml_bench.nsm.solving import prediction, residual_l2

NETWORKS = {
    "nsm": (SpectralOperator, {}),
    "all_fourier": (SpectralOperator, {"basis": "fourier"}),
    "cno": (SpectralOperator, {"basis": "chebyshev"}),
    "per_coefficient": (SpectralOperator, {"kernel": "per_coefficient"}),
    "sno": (SpectralNeuralOperator, {}),
    "fno": (FourierNeuralOperator, {}),
}
every_network = pytest.mark.parametrize("kind", NETWORKS)
every_equation = pytest.mark.parametrize("name", MODES)


def network(kind, problem, modes, seed=0, **options):
    seed_everything(seed)
    kind, own = NETWORKS[kind]
    return kind(problem, modes=modes, **({"width": 3, "depth": 2, "activation": "gelu"} | own | options))


@every_network
@every_equation
def test_a_network_gives_coefficients_of_the_equations_basis_and_values_on_any_grid(kind, name):
    problem = equation(name)
    model = network(kind, problem, MODES[name])
    fields = random_fields(problem).float()
    assert model.coefficients(fields).shape == (2, *MODES[name])
    grid = problem.test_grid(9)
    values = model.values(fields, grid)
    assert values.shape == (2, *grid.size)
    assert values.dtype == torch.float32
    assert float(values.detach().std()) > 1e-4  # it says something, and not the same everywhere


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        ("nsm", (Chebyshev(5), Fourier(8))),
        ("sno", (Chebyshev(5), Fourier(8))),
        ("all_fourier", (Fourier(5), Fourier(8))),
        ("cno", (Chebyshev(5), Chebyshev(8))),
        ("fno", (Chebyshev(5), Fourier(8))),
    ],
)
def test_every_network_has_its_basis(kind, bases):
    assert network(kind, equation("reaction_diffusion"), [5, 8]).basis == TensorProduct(bases)


@every_network
@every_equation
def test_a_series_has_the_same_values_wherever_it_is_seen(kind, name):
    problem = equation(name)
    model = network(kind, problem, MODES[name])
    fields = random_fields(problem).float()
    with torch.no_grad():
        series = model.coefficients(fields).double()
        for grid in (problem.test_grid(7), Grid.of_nodes(problem.axes, model.equation_basis)):
            expected = series_on(model.equation_basis, series, grid.points)
            scale = np.abs(expected).max()
            np.testing.assert_allclose(model.values(fields, grid), expected, atol=1e-5 * scale)


@pytest.mark.parametrize("kind", ["all_fourier", "cno"])
def test_a_series_of_another_basis_is_sampled_at_the_nodes_of_the_equations_own(kind):
    problem = equation("reaction_diffusion")
    model = network(kind, problem, [5, 8])
    fields = random_fields(problem).float()
    with torch.no_grad():
        expected = series_on(model.basis, model.series(fields).double(), model.equation_basis.nodes)
        found = series_on(model.equation_basis, model.coefficients(fields).double(), model.equation_basis.nodes)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("kind", ["nsm", "sno"])
@every_equation
def test_a_prediction_is_one_function_at_every_resolution_also_at_fewer_points_than_modes(kind, name):
    problem = equation(name)
    model = network(kind, problem, MODES[name])
    parameters = problem.draw_parameters(2, 0)
    fine = prediction(model, problem, parameters, problem.test_grid(12 if name != "poisson_dirichlet" else 13))
    # of 12 points every second and third; of 13 with both ends the same
    for stride in (2, 3):
        n = 12 // stride if name != "poisson_dirichlet" else 12 // stride + 1
        coarse = prediction(model, problem, parameters, problem.test_grid(n))
        some = fine[(..., *[slice(None, None, stride) for _ in problem.space_axes])]
        torch.testing.assert_close(coarse, some, rtol=0, atol=1e-5 * float(fine.abs().max()))


@every_network
def test_predictions_do_not_depend_on_how_many_are_asked_for_at_once(kind, monkeypatch):
    problem = equation("navier_stokes")
    model = network(kind, problem, MODES["navier_stokes"])
    parameters, grid = problem.draw_parameters(3, 0), problem.test_grid(8)
    together = prediction(model, problem, parameters, grid)
    monkeypatch.setattr("sciml_bench.nsm.solving._VALUES_AT_ONCE", 1)
    torch.testing.assert_close(prediction(model, problem, parameters, grid), together, rtol=0, atol=1e-5)


@every_network
def test_the_seed_decides_the_weights(kind):
    problem = equation("poisson")
    one, same, other = (network(kind, problem, [5, 5], seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@every_network
def test_the_output_scale_multiplies_what_the_network_says(kind):
    problem = equation("reaction_diffusion")
    fields = random_fields(problem).float()
    one, ten = (network(kind, problem, [5, 9], output_scale=scale).coefficients(fields) for scale in (1, 10.0))
    torch.testing.assert_close(ten, 10 * one)


def test_a_linear_layer_maps_every_coefficient_by_its_own_matrix():
    problem = equation("poisson")
    layer = network("nsm", problem, [5, 7], depth=1, kernel="per_coefficient").layers[0]
    layer.activation = torch.nn.Identity()
    torch.nn.init.zeros_(layer.pointwise.weight)
    torch.nn.init.zeros_(layer.pointwise.bias)
    basis = layer.basis
    coefficients = np.random.default_rng(0).standard_normal((2, 3, 5, 7))  # batch, channels
    values = series_on(basis, coefficients.reshape(6, 5, 7), basis.nodes).reshape(2, 3, 5, 7)
    with torch.no_grad():
        found = layer(torch.from_numpy(values).float().permute(2, 3, 0, 1)).permute(2, 3, 0, 1)
    mapped = np.einsum("bcij,ijcd->bdij", coefficients, layer.kernel.detach().numpy().reshape(5, 7, 3, 3))
    expected = series_on(basis, mapped.reshape(6, 5, 7), basis.nodes).reshape(2, 3, 5, 7)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def moved_by(shift, problem, fields):
    """The series of the same fields, further along each circle."""
    nodes = [basis.nodes - by for basis, by in zip(problem.parameter_basis.bases, shift, strict=True)]
    return problem.parameter_basis.analyse(torch.from_numpy(series_on(problem.parameter_basis, fields, nodes)))


def change_by_moving(model, problem, grid, steps):
    """How far an answer is from moving with the question, along the axes of space."""
    fields = random_fields(problem, 1)
    sizes = [grid.size[axis] for axis in problem.space_axes]
    moved = moved_by([step / n for step, n in zip(steps, sizes, strict=True)], problem, fields)
    with torch.no_grad():
        here, there = (model.values(field.to(model.dtype), grid) for field in (fields, moved))
    expected = here.roll(tuple(steps), tuple(axis + 1 for axis in problem.space_axes))
    return float((there - expected).abs().max() / here.abs().max())


@pytest.mark.parametrize("n", [16, 17])
@pytest.mark.parametrize("name", ["poisson", "navier_stokes"])
def test_without_positions_on_circles_a_fourier_operator_moves_its_answer_with_the_question(name, n):
    problem = equation(name)
    grid = Grid.equally_spaced(problem.axes, tuple(5 if axis.kind == "time" else n for axis in problem.axes))
    models = {
        which: network("fno", problem, MODES[name], coordinates=which) for which in ("none", "not_periodic", "all")
    }
    for model in models.values():
        model.define_on(grid)
    change = {which: change_by_moving(model, problem, grid, [3, 5]) for which, model in models.items()}
    assert max(change["none"], change["not_periodic"]) < 1e-5
    assert change["all"] > 1e-3


@pytest.mark.parametrize("name", ["poisson", "navier_stokes", "reaction_diffusion"])
def test_so_does_a_spectral_operator_with_one_matrix_for_sine_and_cosine(name):
    problem = equation(name, **({"forcing": 0.0} if name == "navier_stokes" else {}))
    modes = [7 if axis.kind == "periodic" else 4 for axis in problem.axes]
    grid = Grid.of_nodes(problem.axes, problem.basis(modes))
    steps = [2, 3][: len(problem.space_axes)]
    change = {
        (kernel, which): change_by_moving(
            network("nsm", problem, modes, kernel=kernel, coordinates=which, width=6), problem, grid, steps
        )
        for kernel in ("per_frequency", "per_coefficient")
        for which in ("not_periodic", "all")
    }
    assert change.pop(("per_frequency", "not_periodic")) < 1e-5
    assert min(change.values()) > 1e-3
    model = network("nsm", problem, modes, kernel="per_frequency", coordinates="not_periodic", width=6).double()
    assert change_by_moving(model, problem, grid, steps) < 1e-12


def test_a_spectral_operator_sees_positions_on_circles_where_the_equation_does():
    moving, forced = (equation("navier_stokes", forcing=forcing) for forcing in (0.0, 0.1))
    grid = Grid.of_nodes(moving.axes, moving.basis([4, 7, 7]))
    steps = [2, 3]
    assert change_by_moving(network("nsm", moving, [4, 7, 7]), moving, grid, steps) < 1e-5
    assert change_by_moving(network("nsm", forced, [4, 7, 7]), forced, grid, steps) > 1e-3
    for which in ("not_periodic", "none"):
        with pytest.raises(ConfigurationError, match=f"model.coordinates={which}: the Navier–Stokes equation depends"):
            network("nsm", forced, [4, 7, 7], coordinates=which)
    network("per_coefficient", forced, [4, 7, 7], coordinates="not_periodic")


@pytest.mark.parametrize("modes", [(7,), (8, 5), (4, 5, 6)])
@pytest.mark.parametrize("n", [6, 16])
def test_on_even_grids_the_convolution_is_that_of_neuraloperator(modes, n):
    from neuralop.layers.spectral_convolution import SpectralConv

    seed_everything(0)
    convolution = SpectralConv(3, 3, modes)
    values = torch.randn(2, 3, *[n] * len(modes))
    torch.testing.assert_close(convolved(convolution, values), convolution(values), rtol=0, atol=1e-6)


@pytest.mark.parametrize("n", [15, 16, 33])
def test_a_convolution_gives_one_function_on_every_grid_that_holds_its_waves(n):
    """Also on odd ones, where neuraloperator 2.0.0 displaces the frequencies of all axes but the last by one."""
    from neuralop.layers.spectral_convolution import SpectralConv

    seed_everything(0)
    convolution = SpectralConv(2, 2, (7, 7))

    def smooth(n):
        x = torch.arange(n) / n
        field = torch.sin(TURN * x)[:, None] + torch.cos(2 * TURN * (x[:, None] + x))
        return torch.stack([field, field**2])[None]

    fine = torch.fft.rfft2(convolved(convolution, smooth(64)), norm="forward")
    here = torch.fft.rfft2(convolved(convolution, smooth(n)), norm="forward")
    rows = torch.arange(-3, 4)
    torch.testing.assert_close(here[..., rows % n, :4], fine[..., rows % 64, :4], rtol=0, atol=1e-6)


def test_positions_are_waves_on_circles_where_they_would_jump():
    axes = (Axis("t", "time"), Axis("x", "periodic"), Axis("y", "bounded"))
    grid = Grid.equally_spaced(axes, (5, 64, 3))
    features = coordinate_features(grid)
    assert features.shape == (5, 64, 3, 4)
    x = np.arange(64) / 64
    np.testing.assert_allclose(features[2, :, 1], np.stack([0 * x, np.sin(TURN * x), np.cos(TURN * x), 0 * x], -1))
    np.testing.assert_allclose(features[[0, -1], 0, 0, 0], [-1, 1])
    jump = np.abs(features[:, 0] - features[:, -1]).max()
    assert jump <= np.abs(np.diff(features, axis=1)).max() * (1 + 1e-9)


@pytest.mark.parametrize(("coordinates", "channels"), [("all", 1 + 1 + 2 + 2), ("not_periodic", 2), ("none", 1)])
def test_coordinates_may_be_left_out(coordinates, channels):
    problem = equation("navier_stokes", forcing=0.0)
    model = network("nsm", problem, [4, 5, 7], coordinates=coordinates)
    fields = random_fields(problem).float()
    grid = problem.test_grid(6)
    features = model.features(fields, grid)
    assert features.shape == (*grid.size, 2, channels)
    assert model.n_features == channels
    expected = series_on(problem.parameter_basis, fields.double(), grid.points[1:])
    np.testing.assert_allclose(features[3, ..., 0].movedim(-1, 0), expected, atol=1e-4)
    if coordinates == "not_periodic":
        np.testing.assert_allclose(features[:, 0, 0, 0, 1], 2 * grid.points[0] - 1)


def test_where_all_axes_are_circles_nothing_is_left_of_the_positions():
    problem = equation("poisson")
    model = network("nsm", problem, [5, 5], coordinates="not_periodic")
    assert model.features(random_fields(problem).float(), problem.test_grid(6)).shape == (6, 6, 2, 1)


@every_network
def test_every_weight_has_a_gradient(kind):
    problem = equation("reaction_diffusion")
    model = network(kind, problem, [5, 9])
    model.coefficients(random_fields(problem, 8).float()).square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert float(weight.grad.abs().max()) > 0, name


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "tanh"])
def test_activations_are_free(activation):
    model = network("nsm", equation("poisson"), [5, 5], activation=activation)
    assert type(model.layers[0].activation).__name__.lower() == activation


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (5, 3)])
@every_network
def test_widths_and_depths_are_free(kind, width, depth):
    problem = equation("poisson")
    model = network(kind, problem, [5, 5], width=width, depth=depth)
    assert model.coefficients(random_fields(problem).float()).shape == (2, 5, 5)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"activation": "step"}, r"model.activation=step: choose one of gelu, relu, silu, tanh"),
        ({"width": 0}, "model.width=0"),
        ({"depth": 0}, "model.depth=0"),
        ({"output_scale": 0}, "model.output_scale=0"),
        ({"output_scale": float("nan")}, "model.output_scale=nan"),
        ({"coordinates": "some"}, "model.coordinates=some: choose one of all, automatic, none, not_periodic"),
        ({"kernel": "dense"}, "model.kernel=dense: choose one of per_coefficient, per_frequency"),
        ({"basis": "legendre"}, "model.basis=legendre: choose one of chebyshev, equation, fourier"),
        ({"modes": [7, 6]}, "an even number of modes along y"),
        ({"modes": [7]}, "Poisson's equation has the axes"),
        ({"modes": [7, 1]}, "at least 3"),
    ],
)
def test_bad_options_of_a_network_are_named(options, says):
    with pytest.raises(ConfigurationError, match=says):
        SpectralOperator(Poisson(), **({"modes": [7, 7], "width": 2, "depth": 1} | options))


@pytest.mark.parametrize(("part", "residual"), [(1.0, 0.0), (0.5, 0.25)])
def test_the_residual_is_that_part_of_the_source_which_a_network_does_not_explain(part, residual):
    problem = Poisson()
    model = SpectralOperator(problem, modes=[5, 5], width=1, depth=1)
    # −Δu = 8π² u for sources of one frequency along both axes
    model.coefficients = lambda fields: part * fields[:, :5, :5] / (2 * TURN**2)
    x = np.arange(16) / 16
    source = np.sin(TURN * x)[:, None] * np.cos(TURN * x)  # of norm 1/2
    assert float(residual_l2(model, problem, source[None])) == pytest.approx(residual, rel=1e-4, abs=1e-5)


def test_models_of_time_and_space_keep_their_shapes():
    for problem, modes in ((ReactionDiffusion(), [4, 9]), (NavierStokes(), [4, 5, 5])):
        model = SpectralOperator(problem, modes=modes, width=2, depth=1)
        assert model.record_entries() == {"modes": modes, "bases": ["chebyshev"] + ["fourier"] * (len(modes) - 1)}
