"""Learning the slow eigenfunctions of a reversible diffusion from single states, by the gradients of the functions."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.koopman.learning import KoopmanLearning
from sciml_bench.koopman.losses.generator import GeneratorLoss

BLOCK_ROWS = 4096
"""Pairs whose gradients are in memory at a time when the Dirichlet form is measured."""


class GeneratorLearning(KoopmanLearning):
    """Train one set of functions f with `GeneratorLoss`; the rates follow from their Dirichlet form E[∇f a ∇fᵀ].

    The states must be draws from the stationary law of dX = b(X) dt + ℓ dW, reversible, with a constant a = ℓ ℓᵀ/2.

    Args:
        model: the functions; one encoder (`model.lagged=shared`).
        view: the pairs, both states of which are used one by one.
        loss: a `GeneratorLoss`.
        diffusion: a, in state²/time: a number for all components, one for each, or a matrix; None takes that of the
            system where it is known.
        shift: η of the resolvent, in 1/time: rates far above it hardly count; None for one in a lag.
        options: those of `KoopmanLearning`.

    Raises:
        ConfigurationError: the model has a second encoder, the diffusion is unknown or no covariance, or a state has
            axes.
    """

    takes_inputs: ClassVar[bool] = False
    measures_energy: ClassVar[bool] = True

    def __init__(
        self,
        model: FeaturePair,
        view: LaggedPairsView,
        *,
        loss: GeneratorLoss,
        diffusion: float | int | Sequence[Any] | None = None,
        shift: float | int | None = None,
        **options: Any,
    ) -> None:
        if model.lagged != "shared":
            raise ConfigurationError("training=generator learns one set of functions: set model.lagged=shared")
        if len(view.lags) > 1:
            raise ConfigurationError("training=generator learns from single states: leave training.view.lags out")
        super().__init__(model, view, loss=loss, **options)
        if len(view.spec.state_shape) != 1:
            raise ConfigurationError(f"training=generator needs vectors; these states have {view.spec.state_shape}")
        given_shift = 1 / view.spec.lag_time if shift is None else shift
        self.shift = require_number("training.shift", given_shift, "give a positive rate, or null for one in a lag")
        given = self._diffusion(diffusion)
        scale = view.spec.standardization
        if scale is not None:
            given = given / np.outer(*[np.broadcast_to(scale.deviation, (len(given),))] * 2)
        columns = np.linalg.cholesky(given).T
        self.directions: Tensor
        self.register_buffer("directions", torch.from_numpy(columns).float(), persistent=False)

    def _diffusion(self, given: float | int | Sequence[Any] | None) -> Float[np.ndarray, "dim dim"]:
        dim = self.view.spec.state_shape[0]
        if given is None:
            given = getattr(self.view.spec.system, "diffusion_coefficient", None)
        if given is None:
            raise ConfigurationError(
                "training=generator needs the diffusion of the states, half the variance of the noise per time: give "
                "training.diffusion=<number, or one for every component>"
            )
        try:
            values = np.asarray(given, dtype=float)
            matrix = values if values.ndim == 2 else np.diag(np.broadcast_to(values, (dim,)))
            np.linalg.cholesky(matrix)
            suits = matrix.shape == (dim, dim) and np.allclose(matrix, matrix.T)
        except (TypeError, ValueError, np.linalg.LinAlgError):
            suits, matrix = False, np.eye(dim)
        if not suits:
            raise ConfigurationError(
                f"training.diffusion={given}: give a positive number, {dim} of them, or a positive definite "
                f"{dim} × {dim} matrix"
            )
        return matrix

    def pair_loss(
        self,
        now: Float[Tensor, "batch dim"],
        later: Float[Tensor, "batch dim"],
        weights: Float[Tensor, " batch"] | None = None,
    ) -> Tensor:
        """Of the states of a batch, each by itself; of weighted pairs the first alone, whose weight is known."""
        if weights is not None:
            f, derivatives = self.with_derivatives(now)
            return self.objective(f, derivatives / math.sqrt(self.shift), weights)
        f, derivatives = self.with_derivatives(torch.cat((now, later)))
        return self.objective(f, derivatives / math.sqrt(self.shift))

    def with_derivatives(
        self, states: Float[Tensor, "batch dim"]
    ) -> tuple[Float[Tensor, "batch modes"], Float[Tensor, "directions batch modes"]]:
        """The functions, and their derivatives along the columns of a matrix ℓ with ℓ ℓᵀ = a."""
        found: list[tuple[Any, Any]] = []
        for direction in self.directions:
            pushed: Any = torch.func.jvp(self.model.encode, (states,), (direction.expand_as(states),))
            found.append(pushed)
        return found[0][0], torch.stack([derivative for _, derivative in found])

    def learned(self) -> KoopmanModel:
        """The operator from the Dirichlet form of the functions over the states of all training pairs."""
        learned = super().learned()
        energy = sum((self._energy(*part) for part in self._training_states()), np.zeros((self.model.n_modes,) * 2))
        lag_time, moments = self.view.spec.lag_time, learned.operator.moments_
        if self.view.spec.weighted:  # the later state of a pair has a weight of its own
            own = {name: getattr(moments, name).copy() for name in ("features", "observables")}
            for part in own.values():
                part[1, 1] = part[0, 0]
            moments = replace(moments, **own)
        learned.operator.fit_moments(replace(moments, energy=energy * lag_time))
        return learned

    def _training_states(self) -> Iterator[tuple[Tensor, Tensor]]:
        """States and how much each counts, 1 in all for both states of a pair."""
        for now, later, *weights in self.view.pairs("train").stream(BLOCK_ROWS):
            if weights:
                yield now, weights[0]
            else:
                yield from ((states, torch.full((len(states),), 0.5)) for states in (now, later))

    def _energy(self, states: Tensor, counts: Tensor) -> Float[np.ndarray, "modes modes"]:
        with torch.no_grad():
            derivatives = self.with_derivatives(states)[1].double()
        weighted = derivatives * counts[:, None]
        return (derivatives.flatten(0, 1).T @ weighted.flatten(0, 1)).numpy()
