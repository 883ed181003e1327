"""Random small affine distortions of images, drawn anew for every image: how handwriting differs between writers."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from sciml_bench.core.errors import ConfigurationError


class RandomAffine(nn.Module):
    """Rotate, scale, shear and shift each image of a batch at random, in training mode only.

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
        if min(rotation, scaling, shear, translation) < 0:
            raise ConfigurationError("the magnitudes of training.augmentation must not be negative")
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
        grid = functional.affine_grid(torch.cat((matrix, shift), dim=2), list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, align_corners=False)
