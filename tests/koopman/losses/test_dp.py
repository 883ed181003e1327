import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import DPLoss
from sciml_bench.koopman.losses import dp_loss, vamp_loss


def features(batch=40, modes=4):
    generator = torch.Generator().manual_seed(0)
    f = torch.randn(batch, modes, generator=generator, dtype=torch.float64)
    g = 0.6 * f + torch.randn(batch, modes, generator=generator, dtype=torch.float64)
    return f.requires_grad_(), g.requires_grad_()


def covariance(x, y):
    return (x - x.mean(axis=0)).T @ (y - y.mean(axis=0)) / len(x)


def deformation(x):
    eigenvalues = np.linalg.eigvalsh(covariance(x, x))
    return np.mean(-np.log(eigenvalues) + eigenvalues * (eigenvalues - 1))


def test_relaxed_value_is_the_closed_form():
    x, y = (z.detach().numpy() for z in features())
    norms = np.linalg.norm(covariance(x, x), 2) * np.linalg.norm(covariance(y, y), 2)
    score = np.linalg.norm(covariance(x, y)) ** 2 / norms
    exact = -(score - 0.5 * 0.3 * (deformation(x) + deformation(y)))
    assert DPLoss(metric_deformation=0.3)(*features()).item() == pytest.approx(exact, abs=1e-8)


def test_unrelaxed_score_is_vamp_2():
    x, y = (z.detach().numpy() for z in features())
    exact = vamp_loss(*features()).item() + 0.5 * 0.01 * (deformation(x) + deformation(y))
    assert DPLoss(relaxed=False)(*features()).item() == pytest.approx(exact, abs=1e-8)


def test_relaxation_is_a_lower_bound_of_the_score_and_tight_for_orthonormal_features():
    f, g = features()
    relaxed, score = (-dp_loss(f, g, relaxed=choice, metric_deformation=0.0) for choice in (True, False))
    assert relaxed < score
    white, _ = torch.linalg.qr(f.detach() - f.detach().mean(dim=0))
    lagged, _ = torch.linalg.qr(g.detach() - g.detach().mean(dim=0))
    both = [dp_loss(white, lagged, relaxed=choice, metric_deformation=0.0) for choice in (True, False)]
    torch.testing.assert_close(*both)


@pytest.mark.parametrize("relaxed", [True, False])
@pytest.mark.parametrize("center", [True, False])
def test_gradient_agrees_with_finite_differences(relaxed, center):
    assert torch.autograd.gradcheck(
        lambda f, g: dp_loss(f, g, relaxed=relaxed, metric_deformation=0.1, center=center), features(12, 3)
    )


@pytest.mark.parametrize("relaxed", [True, False])
def test_collapsed_features_are_punished_by_a_finite_amount(relaxed):
    f, g = (torch.cat([x.detach().float(), x.detach().float()], dim=1).requires_grad_() for x in features())
    loss = dp_loss(f, g, relaxed=relaxed)
    loss.backward()
    assert loss > dp_loss(*features(), relaxed=relaxed)
    assert torch.all(torch.isfinite(f.grad))
    assert loss.dtype == torch.float32


def test_a_negative_weight_is_an_error():
    with pytest.raises(ConfigurationError, match="metric_deformation=-1"):
        DPLoss(metric_deformation=-1)
