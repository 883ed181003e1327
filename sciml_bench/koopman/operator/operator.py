"""An estimator of the Koopman operator from features, in scikit-learn's vocabulary and in float64."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import ArrayLike

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.files import read_arrays, write_arrays
from sciml_bench.core.types import PathType
from sciml_bench.koopman.operator.constant_mode import constant_mode
from sciml_bench.koopman.operator.fitting import OperatorFit, require_inputs_allowed
from sciml_bench.koopman.operator.lagged_input import lagged_input, require_fitted
from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.residuals import eigenvalue_residuals
from sciml_bench.koopman.operator.self_adjoint import require_self_adjoint_allowed
from sciml_bench.koopman.operator.solution import DynamicalModes
from sciml_bench.scores.timescales import implied_timescales
from sciml_bench.scores.vamp import vamp_e
from sciml_bench.scores.whitening import unit_free_whitening


class KoopmanOperator(OperatorFit):
    """The operator (K h)(x) = E[h(x_{t+1}) | x_t = x], estimated from features of both times.

    Only second moments of the features are kept: memory does not grow with the number of samples, and `partial_fit`
    over chunks gives the same as one `fit`.

    Args:
        method: `cca` (truncated singular value decomposition between the features f and g); `edmd_left` and
            `edmd_right` (least squares on f, on g); `ridge`, `reduced_rank` or `principal_component` (regressions
            on f); `reversible` (self-adjoint, both directions of time averaged) or `generator` (the same from the
            features' gradients), with one encoder.
        rank: modes to keep, for all but least squares and `ridge`; None keeps all.
        tikhonov_regularization: γ, as a fraction of every feature's mean square, for `ridge` and `reduced_rank`; `auto`
            chooses it by generalised cross-validation.
        relative_cutoff: directions of the features, brought to mean square 1, with less than this fraction of the
            largest variance are left out, with a warning.
        add_constant: append the constant 1 to the features: for centred features, whose span lacks it.

    Attributes:
        n_features_in_: columns of `f_now`.
        n_samples_seen_: pairs seen.
        moments_: the second moments, from which other methods can be solved too (`fit_moments`).
        singular_values_: of the estimate, the largest first; larger than 1 means overfitting, and is not hidden.
        eigenvalues_: of the estimate, by decreasing modulus.
    """

    @property
    def singular_values_(self) -> Float[np.ndarray, " r"]:
        """Singular values of the estimate, the largest first."""
        return self._solution().singular_values

    @property
    def n_parameters_(self) -> int:
        """The entries of the matrices that predictions ahead are made with."""
        ahead = self._solution().forward
        parts = (ahead.encode, ahead.step, ahead.decode, ahead.input_step, ahead.input_decode)
        return sum(part.size for part in parts if part is not None)

    @property
    def eigenvalues_(self) -> Complex[np.ndarray, " r"]:
        """Eigenvalues of the estimate, by decreasing modulus."""
        return self._solution().eigensystem().eigenvalues

    def singular_functions(
        self, f: ArrayLike, g: ArrayLike | None = None
    ) -> tuple[Float[np.ndarray, "f_batch r"], Float[np.ndarray, "g_batch r"]]:
        """Left and right singular functions on data, orthonormal under the training law of present and future.

        Args:
            f: features of the states where the left functions are wanted.
            g: features of the states where the right ones are, by the lagged encoder if there is one; where None, `f`.
                With a lagged encoder, methods on f alone take `f` for both, and `edmd_right` takes `g` for both.

        Returns:
            u (rows of `f`) and v (rows of `g`).
        """
        solution = self._solution()
        left = self._features_of(solution.left_encoder, f, g)
        one_encoder = not self.moments_.has_lagged_encoder
        right = self._features_of(solution.right_encoder, g if one_encoder and g is not None else f, g)
        return left @ solution.left_map, right @ solution.right_map

    @overload
    def eig(self) -> Complex[np.ndarray, " r"]: ...

    @overload
    def eig(
        self, f: ArrayLike, g: ArrayLike | None = None
    ) -> tuple[Complex[np.ndarray, " r"], Complex[np.ndarray, "batch r"], Complex[np.ndarray, "batch r"]]: ...

    def eig(self, f: ArrayLike | None = None, g: ArrayLike | None = None) -> Any:
        """Eigenvalues by decreasing modulus and, where features are given, the eigenfunctions on them.

        A right eigenfunction r evolves as E[r(x_1) | x_0] = λ r(x_0) and has unit norm under the training law. A left
        one belongs to the adjoint operator and is dual to it: E[conj(l_i) r_j] = δ_ij, over the present for the
        regressions and, where λ_i is not 0, over the future for `cca`.

        Args:
            f: features of the states where the eigenfunctions are wanted.
            g: features of the same states by the lagged encoder, if there is one.

        Returns:
            The eigenvalues (r,) alone, or (eigenvalues, left (batch, r), right (batch, r)).
        """
        solution = self._solution()
        system = solution.eigensystem()
        if f is None:
            return system.eigenvalues
        left = self._features_of(solution.right_encoder, f, g) @ system.left_map
        return system.eigenvalues, left, self._features_of(solution.forward.encoder, f, g) @ system.right_map

    @property
    def eigenvalue_residuals_(self) -> Float[np.ndarray, " r"]:
        """How far each eigenpair (λ, r) is from holding on the training pairs: see `eigenvalue_residuals`."""
        return eigenvalue_residuals(self.moments_, self._solution(), self.add_constant)

    @property
    def constant_mode_(self) -> int | None:
        """The place of the constant among the eigenvalues; None where the features come near no constant."""
        return constant_mode(self.moments_, self._solution(), self.add_constant)

    def dynamical_modes(self, time_step: float | int = 1.0) -> DynamicalModes:
        """Frequencies, decay times and shares in the observable of the eigenfunctions that `eig` gives.

        Args:
            time_step: time of one step.

        Raises:
            ConfigurationError: the time step is not positive.
        """
        system = self._solution().eigensystem()
        decay_times = implied_timescales(system.eigenvalues, time_step)
        frequencies = np.angle(system.eigenvalues) / (2 * np.pi * time_step)
        return DynamicalModes(system.eigenvalues, frequencies, decay_times, system.modes)

    def predict(
        self,
        f: ArrayLike,
        steps: int | Sequence[int] = 1,
        g: ArrayLike | None = None,
        inputs: Float[np.ndarray, "batch steps_ahead dim_in"] | None = None,
    ) -> Float[np.ndarray, "batch *steps dim_out"]:
        """The conditional expectation of the observable, E[y(x_t) | x_0], ahead (t > 0) or back in time (t < 0).

        Args:
            f: features of the states to start from.
            steps: t, one number or several; 0 gives the projection of the observable on the features.
            g: features of the same states by the lagged encoder; `cca` needs them backward and `edmd_right` always,
                if it was fitted with some.
            inputs: of every step from the first to the last of `steps`, where the operator was fitted with inputs;
                then only steps ahead can be asked for.

        Returns:
            (batch, dim_out), or (batch, steps, dim_out) for several numbers.

        Raises:
            DataError: wrong features, or the lagged encoder's are missing; inputs that do not fit.
            ConfigurationError: `steps` is not made of whole numbers.
        """
        solution = self._solution()
        several = np.atleast_1d(np.asarray(steps))
        if several.ndim != 1 or several.size == 0 or not np.issubdtype(several.dtype, np.integer):
            raise ConfigurationError(f"steps={steps!r}: give a whole number, or a sequence of them")
        if self.moments_.n_inputs or inputs is not None:
            path = list(self.path(f, int(max(several)) if min(several) > 0 else -1, g, inputs))
            predicted = np.stack(path, axis=1)[:, several - 1]
            return predicted if np.ndim(steps) else predicted[:, 0]
        parts: dict[int, np.ndarray] = {}
        for direction, propagator in ((1, solution.forward), (-1, solution.backward)):
            wanted = [int(step) for step in several if step * direction > 0]
            if wanted:
                features = self._features_of(propagator.encoder, f, g)
                predicted = propagator.predict(features, [abs(step) for step in wanted])
                parts |= {step: predicted[:, place] for place, step in enumerate(wanted)}
        if 0 in several:
            encoder, moments = solution.forward.encoder, self.moments_
            metric = moments.correlation(encoder, 0, encoder, 0)
            whiten = unit_free_whitening(metric, self.relative_cutoff)
            parts[0] = self._features_of(encoder, f, g) @ whiten @ whiten.T @ moments.with_observable(encoder, 0, 0)
        if np.ndim(steps) == 0:
            return parts[int(several[0])]
        return np.stack([parts[int(step)] for step in several], axis=1)

    def path(
        self,
        f: ArrayLike,
        n_steps: int,
        g: ArrayLike | None = None,
        inputs: Float[np.ndarray, "batch steps dim_in"] | None = None,
    ) -> Iterator[Float[np.ndarray, "batch dim_out"]]:
        """What `predict` gives for steps 1 to `n_steps` (or -1 to it, back in time), one after the other.

        Args:
            f: features of the states to start from.
            n_steps: how far.
            g: features of the same states by the lagged encoder, as in `predict`.
            inputs: of every step, as in `predict`.

        Raises:
            DataError: inputs that do not fit, or steps back with inputs.
        """
        propagator = self._solution().forward if n_steps > 0 else self._solution().backward
        features, n_inputs = self._features_of(propagator.encoder, f, g), self.moments_.n_inputs
        given = (len(features), 0, 0) if inputs is None else inputs.shape
        if n_inputs and n_steps < 0:
            raise DataError("steps: an operator with inputs goes ahead only")
        if (inputs is not None or n_inputs) and (given[0], given[2], given[1] >= n_steps) != (
            len(features),
            n_inputs,
            True,
        ):
            raise DataError(
                f"inputs: an array of the shape {given}; this operator needs ({len(features)}, {n_steps}, {n_inputs})"
            )
        return propagator.path(features, abs(n_steps), inputs)

    def score(
        self,
        f_now: ArrayLike,
        f_next: ArrayLike | None = None,
        g_now: ArrayLike | None = None,
        g_next: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """VAMP-E on held-out pairs (or a trajectory), with the singular functions of the training data.

        Args:
            f_now: features of the present, or a trajectory where `f_next` is None.
            f_next: features of the future.
            g_now: features of the present by the lagged encoder, if there is one.
            g_next: features of the future by the lagged encoder, if there is one.
            sample_weight: importance of the pairs.
        """
        require_fitted(self)
        if self.moments_.n_inputs:
            raise ConfigurationError("score: VAMP-E is that of a system without inputs; compare predictions instead")
        data = lagged_input(self, (f_now, f_next), (g_now, g_next), (None, None), sample_weight, reset=False)
        solution, (present, future) = self._solution(), data.g or (None, None)
        left = self._features_of(solution.left_encoder, data.f[0], present) @ solution.left_map
        source = data.f[1] if future is None or solution.right_encoder == "f" else future
        right = self._features_of(solution.right_encoder, source, future) @ solution.right_map
        return vamp_e(solution.singular_values, left, right, data.weights)

    def save(self, path: PathType) -> None:
        """Write options and moments as one `.npz`, without pickled objects, whole or not at all."""
        require_fitted(self)
        write_arrays(path, {"options": np.array(json.dumps(self.get_params())), **self.moments_.as_arrays()})

    @classmethod
    def load(cls, path: PathType) -> "KoopmanOperator":
        """Read what `save` wrote; predictions and further `partial_fit` go on exactly as before.

        Raises:
            FileNotFoundError: there is no such file.
            DataError: the file is not a saved operator.
        """
        arrays = read_arrays(path)
        try:
            options = json.loads(str(arrays["options"]))
            return cls(**options).fit_moments(LaggedMoments.from_arrays(arrays))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise DataError(f"{path} does not hold a saved KoopmanOperator ({error!r}); save it again") from None


def checked_operator(
    make: Callable[[], KoopmanOperator],
    n_features: int,
    with_inputs: bool = False,
    has_lagged_encoder: bool = False,
    has_energy: bool = False,
) -> Callable[[], KoopmanOperator]:
    """The factory of an estimator, whose options suit the features that it will be given.

    Args:
        make: the factory.
        n_features: without the constant that the estimator may add.
        with_inputs: whether something acts from outside.
        has_lagged_encoder: whether g has features of its own.
        has_energy: whether the features' Dirichlet form will be measured.

    Raises:
        ConfigurationError: they do not.
    """
    operator = make()
    try:
        operator.require_valid_options(n_features + int(operator.add_constant))
        if with_inputs:
            require_inputs_allowed(operator.method)
        require_self_adjoint_allowed(operator.method, has_lagged_encoder, has_energy)
    except ConfigurationError as error:
        raise type(error)(f"training.operator.{error}") from None
    return make
