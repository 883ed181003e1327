"""How good the law of a field is: against the truth where it is known, against the data in any case."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.core.results import Results
from sciml_bench.data.held_out import past_and_future
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.mechnn.discovery.fields.field_equations import FieldEquations
from sciml_bench.scores.equation_scores import equation_scores
from sciml_bench.scores.forecast_evaluation import shown_fields
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores
from sciml_bench.systems import FieldLaw

_ROWS_SHOWN = 20
"""Of a forecast, in the rows in which a field changes."""


@dataclass(frozen=True)
class FieldLawEvaluation:
    """The law itself, the fields without their noise, and the forecast of the test part.

    `noise_deviation` is the root mean square of observed minus denoised fields of the training part, if any,
    `explained_variance` the part of the change of their modes along windows that the law explains,
    `reconstruction_relative_error_clean` ‖denoised − true‖/‖true‖. For the others see `scores`.
    """

    def __call__(self, learned: FieldEquations, record: Record) -> Results:
        """Score a law on a record."""
        train, system = record.splits["train"].filled(), record.spec.system
        coefficients = np.asarray(learned.coefficients)
        found = learned.library.coefficients(system.table) if isinstance(system, FieldLaw) else None
        truth = None if found is None else found[:, None]
        metrics = equation_scores(coefficients, truth)
        metrics["explained_variance"] = learned.explained
        denoised = learned.reconstruct(train)
        squares = [np.square(read_block(part) - told) for part, told in zip(train.states, denoised, strict=True)]
        if not learned.is_clean:
            metrics["noise_deviation"] = float(np.sqrt(np.mean(np.concatenate(squares))))
        if train.clean is not None:
            true = np.concatenate([read_block(part) for part in train.clean])
            error = np.linalg.norm(np.concatenate(denoised) - true) / np.linalg.norm(true)
            metrics["reconstruction_relative_error_clean"] = float(error)
        names = np.array(record.spec.component_names)
        arrays = {"coefficients": coefficients, "term_names": np.array(learned.library.names)}
        arrays |= {"standard_errors": np.asarray(learned.standard_errors), "component_names": names}
        arrays |= {} if truth is None else {"true_coefficients": truth}
        asked = past_and_future(record, learned.past_length)
        if asked is None:
            return Results(metrics, arrays, ("coefficients",))
        forecast = forecast_of(learned, *asked)
        metrics |= forecast_scores(forecast, *asked, record.spec)
        arrays |= shown_fields(forecast, *asked, record.spec, _ROWS_SHOWN * learned.rows_of_change)
        return Results(metrics, arrays, ("coefficients", "rollout"))
