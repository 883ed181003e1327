"""A residual network of circular convolutions for fields on a circle: what it computes moves along with its input.

He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks (ECCV 2016): each block adds its correction to what
passes through, so that a deep network starts as the identity.
"""

from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.activations import activation_module, zeroed


class ResNet1d(nn.Module):
    """Channels on a circle to channels on the same points, equivariant under shifts by whole points.

    Args:
        n_inputs: channels of the input.
        n_outputs: channels of the output.
        width: channels in between.
        n_blocks: residual blocks of two convolutions each.
        kernel_size: points that a convolution sees; odd.
        activation: name of the activation function.

    Raises:
        ConfigurationError: a size is out of range or the activation is unknown.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        width: int = 64,
        n_blocks: int = 4,
        kernel_size: int = 9,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        if min(n_inputs, n_outputs, width, n_blocks) < 1:
            raise ConfigurationError(
                f"model.width={width}, model.n_blocks={n_blocks}: a residual network needs at least 1 of each"
            )
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ConfigurationError(f"model.kernel_size={kernel_size}: give an odd number, so that it has a middle")

        def convolution(n_in: int, n_out: int) -> nn.Conv1d:
            return nn.Conv1d(n_in, n_out, kernel_size, padding=kernel_size // 2, padding_mode="circular")

        self.lift = convolution(n_inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                activation_module(activation),
                convolution(width, width),
                activation_module(activation),
                convolution(width, width),
            )
            for _ in range(n_blocks)
        )
        self.head = nn.Sequential(activation_module(activation), nn.Conv1d(width, n_outputs, kernel_size=1))
        for last in (*(list(block.children())[-1] for block in self.blocks), self.head[1]):
            zeroed(last)

    def forward(self, fields: Float[Tensor, "batch inputs points"]) -> Float[Tensor, "batch outputs points"]:
        """Evaluate; zero before the first training step, since blocks and head start at zero."""
        hidden = self.lift(fields)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.head(hidden)
