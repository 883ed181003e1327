"""Whether fields that a person brings are ones that an equation was trained for.

Every check holds for each field of a batch by itself, and its message names the first field that fails. What is allowed
beyond `parameter_modes`, and which fields are unlike those of the training, follows from the equation's random fields.
"""

import logging
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.seeds import derived_seed
from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.bases import Fourier
from sciml_bench.nsm.equations.parameter_fields import ParameterFields
from sciml_bench.systems.partial.partial_differential_equation import LARGEST_MEAN

log = logging.getLogger(__name__)

_LARGEST_FLOOR = 1e-2
"""Part of the random fields that may lie beyond `parameter_modes`; no training can make the error smaller than that."""
_TRUNCATION_TOLERANCE = 1e-4
_N_DRAWN = 64
"""Random fields that stand for all; the first of the held-out test fields."""
_MARGIN_OF_DRAWN = 2.0
"""Of 2000 random fields the worst loses 1.5 times as much as the worst of 64."""
_SINGLE_PRECISION = 1e-6
_HIGHEST_FREQUENCIES = 0.8
"""Of the frequencies that the points of an axis carry; those above are the tail of a series."""
_SMALLER_TAIL = 0.5
_FAR = 3.0
_POSITION_TOLERANCE = 1e-6


def require_fields(equation: ParameterFields, parameters: Parameters, key: str = "parameters") -> None:
    """Check sources or initial fields before anything is computed from them.

    Args:
        equation: that they are for.
        parameters: the fields.
        key: what they are called in a message.

    Raises:
        DataError: a wrong shape, a field that is not finite in single precision, waves too short for
            `parameter_modes`, the end point of a periodic axis repeated, or a mean where the equation allows none.
    """
    equation.given_basis(parameters.shape, key)
    fields = np.asarray(parameters, dtype=np.float64)
    axes = tuple(range(1, fields.ndim))
    wrong, largest = ~np.isfinite(fields), np.abs(fields).max(axis=axes)
    index = _first(wrong.any(axis=axes))
    if index is not None:
        raise DataError(f"{key}[{index}]: {int(wrong[index].sum())} values are not finite; remove or repair them")
    index = _first(largest > np.finfo(np.float32).max)
    if index is not None:
        raise DataError(f"{key}[{index}]: {largest[index]:.3g} is no number in single precision; scale the field down")
    _require_no_end_point(equation, torch.from_numpy(fields), key)
    _require_held(equation, torch.from_numpy(fields), key)
    if equation.zero_mean:
        means = np.abs(fields.mean(axis=axes))
        index = _first(means > LARGEST_MEAN * largest)
        if index is not None:
            raise DataError(
                f"{key}[{index}]: {equation.name} needs fields without mean; subtract it ({means[index]:.3g})"
            )


def require_positions(
    equation: ParameterFields, shape: tuple[int, ...], positions: Mapping[str, np.ndarray], key: str = "parameters"
) -> None:
    """Check that fields were sampled where the equation takes them to be.

    Args:
        equation: that they are for.
        shape: of the fields, batch first.
        positions: points per axis by its name, j/n on periodic axes and Chebyshev nodes on bounded ones. They may be
            left out on periodic axes alone: whoever thinks of equally spaced points is wrong on a bounded one.
        key: what the fields are called in a message.

    Raises:
        DataError: a wrong shape, or positions that are missing or others.
    """
    basis = equation.given_basis(shape, key)
    axes = [equation.axes[index] for index in equation.space_axes]
    formulas = {
        axis.name: f"axis_{axis.name} = np.arange({n}) / {n} (equally spaced, without the end point)"
        if axis.kind == "periodic"
        else f"axis_{axis.name} = (1 - np.cos(np.pi * np.arange({n}) / {n - 1})) / 2 (Chebyshev nodes)"
        for axis, n in zip(axes, basis.n_modes, strict=True)
    }
    missing = [axis.name for axis in axes if axis.kind != "periodic" and axis.name not in positions]
    if missing:
        raise DataError(
            f"{key}: {equation.name} with a boundary needs the positions of its fields: sample them at "
            f"{', '.join(formulas[name] for name in missing)}, and save "
            f"{' and '.join(f'axis_{name}' for name in missing)} in the same file"
        )
    for axis, along in zip(axes, basis.bases, strict=True):
        given = positions.get(axis.name, along.nodes)
        real = np.issubdtype(given.dtype, np.number) and not np.iscomplexobj(given)
        same = real and given.shape == along.nodes.shape and (np.abs(given - along.nodes) <= _POSITION_TOLERANCE).all()
        if not same:
            raise DataError(
                f"{key}: axis_{axis.name} does not hold the positions of the fields; sample or interpolate them at "
                f"{formulas[axis.name]}"
            )


