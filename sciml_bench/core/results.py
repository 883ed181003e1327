"""What an evaluation found: flat scores, arrays for later analysis, and the pictures that can be drawn from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sciml_bench.core.plain_types import Metrics


@dataclass(frozen=True)
class Results:
    """The outcome of an evaluation.

    Args:
        metrics: finite numbers under the names of `scores.catalogue`.
        arrays: numbers and text, no objects.
        pictures: names of what `drawing` draws from the arrays.
        notes: sentences that a person is told.
    """

    metrics: Metrics = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def joined(self, other: "Results") -> "Results":
        """These results and others of the same run; the others' entries win."""
        pictures = dict.fromkeys((*self.pictures, *other.pictures))
        notes = (*self.notes, *other.notes)
        return Results(self.metrics | other.metrics, self.arrays | other.arrays, tuple(pictures), notes)

    @property
    def stored_arrays(self) -> Mapping[str, np.ndarray]:
        """What goes into arrays.npz: the arrays, and the names of the pictures."""
        return {**self.arrays, "pictures": np.array(self.pictures, dtype=str)}
