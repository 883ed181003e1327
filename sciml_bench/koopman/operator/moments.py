"""Second moments of features and observables over lagged pairs: all that any linear estimate of the operator needs.

Moments of chunks add up, so that data of any length, or on several machines, cost the memory of a few matrices.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from jaxtyping import Float

Encoder = Literal["f", "g"]
"""Whose features: those of the present-side encoder f, or of the lagged encoder g."""

Moment = Literal[0, 1]
"""0 is the present of a pair, 1 its future."""


@dataclass(frozen=True)
class LaggedMoments:
    """Weighted sums over pairs (x₀, x₁), with φ = (f, g), or φ = f where one encoder serves both sides.

    Args:
        n_samples: pairs seen.
        n_modes: features of f.
        total_weight: sum of the pairs' weights.
        features: Σ φ(x_s) φ(x_t)ᵀ at [s, t].
        observables: Σ φ(x_s) y(x_t)ᵀ at [s, t].
    """

    n_samples: int
    n_modes: int
    total_weight: float
    features: Float[np.ndarray, "2 2 both_modes both_modes"]
    observables: Float[np.ndarray, "2 2 both_modes dim_out"]

    @classmethod
    def of_pairs(
        cls,
        f: tuple[Float[np.ndarray, "batch modes"], Float[np.ndarray, "batch modes"]],
        g: tuple[Float[np.ndarray, "batch lagged_modes"], Float[np.ndarray, "batch lagged_modes"]] | None,
        observable: tuple[Float[np.ndarray, "batch dim_out"], Float[np.ndarray, "batch dim_out"]] | None,
        weights: Float[np.ndarray, " batch"] | None = None,
    ) -> "LaggedMoments":
        """The moments of one chunk of pairs.

        Args:
            f: features of the present and of the future.
            g: the same from the lagged encoder; None where f serves both sides.
            observable: what is to be predicted, at present and in future; None for the features f themselves.
            weights: importance of the pairs.
        """
        both = f if g is None else tuple(np.hstack(pair) for pair in zip(f, g, strict=True))
        weighted = both if weights is None else tuple(phi * weights[:, None] for phi in both)
        n_modes, across = f[0].shape[1], both[0].T @ weighted[1]
        features = np.array([[both[0].T @ weighted[0], across], [across.T, both[1].T @ weighted[1]]])
        observables = features[..., :n_modes]
        if observable is not None:
            observables = np.array([[phi.T @ y for y in observable] for phi in weighted])
        total = float(len(f[0])) if weights is None else float(weights.sum())
        return cls(len(f[0]), n_modes, total, features, observables)

    def __add__(self, other: "LaggedMoments") -> "LaggedMoments":
        """The moments of both sets of pairs together."""
        summed = ("n_samples", "total_weight", "features", "observables")
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in summed})

    @property
    def has_lagged_encoder(self) -> bool:
        """Whether g has features of its own."""
        return self.features.shape[-1] > self.n_modes

    def correlation(self, left: Encoder, at: Moment, right: Encoder, later: Moment) -> Float[np.ndarray, "left right"]:
        """E[left(x_at) right(x_later)ᵀ], such as T_fg for ("f", 0, "g", 1) and M_f at present for ("f", 0, "f", 0)."""
        return self.features[at, later][self._columns(left)][:, self._columns(right)] / self.total_weight

    def with_observable(self, left: Encoder, at: Moment, later: Moment) -> Float[np.ndarray, "left dim_out"]:
        """E[left(x_at) y(x_later)ᵀ]."""
        return self.observables[at, later][self._columns(left)] / self.total_weight

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Every field as an array, for a file; `LaggedMoments.from_arrays` is its inverse."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "LaggedMoments":
        """Rebuild the moments that `as_arrays` took apart."""
        counts = int(arrays["n_samples"]), int(arrays["n_modes"]), float(arrays["total_weight"])
        return cls(*counts, arrays["features"], arrays["observables"])

    def _columns(self, encoder: Encoder) -> slice:
        of_f = encoder == "f" or not self.has_lagged_encoder
        return slice(0, self.n_modes) if of_f else slice(self.n_modes, None)
