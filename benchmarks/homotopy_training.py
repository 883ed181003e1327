"""Claim: homotopy training of 600 epochs as one whole run costs 10 CPU seconds, where the public code needs 450.

The run, from composing the configuration to its figures and files, stands beside a loop written by hand with
torchdiffeq, as the public code uses it. 600 epochs of that take many minutes: its seconds are **extrapolated** from six
epochs, one in the middle of every λ, each at the weights that training has reached there, where the losses of both
sides have to agree. What importing costs, a few seconds in every process, counts on neither side.
"""

import contextlib
import copy
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from omegaconf import OmegaConf
from scipy.interpolate import make_smoothing_spline
from torch import Tensor, nn
from torchdiffeq import odeint

from benchmarks.lotka_volterra_field import plain_network
from benchmarks.measurement import Cost, Outcome, compare_costs, cost_of, require_agreement
from benchmarks.presentation import main
from sciml_bench.node import HomotopyTraining

N_STAGES = 6
SMOOTHING = 1e-3
COUPLING_STRENGTH = 6.0
LEARNING_RATE, WEIGHT_DECAY = 0.05, 0.01
TARGET = 450 / 10
"""CPU seconds of the public code at its best, and those demanded of a run."""


@dataclass(frozen=True)
class Waypoint:
    """Where the training is in the middle of one λ.

    Args:
        homotopy_parameter: λ.
        network: with the weights of that epoch.
        loss: of the coupled dynamics at these weights, by our solver.
    """

    homotopy_parameter: float
    network: nn.Sequential
    loss: float


class CoupledNetwork(nn.Module):
    """du/dt = network(u) − λ k (u − û(t)), as torchdiffeq wants it; û by its polynomials, in torch."""

    def __init__(
        self, network: nn.Sequential, times: np.ndarray, observed: np.ndarray, homotopy_parameter: float
    ) -> None:
        super().__init__()
        spline = make_smoothing_spline(times, observed, lam=SMOOTHING)
        derivatives = [spline, *(spline.derivative(order) for order in (1, 2, 3))]
        self.pieces = [torch.from_numpy(np.asarray(function(times))) for function in derivatives]
        self.network, self.knots = network, torch.from_numpy(times)
        self.pull = homotopy_parameter * COUPLING_STRENGTH

    def forward(self, t: Tensor, u: Tensor) -> Tensor:
        derivative = self.network(u)
        if self.pull == 0:
            return derivative
        now = t.clamp(self.knots[0], self.knots[-1])
        index = torch.searchsorted(self.knots, now.detach(), right=True).sub(1).clamp(0, len(self.knots) - 2)
        value, slope, curvature, jerk = (piece[index] for piece in self.pieces)
        s = now - self.knots[index]
        smoothed = value + s * (slope + s * (curvature / 2 + s * jerk / 6))
        return derivative - self.pull * (u - smoothed)


def measure(epochs_per_stage: int = 100, end_time: float = 6.0, repetitions: int = 3) -> list[Outcome]:
    method = built_method(epochs_per_stage, end_time)
    times, observed = method.batch.times[0], method.batch.states[0]
    start = method.batch.initial_states[0]
    waypoints = trained_waypoints(method, epochs_per_stage)
    for waypoint in waypoints:
        coupled = CoupledNetwork(waypoint.network, times, observed.numpy(), waypoint.homotopy_parameter)
        loss = float((_solved(coupled, start, times) - observed).square().mean().detach())
        require_agreement(f"loss at λ = {waypoint.homotopy_parameter:.3g}", waypoint.loss, loss, 0.02)
    n_epochs = N_STAGES * epochs_per_stage
    run_cost(1, end_time)  # the first run imports what all later ones share
    return [
        compare_costs(
            f"homotopy training, run() of {n_epochs} epochs",
            f"torchdiffeq loop, {n_epochs} epochs extrapolated from {len(waypoints)}",
            lambda: run_cost(epochs_per_stage, end_time),
            lambda: extrapolated_cost(waypoints, times, observed, start, n_epochs),
            target=TARGET,
            repetitions=repetitions,
        )
    ]


