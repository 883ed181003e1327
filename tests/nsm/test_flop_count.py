"""Operations of a computation, against counts by hand."""

import math

import pytest
import torch

from sciml_bench.nsm.training.flop_count import count_flops


def test_a_product_of_matrices_has_two_operations_per_entry_and_inner_index():
    assert count_flops(lambda: torch.randn(3, 4) @ torch.randn(4, 5)) == 2 * 3 * 4 * 5
    assert count_flops(lambda: torch.bmm(torch.randn(7, 3, 4), torch.randn(7, 4, 5))) == 7 * 2 * 3 * 4 * 5


def test_a_complex_product_is_four_real_ones():
    a, b = torch.randn(7, 3, 4, dtype=torch.complex64), torch.randn(7, 4, 5, dtype=torch.complex64)
    assert count_flops(lambda: torch.bmm(a, b)) == 4 * 7 * 2 * 3 * 4 * 5
    assert count_flops(lambda: torch.einsum("bij,bjk->bik", a, b)) == 4 * 7 * 2 * 3 * 4 * 5
    assert count_flops(lambda: a[0] @ b[0]) == 4 * 2 * 3 * 4 * 5


@pytest.mark.parametrize(("size", "axes"), [((8, 64), (-1,)), ((3, 16, 32), (-2, -1))])
def test_a_fourier_transform_has_five_n_log_n_operations_and_a_real_one_half(size, axes):
    n = math.prod(size[axis] for axis in axes)
    expected = 5 * math.prod(size) * math.log2(n)
    values = torch.randn(size)
    assert count_flops(lambda: torch.fft.fftn(values.to(torch.complex64), dim=axes)) == pytest.approx(expected)
    forward = count_flops(lambda: torch.fft.rfftn(values, dim=axes))
    assert forward == pytest.approx(expected / 2)
    spectrum = torch.fft.rfftn(values, dim=axes)
    sizes = [size[axis] for axis in axes]
    # the last axis back to real numbers, the others as complex ones of half the length
    back = count_flops(lambda: torch.fft.irfftn(spectrum, sizes, dim=axes))
    assert back == pytest.approx(expected / 2, rel=0.2)


def test_gradients_count_too():
    a, b = torch.randn(3, 4, requires_grad=True), torch.randn(4, 5, requires_grad=True)
    assert count_flops(lambda: torch.autograd.grad((a @ b).sum(), [a, b])) == 3 * 2 * 3 * 4 * 5
