"""A sequence model of fields with the mechanistic block: one linear ODE for every point of the field.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024), section 5 (KdV): a
convolutional network reads the past and writes, for every point, the coefficients and the right side of

    Σ_k (b_k + c_k) w^(k) = r,   w = 0 at the last input frame,

which is solved over the frames to predict; w is what has flowed from the point to the next one (see `FieldFrames`).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode
from sciml_bench.networks.residual_convolution import ResNet1d
from sciml_bench.sequences.field_frames import FieldFrames


@described
class FieldSequenceModel(nn.Module):
    """Past frames to future frames through as many linear ODEs as there are points.

    Time is measured in lengths of the predicted stretch. Before training, nothing flows: the last frame persists.

    Args:
        spec: of the data.
        width, n_blocks, kernel_size, activation, n_seen: of the network, as in `FieldSequenceResNet`.
        base_coefficients: b_k from 0 to the order of the ODEs, to which what the network writes is added at every point
            and step. With (1, 0.05, 0) the right side is a value that the flow follows, with (0, 1, 0) its rate.
        coefficient_range: largest |c_k|; with less than b_0, no ODE comes near to having no restoring term.
        taylor_order: of the solution's expansion between steps, at least the ODE's: the higher, the more accurate.
        shared_coefficients: one set of learned coefficients for all points and inputs, so that the network writes the
            right sides alone and one factorisation serves all problems.

    Raises:
        ConfigurationError: a value is out of range, or the states are no one-dimensional fields.
    """

    base: Tensor

    def __init__(
        self,
        spec: WindowsSpec,
        *,
        width: int = 48,
        n_blocks: int = 4,
        kernel_size: int = 9,
        activation: str = "gelu",
        n_seen: int = 1,
        base_coefficients: Sequence[float | int] = (1.0, 0.05, 0.0),
        coefficient_range: float | int = 0.1,
        taylor_order: int = 4,
        shared_coefficients: bool = False,
    ) -> None:
        super().__init__()
        order = len(base_coefficients) - 1
        if not 1 <= order <= taylor_order:
            raise ConfigurationError(
                f"model.base_coefficients={list(base_coefficients)}, model.taylor_order={taylor_order}: an ODE has at "
                "least 2 coefficients, from order 0 on, and the Taylor expansion at least the ODE's order"
            )
        if not coefficient_range >= 0:
            raise ConfigurationError(f"model.coefficient_range={coefficient_range}: give a number of at least 0")
        self.frames = FieldFrames(spec, n_seen)
        self.coefficient_range = float(coefficient_range)
        self.n_steps, self.order, self.taylor_order = spec.n_outputs + 1, order, taylor_order
        base = torch.tensor(base_coefficients, dtype=spec.dtype)
        self.register_buffer("base", nn.functional.pad(base, (0, taylor_order - order)))
        self.coefficients = nn.Parameter(torch.zeros(self.n_steps, order + 1)) if shared_coefficients else None
        per_step = 1 if shared_coefficients else order + 2
        self.network = ResNet1d(n_seen, per_step * self.n_steps, width, n_blocks, kernel_size, activation)
        self.step_logarithm = nn.Parameter(torch.tensor(float(spec.n_outputs)).reciprocal().log())

    @property
    def step_size(self) -> Float[Tensor, ""]:
        """The learned step between frames, in units of the predicted stretch."""
        return self.step_logarithm.exp()

    def forward(self, inputs: Float[Tensor, "batch inputs points"]) -> Float[Tensor, "batch outputs points"]:
        """The frames that follow."""
        batch, _, n_points = inputs.shape
        written = self.network(self.frames.features(inputs))
        # one problem per point: (batch · points, quantities, steps)
        written = written.unflatten(1, (-1, self.n_steps)).permute(0, 3, 1, 2).flatten(0, 1)
        learned = written[:, 1:].transpose(1, 2) if self.coefficients is None else self.coefficients[None]
        learned = self.coefficient_range * torch.tanh(learned)
        coefficients = self.base + nn.functional.pad(learned, (0, self.taylor_order - self.order))
        start, step = written.new_zeros(1, 1, 1, 1), self.step_size.reshape(1, 1, 1)
        solution = solve_linear_ode(coefficients[:, None, :, None], written[:, :1], start, step)
        flows = solution.states[:, 1:, 0, 0].reshape(batch, n_points, -1).transpose(1, 2)
        return self.frames.outputs(inputs, flows)