def warn_of_unfamiliar_fields(equation: ParameterFields, parameters: Parameters, key: str = "parameters") -> None:
    """Log one warning where fields are far larger, smaller or further out than what the training has drawn.

    Args:
        equation: that they are for.
        parameters: the fields.
        key: what they are called in the message.
    """
    drawn = _drawn(equation)
    sizes, usual = _root_mean_squares(parameters), _root_mean_squares(drawn)
    low, high = float(drawn.min()), float(drawn.max())
    axes = tuple(range(1, parameters.ndim))
    far = (sizes > _FAR * usual.max()) | (sizes < usual.min() / _FAR)
    far |= (parameters.min(axis=axes) < 2 * low - high) | (parameters.max(axis=axes) > 2 * high - low)
    if far.any():
        log.warning(
            f"{key}{np.flatnonzero(far).tolist()}: far from the random fields that {equation.name} was trained on "
            f"(root mean squares from {usual.min():.2g} to {usual.max():.2g}, values from {low:.2g} to {high:.2g}): "
            "their solutions may be wrong, however small their residual is"
        )


def _truncated_parts(equation: ParameterFields, values: Tensor) -> Float[np.ndarray, " batch"]:
    """What each field loses when it is held in `parameter_modes`, as a part of the norm of its coefficients."""
    given = equation.given_basis(tuple(values.shape))
    coefficients = given.analyse(values)
    kept_modes = [min(n, m) for n, m in zip(given.n_modes, equation.parameter_modes, strict=True)]
    whole, kept = (
        part.square().flatten(1).sum(dim=1) for part in (coefficients, given.resize(coefficients, kept_modes))
    )
    lost = (whole - kept) / whole.clamp_min(torch.finfo(torch.float64).tiny)
    return lost.clamp_min(0).sqrt().numpy()


def require_drawn_fields_held(equation: ParameterFields) -> None:
    """Refuse an equation whose `parameter_modes` do not hold its own random fields.

    Raises:
        ConfigurationError: they are too few.
    """
    worst = _largest_drawn_loss(equation)
    if worst > _LARGEST_FLOOR:
        raise ConfigurationError(
            f"{equation.parameter_modes_setting}={equation.parameter_modes[0]}: {worst:.1%} of a random field is in "
            "waves beyond; give more, or a larger pde.length_scale"
        )


def _largest_drawn_loss(equation: ParameterFields) -> float:
    """What the equation's own random fields lose in `parameter_modes`, at most."""
    return float(_truncated_parts(equation, torch.from_numpy(_drawn(equation))).max())


def _require_held(equation: ParameterFields, values: Tensor, key: str) -> None:
    lost = _truncated_parts(equation, values)
    if lost.max() <= _TRUNCATION_TOLERANCE:
        return
    # a run was trained on fields that lose as much as that
    allowed = max(_TRUNCATION_TOLERANCE, _MARGIN_OF_DRAWN * _largest_drawn_loss(equation))
    index = _first(lost > allowed)
    if index is not None:
        raise DataError(
            f"{key}[{index}]: {lost[index]:.2%} of the field is in waves beyond the {list(equation.parameter_modes)} "
            f"modes that {equation.name} was trained for; smooth it, or train with a larger "
            f"{equation.parameter_modes_setting}"
        )


def _require_no_end_point(equation: ParameterFields, values: Tensor, key: str) -> None:
    given = equation.given_basis(tuple(values.shape))
    closed = {
        position: _ends_repeat(values.movedim(position + 1, -1), basis)
        for position, basis in enumerate(given.bases)
        if isinstance(basis, Fourier)
    }
    index = _first(np.asarray(list(closed.values())).any(axis=0)) if closed else None
    if index is None:
        return
    repeating = [position for position, found in closed.items() if found[index]]
    names = " and ".join(equation.axes[equation.space_axes[position]].name for position in repeating)
    slices = ", ".join(":-1" if position in repeating else ":" for position in range(max(repeating) + 1))
    raise DataError(
        f"{key}[{index}]: the last value along {names} repeats the first: give the points j/n without the end point, "
        f"which is the start again (parameters[:, {slices}])"
    )


def _ends_repeat(along: Float[Tensor, "batch *rest points"], basis: Fourier) -> Bool[np.ndarray, " batch"]:
    # a field that is even about x = 0 has equal ends at the middles (j + 1/2)/n as well; they make its series shorter
    rounding = _SINGLE_PRECISION * along.abs().flatten(1).amax(dim=1)
    equal = (along[..., :1] - along[..., -1:]).abs().flatten(1).amax(dim=1) <= rounding
    with_end, whole = _tail(along, basis)
    without_end, _ = _tail(along[..., :-1], Fourier(basis.n_modes - 1))
    shorter = (with_end > _SINGLE_PRECISION * whole) & (without_end < _SMALLER_TAIL * with_end)
    return (equal & shorter).numpy()


def _tail(along: Tensor, basis: Fourier) -> tuple[Tensor, Tensor]:
    coefficients = basis.analyse(along)
    high = torch.from_numpy(basis.frequencies >= _HIGHEST_FREQUENCIES * (basis.n_modes // 2))
    return coefficients[..., high].flatten(1).norm(dim=1), coefficients.flatten(1).norm(dim=1)


def _drawn(equation: ParameterFields) -> np.ndarray:
    fields = equation.draw_parameters(_N_DRAWN, derived_seed(equation.sampling.test_seed, "test"))
    return np.asarray(fields, dtype=np.float64)


def _root_mean_squares(fields: np.ndarray) -> np.ndarray:
    return np.sqrt((fields**2).mean(axis=tuple(range(1, fields.ndim))))


def _first(found: np.ndarray | np.bool_) -> int | None:
    return int(found.argmax()) if found.any() else None
