"""Found equations as functions that can be exported: their right-hand sides, and where they lead in one time step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.networks.exported_field import field_functions


class RightHandSide(nn.Module):
    """Σ_j ξ_j θ_j(x, u).

    Args:
        library: θ.
        coefficients: ξ.
    """

    def __init__(self, library: Any, coefficients: Float[np.ndarray, "terms dim"]) -> None:
        super().__init__()
        self.library = library
        self.register_buffer("coefficients", torch.tensor(coefficients, dtype=torch.float64))

    coefficients: Tensor

    def forward(
        self, t: Tensor, x: Float[Tensor, "batch dim"], u: Float[Tensor, "batch dim_in"] | None = None
    ) -> Tensor:
        """Which does not depend on time."""
        return self.library(x if u is None else torch.cat([x, u], dim=-1)) @ self.coefficients


def functions_of(found: Any) -> dict[str, Callable[[], ExportedFunction]]:
    """By name, each made when it is called for.

    Args:
        found: `DiscoveredEquations`.
    """

    def rates(t: np.ndarray, states: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
        variables = np.concatenate([states.reshape(len(states), -1), *inputs], axis=1)
        return found.system().vector_field(0.0, torch.from_numpy(variables)).numpy().reshape(states.shape)

    def arrived(t: np.ndarray, states: np.ndarray, *inputs: np.ndarray) -> np.ndarray:
        ends = np.stack([*inputs, *inputs][:2], axis=1) if inputs else [None] * len(t)
        times = np.array([0.0, found.spec.time_step])
        rows = [found.motion(row.ravel(), times, acting)[-1] for row, acting in zip(states, ends, strict=True)]
        return np.stack(rows).reshape(states.shape)

    graph = RightHandSide(found.library, np.asarray(found.coefficients))
    return field_functions(graph, found.spec, found.past, rates, arrived)
