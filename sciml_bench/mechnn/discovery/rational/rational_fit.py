"""Rational laws from trajectories: candidate left-hand sides, then the law itself by nonlinear least squares.

D(x) dx/dt = N(x) is linear in the coefficients of both sides, but has no natural left-hand side: every term θ_k dx/dt
is tried as one, the others are candidates on the right (Mangan, Brunton, Proctor, Kutz, Inferring biological networks
by sparse identification of nonlinear dynamics, 2016; Kaheman, Kutz, Brunton, SINDy-PI, Proc. R. Soc. A 2020). The terms
are integrated along windows, for which the derivative of a spline through the states is precise enough; it only chooses
the terms. The coefficients that are kept minimise the misfit of the states themselves, x ≈ ∫ N/D dt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.interpolate import make_interp_spline
from scipy.optimize import least_squares
from torch import Tensor

from sciml_bench.mechnn.discovery.integration import windows_of
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary
from sciml_bench.mechnn.discovery.selection.sparse_regression import SparseFit, sparse_regression
from sciml_bench.mechnn.discovery.units import ScaledLibrary, ScaledRows, Units
from sciml_bench.mechnn.linear_ode.integral import integrated

_SPLINE_DEGREE = 5
_TOLERANCE = 1e-14
_CLOSE_ENOUGH = 1e-6
"""Misfit, as a part of the motion, below which the integrals tell nothing."""


@dataclass(frozen=True, eq=False)
class RationalFit:
    """One component's law, in the units of discovery.

    Args:
        above: coefficients of the numerator.
        below: of the denominator, one of them 1.
        errors: standard errors of the numerator's.
        misfit: root mean square of what is left of the states.
    """

    above: Float[np.ndarray, " terms"]
    below: Float[np.ndarray, " terms"]
    errors: Float[np.ndarray, " terms"]
    misfit: float

    @property
    def n_terms(self) -> int:
        """Of both."""
        return int((self.above != 0).sum() + (self.below != 0).sum())


@dataclass(frozen=True, eq=False)
class RationalProblem:
    """What one component's law is found from, along windows.

    Args:
        values: of the terms at every row.
        slopes: the component's derivative there.
        targets: the component, zero on average over each window.
        step_sizes: between the rows.
        taylor_order: of the integrals.
    """

    values: Float[Tensor, "windows steps terms"]
    slopes: Float[Tensor, "windows steps"]
    targets: Float[np.ndarray, " rows"]
    step_sizes: Float[Tensor, "_ intervals"]
    taylor_order: int

    def law(self, threshold: float, significance: float) -> RationalFit:
        """The shortest law that no longer one betters by more than chance.

        Args:
            threshold: as in `sparse_regression`.
            significance: likewise.
        """
        of_terms = self.integrals(self.values)
        of_products = self.integrals(self.values * self.slopes[..., None])
        n_terms, scale = of_terms.shape[1], np.linalg.norm(of_products, axis=0)
        found: list[RationalFit] = []
        for left in range(n_terms):
            for others in ([], [other for other in range(n_terms) if other != left]):
                if left and not others:
                    continue
                design = np.concatenate([of_terms, -of_products[:, others] / scale[others]], axis=1)
                # both sides times a monomial are as short a law: exchanges would choose among those by rounding
                right = of_products[:, [left]]
                sparse = sparse_regression(design, right, threshold, significance, eliminated_only=True)
                fit = sparse.coefficients[:, 0]
                below = np.zeros(n_terms)
                below[left], below[others] = 1.0, fit[n_terms:] / scale[others]
                polished = self.polished(fit[:n_terms], below, left)
                if polished is not None:
                    found.append(polished)
        n_rows, least = len(self.targets), _CLOSE_ENOUGH * float(np.sqrt(np.mean(self.targets**2)))
        deviances = [2 * n_rows * np.log(max(fit.misfit, least)) + significance**2 * fit.n_terms for fit in found]
        return found[int(np.argmin(deviances))]

    def integrals(self, rates: Float[Tensor, "windows steps terms"]) -> Float[np.ndarray, "rows terms"]:
        """Of some rates along the windows."""
        return integrated(rates, self.step_sizes, self.taylor_order).flatten(0, 1).numpy()

    def polished(
        self, above: Float[np.ndarray, " terms"], below: Float[np.ndarray, " terms"], left: int
    ) -> RationalFit | None:
        """The least misfit of the states with the same terms; None where a denominator vanishes on the data.

        Args:
            above: where the numerator starts.
            below: where the denominator starts.
            left: the place of its coefficient that stays 1.
        """
        kept, free = np.flatnonzero(above), np.array([j for j in np.flatnonzero(below) if j != left], dtype=int)

        def sides(unknown: np.ndarray) -> tuple[Tensor, Tensor]:
            numerator, denominator = np.zeros_like(above), np.where(np.arange(len(below)) == left, 1.0, 0.0)
            numerator[kept], denominator[free] = unknown[: len(kept)], unknown[len(kept) :]
            return self.values @ torch.from_numpy(numerator), self.values @ torch.from_numpy(denominator)

        def residual(unknown: np.ndarray) -> np.ndarray:
            numerator, denominator = sides(unknown)
            return self.integrals((numerator / denominator)[..., None])[:, 0] - self.targets

        def jacobian(unknown: np.ndarray) -> np.ndarray:
            numerator, denominator = sides(unknown)
            of_above = self.values[..., kept] / denominator[..., None]
            of_below = -self.values[..., free] * (numerator / denominator**2)[..., None]
            return self.integrals(torch.cat([of_above, of_below], dim=-1))

        start = np.concatenate([above[kept], below[free]])
        size = sides(start)[1]
        if not len(kept) or not bool((size > 0).all() | (size < 0).all()):
            return None
        solved = least_squares(
            residual,
            start,
            jacobian,  # pyright: ignore[reportArgumentType]
            x_scale="jac",
            xtol=_TOLERANCE,
            ftol=_TOLERANCE,
            gtol=_TOLERANCE,
        )
        size = sides(solved.x)[1]
        if not np.isfinite(solved.x).all() or not bool((size > 0).all() | (size < 0).all()):
            return None
        variance = 2 * solved.cost / max(len(self.targets) - len(start), 1)
        covariance = np.linalg.pinv(solved.jac.T @ solved.jac) * variance
        found_above, found_below, errors = np.zeros_like(above), np.zeros_like(below), np.zeros_like(above)
        found_above[kept], found_below[free], found_below[left] = solved.x[: len(kept)], solved.x[len(kept) :], 1.0
        errors[kept] = np.sqrt(np.maximum(np.diag(covariance), 0.0))[: len(kept)]
        return RationalFit(found_above, found_below, errors, float(np.sqrt(2 * solved.cost / len(self.targets))))


def slopes_of(
    times: Float[np.ndarray, " time"], states: Float[np.ndarray, "time dim"]
) -> Float[np.ndarray, "time dim"]:
    """The derivative of a spline through the states."""
    degree = min(_SPLINE_DEGREE, len(times) - 1)
    return make_interp_spline(times, states, degree - (degree + 1) % 2).derivative()(times)


def rational_laws(
    library: RationalLibrary,
    observed: Sequence[ScaledRows],
    states: Sequence[Float[np.ndarray, "_ dim"]],
    window: int,
    taylor_order: int,
    threshold: float,
    significance: float,
) -> tuple[RationalLibrary, SparseFit]:
    """The denominators of all components, and their laws in the terms over them, in the units of the record.

    Args:
        library: whose denominators are not known yet.
        observed: times and states of every trajectory, in the units of discovery.
        states: the same, denoised.
        window: rows along which terms are integrated.
        taylor_order: of the integrals.
        threshold: as in `sparse_regression`.
        significance: likewise.
    """
    units, monomials = Units.of(library.spec), library.monomials
    scaled = ScaledLibrary.of(monomials, units.deviation * np.concatenate(states))
    denoised = [(times, rows) for (times, _), rows in zip(observed, states, strict=True)]
    steps, inputs = windows_of(denoised, window, window)
    slopes = windows_of([(times, slopes_of(times, rows)) for times, rows in denoised], window, window)[1]
    targets = windows_of(observed, window, window)[1].numpy()
    targets = (targets - targets.mean(axis=1, keepdims=True)).reshape(-1, library.spec.dim)
    values, dim = scaled(inputs), library.spec.dim
    above, below, errors = np.zeros((3, monomials.n_terms, dim))
    for component in range(dim):
        problem = RationalProblem(values, slopes[..., component], targets[:, component], steps, taylor_order)
        law = problem.law(threshold, significance)
        highest = np.flatnonzero(law.below)[-1]
        below[:, component] = law.below / scaled.sizes
        unit = units.deviation[component] / (units.time * scaled.sizes * below[highest, component])
        above[:, component], errors[:, component] = law.above * unit, law.errors * np.abs(unit)
        below[:, component] /= below[highest, component]
    found = replace(library, denominators=below)
    return found, SparseFit(found.in_terms(above), found.in_terms(errors))
