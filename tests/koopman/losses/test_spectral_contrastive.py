import pytest
import torch

from sciml_bench.koopman import SpectralContrastiveLoss


def test_moment_form_equals_the_sum_over_all_pairs():
    torch.manual_seed(0)
    f, g = (torch.randn(40, 6, dtype=torch.float64, requires_grad=True) for _ in range(2))
    inner = f @ g.T
    pairs = (inner.square().sum() - inner.diagonal().square().sum()) / (40 * 39) - 2 * inner.diagonal().mean()
    moments = SpectralContrastiveLoss()(f, g)
    assert moments.item() == pytest.approx(pairs.item(), abs=1e-10)
    for ours, theirs in zip(torch.autograd.grad(moments, [f, g]), torch.autograd.grad(pairs, [f, g]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_it_is_the_loss_that_kooplearn_has():
    peer = pytest.importorskip("kooplearn.torch.nn")
    torch.manual_seed(0)
    f, g = (torch.randn(300, 6, dtype=torch.float64) for _ in range(2))
    assert SpectralContrastiveLoss()(f, g).item() == pytest.approx(
        peer.SpectralContrastiveLoss()(f, g).item(), abs=1e-8
    )
