"""Random linear ODEs, and their least-squares solution by a dense QR factorisation, one row and problem at a time."""

from math import factorial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

SOLVERS = ("band", "block", "conjugate_gradient", "dense")


class Inputs(NamedTuple):
    coefficients: Tensor
    right_side: Tensor
    initial_values: Tensor
    step_sizes: Tensor


def random_inputs(
    *,
    order: int = 2,
    n_states: int = 1,
    n_steps: int = 9,
    batch: int = 2,
    initial_steps: int = 1,
    n_equations: int | None = None,
    shared: tuple[str, ...] = (),
    seed: int = 0,
) -> Inputs:
    """Everything differs over batch, steps and states, but for what is `shared` by the batch."""
    rng = np.random.default_rng(seed)
    n_equations = n_states if n_equations is None else n_equations

    def size(name: str) -> int:
        return 1 if name in shared else batch

    coefficients = rng.standard_normal((size("coefficients"), n_equations, n_steps, n_states, order + 1))
    right_side = rng.standard_normal((size("right_side"), n_equations, n_steps))
    initial_values = rng.standard_normal((size("initial_values"), initial_steps, n_states, order))
    step_sizes = 0.1 * rng.uniform(0.5, 1.5, (size("step_sizes"), n_steps - 1, n_states))
    return Inputs(*(torch.from_numpy(value) for value in (coefficients, right_side, initial_values, step_sizes)))


def qr_solution(
    inputs: Inputs, *, slack_weight: float = 0.0, central: bool = True, periodic: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """States (batch, steps, states, orders) and slack (batch,)."""
    matrix, right = written_out(inputs, central=central, periodic=periodic)
    solved = np.stack([_solve(*rows, slack_weight) for rows in zip(matrix, right, strict=True)])
    return solved[:, :-1].reshape(len(solved), *inputs.coefficients.shape[2:]), solved[:, -1]


def written_out(inputs: Inputs, *, central: bool = True, periodic: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """M (batch, rows, unknowns and slack) and the right side (batch, rows), written out row by row."""
    batch = max(len(value) for value in inputs)
    members = [[value[min(b, len(value) - 1)].detach().numpy() for value in inputs] for b in range(batch)]
    matrices, right = zip(*(_rows(*member, central, periodic) for member in members), strict=True)
    return np.stack(matrices), np.stack(right)


def _solve(matrix: np.ndarray, right: np.ndarray, slack_weight: float) -> np.ndarray:
    length = np.linalg.norm(matrix, axis=0)
    q, r = np.linalg.qr(matrix / length)
    weight = np.zeros(matrix.shape[1])
    weight[-1] = slack_weight / length[-1]
    return np.linalg.solve(r, q.T @ right + np.linalg.solve(r.T, weight)) / length


def _rows(coefficients, right_side, initial_values, step_sizes, central, periodic) -> tuple[np.ndarray, np.ndarray]:
    n_equations, n_steps, n_states, n_orders = coefficients.shape
    order = n_orders - 1
    rows, right = [], []

    def add(entries: dict[tuple[int, int, int], float], value: float, slack: float = 0.0) -> None:
        row = np.zeros(n_steps * n_states * n_orders + 1)
        for place, entry in entries.items():
            row[np.ravel_multi_index(place, (n_steps, n_states, n_orders))] = entry
        row[-1] = slack
        rows.append(row)
        right.append(value)

    for t in range(n_steps):
        for e in range(n_equations):
            states_and_orders = [(d, k) for d in range(n_states) for k in range(n_orders)]
            add({(t, d, k): coefficients[e, t, d, k] for d, k in states_and_orders}, right_side[e, t])
    for (t, d, k), value in np.ndenumerate(initial_values):
        add({(t, d, k): 1.0}, value)
    for d in range(n_states):
        for t in range(n_steps - 1):
            for here, there, h in ((t, t + 1, step_sizes[t, d]), (t + 1, t, -step_sizes[t, d])):
                for i in range(order):
                    taylor = {(here, d, j): h**j / factorial(j - i) for j in range(i, order + 1)}
                    add({**taylor, (there, d, i): -(h**i)}, 0.0, 1.0)
        for t in range(1, n_steps - 1) if central else ():
            w = step_sizes[t - 1, d] + step_sizes[t, d]
            slope = {(t + 1, d, order - 1): 1 / w, (t - 1, d, order - 1): -1 / w, (t, d, order): -1.0}
            add({place: w ** (order - 1) * entry for place, entry in slope.items()}, 0.0, 1.0)
        for k in range(n_orders) if periodic else ():
            add({(0, d, k): 1.0, (n_steps - 1, d, k): -1.0}, 0.0)
    return np.array(rows), np.array(right)
