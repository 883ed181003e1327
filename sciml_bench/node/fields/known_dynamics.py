"""A system of known equations as a vector field, to be integrated and coupled like a learned one."""

from sciml_bench.core.stored.description import described
from sciml_bench.node.fields.vector_field import Instant, MemberStates, VectorField
from sciml_bench.systems import OrdinaryDifferentialEquation


@described
class KnownDynamics(VectorField):
    """dx/dt of a system; nothing is learned.

    Args:
        system: the equations.
    """

    def __init__(self, system: OrdinaryDifferentialEquation) -> None:
        super().__init__(system.dim)
        self.system = system

    def forward(self, t: Instant, x: MemberStates) -> MemberStates:
        """The time derivative."""
        return self.system.vector_field(t, x)
