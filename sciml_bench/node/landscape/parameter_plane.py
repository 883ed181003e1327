"""The plane in the space of parameters that holds most of a training's path.

Principal components of the parameters over the epochs, taken around the last ones (Li, Xu, Taylor, Studer and
Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 2018, section 7).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.sparse.linalg import svds

from sciml_bench.core.errors import DataError

_DENSE_BELOW = 50
"""Up to so many epochs or parameters a full decomposition is quick, and has no trouble with a path of few points."""

Interval = tuple[float | int, float | int]


@dataclass(frozen=True)
class PrincipalPlane:
    """The plane through the last parameters that holds most of their path.

    Args:
        origin: the last parameters.
        directions: two orthonormal rows; the path starts on the positive side of both.
        explained_variance_ratio: shares of the squared distance from the origin, summed over the path, along each.
        coordinates: the path within the plane; it ends in (0, 0).
    """

    origin: Float[np.ndarray, " parameters"]
    directions: Float[np.ndarray, "2 parameters"]
    explained_variance_ratio: Float[np.ndarray, "2"]
    coordinates: Float[np.ndarray, "epochs 2"]

    def spans(self, margin: float | int = 0.25) -> tuple[Interval, Interval]:
        """Intervals of both coordinates that hold the path and, on each side, a share `margin` of its longer extent."""
        lower, upper = self.coordinates.min(axis=0), self.coordinates.max(axis=0)
        room = margin * (upper - lower).max()
        return (float(lower[0] - room), float(upper[0] + room)), (float(lower[1] - room), float(upper[1] + room))


def principal_plane(trajectory: Float[np.ndarray, "epochs parameters"]) -> PrincipalPlane:
    """The best plane, in the sense of least squares, through the last of the parameters.

    Args:
        trajectory: parameters after each epoch, ordered as in `torch.nn.utils.parameters_to_vector`.

    Raises:
        DataError: fewer than two epochs or parameters, values that are not finite, or parameters that never move.
    """
    if min(trajectory.shape) < 2:
        raise DataError(
            f"trajectory: {trajectory.shape[0]} epochs of {trajectory.shape[1]} parameters span no plane; give at "
            "least two of each"
        )
    if not np.isfinite(trajectory).all():
        raise DataError("trajectory: it holds NaN or infinity; leave out the epochs after the training broke down")
    origin = trajectory[-1].astype(np.float64)
    displacements = trajectory - origin
    total = float(np.sum(displacements**2))
    if total == 0:
        raise DataError("trajectory: the parameters never move; give the parameters of different epochs")
    if min(displacements.shape) <= _DENSE_BELOW:
        _, singular_values, right = np.linalg.svd(displacements, full_matrices=False)
    else:
        start = np.random.default_rng(0).standard_normal(min(displacements.shape))
        _, singular_values, right = svds(displacements, k=2, v0=start)
    order = np.argsort(singular_values)[::-1][:2]
    directions = np.asarray(right)[order]
    directions = directions * np.where(directions @ displacements[0] < 0, -1.0, 1.0)[:, None]
    return PrincipalPlane(origin, directions, singular_values[order] ** 2 / total, displacements @ directions.T)
