"""Whether fields that a person brings are ones that an equation was trained for."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError

if TYPE_CHECKING:
    from sciml_bench.nsm.equations.equation import Equation

_TRUNCATION_TOLERANCE = 1e-4
_LARGEST_MEAN = 1e-4
_SINGLE_PRECISION = 1e-6


def require_fields(
    equation: "Equation", parameters: Float[np.ndarray, "batch *parameter_grid"], key: str = "parameters"
) -> None:
    """Check sources or initial fields before anything is computed from them.

    Args:
        equation: that they are for.
        parameters: the fields.
        key: what they are called in a message.

    Raises:
        DataError: a wrong shape, a field that is not finite, waves too short for `parameter_modes`, the end point of a
            periodic axis repeated, or a mean where the equation allows none.
    """
    equation.given_basis(parameters.shape, key)
    if not np.isfinite(parameters).all():
        raise DataError(f"{key}: {int((~np.isfinite(parameters)).sum())} values are not finite; remove or repair them")
    values = torch.from_numpy(np.asarray(parameters, dtype=np.float64))
    _require_no_end_point(equation, values, key)
    worst = truncated_part(equation, values)
    if worst > _TRUNCATION_TOLERANCE:
        raise DataError(
            f"{key}: {worst:.2%} of a field is in waves beyond the {list(equation.parameter_modes)} modes that "
            f"{equation.name} was trained for; smooth it, or train with a larger pde.parameter_modes"
        )
    if equation.zero_mean:
        mean = float(values.flatten(1).mean(dim=1).abs().max())
        if mean > _LARGEST_MEAN * float(values.abs().max()):
            raise DataError(f"{key}: {equation.name} needs fields without mean; subtract it (up to {mean:.3g})")


def _require_no_end_point(equation: "Equation", values: Tensor, key: str) -> None:
    rounding = _SINGLE_PRECISION * float(values.abs().max())
    for position, index in enumerate(equation.space_axes):
        axis = equation.axes[index]
        along = values.movedim(position + 1, 0)
        gap = float((along[0] - along[-1]).abs().max())
        # a field that is flat there, such as a lonely bump, has equal ends as well
        steps = float(along.diff(dim=0)[[0, -1]].abs().max())
        if axis.kind == "periodic" and gap < rounding and steps > 10 * rounding:
            raise DataError(
                f"{key}: the last value along {axis.name} repeats the first: give the points j/n without the end "
                f"point, which is the start again (parameters[..., :-1])"
            )


def truncated_part(equation: "Equation", values: Float[Tensor, "batch *parameter_grid"]) -> float:
    """Of the field that loses most when it is held in `parameter_modes`, in the norm of its coefficients.

    Args:
        equation: whose modes.
        values: the fields.
    """
    given = equation.given_basis(tuple(values.shape))
    coefficients = given.analyse(values)
    kept_modes = [min(n, m) for n, m in zip(given.n_modes, equation.parameter_modes, strict=True)]
    whole, kept = (
        part.square().flatten(1).sum(dim=1) for part in (coefficients, given.resize(coefficients, kept_modes))
    )
    lost = (whole - kept) / whole.clamp_min(torch.finfo(torch.float64).tiny)
    return float(lost.max().clamp_min(0).sqrt())
