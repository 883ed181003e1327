"""What Koopman learning gives: feature maps and the operator estimated on them, which forecast and have a spectrum."""

import copy
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Complex, Float, Shaped
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.stored.description import described
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.data.capabilities import (
    OK,
    Forecast,
    Horizon,
    horizon_steps,
    horizon_times,
    inputs_ahead,
    require_past,
)
from sciml_bench.data.held_out import filled_tail
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import LaggedPairsSpec
from sciml_bench.data.stored_past import past_tensors, stored_past
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.data.views.lagged_pairs import LaggedPairs
from sciml_bench.koopman.acting_inputs import ActingInputs
from sciml_bench.koopman.exported_operator import functions_of
from sciml_bench.koopman.feature_streams import evaluated_pairs
from sciml_bench.koopman.operator import KoopmanOperator, LaggedMoments
from sciml_bench.koopman.operator.self_adjoint import SELF_ADJOINT
from sciml_bench.koopman.oracle import Oracle
from sciml_bench.networks.reconstruction import reconstructed
from sciml_bench.scores.timescales import implied_timescales

EXPECTATION, PATH = FORECAST_KINDS = ("expectation", "path")

_OPERATOR, _STEP = "operator.", "learned_step"


@described
class KoopmanModel:
    """A Koopman operator and the maps from states to its features; states are in the user's units everywhere.

    Args:
        features: the maps f and g, a module with `encode` and `encode_lagged`.
        operator: factory of the estimator, with its options.
        spec: of the record, with the lag and the standardisation of its pairs.
        decoder: from predicted features f to states; None where the operator predicts (flattened) states itself.
        oracle: reads labelled images, for the evaluation; None where the record has none.
        forecast_kind: what a forecast is: the `expectation` of every row given the last one, or the `path` on which
            expected states are lifted to features again, lag by lag.

    Attributes:
        past_length: rows that a forecast needs: one lag.
        acting_inputs: cuts inputs into lags.
        past: the last rows of the record, for forecasts without a given past; None before it was set.
        learned_step: a matrix K (modes, modes) that was learned together with f and the decoder, f(x_{t+1}) ≈ K f(x_t);
            where there is one, forecasts take its powers (of its pseudo-inverse, back in time) in place of the
            operator's.
    """

    def __init__(
        self,
        features: nn.Module,
        operator: Callable[[], KoopmanOperator],
        spec: LaggedPairsSpec,
        decoder: nn.Module | None = None,
        oracle: Oracle | None = None,
        forecast_kind: ConfiguredWord = EXPECTATION,
    ) -> None:
        self.forecast_kind = require_choice("training.forecast", forecast_kind, FORECAST_KINDS)
        self.features: Any = features
        self.operator, self.spec, self.decoder, self.oracle = operator(), spec, decoder, oracle
        self.past_length, self.acting_inputs = spec.lag, ActingInputs(spec)
        self.past: Trajectories | None = None
        self.learned_step: Float[np.ndarray, "modes modes"] | None = None

    @classmethod
    def estimated(
        cls,
        operator: KoopmanOperator,
        view: LaggedPairsView,
        features: nn.Module,
        decoder: nn.Module | None = None,
        learned_step: Float[np.ndarray, "modes modes"] | None = None,
        oracle: Oracle | None = None,
        forecast_kind: str = EXPECTATION,
    ) -> "KoopmanModel":
        """Stream the moments of all training pairs through an estimator.

        Args:
            operator: with its options, not fitted yet.
            view: the pairs.
            features: the maps f and g; a copy is kept.
            decoder: see the class; a copy is kept.
            learned_step: see the class.
            oracle: see the class.
            forecast_kind: see the class.
        """
        factory = functools.partial(type(operator), **operator.get_params())
        kept = [
            None if part is None else copy.deepcopy(part).eval().requires_grad_(False) for part in (features, decoder)
        ]
        model = cls(cast(nn.Module, kept[0]), factory, view.spec, kept[1], oracle, forecast_kind)
        model.learned_step = learned_step
        one_encoder = operator.method in SELF_ADJOINT
        for f_now, f_next, g_now, g_next, now, later, *beside in evaluated_pairs(model.features, view.pairs("train")):
            observables = (f_now, f_next) if decoder is not None else (now, later)
            inputs = model.acting_inputs.scaled(beside[0]) if view.spec.dim_in else None
            lagged = (None, None) if one_encoder else (g_now, g_next)
            weights = beside[-1] if view.spec.weighted else None
            model.operator.partial_fit(f_now, f_next, *lagged, *observables, weights, inputs)
        # every part is longer than the lag, so the last one has all the rows that a forecast needs
        model.past = filled_tail(list(view.record.splits.values())[-1], model.past_length)
        return model

    # ---- features -------------------------------------------------------------------------------------------------

    def pairs(self, trajectories: Trajectories, where: str) -> LaggedPairs:
        """The pairs of some trajectories, in the units of the features.

        Args:
            trajectories: in the user's units.
            where: what they are, for messages.
        """
        scale = self.spec.standardization
        return LaggedPairs(trajectories if scale is None else scale.apply(trajectories), self.spec.lag, where=where)

    def f(self, states: Shaped[np.ndarray, "batch *state"]) -> Float[np.ndarray, "batch modes"]:
        """The features f."""
        return self._encoded(self.features.encode, states)

    def g(self, states: Shaped[np.ndarray, "batch *state"]) -> Float[np.ndarray, "batch modes"]:
        """The features g of the lagged side."""
        return self._encoded(self.features.encode_lagged, states)

    def _encoded(self, encode: Callable[[Tensor], Tensor], states: np.ndarray) -> np.ndarray:
        scale = self.spec.standardization
        given = states if scale is None else scale.transform(states)
        with torch.no_grad():
            return encode(torch.from_numpy(np.require(given, np.float32, "W"))).double().numpy()

    # ---- forecasts ------------------------------------------------------------------------------------------------

    def expected(
        self,
        states: Shaped[np.ndarray, "batch *state"],
        steps: Sequence[int],
        acting: Float[np.ndarray, "batch lags lagged_inputs"] | None = None,
    ) -> Iterator[np.ndarray]:
        """The expected states some lags ahead (positive steps) or back (negative ones), one step at a time.

        Args:
            states: given states.
            steps: in multiples of the lag; 0 is not allowed.
            acting: within every lag from the given states on, in the user's units, where there are inputs; see
                `ActingInputs.within_lags`.

        Yields:
            for each step, states (batch, *state).
        """
        if acting is not None:
            path = enumerate(self._expected_path(states, max(steps), acting), start=1)
            yield from (expected for step, expected in path if step in steps)
            return
        f, g = self.f(states), self.g(states)
        for step in steps:
            if self.learned_step is None:
                yield self._as_states(self.operator.predict(f, step, g=g))
            else:
                yield self._as_states(f @ np.linalg.matrix_power(self._learned_step(step), abs(step)).T)

    def stepwise(
        self,
        states: Shaped[np.ndarray, "batch *state"],
        n_steps: int,
        acting: Float[np.ndarray, "batch lags lagged_inputs"] | None = None,
    ) -> Iterator[np.ndarray]:
        """Expect one lag ahead (or, with a negative number, back), lift the expected state to features, and so on.

        Unlike a conditional expectation, this need not decay to the mean.

        Args:
            states: given states.
            n_steps: in multiples of the lag.
            acting: as in `expected`.

        Yields:
            for each step, states (batch, *state); nan after one has no finite features any more.
        """
        for number in range(abs(n_steps)):
            now = None if acting is None else acting[:, number : number + 1]
            with np.errstate(over="ignore", invalid="ignore"):
                f, g = self.f(states), self.g(states)
                gone = ~(np.isfinite(f).all(axis=1) & np.isfinite(g).all(axis=1))
                f[gone], g[gone] = 0.0, 0.0
                (states,) = self._path_of(f, g, int(np.sign(n_steps)), now)
            states[gone] = np.nan
            yield states

    def ahead(
        self,
        states: Shaped[np.ndarray, "batch *state"],
        steps: Sequence[int],
        acting: Float[np.ndarray, "batch lags lagged_inputs"] | None = None,
    ) -> Iterator[np.ndarray]:
        """The forecast of some steps ahead, of the kind of this model; the arguments are those of `expected`."""
        if self.forecast_kind == EXPECTATION:
            yield from self.expected(states, steps, acting)
            return
        path = enumerate(self.stepwise(states, max(steps), acting), start=1)
        yield from (state for step, state in path if step in steps)

    def forecast(
        self, past: Trajectories, horizon: Horizon, inputs: Any = None, *, stepwise: bool | None = None
    ) -> Forecast:
        """The states after the last row of every trajectory: their conditional expectation, or a path.

        Every step of the record's clock is forecast from the row that lies a whole number of lags before it.

        Args:
            past: at least one lag of rows of each.
            horizon: steps of the clock, or times on it; steps back where the lag is one step.
            inputs: at the rows to come, where there were some to learn from; see `inputs_ahead`.
            stepwise: whether expected states are lifted to features again, lag by lag, which makes it a path; by
                default as the `forecast_kind` says.

        Raises:
            DataError: too short a past, of other states, without its inputs or on another clock.
            ConfigurationError: inputs missing or given without need, times off the clock, or steps back over a longer
                lag or with inputs.
        """
        stepwise = self.forecast_kind == PATH if stepwise is None else stepwise
        require_past(past, self.spec, self.past_length)
        count, lag, started = horizon_steps(past, horizon), self.spec.lag, time.perf_counter()
        if count < 0 and lag > 1:
            raise ConfigurationError(f"horizon={count}: steps back need training.view.lag=1; the operator has {lag}")
        if count < 0 and self.spec.dim_in:
            raise ConfigurationError(f"horizon={count}: an operator with inputs goes ahead only; give at least 1 step")
        ahead = inputs_ahead(past, self.spec, list(map(len, horizon_times(past, horizon))), inputs)
        rows = np.concatenate([read_block(part, part.shape[0] - lag, part.shape[0]) for part in past.states])
        n_lags = -(-abs(count) // lag) * int(np.sign(count))
        with np.errstate(over="ignore", invalid="ignore"):
            follow = self.stepwise if stepwise else self._expected_path
            acting = None if ahead is None else self.acting_inputs.after(past, ahead, n_lags)
            path = np.stack(list(follow(rows, n_lags, acting)))
        # (lags, trajectories × rows, …), of which the rows of one lag come one after the other in time
        shape = (abs(n_lags), past.n_trajectories, lag, *self.spec.state_shape)
        states = path.reshape(shape).swapaxes(0, 1).reshape(shape[1], -1, *self.spec.state_shape)[:, : abs(count)]
        status = tuple(OK if np.isfinite(part).all() else "the forecast left every bound" for part in states)
        times = np.stack(horizon_times(past, count))
        kind, cost = "path" if stepwise else "expectation", {"seconds": time.perf_counter() - started}
        return Forecast(states, times, kind, status, cost)

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The likeliest states of every trajectory, if the expected next state errs as much as the rows tell.

        Args:
            observed: noise included.

        Raises:
            DataError: other states, or another clock.
            NotApplicableError: a lag of several steps, inputs, or states of many components.
        """
        if self.spec.lag > 1 or self.spec.dim_in:
            raise NotApplicableError("an operator over a lag of several steps, or with inputs, reconstructs nothing")
        return reconstructed(observed, self.spec, lambda number, states: next(self.expected(states, [1])))

    def _expected_path(
        self, states: np.ndarray, n_steps: int, acting: Float[np.ndarray, "batch lags lagged_inputs"] | None = None
    ) -> Iterator[np.ndarray]:
        """All steps from 1 (or -1) on; the coordinates go on, which costs less than a power for each."""
        return self._path_of(self.f(states), self.g(states), n_steps, acting)

    def _path_of(
        self,
        f: Float[np.ndarray, "batch modes"],
        g: Float[np.ndarray, "batch lagged_modes"],
        n_steps: int,
        acting: Float[np.ndarray, "batch lags lagged_inputs"] | None,
    ) -> Iterator[np.ndarray]:
        inputs = None if acting is None else self.acting_inputs.scaled(acting)
        if self.learned_step is None:
            for predicted in self.operator.path(f, n_steps, g=g, inputs=inputs):
                yield self._as_states(predicted)
            return
        matrix = self._learned_step(n_steps)
        for _ in range(abs(n_steps)):
            f = f @ matrix.T
            yield self._as_states(f)

    def _learned_step(self, direction: int) -> Float[np.ndarray, "modes modes"]:
        step = cast(np.ndarray, self.learned_step)
        return step if direction > 0 else np.linalg.pinv(step)

    def _as_states(self, predicted: Float[np.ndarray, "batch predicted"]) -> Float[np.ndarray, "batch *state"]:
        if self.decoder is not None:
            with torch.no_grad():
                predicted = self.decoder(torch.as_tensor(predicted, dtype=torch.float32)).double().numpy()
        states, scale = predicted.reshape(len(predicted), *self.spec.state_shape), self.spec.standardization
        return states if scale is None else scale.inverse(states)

    # ---- spectrum -------------------------------------------------------------------------------------------------

    def eigenvalues(self) -> Complex[np.ndarray, " modes"]:
        """Over one lag, by decreasing modulus."""
        return self.operator.eigenvalues_

    def eigenvalue_residuals(self) -> Float[np.ndarray, " modes"]:
        """√(E|r(x₁) − λ r(x₀)|² / E|r(x₀)|²) of every eigenpair on the training pairs: large where it is spurious."""
        return self.operator.eigenvalue_residuals_

    def singular_values(self) -> Float[np.ndarray, " modes"]:
        """The largest first."""
        return self.operator.singular_values_

    def eigenfunctions(self, states: Shaped[np.ndarray, "batch *state"]) -> Complex[np.ndarray, "batch modes"]:
        """Right eigenfunctions at states in the user's units."""
        return self.operator.eig(self.f(states), self.g(states))[2]

    def singular_functions(
        self, states: Shaped[np.ndarray, "batch *state"]
    ) -> tuple[Float[np.ndarray, "batch modes"], Float[np.ndarray, "batch modes"]]:
        """Left and right singular functions at states in the user's units."""
        return self.operator.singular_functions(self.f(states), self.g(states))

    def constant_mode(self) -> int | None:
        """The place of the constant among the eigenvalues, which is not quite 1 where features only come near it."""
        return self.operator.constant_mode_

    def implied_timescales(self) -> Float[np.ndarray, " modes"]:
        """Decay times of the eigenvalues, in the record's unit of time; infinite for the constant."""
        timescales, constant = implied_timescales(self.eigenvalues(), self.spec.lag_time), self.constant_mode()
        if constant is not None:
            timescales[constant] = np.inf
        return timescales

    def exported(self) -> dict[str, Callable[[], ExportedFunction]]:
        """The functions that programs elsewhere can be given, by name."""
        return functions_of(self)

    # ---- storage --------------------------------------------------------------------------------------------------

    def _modules(self) -> dict[str, nn.Module]:
        parts = {"features.": self.features, "decoder.": self.decoder, "oracle.": self.oracle}
        return {name: part for name, part in parts.items() if part is not None}

    def tensors(self) -> dict[str, Tensor]:
        """The weights, the moments from which the operator follows, and the past."""
        tensors = {
            f"{prefix}{name}": value
            for prefix, module in self._modules().items()
            for name, value in module.state_dict().items()
        }
        arrays = {f"{_OPERATOR}{name}": array for name, array in self.operator.moments_.as_arrays().items()}
        if self.learned_step is not None:
            arrays[_STEP] = self.learned_step
        tensors |= {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        return tensors | past_tensors(self.past)

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave.

        Raises:
            DataError: a tensor is missing, or of another shape.
        """
        for prefix, module in self._modules().items():
            load_module(module, tensors, prefix)
            module.requires_grad_(False)
        moments = {
            name.removeprefix(_OPERATOR): value.numpy() for name, value in tensors.items() if name.startswith(_OPERATOR)
        }
        try:
            self.operator.fit_moments(LaggedMoments.from_arrays(moments))
        except KeyError as error:
            raise DataError(f"the stored operator has no {error}; repeat the run with force=true") from None
        self.learned_step = tensors[_STEP].numpy() if _STEP in tensors else None
        self.past = stored_past(tensors, self.spec)
