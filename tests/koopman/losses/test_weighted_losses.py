"""Whole weights are repetitions: the value of every loss, and its gradient, are those of rows that are repeated."""

import numpy as np
import pytest
import torch

from sciml_bench.koopman import DPLoss, NestedLoRALoss, VAMPLoss
from sciml_bench.koopman.losses import DynamicalAutoEncoderLoss, generator_loss, nested_lora_loss
from sciml_bench.koopman.losses.spectral_contrastive import SpectralContrastiveLoss, spectral_contrastive_loss

ROWS, MODES = 9, 3
REPEATS = torch.tensor([1, 3, 2, 1, 5, 1, 2, 4, 1])


def biased(f, g, weights=None, **options):
    """The correction of the bias leaves out pairs of a row with itself, so that a repetition is another row."""
    return nested_lora_loss(f, g, estimator="biased", weights=weights, **options)


def of_generator(f, g, weights=None):
    return generator_loss(f, torch.stack((g, f * g)), estimator="biased", weights=weights)


def of_auto_encoder(f, g, weights=None):
    return DynamicalAutoEncoderLoss(1.0, 0.5, 2.0)(f, g, g.sin(), f + g, f.cos(), 2 * g, weights=weights)


LOSSES = {
    "vamp-1": VAMPLoss(1),
    "vamp-2": VAMPLoss(2, center=False),
    "dp": DPLoss(),
    "dp unrelaxed": DPLoss(relaxed=False, metric_deformation=0.1, center=False),
    "joint": biased,
    "sequential": lambda f, g, weights=None: biased(f, g, weights, nesting="sequential"),
    "penalty": lambda f, g, weights=None: biased(f, g, weights, nesting="none", regularization=0.3),
    "generator": of_generator,
    "auto-encoder": of_auto_encoder,
}


def drawn():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(ROWS, MODES, generator=generator, dtype=torch.float64, requires_grad=True) for _ in range(2)]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [1.0, 7.0])
def test_whole_weights_are_repetitions(name, scale):
    loss, (f, g) = LOSSES[name], drawn()
    weighted = loss(f, g, weights=scale * REPEATS.double())
    repeated = loss(*(part.repeat_interleave(REPEATS, dim=0) for part in (f, g)))
    assert weighted.item() == pytest.approx(repeated.item(), abs=1e-11)
    for one, other in zip(*(torch.autograd.grad(value, (f, g)) for value in (weighted, repeated)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)
    assert abs(weighted.item() - loss(f, g).item()) > 1e-3


@pytest.mark.parametrize("name", ["vamp-1", "dp", "generator", "auto-encoder"])
def test_weighted_gradients_agree_with_finite_differences(name):
    weights = torch.rand(ROWS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda f, g: LOSSES[name](f, g, weights=weights), drawn())


def test_no_pair_of_a_row_with_itself_counts_in_the_unbiased_loss_of_a_generator():
    f, g = drawn()
    weights = np.array([0.3, 2.0, 1.1, 0.0, 1.0, 0.5, 4.0, 0.2, 1.0])
    x, y = f.detach().numpy(), g.detach().numpy()
    forms = [np.outer(a, a) + np.outer(b, b) for a, b in zip(x, y, strict=True)]
    pairs = [(a, b) for a in range(ROWS) for b in range(ROWS) if a != b]
    counts = np.array([weights[a] * weights[b] for a, b in pairs])
    squares = np.array([np.trace(forms[a] @ forms[b]) for a, b in pairs])
    exact = counts @ squares / counts.sum() - 2 * weights @ (x**2).sum(axis=1) / weights.sum()
    value = generator_loss(f, g[None], nesting="none", weights=torch.as_tensor(weights))
    assert value.item() == pytest.approx(exact, abs=1e-12)


def test_the_module_of_the_spectral_contrastive_loss_takes_weights_and_factors():
    f, g = drawn()
    weights, decay = REPEATS.double(), torch.tensor([1.0, 0.5, 0.2], dtype=torch.float64)
    root = decay.sqrt()
    expected = spectral_contrastive_loss(f * root, g * root, weights)
    assert SpectralContrastiveLoss()(f, g, weights, decay).item() == pytest.approx(expected.item(), abs=1e-12)


def test_factors_of_a_longer_lag_multiply_learned_singular_values():
    f, g = drawn()
    loss, decay = NestedLoRALoss(MODES, learn_singular_values="sigmoid").double(), torch.tensor([0.9, 0.5, 0.1])
    expected = nested_lora_loss(f, g, singular_values=loss.singular_values() * decay)
    assert loss(f, g, decay=decay).item() == pytest.approx(expected.item(), abs=1e-12)
