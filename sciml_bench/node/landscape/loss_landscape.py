"""The loss along a line and over a plane in the space of parameters.

Every point is a model of its own; many are evaluated as one batch, where a double loop over a 30 × 30 grid would solve
900 times (Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 2018).
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node.fields.coupling import CoupledDynamics
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting
from sciml_bench.node.landscape.parameter_plane import Interval

BatchedLoss: TypeAlias = Callable[[Tensor], Tensor]
"""Losses (members,) of parameter vectors (members, parameters)."""

Vector: TypeAlias = Float[Tensor, " parameters"] | Float[np.ndarray, " parameters"]


@dataclass(frozen=True)
class LineScan:
    """The loss along a line.

    Args:
        positions: multiples of the direction, from the origin.
        losses: there; NaN or infinite where the model broke down.
    """

    positions: Float[np.ndarray, " points"]
    losses: Float[np.ndarray, " points"]


@dataclass(frozen=True)
class LossPlane:
    """The loss over a plane.

    Args:
        first: multiples of the first direction, from the origin.
        second: multiples of the second.
        losses: at `first[i]`, `second[j]`; NaN or infinite where the model broke down.
    """

    first: Float[np.ndarray, " n_first"]
    second: Float[np.ndarray, " n_second"]
    losses: Float[np.ndarray, "n_first n_second"]


def line_scan(
    losses: BatchedLoss,
    origin: Vector,
    direction: Float[Tensor, " _"] | Float[np.ndarray, " _"],
    span: Interval = (-1.0, 1.0),
    n_points: int = 101,
    *,
    batch: int = 256,
) -> LineScan:
    """The loss at `origin` + position · `direction`.

    Args:
        losses: evaluates many parameter vectors at once; it receives the type and device of `origin`.
        origin: parameters of the model, ordered as in `torch.nn.utils.parameters_to_vector`.
        direction: along which they change.
        span: first and last position.
        n_points: number of positions.
        batch: most vectors evaluated at once.

    Raises:
        ConfigurationError: origin and direction differ in size, or a span or count out of its range.
    """
    positions = _positions("span", span, n_points)
    directions = torch.as_tensor(direction)[None]
    return LineScan(positions, _losses_at(losses, origin, directions, positions[:, None], batch))


def loss_plane(
    losses: BatchedLoss,
    origin: Vector,
    directions: Float[Tensor, "2 _"] | Float[np.ndarray, "2 _"],
    spans: tuple[Interval, Interval] = ((-1.0, 1.0), (-1.0, 1.0)),
    n_points: int = 30,
    *,
    batch: int = 256,
) -> LossPlane:
    """The loss at `origin` + first · `directions[0]` + second · `directions[1]`.

    Args:
        losses: evaluates many parameter vectors at once; it receives the type and device of `origin`.
        origin: parameters of the model, ordered as in `torch.nn.utils.parameters_to_vector`.
        directions: such as the leading eigenvectors of the Hessian, or those of a `PrincipalPlane`.
        spans: first and last multiple of each direction.
        n_points: number of multiples of each direction.
        batch: most vectors evaluated at once.

    Raises:
        ConfigurationError: origin and directions differ in size, or a span or count out of its range.
    """
    first, second = (_positions(f"spans[{axis}]", span, n_points) for axis, span in enumerate(spans))
    coordinates = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
    values = _losses_at(losses, origin, torch.as_tensor(directions), coordinates, batch)
    return LossPlane(first, second, values.reshape(n_points, n_points))


def _positions(name: str, span: Interval, n_points: int) -> Float[np.ndarray, " points"]:
    if n_points < 2:
        raise ConfigurationError(f"n_points={n_points}: a scan needs at least 2 points")
    if not -np.inf < span[0] < span[1] < np.inf:
        raise ConfigurationError(f"{name}={span}: give the first and last position, finite and increasing")
    return np.linspace(*span, n_points)


def _losses_at(
    losses: BatchedLoss,
    origin: Vector,
    directions: Float[Tensor, "axes _"],
    coordinates: Float[np.ndarray, "points axes"],
    batch: int,
) -> Float[np.ndarray, " points"]:
    centre = torch.as_tensor(origin).detach()
    if directions.shape[1] != len(centre):
        raise ConfigurationError(
            f"directions: {directions.shape[1]} entries for {len(centre)} parameters; take both from one model"
        )
    if batch < 1:
        raise ConfigurationError(f"batch={batch}: at least one parameter vector must be evaluated at once")
    axes, parts = directions.detach().to(centre), torch.as_tensor(coordinates).to(centre).split(batch)
    with torch.no_grad():
        return np.concatenate([_tolerant_losses(losses, centre + part @ axes) for part in parts])


def _tolerant_losses(losses: BatchedLoss, vectors: Float[Tensor, "members _"]) -> Float[np.ndarray, " members"]:
    """The losses, with NaN for every member whose integration breaks down: it must not take the others with it."""
    try:
        return losses(vectors).detach().to("cpu", torch.float64).numpy()
    except SolverError:
        if len(vectors) == 1:
            return np.array([np.nan])
        return np.concatenate([_tolerant_losses(losses, half) for half in vectors.tensor_split(2)])


def losses_of(
    fitting: TrajectoryFitting, parameters: Float[Tensor, "members parameters"], coupling: float | int = 0.0
) -> Float[Tensor, " members"]:
    """The mean squared errors of fields with other weights; not differentiable.

    Args:
        fitting: whose data, solver and splines are used.
        parameters: of the field, flattened in the order of `model.parameters()`, one row per field.
        coupling: λ k, in 1/time; 0 for the free dynamics.
    """
    field = copy.deepcopy(fitting.model)
    shapes = {name: value.shape[1:] for name, value in field.named_parameters()}
    pieces = parameters.to(fitting.dtype_of_states).split([shape.numel() for shape in shapes.values()], dim=1)
    field.set_members(
        {name: piece.reshape(-1, *shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
    )
    pulled = CoupledDynamics(field, fitting.splines, coupling) if coupling else field
    x0 = fitting.initial_states()[:1].expand(len(parameters), -1, -1)
    with torch.no_grad():
        solution = fitting.solver(fitting.batch.driven(pulled), x0, fitting.batch.times)
        return fitting.batch.mean_squared_error(solution.states)
