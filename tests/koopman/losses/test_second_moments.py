import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.koopman.losses.second_moments import joint_covariance, orthonormality_penalty


@pytest.mark.parametrize("center", [True, False])
def test_joint_covariance_is_that_of_numpy_with_its_gradient(center):
    torch.manual_seed(0)
    f, g = (torch.randn(9, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    z = np.hstack([f.detach().numpy(), g.detach().numpy()])
    exact = np.cov(z.T, bias=True) if center else z.T @ z / 9
    np.testing.assert_allclose(joint_covariance(f, g, center).detach().numpy(), exact, atol=1e-14)
    weights = torch.randn(6, 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda f, g: (weights * joint_covariance(f, g, center)).sum(), (f, g))


def test_float32_features_far_from_zero_keep_their_covariance():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((500, 2)).astype(np.float32) + np.float32(1000)
    covariance = joint_covariance(torch.as_tensor(z), torch.as_tensor(z))
    assert covariance.dtype == torch.float64
    np.testing.assert_allclose(covariance[:2, :2].numpy(), np.cov(z.astype(float).T, bias=True), rtol=1e-10)


def test_orthonormal_centred_functions_have_no_penalty():
    phase = 2 * np.pi * np.arange(12) / 12
    waves = torch.as_tensor(np.sqrt(2) * np.column_stack([np.cos(phase), np.sin(phase)]))
    assert orthonormality_penalty(waves).item() == pytest.approx(0, abs=1e-14)
    assert orthonormality_penalty(waves + 1).item() > 1


def test_the_penalty_counts_what_is_not_orthonormal_and_the_mean_twice():
    f = np.random.default_rng(0).standard_normal((7, 3)) + 0.5
    expected = ((f.T @ f / 7 - np.eye(3)) ** 2).sum() + 2 * (f.mean(axis=0) ** 2).sum()
    assert orthonormality_penalty(torch.from_numpy(f)).item() == pytest.approx(expected)


def test_one_sample_has_no_covariance():
    with pytest.raises(DataError, match="batch_size"):
        joint_covariance(torch.ones(1, 2), torch.ones(1, 2))
