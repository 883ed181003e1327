"""The law of a field in weak form: every mode, averaged over time with smooth weights that vanish at both ends.

−∫ψ′ û_k dt = Σ c ∫ψ (i k)ᵈ (uᵖ)^_k dt needs no derivative of what was observed (Messenger and Bortz, Weak SINDy for
partial differential equations, J. Comput. Phys. 443, 2021; here with waves as the test functions in space). Equations
are weighed by the noise in them, which the short waves have most of.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex, Float
from scipy.fft import next_fast_len

from sciml_bench.core.errors import DataError
from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.mechnn.discovery.fields.field_rows import FieldRows
from sciml_bench.mechnn.discovery.selection.sparse_regression import SparseFit, sparse_regression
from sciml_bench.systems.numerics.periodic_flow import wave_numbers

_EXPONENT = 8
"""Of the weights ψ = (1 − s²)⁸; they are sums over rows, accurate to 1e-8 from nine rows on."""
_FEWEST_ROWS = 9
_REPETITIONS = 3
_ABOVE_NOISE = 0.1
"""Part of the observed change that must be more than noise for anything to be explained."""

System = tuple[Complex[np.ndarray, "windows modes"], Complex[np.ndarray, "windows modes terms"]]
"""What is to be explained, and the terms."""


def weak_law(
    library: FieldLibrary, trajectories: Sequence[FieldRows], time_step: float, threshold: float, significance: float
) -> tuple[SparseFit, float]:
    """Sparse coefficients of the terms, in one column, and the part of the variance of the change that they explain.

    Args:
        library: candidate terms.
        trajectories: observed.
        time_step: between two rows.
        threshold: as in `sparse_regression`.
        significance: as in `sparse_regression`.

    Raises:
        DataError: fewer than nine rows.
    """
    systems = [_equations(library, rows, time_step) for rows in trajectories]
    law = SparseFit(*np.zeros((2, library.n_terms, 1)))
    for _ in range(_REPETITIONS):
        weights = [_weights(library, rows, time_step, law) for rows in trajectories]
        weighed = [
            [_as_real(weight * side) for side in (left[..., None], right)]
            for (left, right), weight in zip(systems, weights, strict=True)
        ]
        targets, design = (np.concatenate([part[side] for part in weighed]) for side in (0, 1))
        law = sparse_regression(design, targets, threshold, significance)
    return law, _explained(library, trajectories, time_step, law, systems)


def half_width(rows: FieldRows) -> int:
    """Rows on either side of the middle of the weights: a field has changed after so many."""
    n_rows = len(rows.modes)
    if n_rows < _FEWEST_ROWS:
        raise DataError(f"data.split: {n_rows} rows are too few for the law of a field; give at least {_FEWEST_ROWS}")
    return min(max(rows.rows_of_change, _FEWEST_ROWS // 2), (n_rows - 1) // 2)


def _test_function(half: int, time_step: float) -> tuple[np.ndarray, np.ndarray]:
    """ψ and ψ′, times the interval of the sums."""
    s = np.arange(-half, half + 1) / (half + 1)
    shape = (1 - s**2) ** _EXPONENT
    slope = -2 * _EXPONENT * s * (1 - s**2) ** (_EXPONENT - 1) / ((half + 1) * time_step)
    return shape * time_step, slope * time_step


def _equations(library: FieldLibrary, rows: FieldRows, time_step: float) -> System:
    half = half_width(rows)
    shape, slope = _test_function(half, time_step)
    symbols = _symbols(library, rows)
    powers = _powers(rows, library.degree)
    left, right = [], []
    for first in range(0, len(rows.modes) - 2 * half, max(1, half // 2)):
        window = slice(first, first + 2 * half + 1)
        left.append(-slope @ rows.modes[window])
        means = {power: shape @ values[window] for power, values in powers.items()}
        right.append(np.stack([symbols[term] * means[p] for term, (p, _) in enumerate(library.places)], axis=-1))
    return np.stack(left), np.stack(right)


def _symbols(library: FieldLibrary, rows: FieldRows) -> Complex[np.ndarray, "terms modes"]:
    """(i k)ᵈ of every term, as it is written."""
    waves = 1j * wave_numbers(library.length, rows.modes.shape[1])
    return np.stack([waves**order / (power if order == 1 else 1) for power, order in library.places])


def _powers(rows: FieldRows, degree: int) -> dict[int, np.ndarray]:
    """Kept modes of the powers of a field, free of aliasing."""
    ones = np.zeros_like(rows.modes)
    ones[:, 0] = 1.0
    found = {0: ones, 1: rows.modes}
    if degree > 1:
        n_grid = next_fast_len((degree + 1) * rows.wide.shape[1], real=True)
        field = np.fft.irfft(rows.wide, n_grid, axis=1, norm="forward")
        for power in range(2, degree + 1):
            found[power] = np.fft.rfft(field**power, axis=1, norm="forward")[:, : rows.n_kept]
    return found


def _weights(library: FieldLibrary, rows: FieldRows, time_step: float, law: SparseFit) -> Float[np.ndarray, "modes 1"]:
    """One over the deviation of the noise in the equation of every mode, by the law that was found before."""
    shape, slope = (float((part**2).sum()) for part in _test_function(half_width(rows), time_step))
    symbols, found = _symbols(library, rows), law.coefficients[:, 0]
    of_terms, size = np.zeros(symbols.shape[1]), rows.variance**0.5
    for power in range(1, library.degree + 1):
        of_power = sum(found[term] * symbols[term] for term, (p, _) in enumerate(library.places) if p == power)
        of_terms = of_terms + np.abs(power * size ** (power - 1) * of_power) ** 2
    return (1 / np.sqrt(slope + shape * of_terms))[:, None]


def _explained(
    library: FieldLibrary, trajectories: Sequence[FieldRows], time_step: float, law: SparseFit, systems: list[System]
) -> float:
    """1 − (sum of squares of what is left) / (sum of squares of the change), both without what noise adds to them."""
    left, observed, changed = 0.0, 0.0, 0.0
    for rows, (change, terms) in zip(trajectories, systems, strict=True):
        noise, (_, slope) = rows.noise * len(change), _test_function(half_width(rows), time_step)
        squares = np.abs(change - terms @ law.coefficients[:, 0]) ** 2
        left += float(squares.sum() - noise * (_weights(library, rows, time_step, law) ** -2).sum())
        observed += float((np.abs(change) ** 2).sum())
        changed += float((np.abs(change) ** 2).sum() - noise * rows.n_kept * (slope**2).sum())
    return 1 - max(left, 0.0) / changed if changed > _ABOVE_NOISE * observed else 0.0


def _as_real(values: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    """Real and imaginary parts (windows, modes, columns) below each other; a mean has no imaginary part."""
    parts = (np.real(values), np.imag(values)[:, 1:])
    return np.concatenate([part.reshape(-1, values.shape[-1]) for part in parts])
