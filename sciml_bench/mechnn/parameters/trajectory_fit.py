"""Fit learned linear ODEs to the trajectories themselves: smoothing, with the noise left to the residual.

All rows or, honestly chosen, all but some: with as many parameters as observations the fit goes on into the noise, and
only rows that were not learned from tell when. The truth, where it is known, is for the scores alone.
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.stored.learned_file import LearnedModule
from sciml_bench.data import PaddedTrajectories, Record, WholeTrajectoriesView
from sciml_bench.data.held_out import shown_arrays
from sciml_bench.data.views.whole_trajectories_view import pieces_of
from sciml_bench.mechnn.discovery.equation_discovery import FewComponents
from sciml_bench.mechnn.parameters.learned_linear_ode import LearnedLinearODE


@dataclass(frozen=True, eq=False)
class SmoothedTrajectories(LearnedModule):
    """Trajectories as solutions of linear ODEs that were fitted to them.

    Args:
        model: the equations.
        held_out: rows that chose the best epoch.
        fingerprint: of the observations that were fitted, so that no others are taken for them.
    """

    model: LearnedLinearODE
    held_out: Bool[np.ndarray, "batch time"]
    fingerprint: str

    @torch.no_grad()
    def smoothed(self) -> Float[np.ndarray, "batch time dim"]:
        """The solutions at the rows that were learned from, in the user's units."""
        return self.model.in_the_datas_units(self.model()).numpy()


class TrajectoryFit(FewComponents, Method):
    """Adam on the sum of squares over all learned rows, one step per epoch.

    The error of the weights after a step and the loss of the next step are one and the same solution, solved once.

    Args:
        model: the equations.
        view: whole trajectories.
        learning_rate: of Adam.
        validation_fraction: of the rows between the first and the last of each trajectory that are held out to choose
            the best epoch; 0 learns from all rows and keeps the last epoch.
        n_epochs: what `trainer.max_epochs=null` stands for.

    Raises:
        ConfigurationError: a value is out of range, or another model.
    """

    monitor: ClassVar[str | None] = "validation_mse"
    headline: tuple[str, ...] = ("sum_of_squares", "interpolation_mse", "clean_rmse")

    def __init__(
        self,
        model: nn.Module,
        view: WholeTrajectoriesView,
        *,
        learning_rate: float | int = 0.01,
        validation_fraction: float | int = 0.1,
        n_epochs: int = 500,
    ) -> None:
        super().__init__(view)
        if not isinstance(model, LearnedLinearODE):
            raise ConfigurationError("training=trajectory_fit learns the coefficients of model=learned_linear_ode")
        if not 0 <= validation_fraction < 1:
            raise ConfigurationError(
                f"training.validation_fraction={validation_fraction}: give a fraction of the rows below 1, or 0"
            )
        self.model = model
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "train at least 1 epoch")
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a number greater than 0")
        self.validation_fraction = float(validation_fraction)
        self._next_states: Tensor | None = None

    def start(self) -> None:
        """Choose the rows that are held out.

        Raises:
            DataError: no row is left to choose the best epoch by.
        """
        train = self.view.train
        self._observed = self.model.standardized(train.states)
        held_out = self._held_out_rows()
        self._learned_rows = torch.from_numpy(train.rows & ~held_out)
        self._held_out = torch.from_numpy(held_out)

    def loss(self, batch: object = None) -> Float[Tensor, ""]:
        """Sum of squares over the rows that are learned from, in squared deviations (model.standardize) or units."""
        return self._sum_of_squares(self.model() if self._next_states is None else self._next_states)

    def _sum_of_squares(self, states: Float[Tensor, "batch time dim"]) -> Float[Tensor, ""]:
        return (states - self._observed)[self._learned_rows].square().sum()

    def after_step(self) -> None:
        """Solve at the weights after the step, for the error and for the next loss."""
        self._next_states = self.model()

    def end_epoch(self) -> dict[str, float]:
        """The loss at the weights after the step, and the error on the rows that were held out."""
        states = self.model().detach() if self._next_states is None else self._next_states.detach()
        values = {"loss": float(self._sum_of_squares(states))}
        if self._held_out.any():
            values["validation_mse"] = float((states - self._observed)[self._held_out].square().mean())
        return values

    def end_fit(self) -> None:
        """Let the graph go."""
        self._next_states = None

    def learned(self) -> SmoothedTrajectories:
        """The equations and their solutions."""
        return SmoothedTrajectories(self.model, self._held_out_rows(), _fingerprint(self.view.train.states))

    def _held_out_rows(self) -> np.ndarray:
        train = self.view.train
        inner = train.rows.copy()
        inner[:, 0] = False
        inner[np.arange(len(inner)), train.lengths - 1] = False
        if self.validation_fraction == 0:
            return np.zeros_like(inner)
        rng = np.random.default_rng(derived_seed(self.progress.seed, "held-out rows"))
        drawn = np.where(inner, rng.random(inner.shape), np.inf)
        held_out = drawn < self.validation_fraction
        if not held_out.any() and self.validation_fraction * inner.sum() >= 1:  # by bad luck, of few rows
            held_out = drawn == drawn.min()
        if not held_out.any():
            raise DataError(
                f"training.validation_fraction={self.validation_fraction:g} holds out none of {int(inner.sum())} rows: "
                "choose a larger one, or 0 to keep the last epoch"
            )
        return held_out


def _fingerprint(states: np.ndarray) -> str:
    return hashlib.sha256(repr(states.shape).encode() + np.ascontiguousarray(states).tobytes()).hexdigest()


@dataclass(frozen=True)
class SmoothingEvaluation:
    """Errors of smoothed trajectories over the rows of the training part, held out or not.

    `sum_of_squares`: against the observations, in squared units of the data, over rows and components.
    `interpolation_mse`, `interpolation_mse_clean`: mean squares against observations and, where known, the truth.
    `clean_rmse`: root of the latter; `observed_clean_rmse`: that of the observations themselves, their noise.
    """

    def __call__(self, learned: SmoothedTrajectories, record: Record) -> Results:
        """Score smoothed trajectories.

        Raises:
            DataError: the record is not the one that was learned from.
        """
        record = record.complete
        pieces, smoothed = pieces_of(record.splits["train"]), learned.smoothed()
        train = PaddedTrajectories.of(pieces)
        if _fingerprint(train.states) != learned.fingerprint:
            raise DataError("these are not the trajectories that were fitted: a trajectory fit tells nothing of others")
        squares = (smoothed - train.states)[train.rows] ** 2
        metrics = {"sum_of_squares": float(squares.sum()), "interpolation_mse": float(squares.mean())}
        if train.clean is not None:
            both = (smoothed, train.states)
            fit, noise = (float(np.mean((states - train.clean)[train.rows] ** 2)) for states in both)
            metrics |= {"interpolation_mse_clean": fit, "clean_rmse": fit**0.5, "observed_clean_rmse": noise**0.5}
        arrays = {
            **shown_arrays(pieces, None),
            "smoothed": smoothed,
            "held_out": np.asarray(learned.held_out),
            "coefficients": learned.model.coefficients.detach().numpy()[:, 0, :, 0],
            "step_sizes": learned.model.step_sizes.detach().numpy()[..., 0],
        }
        return Results(metrics, arrays, ("trajectories",))
