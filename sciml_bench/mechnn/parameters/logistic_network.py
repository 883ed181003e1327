"""Networks that read the parameters of a growing population from its noisy observations, with the equation inside.

Convolutional networks give a smoothed state ũ(t), a growth rate r, a capacity K and, if asked, a step size for every
trajectory; the block solves u′ = r ũ (1 − ũ/K) from ũ(0) on, so that only parameters which explain the whole trajectory
reproduce it (Pervez, Locatello, Gavves, Mechanistic Neural Networks, ICML 2024).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.linear_ode.integral import integral
from sciml_bench.networks.activations import zeroed

STEPS = ("observed", "learned")
_POOLED = 8


@dataclass(frozen=True, eq=False)
class LogisticEstimate:
    """What the networks say about a batch of trajectories.

    Args:
        states: u, the solution of the block.
        smoothed: ũ.
        growth_rates: r, in 1/time.
        capacities: K.
        step_sizes: h, in time; observed (a batch of one) or learned.
    """

    states: Float[Tensor, "batch time"]
    smoothed: Float[Tensor, "batch time"]
    growth_rates: Float[Tensor, " batch"]
    capacities: Float[Tensor, " batch"]
    step_sizes: Float[Tensor, " steps"]


@described
class LogisticNetwork(nn.Module):
    """(batch, time) observed populations to a `LogisticEstimate`.

    The smoothed state is the observed one plus a correction, and the parameters are multiples of their expected size;
    both start at exactly that, so that the first solution is already a growth curve.

    Args:
        spec: of the data, which have one component and one regular clock.
        channels: of the convolutions that read the parameters; those of the correction have half as many.
        kernel_size: of all convolutions; odd.
        hidden: units of the layer that reads the parameters from the convolutions.
        steps: `observed` takes the step size from the data, `learned` reads one per trajectory. Only the product of
            growth rate and step size is determined by a trajectory without its clock.
        taylor_order: highest derivative in Taylor's formula; the equation's order is 1.
        expected_growth_rate: r before training, in 1/time.
        expected_capacity: K before training.

    Raises:
        ConfigurationError: a value is out of range, or data of several components.
    """

    def __init__(
        self,
        spec: RecordSpec,
        *,
        channels: int = 32,
        kernel_size: int = 7,
        hidden: int = 128,
        steps: ConfiguredWord = "observed",
        taylor_order: int = 4,
        expected_growth_rate: float | int = 3.0,
        expected_capacity: float | int = 3.0,
    ) -> None:
        super().__init__()
        if spec.dim != 1:
            raise ConfigurationError(f"model=logistic_network reads one population, but the data have {spec.dim}")
        require_choice("model.steps", steps, STEPS)
        if channels < 2 or hidden < 1 or kernel_size < 1 or kernel_size % 2 == 0:
            raise ConfigurationError(
                f"model.channels={channels}, model.hidden={hidden}, model.kernel_size={kernel_size}: give at least 2, "
                "at least 1, and an odd number"
            )
        require_integer("model.taylor_order", taylor_order, 1, "give at least 1, the order of the equation")
        if not (expected_growth_rate > 0 and expected_capacity > 0):
            raise ConfigurationError("model.expected_growth_rate and model.expected_capacity must be positive")
        self.taylor_order, self.learns_steps, self.time_step = taylor_order, steps == "learned", spec.time_step
        self.mean: Tensor
        self.deviation: Tensor
        self.expected: Tensor
        self.register_buffer("mean", torch.tensor(float(spec.mean[0])))
        self.register_buffer("deviation", torch.tensor(float(spec.deviation[0])))
        expected = [float(expected_growth_rate), float(expected_capacity)]
        self.register_buffer("expected", torch.tensor(expected))
        self.correction = nn.Sequential(
            *_convolutions(channels // 2, 2, kernel_size, stride=1),
            zeroed(nn.Conv1d(channels // 2, 1, kernel_size, padding=kernel_size // 2)),
        )
        self.parameters_of = nn.Sequential(
            *_convolutions(channels, 3, kernel_size, stride=2),
            nn.AdaptiveAvgPool1d(_POOLED),
            nn.Flatten(),
            nn.Linear(channels * _POOLED, hidden),
            nn.GELU(),
            zeroed(nn.Linear(hidden, 3 if self.learns_steps else 2)),
        )

    def forward(self, observed: Float[Tensor, "batch time"]) -> LogisticEstimate:
        """Read the parameters and solve the equation."""
        standardized = ((observed - self.mean) / self.deviation)[:, None]
        smoothed = observed + self.deviation * self.correction(standardized)[:, 0]
        read = self.parameters_of(standardized)
        growth_rates, capacities = (self.expected * read[:, :2].exp()).unbind(1)
        if self.learns_steps:
            step_sizes = 2 * self.time_step * torch.sigmoid(read[:, 2])
        else:
            step_sizes = observed.new_full((1,), self.time_step)
        right_side = growth_rates[:, None] * smoothed * (1 - smoothed / capacities[:, None])
        states = integral(right_side[..., None], smoothed[:, :1], step_sizes[:, None], self.taylor_order)[..., 0]
        return LogisticEstimate(states, smoothed, growth_rates, capacities, step_sizes)


def _convolutions(channels: int, count: int, kernel_size: int, stride: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for number in range(count):
        n_inputs = channels if number else 1
        layers += [nn.Conv1d(n_inputs, channels, kernel_size, stride, padding=kernel_size // 2), nn.GELU()]
    return layers
