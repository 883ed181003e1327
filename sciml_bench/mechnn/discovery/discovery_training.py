"""Train the discovery network from scratch: smooth and solve, then threshold the coefficients, cycle after cycle.

loss = mean (u − data)² + mean (smoothed − data)², in standard deviations (Pervez et al., ICML 2024); at the end of
every cycle coefficients below the threshold are masked for good. Two things differ from the paper: coefficients are
learned in preconditioned coordinates, and the learning rate decays to zero within every cycle.
"""

import math
from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError, TrainingError
from sciml_bench.core.method import Method
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.types import Metrics
from sciml_bench.data import ObservationSpec, ObservedTrajectories
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import (
    ClosedFormDiscovery,
    Discovery,
    integration_record,
    learned_rows,
    one_step_residual,
    window_starts,
)
from sciml_bench.mechnn.discovery.discovery_evaluation import DiscoveryEvaluation
from sciml_bench.mechnn.discovery.discovery_network import DiscoveryNetwork
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.weak_form import integrated

STARTS = ("zero", "closed_form")


class DiscoveryTraining(Method):
    """Adam on windows, in cycles that end with a threshold.

    Args:
        model: the network.
        spec: of the data.
        learning_rate: of Adam, at the start of every cycle.
        threshold: a coefficient of smaller absolute value is masked at the end of a cycle.
        n_cycles: of training and thresholding.
        epochs_per_cycle: of each; an epoch sees every window once.
        batch_size: windows per step.
        windows_per_row: windows start so often that every row is in so many of them.
        initial_coefficients: `zero`, or those of the `closed_form` (without refinement).

    Raises:
        ConfigurationError: a value is out of range, or another model.
    """

    monitor: ClassVar[str | None] = None
    shown: ClassVar[tuple[str, ...]] = ("loss", "n_terms")
    headline: tuple[str, ...] = (
        "n_terms",
        "exact_support",
        "worst_coefficient_error",
        "forecast_relative_error",
    )

    def __init__(
        self,
        model: DiscoveryNetwork | BasisLibrary,
        spec: ObservationSpec,
        *,
        learning_rate: float | int = 5e-3,
        threshold: float | int = 0.1,
        n_cycles: int = 10,
        epochs_per_cycle: int = 30,
        batch_size: int = 128,
        windows_per_row: int = 5,
        initial_coefficients: str = "zero",
    ) -> None:
        super().__init__()
        if not isinstance(model, DiscoveryNetwork):
            raise ConfigurationError("training=network trains model=discovery_network")
        for name, value in (("learning_rate", learning_rate), ("threshold", threshold)):
            if not value > 0:
                raise ConfigurationError(f"training.{name}={value}: give a number greater than 0")
        counts = {"n_cycles": n_cycles, "epochs_per_cycle": epochs_per_cycle, "batch_size": batch_size}
        for name, value in {**counts, "windows_per_row": windows_per_row}.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"training.{name}={value}: give a whole number of at least 1")
        if initial_coefficients not in STARTS:
            raise ConfigurationError(
                f"training.initial_coefficients={initial_coefficients}: choose one of {', '.join(STARTS)}"
            )
        self.automatic_optimization = False
        self.model, self.spec = model, spec
        self.learning_rate, self.threshold = float(learning_rate), float(threshold)
        self.n_cycles, self.epochs_per_cycle, self.batch_size = n_cycles, epochs_per_cycle, batch_size
        self.windows_per_row, self.initial_coefficients = windows_per_row, initial_coefficients
        self._results: DiscoveryEvaluation | None = None

    @property
    def planned_epochs(self) -> int | None:
        """All cycles."""
        return self.n_cycles * self.epochs_per_cycle

    def setup(self, stage: str) -> None:
        """Take the trainer's data; Lightning calls it before the fit."""
        data = cast(ObservedTrajectories, cast(Any, self.trainer).datamodule)
        self._seed = data.seed
        self.use(data)
        if not self.model.is_ready:
            self._start(data)

    def use(self, data: ObservedTrajectories) -> None:
        """Cut the rows that are learned from into windows.

        Raises:
            DataError: a trajectory is shorter than a window.
        """
        length = self.model.window
        pieces = learned_rows(data.observations)
        shortest = min(len(times) for times, _ in pieces)
        if shortest < length:
            raise DataError(f"model.window={length}: a trajectory has only {shortest} rows to learn from")
        stride = max(1, length // self.windows_per_row)
        starts = [window_starts(len(times), length, stride) for times, _ in pieces]
        rows = [first[:, None] + np.arange(length) for first in starts]
        windows = np.concatenate([states[index] for (_, states), index in zip(pieces, rows, strict=True)])
        steps = np.concatenate([np.diff(times[index], axis=1) for (times, _), index in zip(pieces, rows, strict=True)])
        is_regular = np.ptp(steps) <= 1e-9 * steps.mean()
        self.windows = torch.from_numpy(windows)
        self.step_sizes = torch.from_numpy(steps[:1] if is_regular else steps)

    def _start(self, data: ObservedTrajectories) -> None:
        """The first coefficients and their coordinates; later ones come from the checkpoint."""
        if self.initial_coefficients == "closed_form":
            found = ClosedFormDiscovery(threshold=self.threshold, refinement="never")(
                self.model.library, data.observations
            )
            self.model.mask.copy_(torch.from_numpy(found.equations.support))
            self.model.start.copy_(torch.from_numpy(found.equations.coefficients))
        self.precondition()
        self.model.ready.fill_(True)

    @torch.no_grad()
    def precondition(self) -> None:
        """Coordinates in which all directions move the solution by the same amount, without a change of ξ.

        The terms of the data, integrated along the windows by the block, are the columns of a matrix D in standard
        deviations of a component; with D = Q R the coordinates η = R ξ are orthonormal.
        """
        rates = self.model.library(self.windows)
        parts = [
            integrated(part, steps, self.model.taylor_order)
            for part, steps in zip(rates.split(512), self._steps_of(range(0, len(rates), 512), 512), strict=True)
        ]
        design = torch.cat(parts).flatten(0, 1) / math.sqrt(rates.shape[0] * rates.shape[1])
        present = self.model.coefficients()
        for component in range(self.spec.dim):
            kept = self.model.mask[:, component].nonzero().ravel()
            triangle = torch.linalg.qr(design[:, kept] / float(self.spec.deviation[component])).R
            inverse = torch.zeros_like(self.model.preconditioner[component])
            eye = torch.eye(len(kept), dtype=torch.float64)
            inverse[kept[:, None], kept] = torch.linalg.solve_triangular(triangle, eye, upper=True)
            self.model.preconditioner[component] = inverse
        self.model.start.copy_(present)
        change = torch.einsum("dij,jd->id", self.model.preconditioner, self.model.scaled_coefficients().double())
        self.model.start.sub_(torch.where(self.model.mask, change, 0.0))

    def _steps_of(self, firsts: range, length: int) -> list[Tensor]:
        shared = len(self.step_sizes) == 1
        return [self.step_sizes if shared else self.step_sizes[first : first + length] for first in firsts]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)

    def loss(
        self, windows: Float[Tensor, "batch time dim"], step_sizes: Float[Tensor, "_ intervals"]
    ) -> Float[Tensor, ""]:
        """Mean squares of the errors of solution and smoothed state, in standard deviations."""
        smoothed = self.model.smoothed(windows)
        solution = self.model.solution(smoothed, step_sizes)
        scale = self.model.deviation
        return ((solution - windows) / scale).square().mean() + ((smoothed - windows) / scale).square().mean()

    def training_step(self, batch: Tensor, batch_index: int) -> None:
        """All windows once, in an order that is a function of seed and epoch."""
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=True))
        epoch = self.current_epoch
        generator = torch.Generator().manual_seed(derived_seed(self._seed, "windows", epoch))
        order = torch.randperm(len(self.windows), generator=generator).split(self.batch_size)
        losses = []
        for step, index in enumerate(order):
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate_at(epoch % self.epochs_per_cycle + step / len(order))
            loss = self.loss(
                self.windows[index], self.step_sizes if len(self.step_sizes) == 1 else self.step_sizes[index]
            )
            self.require_finite(float(loss.detach()), step)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        self._loss = float(np.mean(losses))
        if (epoch + 1) % self.epochs_per_cycle == 0:
            self.apply_threshold()

    def learning_rate_at(self, epochs_into_cycle: float) -> float:
        """Cosine from the learning rate to zero over a cycle.

        Args:
            epochs_into_cycle: as a fraction.
        """
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * epochs_into_cycle / self.epochs_per_cycle))

    @torch.no_grad()
    def apply_threshold(self) -> None:
        """Mask the small coefficients.

        Raises:
            TrainingError: no term of a component is left.
        """
        mask = self.model.mask & (self.model.coefficients().abs() >= self.threshold)
        empty = (~mask.any(dim=0)).nonzero().ravel().tolist()
        if empty:
            raise TrainingError(
                f"no term of d{self.spec.component_names[empty[0]]}/dt has a coefficient of at least "
                f"training.threshold={self.threshold:g}: the support is empty; choose a smaller threshold or more "
                "epochs per cycle"
            )
        if not torch.equal(mask, self.model.mask):
            self.model.mask.copy_(mask)
            self.precondition()

    def on_train_epoch_end(self) -> None:
        """Log the loss and the number of terms."""
        self.log_epoch({"loss": self._loss, "n_terms": int(self.model.mask.sum())})

    @torch.no_grad()
    def discovery(self, data: ObservedTrajectories) -> Discovery:
        """The equations, and the smoothed states averaged over the windows that hold them.

        Args:
            data: after its `setup()`.
        """
        coefficients = self.model.coefficients().numpy()
        pieces = learned_rows(data.observations)
        states = [self._smoothed(rows) for _, rows in pieces]
        observed = np.concatenate([rows for _, rows in pieces])
        together = np.concatenate(states)
        record = integration_record(self.model.library, pieces, together, coefficients)
        return Discovery(
            SparseEquations(self.model.library, coefficients),
            states,
            None,
            float(np.sqrt(np.mean((observed - together) ** 2))),
            one_step_residual(record, together, coefficients),
        )

    def _smoothed(self, rows: Float[np.ndarray, "time dim"]) -> Float[np.ndarray, "time dim"]:
        length = self.model.window
        starts = window_starts(len(rows), length, max(1, length // self.windows_per_row))
        index = starts[:, None] + np.arange(length)
        smoothed = self.model.smoothed(torch.from_numpy(rows[index])).numpy()
        total, count = np.zeros_like(rows), np.zeros(len(rows))
        np.add.at(total, index, smoothed)
        np.add.at(count, index, 1.0)
        return total / count[:, None]

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """See `DiscoveryEvaluation.metrics`."""
        trajectories = cast(ObservedTrajectories, data)
        self._results = DiscoveryEvaluation(self.discovery(trajectories), trajectories.observations)
        return self._results.metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Coefficients, trajectories, phase portrait."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """Observed and smoothed states, forecast, coefficients."""
        return {} if self._results is None else self._results.arrays

    def record_entries(self) -> dict[str, Any]:
        """The equations, as a person reads them."""
        return {"equations": list(SparseEquations(self.model.library, self.model.coefficients().detach().numpy()).text)}

    def forecast_from_end(self, data: pl.LightningDataModule, n_steps: int) -> dict[str, np.ndarray]:
        """Integrate the equations from the last state of every trajectory on; see `Discovery.forecast_from_end`.

        Args:
            data: after its `setup()`.
            n_steps: number of states, one time step apart.

        Raises:
            SolverError: the integration broke down.
        """
        trajectories = cast(ObservedTrajectories, data)
        return self.discovery(trajectories).forecast_from_end(trajectories.observations, self.spec.time_step, n_steps)
