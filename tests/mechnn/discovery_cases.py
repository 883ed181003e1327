"""Trajectories whose equations are known, for the tests of discovery."""

from collections.abc import Sequence

import numpy as np
from scipy.integrate import solve_ivp

from sciml_bench.data import RecordSpec, WholeTrajectoriesView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0


def lorenz_rows(n_rows: int, time_step: float, start: Sequence[float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """Integrated by SciPy from the equations as they stand in the books."""

    def rate(t: float, u: np.ndarray) -> list[float]:
        x, y, z = u
        return [SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z]

    times = time_step * np.arange(n_rows)
    return solve_ivp(rate, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-11, atol=1e-11).y.T


def lorenz_coefficients(names: Sequence[str]) -> np.ndarray:
    """(terms, 3) for a library with these names."""
    true = np.zeros((len(names), 3))
    entries = {("x", 0): -SIGMA, ("y", 0): SIGMA, ("x", 1): RHO, ("y", 1): -1.0, ("x z", 1): -1.0}
    for (name, component), value in {**entries, ("x y", 2): 1.0, ("z", 2): -BETA}.items():
        true[list(names).index(name), component] = value
    return true


def whole(times: object, states: object, **options: object) -> WholeTrajectoriesView:
    """All rows to learn from, with components x, y, z."""
    settings = {"split": {"train": 1.0}, "component_names": ["x", "y", "z"], **options}
    return WholeTrajectoriesView(TrajectoryFiles.from_arrays(times, states, **settings))


def whole_rows(rows: np.ndarray, time_step: float, **options: object) -> WholeTrajectoriesView:
    """The same at regular times."""
    settings = {"component_names": ["x", "y", "z"][: rows.shape[-1]], **options}
    return whole(time_step * np.arange(rows.shape[-2]), rows, **settings)


def library(dim: int = 2, degree: int = 1) -> BasisLibrary:
    """Monomials of x, y, …"""
    names = ("x", "y", "z")[:dim]
    return BasisLibrary(RecordSpec((dim,), 0.1, "time", names, np.zeros(dim), np.ones(dim), (100,)), degree)


def support_of(terms: BasisLibrary, present: dict[tuple[str, int], float]) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and support (terms, dim) from {(name of the term, component): coefficient}."""
    coefficients = np.zeros((terms.n_terms, terms.spec.dim))
    for (name, component), value in present.items():
        coefficients[terms.names.index(name), component] = value
    support = np.zeros(coefficients.shape, dtype=bool)
    for name, component in present:
        support[terms.names.index(name), component] = True
    return coefficients, support
