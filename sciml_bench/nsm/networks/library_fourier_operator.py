"""neuraloperator's own Fourier neural operator, as its documentation has it: what a person would use instead.

Li et al. (ICLR 2021), Kossaifi et al., A library for learning neural operators (2024). Its lifting, projection, skips
and channel networks, positions as plain coordinates, and a solution that knows no conditions: an initial field or a
vanishing mean is learned from the pairs. `FourierNeuralOperator` has the library's convolution alone, and exact
conditions.
"""

from typing import Any

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.fourier_neural_operator import FourierNeuralOperator, part_of_library
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries, Values


class LibraryFourierOperator(FourierNeuralOperator):
    """`neuralop.models.FNO` from a field, repeated along time, to the solution; options as for `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range, or a training whose points are not equally spaced.
        NotApplicableError: the package neuraloperator is missing.
    """

    def make_layers(self) -> None:
        """The library's network."""
        network = part_of_library("neuralop.models.fno").FNO
        self.network = network(self.equation_basis.n_modes, 1, 1, self.width, n_layers=self.depth)

    def state_dict(self, *given: Any, **options: Any) -> dict[str, Any]:
        """The weights alone; the library (2.0.0) puts its version, which is no tensor, among them."""
        found = super().state_dict(*given, **options)
        found.pop("_metadata", None)
        return found

    def define_on(self, grid: Grid) -> None:
        """Take the function that the network gives on this grid as its solution; the points are equally spaced."""
        if grid.basis is not None:
            raise ConfigurationError(
                "model=library_fno acts on equally spaced points; choose training=supervised, or model=fno"
            )
        super().define_on(grid)

    def run(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """The network on a grid."""
        fields = self.equation.parameters_on(parameters, grid).unsqueeze(1)
        return self.output_scale * self.network(fields.contiguous()).squeeze(1)

    def solution_on(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """What the network gives, without conditions."""
        return self.values(parameters, grid)

    def solution_as_series(self, parameters: ParameterSeries) -> tuple[TensorProduct, Coefficients]:
        """The series nearest to that."""
        return self.basis, self.series(parameters)
