"""How good a trained operator is on parameters that it never saw, and what a solution costs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sciml_bench.core.types import Metrics
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction, residual_l2
from sciml_bench.scores.field_errors import relative_l2

_N_SHOWN = 3
_TIMED_CALLS = 3
_TIMED_BATCH = 16


@dataclass(frozen=True, eq=False)
class OperatorEvaluation:
    """Numbers of an evaluation, and arrays with the names of their pictures.

    `metrics` holds, for every test resolution n, `relative_l2_<n>`, the mean over the test parameters of the relative
    L² error on n points per space axis, and `seconds_per_solution_<n>`, wall seconds of one solution in a batch of 16;
    and `residual_l2`, the root mean square over the test parameters of the L² norm of the residual.
    """

    metrics: Metrics
    arrays: Mapping[str, Any]

    @classmethod
    def of(cls, model: OperatorNetwork, equation: Equation, device: torch.device | str) -> "OperatorEvaluation":
        """Evaluate on the test parameters.

        Args:
            model: with its best weights.
            equation: with its held-out parameters and their solutions.
            device: where the network is.
        """
        parameters = equation.parameters("test")
        metrics: Metrics = {}
        errors: dict[int, np.ndarray] = {}
        shown: tuple[np.ndarray, np.ndarray] | None = None
        for resolution in equation.test_resolutions:
            grid = equation.test_grid(resolution)
            truth = torch.from_numpy(equation.solutions("test", resolution))
            found = prediction(model, equation, parameters, grid, device)
            errors[resolution] = relative_l2(found, truth).numpy()
            metrics[f"relative_l2_{resolution}"] = float(errors[resolution].mean())
            if shown is None:
                shown = found[:_N_SHOWN].numpy(), truth[:_N_SHOWN].numpy()
        norms = residual_l2(model, equation, parameters, device)
        metrics["residual_l2"] = float(norms.square().mean().sqrt())
        for resolution in equation.test_resolutions:
            metrics[f"seconds_per_solution_{resolution}"] = _seconds_per_solution(model, equation, resolution, device)
        assert shown is not None  # there is at least one resolution
        found, truth = shown
        grid = equation.test_grid(equation.test_resolutions[0])
        arrays: dict[str, Any] = {"parameters": parameters[: len(found)], "predicted": found, "truth": truth}
        arrays |= {f"relative_l2_{resolution}": values for resolution, values in errors.items()}
        for axis, points in zip(equation.axes, grid.points, strict=True):
            arrays[f"axis_{axis.name}"] = points
        space = [equation.axes[index].name for index in equation.space_axes]
        nodes = equation.parameter_basis.resized(parameters.shape[1:]).nodes
        arrays |= {f"parameter_axis_{name}": points for name, points in zip(space, nodes, strict=True)}
        is_plane_flow = equation.is_initial_value_problem and len(space) == 2
        pictures = ["solutions", "errors", *(["field"] if is_plane_flow else [])]
        return cls(metrics, arrays | {"quantity": equation.quantity, "pictures": pictures})

    @property
    def figures(self) -> dict[str, Any]:
        """Solutions beside the truth, their errors, and a plane flow in motion."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)


def _seconds_per_solution(
    model: OperatorNetwork, equation: Equation, resolution: int, device: torch.device | str
) -> float:
    parameters = equation.draw_parameters(_TIMED_BATCH, 0)
    grid = equation.test_grid(resolution)
    seconds = []
    for _ in range(_TIMED_CALLS):
        started = time.perf_counter()
        prediction(model, equation, parameters, grid, device)
        seconds.append(time.perf_counter() - started)
    return min(seconds) / _TIMED_BATCH
