import numpy as np
import pytest
import scipy.linalg
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman import VAMPLoss
from sciml_bench.koopman.losses import vamp_loss

NORMS = pytest.mark.parametrize("schatten_norm", [1, 2])


def features(batch=30, modes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    f = torch.randn(batch, modes, generator=generator, dtype=torch.float64)
    g = 0.6 * f.flip(1) + torch.randn(batch, modes, generator=generator, dtype=torch.float64) + 0.7
    return f.requires_grad_(), g.requires_grad_()


@NORMS
@pytest.mark.parametrize("center", [True, False])
def test_value_is_minus_the_schatten_norm_of_the_whitened_correlation(schatten_norm, center):
    f, g = features()
    x, y = f.detach().numpy(), g.detach().numpy()
    if center:
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    whitened = np.linalg.inv(scipy.linalg.sqrtm(x.T @ x)) @ x.T @ y @ np.linalg.inv(scipy.linalg.sqrtm(y.T @ y))
    exact = -np.sum(scipy.linalg.svdvals(whitened) ** schatten_norm)
    assert VAMPLoss(schatten_norm, center)(f, g).item() == pytest.approx(exact, abs=1e-8)


@NORMS
@pytest.mark.parametrize("center", [True, False])
def test_gradient_agrees_with_finite_differences(schatten_norm, center):
    assert torch.autograd.gradcheck(
        lambda f, g: vamp_loss(f, g, schatten_norm=schatten_norm, center=center), features(12, 3)
    )


@NORMS
def test_linearly_dependent_features_change_neither_value_nor_the_gradients_meaning(schatten_norm):
    f, g = (x.detach() for x in features())

    def deficient(x):
        return torch.cat([x, x[:, :1], x[:, :2].sum(dim=1, keepdim=True)], dim=1)

    x, y = deficient(f).requires_grad_(), deficient(g).requires_grad_()
    loss = vamp_loss(x, y, schatten_norm=schatten_norm)
    assert loss.item() == pytest.approx(vamp_loss(f, g, schatten_norm=schatten_norm).item(), abs=1e-9)
    loss.backward()
    generator, step = torch.Generator().manual_seed(1), 1e-6
    direction = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    ahead, back = (
        vamp_loss(x.detach() + s * direction, y.detach(), schatten_norm=schatten_norm) for s in (step, -step)
    )
    assert (x.grad * direction).sum().item() == pytest.approx(((ahead - back) / (2 * step)).item(), abs=1e-6)


@NORMS
def test_float32_features_with_equal_and_constant_columns_have_a_finite_gradient(schatten_norm):
    f, g = (x.detach().float() for x in features())
    expected = vamp_loss(f, g, schatten_norm=schatten_norm)
    x, y = (torch.cat([z, z, torch.ones(len(z), 1), z[:, :1] * 3], dim=1).requires_grad_() for z in (f, g))
    loss = vamp_loss(x, y, schatten_norm=schatten_norm)
    loss.backward()
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.detach(), expected, rtol=0, atol=1e-5)
    for gradient in (x.grad, y.grad):
        assert torch.all(torch.isfinite(gradient))
        assert gradient.abs().max() < 10


@NORMS
def test_a_batch_smaller_than_the_number_of_modes_and_a_collapsed_one_stay_finite(schatten_norm):
    for f, g in (features(3, 6), [torch.ones(5, 3, dtype=torch.float64, requires_grad=True)] * 2):
        loss = vamp_loss(f, g, schatten_norm=schatten_norm)
        loss.backward()
        assert -6 <= loss.item() <= 0
        assert torch.all(torch.isfinite(f.grad))


@NORMS
def test_score_is_invariant_under_linear_maps_of_the_features(schatten_norm):
    f, g = features()
    mixing = torch.tensor(np.random.default_rng(0).standard_normal((4, 4)))
    torch.testing.assert_close(
        vamp_loss(f @ mixing, g, schatten_norm=schatten_norm), vamp_loss(f, g, schatten_norm=schatten_norm)
    )


def test_bad_options_and_batches_are_errors():
    with pytest.raises(ConfigurationError, match="schatten_norm=3"):
        VAMPLoss(3)
    with pytest.raises(ConfigurationError, match="schatten_norm=0"):
        vamp_loss(*features(), schatten_norm=0)
    with pytest.raises(DataError, match="batch_size"):
        vamp_loss(*features(1, 2))
