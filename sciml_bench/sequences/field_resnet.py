"""The baseline of `FieldSequenceModel` without the block: the same network writes the flows directly."""

from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.networks.residual_convolution import ResNet1d
from sciml_bench.sequences.field_frames import FieldFrames


@described
class FieldSequenceResNet(nn.Module):
    """Past frames to future frames by a residual network; before training, the last frame persists.

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
