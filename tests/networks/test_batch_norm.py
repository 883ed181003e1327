"""Statistics of a batch are those of all processes, with their gradients: two processes with uneven parts equal one."""

import os

import numpy as np
import pytest
import torch
from torch import distributed, multiprocessing, nn

from sciml_bench.core.processes.sums import added_over_processes, mean_over_processes
from sciml_bench.koopman.feature_pair import RunningSecondMoment
from sciml_bench.networks.batch_norm import join_batch_norms

PARTS = (slice(0, 2), slice(2, None))
LAYERS = {
    "vectors": (lambda: nn.BatchNorm1d(3), (7, 3)),
    "images": (lambda: nn.Sequential(nn.BatchNorm2d(3, momentum=None)), (7, 3, 2, 2)),
    "second moment": (lambda: RunningSecondMoment(3), (7, 3)),
}


def outcome(name: str, rows: slice) -> list[np.ndarray]:
    """The output for these rows, the gradient of the mean of a function of it, and the statistics that are kept."""
    make, shape = LAYERS[name]
    layer = make().double()
    join_batch_norms(layer)
    numbers = np.random.default_rng(0)
    states, weights = (torch.from_numpy(numbers.standard_normal(shape))[rows] for _ in range(2))
    states.requires_grad_()
    output = layer(states)
    loss = mean_over_processes((output**3 * weights).flatten(1).sum(dim=1).mean(), len(states))
    loss.backward()
    kept = [tensor.detach().double().numpy() for tensor in layer.state_dict().values()]
    layer.eval()
    return [output.detach().numpy(), states.grad.numpy(), loss.detach().numpy(), layer(states).detach().numpy(), *kept]


def one_process(rank: int, folder: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    assert added_over_processes([rank, 2.5]) == [1, 5]
    for name in LAYERS:
        np.savez(f"{folder}/{name}_{rank}.npz", *outcome(name, PARTS[rank]))
    distributed.destroy_process_group()


@pytest.mark.skipif(not distributed.is_available() or not hasattr(os, "fork"), reason="needs processes that fork")
def test_two_processes_normalise_by_the_statistics_of_both(tmp_path) -> None:
    multiprocessing.start_processes(one_process, (str(tmp_path),), nprocs=2, start_method="fork")
    for name in LAYERS:
        output, gradient, loss, evaluated, *kept = outcome(name, slice(None))
        for rank in (0, 1):
            with np.load(tmp_path / f"{name}_{rank}.npz", allow_pickle=False) as file:
                found = [file[key] for key in file.files]
            np.testing.assert_allclose(found[0], output[PARTS[rank]], atol=1e-12)
            # each process holds twice its share, of which the average over processes is the union's
            np.testing.assert_allclose(found[1] / 2, gradient[PARTS[rank]], atol=1e-12)
            np.testing.assert_allclose(found[2], loss, atol=1e-12)
            np.testing.assert_allclose(found[3], evaluated[PARTS[rank]], atol=1e-12)
            for mine, theirs in zip(found[4:], kept, strict=True):
                np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_one_process_normalises_as_torch_does() -> None:
    torch.manual_seed(0)
    states, ours, theirs = torch.randn(5, 3), nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    join_batch_norms(ours)
    torch.testing.assert_close(ours(states), theirs(states), rtol=0, atol=0)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
