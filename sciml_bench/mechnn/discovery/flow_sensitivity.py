"""Where states go in one interval, and how that depends on them and on the coefficients of the vector field.

du/dt = Σ_j ξ_j θ_j(u), dA/dt = J A with A = ∂u/∂u₀, and dB/dt = J B + ∂f/∂ξ with B = ∂u/∂ξ: the variational equations,
integrated together for many states by classical Runge–Kutta steps.
"""

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.data.spec import RecordSpec


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

    def gradient(self, states: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch terms dim"]:
        """Their derivatives by the components of the state."""
        ...


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

    Args:
        library: θ.
        coefficients: ξ, zero outside the support.
        support: which coefficients are unknown, row by row.
        states: at the beginning.
        intervals: of time, one per state; 0 leaves a state where it is.
        n_steps: Runge–Kutta steps per interval.
        inputs: of the library's last variables, at the beginning and at the end of every interval, within which they
            go in a straight line.
    """
    dim = states.shape[1]
    field = torch.from_numpy(coefficients)
    term, component = (torch.from_numpy(index) for index in np.nonzero(support))
    of_component = torch.nn.functional.one_hot(component, dim).T.to(field)
    step = (intervals / n_steps)[:, None]
    long_step = step[..., None]
    eye = torch.eye(dim, dtype=field.dtype).expand(len(states), dim, dim)
    sensitivity = torch.cat([eye, field.new_zeros(len(states), dim, len(term))], dim=2)

    def rate(x: Tensor, sensitivity: Tensor, share: float) -> tuple[Tensor, Tensor]:
        variables = x
        if inputs is not None:
            variables = torch.cat([x, (1 - share) * inputs[:, 0] + share * inputs[:, 1]], dim=1)
        terms = library(variables)
        jacobian = torch.einsum("njv,jd->ndv", library.gradient(variables)[..., :dim], field)
        change = jacobian @ sensitivity
        change[:, :, dim:] += terms[:, None, term] * of_component
        return terms @ field, change

    x = states
    for number in range(n_steps):
        begin, middle, end = (number / n_steps, (number + 0.5) / n_steps, (number + 1) / n_steps)
        x1, s1 = rate(x, sensitivity, begin)
        x2, s2 = rate(x + step / 2 * x1, sensitivity + long_step / 2 * s1, middle)
        x3, s3 = rate(x + step / 2 * x2, sensitivity + long_step / 2 * s2, middle)
        x4, s4 = rate(x + step * x3, sensitivity + long_step * s3, end)
        x = x + step / 6 * (x1 + 2 * x2 + 2 * x3 + x4)
        sensitivity = sensitivity + long_step / 6 * (s1 + 2 * s2 + 2 * s3 + s4)
    return x, sensitivity[:, :, :dim], sensitivity[:, :, dim:]
