"""Small networks for images of any size: an encoder, its mirror image that draws them, and random distortions.

The layout is that of Jeong et al. (NeurIPS 2025) for ordered MNIST: two 5×5 convolutions with pooling and one linear
layer, orthogonally initialised.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredNumber, is_integer, is_number, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.networks.activations import activation_module


class ConvolutionalEncoder(nn.Module):
    """Images to vectors.

    Args:
        input_shape: (channels, height, width); every convolution halves height and width.
        n_outputs: size of the output vector.
        channels: channels of the convolutions.
        activation: name of the activation function.
        batch_norm: whether each convolution is batch-normalised.
        dropout: probability with which a feature of the last layer's input is dropped in training.

    Raises:
        ConfigurationError: the states are not images, or are too small.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        n_outputs: int,
        channels: Sequence[int] = (16, 32),
        activation: str = "relu",
        batch_norm: bool = False,
        dropout: ConfiguredNumber = 0.0,
    ) -> None:
        super().__init__()
        if not channels or not all(is_integer(each, 1) for each in channels):
            raise ConfigurationError(
                f"model.encoder.channels={list(channels)}: name the channels, at least 1, of at least one convolution"
            )
        if not (is_number(dropout) and 0 <= dropout < 1):
            raise ConfigurationError(f"model.encoder.dropout={dropout}: give a probability, from 0 to below 1")
        shrink = 2 ** len(channels)
        n_channels, height, width = _image_shape(input_shape, least=shrink)
        layers: list[nn.Module] = []
        for n_in, n_out in zip((n_channels, *channels[:-1]), channels, strict=True):
            layers.append(nn.Conv2d(n_in, n_out, kernel_size=5, padding=2))
            if batch_norm:
                layers.append(nn.BatchNorm2d(n_out))
            layers += [activation_module(activation), nn.MaxPool2d(2)]
        layers.append(nn.Flatten())
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(channels[-1] * (height // shrink) * (width // shrink), n_outputs))
        self.layers = nn.Sequential(*layers)
        for module in self.layers:
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.orthogonal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, states: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        """Evaluate on a batch of images."""
        return self.layers(states)


@described
class ConvolutionalDecoder(nn.Module):
    """Vectors to images, the mirror image of the encoder.

    Args:
        n_inputs: size of the vector.
        output_shape: (channels, height, width).
        channels: channels before each of the two enlargements.
        activation: name of the activation function.

    Raises:
        ConfigurationError: the states are not images.
    """

    def __init__(
        self, n_inputs: int, output_shape: Sequence[int], channels: Sequence[int] = (32, 16), activation: str = "relu"
    ) -> None:
        super().__init__()
        n_channels, height, width = _image_shape(output_shape, least=4)
        small = (height // 4, width // 4)
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, channels[0] * small[0] * small[1]),
            activation_module(activation),
            nn.Unflatten(1, (channels[0], *small)),
            nn.Upsample(size=(height // 2, width // 2)),
            nn.Conv2d(channels[0], channels[1], kernel_size=5, padding=2),
            activation_module(activation),
            nn.Upsample(size=(height, width)),
            nn.Conv2d(channels[1], n_channels, kernel_size=5, padding=2),
        )

    def forward(self, codes: Float[Tensor, "batch codes"]) -> Float[Tensor, "batch channels height width"]:
        """Draw a batch of images."""
        return self.layers(codes)


class RandomAffine(nn.Module):
    """Rotate, scale, shear and shift each image of a batch at random, in training mode only.

    The distortions are drawn anew for every image: how handwriting differs between writers.

    Args:
        rotation: largest angle, in degrees.
        scaling: largest relative change of size.
        shear: largest shear, as a fraction of the image.
        translation: largest shift, as a fraction of the image.

    Raises:
        ConfigurationError: a magnitude is negative.
    """

    def __init__(
        self,
        rotation: float | int = 12.0,
        scaling: float | int = 0.12,
        shear: float | int = 0.15,
        translation: float | int = 0.08,
    ) -> None:
        super().__init__()
        for name, value in {
            "rotation": rotation,
            "scaling": scaling,
            "shear": shear,
            "translation": translation,
        }.items():
            require_number(f"training.augmentation.{name}", value, "it must not be negative", positive=False)
        self.rotation = math.radians(rotation)
        self.scaling, self.shear, self.translation = scaling, shear, translation

    def forward(
        self, images: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        """Distort; in evaluation mode, return the images as they are."""
        if not self.training:
            return images

        def draw(magnitude: float | int, *size: int) -> Tensor:
            return magnitude * (2 * torch.rand(len(images), *size, device=images.device, dtype=images.dtype) - 1)

        angle, shear = draw(self.rotation), draw(self.shear)
        scale = 1 + draw(self.scaling, 2)
        cos, sin = torch.cos(angle), torch.sin(angle)
        matrix = torch.stack((scale[:, 0] * cos, -sin + shear, sin, scale[:, 1] * cos), dim=1).reshape(-1, 2, 2)
        shift = draw(2 * self.translation, 2, 1)
        grid = nn.functional.affine_grid(torch.cat((matrix, shift), dim=2), list(images.shape), align_corners=False)
        return nn.functional.grid_sample(images, grid, align_corners=False)


def _image_shape(shape: Sequence[int], least: int) -> tuple[int, int, int]:
    if len(shape) != 3 or min(shape[1:]) < least:
        raise ConfigurationError(
            f"this convolutional network needs states (channels, height, width) with at least {least}×{least} pixels; "
            f"these states have the shape {tuple(shape)}: choose model=mlp"
        )
    return shape[0], shape[1], shape[2]
