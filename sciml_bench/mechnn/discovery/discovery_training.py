"""Train the discovery network from scratch: smooth and solve, then threshold the coefficients, cycle after cycle.

loss = mean (u − data)² + mean (smoothed − data)², in standard deviations (Pervez et al., ICML 2024); at the end of
every cycle coefficients below the threshold are masked for good. Three things differ from the paper: coefficients are
learned in preconditioned coordinates, the learning rate decays to zero within every cycle (`schedule.cycles`), and what
the threshold leaves competes with the fewest of its terms that explain the data as well (`sparse_regression`): terms
that cancel are large, and no threshold finds them.
"""

import logging
import math
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.core.seeds import derived_seed
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views.whole_trajectories_view import PaddedTrajectories, TrajectoryNumbers, WholeTrajectoriesView
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.discovery_network import DiscoveryNetwork
from sciml_bench.mechnn.discovery.equation_discovery import FewComponents, require_rows
from sciml_bench.mechnn.discovery.findings.explanation import explained_variance, verdicts
from sciml_bench.mechnn.discovery.findings.few_rows import few_rows
from sciml_bench.mechnn.discovery.findings.invariants import invariants, told_apart
from sciml_bench.mechnn.discovery.findings.look_alikes import look_alikes
from sciml_bench.mechnn.discovery.integration import rows_of, windows_of
from sciml_bench.mechnn.discovery.selection.sparse_regression import sparse_regression
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.units import ScaledLibrary
from sciml_bench.mechnn.linear_ode.integral import integrated

log = logging.getLogger(__name__)

STARTS = ("zero", "closed_form")
_SHARE, _SIGNIFICANCE = 0.003, 4.0
"""Of a term that others stand for: part of the derivative at most, and in standard errors, as in closed form."""


class WindowOrder(EpochSampler):
    """The numbers of all windows in an order that is a function of seed and epoch."""

    def _order(self) -> Int[np.ndarray, " windows"]:
        generator = torch.Generator().manual_seed(derived_seed(self.seed, "windows", self.epoch))
        return torch.randperm(self.n_items, generator=generator).numpy()


