"""What can be asked of a person's record, and what a first comparison of methods on it has shown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import FINISHED
from sciml_bench.data.capabilities import EquationDiscoverer
from sciml_bench.data.first_look import FirstLook
from sciml_bench.koopman import KoopmanModel
from sciml_bench.koopman.told_modes import told_modes
from sciml_bench.training import restore

MAIN = "forecast_standardised_error"
REFERENCES = {"persistence": "persistence", "mean": "the training mean"}
PARROTING = "context_parroting"
SIMPLE = ("persistence", "training_mean", PARROTING)
"""Methods that learn nothing of the dynamics."""

MOST_COMPONENTS, MOST_NOISE = 10, 0.1
"""Of a record whose equations are looked for; the noise is relative to the deviation."""
FEWEST_ROWS, MOST_CHANGE, MOST_GROWTH = 500, 0.5, 2.0
"""Of a record that has a spectrum: rows, and how far its halves may differ, in deviations and as a factor."""


def tasks_for(look: FirstLook) -> dict[str, str | None]:
    """What can be asked of a record: None, or why not.

    Args:
        look: at it.
    """
    noise, change = float(np.nanmax(look.noise)), float(look.distance.max())
    growth = float(np.exp(np.abs(np.log(np.clip(look.growth, 1e-9, 1e9))).max()))
    reasons: dict[str, str | None] = {"forecast": None, "equations": None, "spectrum": None}
    if len(look.names) > MOST_COMPONENTS:
        reasons["equations"] = f"{len(look.names)} components are more than {MOST_COMPONENTS}"
    elif not noise <= MOST_NOISE:
        reasons["equations"] = f"the noise is {100 * noise:.2g} % of a deviation, above {100 * MOST_NOISE:g} %"
    if not look.clock.is_even:
        reasons["spectrum"] = "the clock is uneven; data.resample=<step> makes it even"
    elif look.n_rows < FEWEST_ROWS:
        reasons["spectrum"] = f"{look.n_rows} rows are fewer than {FEWEST_ROWS}"
    elif change > MOST_CHANGE or growth > MOST_GROWTH:
        reasons["spectrum"] = "the two halves differ, so the record is not stationary, or too short to tell"
    return reasons


def tasks_line(reasons: Mapping[str, str | None]) -> str:
    """The tasks that apply, and why others do not, in a line."""
    apply = ", ".join(name for name, reason in reasons.items() if reason is None)
    return "; ".join([f"tasks: {apply}", *(f"no {name}: {reason}" for name, reason in reasons.items() if reason)])


def verdict(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The best method beside persistence, the mean and context parroting, on the same rows; None where none finished.

    Args:
        rows: as `compare` gives them.
    """
    errors = _means(rows, MAIN)
    if not errors:
        return None
    best = min(errors, key=lambda method: (errors[method], method))
    own = [row for row in rows if row["method"] == best]
    beside = {told: _means(own, f"{name}_{MAIN.removeprefix('forecast_')}")[best] for name, told in REFERENCES.items()}
    if PARROTING in errors:
        beside["context parroting"] = errors[PARROTING]
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in beside.items())
    told = f"{MAIN} {errors[best]:.3g} against {numbers}"
    if best in SIMPLE or errors[best] >= min(beside.values()):
        return f"Nothing that learns forecasts this record better than what learns nothing; best is {best}: {told}."
    beaten = "persistence, the mean and context parroting" if PARROTING in errors else "persistence and the mean"
    return f"Best of {len(errors)} is {best}, better than {beaten}: {told}."


def found_equations(rows: Sequence[Mapping[str, Any]], trusted: Sequence[str] = ()) -> list[str]:
    """The equations of the method that has found some and forecasts best with them, in a line each.

    Args:
        rows: as `compare` gives them.
        trusted: packages of a person's own.
    """
    for method, learned in _learned(rows, trusted):
        if isinstance(learned, EquationDiscoverer):
            return [f"equations ({method}):", *(f"  {equation}" for equation in learned.equations())]
    return []


def found_modes(rows: Sequence[Mapping[str, Any]], trusted: Sequence[str] = ()) -> list[str]:
    """Periods and decay times of the Koopman method that forecasts best.

    Args:
        rows: as `compare` gives them.
        trusted: packages of a person's own.
    """
    for method, learned in _learned(rows, trusted):
        if isinstance(learned, KoopmanModel):
            spec, constant = learned.spec, learned.constant_mode()
            told = told_modes(learned.eigenvalues(), spec.lag_time, spec.time_unit, constant=constant)
            return [] if told is None else [f"{told} ({method})"]
    return []


def _learned(rows: Sequence[Mapping[str, Any]], trusted: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What was learned, by decreasing quality of the forecasts."""
    finished = [row for row in rows if row["status"] == FINISHED and MAIN in row]
    for row in sorted(finished, key=lambda row: row[MAIN]):
        with suppress(DataError, FileNotFoundError, NotADirectoryError):  # an ensemble keeps its members elsewhere
            yield row["method"], restore(row["folder"], trusted).learned


def _means(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    """By method, over the seeds; infinite errors are none that could be best."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if math.isfinite(row.get(name, math.nan)):
            found.setdefault(row["method"], []).append(row[name])
    return {method: float(np.mean(values)) for method, values in found.items()}
