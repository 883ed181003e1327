"""How models of one-dimensional fields see past frames and write future ones.

What a model writes is w, how much has flowed through each gap between two points since the last frame; what flows out
of one point flows into the next, so the mass Σ u of a frame is kept whatever a network says. Waves shorter than three
points are taken out of the frames: products of waves alias there, and nothing else would ever damp them in a rollout.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.networks.residual_convolution import ResNet1d

_POINTS_PER_FEATURE = 5.0
"""A flow of 1 changes the field by the changes that are usual, if it varies over so many points."""
_CUT, _SHARPNESS = 0.75, 36
"""Of the highest wave number; exp(−36 (k/cut)^36) passes waves of half of it to 99.999 % and of two thirds to 60 %."""


class FieldFrames(nn.Module):
    """The change of units, and the conservation law.

    Args:
        spec: of the data; states of the shape (points,) with one mean and one deviation.
        n_seen: input frames, the last ones, that a network sees. Where an equation is of first order in time, the last
            one says everything, and the others lead a network to amplify its own errors in a rollout.

    Raises:
        NotApplicableError: the states are no one-dimensional fields.
        ConfigurationError: there are not as many input frames.
    """

    mean: Tensor
    deviation: Tensor
    change: Tensor
    passed: Tensor

    def __init__(self, spec: WindowsSpec, n_seen: int = 1) -> None:
        super().__init__()
        if len(spec.state_shape) != 1 or spec.deviation.size != 1:
            raise NotApplicableError(
                "this model needs fields on a line, with one mean and deviation for all points; these states have the "
                f"shape {spec.state_shape}: choose data=kdv, or another model"
            )
        if not 1 <= n_seen <= spec.n_inputs:
            raise ConfigurationError(
                f"model.n_seen={n_seen}: there are training.view.n_inputs={spec.n_inputs} input frames"
            )
        self.n_seen = n_seen
        units = {"mean": spec.mean - spec.zero, "deviation": spec.deviation, "change": spec.increment_deviation}
        for name, value in units.items():
            self.register_buffer(name, torch.tensor(float(value.item()), dtype=spec.dtype))
        (n_points,) = spec.state_shape
        self.n_points, self.scale = n_points, spec.n_outputs * _POINTS_PER_FEATURE
        numbers = torch.arange(n_points // 2 + 1, dtype=spec.dtype) / (n_points // 2)
        self.register_buffer("passed", torch.exp(-36 * (numbers / _CUT) ** _SHARPNESS))

    def features(self, inputs: Float[Tensor, "batch inputs points"]) -> Float[Tensor, "batch seen points"]:
        """The last frame, and the latest changes from one frame to the next, all of the order of 1."""
        last = (inputs[:, -1:] - self.mean) / self.deviation
        return torch.cat([last, inputs[:, -self.n_seen :].diff(dim=1) / self.change], dim=1)

    def outputs(
        self, inputs: Float[Tensor, "batch inputs points"], flows: Float[Tensor, "batch outputs points"]
    ) -> Float[Tensor, "batch outputs points"]:
        """Frames from what has flowed since the last input frame."""
        frames = inputs[:, -1:] + self.scale * self.change * (flows.roll(-1, dims=2) - flows)
        return torch.fft.irfft(torch.fft.rfft(frames) * self.passed, self.n_points)


@described
class FieldSequenceResNet(nn.Module):
    """Past frames to future frames by a residual network; before training, the last frame persists.

    The baseline of `FieldSequenceModel` without the block: the same network writes the flows directly.

    Args:
        spec: of the data.
        width: channels of the network.
        n_blocks: residual blocks of the network.
        kernel_size: points that a convolution sees.
        activation: of the network.
        n_seen: input frames that the network sees.

    Raises:
        ConfigurationError: a size is out of range, or the states are no one-dimensional fields.
    """

    def __init__(
        self,
        spec: WindowsSpec,
        *,
        width: int = 48,
        n_blocks: int = 4,
        kernel_size: int = 9,
        activation: str = "gelu",
        n_seen: int = 1,
    ) -> None:
        super().__init__()
        self.frames = FieldFrames(spec, n_seen)
        self.network = ResNet1d(n_seen, spec.n_outputs, width, n_blocks, kernel_size, activation)

    def forward(self, inputs: Float[Tensor, "batch inputs points"]) -> Float[Tensor, "batch outputs points"]:
        """The frames that follow."""
        return self.frames.outputs(inputs, self.network(self.frames.features(inputs)))
