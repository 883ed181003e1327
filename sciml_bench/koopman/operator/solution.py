"""What every estimate of a Koopman operator from features comes down to: a few small matrices.

With coordinates ψ(x) = φ(x) E of r functions, one step K (r × r) and a decoder D, the conditional expectation of an
observable t steps ahead is E[y(x_t) | x_0] = ψ(x_0) K^{t−1} D; the same form holds backward in time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.koopman.operator.moments import Encoder, LaggedMoments


@dataclass(frozen=True)
class LinearPropagator:
    """Multi-step conditional expectations in one direction of time.

    Args:
        encoder: whose features it reads.
        encode: E, from features to coordinates.
        step: K, one more step.
        decode: D, from coordinates to the observable one step ahead.
        input_step: what the inputs u of a step add to the coordinates after it; None without inputs.
        input_decode: what they add to the observable.
        input_mean: which is subtracted from them before.
    """

    encoder: Encoder
    encode: Float[np.ndarray, "modes r"]
    step: Float[np.ndarray, "r r"]
    decode: Float[np.ndarray, "r dim_out"]
    input_step: Float[np.ndarray, "dim_in r"] | None = None
    input_decode: Float[np.ndarray, "dim_in dim_out"] | None = None
    input_mean: Float[np.ndarray, " dim_in"] | float = 0.0

    def driven(self, moments: LaggedMoments) -> "LinearPropagator":
        """With what inputs add by least squares; itself where there are none.

        Args:
            moments: of features, observables and inputs.
        """
        if not moments.n_inputs:
            return self
        step = moments.input_matrix(self.encoder, self.encode, self.step, "coordinates")
        decode = moments.input_matrix(self.encoder, self.encode, self.decode, "observable")
        return replace(self, input_step=step, input_decode=decode)

    def predict(
        self, features: Float[np.ndarray, "batch modes"], steps: Sequence[int]
    ) -> Float[np.ndarray, "batch steps dim_out"]:
        """The expected observable after each number of steps, from 1."""
        # K^{t-1} D is small and shared by the batch; squaring costs log t products and, measured on chains of 30
        # states up to t = 1000, is as accurate as powers of the real Schur form.
        decoders = [np.linalg.matrix_power(self.step, count - 1) @ self.decode for count in steps]
        coordinates = features @ self.encode
        return np.stack([coordinates @ decoder for decoder in decoders], axis=1)

    def path(
        self,
        features: Float[np.ndarray, "batch modes"],
        n_steps: int,
        inputs: Float[np.ndarray, "batch steps dim_in"] | None = None,
    ) -> Iterator[Float[np.ndarray, "batch dim_out"]]:
        """The expected observable after 1, 2, … steps; each one costs a product with the step."""
        coordinates = features @ self.encode
        for number in range(n_steps):
            observable, coordinates = coordinates @ self.decode, coordinates @ self.step
            if inputs is not None and self.input_step is not None and self.input_decode is not None:
                acting = inputs[:, number] - self.input_mean
                observable = observable + acting @ self.input_decode
                coordinates = coordinates + acting @ self.input_step
            yield observable


@dataclass(frozen=True)
class OperatorSolution:
    """An estimated operator: its singular value decomposition, spectrum and predictions in both directions.

    Args:
        singular_values: of the estimate between L² of the next and of the present law, the largest first.
        left_encoder: whose features the left singular functions are made of.
        left_map: from those features to the left singular functions.
        right_encoder: the same for the right ones.
        right_map: from those features to the right singular functions.
        forward: predictions ahead; its `step` has the estimate's eigenvalues.
        forward_metric: E[ψ ψᵀ] of the coordinates of `forward`, under the present law.
        backward: predictions back in time.
        dual_map: from features of `right_encoder` to the coordinates in which left eigenvectors are functions.
        dual_scale_by_eigenvalue: whether these have to be divided by their eigenvalue to be dual to the right ones.
    """

    singular_values: Float[np.ndarray, " r"]
    left_encoder: Encoder
    left_map: Float[np.ndarray, "left_modes r"]
    right_encoder: Encoder
    right_map: Float[np.ndarray, "right_modes r"]
    forward: LinearPropagator
    forward_metric: Float[np.ndarray, "coordinates coordinates"]
    backward: LinearPropagator
    dual_map: Float[np.ndarray, "dual_modes coordinates"]
    dual_scale_by_eigenvalue: bool

    def of_features(self, coordinates: dict[Encoder, Float[np.ndarray, "modes modes"]]) -> "OperatorSolution":
        """What was solved for features φS, for the features φ.

        Args:
            coordinates: S of every encoder.
        """

        def through(encoder: Encoder, matrix: np.ndarray) -> np.ndarray:
            return coordinates.get(encoder, coordinates["f"]) @ matrix

        forward, backward = (
            replace(way, encode=through(way.encoder, way.encode)) for way in (self.forward, self.backward)
        )
        return replace(
            self,
            left_map=through(self.left_encoder, self.left_map),
            right_map=through(self.right_encoder, self.right_map),
            dual_map=through(self.right_encoder, self.dual_map),
            forward=forward,
            backward=backward,
        )

    def of_inputs(self, mean: Float[np.ndarray, " dim_in"]) -> "OperatorSolution":
        """What was solved for inputs from their mean on, for the inputs themselves.

        Args:
            mean: of the inputs.
        """
        return replace(self, forward=replace(self.forward, input_mean=mean)) if mean.size else self

    def eigensystem(self) -> "Eigensystem":
        """Eigenvalues by decreasing modulus with right eigenfunctions of unit norm and their duals."""
        eigenvalues, right = np.linalg.eig(self.forward.step)
        # A stable sort keeps conjugate pairs, whose moduli are equal, together.
        order = np.argsort(-np.abs(eigenvalues), kind="stable")
        eigenvalues, right = eigenvalues[order].astype(complex), right[:, order].astype(complex)
        squared_norms = np.einsum("ir,ij,jr->r", right.conj(), self.forward_metric, right).real
        norms = np.sqrt(np.maximum(squared_norms, 0))  # rounding makes null directions slightly negative
        right = right / np.where(norms > 0, norms, 1.0)
        dual = np.linalg.pinv(right)
        left = dual.conj().T
        if self.dual_scale_by_eigenvalue:
            vanishing = np.abs(eigenvalues) <= np.finfo(float).eps * np.abs(eigenvalues[:1])
            left = left / np.where(vanishing, 1.0, eigenvalues.conj())
        return Eigensystem(eigenvalues, self.forward.encode @ right, self.dual_map @ left, dual @ self.forward.decode)


@dataclass(frozen=True)
class Eigensystem:
    """Eigenvalues, and what makes eigenfunctions of features.

    Args:
        eigenvalues: by decreasing modulus.
        right_map: from features of the forward encoder to right eigenfunctions.
        left_map: from features of the right encoder to left eigenfunctions.
        modes: share of each right eigenfunction in the observable one step ahead.
    """

    eigenvalues: Complex[np.ndarray, " r"]
    right_map: Complex[np.ndarray, "modes r"]
    left_map: Complex[np.ndarray, "right_modes r"]
    modes: Complex[np.ndarray, "r dim_out"]


@dataclass(frozen=True)
class DynamicalModes:
    """The operator's eigenvalues as oscillations and decays of an observable, the slowest first.

    With right eigenfunctions r_i, E[y(x_t) | x_0] = Σ_i λ_i^{t−1} r_i(x_0) modes_i for t = 1, 2, … steps.

    Args:
        eigenvalues: λ, per step.
        frequencies: arg λ / 2π per time, signed; oscillations per unit of time.
        decay_times: −time step / ln |λ|, in units of time; infinite for |λ| ≥ 1.
        modes: share of each eigenfunction in the observable one step ahead.
    """

    eigenvalues: Complex[np.ndarray, " r"]
    frequencies: Float[np.ndarray, " r"]
    decay_times: Float[np.ndarray, " r"]
    modes: Complex[np.ndarray, "r dim_out"]
