"""Small sequences whose continuation is known: waves that travel around a circle, and rotating points."""

import numpy as np
import torch

from sciml_bench.data import Record, Trajectories, WindowsView

N_POINTS = 16


class TravellingWaves(Record):
    """u(x, t) = a sin(2π (k x − t / 40) + φ) at 16 points; every trajectory has its own a and φ."""

    grid = np.arange(N_POINTS) / N_POINTS

    def __init__(self, lengths=(30, 24, 40)):
        super().__init__(split_by="trajectory")
        self.lengths = lengths

    def load_splits(self):
        rng = np.random.default_rng(0)
        names = ("train", "validation", "test")
        return {name: self.waves(rng, length) for name, length in zip(names, self.lengths, strict=True)}

    def waves(self, rng, n_times):
        amplitude, phase = rng.uniform(0.5, 2, (6, 1, 1)), rng.uniform(0, 1, (6, 1, 1))
        times = np.arange(n_times)[:, None]
        states = amplitude * np.sin(2 * np.pi * (self.grid - times / 40 + phase))
        facts = {"grid": self.grid}
        return Trajectories(tuple(states), time_step=0.5, time_unit="time", component_names=("u",), facts=facts)


class RotatingPoints(Record):
    """Two points in the plane that go around the origin."""

    def __init__(self):
        super().__init__(split_by="trajectory")

    def load_splits(self):
        angle = 0.1 * np.arange(30) + np.arange(4)[:, None]
        point = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        whole = Trajectories(tuple(np.stack([point, 2 * point], axis=2)), time_step=0.1, time_unit="time")
        numbers = {"train": range(4), "validation": range(1), "test": range(2)}
        return {name: whole.select(trajectories=chosen) for name, chosen in numbers.items()}


def waves(**options):
    """Three frames in, four out."""
    return WindowsView(
        TravellingWaves(), **{"n_inputs": 3, "n_outputs": 4, "batch_size": 4, "windows_per_epoch": 16, **options}
    )


def points(**options):
    """Two states in, three out."""
    return WindowsView(RotatingPoints(), **{"n_inputs": 2, "n_outputs": 3, "batch_size": 4, **options})


class Rotation(torch.nn.Module):
    """The exact continuation of `RotatingPoints`; it also gives the inputs back."""

    def __init__(self, spec, angle=0.1, give_inputs=True):
        super().__init__()
        self.n_outputs, self.give_inputs = spec.n_outputs, give_inputs
        self.angle = torch.nn.Parameter(torch.tensor(angle))

    def forward(self, inputs):
        turned = self.angle * torch.arange(1, self.n_outputs + 1)
        cos, sin = turned.cos()[:, None, None], turned.sin()[:, None, None]
        x, y = inputs[:, -1:, :, :1], inputs[:, -1:, :, 1:]
        outputs = torch.cat([cos * x - sin * y, sin * x + cos * y], dim=-1)
        return torch.cat([inputs, outputs], dim=1) if self.give_inputs else outputs
