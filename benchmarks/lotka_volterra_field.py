"""A network that moves like Lotka and Volterra's predators and prey, and 100 points of its motion.

It has to be trained: the field of an untrained network is so smooth that an adaptive solver crosses it in a few steps.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sciml_bench.node import Blackbox
from sciml_bench.systems import LotkaVolterra

TIME_STEP = 0.1
N_TIMES = 100
N_POINTS_PER_TIME = 5
RELATIVE_DEVIATION = 0.2


@cache
def observed_motion(n_times: int = N_TIMES) -> tuple[np.ndarray, Tensor]:
    """Times (time,) and states (time, dim) of the system itself, which are the data of every loss here."""
    system, times = LotkaVolterra(), TIME_STEP * np.arange(n_times)
    return times, torch.from_numpy(system.reference(system.default_initial_state, times))


@cache
def fitted_field(hidden_layers: int = 2, nodes_per_layer: int = 50, iterations: int = 500) -> Blackbox:
    """A network of GELU units in float64, fitted to the system's derivatives around its orbit by least squares."""
    orbit = observed_motion()[1].numpy()
    spread = np.random.default_rng(0).standard_normal((N_POINTS_PER_TIME, *orbit.shape))
    states = torch.from_numpy(orbit * np.exp(RELATIVE_DEVIATION * spread)).reshape(-1, 2)
    derivatives = LotkaVolterra().vector_field(0.0, states)
    torch.manual_seed(0)
    field = Blackbox(2, hidden_layers, nodes_per_layer)
    optimizer = torch.optim.LBFGS(
        field.parameters(), max_iter=iterations, history_size=30, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def loss_with_gradient() -> Tensor:
        optimizer.zero_grad()
        loss = functional.mse_loss(field(0.0, states), derivatives)
        loss.backward()
        return loss

    optimizer.step(loss_with_gradient)
    return field


def plain_network(field: Blackbox) -> nn.Sequential:
    """The same network as a person would write it."""
    weights, biases = field.network.affine_layers()
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases, strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[2], dtype=weight.dtype)
        with torch.no_grad():
            linear.weight.copy_(weight[0].T)
            linear.bias.copy_(bias[0])
        layers += [linear, nn.GELU()]
    return nn.Sequential(*layers[:-1])


def weights_then_biases(network: nn.Sequential) -> list[Tensor]:
    """The parameters of a plain network in the order in which a field has them."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [*(layer.weight for layer in linear), *(layer.bias for layer in linear)]


def gradient(loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> np.ndarray:
    """The gradient of a loss as one vector, the same for a field and for the plain network that equals it."""
    pieces = torch.autograd.grad(loss(), parameters)
    return np.concatenate([(piece.T if piece.ndim == 2 else piece).numpy().ravel() for piece in pieces])
