"""A function that a run has learned, as a graph of tensors that a program can run without this package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from sciml_bench import __version__
from sciml_bench.core.errors import DataError

LARGEST_DIFFERENCE = 1e-5
"""Between a graph and the learned object, in deviations of what this answers."""
_SINGLE = float(np.finfo(np.float32).eps)
_ROUNDINGS = 16
"""Of single precision, that may add up within a network."""
_TRACED_ROWS = 3

Rows = Float[np.ndarray, "batch *shape"]


@dataclass(frozen=True, eq=False)
class ExportedFunction:
    """A function of a batch of rows.

    Args:
        name: of the function, and of what it gives.
        graph: takes the inputs in their order and gives one tensor, all in double precision, the batch first.
        inputs: rows by name at which the graph is checked; they do not become part of it.
        answer: what the learned object itself says of such inputs.
        facts: what a program has to know of it, as plain values: its meaning, names and units.
        single: whether a part of it computes in single precision.
    """

    name: str
    graph: nn.Module
    inputs: Mapping[str, Rows]
    answer: Callable[..., Rows]
    facts: Mapping[str, Any]
    single: bool = False

    @cached_property
    def answers(self) -> Rows:
        """Of the learned object, at the inputs."""
        return self.answer(*self.inputs.values())

    @property
    def signature(self) -> dict[str, Any]:
        """The facts, and the axes of what goes in and comes out."""
        axes = {name: ["batch", *rows.shape[1:]] for name, rows in self.inputs.items()}
        return {
            "function": self.name,
            "written_by": f"sciml-bench {__version__}, torch {torch.__version__}",
            **self.facts,
            "inputs": axes,
            "output": {self.name: ["batch", *self.answers.shape[1:]]},
        }

    def program(self) -> torch.export.ExportedProgram:
        """The graph for any number of rows.

        Raises:
            DataError: it depends on the numbers that go in, or calls what is no tensor operation.
        """
        graph = self.graph.eval().requires_grad_(False)
        rows = tuple(
            torch.from_numpy(np.resize(part, (_TRACED_ROWS, *part.shape[1:]))) for part in self.inputs.values()
        )
        with torch.no_grad():
            graph(*rows)  # constants are remembered at the first call, and those of a traced call are none
            shapes = tuple({0: torch.export.Dim("batch")} for _ in rows)
            try:
                return torch.export.export(
                    graph, tuple(map(torch.zeros_like, rows)), dynamic_shapes=shapes, strict=False
                )
            except Exception as error:  # torch raises many kinds
                raise DataError(
                    f"{self.name} cannot be exported, for it is no graph of tensor operations ({_first_line(error)})"
                ) from error

    def difference(self, evaluated: Callable[..., Rows]) -> float:
        """How far an exported graph is from the learned object: the largest difference, in deviations of its answers.

        Args:
            evaluated: the graph as it was written, from arrays to an array.

        Raises:
            DataError: more than 1e-5, and more than the rounding of the learned object's own single precision; of all
                rows at once or of one row alone.
        """
        answers, rows = self.answers, tuple(self.inputs.values())
        finite = np.isfinite(answers.reshape(len(answers), -1)).all(axis=1)
        if not finite.any():
            raise DataError(f"{self.name}: the run's own answers are not finite, so the export cannot be checked")
        known = answers[finite]
        deviation, size = float(known.std(axis=0).max()), float(np.abs(known).max())
        allowed = LARGEST_DIFFERENCE * deviation
        if self.single:
            moved = self.answer(*(part + _SINGLE * part.std(axis=0) for part in rows))[finite]
            allowed += _ROUNDINGS * max(float(np.abs(moved - known).max()), _SINGLE * size)
        found = evaluated(*rows)[finite]
        alone = evaluated(*(part[finite][:1] for part in rows))
        largest = max(float(np.abs(found - known).max()), float(np.abs(alone - known[:1]).max()))
        if not largest <= allowed:
            raise DataError(
                f"{self.name}: the exported graph differs from the run's own answers by {largest:.2g}, of values of "
                f"the size {size:.2g}; it was not written"
            )
        return largest / (deviation or size or 1.0)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
