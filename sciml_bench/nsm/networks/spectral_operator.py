"""The operator of neural spectral methods: layers that act on collocation values and on coefficients in turn.

Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), section 3.2. The network of the method has the
equation's own basis; with Fourier series on all axes it is the paper's ablation, with Chebyshev series on all axes a
Chebyshev operator.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import nn

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.networks.spectral_layers import CoefficientLayer, FrequencyLayer
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries

BASES = ("equation", "fourier", "chebyshev")
LAYERS: dict[str, type[nn.Module]] = {"per_frequency": FrequencyLayer, "per_coefficient": CoefficientLayer}


class SpectralOperator(OperatorNetwork):
    """Lift, layers, projection on the nodes of a basis.

    Args:
        equation: the spec.
        modes: per axis of the solution.
        basis: `equation` for the equation's own; `fourier` or `chebyshev` on all axes.
        kernel: `per_frequency`, one matrix for sine and cosine, or `per_coefficient`, as published; see
            `spectral_layers`.
        coordinates: see `OperatorNetwork`; without those of periodic axes a kernel per frequency makes the network
            commute with shifts.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    kinds: ClassVar[dict[str, type[Basis]]] = {"fourier": Fourier, "chebyshev": Chebyshev}

    def __init__(
        self,
        equation: Equation,
        *,
        modes: Sequence[int],
        basis: ConfiguredWord = "equation",
        kernel: ConfiguredWord = "per_frequency",
        coordinates: str = "automatic",
        **options: Any,
    ) -> None:
        super().__init__(equation, modes=modes, coordinates=coordinates, **options)
        require_choice("model.basis", basis, BASES)
        require_choice("model.kernel", kernel, LAYERS)
        if equation.depends_on_position and kernel == "per_frequency" and self.coordinates != "all":
            raise ConfigurationError(
                f"model.coordinates={coordinates}: {equation.name} depends on positions here, which a network with a "
                "kernel per frequency does not see then; use all or automatic"
            )
        if basis != "equation":
            self._basis = TensorProduct.of([self.kinds[basis]] * self._basis.n_axes, self._basis.n_modes)
        self.lifting = self.lift()
        self.layers = nn.ModuleList(LAYERS[kernel](self._basis, self.width, self.activation) for _ in range(self.depth))
        self.projecting = self.projection()

    def series(self, parameters: ParameterSeries) -> Coefficients:
        """Coefficients of z in `basis`."""
        v = self.lifting(self.features(parameters, Grid.of_nodes(self.axes, self._basis)))
        for layer in self.layers:
            v = layer(v)
        values = self.projecting(v).squeeze(-1).movedim(-1, 0)
        return self._basis.analyse(self.output_scale * values)
