"""The Fourier neural operator on a grid, with neuraloperator's spectral convolution: the grid-trained baseline.

Li et al., Fourier Neural Operator for Parametric Partial Differential Equations (ICLR 2021): v ← act(W v + K v), the
convolution K a complex matrix for each of the lowest waves of a discrete Fourier transform over the points, whatever
their positions.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork

if TYPE_CHECKING:
    from sciml_bench.nsm.equations import Equation


class FourierNeuralOperator(OperatorNetwork):
    """An operator on values: it gives the solution on the grid on which it sees the parameters.

    Its series, for the spectral training and the residual of the evaluation, is that of its values at the nodes of the
    equation's basis.

    Args:
        equation: the spec.
        modes: waves of the convolution per axis, and nodes of its series.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range, or the package neuraloperator is missing.
    """

    def __init__(self, equation: "Equation", *, modes: Sequence[int], **options: Any) -> None:
        super().__init__(equation, modes=modes, **options)
        try:
            from neuralop.layers.spectral_convolution import SpectralConv
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "model=fno needs the package neuraloperator; install it with `pip install 'sciml-bench[operators]'`"
            ) from error
        n_modes = tuple(self.equation_basis.n_modes)
        self.lifting = self.lift()
        self.convolutions = nn.ModuleList(SpectralConv(self.width, self.width, n_modes) for _ in range(self.depth))
        self.pointwise = nn.ModuleList(nn.Linear(self.width, self.width) for _ in range(self.depth))
        self.projecting = self.projection()

    @property
    def basis(self) -> TensorProduct:
        """The equation's own."""
        return self.equation_basis

    def values(self, parameters: Float[Tensor, "batch *parameter_modes"], grid: Grid) -> Float[Tensor, "batch *grid"]:
        """z on a grid, by running the network there."""
        v = self.lifting(self.features(parameters, grid))
        for convolution, pointwise in zip(self.convolutions, self.pointwise, strict=True):
            # the convolution wants (batch, channels, *grid)
            waves = convolution(v.movedim((-2, -1), (0, 1)).contiguous())
            v = self.activation(pointwise(v) + waves.movedim((0, 1), (-2, -1)))
        return self.output_scale * self.projecting(v).squeeze(-1).movedim(-1, 0)

    def series(self, parameters: Float[Tensor, "batch *parameter_modes"]) -> Float[Tensor, "batch *modes"]:
        """Coefficients of the series through the values at the nodes."""
        return self.basis.analyse(self.values(parameters, Grid.of_nodes(self.axes, self.basis)))

    def record_entries(self) -> dict[str, Any]:
        """The waves of the convolution."""
        return {"modes": list(self.basis.n_modes), "bases": ["grid"] * self.basis.n_axes}
