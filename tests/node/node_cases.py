"""Vector fields with seeded weights beside the same equations in numpy, and SciPy's solutions of them."""

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.special import erf

from sciml_bench.data import RecordSpec, WholeTrajectoriesView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.node import Blackbox, CompiledSolver, GrayBox, LotkaVolterraGrayBox, SecondOrderBlackbox, VectorField
from sciml_bench.systems import Duffing

ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "gelu": lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.logaddexp(0, z),
    "tanh": np.tanh,
}
MEAN, DEVIATION = np.array([0.5, -1.0, 2.0, 0.1]), np.array([2.0, 0.5, 3.0, 1.5])

BUILDERS = {
    "blackbox": lambda: Blackbox(2, 1, 6),
    "two_layers": lambda: Blackbox(3, 2, 5, "tanh"),
    "three_layers": lambda: Blackbox(2, 3, 7, "silu"),
    "standardized": lambda: Blackbox(spec(2), 2, 6, "softplus", standardize=True),
    "second_order": lambda: SecondOrderBlackbox(4, 2, 5),
    "second_order_standardized": lambda: SecondOrderBlackbox(spec(4), 1, 5, standardize=True),
    "lotka_graybox": lambda: LotkaVolterraGrayBox(2, 2, 5),
    "graybox": lambda: GrayBox(2, Duffing(driving_amplitude=0.4), [1], 1, 5),
}


def spec(dim, n_trajectories=1):
    names = tuple(f"x{i}" for i in range(dim))
    return RecordSpec((dim,), 0.1, "time", names, MEAN[:dim], DEVIATION[:dim], (10,) * n_trajectories)


def field_of(name, seed=0, n_members=1):
    """Members that differ in their weights."""
    members = []
    for number in range(n_members):
        torch.manual_seed(100 * seed + number)
        members.append(BUILDERS[name]())
    return members[0] if n_members == 1 else type(members[0]).joined(members)


def perceptron(field, member=0):
    """The bare network of a field, in numpy."""
    layers = field.network.layers
    weights = [w[member].detach().double().numpy() for w in layers.weights]
    biases = [b[member, 0].detach().double().numpy() for b in layers.biases]
    activation = ACTIVATIONS[field.network.activation_name]

    def evaluate(x):
        for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            x = (activation(x) if number else x) @ weight + bias
        return x

    return evaluate


def right_hand_side(name, field, member=0):
    """The equations of a field, (t, x) -> dx/dt for one state, written out."""
    network = perceptron(field, member)
    if name == "standardized":
        return lambda t, x: DEVIATION[:2] * network((x - MEAN[:2]) / DEVIATION[:2])
    if name == "second_order":
        return lambda t, x: np.concatenate([x[2:], network(x)])
    if name == "second_order_standardized":
        return lambda t, x: np.concatenate([x[2:], DEVIATION[2:] * network((x - MEAN) / DEVIATION)])
    if name == "lotka_graybox":
        return lambda t, x: np.array([1.3 * x[0], -1.8 * x[1]]) + network(x)
    if name == "graybox":
        return lambda t, x: np.array([x[1], 0.4 * np.cos(1.2 * t) - 0.3 * x[1] + x[0] - x[0] ** 3 + network(x)[0]])
    return lambda t, x: network(x)


def reference(equations, x0, times):
    """SciPy's DOP853 at the limit of float64, for one trajectory."""
    if len(times) == 1:
        return x0[None].copy()
    return solve_ivp(equations, (times[0], times[-1]), x0, "DOP853", times, rtol=1e-12, atol=1e-13).y.T


def initial_states(dim, batch=3, members=1, seed=0):
    shape = (batch, dim) if members == 1 else (members, batch, dim)
    return torch.from_numpy(np.random.default_rng(seed).uniform(0.3, 1.5, shape))


def grids(batch=3, n_times=6, seed=0):
    """One uneven grid per trajectory, each from a start of its own."""
    intervals = np.random.default_rng(seed).uniform(0.05, 0.3, (batch, n_times))
    return np.cumsum(intervals, axis=1) + np.arange(batch)[:, None]


class Square(VectorField):
    """dx/dt = x², which reaches infinity at time 1/x(0)."""

    def __init__(self):
        super().__init__(1)

    def forward(self, t, x):
        return x * x


def record_of(times, states, n_learned=None):
    """A record of arrays, of which the first rows are learned from and the others held out."""
    split = {"train": 1.0} if n_learned is None else {"train": n_learned, "test": len(states[0]) - n_learned}
    record = TrajectoryFiles.from_arrays(times, states, split=split)
    record.setup()
    return record


def observed(lengths=(11, 21), n_learned=None, dim=2, seed=0):
    """Noisy oscillations of several lengths on uneven grids."""
    rng = np.random.default_rng(seed)
    times = [np.cumsum(rng.uniform(0.05, 0.15, length)) + number for number, length in enumerate(lengths)]
    states = [
        np.stack([1 + np.cos(2 * t + component) for component in range(dim)], axis=1)
        + 0.1 * rng.standard_normal((len(t), dim))
        for t in times
    ]
    return record_of(times, states, n_learned)


def view_of(record):
    return WholeTrajectoriesView(record)


def rows(record, part="train"):
    """Times and states of every trajectory of a part."""
    found = record.splits[part]
    return [(found.times_of(number), states) for number, states in enumerate(found.states)]


def method_of(kind, data, seed=0, **options):
    """A training of a small field on a record, in the record's units."""
    given = {"solver": CompiledSolver(max_step=0.02), "units": "raw"} | options
    return kind(field_of("blackbox", seed), view_of(data), **given)


def mean_square(parts):
    """Over all numbers of all parts."""
    return np.mean(np.concatenate([np.ravel(part) for part in parts]) ** 2)