class DiscoveryTraining(FewComponents, Method):
    """Adam on windows, in cycles that end with a threshold.

    Args:
        model: the network.
        view: whole trajectories.
        learning_rate: of Adam, at the start of every cycle.
        threshold: a term of a smaller root mean square, as a part of the derivative's, is masked at the end of a cycle.
        n_cycles: of training and thresholding.
        epochs_per_cycle: of each; an epoch sees every window once.
        batch_size: windows per step.
        windows_per_row: windows start so often that every row is in so many of them.
        initial_coefficients: `zero`, or those of the `closed_form` (without refinement).

    Raises:
        ConfigurationError: a value is out of range, or another model.
    """

    shown: ClassVar[tuple[str, ...]] = ("loss", "n_terms")
    headline: tuple[str, ...] = ("n_terms", "exact_support", "worst_coefficient_error", "forecast_relative_error")

    def __init__(
        self,
        model: DiscoveryNetwork | BasisLibrary,
        view: WholeTrajectoriesView,
        *,
        learning_rate: float | int = 5e-3,
        threshold: float | int = 0.02,
        n_cycles: int = 10,
        epochs_per_cycle: int = 30,
        batch_size: int = 128,
        windows_per_row: int = 5,
        initial_coefficients: ConfiguredWord = "zero",
    ) -> None:
        super().__init__(view)
        if not isinstance(model, DiscoveryNetwork):
            raise ConfigurationError("training=network trains model=discovery_network")
        require_rows(model.library, view)
        self.model, self.spec = model, view.spec
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a number greater than 0")
        self.threshold = require_number("training.threshold", threshold, "give a number greater than 0")
        counts = {"n_cycles": n_cycles, "epochs_per_cycle": epochs_per_cycle, "batch_size": batch_size}
        for name, value in {**counts, "windows_per_row": windows_per_row}.items():
            require_integer(f"training.{name}", value, 1, "give a whole number of at least 1")
        self.epochs_per_cycle, self.batch_size, self.windows_per_row = epochs_per_cycle, batch_size, windows_per_row
        self.n_cycles, self.n_epochs = n_cycles, n_cycles * epochs_per_cycle
        self.initial_coefficients = require_choice("training.initial_coefficients", initial_coefficients, STARTS)
        self.invariants: tuple[str, ...] = ()

    def plan(self, n_epochs: int) -> None:
        """As many cycles, each of its part."""
        self.epochs_per_cycle = max(1, n_epochs // self.n_cycles)
        self.n_epochs = self.n_cycles * self.epochs_per_cycle

    def start(self) -> None:
        """Cut the trajectories into windows, none of them across missing rows, and choose the first coefficients.

        Later ones come from the checkpoint.
        """
        length = self.model.window
        pieces = rows_of(PaddedTrajectories.of(self.view.record.part("train").between_gaps(length)))
        shortest = min(len(times) for times, _ in pieces)
        if shortest < length:
            raise DataError(f"model.window={length}: a trajectory has only {shortest} rows to learn from; take less")
        self.step_sizes, self.windows = windows_of(pieces, length, max(1, length // self.windows_per_row))
        self.apart = windows_of(pieces, length, length)
        rows = torch.from_numpy(np.concatenate([states for _, states in rows_of(self.view.train)]))
        library, determined = told_apart(self.model.library, rows)
        self.invariants = invariants(self.model.library, rows, determined)
        if self.model.ready:  # the coordinates of the coefficients have been chosen
            return
        coefficients = torch.zeros_like(self.model.start)
        candidates = np.delete(np.arange(len(coefficients)), library.left_out)
        self.model.mask[list(library.left_out)] = False
        if self.initial_coefficients == "closed_form":
            recipe = ClosedFormDiscovery(threshold=self.threshold, refinement="never")
            coefficients[candidates] = torch.from_numpy(recipe(library, self.view.train).equations.coefficients)
            self.model.mask.copy_(coefficients != 0)
        self.precondition(coefficients)
        self.model.ready.fill_(True)

    @torch.no_grad()
    def precondition(self, coefficients: Float[Tensor, "terms dim"] | None = None) -> None:
        """Coordinates in which all directions move the solution by the same amount, without a change of ξ.

        Args:
            coefficients: ξ, where it changes.

        The terms of the data, integrated along the windows by the block, are the columns of a matrix D in standard
        deviations of a component; with D = Q R the coordinates η = R ξ are orthonormal.
        """
        rates = self.model.time * self.model.library(self.windows)
        numbers = torch.arange(len(rates)).split(512)
        steps = (self._steps_of(part) / self.model.time for part in numbers)
        parts = [integrated(rates[part], of, self.model.taylor_order) for part, of in zip(numbers, steps, strict=True)]
        design = torch.cat(parts).flatten(0, 1) / math.sqrt(rates.shape[0] * rates.shape[1])
        present = self.model.coefficients() if coefficients is None else coefficients
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

    def _steps_of(self, windows: Int[Tensor, " batch"]) -> Float[Tensor, "_ intervals"]:
        return self.step_sizes if len(self.step_sizes) == 1 else self.step_sizes[windows]

    def train_loader(self, seed: int, rank: int, world_size: int) -> TrajectoryNumbers:
        """All windows once per epoch."""
        return TrajectoryNumbers(
            WindowOrder(len(self.windows), seed, rank=rank, world_size=world_size), self.batch_size
        )

    def loss(self, batch: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Of some windows."""
        return self.window_loss(self.windows[batch], self._steps_of(batch))

    def window_loss(
        self, windows: Float[Tensor, "batch time dim"], step_sizes: Float[Tensor, "_ intervals"]
    ) -> Float[Tensor, ""]:
        """Mean squares of the errors of solution and smoothed state, in standard deviations."""
        smoothed = self.model.smoothed(windows)
        solution = self.model.solution(smoothed, step_sizes)
        scale = self.model.deviation
        return ((solution - windows) / scale).square().mean() + ((smoothed - windows) / scale).square().mean()

    @torch.no_grad()
    def apply_threshold(self) -> None:
        """Mask the small terms, and those that the others stand for; the largest of a component stays."""
        coefficients, values = self.model.coefficients(), self.model.library(self.windows).flatten(0, 1)
        sizes, rates = values.square().mean(dim=0).sqrt(), values @ coefficients
        parts = coefficients.abs() * sizes[:, None]
        whole = rates.square().mean(dim=0).sqrt()
        mask = self.model.mask & ((parts >= self.threshold * whole) | (parts >= parts.amax(dim=0)))
        for component, kept in enumerate(self._asked_for(mask)):
            if not torch.equal(kept, mask[:, component]):  # the others take over what is left out
                mask[:, component], coefficients[:, component] = kept, 0.0
                columns = values[:, kept] / sizes[kept]
                # torch's default driver pivots, and gives other last bits for other addresses of the same numbers
                found = torch.linalg.lstsq(columns, rates[:, component], driver="gelsd").solution
                coefficients[kept, component] = found / sizes[kept]
        if not torch.equal(mask, self.model.mask):
            self.model.mask.copy_(mask)
            self.precondition(coefficients)

    def _asked_for(self, mask: Bool[Tensor, "terms dim"]) -> list[Bool[Tensor, " terms"]]:
        """Of the terms of every component those that the data ask for, along windows that do not overlap."""
        steps, windows = self.apart
        rates = self.model.time * self.model.library(windows)
        design = integrated(rates, steps / self.model.time, self.model.taylor_order).flatten(0, 1).numpy()
        targets = (windows - windows.mean(dim=1, keepdim=True)).flatten(0, 1).numpy()
        share, found = min(_SHARE, self.threshold), mask.T.clone()
        for component, kept in enumerate(found):
            terms, target = design[:, kept.numpy()], targets[:, [component]]
            fit = sparse_regression(terms, target, share, _SIGNIFICANCE, self.model.window)
            kept[kept.clone()] = torch.from_numpy(fit.support[:, 0])
        return list(found)

    def end_epoch(self) -> dict[str, float]:
        """Apply the threshold at the end of a cycle; the number of terms."""
        if (self.progress.epoch + 1) % self.epochs_per_cycle == 0:
            self.apply_threshold()
        return {"n_terms": float(self.model.mask.sum())}

    def learned(self) -> DiscoveredEquations:
        """The equations, with the network as what smooths a noisy past."""
        coefficients = self.model.coefficients().detach().numpy()
        past = end_of(self.view.record, DiscoveredEquations.longest_past)
        return DiscoveredEquations(
            self.model.library, coefficients, network=self.model, past=past, invariants=self.invariants
        )

    def record_entries(self) -> dict[str, Any]:
        """The equations, as a person reads them, and what is to be said of them, which is told as well."""
        library, coefficients = self.model.library, self.model.coefficients().detach().numpy()
        equations, pieces, terms = (
            SparseEquations(library, coefficients),
            rows_of(self.view.train),
            ScaledLibrary.of(library),
        )
        scaled = [terms.units.scaled(*piece) for piece in pieces]
        smoothed = [self.model.smoothed_rows(*piece) / terms.units.deviation for piece in pieces]
        of_terms = terms.scaled_coefficients(coefficients)
        explained = explained_variance(terms, of_terms, scaled, smoothed, self.model.window)
        rows = torch.from_numpy(np.concatenate([states for _, states in pieces]))
        remarks = (
            *(f"the record keeps {relation}" for relation in self.invariants),
            *look_alikes(library.names, library(rows).numpy(), np.asarray(equations.support.any(axis=1))),
            *verdicts(self.spec.component_names, explained),
            *few_rows(equations, len(rows)),
        )
        for line in (*equations.text, *remarks):
            log.info("%s", line)
        said = {"invariants": list(self.invariants), "remarks": list(remarks)}
        return {"equations": list(equations.text)} | {name: lines for name, lines in said.items() if lines}
