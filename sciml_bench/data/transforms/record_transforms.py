"""What a person asks to be done to a record before anything learns from it, in one order, and undone for forecasts.

The order is: observe (a choice of components), resample, logarithm, difference, delays. The first two say what the
record is; the other three are coordinates in which a method learns, and from which its forecasts are told back.

Every step looks back and never ahead: a row is made from rows up to its own time (a resampled one, between two rows of
the file, belongs to the part of the later). So the parts of a split by time are transformed with the rows before them,
which a forecaster is given anyway, and what is learned from holds nothing of what is held out.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import require_boolean, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.split import TIME
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms.components import (
    as_vectors,
    chosen_components,
    component_numbers,
    logarithmic,
    require_positive,
)
from sciml_bench.data.transforms.resampling import resampled
from sciml_bench.data.transforms.rows_with_a_past import delay_embedded, differenced

OPTIONS = ("observe", "resample", "logarithm", "difference", "delays")
"""The keys of the configuration below `data`; null leaves a record as it is."""


@dataclass(frozen=True)
class RecordTransforms:
    """Transforms of a record.

    Args:
        observe: names or numbers of the components that are there at all; null: all.
        resample: time between two rows, in the record's unit; null: as they are.
        logarithm: true, or the components whose natural logarithm is learned from.
        difference: 1 to learn from changes between rows.
        delays: so many earlier rows are appended to each.

    Raises:
        ConfigurationError: a value is out of range.
    """

    observe: Sequence[str | int] | str | int | None = None
    resample: Any = None
    logarithm: Any = False
    difference: Any = 0
    delays: Any = 0

    def __post_init__(self) -> None:
        """Check what needs no record."""
        if self.resample is not None:
            require_number("data.resample", self.resample, "give the time between two rows, above 0, or null")
        if self.logarithm is None or self.logarithm == []:
            object.__setattr__(self, "logarithm", False)
        if not isinstance(self.logarithm, str | int | list | tuple):
            require_boolean("data.logarithm", self.logarithm)
        require_integer("data.delays", self.delays, 0, "give a number of earlier rows, 0 for none")
        if require_integer("data.difference", self.difference, 0, "give 0 or 1") > 1:
            raise ConfigurationError(
                f"data.difference={self.difference}: differences of differences are not offered; give 1."
            )

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "RecordTransforms":
        """Those of a configuration, in which a missing key changes nothing."""
        return cls(**{name: options[name] for name in OPTIONS if options.get(name) is not None})

    @property
    def are_coordinates(self) -> bool:
        """Whether what is learned from are other numbers than the person's."""
        return bool(self.logarithm is not False or self.difference or self.delays)

    @property
    def reach(self) -> int:
        """Rows at the beginning of a trajectory, or after a gap, that are used up."""
        return self.difference + self.delays

    # ---- to the coordinates -------------------------------------------------------------------------------------

    def in_parts(self, splits: Mapping[str, Trajectories], split_by: str) -> dict[str, Trajectories]:
        """The parts of a record; those of a split by time with the past that they have.

        Args:
            splits: as observed, in the order of time.
            split_by: as in `Record`.

        Raises:
            ConfigurationError: a component or a number that does not fit the record.
            DataError: too few rows, or rows that cannot be transformed.
        """
        if split_by != TIME:
            return {name: self.applied(part) for name, part in splits.items()}
        whole = list(splits.values())
        for place in range(1, len(whole)):
            whole[place] = whole[place - 1].joined_in_time(whole[place])
        self._require_positive(self.chosen(whole[-1]))
        done, parts = [(0,) * whole[0].n_trajectories], {}
        for name, joined in zip(splits, whole, strict=True):
            made = self.applied(joined)
            for number, (start, stop) in enumerate(zip(done[-1], made.lengths, strict=True)):
                if stop <= start:
                    raise DataError(
                        f"{self._said}: the {name} split of {made.name(number)} is left without a row; use more rows, "
                        "or other values."
                    )
            parts[name] = made.select(time=[slice(*edges) for edges in zip(done[-1], made.lengths, strict=True)])
            done.append(made.lengths)
        return parts

    def applied(self, trajectories: Trajectories) -> Trajectories:
        """All transforms of some trajectories; see `in_parts` for what it raises."""
        return self.in_coordinates(self.chosen(trajectories))

    def chosen(self, trajectories: Trajectories) -> Trajectories:
        """What the record is: the components and the clock that were asked for."""
        if self.observe is not None:
            given = [self.observe] if isinstance(self.observe, str | int) else list(self.observe)
            trajectories = chosen_components(trajectories, given, "data.observe")
        return trajectories if self.resample is None else resampled(trajectories, float(self.resample))

    def in_coordinates(self, observed: Trajectories) -> Trajectories:
        """What is learned from, with the person's own rows as `observed` beside it.

        Args:
            observed: as from `chosen`.
        """
        if not self.are_coordinates:
            return observed
        made = as_vectors(observed).unchecked(observed=observed)
        if self.logarithm is not False:
            made = logarithmic(made, self._logarithmic(observed.column_names))
        if self.difference:
            made = differenced(made)
        return delay_embedded(made, self.delays, key="data.delays") if self.delays else made

    # ---- and back -----------------------------------------------------------------------------------------------

    def undone(
        self,
        states: Float[np.ndarray, "*axes time dim"],
        before: Float[np.ndarray, "*batch own_dim"],
        names: Sequence[str],
    ) -> Float[np.ndarray, "*axes time own_dim"]:
        """Rows in the person's components: the newest copy, summed up, exponentiated.

        Args:
            states: consecutive rows in the coordinates.
            before: the person's own states one step before the first of them; only sums use it.
            names: of the person's own components.
        """
        newest = states[..., : len(names)]
        columns = [] if self.logarithm is False else self._logarithmic(names)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.difference:
                start = np.array(before, dtype=np.float64)
                start[..., columns] = np.log(start[..., columns])
                newest = start[..., None, :] + np.cumsum(newest, axis=-2)
            if columns:
                newest = np.array(newest, dtype=np.float64)
                newest[..., columns] = np.exp(newest[..., columns])
        return newest

    def last_rows(self, past: Trajectories) -> Float[np.ndarray, "batch components"]:
        """The person's own last states of a past that is in the coordinates."""
        parts = past.as_observed.states
        return np.stack([read_block(part, part.shape[0] - 1)[0].astype(np.float64).ravel() for part in parts])

    def before_first_rows(self, rows: Trajectories) -> Float[np.ndarray, "batch components"]:
        """The person's own states one step before the first rows of a record in the coordinates."""
        own = np.stack([read_block(part, 0, 1)[0].astype(np.float64).ravel() for part in rows.as_observed.states])
        if self.difference:
            change = np.stack([read_block(part, 0, 1)[0] for part in rows.states])[:, : own.shape[1]]
            columns = [] if self.logarithm is False else self._logarithmic(rows.as_observed.column_names)
            own[:, columns] = np.log(own[:, columns])
            own -= change
            own[:, columns] = np.exp(own[:, columns])
        return own

    def without_choice(self) -> "RecordTransforms":
        """The same for a record that has the components and the clock already."""
        return replace(self, observe=None, resample=None)

    def _logarithmic(self, names: Sequence[str]) -> list[int]:
        if self.logarithm is True:
            return list(range(len(names)))
        return component_numbers("data.logarithm", names, self.logarithm)

    def _require_positive(self, observed: Trajectories) -> None:
        """Tell of all values without a logarithm at once, and not of those of the first part."""
        if self.logarithm is not False:
            require_positive(as_vectors(observed), self._logarithmic(observed.column_names))

    @functools.cached_property
    def _said(self) -> str:
        said = {name: getattr(self, name) for name in OPTIONS if getattr(self, name) not in (None, False, 0)}
        return ", ".join(f"data.{name}={value}" for name, value in said.items())
