"""How an operator estimator takes in data: checked options, checked features, and moments that add up."""

import warnings
from typing import TypeVar, cast

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, SciMLBenchWarning
from sciml_bench.koopman.operator.cca import solve_cca
from sciml_bench.koopman.operator.cross_validation import CHOSEN_BY_DATA, chosen_ridge
from sciml_bench.koopman.operator.estimator import Estimator
from sciml_bench.koopman.operator.lagged_input import LaggedInput, Pair, checked_features, lagged_input, require_fitted
from sciml_bench.koopman.operator.moments import Encoder, LaggedMoments
from sciml_bench.koopman.operator.regression import REGRESSIONS, solve_regression
from sciml_bench.koopman.operator.self_adjoint import SELF_ADJOINT, solve_self_adjoint
from sciml_bench.koopman.operator.solution import OperatorSolution
from sciml_bench.scores.whitening import whitening

METHODS = ("cca", *REGRESSIONS, *SELF_ADJOINT)
_CONSTANT, _ROUNDED = 1e-15, 1e-12
"""Variances, in parts of the mean square, of what cannot be told from a constant, and of what rounding changes."""
RANKED_METHODS = ("cca", "reduced_rank", "principal_component", *SELF_ADJOINT)


def require_inputs_allowed(method: str) -> None:
    """Stop at an estimate that has no place for inputs.

    Args:
        method: of the operator.

    Raises:
        NotApplicableError: it is `cca`, or self-adjoint.
    """
    if method == "cca" or method in SELF_ADJOINT:
        raise NotApplicableError(
            f"method={method} decomposes the law of a system on which nothing acts from outside; with data.inputs "
            "choose edmd_left, ridge, reduced_rank or principal_component"
        )


# Python's own `Self` would do, but the type checks of the tests decorate methods one by one and cannot resolve it.
Fitted = TypeVar("Fitted", bound="OperatorFit")


