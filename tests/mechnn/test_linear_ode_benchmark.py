"""The references of the block's benchmark compute what they say, and its rows and figure come out."""

import subprocess
import sys

import numpy as np
import torch

from benchmarks import linear_ode_block
from benchmarks.block_elimination import BlockElimination
from benchmarks.linear_ode_cost import ELIMINATION, oscillators
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.dense_solver import dense_matrix


def test_block_elimination_is_least_squares_without_slack_and_central_rows():
    inputs = oscillators(12)
    problem = LinearODEProblem(*inputs, central=False)
    matrix = dense_matrix(problem)[:, :, :-1].numpy()
    right = np.zeros(matrix.shape[:2])
    right[:, :12], right[:, 12:14] = inputs[1].detach()[:, 0], inputs[2].detach()[:, 0, 0]
    states = BlockElimination.apply(*inputs).detach().flatten(1)
    for found, one, other in zip(states, matrix, right, strict=True):
        np.testing.assert_allclose(found, np.linalg.lstsq(one, other)[0], rtol=1e-8, atol=1e-10)


def test_the_gradient_of_block_elimination_is_right():
    inputs = [value.detach()[:2].clone().requires_grad_() for value in oscillators(5)]
    assert torch.autograd.gradcheck(BlockElimination.apply, inputs, fast_mode=True)


def test_a_small_comparison_reaches_easy_targets_and_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(linear_ode_block, "STEPS", (20,))
    monkeypatch.setattr(linear_ode_block, "SOLVERS", ("band", "dense"))
    file = tmp_path / "figures" / "linear_ode_block.png"
    rows = linear_ode_block.measure({20: 1.5}, longest_dense=60, long=120, repetitions=1, figure=file)
    by_claim = {(row.claim.split(", 16")[0], row.reference_name): row for row in rows}
    assert by_claim["linear ODE, gradient: band", "dense"].reached
    assert by_claim["linear ODE, gradient: band", ELIMINATION].ratio.median > 1
    assert by_claim["linear ODE, gradient: band", "itself with 60 steps"].reached
    assert file.stat().st_size > 10_000


def test_the_memory_of_the_dense_solver_grows_with_the_square_of_the_steps(repository):
    # in a process of its own: what an allocator has kept of earlier tests would not count
    peaks = "*(cost.cost_with_memory('dense', n).peak for n in (100, 200))"
    asked = f"import benchmarks.linear_ode_cost as cost; print({peaks})"
    said = subprocess.run([sys.executable, "-c", asked], cwd=repository, capture_output=True, text=True, check=True)
    small, large = map(int, said.stdout.split())
    assert 2.5 < large / small < 6
