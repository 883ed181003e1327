"""Losses of the three trainings, every model with every equation, and what an iteration costs."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, functions, random_fields, series_on

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.seeds import seed_everything
from sciml_bench.nsm import GridTraining, SpectralTraining, SupervisedTraining
from sciml_bench.nsm.equations import Poisson
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks import FourierNeuralOperator, SpectralNeuralOperator, SpectralOperator
from sciml_bench.nsm.solving import prediction, residual_l2

NETWORKS = {
    "nsm": (SpectralOperator, {}),
    "all_fourier": (SpectralOperator, {"basis": "fourier"}),
    "cno": (SpectralOperator, {"basis": "chebyshev"}),
    "per_coefficient": (SpectralOperator, {"kernel": "per_coefficient"}),
    "sno": (SpectralNeuralOperator, {}),
    "fno": (FourierNeuralOperator, {}),
}
TRAININGS = {
    "spectral": (SpectralTraining, {}),
    "raw": (SpectralTraining, {"norm": "raw"}),
    "grid": (GridTraining, {"resolution": 8}),
    "spectral_grid": (GridTraining, {"resolution": 8, "differences": "spectral"}),
    "supervised": (SupervisedTraining, {"resolution": 8, "n_training": 3}),
}


@pytest.fixture(scope="module")
def problems(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return {name: equation(name, cache=cache) for name in MODES}


def training(kind, problem, name="poisson", network="nsm", modes=None, **options):
    seed_everything(0)
    make, settings = NETWORKS[network]
    model = make(problem, modes=modes or MODES[name], **({"width": 3, "depth": 1, "activation": "gelu"} | settings))
    make, settings = TRAININGS[kind]
    return make(model, problem.sampling, **(settings | options))


def batch_of(problem, n=2, seed=0):
    return torch.from_numpy(problem.draw_parameters(n, seed)).float()


@pytest.mark.parametrize("kind", ["spectral", "grid", "spectral_grid", "supervised"])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["poisson_dirichlet", "reaction_diffusion", "navier_stokes"])
def test_what_is_judged_is_the_function_that_the_loss_sees(name, network, kind, problems):
    problem = problems[name]
    method = training(kind, problem, name, network)
    parameters = problem.draw_parameters(2, 0)
    fields = problem.parameter_coefficients(torch.from_numpy(parameters).float())
    with torch.no_grad():
        series, basis = method.model.solution_series(fields)
        wide, solution = problem.solution(series, basis, fields)
        if kind == "spectral":
            loss = SpectralTraining.loss(method, torch.from_numpy(parameters).float())
            norms = residual_l2(method.model, problem, parameters)
            assert float(norms.square().mean()) == pytest.approx(float(loss), rel=1e-3)
        grid = method.grid if hasattr(method, "grid") else Grid.of_nodes(problem.axes, method.model.equation_basis)
        seen = problem.solution_values(method.model.values(fields, grid), grid, problem.parameters_on(fields, grid))
        scale = float(seen.abs().max())
        if kind in ("grid", "supervised"):  # equally spaced: predictions are the values themselves
            torch.testing.assert_close(prediction(method.model, problem, parameters, grid), seen, rtol=0, atol=1e-5)
        else:
            judged = problem.test_grid(12)
            expected = series_on(wide, solution.double(), judged.points)
            found = prediction(method.model, problem, parameters, judged)
            np.testing.assert_allclose(found, expected, atol=1e-4 * scale)


@pytest.mark.parametrize("kind", ["spectral", "grid", "spectral_grid", "supervised"])
def test_the_grid_of_an_operator_on_values_is_kept_with_its_weights(kind, problems):
    problem = problems["reaction_diffusion"]
    method, other = (training(which, problem, "reaction_diffusion", "fno") for which in (kind, "spectral"))
    other.model.load_state_dict(method.model.state_dict())
    fields = random_fields(problem).float()
    grid = problem.test_grid(9)
    assert torch.equal(other.model.values(fields, grid), method.model.values(fields, grid))
    assert torch.equal(other.model.series(fields), method.model.series(fields))


@pytest.mark.parametrize("resolution", [[24, 17], [65, 16]])
def test_the_series_of_an_operator_on_points_fits_its_values_there(resolution, problems):
    problem = problems["reaction_diffusion"]
    method = training("grid", problem, "reaction_diffusion", "fno", resolution=resolution)
    fields = random_fields(problem).float()
    points = method.grid.points
    with torch.no_grad():
        values = method.model.values(fields, method.grid).double().numpy()
        series = method.model.series(fields).double().numpy()
    basis = method.model.basis
    assert basis.n_modes == (5, resolution[1] - 1 + resolution[1] % 2)
    # least squares of Chebyshev polynomials along time and all waves along x, but one of an even number
    design = np.kron(functions(basis.bases[0], points[0]), functions(basis.bases[1], points[1]))
    expected = np.linalg.lstsq(design, values.reshape(2, -1).T, rcond=None)[0].T.reshape(series.shape)
    np.testing.assert_allclose(series, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("kind", TRAININGS)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", MODES)
def test_every_model_takes_a_step_down_with_every_equation_and_training(name, network, kind, problems):
    method = training(kind, problems[name], name, network, learning_rate=1e-4)
    batch = batch_of(problems[name])
    optimizer = method.optimizer()
    torch.manual_seed(0)  # of the pairs that a supervised loss draws
    before = method.loss(batch)
    before.backward()
    optimizer.step()
    torch.manual_seed(0)
    after = method.loss(batch)
    assert before.ndim == 0
    assert torch.isfinite(before)
    assert float(after.detach()) < float(before.detach())


def flat(problem, values):
    """The network whose z is given as a function of the grid."""

    class Given(SpectralOperator):
        def series(self, parameters):
            return self.basis.analyse(values(self.basis.nodes, len(parameters)))

    return Given(problem, modes=MODES["poisson"], width=1, depth=1)


def test_the_spectral_loss_of_no_potential_is_the_norm_of_the_source(problems):
    problem = problems["poisson"]
    method = SpectralTraining(flat(problem, lambda nodes, n: torch.zeros(n, 7, 9)), problem.sampling, norm="l2")
    batch = batch_of(problem, 3)
    waves = np.fft.fft2(batch.double().numpy(), norm="forward")
    energy = np.abs(waves) ** 2
    energy[:, 4] /= 2  # of 8 points the last wave is a cosine, of which the square is 1 at all of them
    energy[:, :, 4] /= 2
    assert float(method.loss(batch)) == pytest.approx(energy.sum() / 3, rel=1e-4)


@pytest.mark.parametrize("differences", ["finite", "spectral"])
def test_the_grid_loss_of_a_wave_is_that_of_its_residual(differences, problems):
    problem = problems["poisson"]

    def wave(nodes, n):
        x = torch.from_numpy(np.sin(TURN * nodes[0])[:, None] + 0 * nodes[1])
        return x.float().expand(n, 7, 9)

    method = GridTraining(flat(problem, wave), problem.sampling, resolution=16, differences=differences)
    batch = 40 * torch.cos(TURN * torch.arange(8) / 8).expand(2, 8, 8)  # along y
    # 4π² sin 2πx − 40 cos 2πy; differences see the frequency 2 sin(πh)/h
    squared = (2 * 16 * np.sin(np.pi / 16)) ** 2 if differences == "finite" else TURN**2
    assert float(method.loss(batch)) == pytest.approx(squared**2 / 2 + 800, rel=1e-3)
    assert method.grid.size == ((16, 16) if differences == "finite" else (15, 15))


def test_the_grid_of_spectral_differences_is_odd_on_circles_only(problems):
    assert training("spectral_grid", problems["reaction_diffusion"], "reaction_diffusion").grid.size == (8, 7)
    assert training("grid", problems["reaction_diffusion"], "reaction_diffusion").grid.size == (8, 8)


def test_a_grid_may_have_its_own_number_of_points_along_each_axis(problems):
    problem = problems["reaction_diffusion"]
    assert training("grid", problem, "reaction_diffusion", resolution=[6, 10]).grid.size == (6, 10)
    assert training("spectral_grid", problem, "reaction_diffusion", resolution=[6, 10]).grid.size == (6, 9)
    with pytest.raises(
        ConfigurationError, match=r"training.resolution=\[6\]: give one number, or one for each of \(t, x"
    ):
        training("grid", problem, "reaction_diffusion", resolution=[6])


def test_the_supervised_loss_of_no_solution_is_one(problems):
    problem = problems["poisson"]
    model = flat(problem, lambda nodes, n: torch.zeros(n, 7, 9))
    method = SupervisedTraining(model, problem.sampling, n_training=4, resolution=8)
    assert float(method.loss(batch_of(problem))) == pytest.approx(1)
    parameters, solutions = method.pairs()
    truth = problem.solve(parameters.double().numpy(), 8, 5)
    np.testing.assert_allclose(solutions, truth, atol=1e-6)
    assert parameters.shape == (4, 8, 8)
    problem.setup()
    for split in ("validation", "test"):
        held_out = problem.sampling.parameters(split).astype(np.float32)
        assert not np.isin(parameters.numpy()[:, 0, 0], held_out[:, 0, 0]).any()


def test_one_iteration_costs_the_products_that_are_counted_by_hand():
    """Two axes of n = 9 waves and points, one layer; all matrices in their places forward and backward."""
    n, batch, width = 9, 4, 3
    problem = Poisson(n_points=n, batch_size=batch)
    model = SpectralOperator(problem, modes=[n, n], width=width, depth=1, kernel="per_coefficient", coordinates="all")
    method = SpectralTraining(model, problem.sampling, norm="raw")
    points = n * n
    transform = 2 * 2 * n**3 * batch  # of one field along both axes
    lift = 2 * points * batch * np.array([5 * 4 * width, 4 * width * width])
    layer = 2 * points * batch * width * width  # the pointwise map, and that of the coefficients
    project = 2 * points * batch * (width * width + width * 4 * width + 4 * width)
    # parameters: analysed, on the nodes of the network, on the nodes of the residual; nothing flows back into them
    forward_alone = 3 * transform
    # z analysed, u seen with two second derivatives, the residual analysed; the analysis and synthesis of a layer
    one_way_back = (1 + 2 + 1) * transform + 2 * width * transform
    # with weights, the gradient takes two products; of the first map, whose input needs none, one
    weighted = 3 * (lift[1] + 2 * layer + project) + 2 * lift[0]
    assert method.flops_per_iteration() == forward_alone + 2 * one_way_back + weighted


def test_counting_leaves_weights_and_gradients_alone_and_works_in_an_evaluation(problems):
    method = training("spectral", problems["poisson"])
    before = {name: value.clone() for name, value in method.state_dict().items()}
    with torch.inference_mode():
        assert method.flops_per_iteration() > 0
    assert all(torch.equal(before[name], value) for name, value in method.state_dict().items())
    assert all(weight.grad is None for weight in method.parameters())


def test_seconds_per_iteration_leave_the_slowest_tenth_out(problems):
    method = training("spectral", problems["poisson"])
    assert method.seconds_per_iteration == 0
    method.load_counters({"seconds": [0.2] * 5 + [0.4] * 4 + [9.0]})
    assert method.seconds_per_iteration == pytest.approx((5 * 0.2 + 4 * 0.4) / 9)


def test_complex_weights_are_optimised_too(problems):
    method = training("spectral", problems["poisson"], network="fno")
    assert any(weight.is_complex() for weight in method.parameters())
    method.loss(batch_of(problems["poisson"])).backward()
    method.optimizer().step()


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("spectral", {"learning_rate": 0}, "training.learning_rate=0"),
        ("spectral", {"learning_rate": float("inf")}, "training.learning_rate=inf"),
        ("spectral", {"n_epochs": 0}, "training.n_epochs=0"),
        ("spectral", {"norm": "h1"}, "training.norm=h1"),
        ("spectral", {"norm": "chebyshev"}, "training.norm=chebyshev"),
        ("grid", {"resolution": 3}, "training.resolution=3"),
        ("grid", {"differences": "fourth"}, "training.differences=fourth: choose one of finite, spectral"),
        ("supervised", {"n_training": 0}, "training.n_training=0"),
        ("supervised", {"resolution": 2}, "training.resolution=2"),
    ],
)
def test_bad_settings_of_a_training_are_named(kind, options, says, problems):
    with pytest.raises(ConfigurationError, match=says):
        training(kind, problems["poisson"], **options)


def test_the_validation_error_is_that_of_the_reference(tmp_path):
    problem = equation("poisson", cache=tmp_path, test_resolutions=[8])
    problem.setup()
    method = training("spectral", problem)
    fields = problem.parameter_coefficients(torch.from_numpy(problem.sampling.parameters("validation")).float())
    with torch.no_grad():
        series = method.model.series(fields).double().numpy()
    series[:, 0, 0] = 0
    found = series_on(method.model.basis, series, [np.arange(64) / 64] * 2)
    truth = problem.solve(problem.sampling.parameters("validation"), 64, 5)
    expected = np.sqrt(((found - truth) ** 2).sum() / (truth**2).sum())
    assert method.validation_error() == pytest.approx(expected, rel=1e-4)
