"""Errors of fields, one for each sample."""

import numpy as np
import pytest
import torch

from sciml_bench.scores.operators.field_errors import relative_l2


@pytest.mark.parametrize("shape", [(8,), (4, 6), (3, 4, 5)])
def test_the_relative_error_is_the_ratio_of_two_root_sums_of_squares(shape):
    rng = np.random.default_rng(0)
    truth, noise = rng.standard_normal((2, 3, *shape))
    scale = np.array([0.0, 0.1, 2.0]).reshape(3, *[1] * len(shape))
    found = relative_l2(torch.from_numpy(truth + scale * noise), torch.from_numpy(truth))
    expected = scale.ravel() * np.sqrt((noise**2).reshape(3, -1).sum(1) / (truth**2).reshape(3, -1).sum(1))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_nothing_said_about_a_field_is_an_error_of_one():
    truth = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(relative_l2(torch.zeros(4, 5), truth), torch.ones(4))


def test_a_field_of_zeros_has_an_error_that_is_a_number():
    zero = torch.zeros(1, 5)
    assert float(relative_l2(zero, zero)) == 0
    assert float(relative_l2(zero + 1e-3, zero)) > 1e30
