"""Features that need no pair of encoders: the states themselves, one encoder for both times, a classifier's opinion."""

from itertools import chain, combinations_with_replacement

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.stored.description import described
from sciml_bench.koopman.oracle import Oracle


@described
class FlattenedStates(nn.Module):
    """The components of the states."""

    def encode(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """Flatten."""
        return states.flatten(1)

    encode_lagged = encode


@described
class Monomials(nn.Module):
    """All products of components up to a degree, the constant included, in double precision.

    Args:
        dim: number of components.
        degree: of the products.
    """

    def __init__(self, dim: int, degree: int) -> None:
        super().__init__()
        orders = (combinations_with_replacement(range(dim), order) for order in range(degree + 1))
        self.products = list(chain(*orders))

    def encode(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """The products."""
        columns = states.flatten(1).double()
        return torch.stack([columns[:, list(product)].prod(dim=1) for product in self.products], dim=1)

    encode_lagged = encode


@described
class SharedEncoder(nn.Module):
    """One encoder for both times, for reversible systems.

    Args:
        encoder: from states to features.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def encode(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """The encoder's features."""
        return self.encoder(states)

    encode_lagged = encode


@described
class ClassProbabilities(nn.Module):
    """The probability of each class.

    Args:
        classifier: of images.
    """

    def __init__(self, classifier: Oracle) -> None:
        super().__init__()
        self.classifier = classifier

    @torch.no_grad()
    def encode(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """As the classifier sees them."""
        return torch.softmax(self.classifier(states), dim=1)

    encode_lagged = encode
