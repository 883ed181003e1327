import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman import NestedLoRALoss
from sciml_bench.koopman.losses import nested_lora_loss


def features(batch, modes, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, modes, generator=generator, dtype=dtype, requires_grad=True) for _ in range(2)]


def closed_form(f, g, nesting, estimator, weights=None):
    """The definition, pair of samples by pair of samples and prefix by prefix."""
    batch, modes = f.shape
    share = np.full(batch, 1 / batch) if weights is None else weights / weights.sum()
    pairs = share[:, None] * share[None, :]
    if estimator == "unbiased":
        pairs = pairs - np.diag(np.diag(pairs))
        pairs = pairs / pairs.sum()

    def plain(i):
        return -2 * np.sum(share * np.sum(f[:, :i] * g[:, :i], axis=1)) + np.sum(pairs * (f[:, :i] @ g[:, :i].T) ** 2)

    return np.mean([plain(i) for i in range(1, modes + 1)]) if nesting == "joint" else plain(modes)


def markov_chain(n_states=6, seed=3):
    """A chain that is neither reversible nor stationary, and its singular value decomposition."""
    rng = np.random.default_rng(seed)
    transition = 0.3 * rng.dirichlet(np.ones(n_states), n_states) + 0.7 * np.roll(np.eye(n_states), 1, axis=1)
    transition *= np.exp(rng.standard_normal((n_states, n_states)))
    transition /= transition.sum(axis=1, keepdims=True)
    now = rng.dirichlet(5 * np.ones(n_states))
    later = now @ transition
    left, singular_values, right = np.linalg.svd(np.sqrt(now)[:, None] * transition / np.sqrt(later))
    return transition, now, later, left, singular_values, right.T


@pytest.mark.parametrize("nesting", ["joint", "sequential", "none"])
@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_is_the_closed_form(nesting, estimator, weighted):
    f, g = features(13, 5)
    weights = torch.rand(13, generator=torch.Generator().manual_seed(1), dtype=torch.float64) if weighted else None
    value = nested_lora_loss(f, g, nesting=nesting, estimator=estimator, weights=weights)
    exact = closed_form(
        f.detach().numpy(), g.detach().numpy(), nesting, estimator, None if weights is None else weights.numpy()
    )
    assert value.item() == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("nesting", ["joint", "none"])
@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_gradient_agrees_with_finite_differences(nesting, estimator):
    weights = torch.rand(7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for given in (None, weights):
        assert torch.autograd.gradcheck(
            lambda f, g, given=given: nested_lora_loss(f, g, nesting=nesting, estimator=estimator, weights=given),
            features(7, 3),
        )


@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_sequential_gradient_of_a_column_is_that_of_the_prefix_ending_in_it(estimator):
    f, g = features(9, 4)
    nested_lora_loss(f, g, nesting="sequential", estimator=estimator).backward()
    for column in range(4):
        f_prefix, g_prefix = (x.detach()[:, : column + 1].clone().requires_grad_() for x in (f, g))
        gram = f_prefix @ g_prefix.T
        off_diagonal = gram - torch.diag(gram.diagonal())
        pairs = off_diagonal.square().sum() / 72 if estimator == "unbiased" else gram.square().sum() / 81
        (pairs - 2 * (f_prefix * g_prefix).sum() / 9).backward()
        torch.testing.assert_close(f.grad[:, column], f_prefix.grad[:, column], rtol=0, atol=1e-12)
        torch.testing.assert_close(g.grad[:, column], g_prefix.grad[:, column], rtol=0, atol=1e-12)


@pytest.mark.parametrize("nesting", ["joint", "sequential"])
def test_nesting_reaches_the_truncated_svd_of_a_markov_chain(nesting):
    transition, now, later, left, singular_values, right = markov_chain()
    n, modes = len(now), 3
    first, second = (torch.as_tensor(index.ravel()) for index in np.indices((n, n)))
    weights = torch.as_tensor((now[:, None] * transition).ravel())
    root_now, root_later = torch.as_tensor(np.sqrt(now)), torch.as_tensor(np.sqrt(later))
    # Tables of function values, scaled such that orthonormal functions have orthonormal columns.
    f_table, g_table = (0.3 * x.detach() for x in features(n, modes, seed=5))
    f_table.requires_grad_()
    g_table.requires_grad_()
    optimizer = torch.optim.SGD([f_table, g_table], lr=0.5, momentum=0.6)
    for _ in range(1500):
        f, g = (f_table / root_now[:, None])[first], (g_table / root_later[:, None])[second]
        loss = nested_lora_loss(f, g, nesting=nesting, estimator="biased", weights=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    squares = np.cumsum(singular_values[:modes] ** 2)
    optimum = -squares.mean() if nesting == "joint" else -squares[-1]
    assert loss.item() == pytest.approx(optimum, abs=1e-8)
    for table, exact in ((f_table, left), (g_table, right)):
        columns = table.detach().numpy()
        cosines = np.abs(np.sum(columns / np.linalg.norm(columns, axis=0) * exact[:, :modes], axis=0))
        assert np.all(np.sqrt(2 - 2 * np.minimum(cosines, 1)) < 1e-4)
    product = np.linalg.norm(f_table.detach().numpy(), axis=0) * np.linalg.norm(g_table.detach().numpy(), axis=0)
    np.testing.assert_allclose(product, singular_values[:modes], atol=1e-4)


def test_small_batches_bias_the_biased_estimator_only_and_as_predicted():
    correlation, batch, n_batches = 0.8, 8, 8000
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, n_batches, batch, 1))
    f, g = torch.as_tensor(x[0]), torch.as_tensor(correlation * x[0] + np.sqrt(1 - correlation**2) * x[1])
    population = 1 - 2 * correlation
    for estimator, bias in (("unbiased", 0.0), ("biased", 2 * correlation**2 / batch)):
        values = np.array([float(nested_lora_loss(a, b, estimator=estimator)) for a, b in zip(f, g, strict=True)])
        standard_error = values.std() / np.sqrt(n_batches)
        assert abs(values.mean() - population - bias) < 3.5 * standard_error
        assert standard_error < 0.025


