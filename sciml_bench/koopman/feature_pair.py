"""The pair of learned feature maps: f of the state now, g of the lagged state (Jeong et al., NeurIPS 2025)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.processes.sums import mean_over_processes
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import RecordSpec
from sciml_bench.networks.activations import SinusoidalEmbedding
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron, StackedPerceptrons, can_stack

EncoderFactory = Callable[[Sequence[int], int], nn.Module]

LAGGED_ENCODERS = ("separate", "shared", "linear")
NORMALIZATIONS = ("none", "l2", "second_moment")


@described
class FeaturePair(nn.Module):
    """Encoders f and g with `n_modes` features each.

    Args:
        spec: what the data are.
        encoder: factory of a network, called with (shape of its input, number of outputs).
        n_modes: number of features, the constant included.
        lagged: `separate`, g has weights of its own; `shared`, g = f, for reversible systems; `linear`, g is a learned
            matrix behind f.
        sinusoidal: whether a periodic state is embedded by sine and cosine first; needs data with a period.
        center: whether the first feature of both is the constant 1, the known first singular function.
        normalization: `none`; `l2`, each sample's features have unit norm; `second_moment`, each feature is divided by
            a running estimate of its root mean square.

    Raises:
        ConfigurationError: an option is unknown, or does not suit the data.
    """

    def __init__(
        self,
        spec: RecordSpec,
        *,
        encoder: EncoderFactory,
        n_modes: int,
        lagged: ConfiguredWord = "separate",
        sinusoidal: bool = False,
        center: bool = True,
        normalization: ConfiguredWord = "none",
    ) -> None:
        super().__init__()
        require_choice("model.lagged", lagged, LAGGED_ENCODERS)
        require_choice("model.normalization", normalization, NORMALIZATIONS)
        n_learned = n_modes - int(center)
        if n_learned < 1:
            raise ConfigurationError(f"model.n_modes={n_modes} leaves no feature to learn; take at least {1 + center}")
        self.n_modes, self.lagged, self.center, self.normalization = n_modes, lagged, center, normalization
        shape = tuple(spec.state_shape)
        self.embedding: nn.Module = nn.Identity()
        if sinusoidal:
            if spec.period is None:
                raise ConfigurationError("model.sinusoidal=true needs data with a period; these have none")
            if len(shape) != 1:
                raise ConfigurationError(f"model.sinusoidal=true needs vector states; these have the shape {shape}")
            self.embedding = SinusoidalEmbedding(spec.period)
            shape = (2 * shape[0],)
        if getattr(getattr(encoder, "func", encoder), "needs_molecule", False):
            encoder = cast(EncoderFactory, partial(cast(Any, encoder), atomic_numbers=_atomic_numbers(spec)))
        self.encoder: nn.Module | None = encoder(shape, n_learned)
        self.lagged_encoder: nn.Module | None = None
        self.stacked_encoders: StackedPerceptrons | None = None
        if lagged == "separate":
            self.lagged_encoder = encoder(shape, n_learned)
            if can_stack(both := (self.encoder, self.lagged_encoder)):
                self.stacked_encoders = StackedPerceptrons(cast(Sequence[MultilayerPerceptron], both))
                self.encoder = self.lagged_encoder = None
        elif lagged == "linear":
            self.lagged_encoder = nn.Linear(n_learned, n_learned, bias=False)
            nn.init.orthogonal_(self.lagged_encoder.weight)
        make = RunningSecondMoment if normalization == "second_moment" else nn.Identity
        self.normalizer, self.lagged_normalizer = make(n_learned), make(n_learned)

    def forward(
        self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *state"]
    ) -> tuple[Float[Tensor, "batch modes"], Float[Tensor, "batch modes"]]:
        """f of the states now and g of the later states."""
        if self.stacked_encoders is not None:
            both = self._normalized(self.stacked_encoders(self.embedding(torch.stack((now, later)))))
            return self._completed(self.normalizer(both[0])), self._completed_lagged(both[1])
        if self.lagged == "separate":
            return self.encode(now), self.encode_lagged(later)
        both = self._encoded(0, torch.cat((now, later)))
        return self._completed(self.normalizer(both[: len(now)])), self._completed_lagged(both[len(now) :])

    def encode(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """The features f."""
        return self._completed(self.normalizer(self._encoded(0, states)))

    def encode_lagged(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """The features g of the lagged side."""
        return self._completed_lagged(self._encoded(int(self.lagged == "separate"), states))

    def _encoded(self, side: int, states: Tensor) -> Tensor:
        """The learned features of one encoder: 0 is that of f, 1 a separate one of g."""
        embedded = self.embedding(states)
        if self.stacked_encoders is not None:
            return self._normalized(self.stacked_encoders.member(side, embedded))
        return self._normalized(cast(nn.Module, self.lagged_encoder if side else self.encoder)(embedded))

    def _normalized(self, features: Tensor) -> Tensor:
        return nn.functional.normalize(features, dim=-1) if self.normalization == "l2" else features

    def _completed(self, features: Tensor) -> Tensor:
        return nn.functional.pad(features, (1, 0), value=1.0) if self.center else features

    def _completed_lagged(self, features: Tensor) -> Tensor:
        if self.lagged == "linear":
            features = cast(nn.Module, self.lagged_encoder)(features)
        return self._completed(self.lagged_normalizer(features))


def _atomic_numbers(spec: RecordSpec) -> tuple[int, ...] | None:
    """Of a molecule, whose positions have to be in their own unit.

    Raises:
        ConfigurationError: they are scaled.
    """
    if getattr(spec, "standardization", None) is not None:
        raise ConfigurationError(
            "training.view.standardize=true scales the coordinates, between which distances would mean nothing; set "
            "training.view.standardize=false"
        )
    return spec.atomic_numbers


class RunningSecondMoment(nn.Module):
    """Divide each feature by an exponential moving average of its root mean square.

    Args:
        n_features: number of features.
        momentum: weight of the past in the average.
    """

    mean_square: Tensor

    def __init__(self, n_features: int, momentum: float = 0.9) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean_square", torch.ones(n_features))

    def forward(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        """Normalise; in training mode by this batch, which also moves the average."""
        if not self.training:
            return features * torch.rsqrt(self.mean_square)
        mean_square = mean_over_processes(features.square().mean(dim=0), len(features)) + 1e-12
        with torch.no_grad():
            self.mean_square.lerp_(mean_square, 1 - self.momentum)
        return features * torch.rsqrt(mean_square)
