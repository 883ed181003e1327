import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nsm_cases import product
from numpy.polynomial import chebyshev, legendre
from scipy.integrate import quad

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.bases import Chebyshev, Fourier
from sciml_bench.nsm.bases.basis import MATMUL_LIMIT, by_matrices

KINDS = (Chebyshev, Fourier)
METHODS = ("matmul", "fft")
SIZES = range(1, 71)
SMALL_SIZES = (1, 2, 3, 4, 7, 8)

both_kinds = pytest.mark.parametrize("kind", KINDS)
both_methods = pytest.mark.parametrize("method", METHODS)


def series(kind, coefficients, x):
    """The series written out, last axis of the coefficients against points."""
    coefficients, x = np.asarray(coefficients), np.asarray(x)
    if kind is Chebyshev:
        return chebyshev.chebval(2 * x - 1, np.moveaxis(coefficients, -1, 0))
    total = coefficients[..., :1] * np.ones_like(x)
    for mode in range(1, coefficients.shape[-1]):
        wave = np.cos if mode % 2 else np.sin
        total = total + coefficients[..., mode, None] * np.sqrt(2) * wave(2 * np.pi * ((mode + 1) // 2) * x)
    return total


def gauss_legendre(n_points):
    x, weights = legendre.leggauss(n_points)
    return (x + 1) / 2, weights / 2


def random_series(n, *batch, seed=0):
    return np.random.default_rng(seed).standard_normal((*batch, n))


def largest_error(actual, expected):
    """Relative to the largest entry of what is expected, where that exceeds one."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    return np.abs(actual - expected).max(initial=0.0) / max(1.0, np.abs(expected).max(initial=0.0))


# ---- nodes and transforms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 10, 65])
def test_chebyshev_nodes_ascend_from_end_to_end_and_fourier_nodes_leave_the_end_out(n):
    lobatto = Chebyshev(n).nodes
    np.testing.assert_allclose(lobatto, (1 - np.cos(np.pi * np.arange(n) / (n - 1))) / 2, atol=1e-15)
    assert lobatto[0] == 0.0
    assert lobatto[-1] == 1.0
    np.testing.assert_allclose(lobatto + lobatto[::-1], 1.0, atol=3e-16)
    np.testing.assert_allclose(Fourier(n).nodes, np.linspace(0, 1, n, endpoint=False), atol=1e-15)


def test_one_mode_is_a_constant_at_one_node():
    assert Chebyshev(1).nodes.tolist() == [0.5]
    assert Fourier(1).nodes.tolist() == [0.0]


@both_kinds
@both_methods
def test_a_series_has_its_written_out_values_at_the_nodes_and_is_recovered_from_them(kind, method):
    for n in SIZES:
        basis, coefficients = kind(n), random_series(n, 3)
        values = basis.synthesise(torch.from_numpy(coefficients), method=method)
        assert largest_error(values, series(kind, coefficients, basis.nodes)) < 1e-10
        assert largest_error(basis.analyse(values, method=method), coefficients) < 1e-10


@both_methods
def test_chebyshev_coefficients_are_those_of_scipys_cosine_transform(method):
    for n in SIZES[1:]:
        values = random_series(n, 2)
        expected = scipy.fft.dct(values[:, ::-1], type=1) / (n - 1)  # scipy's nodes descend
        expected[:, [0, -1]] /= 2
        assert largest_error(Chebyshev(n).analyse(torch.from_numpy(values), method=method), expected) < 1e-10


@both_methods
def test_fourier_coefficients_are_those_of_scipys_real_transform(method):
    for n in SIZES:
        values = random_series(n, 2)
        spectrum = scipy.fft.rfft(values) / n
        expected = np.empty_like(values)
        expected[:, 0] = spectrum[:, 0].real
        expected[:, 1::2] = np.sqrt(2) * spectrum[:, 1:].real
        expected[:, 2::2] = -np.sqrt(2) * spectrum[:, 1 : (n + 1) // 2].imag
        if n % 2 == 0:
            expected[:, -1] /= 2  # the Nyquist frequency has no partner
        assert largest_error(Fourier(n).analyse(torch.from_numpy(values), method=method), expected) < 1e-10


@both_kinds
def test_matrix_and_fast_transforms_agree_for_any_size_along_any_axis(kind):
    for n in SIZES:
        basis, tensor = kind(n), torch.from_numpy(random_series(n, 2, 3))
        expected = {name: getattr(basis, name)(tensor, method="matmul") for name in ("synthesise", "analyse")}
        for axis in (0, 1, 2, -1, -2, -3):
            moved = tensor.movedim(-1, axis)
            for name, along_the_last in expected.items():
                for method in METHODS:
                    result = getattr(basis, name)(moved, axis, method)
                    assert largest_error(result.movedim(axis, -1), along_the_last) < 1e-10


@both_kinds
def test_the_quicker_method_is_a_matrix_up_to_the_limit_and_a_fast_transform_above(kind):
    for n, method in ((MATMUL_LIMIT, "matmul"), (MATMUL_LIMIT + 1, "fft")):
        tensor = torch.from_numpy(random_series(n, 2))
        assert torch.equal(kind(n).synthesise(tensor), kind(n).synthesise(tensor, method=method))
        assert torch.equal(kind(n).analyse(tensor), kind(n).analyse(tensor, method=method))


@both_kinds
@both_methods
def test_single_precision_stays_single_and_keeps_six_digits(kind, method):
    for n in (*SMALL_SIZES, 33, 64, 70):
        basis, coefficients = kind(n), random_series(n, 4)
        values = basis.synthesise(torch.from_numpy(coefficients).float(), method=method)
        back = basis.analyse(values, method=method)
        assert values.dtype == back.dtype == torch.float32
        assert largest_error(values, series(kind, coefficients, basis.nodes)) < 2e-6
        assert largest_error(back, coefficients) < 2e-6


@both_kinds
@both_methods
def test_no_series_at_all_is_transformed_to_no_values(kind, method):
    assert kind(6).synthesise(torch.empty(0, 6), method=method).shape == (0, 6)
    assert kind(6).analyse(torch.empty(6, 0), axis=0, method=method).shape == (6, 0)


# ---- derivatives ----------------------------------------------------------------------------------------------------

TURN = 2 * np.pi
KNOWN_FUNCTIONS = {
    # kind, modes, and a function with its first and second derivative
    "chebyshev": (
        Chebyshev,
        20,
        lambda x: np.exp(x) * np.sin(3 * x),
        lambda x: np.exp(x) * (np.sin(3 * x) + 3 * np.cos(3 * x)),
        lambda x: np.exp(x) * (6 * np.cos(3 * x) - 8 * np.sin(3 * x)),
    ),
    **{
        f"fourier_{n}": (
            Fourier,
            n,
            lambda x: np.exp(np.sin(TURN * x)),
            lambda x: TURN * np.cos(TURN * x) * np.exp(np.sin(TURN * x)),
            lambda x: TURN**2 * (np.cos(TURN * x) ** 2 - np.sin(TURN * x)) * np.exp(np.sin(TURN * x)),
        )
        for n in (35, 36)  # with an even number the Nyquist mode of so smooth a function is nothing
    },
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", KNOWN_FUNCTIONS)
def test_derivatives_of_known_functions_are_exact_to_ten_digits(name, order):
    kind, n, function, *derivatives = KNOWN_FUNCTIONS[name]
    basis, anywhere = kind(n), np.linspace(0, 1, 201)
    coefficients = basis.analyse(torch.from_numpy(function(basis.nodes)))
    by_tensors = basis.evaluate(basis.differentiate(coefficients, order=order), anywhere)
    by_matrices = np.linalg.matrix_power(basis.derivative_matrix, order) @ basis.analysis_matrix @ function(basis.nodes)
    expected = derivatives[order - 1](anywhere)
    assert largest_error(by_tensors, expected) < 1e-10
    assert largest_error(series(kind, by_matrices, anywhere), expected) < 1e-10


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_chebyshev_derivatives_are_numpys_along_any_axis(order):
    for n in (*SMALL_SIZES, 33):
        coefficients = random_series(n, 2, 3)
        expected = np.zeros_like(coefficients)
        exact = chebyshev.chebder(coefficients, m=order, scl=2, axis=-1)  # twice per order for the length of [0, 1]
        if order < n:
            expected[..., : n - order] = exact
        for axis in (0, 1, 2):
            moved = torch.from_numpy(coefficients).movedim(-1, axis)
            derivative = Chebyshev(n).differentiate(moved, axis, order).movedim(axis, -1)
            assert largest_error(derivative, expected) < 1e-13


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_fourier_derivatives_are_those_of_sines_and_cosines_along_any_axis(order):
    for n in (1, 3, 7, 33):
        coefficients, k = random_series(n, 2, 3), np.arange(1, (n - 1) // 2 + 1)
        # (a − ib) exp(iωx) turns by i and grows by ω with every derivative
        waves = (coefficients[..., 1::2] - 1j * coefficients[..., 2::2]) * (1j * TURN * k) ** order
        expected = coefficients.copy() if order == 0 else np.zeros_like(coefficients)
        expected[..., 1::2], expected[..., 2::2] = waves.real, -waves.imag
        for axis in (0, 1, 2):
            moved = torch.from_numpy(coefficients).movedim(-1, axis)
            derivative = Fourier(n).differentiate(moved, axis, order).movedim(axis, -1)
            assert largest_error(derivative, expected) < 1e-13


@pytest.mark.parametrize("n", [2, 4, 10])
def test_a_nyquist_mode_has_no_derivative_of_either_order_and_the_other_modes_have_theirs(n):
    coefficients = torch.from_numpy(random_series(n))
    first, second = (Fourier(n).differentiate(coefficients, order=order) for order in (1, 2))
    assert first[-1] == second[-1] == 0
    torch.testing.assert_close(second, Fourier(n).differentiate(first), rtol=1e-14, atol=1e-12)
    for order, derivative in ((1, first), (2, second)):
        without = Fourier(n - 1).differentiate(coefficients[:-1], order=order)
        torch.testing.assert_close(derivative[:-1], without, rtol=0, atol=1e-12)


@both_kinds
def test_single_precision_derivatives_are_single_and_accurate_for_their_conditioning(kind):
    name = "chebyshev" if kind is Chebyshev else "fourier_35"
    _, n, function, first, second = KNOWN_FUNCTIONS[name]
    basis = kind(n)
    coefficients = basis.analyse(torch.from_numpy(function(basis.nodes))).float()
    for order, exact in ((1, first), (2, second)):
        derivative = basis.synthesise(basis.differentiate(coefficients, order=order))
        assert derivative.dtype == torch.float32
        assert largest_error(derivative, exact(basis.nodes)) < 1e-5 * 10 ** (order - 1)


# ---- integrals ------------------------------------------------------------------------------------------------------


def test_chebyshev_integrals_are_numpys_and_start_at_zero():
    for n in (*SMALL_SIZES, 33):
        coefficients = random_series(n, 2, 3)
        integral = coefficients @ Chebyshev(n).integral_matrix.T
        assert largest_error(integral, chebyshev.chebint(coefficients, scl=0.5, lbnd=-1, axis=-1)) < 1e-14
        assert abs(Chebyshev(n + 1).evaluate(torch.from_numpy(integral), np.array([0.0]))).max() < 1e-13


def test_the_chebyshev_integral_of_a_known_function_is_that_of_adaptive_quadrature():
    basis, ends = Chebyshev(40), np.array([0.0, 0.1, 0.5, 0.77, 1.0])
    values = torch.from_numpy(np.cos(5 * basis.nodes**2))
    integral = torch.from_numpy(basis.integral_matrix) @ basis.analyse(values)
    expected = np.array([quad(lambda x: np.cos(5 * x**2), 0, end, epsabs=1e-13)[0] for end in ends])
    assert largest_error(Chebyshev(41).evaluate(integral, ends), expected) < 1e-12


# ---- Gram matrix, norms and weights ---------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("n", [1, 2, 3, 8, 21])
def test_the_gram_matrix_is_that_of_gauss_legendre_quadrature(kind, n):
    x, weights = gauss_legendre(100)
    functions = series(kind, np.eye(n), x)
    np.testing.assert_allclose(kind(n).gram_matrix, (functions * weights) @ functions.T, atol=1e-12)


@given(n=st.integers(1, 40), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_parsevals_identity_holds_for_any_fourier_series(n, seed):
    coefficients = random_series(n, seed=seed)
    x = np.arange(2 * n + 1) / (2 * n + 1)  # equally spaced points integrate the square of n modes exactly
    mean_square = (series(Fourier, coefficients, x) ** 2).mean()
    np.testing.assert_allclose(coefficients @ coefficients, mean_square, rtol=1e-12)
    np.testing.assert_allclose(coefficients @ Fourier(n).gram_matrix @ coefficients, mean_square, rtol=1e-12)


@given(n=st.integers(1, 40), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_gram_matrix_gives_the_l2_norm_of_any_chebyshev_series(n, seed):
    coefficients = random_series(n, seed=seed)
    x, weights = gauss_legendre(n)  # exact up to the degree 2n − 1
    mean_square = weights @ series(Chebyshev, coefficients, x) ** 2
    np.testing.assert_allclose(coefficients @ Chebyshev(n).gram_matrix @ coefficients, mean_square, rtol=1e-11)


def test_the_sum_of_squared_chebyshev_coefficients_is_not_the_norm_of_x_but_the_gram_matrix_gives_it():
    basis = Chebyshev(5)
    x = basis.analysis_matrix @ basis.nodes
    assert x @ x == pytest.approx(0.5, abs=1e-14)
    assert x @ basis.gram_matrix @ x == pytest.approx(1 / 3, abs=1e-14)


def test_the_squared_norm_of_one_plus_a_sine_is_one_and_a_half():
    basis = Fourier(5)
    coefficients = basis.analysis_matrix @ (1 + np.sin(TURN * basis.nodes))
    assert coefficients @ coefficients == pytest.approx(1.5, abs=1e-14)


def test_chebyshev_weights_are_the_norms_of_gauss_chebyshev_quadrature():
    x, weights = chebyshev.chebgauss(20)
    squares = chebyshev.chebvander(x, 8) ** 2
    np.testing.assert_allclose(Chebyshev(9).chebyshev_weights, weights @ squares / np.pi, atol=1e-14)


def test_frequencies_count_the_waves_of_each_mode():
    assert Fourier(6).frequencies.tolist() == [0, 1, 1, 2, 2, 3]


# ---- products -------------------------------------------------------------------------------------------------------


@both_kinds
@given(n=st.integers(1, 16), n_factors=st.integers(1, 3), axis=st.sampled_from([0, 1, -1]), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_products_of_series_are_not_aliased(kind, n, n_factors, axis, seed):
    factors, x = random_series(n, n_factors, 2, seed=seed), np.linspace(0, 1, 150)
    moved = torch.from_numpy(factors).movedim(-1, axis if axis < 0 else axis + 1)
    wide, found = product(kind(n), *moved, axis=axis)
    expected = np.prod([series(kind, factor, x) for factor in factors], axis=0)
    assert wide == kind(n).product_basis(n_factors)
    assert largest_error(series(kind, found.movedim(axis, -1), x), expected) < 1e-10


def test_chebyshev_products_are_numpys():
    for n in (*SMALL_SIZES, 33):
        first, second = random_series(n, 2)
        _, found = product(Chebyshev(n), torch.from_numpy(first), torch.from_numpy(second))
        assert largest_error(found, np.resize(chebyshev.chebmul(first, second), 2 * n - 1)) < 1e-13
        by_matrix = Chebyshev(n).multiplication_matrix(second[: n // 2 + 1]) @ first
        assert largest_error(by_matrix, chebyshev.chebmul(first, second[: n // 2 + 1])) < 1e-13


def test_the_square_of_a_nyquist_mode_is_one_and_a_wave_of_twice_its_frequency():
    n = 6
    nyquist = torch.zeros(n, dtype=torch.float64)
    nyquist[-1] = 1
    wide, square = product(Fourier(n), nyquist, nyquist)
    expected = np.zeros(wide.n_modes)
    expected[0], expected[2 * n - 1] = 1, 1 / np.sqrt(2)  # 2 cos² πnx = 1 + cos 2πnx
    assert largest_error(square, expected) < 1e-14


def test_no_more_modes_than_needed_hold_a_product():
    assert Chebyshev(9).product_basis(3).n_modes == 25
    assert Fourier(9).product_basis().n_modes == 17
    assert Fourier(9).product_basis(3).n_modes == 25
    assert Fourier(8).product_basis().n_modes == 17  # the frequencies up to 4 + 4


def test_three_halves_of_the_modes_give_the_lowest_modes_of_a_fourier_product():
    n, padded = 21, 31  # frequencies up to 10; what 31 nodes alias falls on frequencies from 11 on
    first, second = (torch.from_numpy(random_series(n, seed=seed)) for seed in (1, 2))
    values = [Fourier(padded).synthesise(Fourier(n).resize(factor, padded)) for factor in (first, second)]
    kept = Fourier(padded).resize(Fourier(padded).analyse(values[0] * values[1]), n)
    x = np.arange(101) / 101
    product = series(Fourier, first, x) * series(Fourier, second, x)
    expected = series(Fourier, np.eye(n), x) @ product / 101
    assert largest_error(kept, expected) < 1e-12


# ---- padding, truncation, evaluation --------------------------------------------------------------------------------


@both_kinds
@given(n=st.integers(1, 20), more=st.integers(0, 20), axis=st.integers(-3, 2))
@settings(max_examples=40, deadline=None)
def test_padding_leaves_the_function_and_truncation_undoes_it(kind, n, more, axis):
    coefficients, x = random_series(n, 2, 3), np.linspace(0, 1, 37)
    moved = torch.from_numpy(coefficients).movedim(-1, axis)
    padded = kind(n).resize(moved, n + more, axis)
    assert padded.shape[axis] == n + more
    wide = kind(n + more)
    assert largest_error(series(kind, padded.movedim(axis, -1), x), series(kind, coefficients, x)) < 1e-12
    at_nodes = wide.synthesise(padded, axis).movedim(axis, -1)
    assert largest_error(at_nodes, series(kind, coefficients, wide.nodes)) < 1e-12
    assert torch.equal(wide.resize(padded, n, axis), moved)


@both_kinds
def test_truncation_keeps_the_lowest_modes(kind):
    coefficients = torch.from_numpy(random_series(9, 2))
    for n in (1, 2, 5, 8):
        assert torch.equal(kind(9).resize(coefficients, n), coefficients[:, :n])


@both_kinds
@given(
    n=st.integers(1, 40),
    points=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    axis=st.integers(-3, 2),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_a_series_is_evaluated_at_any_points_along_any_axis(kind, n, points, axis, seed):
    coefficients, x = random_series(n, 2, 3, seed=seed), np.array(points)
    values = kind(n).evaluate(torch.from_numpy(coefficients).movedim(-1, axis), x, axis)
    assert values.shape[axis] == len(points)
    assert largest_error(values.movedim(axis, -1), series(kind, coefficients, x)) < 1e-11
    np.testing.assert_allclose(kind(n).evaluation_matrix(x), series(kind, np.eye(n), x).T, atol=1e-11)


def test_a_fourier_series_repeats_itself_beyond_its_period():
    coefficients, x = torch.from_numpy(random_series(12)), np.linspace(0, 1, 9)
    for shift in (-2.0, 1.0, 5.0):
        shifted = Fourier(12).evaluate(coefficients, x + shift)
        assert largest_error(shifted, Fourier(12).evaluate(coefficients, x)) < 1e-12


def test_rounding_beyond_an_end_is_forgiven_but_a_point_outside_a_bounded_axis_is_refused():
    ends = Chebyshev(6).evaluate(torch.ones(6, dtype=torch.float64), np.array([-1e-9, 1 + 1e-9]))
    np.testing.assert_allclose(ends, [0.0, 6.0], atol=1e-7)
    for outside in (-0.1, 1.5):
        with pytest.raises(DataError, match=r"outside \[0, 1\]"):
            Chebyshev(6).evaluate(torch.ones(6), np.array([0.5, outside]))


@both_kinds
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_refused(kind, wrong):
    with pytest.raises(DataError, match="1 of 2 points are not finite"):
        kind(6).evaluate(torch.ones(6), np.array([0.5, wrong]))


@both_kinds
def test_points_may_be_in_single_precision(kind):
    coefficients, x = random_series(8), np.linspace(0, 1, 7, dtype=np.float32)
    values = kind(8).evaluate(torch.from_numpy(coefficients), x)
    assert largest_error(values, series(kind, coefficients, x.astype(np.float64))) < 1e-12


# ---- gradients ------------------------------------------------------------------------------------------------------


@both_kinds
@both_methods
@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
def test_both_transforms_are_differentiable_along_any_axis(kind, method, n):
    basis = kind(n)
    for axis in (0, 1):
        tensor = torch.from_numpy(random_series(n, 2)).movedim(-1, axis).requires_grad_()
        assert torch.autograd.gradcheck(lambda t, axis=axis: basis.synthesise(t, axis, method) ** 2, tensor)
        assert torch.autograd.gradcheck(lambda t, axis=axis: basis.analyse(t, axis, method) ** 2, tensor)


@both_kinds
@both_methods
@pytest.mark.parametrize("n", [1, 2, 5, 70])
def test_the_gradient_of_a_synthesis_is_its_transpose(kind, method, n):
    coefficients, weights = torch.from_numpy(random_series(n)).requires_grad_(), random_series(n, seed=1)
    (torch.from_numpy(weights) @ kind(n).synthesise(coefficients, method=method)).backward()
    expected = series(kind, np.eye(n), kind(n).nodes) @ weights
    assert largest_error(coefficients.grad, expected) < 1e-10


@both_kinds
@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_everything_else_is_differentiable(kind, n):
    basis = kind(n)
    coefficients = torch.from_numpy(random_series(n, 1)).requires_grad_()
    points = np.array([0.0, 0.3, 1.0])

    for of_coefficients in (
        lambda c: basis.differentiate(c, order=2),
        lambda c: basis.evaluate(c, points),
        lambda c: basis.resize(c, n + 3),
        lambda c: basis.resize(c, 1),
        lambda c: product(basis, c, c, c)[1],
    ):
        assert torch.autograd.gradcheck(of_coefficients, coefficients)
    assert torch.autograd.gradgradcheck(lambda c: product(basis, c, c)[1], coefficients)


@both_kinds
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_evaluation_in_inference_mode_does_not_hinder_later_training(kind, dtype):
    n = 57  # of no other test, so that inference mode is where its matrices are made
    basis = kind(n)
    coefficients = torch.ones(n, dtype=dtype)
    with torch.inference_mode():
        basis.analyse(basis.synthesise(basis.differentiate(coefficients, order=2), method="matmul"), method="matmul")
    parameters = coefficients.clone().requires_grad_()
    derivative = basis.differentiate(parameters * parameters, order=2)
    values = basis.synthesise(derivative, method="matmul")
    (basis.analyse(values * values, method="matmul") ** 2).sum().backward()
    assert torch.isfinite(parameters.grad).all()
    assert not basis.matrix("derivative", coefficients, 2).is_inference()


# ---- bad input ------------------------------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("n_modes", [0, -3, True, 2.0, 2.5, float("nan"), "5", None])
def test_what_is_no_number_of_modes_is_refused(kind, n_modes):
    basis = kind(5)
    object.__setattr__(basis, "n_modes", n_modes)  # past the type checks that only the tests run
    with pytest.raises(ConfigurationError, match=rf"{kind.__name__}: n_modes={n_modes}: give a whole number"):
        basis.__post_init__()


@both_kinds
def test_a_number_of_modes_may_be_numpys(kind):
    basis = kind(4)
    object.__setattr__(basis, "n_modes", np.int64(5))  # past the type checks that only the tests run
    basis.__post_init__()
    assert basis == kind(5)
    assert type(basis.n_modes) is int


def test_bases_of_different_kinds_are_different():
    assert Fourier(5) != Chebyshev(5)
    assert Fourier(5) != Fourier(6)
    assert Fourier(3).resized(5) == Fourier(5)


OPERATIONS = {
    "synthesise": lambda basis, tensor, axis: basis.synthesise(tensor, axis),
    "synthesise by fft": lambda basis, tensor, axis: basis.synthesise(tensor, axis, "fft"),
    "analyse": lambda basis, tensor, axis: basis.analyse(tensor, axis),
    "analyse by fft": lambda basis, tensor, axis: basis.analyse(tensor, axis, "fft"),
    "differentiate": lambda basis, tensor, axis: basis.differentiate(tensor, axis),
    "resize": lambda basis, tensor, axis: basis.resize(tensor, 9, axis),
    "evaluate": lambda basis, tensor, axis: basis.evaluate(tensor, np.array([0.5]), axis),
}


@both_kinds
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_tensor_that_does_not_hold_the_modes_is_refused(kind, operation):
    for tensor, axis in (
        (torch.zeros(2, 6), -1),
        (torch.zeros(2, 4), -1),
        (torch.zeros(5, 2), -1),
        (torch.zeros(2, 5), 0),
        (torch.zeros(2, 5), 2),
        (torch.zeros(2, 5), -3),
        (torch.tensor(1.0), -1),
        (torch.tensor(1.0), 0),
    ):
        with pytest.raises(DataError, match=f"has not 5 entries along axis {axis}"):
            operation(kind(5), tensor, axis)
    for dtype in (torch.int64, torch.bool, torch.complex64):
        with pytest.raises(DataError, match="real floats"):
            operation(kind(5), torch.zeros(2, 5, dtype=dtype), -1)


@both_kinds
def test_an_unknown_method_is_refused_with_the_known_ones(kind):
    for transform in (kind(5).synthesise, kind(5).analyse):
        with pytest.raises(ConfigurationError, match="method=dct: choose one of matmul, fft"):
            transform(torch.zeros(5), method="dct")


@both_kinds
def test_a_negative_order_of_a_derivative_is_refused(kind):
    with pytest.raises(ConfigurationError, match="order=-1"):
        kind(5).differentiate(torch.zeros(5), order=-1)


@both_kinds
def test_a_series_cannot_be_left_without_modes_nor_a_product_without_factors(kind):
    with pytest.raises(ConfigurationError, match="n_modes=0"):
        kind(5).resize(torch.zeros(5), 0)
    with pytest.raises(ConfigurationError, match="product of 0 series"):
        kind(5).product_basis(0)
    with pytest.raises(ConfigurationError, match="product of -1 series"):
        kind(5).product_basis(-1)


@both_kinds
def test_within_by_matrices_no_transform_is_fast(kind, monkeypatch):
    basis = kind(MATMUL_LIMIT + 5)
    values = torch.from_numpy(np.random.default_rng(0).standard_normal((2, basis.n_modes)))
    fast = basis.analyse(values)
    for name in ("rfft", "irfft"):
        monkeypatch.setattr(torch.fft, name, None)
    with by_matrices():
        torch.testing.assert_close(basis.analyse(values), fast)
        torch.testing.assert_close(basis.synthesise(fast), values)
    with pytest.raises(TypeError):
        basis.analyse(values)