def test_singular_values_act_as_their_square_root_on_both_sides():
    f, g = features(8, 3)
    singular_values = torch.tensor([0.9, 0.5, 0.1], dtype=torch.float64, requires_grad=True)
    value = nested_lora_loss(f, g, singular_values=singular_values)
    root = singular_values.detach().sqrt()
    torch.testing.assert_close(value, nested_lora_loss(f * root, g * root))
    assert torch.autograd.gradcheck(
        lambda s: nested_lora_loss(f.detach(), g.detach(), singular_values=s), singular_values
    )


def test_regularization_penalises_functions_that_are_not_orthonormal():
    f, g = features(50, 3)
    gap = nested_lora_loss(f, g, regularization=0.3) - nested_lora_loss(f, g)
    expected = sum(
        np.linalg.norm(x.T @ x / 50 - np.eye(3)) ** 2 + 2 * np.linalg.norm(x.mean(axis=0)) ** 2
        for x in (f.detach().numpy(), g.detach().numpy())
    )
    assert gap.item() == pytest.approx(0.3 * expected, abs=1e-12)


def test_the_features_precision_is_kept():
    f, g = features(8, 3, dtype=torch.float32)
    assert nested_lora_loss(f, g).dtype == torch.float32
    assert nested_lora_loss(f.double(), g.double()).dtype == torch.float64


def test_module_learns_its_singular_values():
    torch.manual_seed(0)
    f, g = features(8, 4, dtype=torch.float32)
    loss = NestedLoRALoss(4, learn_singular_values="sigmoid", constant_first=True)
    loss(f, g).backward()
    assert loss.singular_values().shape == (4,)
    assert loss.singular_values()[0].item() == 1
    assert torch.all(loss.singular_values.parameter.grad != 0)


@pytest.mark.parametrize(
    "options", [{"nesting": "jnt"}, {"nesting": "Joint"}, {"estimator": "vstat"}, {"learn_singular_values": "tanh"}]
)
def test_an_unknown_choice_is_an_error_that_lists_the_known_ones(options):
    with pytest.raises(ConfigurationError, match="choose one of"):
        NestedLoRALoss(4, **options)
    if "learn_singular_values" not in options:
        with pytest.raises(ConfigurationError, match="choose one of"):
            nested_lora_loss(*features(8, 4), **options)


def test_wrong_sizes_are_errors_that_name_the_remedy():
    with pytest.raises(ConfigurationError, match="n_modes=5, but the features have 4"):
        NestedLoRALoss(5)(*features(8, 4))
    with pytest.raises(ConfigurationError, match="batch_size"):
        nested_lora_loss(*features(1, 4))
    nested_lora_loss(*features(1, 4), estimator="biased")
    with pytest.raises(ConfigurationError, match="n_modes=0"):
        NestedLoRALoss(0)
    with pytest.raises(ConfigurationError, match="regularization"):
        NestedLoRALoss(2, regularization=-1.0)
    with pytest.raises(DataError, match="weights"):
        nested_lora_loss(*features(3, 2), weights=torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64))
