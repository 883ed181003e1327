import numpy as np
import pytest
import torch
from torch.func import functional_call
from torch.nn.utils import parameters_to_vector
from torchdiffeq import odeint, odeint_adjoint

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node.landscape.hessian import HessianVectorProduct, hessian_top_eigenpairs, hessian_trace

EIGENVALUES = np.concatenate([[50.0, 20.0, -30.0], np.full(57, 0.01)])


def symmetric_matrix(eigenvalues, seed=0):
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(eigenvalues),) * 2))
    return basis @ np.diag(eigenvalues) @ basis.T, basis


def quadratic(matrix, dtype=torch.float64):
    """A loss with this Hessian, in two parameters of different shapes."""
    hessian = torch.from_numpy(matrix).to(dtype)
    first = torch.zeros((2, 3), dtype=dtype, requires_grad=True)
    second = torch.zeros(len(matrix) - 6, dtype=dtype, requires_grad=True)

    def loss():
        vector = torch.cat([first.reshape(-1), second])
        return vector @ hessian @ vector / 2 + vector.sum()

    return loss, [first, second]


def regression(seed=0):
    """A network fitted to a product, and its mean squared error for any parameters."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(20, 2, dtype=torch.float64, generator=generator)
    return perceptron(generator), lambda network: (network(x)[:, 0] - x[:, 0] * x[:, 1]).square().mean()


def neural_ode(seed=0):
    """A NeuralODE beside an ellipse, solved by torchdiffeq with steps of its own choice."""
    times = torch.linspace(0, 2, 9, dtype=torch.float64)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    observed = torch.stack([torch.cos(2 * times), 1.5 * torch.sin(2 * times)], dim=-1)

    def loss(network):
        states = odeint(lambda t, u: network(u), start, times, method="dopri5", rtol=1e-7, atol=1e-9)
        return (states - observed).square().mean()

    return perceptron(torch.Generator().manual_seed(seed)), loss


def perceptron(generator):
    network = torch.nn.Sequential(torch.nn.Linear(2, 6), torch.nn.GELU(), torch.nn.Linear(6, 2)).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5, generator=generator)
    return network


def dense_hessian(network, loss):
    """By forming every row, without products."""
    names, parameters = zip(*network.named_parameters(), strict=True)
    sizes, shapes = [p.numel() for p in parameters], [p.shape for p in parameters]

    def of_vector(vector):
        pieces = [part.reshape(shape) for part, shape in zip(vector.split(sizes), shapes, strict=True)]
        values = dict(zip(names, pieces, strict=True))
        return loss(lambda x: functional_call(network, values, (x,)))

    return torch.autograd.functional.hessian(of_vector, parameters_to_vector(parameters).detach()).numpy()


def test_the_largest_eigenvalues_are_found_although_a_negative_one_is_larger_in_modulus():
    matrix, basis = symmetric_matrix(EIGENVALUES)
    pairs = hessian_top_eigenpairs(*quadratic(matrix))
    np.testing.assert_allclose(pairs.eigenvalues, [50, 20], atol=1e-8)
    np.testing.assert_allclose(np.abs(pairs.eigenvectors @ basis[:, :2]), np.eye(2), atol=1e-8)
    assert (pairs.eigenvectors.max(axis=1) == np.abs(pairs.eigenvectors).max(axis=1)).all()


def test_single_precision_gives_the_eigenvalues_to_three_digits():
    pairs = hessian_top_eigenpairs(*quadratic(symmetric_matrix(EIGENVALUES)[0], torch.float32))
    np.testing.assert_allclose(pairs.eigenvalues, [50, 20], atol=1e-3)


@pytest.mark.parametrize("n_pairs", [1, 3, 8])
def test_few_parameters_are_no_obstacle(n_pairs):
    eigenvalues = np.array([4.0, 3.0, 1.0, 0.0, 0.0, -1.0, -2.0, -9.0])
    pairs = hessian_top_eigenpairs(*quadratic(symmetric_matrix(eigenvalues)[0]), n_pairs)
    np.testing.assert_allclose(pairs.eigenvalues, eigenvalues[:n_pairs], atol=1e-10)


def test_equal_seeds_give_equal_bits():
    loss, parameters = quadratic(symmetric_matrix(EIGENVALUES)[0])
    first, again = (hessian_top_eigenpairs(loss, parameters, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.eigenvectors, again.eigenvectors)


@pytest.mark.parametrize("problem", [regression, neural_ode])
def test_eigenpairs_agree_with_the_dense_hessian(problem):
    network, loss = problem()
    dense = dense_hessian(network, loss)
    values, vectors = np.linalg.eigh(dense)
    pairs = hessian_top_eigenpairs(lambda: loss(network), list(network.parameters()), 3)
    np.testing.assert_allclose(pairs.eigenvalues, values[::-1][:3], atol=1e-7)
    np.testing.assert_allclose(np.abs(np.sum(pairs.eigenvectors * vectors.T[::-1][:3], axis=1)), 1, atol=1e-7)


def test_products_are_changes_of_the_gradient():
    network, loss = neural_ode()
    parameters = list(network.parameters())
    direction, step = np.random.default_rng(0).standard_normal(sum(p.numel() for p in parameters)), 1e-5
    product = HessianVectorProduct(lambda: loss(network), parameters) @ direction

    def gradient(shift):
        moved = perceptron(torch.Generator().manual_seed(0))
        vector = parameters_to_vector(parameters).detach() + shift * torch.from_numpy(direction)
        torch.nn.utils.vector_to_parameters(vector, moved.parameters())
        return parameters_to_vector(torch.autograd.grad(loss(moved), list(moved.parameters()))).numpy()

    difference = (gradient(step) - gradient(-step)) / (2 * step)
    np.testing.assert_allclose(product, difference, rtol=1e-5, atol=1e-5)


def test_the_trace_is_the_sum_of_the_eigenvalues_within_its_error():
    matrix, _ = symmetric_matrix(EIGENVALUES)
    estimate = hessian_trace(*quadratic(matrix), 400)
    # Of vᵀHv with random signs v: twice the sum of the squares beside the diagonal.
    exact_error = np.sqrt(2 * (np.sum(matrix**2) - np.sum(np.diag(matrix) ** 2)) / 400)
    assert estimate.standard_error == pytest.approx(exact_error, rel=0.2)
    assert abs(estimate.value - EIGENVALUES.sum()) < 3 * exact_error


def test_the_trace_of_a_diagonal_hessian_is_exact():
    estimate = hessian_trace(*quadratic(np.diag(np.arange(10.0))), 2)
    assert (estimate.value, estimate.standard_error) == (45, 0)


def test_a_parameter_that_the_loss_does_not_see_has_no_curvature():
    loss, parameters = quadratic(symmetric_matrix(EIGENVALUES)[0])
    unseen = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    pairs = hessian_top_eigenpairs(loss, [unseen, *parameters])
    np.testing.assert_allclose(pairs.eigenvalues, [50, 20], atol=1e-8)
    np.testing.assert_allclose(pairs.eigenvectors[:, :5], 0, atol=1e-12)


class OnceDifferentiable(torch.autograd.Function):
    """A square whose backward pass is not made of torch operations, such as a compiled kernel's."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *gradients):
        return 2 * ctx.saved_tensors[0] * gradients[0]


