import string

import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nsm_cases import product
from numpy.polynomial import chebyshev, legendre

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct

TURN = 2 * np.pi
TIME_AND_SPACE = TensorProduct((Chebyshev(5), Fourier(6), Fourier(7)))
PLANE = TensorProduct((Chebyshev(4), Chebyshev(3)))
PRODUCTS = {
    "bounded plane": PLANE,
    "time and circle": TensorProduct((Chebyshev(4), Fourier(5))),
    "time and torus": TIME_AND_SPACE,
    "single axis": TensorProduct((Fourier(4),)),
    "one mode": TensorProduct((Chebyshev(1), Fourier(1), Fourier(2))),
}

any_product = pytest.mark.parametrize("basis", PRODUCTS.values(), ids=PRODUCTS)
both_methods = pytest.mark.parametrize("method", ["matmul", "fft"])


def functions(basis, x):
    """The functions of a one-dimensional basis (columns) at points (rows), written out."""
    if isinstance(basis, Chebyshev):
        return chebyshev.chebvander(2 * x - 1, basis.n_modes - 1)
    modes = np.arange(1, basis.n_modes)
    angles = TURN * x[:, None] * ((modes + 1) // 2)
    return np.hstack([np.ones((len(x), 1)), np.sqrt(2) * np.where(modes % 2 == 1, np.cos(angles), np.sin(angles))])


def series(basis, coefficients, points):
    """The sum over all modes at once, on the product of points per axis."""
    n = basis.n_axes
    modes, places = string.ascii_lowercase[:n], string.ascii_uppercase[:n]
    matrices = [functions(one, x) for one, x in zip(basis.bases, points, strict=True)]
    rule = ",".join([f"...{modes}", *(place + mode for place, mode in zip(places, modes, strict=True))])
    return np.einsum(f"{rule}->...{places}", coefficients, *matrices, optimize=True)


def random_series(basis, *batch, seed=0):
    return np.random.default_rng(seed).standard_normal((*batch, *basis.n_modes))


def random_points(basis, seed=0):
    rng = np.random.default_rng(seed)
    return [np.concatenate([[0.0, 1.0], rng.uniform(size=3 + axis)]) for axis in range(basis.n_axes)]


def largest_error(actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    return np.abs(actual - expected).max() / max(1.0, np.abs(expected).max())


# ---- transforms -----------------------------------------------------------------------------------------------------


@any_product
@both_methods
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_a_series_has_its_written_out_values_at_the_grid_and_is_recovered_from_them(basis, method, batch):
    coefficients = random_series(basis, *batch)
    values = basis.synthesise(torch.from_numpy(coefficients), method)
    assert largest_error(values, series(basis, coefficients, basis.nodes)) < 1e-12
    assert largest_error(basis.analyse(values, method), coefficients) < 1e-12


@both_methods
def test_coefficients_on_a_bounded_square_are_those_of_scipys_cosine_transform(method):
    basis = TensorProduct((Chebyshev(9), Chebyshev(70)))
    values = random_series(basis, 2)
    expected = scipy.fft.dctn(values[:, ::-1, ::-1], type=1, axes=(1, 2)) / (8 * 69)
    expected[:, [0, -1]] /= 2
    expected[:, :, [0, -1]] /= 2
    assert largest_error(basis.analyse(torch.from_numpy(values), method), expected) < 1e-12


def test_small_axes_by_matrices_and_long_ones_by_fast_transforms_give_the_same_series():
    basis = TensorProduct((Chebyshev(3), Fourier(81)))
    coefficients = random_series(basis, 2)
    values = basis.synthesise(torch.from_numpy(coefficients))
    assert largest_error(values, series(basis, coefficients, basis.nodes)) < 1e-10
    for method in ("matmul", "fft"):
        assert largest_error(basis.synthesise(torch.from_numpy(coefficients), method), values) < 1e-10
        assert largest_error(basis.analyse(values, method), coefficients) < 1e-10


@both_methods
def test_single_precision_stays_single_and_keeps_six_digits(method):
    coefficients = random_series(TIME_AND_SPACE, 4)
    values = TIME_AND_SPACE.synthesise(torch.from_numpy(coefficients).float(), method)
    back = TIME_AND_SPACE.analyse(values, method)
    assert values.dtype == back.dtype == torch.float32
    assert largest_error(values, series(TIME_AND_SPACE, coefficients, TIME_AND_SPACE.nodes)) < 2e-6
    assert largest_error(back, coefficients) < 2e-6


def test_nodes_are_those_of_each_axis():
    assert TIME_AND_SPACE.n_axes == 3
    assert TIME_AND_SPACE.n_modes == (5, 6, 7)
    for one, nodes in zip(TIME_AND_SPACE.bases, TIME_AND_SPACE.nodes, strict=True):
        np.testing.assert_array_equal(nodes, one.nodes)


# ---- derivatives and integrals --------------------------------------------------------------------------------------

WAVES = TensorProduct((Chebyshev(16), Fourier(33), Fourier(8)))
IN_TIME = {  # e^{2t}, and what e^{sin 2πx} and cos 2πy become
    0: lambda t: np.exp(2 * t),
    1: lambda t: 2 * np.exp(2 * t),
    2: lambda t: 4 * np.exp(2 * t),
}
IN_X = {
    0: lambda x: np.exp(np.sin(TURN * x)),
    1: lambda x: TURN * np.cos(TURN * x) * np.exp(np.sin(TURN * x)),
    2: lambda x: TURN**2 * (np.cos(TURN * x) ** 2 - np.sin(TURN * x)) * np.exp(np.sin(TURN * x)),
}
IN_Y = {
    0: lambda y: np.cos(TURN * y),
    1: lambda y: -TURN * np.sin(TURN * y),
    2: lambda y: -(TURN**2) * np.cos(TURN * y),
}


def known_function(points, orders=(0, 0, 0)):
    t, x, y = np.meshgrid(*points, indexing="ij")
    return IN_TIME[orders[0]](t) * IN_X[orders[1]](x) * IN_Y[orders[2]](y)


@pytest.mark.parametrize(
    "orders", [(1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1), (0, 0, 2), (1, 1, 0), (0, 1, 1), (1, 0, 2)]
)
def test_derivatives_of_a_known_function_are_exact_to_ten_digits(orders):
    coefficients = WAVES.analyse(torch.from_numpy(known_function(WAVES.nodes))[None])
    for axis, order in enumerate(orders):
        coefficients = WAVES.differentiate(coefficients, axis, order)
    points = random_points(WAVES)
    assert largest_error(WAVES.evaluate(coefficients, points)[0], known_function(points, orders)) < 1e-10


# ---- norms and products ---------------------------------------------------------------------------------------------


@any_product
def test_inner_products_are_those_of_gauss_legendre_quadrature(basis):
    x, weights = legendre.leggauss(40)
    first, second = random_series(basis, 3), random_series(basis, 3, seed=1)
    product = series(basis, first, [(x + 1) / 2] * basis.n_axes) * series(basis, second, [(x + 1) / 2] * basis.n_axes)
    for _ in basis.bases:
        product = product @ (weights / 2)
    assert largest_error(basis.inner_product(torch.from_numpy(first), torch.from_numpy(second)), product) < 1e-12
    assert largest_error(basis.inner_product(torch.from_numpy(second), torch.from_numpy(first)), product) < 1e-12


def test_parsevals_identity_holds_on_a_torus():
    basis = TensorProduct((Fourier(9), Fourier(8)))
    coefficients = torch.from_numpy(random_series(basis, 4))
    torch.testing.assert_close(
        basis.inner_product(coefficients, coefficients), (coefficients**2).sum(dim=(-2, -1)), rtol=1e-15, atol=0
    )
    dense = np.arange(20) / 20
    mean_square = (series(basis, coefficients.numpy(), [dense, dense]) ** 2).mean(axis=(-2, -1))
    assert largest_error((coefficients**2).sum(dim=(-2, -1)), mean_square) < 1e-13


def test_the_squared_norm_of_x_is_a_third_and_that_of_one_plus_a_sine_three_halves():
    basis = TensorProduct((Chebyshev(4), Fourier(5)))
    x, y = np.meshgrid(*basis.nodes, indexing="ij")
    for values, expected in ((x, 1 / 3), (1 + np.sin(TURN * y), 1.5), (x * (1 + np.sin(TURN * y)), 0.5)):
        coefficients = basis.analyse(torch.from_numpy(values))
        assert basis.inner_product(coefficients, coefficients).item() == pytest.approx(expected, abs=1e-13)


def test_an_inner_product_may_be_with_one_series_for_a_whole_batch():
    many, one = (torch.from_numpy(random_series(PLANE, *batch)) for batch in ((3,), ()))
    together = PLANE.inner_product(many, one)
    assert largest_error(together, [PLANE.inner_product(each, one).item() for each in many]) < 1e-14


@given(
    kinds=st.lists(st.sampled_from([Chebyshev, Fourier]), min_size=1, max_size=3),
    sizes=st.lists(st.integers(1, 6), min_size=3, max_size=3),
    n_factors=st.integers(1, 3),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_products_of_series_are_not_aliased(kinds, sizes, n_factors, seed):
    basis = TensorProduct.of(kinds, sizes[: len(kinds)])
    factors = [random_series(basis, 2, seed=seed + index) for index in range(n_factors)]
    wide, found = product(basis, *map(torch.from_numpy, factors))
    points = random_points(basis, seed)
    expected = np.prod([series(basis, factor, points) for factor in factors], axis=0)
    assert wide == basis.product_basis(n_factors)
    assert largest_error(series(wide, found.numpy(), points), expected) < 1e-10


def test_a_batch_is_multiplied_by_one_series():
    many, one = random_series(TIME_AND_SPACE, 3), random_series(TIME_AND_SPACE, seed=1)
    wide, found = product(TIME_AND_SPACE, torch.from_numpy(many), torch.from_numpy(one))
    points = random_points(TIME_AND_SPACE)
    expected = series(TIME_AND_SPACE, many, points) * series(TIME_AND_SPACE, one, points)
    assert wide.n_modes == (9, 13, 13)
    assert largest_error(series(wide, found.numpy(), points), expected) < 1e-12


# ---- padding, truncation, evaluation --------------------------------------------------------------------------------


@any_product
def test_padding_leaves_the_function_and_truncation_undoes_it(basis):
    coefficients, points = random_series(basis, 2), random_points(basis)
    wider = tuple(n + 2 + axis for axis, n in enumerate(basis.n_modes))
    padded = basis.resize(torch.from_numpy(coefficients), wider)
    wide = basis.resized(wider)
    assert padded.shape == (2, *wider)
    assert largest_error(wide.evaluate(padded, points), series(basis, coefficients, points)) < 1e-12
    assert torch.equal(wide.resize(padded, basis.n_modes), torch.from_numpy(coefficients))


def test_one_axis_may_be_padded_while_another_is_truncated():
    coefficients = torch.from_numpy(random_series(PLANE, 2))
    resized = PLANE.resize(coefficients, (6, 2))
    assert torch.equal(resized[:, :4], coefficients[:, :, :2])
    assert not resized[:, 4:].any()


@any_product
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_a_series_is_evaluated_on_any_grid(basis, batch):
    coefficients, points = random_series(basis, *batch), random_points(basis)
    expected = series(basis, coefficients, points)
    assert largest_error(basis.evaluate(torch.from_numpy(coefficients), points), expected) < 1e-12


def test_evaluations_keep_the_precision_of_the_coefficients():
    coefficients, points = random_series(TIME_AND_SPACE, 2), random_points(TIME_AND_SPACE)
    single = torch.from_numpy(coefficients).float()
    assert TIME_AND_SPACE.evaluate(single, points).dtype == torch.float32
    expected = TIME_AND_SPACE.evaluate(torch.from_numpy(coefficients), points)
    assert largest_error(TIME_AND_SPACE.evaluate(single, points), expected) < 2e-6


# ---- gradients ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(3, 2, 2), (1, 1, 2), (2, 3, 1)])
def test_everything_is_differentiable(sizes):
    basis = TensorProduct.of([Chebyshev, Fourier, Fourier], sizes)
    coefficients = torch.from_numpy(random_series(basis)).requires_grad_()
    points = random_points(basis)
    for of_coefficients in (
        lambda c: basis.synthesise(c, "matmul") ** 2,
        lambda c: basis.synthesise(c, "fft") ** 2,
        lambda c: basis.analyse(c, "matmul") ** 2,
        lambda c: basis.analyse(c, "fft") ** 2,
        lambda c: basis.differentiate(c, 0, 2),
        lambda c: basis.inner_product(c, c),
        lambda c: product(basis, c, c)[1],
        lambda c: basis.evaluate(c, points),
    ):
        assert torch.autograd.gradcheck(of_coefficients, coefficients)


def test_an_evaluation_in_inference_mode_does_not_hinder_later_training():
    basis = TensorProduct((Chebyshev(58), Fourier(58)))  # of no other test: inference mode makes their matrices
    coefficients = torch.ones(basis.n_modes)
    with torch.inference_mode():
        basis.inner_product(coefficients, basis.analyse(basis.synthesise(basis.differentiate(coefficients, 0))))
    parameters = coefficients.clone().requires_grad_()
    residual = basis.analyse(basis.synthesise(basis.differentiate(parameters, 0)) ** 2)
    basis.inner_product(residual, residual).backward()
    assert torch.isfinite(parameters.grad).all()


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bases", [(), (Fourier(3), 5), (Fourier,), [Fourier(3)], None])
def test_a_product_of_anything_but_a_tuple_of_bases_is_refused(bases):
    product = TensorProduct((Fourier(3),))
    object.__setattr__(product, "bases", bases)  # past the type checks that only the tests run
    with pytest.raises(ConfigurationError, match="one basis per axis"):
        product.__post_init__()


def test_numbers_of_modes_that_do_not_fit_the_axes_are_refused():
    with pytest.raises(ConfigurationError, match=r"modes=\[3\].*each of the 2 axes"):
        TensorProduct.of([Chebyshev, Fourier], [3])
    with pytest.raises(ConfigurationError, match="n_modes=0"):
        TensorProduct.of([Chebyshev, Fourier], [3, 0])
    with pytest.raises(ConfigurationError, match="each of the 2 axes"):
        PLANE.resized([3, 3, 3])
    with pytest.raises(ConfigurationError, match="each of the 2 axes"):
        PLANE.resize(torch.zeros(4, 3), [5])
    with pytest.raises(ConfigurationError, match="n_modes=0"):
        PLANE.resize(torch.zeros(4, 3), [5, 0])


OPERATIONS = {
    "synthesise": PLANE.synthesise,
    "analyse": PLANE.analyse,
    "differentiate along the first": lambda tensor: PLANE.differentiate(tensor, 0),
    "differentiate along the last": lambda tensor: PLANE.differentiate(tensor, 1),
    "resize": lambda tensor: PLANE.resize(tensor, (9, 9)),
    "inner product, first": lambda tensor: PLANE.inner_product(tensor, torch.zeros(4, 3)),
    "inner product, second": lambda tensor: PLANE.inner_product(torch.zeros(4, 3), tensor),
    "evaluate": lambda tensor: PLANE.evaluate(tensor, [np.array([0.5]), np.array([0.5])]),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_tensor_that_does_not_hold_the_modes_is_refused(operation):
    for shape in ((4,), (3,), ()):
        with pytest.raises(DataError, match="fewer than the 2 axes"):
            operation(torch.zeros(shape))
    for shape in ((3, 4), (2, 6), (4, 1), (1, 3), (2, 4, 4), (2, 12, 1)):
        with pytest.raises(DataError, match="entries along axis"):
            operation(torch.zeros(shape))
    with pytest.raises(DataError, match="real floats"):
        operation(torch.zeros(4, 3, dtype=torch.int32))


@pytest.mark.parametrize("axis", [-1, 2])
def test_an_axis_the_domain_does_not_have_is_refused(axis):
    with pytest.raises(ConfigurationError, match=f"axis={axis}: the domain has the axes 0 to 1"):
        PLANE.differentiate(torch.zeros(4, 3), axis)


def test_a_negative_order_and_an_unknown_method_are_refused():
    with pytest.raises(ConfigurationError, match="order=-2"):
        PLANE.differentiate(torch.zeros(4, 3), 0, -2)
    for transform in (PLANE.synthesise, PLANE.analyse):
        with pytest.raises(ConfigurationError, match="method=dct"):
            transform(torch.zeros(4, 3), "dct")


def test_a_product_without_factors_is_refused():
    with pytest.raises(ConfigurationError, match="product of 0 series"):
        PLANE.product_basis(0)


def test_points_that_do_not_fit_the_domain_are_refused():
    coefficients, points = torch.zeros(4, 3), np.array([0.5])
    with pytest.raises(DataError, match="points for 1 axes"):
        PLANE.evaluate(coefficients, [points])
    with pytest.raises(DataError, match="points for 3 axes"):
        PLANE.evaluate(coefficients, [points] * 3)
    with pytest.raises(DataError, match="outside"):
        PLANE.evaluate(coefficients, [points, np.array([0.5, 1.2])])
    with pytest.raises(DataError, match="not finite"):
        PLANE.evaluate(coefficients, [points, np.array([np.nan])])
