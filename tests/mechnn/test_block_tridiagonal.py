"""Block-tridiagonal Cholesky against dense algebra, on random positive matrices."""

import numpy as np
import pytest
import torch

from sciml_bench.mechnn.linear_ode.solvers.block_solver import BlockTridiagonalCholesky
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import NormalBlocks

N_BLOCKS, SIZE = 4, 3


def random_blocks(n_matrices=2, seed=0):
    """Superblocks of positive matrices whose unknowns stand in a shuffled order, with one slot that none fills."""
    rng, n = np.random.default_rng(seed), N_BLOCKS * SIZE
    factor = np.zeros((n_matrices, n, n))
    for i in range(N_BLOCKS):
        columns = slice(max(i - 1, 0) * SIZE, (i + 1) * SIZE)
        factor[:, i * SIZE : (i + 1) * SIZE, columns] = rng.standard_normal(
            (n_matrices, SIZE, columns.stop - columns.start)
        )
    whole = factor @ factor.mT + np.eye(n)
    whole[:, -1], whole[:, :, -1] = 0.0, 0.0
    whole[:, -1, -1] = 1.0
    scale = 1 / np.sqrt(np.diagonal(whole, axis1=1, axis2=2))
    scaled = (whole * scale[:, :, None] * scale[:, None, :]).reshape(n_matrices, N_BLOCKS, SIZE, N_BLOCKS, SIZE)
    diagonal = np.stack([scaled[:, i, :, i] for i in range(N_BLOCKS)])
    lower = np.stack([scaled[:, i, :, i - 1] if i else 0 * scaled[:, 0, :, 0] for i in range(N_BLOCKS)])
    slots = rng.permutation(n - 1)
    blocks = NormalBlocks(
        torch.from_numpy(diagonal),
        torch.from_numpy(lower),
        torch.zeros(n_matrices, n - 1, dtype=torch.float64),
        1.0,
        torch.from_numpy(scale.reshape(n_matrices, N_BLOCKS, SIZE).swapaxes(0, 1).copy()),
        torch.from_numpy(slots),
    )
    return blocks, whole[:, slots[:, None], slots], scale[:, slots]


def columns(n_matrices=2, n_columns=2):
    shape = (n_matrices, N_BLOCKS * SIZE - 1, n_columns)
    return torch.from_numpy(np.random.default_rng(1).standard_normal(shape))


def test_the_factor_solves_in_the_order_and_units_of_the_unknowns():
    blocks, matrix, _ = random_blocks()
    right = columns()
    found = BlockTridiagonalCholesky(blocks).solve(right)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right.numpy()), rtol=1e-9, atol=1e-12)


def test_a_shift_adds_to_the_diagonal_of_the_scaled_matrix():
    blocks, matrix, scale = random_blocks()
    right = columns()
    shifted = matrix + 0.3 * np.stack([np.diag(1 / row**2) for row in scale])
    found = BlockTridiagonalCholesky(blocks, shift=0.3).solve(right)
    np.testing.assert_allclose(found, np.linalg.solve(shifted, right.numpy()), rtol=1e-9, atol=1e-12)


def test_a_factor_in_single_precision_still_gives_solutions_in_double():
    blocks, matrix, _ = random_blocks()
    found = BlockTridiagonalCholesky(blocks, torch.float32).solve(columns())
    assert found.dtype == torch.float64
    np.testing.assert_allclose(found, np.linalg.solve(matrix, columns().numpy()), rtol=1e-2, atol=1e-4)


def test_the_factor_times_its_transpose_is_the_matrix():
    blocks, matrix, _ = random_blocks()
    n = matrix.shape[1]
    every_direction = torch.eye(n, dtype=torch.float64).expand(2, n, n)
    factor = BlockTridiagonalCholesky(blocks).times_factor(every_direction).numpy()
    np.testing.assert_allclose(factor @ factor.mT, matrix, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("slot", [1, 4, 10])
def test_an_unknown_that_repeats_earlier_ones_is_found(slot):
    blocks, _, _ = random_blocks()
    block, inner = divmod(slot, SIZE)
    diagonal, lower = blocks.diagonal.clone(), blocks.lower.clone()
    # of the second matrix: nothing is left of this unknown
    diagonal[block, 1, inner], diagonal[block, 1, :, inner] = 0.0, 0.0
    lower[block, 1, inner] = 0.0
    if block + 1 < N_BLOCKS:
        lower[block + 1, 1, :, inner] = 0.0
    broken = NormalBlocks(diagonal, lower, blocks.slack, 1.0, blocks.scale, blocks.slots)
    found = BlockTridiagonalCholesky(broken).first_undetermined()
    assert found.tolist() == [-1, int((blocks.slots == slot).nonzero()[0, 0])]