PARAMETER = torch.ones(3, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(
    ("loss", "parameters", "message"),
    [
        (lambda: PARAMETER.sum(), [PARAMETER], "differentiated twice .*its gradient does not depend"),
        (lambda: OnceDifferentiable.apply(PARAMETER).sum(), [PARAMETER], "differentiated twice"),
        (lambda: OnceDifferentiable.apply(PARAMETER).square().sum(), [PARAMETER], "OnceDifferentiableBackward can be"),
        (lambda: torch.ones(()), [PARAMETER], "does not depend on any of the parameters"),
        (lambda: (PARAMETER**2).sum(), [PARAMETER.detach().clone().requires_grad_()], "does not depend on any"),
        (lambda: PARAMETER**2, [PARAMETER], "a Hessian needs one finite number"),
        (lambda: (PARAMETER**2).sum() * torch.nan, [PARAMETER], "loss = nan: a Hessian needs one finite number"),
        (lambda: (PARAMETER**2).sum(), [], "parameters: 0 tensors"),
        (lambda: (PARAMETER**2).sum(), [PARAMETER.detach()], "of which 0 require a gradient"),
    ],
)
def test_losses_without_a_hessian_are_refused(loss, parameters, message):
    with pytest.raises(ConfigurationError, match=message):
        hessian_top_eigenpairs(loss, parameters)


def test_a_derivative_by_the_adjoint_method_is_not_taken_for_a_constant_beside_a_penalty():
    network = perceptron(torch.Generator().manual_seed(0))
    parameters = list(network.parameters())
    start, times = torch.ones(2, dtype=torch.float64), torch.linspace(0, 1, 3, dtype=torch.float64)

    def loss():
        states = odeint_adjoint(lambda t, u: network(u), start, times, adjoint_params=tuple(parameters))
        return states.square().mean() + sum(parameter.square().sum() for parameter in parameters)

    with pytest.raises(ConfigurationError, match=r"OdeintAdjointMethodBackward can be differentiated once only.*solve"):
        hessian_trace(loss, parameters)


class Cube(torch.autograd.Function):
    """A cube whose derivative is written by hand, from torch operations."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, *gradients):
        return 3 * ctx.saved_tensors[0] ** 2 * gradients[0]


def test_a_derivative_written_by_hand_may_be_differentiated_again():
    parameter = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    pairs = hessian_top_eigenpairs(lambda: Cube.apply(parameter).sum(), [parameter], 3)
    np.testing.assert_allclose(pairs.eigenvalues, [18, 6, -12])


def test_counts_out_of_range_are_refused():
    loss, parameters = quadratic(symmetric_matrix(EIGENVALUES)[0])
    for n_pairs in (0, 61):
        with pytest.raises(ConfigurationError, match=f"n_pairs={n_pairs}: choose 1 to 60"):
            hessian_top_eigenpairs(loss, parameters, n_pairs)
    with pytest.raises(ConfigurationError, match="n_samples=1: a standard error needs at least 2"):
        hessian_trace(loss, parameters, 1)


def test_a_flat_loss_and_an_infinite_curvature_end_in_a_clear_error():
    with pytest.raises(SolverError, match="largest eigenvalues did not converge"):
        hessian_top_eigenpairs(*quadratic(np.zeros((60, 60))))
    corner = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    with pytest.raises(SolverError, match="a product with it is not finite"):
        hessian_top_eigenpairs(lambda: (corner**1.5).sum(), [corner])
