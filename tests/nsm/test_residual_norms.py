"""Norms of residual series, beside quadrature, sums over waves, dense Galerkin matrices and an integrator of SciPy."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, TURN, equation, functions, random_series, series_on
from numpy.polynomial import chebyshev, legendre
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.equations import Equation, LinearPart, ReactionDiffusion
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.training.residual_norms import ResidualNorm


def squared_norm(kind, problem, basis, coefficients):
    return ResidualNorm(kind, problem, basis).double()(coefficients)


def gauss(n=60):
    points, weights = legendre.leggauss(n)
    return (points + 1) / 2, weights / 2


def quadrature(axis):
    if axis.kind == "periodic":
        return np.arange(128) / 128, np.full(128, 1 / 128)
    return gauss()


def waves(basis):
    return (TURN * ((np.arange(basis.n_modes) + 1) // 2)) ** 2


every_equation = pytest.mark.parametrize("name", MODES)


@every_equation
def test_l2_is_the_integral_of_the_square(name):
    problem = equation(name)
    basis = problem.residual_basis(problem.basis(MODES[name]))
    residual = random_series(basis)
    points, weights = zip(*[quadrature(axis) for axis in problem.axes], strict=True)
    expected = series_on(basis, residual, points) ** 2
    for weight in reversed(weights):
        expected = expected @ weight
    np.testing.assert_allclose(squared_norm("l2", problem, basis, residual), expected, rtol=1e-10)


@every_equation
def test_raw_is_the_sum_of_squared_coefficients(name):
    problem = equation(name)
    basis = problem.basis(MODES[name])
    residual = random_series(basis)
    expected = (residual.numpy() ** 2).reshape(2, -1).sum(axis=1)
    np.testing.assert_allclose(squared_norm("raw", problem, basis, residual), expected)


@pytest.mark.parametrize(
    ("coefficients", "raw", "l2"), [([1.0, 0, 2**-0.5, 0, 0], 1.5, 1.5), ([0.5, 0.5, 0, 0, 0], 0.5, 1 / 3)]
)
def test_raw_is_no_norm_of_a_chebyshev_series(coefficients, raw, l2):
    """1 + sin 2πx and x, constant along the other axis."""
    fourier = raw == l2
    problem = equation("poisson" if fourier else "poisson_dirichlet")
    basis = TensorProduct(tuple((Fourier if fourier else Chebyshev)(5) for _ in range(2)))
    residual = torch.zeros(1, 5, 5, dtype=torch.float64)
    residual[0, :, 0] = torch.tensor(coefficients)
    assert float(squared_norm("raw", problem, basis, residual)) == pytest.approx(raw)
    assert float(squared_norm("l2", problem, basis, residual)) == pytest.approx(l2, rel=1e-6)


@pytest.mark.parametrize("name", ["poisson_dirichlet", "reaction_diffusion"])
def test_the_chebyshev_norm_is_the_integral_with_the_weight_of_the_polynomials(name):
    problem = equation(name)
    basis = problem.basis(MODES[name])
    residual = random_series(basis)
    points, weights = [], []
    for axis in problem.axes:
        if axis.kind == "periodic":
            one, weight = quadrature(axis)
        else:  # Gauss–Chebyshev: ∫ f / (π √(x(1 − x))) dx is the mean over these points
            one = (1 - np.cos(np.pi * (np.arange(40) + 0.5) / 40)) / 2
            weight = np.full(40, 1 / 40)
        points.append(one)
        weights.append(weight)
    expected = series_on(basis, residual, points) ** 2 @ weights[1] @ weights[0]
    np.testing.assert_allclose(squared_norm("chebyshev", problem, basis, residual), expected, rtol=1e-10)


def test_hminus1_on_a_torus_divides_the_energy_of_every_wave():
    problem = equation("poisson")
    basis = problem.basis([7, 9])
    residual = random_series(basis)
    points = [np.arange(16) / 16] * 2
    energy = np.abs(np.fft.fft2(series_on(basis, residual, points), norm="forward")) ** 2
    k = np.fft.fftfreq(16, 1 / 16)
    expected = (energy / (1 + TURN**2 * (k[:, None] ** 2 + k**2))).sum(axis=(1, 2))
    np.testing.assert_allclose(squared_norm("hminus1", problem, basis, residual), expected, rtol=1e-10)


def test_preconditioning_a_periodic_potential_measures_the_potential_itself():
    problem = equation("poisson")
    basis = problem.basis([7, 9])
    residual = random_series(basis)
    points = [np.arange(16) / 16] * 2
    k = np.fft.fftfreq(16, 1 / 16)
    squared = TURN**2 * (k[:, None] ** 2 + k**2)
    squared[0, 0] = np.inf
    potential = np.fft.ifft2(np.fft.fft2(series_on(basis, residual, points)) / squared).real
    expected = (potential**2).mean(axis=(1, 2))
    np.testing.assert_allclose(squared_norm("preconditioned", problem, basis, residual), expected, rtol=1e-10)


def galerkin(n_modes):
    """x(1 − x)P_k(2x − 1), k < n − 2: quadrature points, weights, functions there, stiffness and mass."""
    points, weights = gauss()
    values, slopes = [], []
    for k in range(n_modes - 2):
        polynomial = np.polynomial.Legendre.basis(k, domain=[0, 1]) * np.polynomial.Legendre.fromroots([0, 1], [0, 1])
        values.append(polynomial(points))
        slopes.append(polynomial.deriv()(points))
    v, s = np.array(values), np.array(slopes)
    return points, weights, v, (s * weights) @ s.T, (v * weights) @ v.T


@pytest.mark.parametrize("kind", ["hminus1", "preconditioned"])
def test_norms_with_a_boundary_are_those_of_galerkins_method_with_legendre_polynomials(kind):
    problem, n = equation("poisson_dirichlet"), (9, 7)
    basis = problem.basis(list(n))
    residual = random_series(basis)
    (x, of_x, v_x, stiff_x, mass_x), (y, of_y, v_y, stiff_y, mass_y) = (galerkin(m) for m in n)
    values = series_on(basis, residual, [x, y])
    load = np.einsum("ia,jb,zab->zij", v_x * of_x, v_y * of_y, values).reshape(2, -1)
    mass = np.kron(mass_x, mass_y)
    laplacian = np.kron(stiff_x, mass_y) + np.kron(mass_x, stiff_y)
    if kind == "hminus1":
        expected = [b @ np.linalg.solve(mass + laplacian, b) for b in load]
    else:
        potentials = [np.linalg.solve(laplacian, b) for b in load]
        expected = [u @ mass @ u for u in potentials]
    np.testing.assert_allclose(squared_norm(kind, problem, basis, residual), expected, rtol=1e-10)


def test_preconditioning_with_a_boundary_measures_the_error_of_the_potential():
    problem = equation("poisson_dirichlet")
    basis = problem.basis([20, 20])
    x, y = np.meshgrid(*basis.nodes, indexing="ij")
    # −Δ of sin πx sin 2πy is 5π² of it
    residual = basis.analyse(torch.from_numpy(5 * np.pi**2 * np.sin(np.pi * x) * np.sin(2 * np.pi * y))[None])
    assert float(squared_norm("preconditioned", problem, basis, residual)) == pytest.approx(1 / 4, rel=1e-5)
    assert float(squared_norm("hminus1", problem, basis, residual)) == pytest.approx(
        25 * np.pi**4 / 4 / (1 + 5 * np.pi**2), rel=1e-5
    )


@pytest.mark.parametrize("name", ["reaction_diffusion", "burgers"])
def test_preconditioning_in_time_solves_the_linear_equation_from_zero(name):
    problem = equation(name)
    part = problem.linear_part
    basis = TensorProduct((Chebyshev(20), Fourier(5)))
    rng = np.random.default_rng(0)
    smooth = rng.standard_normal((20, 5)) * np.exp(-np.arange(20.0))[:, None]
    times, weights = gauss(40)
    expected = 0.0
    for wave, squared in enumerate(waves(basis.bases[1])):
        decay = part.diffusion * squared + part.decay

        def change(t, e, decay=decay, wave=wave):
            return (chebyshev.chebval(2 * t - 1, smooth[:, wave]) - decay * e) / part.rate

        error = solve_ivp(change, (0, 1), [0.0], "Radau", times, rtol=1e-9, atol=1e-12).y[0]
        expected += error**2 @ weights
    found = squared_norm("preconditioned", problem, basis, torch.from_numpy(smooth)[None])
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_preconditioning_a_flow_counts_a_steady_residual_by_what_it_adds_to_the_flow():
    problem = equation("navier_stokes", forcing=0.0)
    basis = problem.basis([14, 5, 5])
    residual = torch.zeros(1, 14, 5, 5, dtype=torch.float64)
    residual[0, 0, 3, 1] = 1.0  # √2 cos 4πx · √2 cos 2πy
    decay, rate = 0.02 * TURN**2 * 5, 1 / 0.5
    t, weights = gauss(40)
    error = (1 - np.exp(-decay * t / rate)) / decay
    assert float(squared_norm("preconditioned", problem, basis, residual)) == pytest.approx(
        error**2 @ weights, rel=1e-4
    )


def test_hminus1_of_a_flow_is_l2_in_time():
    problem = equation("reaction_diffusion")
    basis = TensorProduct((Chebyshev(5), Fourier(7)))
    residual = random_series(basis)
    t, weights = gauss(20)
    in_time = np.einsum("ta,zaw->ztw", functions(basis.bases[0], t), residual.numpy())
    expected = np.einsum("ztw,t,w->z", in_time**2, weights, 1 / (1 + waves(basis.bases[1])))
    np.testing.assert_allclose(squared_norm("hminus1", problem, basis, residual), expected, rtol=1e-10)


@pytest.mark.parametrize("name", [name for name in MODES if name != "poisson_dirichlet"])
def test_norms_differ_in_how_much_short_waves_count(name):
    problem = equation(name)
    basis = problem.residual_basis(problem.basis(MODES[name]))
    wave = {length: torch.zeros(1, *basis.n_modes, dtype=torch.float64) for length in ("long", "short")}
    along_time = [0] * (basis.n_axes - len(problem.space_axes))
    wave["long"][(0, *along_time, *[1 for _ in problem.space_axes])] = 1.0
    wave["short"][(0, *along_time, *[basis.n_modes[axis] - 1 for axis in problem.space_axes])] = 1.0
    count = {
        kind: float(
            squared_norm(kind, problem, basis, wave["short"]) / squared_norm(kind, problem, basis, wave["long"])
        )
        for kind in ("raw", "l2", "hminus1", "preconditioned")
    }
    assert count["raw"] == count["l2"] == 1
    assert count["hminus1"] < 0.3
    assert count["preconditioned"] < 0.3
    assert abs(np.log(count["hminus1"] / count["preconditioned"])) > 0.2


@every_equation
@pytest.mark.parametrize("kind", ["l2", "hminus1", "preconditioned", "raw"])
def test_the_gradient_of_a_norm_is_that_of_finite_differences(name, kind):
    problem = equation(name)
    basis = problem.basis([3 if axis.kind != "periodic" else 5 for axis in problem.axes])
    norm = ResidualNorm(kind, problem, basis).double()
    assert torch.autograd.gradcheck(norm, (random_series(basis).requires_grad_(),), fast_mode=True)


def test_a_norm_does_not_see_the_order_of_a_batch():
    problem = equation("navier_stokes")
    basis = problem.residual_basis(problem.basis(MODES["navier_stokes"]))
    residual = random_series(basis, 3)
    norm = ResidualNorm("preconditioned", problem, basis).double()
    torch.testing.assert_close(norm(residual)[[2, 0, 1]], norm(residual[[2, 0, 1]]))


def test_an_unknown_norm_is_refused():
    problem = equation("poisson")
    with pytest.raises(ConfigurationError, match=r"training.norm=sobolev: choose one of chebyshev, hminus1, l2"):
        ResidualNorm("sobolev", problem, problem.basis([7, 7]))


def test_circles_have_no_chebyshev_norm():
    problem = equation("poisson")
    with pytest.raises(ConfigurationError, match=r"training.norm=chebyshev: Poisson's equation has periodic axes only"):
        ResidualNorm("chebyshev", problem, problem.basis([7, 7]))


class HeatInARod(ReactionDiffusion):
    """An equation of a person's own, with time and a boundary."""

    name = "heat in a rod"
    axes = (Axis("t", "time"), Axis("x", "bounded"))


def test_a_rod_has_hminus1_but_cannot_be_preconditioned():
    rod: Equation = HeatInARod()
    rod.linear_part = LinearPart(rate=1.0, diffusion=1.0)
    basis = rod.basis([4, 9])
    with pytest.raises(ConfigurationError, match=r"training.norm=preconditioned: heat in a rod has time and a bounded"):
        ResidualNorm("preconditioned", rod, basis)
    residual = random_series(basis)
    points, weights, v, stiffness, mass = galerkin(9)
    t, of_t = gauss(20)
    load = np.einsum("ix,ztx->zti", v * weights, series_on(basis, residual, [t, points]))
    dual = np.linalg.inv(mass + stiffness)
    expected = np.einsum("zti,ij,ztj,t->z", load, dual, load, of_t)
    np.testing.assert_allclose(squared_norm("hminus1", rod, basis, residual), expected, rtol=1e-10)


def test_a_norm_follows_its_coefficients_to_their_precision():
    problem = equation("poisson")
    basis = problem.basis([7, 7])
    assert ResidualNorm("hminus1", problem, basis)(random_series(basis).float()).dtype == torch.float32
    assert not ResidualNorm("hminus1", problem, basis).state_dict()  # nothing that a checkpoint would have to hold
