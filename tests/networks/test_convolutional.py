import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import ConvolutionalDecoder, ConvolutionalEncoder


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 8, 13), (1, 4, 4), (2, 9, 5)])
def test_images_of_any_size_are_encoded_and_drawn_again(shape: tuple[int, int, int]) -> None:
    images = torch.zeros(6, *shape)
    codes = ConvolutionalEncoder(shape, 5)(images)
    assert codes.shape == (6, 5)
    assert ConvolutionalDecoder(5, shape)(codes).shape == images.shape


def test_weights_start_orthogonal_and_offsets_at_zero() -> None:
    encoder = ConvolutionalEncoder((1, 8, 8), 4, channels=(4, 8))
    last = encoder.layers[-1]
    torch.testing.assert_close(last.weight @ last.weight.T, torch.eye(4), atol=1e-5, rtol=0)
    first = encoder.layers[0].weight.flatten(1)
    torch.testing.assert_close(first @ first.T, torch.eye(4), atol=1e-5, rtol=0)
    assert not last.bias.any()


def test_the_code_depends_on_every_part_of_the_image() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 1, 12, 12, requires_grad=True)
    ConvolutionalEncoder((1, 12, 12), 3, activation="silu")(image).square().sum().backward()
    assert image.grad is not None
    assert (image.grad.abs().amax(dim=(0, 1)) > 0).float().mean() > 0.9


def test_dropout_acts_in_training_alone() -> None:
    torch.manual_seed(0)
    encoder = ConvolutionalEncoder((1, 8, 8), 3, dropout=0.5)
    images = torch.rand(4, 1, 8, 8)
    assert not torch.equal(encoder(images), encoder(images))
    encoder.eval()
    assert torch.equal(encoder(images), encoder(images))


def test_batch_norm_is_there_when_asked_for() -> None:
    names = [type(layer).__name__ for layer in ConvolutionalEncoder((1, 8, 8), 3, batch_norm=True).layers]
    assert names.count("BatchNorm2d") == 2


@pytest.mark.parametrize("shape", [(3,), (28, 28), (1, 3, 28)])
def test_states_that_are_not_images_are_refused_with_the_remedy(shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"choose model=mlp"):
        ConvolutionalEncoder(shape, 3)
    with pytest.raises(ConfigurationError, match=r"choose model=mlp"):
        ConvolutionalDecoder(3, shape)


def test_an_image_too_small_for_the_network_is_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="pixels"):
        ConvolutionalEncoder((1, 4, 4), 3, channels=(4, 8, 16))
