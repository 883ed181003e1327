"""Second moments of features and observables over lagged pairs: all that any linear estimate of the operator needs.

Moments of chunks add up, so that data of any length, or on several machines, cost the memory of a few matrices.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.linalg import block_diag

from sciml_bench.scores.whitening import scale_to_one, unit_free_whitening

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
        inputs: Σ u uᵀ of what acts on the system between x₀ and x₁; without rows where nothing does.
        inputs_features: Σ u φ(x_t)ᵀ at [t].
        inputs_observables: Σ u y(x_t)ᵀ at [t].
        energy: Σ ∇f a ∇fᵀ times the lag, the Dirichlet form of the generator; empty where it was not measured.
        sums: Σ φ(x_s) at [s]; empty where it was not kept.
    """

    n_samples: int
    n_modes: int
    total_weight: float
    features: Float[np.ndarray, "2 2 both_modes both_modes"]
    observables: Float[np.ndarray, "2 2 both_modes dim_out"]
    inputs: Float[np.ndarray, "dim_in dim_in"] = field(default_factory=lambda: np.empty((0, 0)))
    inputs_features: Float[np.ndarray, "two dim_in modes_or_none"] = field(default_factory=lambda: np.empty((2, 0, 0)))
    inputs_observables: Float[np.ndarray, "two dim_in out_or_none"] = field(default_factory=lambda: np.empty((2, 0, 0)))
    energy: Float[np.ndarray, "energy_modes energy_modes"] = field(default_factory=lambda: np.empty((0, 0)))
    sums: Float[np.ndarray, "two summed_modes"] = field(default_factory=lambda: np.empty((2, 0)))

    @classmethod
    def of_pairs(
        cls,
        f: tuple[Float[np.ndarray, "batch modes"], Float[np.ndarray, "batch modes"]],
        g: tuple[Float[np.ndarray, "batch lagged_modes"], Float[np.ndarray, "batch lagged_modes"]] | None,
        observable: tuple[Float[np.ndarray, "batch dim_out"], Float[np.ndarray, "batch dim_out"]] | None,
        weights: Float[np.ndarray, " batch"] | None = None,
        inputs: Float[np.ndarray, "batch dim_in"] | None = None,
    ) -> "LaggedMoments":
        """The moments of one chunk of pairs.

        Args:
            f: features of the present and of the future.
            g: the same from the lagged encoder; None where f serves both sides.
            observable: what is to be predicted, at present and in future; None for the features f themselves.
            weights: importance of the pairs.
            inputs: what acts between present and future.
        """
        both = f if g is None else tuple(np.hstack(pair) for pair in zip(f, g, strict=True))
        weighted = both if weights is None else tuple(phi * weights[:, None] for phi in both)
        n_modes, across = f[0].shape[1], both[0].T @ weighted[1]
        features = np.array([[both[0].T @ weighted[0], across], [across.T, both[1].T @ weighted[1]]])
        observables = features[..., :n_modes]
        if observable is not None:
            observables = np.array([[phi.T @ y for y in observable] for phi in weighted])
        total = float(len(f[0])) if weights is None else float(weights.sum())
        sums = np.array([phi.sum(axis=0) for phi in weighted])
        moments = cls(len(f[0]), n_modes, total, features, observables, sums=sums)
        if inputs is None:
            return moments
        acting = (inputs if weights is None else inputs * weights[:, None]).T
        y = f if observable is None else observable
        of_features, of_observables = (np.array([acting @ part for part in parts]) for parts in (both, y))
        return replace(moments, inputs=acting @ inputs, inputs_features=of_features, inputs_observables=of_observables)

    def __add__(self, other: "LaggedMoments") -> "LaggedMoments":
        """The moments of both sets of pairs together."""
        summed = [part.name for part in fields(self) if part.name != "n_modes"]
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in summed})

    @property
    def n_inputs(self) -> int:
        """Columns of what acts between present and future."""
        return len(self.inputs)

    def mean_inputs(self, has_constant: bool) -> Float[np.ndarray, " dim_in"]:
        """What is to be subtracted from inputs: their mean where a constant takes it up, else nothing.

        Args:
            has_constant: whether the last feature of f is 1.
        """
        of_constant = self.inputs_features[0][:, self.n_modes - 1] if self.n_inputs else np.empty(0)
        return of_constant / self.total_weight if has_constant else np.zeros(self.n_inputs)

    def with_inputs_from(self, mean: Float[np.ndarray, " dim_in"]) -> "LaggedMoments":
        """The moments of u − `mean`, as `mean_inputs` gives it: a large offset would hide the constant."""
        if not mean.any():
            return self
        constant, column = self.n_modes - 1, mean[:, None]
        return replace(
            self,
            inputs=self.inputs - self.total_weight * column * mean,
            inputs_features=self.inputs_features - column * self.features[0, :, None, constant],
            inputs_observables=self.inputs_observables - column * self.observables[0, :, None, constant],
        )

    def given_inputs(self) -> "LaggedMoments":
        """The moments of what the inputs leave of features and observables: of their residuals on u by least squares.

        A regression on the residuals is that on features and inputs together (Frisch and Waugh, Econometrica 1, 1933).
        """
        if not self.n_inputs:
            return self
        of_features, of_observables = self._on_inputs(self.inputs_features), self._on_inputs(self.inputs_observables)
        explained = self.inputs_features.mT[:, None]  # Σ φ(x_s) uᵀ at [s, 0]
        return replace(
            self,
            features=self.features - explained @ of_features,
            observables=self.observables - explained @ of_observables,
        )

    def input_matrix(
        self,
        encoder: Encoder,
        encode: Float[np.ndarray, "modes r"],
        follows: Float[np.ndarray, "r out"],
        target: Literal["coordinates", "observable"],
    ) -> Float[np.ndarray, "dim_in out"]:
        """What u adds, by least squares, to what the coordinates φ E of the present say of the future.

        Args:
            encoder: whose features φ are.
            encode: E.
            follows: what the target is expected to be, as a linear function of the coordinates, without inputs.
            target: the coordinates one step later, or the observable.
        """
        now, later = self.inputs_features[..., self._columns(encoder)] @ encode
        later = later if target == "coordinates" else self.inputs_observables[1]
        return self._on_inputs(later - now @ follows)

    def _on_inputs(self, values: Float[np.ndarray, "*at dim_in columns"]) -> Float[np.ndarray, "*at dim_in columns"]:
        """(Σ u uᵀ)⁺ times values."""
        whiten = unit_free_whitening(self.inputs)
        return whiten @ (whiten.T @ values)

    @property
    def has_lagged_encoder(self) -> bool:
        """Whether g has features of its own."""
        return self.features.shape[-1] > self.n_modes

    def correlation(self, left: Encoder, at: Moment, right: Encoder, later: Moment) -> Float[np.ndarray, "left right"]:
        """E[left(x_at) right(x_later)ᵀ], such as T_fg for ("f", 0, "g", 1) and M_f at present for ("f", 0, "f", 0)."""
        return self.features[at, later][self._columns(left)][:, self._columns(right)] / self.total_weight

    def mean(self, encoder: Encoder, at: Moment) -> Float[np.ndarray, " modes"] | None:
        """E[φ(x_at)]; None where sums were not kept."""
        return self.sums[at][self._columns(encoder)] / self.total_weight if self.sums.size else None

    def with_observable(self, left: Encoder, at: Moment, later: Moment) -> Float[np.ndarray, "left dim_out"]:
        """E[left(x_at) y(x_later)ᵀ]."""
        return self.observables[at, later][self._columns(left)] / self.total_weight

    def coordinates(self, has_constant: bool) -> dict[Encoder, Float[np.ndarray, "modes modes"]]:
        """Matrices S that take features φ to φS, of mean square 1 and, beside a constant, of mean 0.

        An offset of many deviations would leave the variance of a feature below every cut-off; beside a constant it
        says nothing.

        Args:
            has_constant: whether the last feature of each encoder is 1.
        """
        found: dict[Encoder, np.ndarray] = {}
        for encoder in ("f", "g") if self.has_lagged_encoder else ("f",):
            moment = self.correlation(encoder, 0, encoder, 0)
            shift = np.eye(len(moment))
            if has_constant:
                shift[-1, :-1] = -moment[-1, :-1]
            found[encoder] = shift * scale_to_one(shift.T @ moment @ shift)
        return found

    def in_coordinates(self, coordinates: "dict[Encoder, Float[np.ndarray, 'modes modes']]") -> "LaggedMoments":
        """The moments of φS.

        Args:
            coordinates: S of every encoder.
        """
        change = block_diag(*coordinates.values())
        features = change.T @ self.features @ change
        observables, of_inputs = change.T @ self.observables, self.inputs_features
        if self.n_inputs:
            of_inputs = of_inputs @ change
        own = coordinates["f"]
        energy = own.T @ self.energy @ own if self.energy.size else self.energy
        changed = {"features": features, "observables": observables, "inputs_features": of_inputs, "energy": energy}
        return replace(self, **changed, sums=self.sums @ change if self.sums.size else self.sums)

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Every field that is not empty as an array, for a file; `LaggedMoments.from_arrays` is its inverse."""
        arrays = {part.name: np.asarray(getattr(self, part.name)) for part in fields(self)}
        return {name: array for name, array in arrays.items() if array.size}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "LaggedMoments":
        """Rebuild the moments that `as_arrays` took apart."""
        counts = int(arrays["n_samples"]), int(arrays["n_modes"]), float(arrays["total_weight"])
        optional = ("inputs", "inputs_features", "inputs_observables", "energy", "sums")
        given = {name: arrays[name] for name in optional if name in arrays}
        return cls(*counts, arrays["features"], arrays["observables"], **given)

    def _columns(self, encoder: Encoder) -> slice:
        of_f = encoder == "f" or not self.has_lagged_encoder
        return slice(0, self.n_modes) if of_f else slice(self.n_modes, None)
