"""What readers find in files of arrays: arrays that only have names, or fields whose axes have names as well."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.trajectories.time_origin import TimeOrigin

_CELL = re.compile(r"\{\d+\}$")
_INDEX = re.compile(r"\{\d+\}|\(\d+\)")


@dataclass(eq=False)
class Arrays:
    """Arrays that only have names.

    Args:
        arrays: by name, with `shape`, `dtype` and slicing; unread where the format allows it. A name may be a path,
            such as `run/x`, `run.x` and `x{3}`; "" is the only array of a file.
        units: of some of them, by name.
        texts: arrays of text, which may be names of components.
        separator: between the parts of a name that is a path.
        notes: how the file was read, where it could be read otherwise.
        fault: why the axes of its arrays are not known though its layout has them, or why some arrays are not read; a
            person has to choose then.
        origins: of the clocks among them that hold dates, by name.
    """

    arrays: dict[str, Any]
    units: dict[str, str] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    separator: str = "/"
    notes: list[str] = field(default_factory=list)
    fault: str | None = None
    origins: dict[str, TimeOrigin] = field(default_factory=dict)

    def group_of(self, name: str) -> str:
        """Where an array stands: `run` for `run/x`, `{3}` for the third cell of `x`."""
        group, _, leaf = name.rpartition(self.separator)
        return group + leaf[len(self.leaf_of(name)) :]

    def leaf_of(self, name: str) -> str:
        """What an array is called in its group."""
        return _CELL.sub("", name.rpartition(self.separator)[2])

    def is_around(self, name: str, group: str) -> bool:
        """Whether an array stands in a group, or in one around it."""
        outer = self.group_of(name)
        return outer in ("", group) or (group.startswith(outer) and group[len(outer)] in f"{self.separator}{{(")

    def names_of(self, path: Path, keys: Sequence[str]) -> list[str]:
        """The arrays that a person means: by their names, or all in a group, a structure or cells; all without a key.

        Args:
            path: of the file, for the message.
            keys: the names.

        Raises:
            ConfigurationError: there is no such array.
        """
        found = [] if keys else list(self.arrays)
        for key in keys:
            bare = {name: _INDEX.sub("", name) for name in self.arrays}
            inside = [
                name
                for name in self.arrays
                if key in (name, bare[name])
                or any(text.startswith(key) and text[len(key)] in f"{self.separator}{{(" for text in (name, bare[name]))
            ]
            inside = inside or [name for name in self.arrays if self.leaf_of(name) == key]
            if not inside:
                names = ", ".join([*filter(None, self.arrays), *self.texts]) or "none: leave data.key out"
                raise ConfigurationError(
                    f"data.key={key}: {path} has no array of numbers of this name; its arrays are {names}."
                )
            found += inside
        return list(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class Field:
    """An array whose axes have names.

    Args:
        values: with `shape`, `dtype` and slicing; unread where the format allows it.
        axes: the names.
        unit: of the values.
        note: how it was read, where that is worth telling.
    """

    values: Any
    axes: tuple[str, ...]
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True, eq=False)
class Coordinate:
    """Where the entries along an axis are: numbers or labels.

    Args:
        values: along `axes`.
        axes: one; a clock of its own for each trajectory has more, with the time as the last.
        unit: of numbers.
        is_clock: whether the file says that this is the time.
        is_lead: whether these are times since the beginning of a forecast.
    """

    values: Shaped[np.ndarray, "..."]
    axes: tuple[str, ...]
    unit: str | None = None
    is_clock: bool = False
    is_lead: bool = False


@dataclass(eq=False)
class Fields:
    """Fields that share their axes.

    Args:
        fields: by name; a name may be a path, such as `run/x`.
        coordinates: by name.
        time_step: between two entries of the time axis, where the file gives that instead.
        growing_axis: the one that the file may still be extended along.
        notes: how the file was read, where it could be read otherwise.
    """

    fields: Mapping[str, Field]
    coordinates: Mapping[str, Coordinate]
    time_step: float | None = None
    growing_axis: str | None = None
    notes: list[str] = field(default_factory=list)


class Rows:
    """The rows of fields in one trajectory, with axes (time, *state), read when they are asked for.

    Args:
        fields: one, or several on the same axes.
        time_axis: the axis that becomes the first.
        axes: of the state, in their order.
        place: position on every other axis.
        stacked: whether the fields stand along a last axis, as several do.
    """

    def __init__(
        self, fields: Sequence[Field], time_axis: str, axes: Sequence[str], place: Mapping[str, int], stacked: bool
    ) -> None:
        self._fields, self._order, self._place, self._stacked = fields, (time_axis, *axes), place, stacked
        lengths = dict(zip(fields[0].axes, fields[0].values.shape, strict=True))
        self.shape = tuple(int(lengths[axis]) for axis in self._order) + ((len(fields),) if stacked else ())
        self.dtype = np.result_type(*(np.dtype(one.values.dtype) for one in fields))
        chunked = [one for one in fields if getattr(one.values, "chunks", None)]
        self.chunks = (max((one.values.chunks[one.axes.index(time_axis)] for one in chunked), default=1),)

    @property
    def sources(self) -> list[Any]:
        """What the fields are read from."""
        return [one.values for one in self._fields]

    def read_from(self, loaded: Mapping[int, np.ndarray]) -> "Rows":
        """The same rows, of sources that are in memory, by their `id`, where they are."""
        fields = [replace(one, values=loaded.get(id(one.values), one.values)) for one in self._fields]
        time_axis, *axes = self._order
        return Rows(fields, time_axis, axes, self._place, self._stacked)

    def __getitem__(self, rows: slice) -> np.ndarray:
        parts = [self._read(one, rows) for one in self._fields]
        return np.stack(parts, axis=-1) if self._stacked else parts[0]

    def _read(self, one: Field, rows: slice) -> np.ndarray:
        where = tuple(rows if a == self._order[0] else self._place.get(a, slice(None)) for a in one.axes)
        left = [axis for axis in one.axes if axis not in self._place]
        return np.asarray(one.values[where]).transpose([left.index(axis) for axis in self._order])
