"""How strongly two bodies attract each other, by networks that are the same for all pairs.

Either a law: the strength at a step is a function of the distance at this step; or, as in Pervez, Locatello, Gavves,
Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024), a network reads the distances at all input
steps and writes the strength for every step of the window. Both give ℓ⁻³ (d/ℓ)^−p times the exponential of what the
network writes, with the learned exponent p and the typical length ℓ of the data; gravity is p = 3 without a network.
What both are before training follows from the statistics of the moving bodies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.networks.activations import activation_module, zeroed
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron

_STRIDE = 3
_LEAST_SPREAD = 0.1
"""Of squared logarithms of distances, for an exponent to be seen in it."""
_DEFAULT_EXPONENT = 2.0


class DistanceLaw(nn.Module):
    """Strength as a function of distance.

    Args:
        length: ℓ.
        exponent: p before training.
        hidden: layers of the network; empty for a pure power law.
        activation: of the network.
    """

    def __init__(self, length: float, exponent: float | int, hidden: Sequence[int], activation: str) -> None:
        super().__init__()
        self.length = length
        self.exponent = nn.Parameter(torch.tensor(float(exponent), dtype=torch.float64))
        self.network = MultilayerPerceptron((1,), 1, hidden, activation) if hidden else None
        if self.network is not None:
            zeroed(self.network.layers[-1])

    def forward(self, distances: Float[Tensor, "batch steps pairs"]) -> Float[Tensor, "batch steps pairs"]:
        """Evaluate in float64; a power law before training."""
        logarithm = (distances / self.length).log()
        strength = -self.exponent * logarithm
        if self.network is not None:
            strength = strength + self.network(logarithm.float()[..., None].flatten(0, -2)).reshape(distances.shape)
        return strength.exp() / self.length**3


class WindowStrength(nn.Module):
    """Strength as a function of the distances at all input steps.

    Args:
        length: ℓ.
        exponent: p before training.
        n_inputs: input steps.
        n_outputs: steps that strengths are written for.
        network: `perceptron` or `convolution` (along time, with strides of 3 steps).
        hidden: layers; for a convolution, its channels.
        activation: of the network.

    Raises:
        ConfigurationError: no hidden layer, or more convolutions than the window can be shortened by.
    """

    def __init__(
        self,
        length: float,
        exponent: float | int,
        n_inputs: int,
        n_outputs: int,
        network: str,
        hidden: Sequence[int],
        activation: str,
    ) -> None:
        super().__init__()
        self.length = length
        self.exponent = nn.Parameter(torch.tensor(float(exponent), dtype=torch.float64))
        if not hidden:
            raise ConfigurationError("model.hidden=[]: a network that reads a window needs a hidden layer")
        self.network: nn.Module
        if network == "perceptron":
            self.network = MultilayerPerceptron((2 * n_inputs,), n_outputs, hidden, activation)
            zeroed(self.network.layers[-1])
            return
        layers: list[nn.Module] = [nn.Unflatten(1, (2, n_inputs))]
        n_channels, size = 2, n_inputs
        for n_next in hidden:
            layers += [
                nn.Conv1d(n_channels, n_next, 2 * _STRIDE - 1, _STRIDE, _STRIDE - 1),
                activation_module(activation),
            ]
            n_channels, size = n_next, (size - 1) // _STRIDE + 1
        self.network = nn.Sequential(*layers, nn.Flatten(), zeroed(nn.Linear(n_channels * size, n_outputs)))

    def forward(self, distances: Float[Tensor, "batch inputs pairs"]) -> Float[Tensor, "batch outputs pairs"]:
        """Evaluate in float64; before training, that of the last distance at all steps."""
        logarithm = (distances / self.length).log()
        last = logarithm[:, -1:]
        features = torch.cat([logarithm - last, last.expand_as(logarithm)], dim=1).transpose(1, 2)
        written = self.network(features.float().flatten(0, 1)).unflatten(0, features.shape[:2])
        return (written.transpose(1, 2) - self.exponent * last).exp() / self.length**3


@dataclass(frozen=True)
class OrdersOfMagnitude:
    """Of magnitude: typical distance of two bodies, mass that moves them as quickly as observed, and exponent."""

    length: float
    mass: float
    exponent: float


def orders_of_magnitude(spec: WindowsSpec, central_body: int | None, exponent: float | int | None) -> OrdersOfMagnitude:
    """From what the data say about distances d and speeds v: on a circle, v² = m d² ℓ⁻³ (d/ℓ)^−p.

    Around a central body the exponent follows from how orbits of different sizes differ, as in Kepler's third law.

    Args:
        spec: of the data; states (bodies, axes).
        central_body: the body that positions are relative to; None where there is none.
        exponent: p; None to find it.
    """
    mean, deviation = (np.broadcast_to(values, spec.state_shape) for values in (spec.mean, spec.deviation))
    increment = np.broadcast_to(spec.increment_deviation, spec.state_shape)
    first, second = np.triu_indices(spec.state_shape[0], 1)
    if central_body is not None:
        around = (first == central_body) | (second == central_body)
        first, second = first[around], second[around]
        at_rest = np.arange(spec.state_shape[0])[:, None] == central_body
        deviation, increment = np.where(at_rest, 0.0, deviation), np.where(at_rest, 0.0, increment)
    # as if the two moved independently
    squares = (mean[first] - mean[second]) ** 2 + deviation[first] ** 2 + deviation[second] ** 2
    distances = np.sqrt(squares.sum(axis=-1))
    speeds = np.sqrt((increment[first] ** 2 + increment[second] ** 2).sum(axis=-1)) / spec.time_step
    length = float(np.exp(np.log(distances).mean()))
    logarithm, rate = np.log(distances / length), 2 * np.log(speeds / distances)
    if exponent is None:
        spread = float((logarithm**2).sum())
        exponent = -float((logarithm * rate).sum()) / spread if spread > _LEAST_SPREAD else _DEFAULT_EXPONENT
    mass = length**3 * np.exp(np.median(rate + exponent * logarithm))
    return OrdersOfMagnitude(length, float(mass), float(exponent))
