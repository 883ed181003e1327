"""The operator of neural spectral methods: layers that act on collocation values and on coefficients in turn.

v ← act(W v + S K A v) with the analysis A and synthesis S of a basis, a matrix K for each coefficient and a matrix W
for all points. Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), section 3.2. The network of the
method has the equation's own basis; with Fourier series on all axes it is the paper's ablation, with Chebyshev series
on all axes a Chebyshev operator.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.bases.basis import apply
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork

if TYPE_CHECKING:
    from sciml_bench.nsm.equations import Equation

BASES = ("equation", "fourier", "chebyshev")


class SpectralLayer(nn.Module):
    """act(W v + S K A v).

    Args:
        basis: of A and S.
        width: channels.
        activation: act.
    """

    def __init__(self, basis: TensorProduct, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.basis, self.activation = basis, activation
        self.pointwise = nn.Linear(width, width)
        n_coefficients = math.prod(basis.n_modes)
        # each of the two paths alone would keep the variance; together they double it, as ReLU halves it again
        self.kernel = nn.Parameter(torch.randn(n_coefficients, width, width) / math.sqrt(width))

    def forward(self, v: Float[Tensor, "*grid batch channels"]) -> Float[Tensor, "*grid batch channels"]:
        """One layer."""
        shape = v.shape
        mapped = v
        for axis, basis in enumerate(self.basis.bases):
            mapped = apply(basis.matrix("analysis", v), mapped, axis)
        mapped = torch.bmm(mapped.reshape(-1, *shape[-2:]), self.kernel).reshape(shape)
        for axis, basis in enumerate(self.basis.bases):
            mapped = apply(basis.matrix("synthesis", v), mapped, axis)
        return self.activation(self.pointwise(v) + mapped)


class SpectralOperator(OperatorNetwork):
    """Lift, layers, projection on the nodes of a basis.

    Args:
        equation: the spec.
        basis: `equation` for the equation's own; `fourier` or `chebyshev` on all axes.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    kinds: ClassVar[dict[str, type[Basis]]] = {"fourier": Fourier, "chebyshev": Chebyshev}

    def __init__(self, equation: "Equation", *, modes: Sequence[int], basis: str = "equation", **options: Any) -> None:
        super().__init__(equation, modes=modes, **options)
        if basis not in BASES:
            raise ConfigurationError(f"model.basis={basis}: choose one of {', '.join(BASES)}")
        own = self.equation_basis
        self._basis = own if basis == "equation" else TensorProduct.of([self.kinds[basis]] * own.n_axes, own.n_modes)
        self.lifting = self.lift()
        self.layers = nn.ModuleList(SpectralLayer(self._basis, self.width, self.activation) for _ in range(self.depth))
        self.projecting = self.projection()

    @property
    def basis(self) -> TensorProduct:
        """Of layers and output."""
        return self._basis

    def series(self, parameters: Float[Tensor, "batch *parameter_modes"]) -> Float[Tensor, "batch *modes"]:
        """Coefficients of z in `basis`."""
        v = self.lifting(self.features(parameters, Grid.of_nodes(self.axes, self._basis)))
        for layer in self.layers:
            v = layer(v)
        values = self.projecting(v).squeeze(-1).movedim(-1, 0)
        return self._basis.analyse(self.output_scale * values)
