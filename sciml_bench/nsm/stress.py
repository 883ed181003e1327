"""How fast an operator breaks beside what it was trained for: at twice the viscosity, the roughness, the resolution.

The equations' numbers are fixed in a training and no network is told them, so that every question asks more than an
operator can know; the numerical solver gives the truth.
"""

from dataclasses import fields
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction
from sciml_bench.scores.operators.field_errors import relative_l2


def stressed(model: OperatorNetwork, equation: Equation, errors: Float[np.ndarray, " test"]) -> Results:
    """The mean error of every stressed question beside that of the test.

    Fields are those of the test, or made of the same random numbers with half the `length_scale`, so that their slopes
    are twice as steep in the root mean square. The solver has twice the points for those.

    Args:
        model: the network.
        equation: set up.
        errors: relative L² of the test parameters on the first test resolution.

    Returns:
        `error_ratio_twice_viscosity` where the equation has one, `error_ratio_twice_roughness` where its fields have a
        length scale, and `error_ratio_twice_resolution`; as arrays the errors of every field.
    """
    sampling, system = equation.sampling, equation.system
    resolution, test = sampling.test_resolutions[0], sampling.parameters("test")
    names = {field.name for field in fields(system)}  # pyright: ignore[reportArgumentType]
    found = {"resolution": _errors(model, equation, test, sampling.solutions("test", 2 * resolution))}

    def asked(other: Equation, parameters: Parameters) -> Float[np.ndarray, " test"]:
        return _errors(model, equation, parameters, sampling.kept_solutions(parameters, resolution, "stress", other))

    if "viscosity" in names:
        found["viscosity"] = asked(equation.changed(viscosity=2 * system.viscosity), test)
    if "length_scale" in names:
        changes: dict[str, Any] = {"length_scale": system.length_scale / 2}
        if "solver_resolution" in names:
            changes["solver_resolution"] = 2 * system.solver_resolution
        rougher = equation.changed(**changes)
        found["roughness"] = asked(rougher, rougher.draw_parameters(len(test), sampling.seed_of("test")))
    metrics: Metrics = {f"error_ratio_twice_{name}": float(each.mean() / errors.mean()) for name, each in found.items()}
    return Results(metrics, {f"relative_l2_twice_{name}": each for name, each in found.items()})


def _errors(
    model: OperatorNetwork, equation: Equation, parameters: Parameters, truth: Float[np.ndarray, "test *grid"]
) -> Float[np.ndarray, " test"]:
    solved = prediction(model, equation, parameters, equation.test_grid(truth.shape[-1]))
    return relative_l2(solved, torch.from_numpy(truth).to(solved.dtype)).numpy()
