"""Training on the residual at the points of a grid: the physics-informed loss of grid-based operators, the baseline.

Derivatives are second-order differences of equally spaced values, or exact ones of the series through values at the
nodes of the equation's basis. Raissi, Perdikaris and Karniadakis, Physics-informed neural networks (J. Comput. Phys.
378, 2019); Li et al., Physics-Informed Neural Operator (2021) for operators.
"""

import math
from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.budget import require_memory
from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.views.fresh_parameters import FreshParameters
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.sampled_functions import DifferencedFunction, SpectralFunction
from sciml_bench.nsm.training.operator_training import OperatorTraining

DIFFERENCES = ("finite", "spectral")


_VALUES_PER_POINT = 16
"""That a batch keeps for the gradient [measured: peak memory at 64² to 256² points, 13 to 16 with finite differences
and 19 to 25 with spectral ones]."""


class GridTraining(OperatorTraining):
    """Minimise the mean square of the residual on a grid.

    Args:
        model: the network.
        view: the equation's `sampling`.
        resolution: points per axis, one number for all or one for each, time first; of record 64, 128 and 256.
        differences: `finite` or `spectral`.
        **options: see `OperatorTraining`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        model: OperatorNetwork,
        view: FreshParameters,
        *,
        resolution: int | Sequence[int] = 64,
        differences: ConfiguredWord = "finite",
        **options: Any,
    ) -> None:
        super().__init__(model, view, **options)
        equation = self.equation
        given = list(resolution) if isinstance(resolution, Sequence) else [resolution] * len(equation.axes)
        if isinstance(resolution, str) or len(given) != len(equation.axes):
            names = ", ".join(axis.name for axis in equation.axes)
            raise ConfigurationError(f"training.resolution={resolution}: give one number, or one for each of ({names})")
        sizes = tuple(
            require_integer("training.resolution", n, 4, "a grid needs at least 4 points per axis") for n in given
        )
        values = math.prod(map(float, sizes)) * view.batch_size * _VALUES_PER_POINT
        asked = f"training.resolution={resolution}: {values:.3g} values of a batch"
        require_memory(asked, 4 * values, "give fewer points, or smaller batches")
        self.differences = require_choice("training.differences", differences, DIFFERENCES)
        if differences == "finite":
            self.grid = Grid.equally_spaced(equation.axes, sizes)
        else:
            # an even number of waves would include one without a derivative
            odd = [
                m - 1 + m % 2 if axis.kind == "periodic" else m for m, axis in zip(sizes, equation.axes, strict=True)
            ]
            self.grid = Grid.of_nodes(equation.axes, equation.basis(odd))
        model.define_on(self.grid)

    def mismatch(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """Mean square of the residual over the batch and the points."""
        fields = self.equation.parameter_coefficients(parameters)
        on_grid = self.equation.parameters_on(fields, self.grid)
        values = self.model.solution_on(fields, self.grid)
        if self.grid.basis is None:
            solution = DifferencedFunction(values, self.grid)
        else:
            solution = SpectralFunction(self.grid.basis.analyse(values), self.grid.basis)
        return self.equation.residual(solution, on_grid).square().mean()

    def record_entries(self) -> dict[str, Any]:
        """The grid."""
        return super().record_entries() | {"grid": list(self.grid.size), "differences": self.differences}
