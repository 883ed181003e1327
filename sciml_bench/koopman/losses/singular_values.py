"""Singular values as learned parameters of a low-rank approximation (Jeong et al., arXiv 2507.07222)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "softplus": nn.functional.softplus,
    "identity": lambda parameters: parameters,
}


class LearnedSingularValues(nn.Module):
    """Singular values that start as an activation of sorted standard normal numbers, the largest first.

    They mean something only where the features are normalised: otherwise a factor can wander between the two.

    Args:
        n_modes: how many.
        activation: `sigmoid` (values in (0, 1), as those of a Markov operator are), `exp`, `softplus` or `identity`
            (which starts from the moduli of the normal numbers; a negative value stands for a flipped mode).
        constant_first: the first is 1 and not learned.

    Raises:
        ConfigurationError: an unknown activation.
    """

    def __init__(self, n_modes: int, activation: str = "sigmoid", constant_first: bool = False) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ConfigurationError(
                f"learn_singular_values={activation!r} is not known; choose one of {', '.join(ACTIVATIONS)}, or null"
            )
        start = torch.randn(n_modes - int(constant_first))
        start = start.abs() if activation == "identity" else start
        self.activation, self.constant_first = activation, constant_first
        self.parameter = nn.Parameter(start.sort(descending=True).values)

    def forward(self) -> Float[Tensor, " modes"]:
        """The present singular values."""
        learned = ACTIVATIONS[self.activation](self.parameter)
        return torch.cat([learned.new_ones(1), learned]) if self.constant_first else learned
