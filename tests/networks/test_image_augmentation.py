import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import RandomAffine


@pytest.fixture
def images() -> torch.Tensor:
    images = torch.zeros(16, 1, 21, 21)
    images[:, :, 8:13, 4:17] = 1
    return images


def test_images_are_distorted_in_training_alone(images: torch.Tensor) -> None:
    augmentation = RandomAffine()
    torch.manual_seed(0)
    assert augmentation(images).shape == images.shape
    assert not torch.equal(augmentation(images), images)
    assert augmentation.eval()(images) is images


def test_every_image_is_distorted_in_its_own_way_and_the_seed_repeats_it(images: torch.Tensor) -> None:
    augmentation = RandomAffine()
    torch.manual_seed(1)
    first = augmentation(images)
    other = augmentation(images)
    torch.manual_seed(1)
    assert torch.equal(augmentation(images), first)
    assert not torch.equal(first, other)
    assert len({tuple(image.flatten().tolist()) for image in first}) == len(images)


def test_without_magnitude_nothing_happens(images: torch.Tensor) -> None:
    torch.testing.assert_close(RandomAffine(0, 0, 0, 0)(images), images, atol=1e-5, rtol=0)


def test_a_shift_moves_the_image_by_at_most_its_magnitude(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    shifted = RandomAffine(0, 0, 0, translation=0.1)(images)
    pixels = torch.arange(21.0)

    def centre(batch: torch.Tensor) -> torch.Tensor:
        mass = batch.sum(dim=(1, 2, 3))
        return torch.stack([(batch.sum(dim=(1, axis)) * pixels).sum(dim=1) / mass for axis in (2, 3)])

    moved = (centre(shifted) - centre(images)).abs()
    assert moved.max() <= 0.1 * 21 + 1e-3
    assert moved.max() > 0.05 * 21


def test_a_rotation_keeps_the_mass_of_a_centred_disc() -> None:
    y, x = torch.meshgrid(torch.linspace(-1, 1, 41), torch.linspace(-1, 1, 41), indexing="ij")
    disc = torch.exp(-8 * (x**2 + y**2)).expand(8, 1, 41, 41)
    torch.manual_seed(0)
    torch.testing.assert_close(RandomAffine(45, 0, 0, 0)(disc), disc, atol=0.01, rtol=0)


def test_a_negative_magnitude_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must not be negative"):
        RandomAffine(rotation=-1)
