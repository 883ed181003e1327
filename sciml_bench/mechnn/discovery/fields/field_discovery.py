"""The law of a field from a record of it: in weak form, and refined by the motions that it allows.

1. Sparse regression of the modes on the candidate terms in weak form (`weak_form`).
2. Where there is noise, or rows are far apart: the coefficients together with the initial fields of some windows
   (`flow_fit`), term by term without those that do not stand above their standard errors.
"""

import contextlib
import logging
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from sciml_bench.core.checks import require_number
from sciml_bench.core.errors import ConfigurationError, NotApplicableError, SolverError
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.held_out import end_of
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.fields.field_equations import FieldEquations
from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.mechnn.discovery.fields.field_rows import FieldRows
from sciml_bench.mechnn.discovery.fields.flow_fit import FlowFit
from sciml_bench.mechnn.discovery.fields.smoothing import first_guesses
from sciml_bench.mechnn.discovery.fields.weak_form import weak_law
from sciml_bench.mechnn.discovery.findings.coefficients import with_errors
from sciml_bench.mechnn.discovery.findings.explanation import verdicts
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary

log = logging.getLogger(__name__)

_WINDOWS, _WINDOW = 8, 3
"""Of the refinement: how many, and their length in the rows in which a field changes."""


_EXACT = 1 - 1e-8
"""Part of the change that a law explains which needs no refinement."""


class FieldDiscovery(DirectMethod):
    """Find the law of a field without epochs.

    Args:
        model: the candidate terms.
        view: whole trajectories.
        threshold: a term is dropped without which less than this part of the rate is lost.
        significance: so is one that is not so many standard errors away from zero.

    Raises:
        ConfigurationError: the model is no library of terms of fields, or a value is out of range.
    """

    headline: tuple[str, ...] = (
        "n_terms",
        "exact_support",
        "worst_coefficient_error",
        "noise_deviation",
        "forecast_relative_error",
    )

    def __init__(
        self,
        model: FieldLibrary | BasisLibrary | RationalLibrary | nn.Module,
        view: WholeTrajectoriesView,
        threshold: float | int = 0.003,
        significance: float | int = 4.0,
    ) -> None:
        super().__init__(view)
        if not isinstance(model, FieldLibrary):
            raise ConfigurationError("training=field_law needs terms of fields: choose model=field_terms")
        self.library = model
        self.threshold = require_number("training.threshold", threshold, "give a number greater than 0")
        self.significance = require_number("training.significance", significance, "give a number greater than 0")
        self._learned: FieldEquations | None = None

    @classmethod
    def require_states(cls, state_shape: tuple[int, ...]) -> None:
        """Stop at states that are no fields on a line.

        Raises:
            NotApplicableError: images, or bodies.
        """
        if len(state_shape) != 1:
            raise NotApplicableError(
                f"laws of fields are found in fields on a circle; these states have the shape {tuple(state_shape)}"
            )

    def fit(self) -> None:
        """Find the law.

        Raises:
            DataError: too few rows.
        """
        train = self.view.record.splits["train"].filled().between_gaps()
        trajectories = [FieldRows.of(read_block(part).astype(np.float64)) for part in train.states]
        library, clock = self.library, self.library.spec.time_step
        law, explained = weak_law(library, trajectories, clock, self.threshold, self.significance)
        coefficients, errors = law.coefficients[:, 0], law.standard_errors[:, 0]
        noise = float(np.mean([rows.noise for rows in trajectories]))
        widest = max(trajectories, key=lambda rows: rows.n_kept)
        change = int(np.median([rows.rows_of_change for rows in trajectories]))
        is_clean = all(rows.is_clean for rows in trajectories)
        fit = FlowFit(library, clock, change, noise, widest.power, widest.n_points)
        if not (is_clean and explained > _EXACT):
            with contextlib.suppress(SolverError):
                coefficients, errors = self._refined(fit, trajectories, coefficients)
        past = end_of(self.view.record, 1 if is_clean else FieldEquations.longest_past * change)
        column = (coefficients[:, None], errors[:, None])
        self._learned = FieldEquations(library, *column, change, noise, widest.power, is_clean, explained, past)
        for line in (*self._learned.equations(), *self._remarks()):
            log.info("%s", line)

    def _refined(
        self, fit: FlowFit, trajectories: list[FieldRows], coefficients: Float[np.ndarray, " terms"]
    ) -> tuple[Float[np.ndarray, " terms"], Float[np.ndarray, " terms"]]:
        """Coefficients and standard errors from windows that are spread over all trajectories."""
        length = min(_WINDOW * fit.rows_of_change, *(len(rows.wide) for rows in trajectories))
        places = [(rows, first) for rows in trajectories for first in range(0, len(rows.wide) - length + 1, length)]
        chosen = [places[index] for index in np.unique(np.linspace(0, len(places) - 1, _WINDOWS).astype(int)).tolist()]
        windows = np.stack([rows.wide[first : first + length, : fit.n_modes] for rows, first in chosen])
        starts = first_guesses(fit, windows)
        while True:
            free = coefficients != 0
            starts, coefficients, errors = fit.improved(windows, starts, coefficients, free)
            certainty = np.where(free, np.abs(coefficients) / np.where(free, errors, 1.0), np.inf)
            if certainty.min() >= self.significance or free.sum() == 1:
                return coefficients, errors
            coefficients = np.where(certainty > certainty.min(), coefficients, 0.0)

    def _remarks(self) -> tuple[str, ...]:
        explained = np.array([1.0 if self._learned is None else self._learned.explained])
        return verdicts(self.library.spec.component_names, explained)

    def learned(self) -> FieldEquations:
        """The law."""
        if self._learned is None:
            raise RuntimeError("No law has been found yet: call fit() first.")
        return self._learned

    def record_entries(self) -> dict[str, Any]:
        """The equation, as a person reads it, and what is to be said of it."""
        if self._learned is None:
            return {}
        found = self._learned
        entries: dict[str, Any] = {"equations": list(found.equations())}
        entries["coefficients"] = with_errors(found.system(), found.standard_errors)
        if remarks := self._remarks():
            entries["remarks"] = list(remarks)
        return entries
