"""Fit learned linear ODEs to the trajectories themselves: smoothing, with the noise left to the residual.

All rows or, honestly chosen, all but some: with as many parameters as observations the fit goes on into the noise, and
only rows that were not learned from tell when. The truth, where it is known, is for the scores alone.
"""

from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.types import Metrics
from sciml_bench.data import Observations, ObservationSpec, ObservedTrajectories
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.parameters.learned_linear_ode import LearnedLinearODE


class TrajectoryFit(Method):
    """Adam on the sum of squares over all learned rows, one step per epoch.

    The error of the weights after a step and the loss of the next step are one and the same solution, solved once.

    Args:
        model: the equations.
        spec: of the data.
        learning_rate: of Adam.
        validation_fraction: of the rows between the first and the last of each trajectory that are held out to choose
            the best epoch; 0 learns from all rows and keeps the last epoch.
        n_epochs: what `trainer.max_epochs=null` stands for.

    Raises:
        ConfigurationError: a value is out of range, or another model.
    """

    monitor: ClassVar[str | None] = "validation_mse"
    shown: ClassVar[tuple[str, ...]] = ("loss",)
    headline: tuple[str, ...] = ("sum_of_squares", "interpolation_mse", "clean_rmse")

    def __init__(
        self,
        model: nn.Module | BasisLibrary,
        spec: ObservationSpec,
        *,
        learning_rate: float | int = 0.01,
        validation_fraction: float | int = 0.1,
        n_epochs: int = 500,
    ) -> None:
        super().__init__()
        if not isinstance(model, LearnedLinearODE):
            raise ConfigurationError("training=trajectory_fit learns the coefficients of model=learned_linear_ode")
        if not learning_rate > 0:
            raise ConfigurationError(f"training.learning_rate={learning_rate}: give a number greater than 0")
        if not 0 <= validation_fraction < 1:
            raise ConfigurationError(
                f"training.validation_fraction={validation_fraction}: give a fraction of the rows below 1, or 0"
            )
        self.automatic_optimization = False
        self.model, self.spec, self.n_epochs = model, spec, n_epochs
        self.learning_rate, self.validation_fraction = float(learning_rate), float(validation_fraction)
        self._next_states: Tensor | None = None
        self._smoothed: np.ndarray | None = None

    def use(self, data: ObservedTrajectories) -> None:
        """Take the data to learn from; the trainer's are taken before the first epoch.

        Args:
            data: after its `setup()`.

        Raises:
            DataError: no row is left to choose the best epoch by.
        """
        observations = data.observations.interpolation_part()
        self._observed = torch.from_numpy(observations.states).float()
        held_out = self._held_out_rows(observations, data.seed)
        self._learned = torch.from_numpy(observations.interpolation & ~held_out)
        self._held_out = torch.from_numpy(held_out)

    @property
    def planned_epochs(self) -> int | None:
        """`n_epochs`."""
        return self.n_epochs

    def setup(self, stage: str) -> None:
        """Take the trainer's data; Lightning calls it before the fit."""
        self.use(cast(ObservedTrajectories, cast(Any, self.trainer).datamodule))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)

    def loss(self, states: Float[Tensor, "batch time dim"]) -> Float[Tensor, ""]:
        """Sum of squares over the rows that are learned from, in squared units of the data."""
        return (states - self._observed)[self._learned].square().sum()

    def training_step(self, batch: Tensor, batch_index: int) -> None:
        """One step; the solution at the weights after it is kept for the next one."""
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=True))
        states = self.model() if self._next_states is None else self._next_states
        loss = self.loss(states)
        self.require_finite(loss.item(), self.current_epoch)
        optimizer.zero_grad()
        loss.backward()
        if self.gradient_clip_val is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters(), self.gradient_clip_val)
        optimizer.step()
        self._next_states = self.model()

    def on_train_epoch_end(self) -> None:
        """Log the loss at the weights after the step, and the error on the rows that were held out."""
        states = cast(Tensor, self._next_states).detach()
        values = {"loss": float(self.loss(states))}
        if self._held_out.any():
            values["validation_mse"] = float((states - self._observed)[self._held_out].square().mean())
        self.log_epoch(values)

    def on_train_end(self) -> None:
        """Let the graph go."""
        self._next_states = None

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """Errors of the smoothed trajectories over the rows of the interpolation window, held out or not.

        `sum_of_squares`: against the observations, in squared units of the data, over rows and components.
        `interpolation_mse`, `interpolation_mse_clean`: mean squares against observations and, where known, the truth.
        `clean_rmse`: root of the latter; `observed_clean_rmse`: that of the observations themselves, their noise.
        `best_epoch`: whose weights these are.
        """
        self.use(cast(ObservedTrajectories, data))
        observations = cast(ObservedTrajectories, data).observations.interpolation_part()
        with torch.no_grad():
            self._smoothed = self.model().double().numpy()
        counts = observations.interpolation
        squares = (self._smoothed - observations.states)[counts] ** 2
        metrics = {"sum_of_squares": float(squares.sum()), "interpolation_mse": float(squares.mean())}
        if observations.clean is not None:
            mean_square = float(np.mean((self._smoothed - observations.clean)[counts] ** 2))
            noise = float(np.mean((observations.states - observations.clean)[counts] ** 2))
            metrics |= {"interpolation_mse_clean": mean_square, "clean_rmse": mean_square**0.5}
            metrics["observed_clean_rmse"] = noise**0.5
        if self.best_epoch is not None:
            metrics["best_epoch"] = float(self.best_epoch + 1)
        return metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """The smoothed trajectories beside observations and truth."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays(data))

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """Times, observations, truth where known, smoothed states, learned coefficients and steps."""
        observations = cast(ObservedTrajectories, data).observations.interpolation_part()
        arrays = {
            "times": observations.times,
            "observed": observations.states,
            "window": observations.window,
            "smoothed": self._smoothed,
            "held_out": self._held_out.numpy(),
            "coefficients": self.model.coefficients.detach().numpy()[:, 0, :, 0],
            "step_sizes": self.model.step_sizes.detach().numpy()[..., 0],
            "component_names": self.spec.component_names,
            "time_unit": self.spec.time_unit,
            "pictures": ["trajectories"],
        }
        return arrays if observations.clean is None else {**arrays, "clean": observations.clean}

    def _held_out_rows(self, observations: Observations, seed: int) -> np.ndarray:
        inner = observations.interpolation.copy()
        inner[:, 0] = False
        inner[np.arange(len(inner)), observations.lengths - 1] = False
        if self.validation_fraction == 0:
            return np.zeros_like(inner)
        rng = np.random.default_rng(derived_seed(seed, "held-out rows"))
        held_out = inner & (rng.random(inner.shape) < self.validation_fraction)
        if not held_out.any():
            raise DataError(
                f"training.validation_fraction={self.validation_fraction:g} holds out none of {int(inner.sum())} rows: "
                "choose a larger one, or 0 to keep the last epoch"
            )
        return held_out
