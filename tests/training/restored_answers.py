"""What a learned object answers; as a script, what restored runs answer in a process that never saw their data."""

import sys
from pathlib import Path

import numpy as np


def answers(learned):
    """Everything that can be asked of it: forecasts, spectrum, equations, solutions, parameters, smoothed states."""
    found = {}
    past = getattr(learned, "past", None)
    if hasattr(learned, "forecast"):
        forecast = learned.forecast(past, 5)
        found |= {"states": forecast.states, "times": forecast.times, "status": np.array(forecast.status)}
    if hasattr(learned, "eigenvalues"):
        found |= {"eigenvalues": learned.eigenvalues(), "singular_values": learned.singular_values()}
        found |= {"timescales": learned.implied_timescales()}
        found |= {"eigenfunctions": learned.eigenfunctions(np.asarray(past.states[0]))}
    if hasattr(learned, "equations"):
        found |= {"equations": np.array(learned.equations())}
        found |= {f"coefficients of {name}": row for name, row in learned.coefficient_table().items()}
    if hasattr(learned, "solve"):
        sources = np.random.default_rng(0).standard_normal((2, 8, 8))
        sources -= sources.mean(axis=(1, 2), keepdims=True)
        solutions, axes = learned.solve(sources, 12)
        found |= {"solutions": solutions, "residuals": learned.residual_l2(sources), **axes}
    if hasattr(learned, "estimate"):
        found |= learned.estimate(populations())
    if hasattr(learned, "smoothed"):
        found |= {"smoothed": learned.smoothed(), "held_out": np.asarray(learned.held_out)}
    return found


def populations():
    """Growing populations, whose growth rates and capacities are to be told."""
    from sciml_bench.data.trajectories import Trajectories

    times = np.arange(20.0) * 0.5
    growth = [(0.6, 1.0, 0.1), (0.9, 1.5, 0.2)]
    states = [capacity / (1 + (capacity / first - 1) * np.exp(-rate * times)) for rate, capacity, first in growth]
    return Trajectories(states=tuple(each[:, None] for each in states), time_step=0.5, time_unit="time")


if __name__ == "__main__":
    import torch

    from sciml_bench.training import restore

    torch.set_num_threads(1)
    for folder in map(Path, sys.argv[1:]):
        np.savez(folder / "answers.npz", **answers(restore(folder).learned))
