"""Two processes with uneven batches give the loss, and after the averaging of DDP the gradient, of one on the union."""

import numpy as np
import pytest
import torch
from torch import distributed, multiprocessing

from sciml_bench.koopman.losses import DPLoss, NestedLoRALoss, VAMPLoss, generator_loss, nested_lora_loss

SPLIT = 5


def losses():
    yield from (NestedLoRALoss(3, nesting) for nesting in ("joint", "sequential", "none"))
    yield NestedLoRALoss(3, estimator="biased", regularization=0.2)
    yield lambda f, g: nested_lora_loss(f, g, weights=1 + f.detach()[:, 0].square(), regularization=0.1)
    for weighted in (VAMPLoss(), DPLoss(), lambda f, g, weights: generator_loss(f, g[None], weights=weights)):
        yield lambda f, g, weighted=weighted: weighted(f, g, weights=1 + f.detach()[:, 0].square())
    yield from (lambda f, g, kind=kind: generator_loss(f, g[None], estimator=kind) for kind in ("unbiased", "biased"))
    yield from (VAMPLoss(1), VAMPLoss(2, center=False), DPLoss(), DPLoss(relaxed=False, metric_deformation=0.1))


def values_and_gradients(rows):
    """Every loss of a linear encoder on these rows of the data, with the gradient of the encoder."""
    rng = np.random.default_rng(0)
    x, y = (torch.as_tensor(rng.standard_normal((16, 4)))[rows] for _ in range(2))
    start = torch.as_tensor(rng.standard_normal((4, 3)))
    values, gradients = [], []
    for loss in losses():
        encoder = start.clone().requires_grad_()
        value = loss(x @ encoder, (x + y) @ encoder)
        value.backward()
        values.append(value.item())
        gradients.append(encoder.grad)
    return torch.tensor(values, dtype=torch.float64), torch.stack(gradients)


def one_process(rank, folder):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    values, gradients = values_and_gradients(slice(0, SPLIT) if rank == 0 else slice(SPLIT, None))
    distributed.all_reduce(gradients)
    alone, _ = values_and_gradients(slice(None) if rank == 0 else slice(0))  # the second has no sample
    np.savez(f"{folder}/{rank}.npz", values=values.numpy(), gradients=gradients.numpy() / 2, alone=alone.numpy())
    distributed.destroy_process_group()


@pytest.mark.skipif(not distributed.is_available(), reason="torch was built without torch.distributed")
def test_two_processes_equal_one_on_the_union_of_their_batches(tmp_path):
    multiprocessing.spawn(one_process, (str(tmp_path),), nprocs=2)
    values, gradients = values_and_gradients(slice(None))
    for rank in (0, 1):
        with np.load(tmp_path / f"{rank}.npz", allow_pickle=False) as result:
            for found in (result["values"], result["alone"]):
                np.testing.assert_allclose(found, values.numpy(), rtol=0, atol=1e-10)
            np.testing.assert_allclose(result["gradients"], gradients.numpy(), rtol=0, atol=1e-10)
