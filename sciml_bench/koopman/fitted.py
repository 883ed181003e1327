"""An estimated operator together with the feature maps it was estimated from: what one evaluates and forecasts with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.views.lagged_pairs import LaggedPairs
from sciml_bench.koopman.operator import KoopmanOperator

FeatureMap = Callable[[Tensor], Tensor]

STREAMED_BYTES = 32 * 2**20
"""Memory of one block of pairs when statistics are streamed over a whole split."""


def block_length(pairs: LaggedPairs) -> int:
    """How many pairs to evaluate at once."""
    return max(1, min(len(pairs), STREAMED_BYTES // pairs.bytes_per_pair))


@dataclass(frozen=True)
class FittedOperator:
    """A Koopman operator and the maps from states to its features.

    Args:
        operator: the estimator, fitted.
        features: f, from states to the features of the present.
        lagged_features: g, from states to the features of the lagged side.
        state_shape: shape of one state.
        decode: from predicted features f to states; None where the operator predicts (flattened) states itself.
        learned_step: a matrix K (modes, modes) that was learned together with f and `decode`, f(x_{t+1}) ≈ K f(x_t);
            where given, forecasts take its powers (of its pseudo-inverse, back in time) in place of the operator's.
    """

    operator: KoopmanOperator
    features: FeatureMap
    lagged_features: FeatureMap
    state_shape: tuple[int, ...]
    decode: FeatureMap | None = None
    learned_step: Float[np.ndarray, "modes modes"] | None = None

    @classmethod
    def fit(
        cls,
        operator: KoopmanOperator,
        data: TrajectoryData,
        features: FeatureMap,
        lagged_features: FeatureMap,
        decode: FeatureMap | None = None,
        learned_step: Float[np.ndarray, "modes modes"] | None = None,
    ) -> "FittedOperator":
        """Stream the moments of all training pairs into `operator`."""
        fitted = cls(operator, features, lagged_features, data.spec.state_shape, decode, learned_step)
        for f_now, f_next, g_now, g_next, now, later in fitted.evaluated_pairs(data.pairs("train")):
            observables = (f_now, f_next) if decode is not None else (now, later)
            operator.partial_fit(f_now, f_next, g_now, g_next, *observables)
        return fitted

    def evaluated_pairs(self, pairs: LaggedPairs) -> Iterator[tuple[np.ndarray, ...]]:
        """Blocks of f now, f later, g now, g later, and the flattened states now and later, in float64."""
        for now, later in pairs.stream(block_length(pairs)):
            maps = (
                self.features(now),
                self.features(later),
                self.lagged_features(now),
                self.lagged_features(later),
                now.flatten(1),
                later.flatten(1),
            )
            yield tuple(values.detach().double().numpy() for values in maps)

    def f(self, states: np.ndarray) -> Float[np.ndarray, "batch modes"]:
        """The features f of NumPy states (batch, *state)."""
        return self.features(torch.as_tensor(states, dtype=torch.float32)).detach().double().numpy()

    def g(self, states: np.ndarray) -> Float[np.ndarray, "batch modes"]:
        """The features g of NumPy states (batch, *state)."""
        return self.lagged_features(torch.as_tensor(states, dtype=torch.float32)).detach().double().numpy()

    def forecast(self, states: np.ndarray, steps: Sequence[int]) -> Iterator[np.ndarray]:
        """The expected states some lags ahead (positive steps) or back (negative ones), one step at a time.

        Args:
            states: given states (batch, *state).
            steps: in multiples of the lag; 0 is not allowed.

        Yields:
            for each step, states (batch, *state).
        """
        f, g, decode = self.f(states), self.g(states), self.decode
        for step in steps:
            if self.learned_step is None:
                predicted = self.operator.predict(f, step, g=g)
            else:
                matrix = self.learned_step if step > 0 else np.linalg.pinv(self.learned_step)
                predicted = f @ np.linalg.matrix_power(matrix, abs(step)).T
            if decode is not None:
                codes = torch.as_tensor(predicted, dtype=torch.float32)
                predicted = decode(codes).detach().double().numpy()
            yield predicted.reshape(len(states), *self.state_shape)
