"""A record: what was observed, whatever learns from it. What `conf/shared/data/*.yaml` build.

It is a plain object: after `setup()` it has its `splits`, their `spec` and the `files` they came from. How a method
reads it (pairs, whole trajectories, windows) is a view of the method's, in `sciml_bench.data.views`.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.fingerprint import fingerprint
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.reading import described, named
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.split import DEFAULT_SPLIT, SPLIT_BY, SPLIT_NAMES, TIME, checked_split, split_trajectories
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import RecordTransforms

Transform = Callable[[Trajectories], Trajectories]


class Record:
    """Base class of all records; a subclass implements `load`, or `load_splits` where its parts are given.

    Args:
        split: sizes of the parts train, validation and test: fractions, or whole numbers of rows (of trajectories where
            these stay whole); 60/20/20 per cent by default. A part of size 0 is absent.
        split_by: "time" cuts every trajectory into contiguous blocks, "trajectory" keeps trajectories whole.
        transforms: functions of `Trajectories`, such as those of `sciml_bench.data.transforms`, applied to every
            part in their order.

    Raises:
        ConfigurationError: a value is out of range.
    """

    state_shape: tuple[int, ...] | None = None
    """Of one state, where it is known before anything is loaded; afterwards it is in `spec`."""

    n_classes: int | None = None
    """Number of labels where every state carries one."""

    adaptation: str = ""
    """Which settings nobody chose were made to fit it, in a line; empty where none had to be."""

    def __init__(
        self,
        *,
        split: Mapping[str, Any] | None = None,
        split_by: ConfiguredWord = TIME,
        transforms: Sequence[Transform] = (),
    ) -> None:
        self.split = checked_split(dict(DEFAULT_SPLIT if split is None else split))
        self.split_by = require_choice("data.split_by", split_by, SPLIT_BY)
        self.transforms = tuple(transforms)
        self.asked = RecordTransforms()
        self._loaded: tuple[dict[str, Trajectories], RecordSpec] | None = None
        self._files_read: list[Path] = []
        self._reading: str | None = None

    def transform(self, **options: Any) -> "Record":
        """Ask for transforms of this record, before it is loaded; they come before the functions `transforms`.

        Args:
            **options: observe, resample, logarithm, difference, delays, as in `RecordTransforms`.

        Raises:
            ConfigurationError: a value is out of range.
        """
        self.asked = RecordTransforms.of(options)
        if self.asked != RecordTransforms():
            self.state_shape = None  # it is known when the record is loaded
        return self

    def load(self) -> Trajectories:
        """All observations; what a subclass implements.

        Raises:
            DataError: the data cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement load() or load_splits().")

    def load_splits(self) -> dict[str, Trajectories]:
        """The observations by part; a subclass whose parts are given overrides this instead of `load`."""
        return split_trajectories(self.load(), self.split, self.split_by)

    def setup(self) -> None:
        """Load, split, check and describe the observations once; further calls do nothing.

        Raises:
            FileNotFoundError: a file is missing.
            ConfigurationError: a choice does not fit the data.
            DataError: the data cannot be used.
        """
        if self._loaded is not None:
            return
        splits = self.load_splits()
        as_read = splits["train"]
        if changed := self.asked != RecordTransforms():
            splits = self.asked.in_parts(splits, self.split_by)
            rows = " + ".join(str(part.n_states) for part in splits.values())
            learned_from = f"{named(splits['train'])}: {rows} rows"
            if self.asked.resample is not None:
                learned_from += f", every {splits['train'].time_step:.6g} {splits['train'].time_unit}"
            self._reading = "; learned from ".join(part for part in (self._reading, learned_from) if part)
        for transform in self.transforms:
            splits = {name: transform(part) for name, part in splits.items()}
        splits["train"].require_variation("the train split")
        for name, part in splits.items():
            if part.state_shape != splits["train"].state_shape:
                raise DataError(
                    f"the {name} split has states of the shape {part.state_shape}, the train split of "
                    f"{splits['train'].state_shape}; give states of one shape."
                )
        spec = RecordSpec.of(splits["train"], self.n_classes, self.asked if changed else None)
        if changed:
            if as_read.masked:  # what was not chosen may have no value at all; of this spec nothing but names counts
                values = tuple(np.nan_to_num(read_block(part)) for part in as_read.states)
                as_read = as_read.unchecked(states=values, masked=False)
            spec = replace(spec, as_read=RecordSpec.of(as_read))
        self._loaded = splits, spec

    @property
    def single_records(self) -> Mapping[str, Mapping[str, Any]]:
        """By name, the settings of `data` that choose each of several records that are learned from by themselves; none
        of a record of one system.
        """
        return {}

    @property
    def splits(self) -> dict[str, Trajectories]:
        """The trajectories of `train`, and of `validation` and `test` where there are such parts."""
        return self._after_setup()[0]

    @property
    def spec(self) -> RecordSpec:
        """What a model must know about the record."""
        return self._after_setup()[1]

    @property
    def as_observed(self) -> "Record":
        """The same rows in the person's own components; itself where these are what is learned from."""
        splits, spec = self._after_setup()
        if spec.observed is None:
            return self
        own = copy.copy(self)
        own._loaded = {name: part.as_observed for name, part in splits.items()}, spec.observed
        return own

    @property
    def complete(self) -> "Record":
        """Without the rows that have missing values, for a method on any clock; itself where none may be missing.

        Raises:
            DataError: a trajectory has fewer than two rows with all their values.
        """
        splits, spec = self._after_setup()
        if not any(part.masked for part in splits.values()):
            return self
        own = copy.copy(self)
        parts = {name: part.without_missing_rows() for name, part in splits.items()}
        own._loaded = parts, replace(spec, lengths=parts["train"].lengths)
        return own

    @property
    def up_to_validation(self) -> "Record":
        """Without its test part, in whose place the validation part stands: what a search is scored on.

        Raises:
            ConfigurationError: there is no validation part.
        """
        if "validation" not in self.splits:
            raise ConfigurationError("scored_on=validation: there is no such part; set data.split.validation above 0")
        own = copy.copy(self)
        own._loaded = {"train": self.splits["train"], "test": self.splits["validation"]}, self.spec
        return own

    def whole_instead(self, n_rows: int) -> str:
        """A remedy for parts that have fewer rows of a trajectory; empty where whole ones would not help."""
        whole = [*map(sum, zip(*(part.lengths for part in self.splits.values()), strict=False))]
        helps = self.split_by == TIME and len(whole) >= len(SPLIT_NAMES) and min(whole) >= n_rows
        return ", or hold out whole trajectories with data.split_by=trajectory" if helps else ""

    @property
    def reading(self) -> str:
        """What the record is and how it was read, in a line."""
        splits = self.splits
        return self._reading or "; ".join(f"{name}: {described(part)}" for name, part in splits.items())

    @property
    def files(self) -> list[dict[str, Any]]:
        """Path, size in bytes and SHA-256 of the files that were read; see `fingerprint`."""
        self._after_setup()
        return [fingerprint(path) for path in dict.fromkeys(self._files_read)]

    def reads_too(self, path: Path) -> None:
        """Count a file that belongs to the data of a run among those that were read.

        Args:
            path: of the file.
        """
        self._files_read = [*self._files_read, path]

    def part(self, name: str) -> Trajectories:
        """One of `splits`.

        Args:
            name: train, validation or test.

        Raises:
            ConfigurationError: there is no such part.
        """
        if name not in self.splits:
            remedy = f"set data.split.{name} above 0" if name in SPLIT_NAMES else f"choose among {list(self.splits)}"
            raise ConfigurationError(f"There is no split named {name!r}: {remedy}.")
        return self.splits[name]

    def _after_setup(self) -> tuple[dict[str, Trajectories], RecordSpec]:
        if self._loaded is None:
            raise RuntimeError("The data are not loaded yet: call setup() first.")
        return self._loaded
