"""Matrices along an axis beside NumPy's einsum, in every type that a tensor may have."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.nsm.bases.matrices import Constant, apply, as_tensor, require_points

MATRIX = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("shape", "axis", "rule"),
    [
        ((3,), 0, "rc,c->r"),
        ((3,), -1, "rc,c->r"),
        ((4, 3), 1, "rc,ac->ar"),
        ((3, 3), 0, "rc,cb->rb"),
        ((4, 3, 5), 1, "rc,acb->arb"),
        ((4, 3, 5), -2, "rc,acb->arb"),
        ((3, 4, 3), -3, "rc,cab->rab"),
        ((2, 4, 3, 5, 6), 2, "rc,abcde->abrde"),
        ((0, 3, 5), 1, "rc,acb->arb"),
    ],
)
def test_a_matrix_acts_along_the_axis_that_is_asked_for(shape, axis, rule):
    tensor = np.random.default_rng(0).standard_normal(shape)
    found = apply(torch.from_numpy(MATRIX), torch.from_numpy(tensor), axis)
    np.testing.assert_allclose(found, np.einsum(rule, MATRIX, tensor), atol=1e-14)


def test_axes_that_are_not_in_order_in_memory_are_the_same():
    tensor = torch.from_numpy(np.random.default_rng(0).standard_normal((5, 3, 4))).transpose(0, 2)
    found = apply(torch.from_numpy(MATRIX), tensor, 1)
    np.testing.assert_allclose(found, np.einsum("rc,acb->arb", MATRIX, tensor.numpy()), atol=1e-14)


def test_gradients_are_those_of_the_transposed_matrix():
    tensor = torch.ones(4, 3, 5, dtype=torch.float64, requires_grad=True)
    apply(torch.from_numpy(MATRIX), tensor, 1).sum().backward()
    np.testing.assert_allclose(tensor.grad, np.broadcast_to(MATRIX.sum(axis=0)[None, :, None], (4, 3, 5)))


def test_points_are_a_list_of_finite_positions_in_float64():
    assert require_points(np.array([0, 1])).dtype == np.float64
    with pytest.raises(DataError, match=r"points of shape \(2, 1\); give a list"):
        require_points(np.zeros((2, 1)))
    with pytest.raises(DataError, match="2 of 3 points are not finite"):
        require_points(np.array([0.0, np.nan, np.inf]))


def test_numbers_take_the_type_of_what_they_meet():
    single = as_tensor(MATRIX[:, ::-1], torch.zeros(1, dtype=torch.float32))
    assert single.dtype == torch.float32
    np.testing.assert_array_equal(single, MATRIX[:, ::-1])


def test_a_constant_keeps_its_precision_whoever_comes_first():
    third = Constant(np.array([1 / 3]))
    single, double = torch.zeros(1, dtype=torch.float32), torch.zeros(1, dtype=torch.float64)
    assert third.like(single).item() == np.float32(1 / 3)
    assert third.like(double).item() == 1 / 3
    assert third.like(double) is third.like(torch.ones(7, dtype=torch.float64))


def test_a_constant_of_an_evaluation_serves_a_training():
    constant = Constant(np.array([2.0]))
    with torch.inference_mode():
        constant.like(torch.zeros(1))
    weight = torch.ones(1, requires_grad=True)
    (weight * constant.like(weight)).backward()
    assert weight.grad == 2
