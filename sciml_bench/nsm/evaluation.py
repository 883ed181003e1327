"""How good a trained operator is on parameters that it never saw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_boolean
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.solving import prediction, residual_l2
from sciml_bench.nsm.stress import stressed
from sciml_bench.nsm.trained_operator import TrainedOperator
from sciml_bench.scores.operators.field_errors import relative_l2

_N_SHOWN = 3


@dataclass(frozen=True)
class Evaluation:
    """Scores on the test parameters of an equation.

    The metrics are, for every test resolution n, `relative_l2_<n>`, the mean over the test parameters of the relative
    L² error on n points per space axis, for the first of them what there is to beat (`reference_errors`), and
    `residual_l2`, the root mean square over the test parameters of the L² norm of the residual.

    Args:
        stress: whether to ask as well what the training did not prepare for (`stressed`).
    """

    stress: bool = False

    def __post_init__(self) -> None:
        require_boolean("evaluation.stress", self.stress)

    def __call__(self, learned: TrainedOperator, equation: Equation) -> Results:
        """Score an operator with its best weights on the held-out parameters of an equation and their solutions."""
        model, sampling = learned.model, equation.sampling
        parameters = sampling.parameters("test")
        time_axis = next((index for index, axis in enumerate(equation.axes) if axis.kind == "time"), None)
        metrics: Metrics = {}
        arrays: dict[str, Any] = {"parameters": parameters[:_N_SHOWN]}
        for resolution in sampling.test_resolutions:
            grid = equation.test_grid(resolution)
            truth = torch.from_numpy(sampling.solutions("test", resolution))
            found = prediction(model, equation, parameters, grid)
            errors = relative_l2(found, truth).numpy()
            metrics[f"relative_l2_{resolution}"] = float(errors.mean())
            arrays[f"relative_l2_{resolution}"] = errors
            if resolution == sampling.test_resolutions[0]:
                arrays |= {"predicted": found[:_N_SHOWN].numpy(), "truth": truth[:_N_SHOWN].numpy()}
                names = [f"axis_{axis.name}" for axis in equation.axes]
                arrays |= dict(zip(names, grid.points, strict=True))
                metrics |= reference_errors(truth, resolution, time_axis)
        metrics["residual_l2"] = float(residual_l2(model, equation, parameters).square().mean().sqrt())
        space = [equation.axes[index].name for index in equation.space_axes]
        nodes = equation.parameter_basis.resized(parameters.shape[1:]).nodes
        arrays |= {f"parameter_axis_{name}": points for name, points in zip(space, nodes, strict=True)}
        is_plane_flow = equation.is_initial_value_problem and len(space) == 2
        pictures = ("solutions", "errors", *(["field"] if is_plane_flow else []))
        results = Results(metrics, arrays | {"quantity": np.array(equation.quantity)}, pictures)
        first = arrays[f"relative_l2_{sampling.test_resolutions[0]}"]
        return results.joined(stressed(model, equation, first)) if self.stress else results


def reference_errors(truth: Float[Tensor, "batch *grid"], resolution: int, time_axis: int | None) -> Metrics:
    """What an operator has to beat: the mean of the test solutions and, in time, their beginnings at all later moments.

    Args:
        truth: solutions on the test parameters.
        resolution: points per space axis.
        time_axis: which axis of a solution is time, from 0; None for an equation without time.

    Returns:
        `mean_relative_l2_<resolution>` and, in time, `persistence_relative_l2_<resolution>`.
    """
    guesses = {"mean": truth.mean(dim=0, keepdim=True)}
    if time_axis is not None:
        guesses["persistence"] = truth.narrow(time_axis + 1, 0, 1)
    return {
        f"{name}_relative_l2_{resolution}": float(relative_l2(guess.expand_as(truth), truth).mean())
        for name, guess in guesses.items()
    }
