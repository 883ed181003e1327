"""Where states go in one interval, and how that depends on them and on the coefficients of the vector field.

du/dt = Σ_j ξ_j θ_j(u), dA/dt = J A with A = ∂u/∂u₀, and dB/dt = J B + ∂f/∂ξ with B = ∂u/∂ξ: the variational equations,
integrated together for many states by classical Runge–Kutta steps.
"""

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.integrate import DOP853
from torch import Tensor

from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.discovery.flows.compiled_flow import compiled_flow
from sciml_bench.mechnn.discovery.flows.term_table import TermTable


@runtime_checkable
class CandidateTerms(Protocol):
    """Functions of the state of which a vector field is a linear combination, in any units.

    Attributes:
        names: of the terms, as a person writes them.
        simpler: places of the terms that a person would rather have than each one.
    """

    if TYPE_CHECKING:
        names: Any  # may be cached properties, which the type checker takes for attributes
        simpler: Any

    @property
    def spec(self) -> RecordSpec:
        """Of the states."""
        ...

    @property
    def n_terms(self) -> int:
        """Their number."""
        ...

    def __call__(self, states: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch terms"]:
        """The terms at some states."""
        ...

    def jacobian(
        self, states: Float[Tensor, "*batch dim"], coefficients: Float[np.ndarray, "terms dim"]
    ) -> Float[Tensor, "*batch dim dim"]:
        """The derivatives of their combination by the components of the state."""
        ...


def table_of(library: CandidateTerms) -> TermTable | None:
    """What compiled loops need of some terms; None where these are no monomials, sines and cosines."""
    return getattr(library, "table", None)


_METHOD = np.array(DOP853.A[:12]), np.array(DOP853.B[:12]), np.array(DOP853.C[:12])
"""The Runge–Kutta method of order 8 of Dormand and Prince: few steps suffice."""

_STAGES, _OF_STAGES, _NODES = (torch.from_numpy(part) for part in _METHOD)

_MOST_NUMBERS = 2**20
"""That are held at once, so that they stay in a processor's cache."""


def arrivals(
    library: CandidateTerms,
    coefficients: Float[np.ndarray, "terms dim"],
    states: Float[Tensor, "rows dim"],
    intervals: Float[Tensor, " rows"],
    n_steps: int,
    inputs: Float[Tensor, "rows ends dim_in"] | None = None,
) -> Float[Tensor, "rows dim"]:
    """States after their interval.

    Args:
        library: θ.
        coefficients: ξ.
        states: at the beginning.
        intervals: of time, one per state; 0 leaves a state where it is.
        n_steps: Runge–Kutta steps per interval.
        inputs: of the library's last variables, at the beginning and at the end of every interval, within which they
            go in a straight line.
    """
    if (table := table_of(library)) is not None:
        return _compiled(table, coefficients, None, states, intervals, n_steps, inputs)[0]
    parts = _parts(states, intervals, inputs, _MOST_NUMBERS // (12 * n_steps * library.n_terms))
    return torch.cat([_carried(library, coefficients, n_steps, *part)[0] for part in parts])


def flow(
    library: CandidateTerms,
    coefficients: Float[np.ndarray, "terms dim"],
    support: Bool[np.ndarray, "terms dim"],
    states: Float[Tensor, "rows dim"],
    intervals: Float[Tensor, " rows"],
    n_steps: int,
    inputs: Float[Tensor, "rows ends dim_in"] | None = None,
) -> tuple[Float[Tensor, "rows dim"], Float[Tensor, "rows dim dim"], Float[Tensor, "rows dim unknowns"]]:
    """States after their interval, and the derivatives by the states and by the coefficients of the support.

    Those of what the steps compute: a change of the rate at a stage is carried to the end of its step by a matrix, and
    from there by those of the later steps, so that all coefficients share what is carried.

    Args:
        library: θ.
        coefficients: ξ, zero outside the support.
        support: which coefficients are unknown, row by row.
        states: at the beginning.
        intervals: of time, one per state; 0 leaves a state where it is.
        n_steps: Runge–Kutta steps per interval.
        inputs: as for `arrivals`.
    """
    if (table := table_of(library)) is not None:
        return _compiled(table, coefficients, support, states, intervals, n_steps, inputs)
    dim = states.shape[1]
    width = 12 * n_steps * (library.n_terms + 4 * dim**2) + dim**2 * library.n_terms
    parts = _parts(states, intervals, inputs, _MOST_NUMBERS // width)
    found = [_flow(library, coefficients, support, n_steps, *part) for part in parts]
    arrived, by_state, by_coefficient = (torch.cat(each) for each in zip(*found, strict=True))
    return arrived, by_state, by_coefficient


def _compiled(
    table: TermTable,
    coefficients: np.ndarray,
    support: np.ndarray | None,
    states: Tensor,
    intervals: Tensor,
    n_steps: int,
    inputs: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    given = states.numpy(), intervals.numpy(), n_steps, None if inputs is None else inputs.numpy()
    arrived, by_state, by_coefficient = compiled_flow(table, _METHOD, coefficients, support, *given)
    return torch.from_numpy(arrived), torch.from_numpy(by_state), torch.from_numpy(by_coefficient)


def _parts(
    states: Tensor, intervals: Tensor, inputs: Tensor | None, n_rows: int
) -> list[tuple[Tensor, Tensor, Tensor | None]]:
    """A few rows at a time."""
    n_rows = max(n_rows, 1)
    acting = [None] * (len(states) // n_rows + 1) if inputs is None else inputs.split(n_rows)
    return list(zip(states.split(n_rows), intervals.split(n_rows), acting, strict=False))


def _carried(
    library: CandidateTerms,
    coefficients: np.ndarray,
    n_steps: int,
    states: Tensor,
    intervals: Tensor,
    inputs: Tensor | None,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """States after their interval, and the variables and terms at every stage on the way."""
    field, step, x = torch.from_numpy(coefficients), (intervals / n_steps)[:, None], states
    visited: list[Tensor] = []
    terms: list[Tensor] = []
    for number in range(n_steps):
        rates = x.new_zeros(len(_OF_STAGES), *x.shape)
        for stage, (before, node) in enumerate(zip(_STAGES, _NODES, strict=True)):
            variables = x if stage == 0 else x + step * torch.tensordot(before[:stage], rates[:stage], 1)
            if inputs is not None:
                share = (number + float(node)) / n_steps
                variables = torch.cat([variables, (1 - share) * inputs[:, 0] + share * inputs[:, 1]], dim=1)
            visited.append(variables)
            terms.append(library(variables))
            rates[stage] = terms[-1] @ field
        x = x + step * torch.tensordot(_OF_STAGES, rates, 1)
    return x, visited, terms


def _flow(
    library: CandidateTerms,
    coefficients: np.ndarray,
    support: np.ndarray,
    n_steps: int,
    states: Tensor,
    intervals: Tensor,
    inputs: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    arrived, visited, terms = _carried(library, coefficients, n_steps, states, intervals, inputs)
    rows, dim = states.shape
    step = (intervals / n_steps)[:, None, None]
    slopes = step * library.jacobian(torch.stack(visited), coefficients)[..., :dim]
    slopes = slopes.unflatten(0, (n_steps, len(_OF_STAGES))).transpose(0, 1)  # stages, steps, rows, dim, dim
    # what a change of the rate at each stage adds to the end of its step: by itself, and by the later stages
    eye, carries, moved = torch.eye(dim, dtype=states.dtype), torch.empty_like(slopes), torch.empty_like(slopes)
    for stage in reversed(range(len(_OF_STAGES))):
        later = torch.tensordot(_STAGES[stage + 1 :, stage], moved[stage + 1 :], 1)
        carries[stage] = _OF_STAGES[stage] * eye + later
        moved[stage] = carries[stage] @ slopes[stage]
    along, by_state = eye + moved.sum(dim=0), eye.expand(rows, dim, dim)
    for number in reversed(range(n_steps)):
        carries[:, number] = by_state @ carries[:, number]
        by_state = by_state @ along[number]
    term, component = (torch.from_numpy(index) for index in np.nonzero(support))
    used, place = term.unique(return_inverse=True)
    weights = (step * carries).transpose(0, 1).flatten(0, 1).permute(1, 2, 3, 0).reshape(rows, dim * dim, -1)
    by_all = weights @ torch.stack(terms, dim=1)[..., used]
    return arrived, by_state, by_all.unflatten(1, (dim, dim))[:, :, component, place]
