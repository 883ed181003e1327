"""Small equations, and series and their derivatives written out in numpy, which share no code with the package."""

import math
import string
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.polynomial import chebyshev

from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.equations import Burgers, Equation, NavierStokes, Poisson, ReactionDiffusion

TURN = 2 * np.pi
MODES = {
    "poisson": [7, 9],
    "poisson_dirichlet": [6, 5],
    "reaction_diffusion": [5, 8],
    "burgers": [4, 9],
    "navier_stokes": [4, 5, 7],
}


def equation(name: str, **settings: Any) -> Equation:
    """Small, but with everything that an equation has."""
    settings = {"batch_size": 2, "steps_per_epoch": 3, "n_validation": 1, "n_test": 2, "test_time_points": 5} | settings
    if name == "poisson":
        return Poisson(n_points=8, **settings)
    if name == "poisson_dirichlet":
        return Poisson(boundary="dirichlet", n_points=6, **settings)
    if name == "reaction_diffusion":
        return ReactionDiffusion(viscosity=0.02, growth=3.0, length_scale=1.0, parameter_modes=11, **settings)
    if name == "burgers":
        return Burgers(viscosity=0.03, duration=0.7, parameter_modes=10, **settings)
    short = {"duration": 0.5, "solver_resolution": 32, "parameter_modes": 9} | settings
    return NavierStokes(viscosity=0.02, **({"forcing": 0.1} | short))


def functions(basis, x, order=0):
    """Derivatives of the functions of a one-dimensional basis (columns) at points (rows), written out."""
    if isinstance(basis, Chebyshev):
        unit = np.eye(basis.n_modes)
        derived = chebyshev.chebder(unit, order, axis=0) * 2**order if order else unit
        return chebyshev.chebvander(2 * x - 1, len(derived) - 1) @ derived
    mode = np.arange(basis.n_modes)
    wave = TURN * ((mode + 1) // 2)
    sine = (mode % 2 == 0) & (mode > 0)
    # every derivative turns a wave by a quarter
    angles = x[:, None] * wave + order * np.pi / 2
    values = np.sqrt(2) * wave**order * np.where(sine, np.sin(angles), np.cos(angles))
    values[:, 0] = float(order == 0)
    return values


def series_at(basis: TensorProduct, coefficients, points, orders=None):
    """A derivative of a series at scattered points (points, axes): the sum over all modes at once."""
    orders = orders or [0] * basis.n_axes
    modes = string.ascii_lowercase[: basis.n_axes]
    matrices = [functions(one, points[:, axis], orders[axis]) for axis, one in enumerate(basis.bases)]
    rule = ",".join([f"Z{modes}", *(f"P{mode}" for mode in modes)])
    return np.einsum(f"{rule}->ZP", np.asarray(coefficients), *matrices, optimize=True)


def series_on(basis: TensorProduct, coefficients, points):
    """A series on the product of points per axis."""
    values = np.asarray(coefficients)
    for axis, (one, positions) in enumerate(zip(basis.bases, points, strict=True)):
        values = np.moveaxis(np.tensordot(values, functions(one, positions), (axis + 1, 1)), -1, axis + 1)
    return values


def random_fields(problem: Equation, n: int = 2, seed: int = 0):
    """Random parameters in float64, with all waves that the equation allows."""
    rng = np.random.default_rng(seed)
    coefficients = rng.standard_normal((n, *problem.parameter_modes))
    if problem.zero_mean:
        coefficients[(slice(None), *[0] * len(problem.parameter_modes))] = 0
    return torch.from_numpy(coefficients)


def random_series(basis: TensorProduct, n: int = 2, seed: int = 1):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n, *basis.n_modes)))


def random_points(n_axes: int, n: int = 40, seed: int = 2):
    return np.random.default_rng(seed).uniform(size=(n, n_axes))


def tiny_run(*overrides: str, cache: Path) -> list[str]:
    """Overrides with which a run takes about a second."""
    return [
        "logger=none",
        "trainer.threads=1",
        "model.width=4",
        "model.depth=1",
        "trainer.max_steps=6",
        "pde.steps_per_epoch=3",
        "pde.batch_size=2",
        "pde.n_validation=2",
        "pde.n_test=4",
        "trainer.seconds_between_checkpoints=0",
        f"pde.cache={cache}",
        *overrides,
    ]


def product(basis, *factors, axis=None):
    """The product of series, formed as a residual forms it: values at the nodes of the basis that holds it."""
    where = () if axis is None else (axis,)
    wide = basis.product_basis(len(factors))
    values = [wide.synthesise(basis.resize(factor, wide.n_modes, *where), *where) for factor in factors]
    return wide, wide.analyse(math.prod(values[1:], start=values[0]), *where)


def nodes(basis):
    """j/n on a circle, and those of Chebyshev (with both ends) on an interval."""
    number = np.arange(basis.n_modes)
    return (
        (1 - np.cos(np.pi * number / (basis.n_modes - 1))) / 2 if isinstance(basis, Chebyshev) else number / len(number)
    )


def analysis(basis):
    """From values at the nodes to coefficients: what solves for them."""
    return np.linalg.inv(functions(basis, nodes(basis)))


def pointwise(layers, values):
    """Linear maps of the last axis with tanh between them, as the weights of a network of torch say."""
    for layer in layers:
        if isinstance(layer, torch.nn.Linear):
            values = values @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        else:
            values = np.tanh(values)
    return values


def seen_by_networks(problem, basis, fields, coordinates=True):
    """Initial fields of one axis, and positions, at the nodes of a basis: (time, space, batch, channels)."""
    time, space = (nodes(one) for one in basis.bases)
    initial = functions(Fourier(problem.parameter_modes[0]), space) @ np.asarray(fields).T
    channels = [np.broadcast_to(initial, (len(time), *initial.shape))]
    if coordinates:
        positions = [2 * time[:, None, None] - 1, *(wave(TURN * space)[None, :, None] for wave in (np.sin, np.cos))]
        channels += [np.broadcast_to(position, channels[0].shape) for position in positions]
    return np.stack(channels, axis=-1)
