"""What a NeuralODE learns: the right-hand side of dx/dt = field(t, x), possibly of several members at once.

Members are copies with weights of their own (the seeds of an ensemble, the points of a loss landscape). All parameters
of a field carry them as their first axis, and states carry them as an axis before the batch; a single field has one
member and takes states without that axis too.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import StackedPerceptrons
from sciml_bench.node.fields.field_network import FieldNetwork

Instant: TypeAlias = float | Float[Tensor, ""] | Float[Tensor, " batch"]
"""A time, one for all trajectories or one for each."""

MemberStates: TypeAlias = Float[Tensor, "*members batch dim"]
"""States, with the axis of members in front where there is more than one."""

Times: TypeAlias = Float[np.ndarray, "batch time"]
"""One increasing grid per trajectory."""

StageDerivative = Callable[[int, int, Tensor], Tensor]
"""(step, stage, states) -> derivatives, for a solver that knows its times beforehand."""


@dataclass(frozen=True, eq=False)
class PerceptronForm:
    """A field written as A x + network(x, u), which the compiled solver integrates.

    Args:
        linear: A, the same for all members.
        weights: matrices (members, inputs, outputs) of the layers; the first one sees the states and then u.
        biases: of the layers (members, outputs).
        activation: name of the activation between them.
    """

    linear: Float[Tensor, "dim dim"]
    weights: tuple[Float[Tensor, "members _ _"], ...]
    biases: tuple[Float[Tensor, "members _"], ...]
    activation: str


class VectorField(nn.Module):
    """Base of everything that can be integrated by `solve`.

    Args:
        dim: number of state components.
        n_members: fields with weights of their own.
    """

    def __init__(self, dim: int, n_members: int = 1) -> None:
        super().__init__()
        self.dim, self.n_members = dim, n_members

    is_smooth: bool = True
    """Whether the derivative neither bends nor jumps at the times that a solver is given."""

    jumps: bool = False
    """Whether it jumps there."""

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The time derivative.

        Args:
            t: the time, one for all trajectories or one for each.
            x: states; with the axis of members in front where there is more than one.
            u: what acts on every trajectory now, where something does.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement forward()")

    def perceptron_form(self) -> PerceptronForm | None:
        """The part of the field that is A x + network(x), where the rest depends on time alone (see `forcing`)."""
        return None

    def forcing(self, times: Float[np.ndarray, "batch *stages"]) -> Float[np.ndarray, "batch *stages dim"] | None:
        """What is added to `perceptron_form`; None for nothing."""
        return None

    def driving(
        self, times: Float[np.ndarray, "batch steps stages"]
    ) -> Float[np.ndarray, "batch steps stages dim_in"] | None:
        """What acts on the network of `perceptron_form` at all stages; None for nothing."""
        return None

    def at_stages(
        self,
        times: Float[np.ndarray, "batch steps stages"],
        inputs: Float[np.ndarray, "batch steps stages dim_in"] | None = None,
    ) -> StageDerivative:
        """The derivative as a function of the number of a step and stage.

        Args:
            times: of all stages; what depends on time alone is computed here, once.
            inputs: what acts at all stages, where something does.
        """
        instants = torch.from_numpy(times)
        if inputs is None:
            return lambda step, stage, x: self(instants[:, step, stage].to(x), x)
        acting = torch.from_numpy(inputs)
        return lambda step, stage, x: self(instants[:, step, stage].to(x), x, acting[:, step, stage].to(x))

    @classmethod
    def joined(cls, fields: Sequence["VectorField"]) -> "VectorField":
        """One field whose members are the given ones.

        Args:
            fields: of one class and equal shapes; they are not changed.
        """
        together = copy.deepcopy(fields[0])
        all_parameters = [dict(field.named_parameters()) for field in fields]
        together.set_members({name: torch.cat([own[name] for own in all_parameters]) for name in all_parameters[0]})
        return together

    def set_members(self, parameters: dict[str, Float[Tensor, "members ..."]]) -> None:
        """Replace all parameters by those of other members.

        Args:
            parameters: by name, with any number of members.
        """
        for name, value in parameters.items():
            owner, _, last = name.rpartition(".")
            module = self.get_submodule(owner)
            if isinstance(module, nn.ParameterList):
                module[int(last)] = nn.Parameter(value.detach().clone())
            else:
                setattr(module, last, nn.Parameter(value.detach().clone()))
        n_members = len(next(iter(parameters.values()))) if parameters else 1
        for module in self.modules():
            if isinstance(module, VectorField | StackedPerceptrons):
                object.__setattr__(module, "n_members", n_members)

    def set_time_unit(self, time: float) -> None:
        """Let a network that sees standardised states answer in deviations per this time; other fields have no unit.

        Args:
            time: in which states change by about a deviation.
        """
        for module in self.modules():
            if isinstance(module, FieldNetwork):
                module.set_time_unit(time)

    def member(self, number: int) -> "VectorField":
        """One member as a field of its own, whose parameters are parts of these: gradients arrive at them.

        Args:
            number: of the member.
        """
        return cast(VectorField, _member(self, number))

    def _with_members(self, x: Tensor) -> Float[Tensor, "members batch dim"]:
        """States with exactly the axes (members, batch, dim)."""
        if x.shape[-1] != self.dim:
            raise ConfigurationError(
                f"{type(self).__name__} has {self.dim} components, but the states have {x.shape[-1]}"
            )
        if self.n_members == 1:
            return x.reshape(1, -1, self.dim)
        if x.ndim < 2 or x.shape[0] != self.n_members:
            raise ConfigurationError(
                f"states of shape {tuple(x.shape)}: the first axis must count the {self.n_members} members"
            )
        return x.reshape(self.n_members, -1, self.dim)


def _member(module: nn.Module, number: int) -> nn.Module:
    """A copy of a module with one member's slices of the parameters in their places, and all else shared."""
    single = copy.copy(module)
    slices = {name: None if p is None else p[number : number + 1] for name, p in module._parameters.items()}
    vars(single)["_parameters"] = slices
    children = {name: None if child is None else _member(child, number) for name, child in module._modules.items()}
    vars(single)["_modules"] = children
    if isinstance(module, VectorField | StackedPerceptrons):
        vars(single)["n_members"] = 1
    return single
