"""Errors of fields, per sample."""

import torch
from jaxtyping import Float
from torch import Tensor


def relative_l2(
    predicted: Float[Tensor, "batch *grid"], truth: Float[Tensor, "batch *grid"]
) -> Float[Tensor, " batch"]:
    """‖û − u‖ / ‖u‖ over all points of a field, time included; the points are equally spaced.

    Args:
        predicted: û.
        truth: u; a field of zeros is compared with the smallest number that is not zero.
    """
    difference = (predicted - truth).flatten(1)
    size = torch.linalg.vector_norm(truth.flatten(1), dim=1)
    return torch.linalg.vector_norm(difference, dim=1) / size.clamp_min(torch.finfo(truth.dtype).tiny)
