"""Sums over two processes, and without any process group."""

import os

import numpy as np
import pytest
import torch
from torch import distributed, multiprocessing

from sciml_bench.core.processes.sums import summed_over_processes, world_size
from sciml_bench.koopman.losses.second_moments import joint_covariance, orthonormality_penalty

ROWS = np.random.default_rng(0).standard_normal((2, 9, 3))
PARTS = (slice(0, 2), slice(2, None))


def test_one_process_keeps_its_tensor_and_gradient():
    assert world_size() == 1
    tensor = torch.ones(3, requires_grad=True)
    assert summed_over_processes(tensor) is tensor


def results(rows):
    """Moments of these rows, their penalty, and the gradient of both in the features."""
    f, g = (torch.from_numpy(side[rows].copy()).requires_grad_() for side in ROWS)
    covariance = joint_covariance(f, g)
    penalty = orthonormality_penalty(f)
    weights = torch.arange(36, dtype=torch.float64).reshape(6, 6)
    gradients = torch.autograd.grad((covariance * weights).sum() + penalty, (f, g))
    return covariance.detach().numpy(), penalty.item(), np.stack([part.numpy() for part in gradients])


def one_process(rank, folder):
    distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    own = torch.tensor([1.0, 10.0]) * (rank + 1)
    transposed = torch.arange(6.0).reshape(2, 3).T * (rank + 1)  # not contiguous
    sums = [summed_over_processes(own).numpy(), summed_over_processes(transposed).numpy()]
    covariance, penalty, gradients = results(PARTS[rank])
    np.savez(
        f"{folder}/{rank}.npz",
        size=world_size(),
        kept=own.numpy(),
        own=sums[0],
        transposed=sums[1],
        covariance=covariance,
        penalty=penalty,
        gradients=gradients,
    )
    distributed.destroy_process_group()


@pytest.mark.skipif(not distributed.is_available() or not hasattr(os, "fork"), reason="needs processes that fork")
def test_two_processes_with_uneven_batches_hold_the_moments_of_the_union(tmp_path):
    multiprocessing.start_processes(one_process, (str(tmp_path),), nprocs=2, start_method="fork")
    f, g = ROWS - ROWS.mean(axis=1, keepdims=True)
    z = np.hstack([f, g])
    metric = ROWS[0].T @ ROWS[0] / 9 - np.eye(3)
    penalty = (metric**2).sum() + 2 * (ROWS[0].mean(axis=0) ** 2).sum()
    _, _, union = results(slice(None))
    for rank in (0, 1):
        with np.load(tmp_path / f"{rank}.npz", allow_pickle=False) as found:
            assert found["size"] == 2
            np.testing.assert_array_equal(found["kept"], np.array([1, 10]) * (rank + 1))
            np.testing.assert_array_equal(found["own"], [3, 30])
            np.testing.assert_array_equal(found["transposed"], 3 * np.arange(6).reshape(2, 3).T)
            np.testing.assert_allclose(found["covariance"], z.T @ z / 9, atol=1e-12)
            assert found["penalty"] == pytest.approx(penalty)
            # each process holds twice its share, of which the average over processes is the union's
            np.testing.assert_allclose(found["gradients"] / 2, union[:, PARTS[rank]], atol=1e-12)