class OperatorFit(Estimator):
    """The half of `KoopmanOperator` that learns; its options and attributes are documented there."""

    n_features_in_: int
    n_samples_seen_: int
    moments_: LaggedMoments

    def __init__(
        self,
        method: str = "cca",
        *,
        rank: int | None = None,
        tikhonov_regularization: float | int | str = 1e-6,
        relative_cutoff: float | int = 1e-7,
        add_constant: bool = False,
    ) -> None:
        self.method = method
        self.rank = rank
        self.tikhonov_regularization = tikhonov_regularization
        self.relative_cutoff = relative_cutoff
        self.add_constant = add_constant

    def fit(
        self: Fitted,
        f_now: ArrayLike,
        f_next: ArrayLike | None = None,
        g_now: ArrayLike | None = None,
        g_next: ArrayLike | None = None,
        observable_now: ArrayLike | None = None,
        observable_next: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        inputs: ArrayLike | None = None,
    ) -> Fitted:
        """Estimate the operator from pairs, or from one trajectory.

        Args:
            f_now: features of the present, (batch, modes); without `f_next`, a trajectory whose consecutive rows are
                pairs (then so are all other arguments).
            f_next: the same features of the future, row by row.
            g_now: features of the present by the lagged encoder; where None, f serves both sides.
            g_next: features of the future by the lagged encoder.
            observable_now: what is to be predicted, (batch, dim_out); where None, the features f.
            observable_next: the same in future.
            sample_weight: importance of the pairs; a trajectory's pair has the weight of its first row.
            inputs: what acts on the system between present and future, (batch, dim_in), which `predict` will ask for;
                a trajectory's pair has those of its first row.

        Returns:
            The estimator itself.

        Raises:
            DataError: NaN, infinity, wrong shapes or too few rows; the message names the argument.
            ConfigurationError: an option is wrong for these features.
        """
        observable = observable_now, observable_next
        data = lagged_input(self, (f_now, f_next), (g_now, g_next), observable, sample_weight, inputs, reset=True)
        self._accept(self._moments_of(data))
        self._warn_of_cutoff()
        self._solution()
        return self

    def partial_fit(
        self: Fitted,
        f_now: ArrayLike,
        f_next: ArrayLike | None = None,
        g_now: ArrayLike | None = None,
        g_next: ArrayLike | None = None,
        observable_now: ArrayLike | None = None,
        observable_next: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        inputs: ArrayLike | None = None,
    ) -> Fitted:
        """Add a chunk of pairs (or one more trajectory) to what was seen; the arguments are those of `fit`.

        The operator is solved when it is next asked for.

        Returns:
            The estimator itself.

        Raises:
            DataError: as `fit`, or other features or observables than in the chunks before.
            ConfigurationError: an option is wrong for these features.
        """
        first, observable = "moments_" not in vars(self), (observable_now, observable_next)
        data = lagged_input(self, (f_now, f_next), (g_now, g_next), observable, sample_weight, inputs, reset=first)
        chunk = self._moments_of(data)
        if not first and chunk.features.shape != self.moments_.features.shape:
            raise DataError("g_now: give the lagged encoder's features, as many columns, in every chunk or in none")
        if not first and chunk.observables.shape != self.moments_.observables.shape:
            raise DataError("observable_now: give observables with the same columns in every chunk")
        if not first and chunk.n_inputs != self.moments_.n_inputs:
            raise DataError("inputs: give as many columns in every chunk")
        self._accept(chunk if first else self.moments_ + chunk)
        return self

    def fit_moments(self: Fitted, moments: LaggedMoments) -> Fitted:
        """Solve from moments gathered before, such as the `moments_` of an operator with another method.

        Args:
            moments: with the constant among the features where this operator's `add_constant` says so.

        Returns:
            The estimator itself.

        Raises:
            ConfigurationError: an option is wrong for these features.
        """
        self.require_valid_options(moments.n_modes)
        self.n_features_in_ = moments.n_modes - int(self.add_constant)
        self._accept(moments)
        self._solution()
        return self

    def _solution(self) -> OperatorSolution:
        """The operator for everything seen so far, solved once."""
        require_fitted(self)
        if self._solved is None:
            coordinates = self.moments_.coordinates(self.add_constant)
            moments = self.moments_.in_coordinates(coordinates)
            mean = moments.mean_inputs(self.add_constant)
            moments = moments.with_inputs_from(mean)
            if self.method == "cca":
                solved = solve_cca(moments, self.rank, self.relative_cutoff)
            elif self.method in SELF_ADJOINT:
                solved = solve_self_adjoint(moments, self.method, self.rank, self.relative_cutoff)
            else:
                penalty = np.full(moments.n_modes, self._ridge(moments))
                if self.add_constant:
                    penalty[-1] = 0.0  # an offset is not to shrink
                solved = solve_regression(moments, self.method, self.rank, penalty, self.relative_cutoff)
            self._solved = solved.of_features(coordinates).of_inputs(mean)
        return self._solved

    def _ridge(self, moments: LaggedMoments) -> float:
        """γ, for moments in coordinates of mean square 1."""
        if self.tikhonov_regularization == CHOSEN_BY_DATA:
            return chosen_ridge(moments.given_inputs(), self.add_constant)
        return float(self.tikhonov_regularization)

    def _warn_of_cutoff(self) -> None:
        """Say which features depend on the others so closely that directions of theirs are left out.

        Of features that arrive in chunks, or as moments, nothing is said: networks' own always depend a little.
        """
        moments = self.moments_.in_coordinates(self.moments_.coordinates(self.add_constant))
        moments = moments.with_inputs_from(moments.mean_inputs(self.add_constant)).given_inputs()
        self._warn_of_offset()
        metric = moments.correlation("f", 0, "f", 0)
        varying = np.flatnonzero(np.diagonal(metric) > 0)
        metric = metric[np.ix_(varying, varying)]
        n_left_out = len(metric) - whitening(metric, self.relative_cutoff).shape[1]
        shrunk = self.method in ("ridge", "reduced_rank")
        if n_left_out < 1 or (shrunk and self.add_constant):
            return
        asked = (
            f"tikhonov_regularization={self.tikhonov_regularization} shrinks"
            if shrunk
            else f"relative_cutoff={self.relative_cutoff:g} leaves out"
        )
        involved = varying[np.abs(np.linalg.eigh(metric)[1][:, 0]) > 0.1]
        remedy = "" if self.add_constant else "; if they only have an offset in common, set add_constant=True"
        warnings.warn(
            f"{asked} {n_left_out} of {len(metric)} directions of the "
            f"features, which depend on each other: the weakest is made of the features {involved.tolist()}, numbered "
            f"from 0{remedy}",
            SciMLBenchWarning,
            stacklevel=2,
        )

    def _warn_of_offset(self) -> None:
        """Say which features are so far from 0 that their second moments have lost their variance to rounding."""
        squares, means = np.diagonal(self.moments_.features[0, 0]), self.moments_.features[0, 0, -1]
        if not self.add_constant:
            return
        squares, means = squares / self.moments_.total_weight, means / self.moments_.total_weight
        share = np.maximum(squares - means**2, 0) / np.maximum(squares, np.finfo(float).tiny)
        if len(lost := np.flatnonzero((share > _CONSTANT) & (share < _ROUNDED))):
            warnings.warn(
                f"the features {lost.tolist()}, numbered from 0, lie a million deviations and more from 0, so that "
                "rounding changes eigenvalues; subtract their mean first",
                SciMLBenchWarning,
                stacklevel=3,
            )

    def _accept(self, moments: LaggedMoments) -> None:
        self.moments_, self.n_samples_seen_ = moments, moments.n_samples
        self._solved: OperatorSolution | None = None

    def _moments_of(self, data: LaggedInput) -> LaggedMoments:
        if data.inputs is not None:
            require_inputs_allowed(self.method)
        self.require_valid_options(data.f[0].shape[1] + int(self.add_constant))
        moments = map(self._moments_of_block, data.blocks())
        return sum(moments, next(moments))

    def _moments_of_block(self, block: LaggedInput) -> LaggedMoments:
        f, g = (None if pair is None else tuple(map(self._with_constant, pair)) for pair in (block.f, block.g))
        # Without an observable of its own, the constant must not become one.
        observable = block.f if self.add_constant and block.observable is None else block.observable
        return LaggedMoments.of_pairs(cast(Pair, f), cast(Pair | None, g), observable, block.weights, block.inputs)

    def _with_constant(self, features: np.ndarray) -> np.ndarray:
        return np.column_stack([features, np.ones(len(features))]) if self.add_constant else features

    def _features_of(self, encoder: Encoder, f: ArrayLike, g: ArrayLike | None) -> Float[np.ndarray, "batch modes"]:
        """Checked float64 features of one encoder; f stands in for g where one encoder serves both sides."""
        if encoder == "f" or not self.moments_.has_lagged_encoder:
            features = checked_features(f, "f", self, reset=False)
        else:
            if g is None:
                raise DataError(f"g: method {self.method!r} was fitted with a lagged encoder; give its features here")
            features = checked_features(g, "g")
            expected = self.moments_.features.shape[-1] - self.moments_.n_modes - int(self.add_constant)
            if features.shape[1] != expected:
                raise DataError(f"g: {features.shape[1]} columns, but the fit had {expected}")
        return self._with_constant(np.asarray(features, dtype=np.float64))

    def require_valid_options(self, n_modes: int) -> None:
        """Stop at options that are wrong for features, before any are computed.

        Args:
            n_modes: number of the features, the constant included where it is added.

        Raises:
            ConfigurationError: naming the option, its value and the remedy.
        """
        if self.method not in METHODS:
            raise ConfigurationError(f"method={self.method!r} is not known; choose one of {', '.join(METHODS)}")
        if self.rank is not None and self.method not in RANKED_METHODS:
            raise ConfigurationError(
                f"rank={self.rank}: method {self.method!r} has no rank; leave it None or choose one of "
                f"{', '.join(RANKED_METHODS)}"
            )
        if self.rank is not None and not 1 <= self.rank <= n_modes:
            raise ConfigurationError(f"rank={self.rank}: choose 1 to {n_modes}, the number of features, or None")
        ridge = self.tikhonov_regularization
        is_wrong = ridge != CHOSEN_BY_DATA if isinstance(ridge, str) else ridge < 0
        if is_wrong or not 0 <= self.relative_cutoff < 1:
            raise ConfigurationError(
                f"tikhonov_regularization={self.tikhonov_regularization}, relative_cutoff={self.relative_cutoff}: "
                "the first must not be negative, or auto; the second lies between 0 and 1"
            )
