"""How models of one-dimensional fields see past frames and write future ones.

What a model writes is w, how much has flowed through each gap between two points since the last frame; what flows out
of one point flows into the next, so the mass Σ u of a frame is kept whatever a network says. Waves shorter than three
points are taken out of the frames: products of waves alias there, and nothing else would ever damp them in a rollout.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import WindowsSpec

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
        ConfigurationError: the states are no one-dimensional fields, or there are not as many input frames.
    """

    mean: Tensor
    deviation: Tensor
    change: Tensor
    passed: Tensor

    def __init__(self, spec: WindowsSpec, n_seen: int = 1) -> None:
        super().__init__()
        if len(spec.state_shape) != 1 or spec.deviation.size != 1:
            raise ConfigurationError(
                "this model needs fields on a line, with one mean and deviation for all points; these states have the "
                f"shape {spec.state_shape}: choose data=kdv, or another model"
            )
        if not 1 <= n_seen <= spec.n_inputs:
            raise ConfigurationError(
                f"model.n_seen={n_seen}: there are training.view.n_inputs={spec.n_inputs} input frames"
            )
        self.n_seen = n_seen
        for name, value in (
            ("mean", spec.mean.item()),
            ("deviation", spec.deviation.item()),
            ("change", spec.increment_deviation.item()),
        ):
            self.register_buffer(name, torch.tensor(float(value), dtype=spec.dtype))
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
