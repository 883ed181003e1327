"""Fields that know the equations, or a part of them (Rackauckas et al., Universal differential equations, 2020)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data import RecordSpec
from sciml_bench.node.fields.blackbox import acting, dimension, state_scale
from sciml_bench.node.fields.field_network import FieldNetwork
from sciml_bench.node.fields.vector_field import Instant, MemberStates, PerceptronForm, VectorField
from sciml_bench.systems import OrdinaryDifferentialEquation


@described
class LotkaVolterraGrayBox(VectorField):
    """dx/dt = α x + network₁(x, y), dy/dt = −δ y + network₂(x, y): growth and death are known, the hunt is learned.

    Args:
        spec: of the data, or just the number of state components, which must be 2.
        hidden_layers, nodes_per_layer, activation, dtype: as in `Blackbox`.
        prey_growth: α, in 1/time.
        predator_death: δ, in 1/time.

    Raises:
        ConfigurationError: the data do not have two components, a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        spec: RecordSpec | int,
        hidden_layers: int = 2,
        nodes_per_layer: int = 20,
        activation: str = "gelu",
        prey_growth: float | int = 1.3,
        predator_death: float | int = 1.8,
        dtype: str = "float64",
    ) -> None:
        super().__init__(dimension(spec))
        if self.dim != 2:
            raise ConfigurationError(
                f"model=lotka_graybox describes prey and predators, but the data have {self.dim} components; take "
                "model=blackbox, or model=graybox with a system of your own"
            )
        size = hidden_layers, nodes_per_layer
        self.network = FieldNetwork(2, (0, 1), *size, activation, dtype, inputs=acting(spec))
        rates = torch.tensor([float(prey_growth), -float(predator_death)], dtype=self.network.mean.dtype)
        self.register_buffer("rates", rates, persistent=False)

    rates: Tensor

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The time derivative, which does not depend on time."""
        return self.rates * x + self.network(self._with_members(x), u).reshape(x.shape)

    def perceptron_form(self) -> PerceptronForm:
        """A holds the known rates."""
        return PerceptronForm(torch.diag(self.rates), *self.network.affine_layers(), self.network.activation_name)


@described
class GrayBox(VectorField):
    """dx/dt = known(t, x) + network(x), the network in all equations or in some.

    Args:
        spec: of the data, or just the number of state components.
        system: the known part; null takes the system that was simulated.
        unknown_components: numbers of the equations to which the network adds; null for all.
        hidden_layers, nodes_per_layer, activation, standardize, dtype: as in `Blackbox`.

    Raises:
        ConfigurationError: there is no known part or it has another dimension, or a value is out of range.
    """

    def __init__(
        self,
        spec: RecordSpec | int,
        system: OrdinaryDifferentialEquation | None = None,
        unknown_components: Sequence[int] | None = None,
        hidden_layers: int = 2,
        nodes_per_layer: int = 20,
        activation: str = "gelu",
        standardize: bool = False,
        dtype: str = "float64",
    ) -> None:
        super().__init__(dimension(spec))
        known = system if system is not None or isinstance(spec, int) else spec.system
        if not isinstance(known, OrdinaryDifferentialEquation):
            raise ConfigurationError("model.system is not given and the data were not simulated: name the known part")
        if known.dim != self.dim:
            raise ConfigurationError(
                f"model.system: {type(known).__name__} has {known.dim} components, but the data have {self.dim}"
            )
        components = list(range(self.dim)) if unknown_components is None else sorted(set(unknown_components))
        if not components or components[0] < 0 or components[-1] >= self.dim:
            raise ConfigurationError(
                f"model.unknown_components={unknown_components}: give numbers from 0 to {self.dim - 1}"
            )
        self.system, self.components = known, components
        scale = state_scale(spec, standardize)
        size, inputs = (hidden_layers, nodes_per_layer), acting(spec)
        if known.n_inputs != (0 if inputs is None else inputs.dim_in):
            raise ConfigurationError(
                f"model.system: {type(known).__name__} has {known.n_inputs} inputs, but the data have "
                f"{0 if inputs is None else inputs.dim_in}"
            )
        self.network = FieldNetwork(self.dim, components, *size, activation, dtype, scale, inputs)

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The known part and the network."""
        learned = self.network(self._with_members(x), u).reshape(*x.shape[:-1], len(self.components))
        known = self.system.vector_field(t, with_inputs(x, u))
        return known.index_add(-1, torch.tensor(self.components, device=x.device), learned)


@described
class KnownDynamics(VectorField):
    """dx/dt of a system; nothing is learned.

    Args:
        system: the equations.
    """

    def __init__(self, system: OrdinaryDifferentialEquation) -> None:
        super().__init__(system.dim)
        self.system = system

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The time derivative."""
        return self.system.vector_field(t, with_inputs(x, u))


def with_inputs(x: MemberStates, u: Float[Tensor, "batch dim_in"] | None) -> Float[Tensor, "*members batch variables"]:
    """States and, after them, what acts on every trajectory, as systems take them."""
    return x if u is None else torch.cat([x, u.expand(*x.shape[:-1], -1)], dim=-1)
