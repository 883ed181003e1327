"""The loss of the resolvent, against sums over samples written out and against the harmonic oscillator."""

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import GeneratorLoss
from sciml_bench.koopman.losses import generator_loss

RATE, SHIFT, MODES = 1.5, 2.0, 4


def functions(batch, modes=3, directions=2):
    generator = torch.Generator().manual_seed(0)
    f = torch.randn(batch, modes, generator=generator, dtype=torch.float64, requires_grad=True)
    return f, torch.randn(directions, batch, modes, generator=generator, dtype=torch.float64, requires_grad=True)


def written_out(f, derivatives, nesting, estimator):
    batch, modes = f.shape
    forms = [np.outer(f[b], f[b]) + sum(np.outer(part[b], part[b]) for part in derivatives) for b in range(batch)]

    def plain(i):
        pairs = [
            np.trace(forms[a][:i, :i] @ forms[b][:i, :i])
            for a in range(batch)
            for b in range(batch)
            if a != b or estimator == "biased"
        ]
        return np.mean(pairs) - 2 * np.mean(np.sum(f[:, :i] ** 2, axis=1))

    return np.mean([plain(i) for i in range(1, modes + 1)]) if nesting == "joint" else plain(modes)


@pytest.mark.parametrize("nesting", ["joint", "none"])
@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_value_is_the_sum_over_samples_and_its_gradient_that_of_finite_differences(nesting, estimator):
    f, derivatives = functions(6)
    value = generator_loss(f, derivatives, nesting=nesting, estimator=estimator)
    exact = written_out(f.detach().numpy(), derivatives.detach().numpy(), nesting, estimator)
    assert value.item() == pytest.approx(exact, abs=1e-12)
    assert torch.autograd.gradcheck(
        lambda *given: generator_loss(*given, nesting=nesting, estimator=estimator), (f, derivatives)
    )


def oscillator():
    """Hermite functions of dx = −RATE x dt + √(2 RATE) dW at quantiles of its law, with derivatives along √(a/η)."""
    x = ndtri((np.arange(400_000) + 0.5) / 400_000)
    hermite = np.stack([np.ones_like(x), x, (x**2 - 1) / np.sqrt(2), (x**3 - 3 * x) / np.sqrt(6)], axis=1)
    slopes = np.stack([0 * x, np.ones_like(x), np.sqrt(2) * x, np.sqrt(3) * (x**2 - 1) / np.sqrt(2)], axis=1)
    return hermite, np.sqrt(RATE / SHIFT) * slopes


def test_the_eigenfunctions_are_the_minimum_and_its_value_is_that_of_their_rates():
    hermite, slopes = oscillator()
    resolved = 1 / (1 + RATE * np.arange(MODES) / SHIFT)
    scale = torch.from_numpy(resolved.copy()).requires_grad_()
    mixing = torch.eye(MODES, dtype=torch.float64, requires_grad=True)
    f, derivatives = (torch.from_numpy(part) @ mixing * scale for part in (hermite, slopes))
    loss = generator_loss(f, derivatives[None])
    exact = -np.mean([np.sum(resolved[:i] ** 2) for i in range(1, MODES + 1)])
    assert loss.item() == pytest.approx(exact, abs=2e-4)  # of the quantiles' tails
    for gradient in torch.autograd.grad(loss, (scale, mixing)):
        assert gradient.abs().max() < 2e-3


def test_wrong_options_are_named():
    with pytest.raises(ConfigurationError, match="nesting=sequential: choose one of joint, none"):
        GeneratorLoss(3, nesting="sequential")
    with pytest.raises(ConfigurationError, match="estimator=unbiased needs a batch of at least 2"):
        GeneratorLoss(3)(*functions(1))
