"""States and coefficients together from noisy observations: Gauss–Newton on the weak-constraint problem.

    minimise over x, ξ   Σ_n |y_n − x_n|² + μ Σ_n |x_{n+1} − F(x_n; ξ)|²      (every component in units of its noise)

(multiple shooting with one segment per interval; Bock, 1983; Voss, Timmer, Kurths, Int. J. Bifurcation and Chaos 14,
2004). For a small μ the states follow the data and the problem is nearly convex; raised step by step, μ makes the
equation a strong constraint, so that noise is averaged over the whole record, without the instability of integrating
a chaotic system over it. Each step is one banded system for the states, with one right side per coefficient, and a
small dense one for the coefficients (variable projection; Golub and Pereyra, 1973).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.core.budget import CpuBudget
from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import CandidateTerms, arrivals, flow
from sciml_bench.mechnn.discovery.flows.state_elimination import eliminated

_MOST_ITERATIONS = 12
_MOST_HALVINGS = 6
_LARGEST_CHANGE = 1e150
"""Whose square is still a number."""
_LARGEST_WEIGHT = 10.0
"""Beside the mean of the components; what is followed more closely is followed by chance."""

_GIVEN = 1e6
"""Weight of components without a law, which stay as they were observed."""


@dataclass(frozen=True, eq=False)
class NoisyRecord:
    """All trajectories, one after the other.

    Args:
        observed: the states as observed.
        intervals: time to the next row; 0 where a trajectory ends.
        library: candidate terms.
        n_steps: Runge–Kutta steps per interval.
        weights: of the components' squares; None for 1.
        inputs: at the beginning and at the end of every interval, where something acts from outside.
        lawless: components that are taken as observed, and as constant within an interval, since no law is known of
            them; None for none.
        budget: within which a search is to end.
    """

    observed: Float[np.ndarray, "rows dim"]
    intervals: Float[np.ndarray, " intervals"]
    library: CandidateTerms
    n_steps: int = 5
    weights: Float[np.ndarray, " dim"] | None = None
    inputs: Float[np.ndarray, "intervals ends dim_in"] | None = None
    lawless: Bool[np.ndarray, " dim"] | None = None
    budget: CpuBudget = field(default_factory=CpuBudget)

    def terms(self, states: Float[np.ndarray, "rows dim"]) -> Float[np.ndarray, "rows terms"]:
        """The candidate terms at all rows.

        Args:
            states: at all rows.
        """
        acting = [] if self.inputs is None else [np.concatenate([self.inputs[:, 0], self.inputs[-1:, 1]])]
        return self.library(torch.from_numpy(np.concatenate([states, *acting], axis=1))).numpy()

    def flow(
        self,
        states: Float[Tensor, "rows dim"],
        coefficients: Float[np.ndarray, "terms dim"],
        support: Bool[np.ndarray, "terms dim"],
    ) -> tuple[Float[Tensor, "intervals dim"], Float[Tensor, "intervals dim dim"], Float[Tensor, "intervals dim _"]]:
        """Where the field takes every row but the last in its interval; see `flow_sensitivity.flow`.

        Args:
            states: at all rows.
            coefficients: of the field.
            support: which of them the derivatives are wanted by.
        """
        return flow(self.library, coefficients, support, states[:-1], *self._grid)

    def arrivals(
        self, states: Float[Tensor, "rows dim"], coefficients: Float[np.ndarray, "terms dim"]
    ) -> Float[Tensor, "intervals dim"]:
        """Where the field takes every row but the last in its interval, alone.

        Args:
            states: at all rows.
            coefficients: of the field.
        """
        return arrivals(self.library, coefficients, states[:-1], *self._grid)

    @property
    def _grid(self) -> tuple[Tensor, int, Tensor | None]:
        inputs = None if self.inputs is None else torch.from_numpy(self.inputs)
        return torch.from_numpy(self.intervals), self.n_steps, inputs

    def freedom(self, support: Bool[np.ndarray, "terms dim"]) -> int:
        """How many more numbers were observed than are estimated, at least one.

        Args:
            support: which coefficients are estimated; so is where every trajectory starts.
        """
        n_trajectories = 1 + int((self.intervals == 0).sum())
        n_rows, n_lawful = len(self.observed), int(self._lawful.sum())
        return max((n_rows - n_trajectories) * n_lawful - int(support.sum()), 1)

    @property
    def _lawful(self) -> Bool[np.ndarray, " dim"]:
        return np.ones(self.observed.shape[1], bool) if self.lawless is None else ~self.lawless

    @property
    def weights_and_laws(self) -> tuple[Float[np.ndarray, " dim"], Float[np.ndarray, " dim"]]:
        """What the squares of the components' misfits weigh, and those of their laws' defects."""
        weights = np.ones(self.observed.shape[1]) if self.weights is None else self.weights
        return np.where(self._lawful, weights, _GIVEN), np.where(self._lawful, weights, 0.0)

    def weighted_by_noise(self, states: Float[np.ndarray, "rows dim"]) -> "NoisyRecord":
        """The same with components that weigh as much as their noise asks for.

        Args:
            states: what was observed without its noise.
        """
        misfit = np.mean((self.observed - states) ** 2, axis=0)
        if not misfit[self._lawful].all():
            return self
        weights = np.exp(np.mean(np.log(misfit[self._lawful]))) / np.where(self._lawful, misfit, 1.0)
        return replace(self, weights=np.clip(weights, 1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT))


@dataclass(frozen=True, eq=False)
class JointEstimate:
    """Where the iteration is.

    Args:
        states: x.
        coefficients: ξ, zero outside the support.
        support: which coefficients are estimated.
        stiffness: μ.
        mean_square: the objective, per row and component.
        standard_errors: of the coefficients, from the curvature of the objective.
    """

    states: Float[np.ndarray, "rows dim"]
    coefficients: Float[np.ndarray, "terms dim"]
    support: Bool[np.ndarray, "terms dim"]
    stiffness: float = 1.0
    mean_square: float = float("inf")
    standard_errors: Float[np.ndarray, "terms dim"] | None = None

    @property
    def significance(self) -> Float[np.ndarray, "terms dim"]:
        """|ξ| in standard errors; 0 outside the support."""
        if self.standard_errors is None:
            raise RuntimeError("the estimate has not been improved yet")
        return np.abs(self.coefficients) / np.where(self.support, np.maximum(self.standard_errors, 1e-300), np.inf)

    def without(self, dropped: Bool[np.ndarray, "terms dim"]) -> "JointEstimate":
        """The same with fewer terms, before the others have adapted."""
        kept = self.support & ~dropped
        return replace(self, coefficients=np.where(kept, self.coefficients, 0.0), support=kept, mean_square=np.inf)


@dataclass(frozen=True, eq=False)
class _Linearization:
    """The problem around an estimate: the objective is |residual + directions · change|² in the coefficients."""

    objective: float
    residual: Float[np.ndarray, " residuals"]
    directions: Float[np.ndarray, "residuals unknowns"]
    base: Float[np.ndarray, "rows dim"]
    responses: Float[np.ndarray, "rows dim unknowns"]


def linearize(record: NoisyRecord, estimate: JointEstimate) -> _Linearization:
    """Eliminate the states.

    Raises:
        SolverError: the field leaves every bound within one interval.
        BudgetSpentError: the search was to end before.
    """
    record.budget.require()
    x = torch.from_numpy(estimate.states)
    weights, of_laws = (torch.from_numpy(each) for each in record.weights_and_laws)
    mu = estimate.stiffness * of_laws * torch.from_numpy(record.intervals > 0)[:, None]
    arrived, by_state, by_coefficient = record.flow(x, estimate.coefficients, estimate.support)
    defect = arrived - x[1:]
    misfit = torch.from_numpy(record.observed) - x
    objective = float((weights * misfit.square()).sum() + (mu * defect.square()).sum())
    if not np.isfinite(objective) or not bool(torch.isfinite(by_coefficient).all()):
        raise SolverError("the vector field leaves every bound within one interval between two observations")
    given = (each.numpy() for each in (weights, mu, misfit, defect, by_state, by_coefficient))
    found = eliminated(*given)
    if found is None:
        raise SolverError("the equations of the states are singular; smooth the data or shorten the record")
    changes, left = found
    if not np.abs(left).max() < _LARGEST_CHANGE:  # nan too: the field is that steep somewhere
        raise SolverError("the equations of the states leave every bound; smooth the data or choose fewer terms")
    return _Linearization(objective, left[:, 0], left[:, 1:], changes[:, :, 0], changes[:, :, 1:])


def improve(record: NoisyRecord, estimate: JointEstimate) -> JointEstimate:
    """Gauss–Newton steps, halved where they do not lower the objective, until the states stand still.

    Raises:
        SolverError: no step can be taken.
    """
    linear = linearize(record, estimate)
    for _ in range(_MOST_ITERATIONS):
        gram = linear.directions.T @ linear.directions
        change = np.linalg.lstsq(gram, -linear.directions.T @ linear.residual, rcond=1e-13)[0]
        step = linear.base + linear.responses @ change
        length = 1.0
        for _ in range(_MOST_HALVINGS):
            coefficients = estimate.coefficients.copy()
            coefficients[estimate.support] += length * change
            trial = replace(estimate, states=estimate.states + length * step, coefficients=coefficients)
            try:
                ahead = linearize(record, trial)
            except SolverError:
                ahead = None
            if ahead is not None and ahead.objective <= linear.objective * (1 + 1e-9):
                break
            length /= 2
        else:
            break
        estimate, linear = trial, ahead
        size = float(np.sqrt(linear.objective / estimate.states.size))
        if length == 1.0 and np.abs(step).max() <= max(0.02 * size, 1e-9 * np.abs(estimate.states).max()):
            break
    mean_square = linear.objective / estimate.states.size
    gram = linear.directions.T @ linear.directions
    errors = np.zeros_like(estimate.coefficients)
    variance = linear.objective / record.freedom(estimate.support)
    errors[estimate.support] = np.sqrt(np.maximum(np.diag(np.linalg.pinv(gram, rcond=1e-13)), 0.0) * variance)
    return replace(estimate, mean_square=mean_square, standard_errors=errors)


def deviances(
    record: NoisyRecord, estimate: JointEstimate, supports: Sequence[Bool[np.ndarray, "terms dim"]]
) -> list[float]:
    """By how much the deviance (degrees of freedom · log of the objective) would change, to second order.

    Args:
        record: what was observed.
        estimate: where it is.
        supports: what it is compared with.
    """
    if not supports:
        return []
    everything = replace(estimate, support=np.ones_like(estimate.support))
    linear = linearize(record, everything)
    triangle = np.linalg.qr(np.concatenate([linear.directions, linear.residual[:, None]], axis=1))[1]
    columns, right, present = triangle[:, :-1], triangle[:, -1], estimate.coefficients.ravel()

    def misfit(support: np.ndarray) -> float:
        kept = support.ravel()
        without = right - columns[:, ~kept] @ present[~kept]  # what is no longer there has the coefficient 0
        change = np.linalg.lstsq(columns[:, kept], -without, rcond=None)[0]
        return float(np.sum((without + columns[:, kept] @ change) ** 2))

    now = misfit(estimate.support)
    freedom = record.freedom(estimate.support)
    return [freedom * float(np.log(misfit(support) / now)) for support in supports]


def gains(record: NoisyRecord, estimate: JointEstimate) -> Float[np.ndarray, "terms dim"]:
    """By how much each absent term alone would lower the deviance, to second order."""
    everything = replace(estimate, support=np.ones_like(estimate.support))
    linear = linearize(record, everything)
    inside = estimate.support.ravel()
    kept, rest = linear.directions[:, inside], linear.directions[:, ~inside]
    basis, _ = np.linalg.qr(kept)
    residual = linear.residual - basis @ (basis.T @ linear.residual)
    rest = rest - basis @ (basis.T @ rest)
    size = np.einsum("rt,rt->t", rest, rest)
    gain = np.zeros(estimate.support.size)
    gain[~inside] = np.where(size > 0, (rest.T @ residual) ** 2 / np.where(size > 0, size, 1.0), 0.0)
    left = float(residual @ residual) or 1.0  # nothing is left where constants are met exactly, and nothing gained
    gain = gain / left * max(record.freedom(estimate.support) - 1, 1)
    return gain.reshape(estimate.support.shape)