def run_cost(epochs_per_stage: int, end_time: float) -> Cost:
    """Of a whole run in a temporary folder."""
    from sciml_bench.training import run
    from sciml_bench.training.script import composed

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        cost = cost_of(lambda: run(composed("node_homotopy", _overrides(epochs_per_stage, end_time), folder)))
        record = json.loads((Path(folder) / "record.json").read_text())
    if record["epochs"] != N_STAGES * epochs_per_stage:
        raise RuntimeError(f"the run took {record['epochs']} epochs, not {N_STAGES * epochs_per_stage}")
    return cost


def built_method(epochs_per_stage: int, end_time: float) -> HomotopyTraining:
    """What the run trains, with its data."""
    from sciml_bench.core.seeds import seed_everything
    from sciml_bench.training.build import build
    from sciml_bench.training.script import composed

    with tempfile.TemporaryDirectory() as folder:
        composition = composed("node_homotopy", _overrides(epochs_per_stage, end_time), folder)
    configuration = cast(dict[str, Any], OmegaConf.to_container(composition, resolve=True))
    seed_everything(configuration["seed"], "build")
    _, method = build(configuration)
    if not isinstance(method, HomotopyTraining):
        raise TypeError(f"the configuration builds {type(method).__name__}")
    return method


def trained_waypoints(method: HomotopyTraining, epochs_per_stage: int) -> list[Waypoint]:
    """Train, and keep the weights in the middle of every λ."""
    optimizer = method.optimizer()
    waypoints: list[Waypoint] = []
    for epoch in range(N_STAGES * epochs_per_stage):
        loss = method.losses(epoch).sum()
        if epoch % epochs_per_stage == epochs_per_stage // 2:
            network = copy.deepcopy(plain_network(method.model))  # pyright: ignore[reportArgumentType]
            waypoints.append(Waypoint(method.coupling_schedule(epoch), network, float(loss.detach())))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return waypoints


def extrapolated_cost(
    waypoints: Sequence[Waypoint], times: np.ndarray, observed: Tensor, start: Tensor, n_epochs: int
) -> Cost:
    """Of `n_epochs` epochs of the loop by hand, from one at every waypoint."""
    costs = [cost_of(lambda at=at: one_epoch(at, times, observed, start)) for at in waypoints]
    share = n_epochs / len(waypoints)
    return Cost(share * sum(cost.cpu for cost in costs), share * sum(cost.wall for cost in costs))


def one_epoch(at: Waypoint, times: np.ndarray, observed: Tensor, start: Tensor) -> float:
    """A step on the coupled dynamics, and, while they are coupled, the error of the free ones."""
    network = copy.deepcopy(at.network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    coupled = CoupledNetwork(network, times, observed.numpy(), at.homotopy_parameter)
    loss = (_solved(coupled, start, times) - observed).square().mean()
    error = loss.detach()
    if at.homotopy_parameter > 0:
        free = CoupledNetwork(network, times, observed.numpy(), 0.0)
        with torch.no_grad():
            error = (_solved(free, start, times) - observed).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(error)


def _solved(function: nn.Module, start: Tensor, times: np.ndarray) -> Tensor:
    return odeint(function, start, torch.from_numpy(times), rtol=1e-7, atol=1e-9, method="dopri5")  # pyright: ignore[reportReturnType]


def _overrides(epochs_per_stage: int, end_time: float) -> list[str]:
    n_rows = round(end_time / 0.1) + 1
    return [
        "data=lotka_volterra_ko2023",
        f"data.end_time={2 * end_time}",
        f"data.split={{train:{n_rows},test:{n_rows - 1}}}",
        "model=blackbox",
        "training=homotopy",
        f"training.coupling_schedule.epochs_per_step={epochs_per_stage}",
        f"training.smoothing={SMOOTHING}",
        f"training.coupling_strength={COUPLING_STRENGTH}",
        f"training.learning_rate={LEARNING_RATE}",
        f"training.weight_decay={WEIGHT_DECAY}",
        "logger=none",
        "trainer=cpu",
    ]


if __name__ == "__main__":
    main(measure)
