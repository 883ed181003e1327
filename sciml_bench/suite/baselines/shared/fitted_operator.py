"""What methods with a linear operator on functions have learned: dynamic modes, kernels, VAMP, TICA."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Num

from sciml_bench.data.spec import RecordSpec
from sciml_bench.scores.timescales import implied_timescales
from sciml_bench.suite.baselines.baseline import FittedBaseline
from sciml_bench.suite.baselines.shared.dictionaries import GaussianKernel, Monomials
from sciml_bench.suite.baselines.shared.rows import scaled, unscaled


@dataclass(frozen=True, eq=False)
class FittedOperator(FittedBaseline):
    """The state n rows ahead is z stepⁿ⁻¹ decode with the features z = dictionary(window) lift.

    Args:
        spec: of the record.
        n_rows: of the window of standardised states that the features are functions of.
        dictionary: of functions.
        lift: from functions to features.
        step: of the features over one row, from the right.
        decode: from features to the standardised state one row ahead.
        values: the singular values of the operator, where the method estimates them.
        stepwise: whether features are made anew of every state, which gives a path; otherwise an expectation.
    """

    spec: RecordSpec
    n_rows: int
    dictionary: Monomials | GaussianKernel
    lift: Num[np.ndarray, "functions features"]
    step: Num[np.ndarray, "features features"]
    decode: Num[np.ndarray, "features numbers"]
    values: Float[np.ndarray, " _"] | None = None
    stepwise: bool = False

    @classmethod
    def of_modes(
        cls,
        spec: RecordSpec,
        n_rows: int,
        modes: Num[np.ndarray, "functions modes"],
        eigenvalues: Num[np.ndarray, " modes"],
    ) -> "FittedOperator":
        """Of dynamic modes, onto which the present is projected.

        Args:
            spec: of the record.
            n_rows: of a window.
            modes: of the constant and a standardised window, as columns.
            eigenvalues: over one row.
        """
        decode = (modes[-((len(modes) - 1) // n_rows) :] * eigenvalues).T
        return cls(spec, n_rows, Monomials(1), np.linalg.pinv(modes).T, np.diag(eigenvalues), decode)

    @property
    def kind(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """A path where it steps, otherwise an expectation."""
        return "path" if self.stepwise else "expectation"

    @property
    def n_parameters(self) -> int:
        """The entries of its matrices that are not zero; complex ones come in pairs and are as many real numbers."""
        return sum(int(np.count_nonzero(matrix)) for matrix in (self.lift, self.step, self.decode))

    @property
    def past_length(self) -> int:
        """The rows of a window."""
        return self.n_rows

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """Powers of the operator, or one step after the other."""
        rows = scaled(last, self.spec)
        features = self._features(rows)
        told = np.empty((len(last), n_steps, self.decode.shape[1]))
        for number in range(n_steps):
            told[:, number] = np.real(features @ self.decode)
            if self.stepwise:
                rows = np.concatenate([rows[:, 1:], told[:, number, None]], axis=1)
                features = self._features(rows)
            else:
                features = features @ self.step
        return unscaled(told, self.spec)

    def _features(self, rows: Float[np.ndarray, "batch rows numbers"]) -> Num[np.ndarray, "batch features"]:
        return self.dictionary(rows.reshape(len(rows), -1)) @ self.lift

    # ---- spectrum ---------------------------------------------------------------------------------------------------

    def _modes(self) -> tuple[Complex[np.ndarray, " features"], Complex[np.ndarray, "features features"]]:
        values, vectors = np.linalg.eig(self.step)
        order = np.argsort(-np.abs(values), kind="stable")
        return values[order].astype(complex), vectors[:, order].astype(complex)

    def eigenvalues(self) -> Complex[np.ndarray, " modes"]:
        """Over one row, by decreasing modulus."""
        return self._modes()[0]

    def singular_values(self) -> Float[np.ndarray, " modes"]:
        """The largest first; of the matrix of the features where the method has none of its own."""
        return np.linalg.svd(self.step, compute_uv=False) if self.values is None else self.values

    def eigenfunctions(self, states: np.ndarray) -> Complex[np.ndarray, "batch modes"]:
        """At states (batch, *state) in the user's units, or windows (batch, n_rows, *state) where they have rows."""
        rows = np.asarray(states, dtype=np.float64).reshape(len(states), self.n_rows, *self.spec.state_shape)
        return self._features(scaled(rows, self.spec)) @ self._modes()[1]

    def implied_timescales(self) -> Float[np.ndarray, " modes"]:
        """Decay times of the eigenvalues, in the record's unit of time; infinite for what stays."""
        return implied_timescales(self.eigenvalues(), self.spec.time_step)
