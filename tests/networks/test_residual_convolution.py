import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.residual_convolution import ResNet1d


def network(**options):
    torch.manual_seed(0)
    made = ResNet1d(2, 3, **{"width": 6, "n_blocks": 2, "kernel_size": 5, **options})
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made.double()


def test_shifting_the_field_shifts_the_output():
    made, fields = network(), torch.randn(4, 2, 16, dtype=torch.float64)
    assert made(fields).shape == (4, 3, 16)
    torch.testing.assert_close(made(fields.roll(5, dims=2)), made(fields).roll(5, dims=2))
    assert made(fields).std(dim=2).min() > 1e-3


def test_an_output_sees_as_far_as_its_convolutions_reach_and_around_the_circle():
    made = network()
    fields = torch.randn(1, 2, 40, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(made(fields)[0, :, 0].sum(), fields)
    reach = 2 * (1 + 2 * 2)  # half a kernel for the lift and for two convolutions in each of two blocks
    seen = gradient.abs().sum(dim=(0, 1)) > 0
    assert seen[: reach + 1].all()
    assert seen[-reach:].all()
    assert not seen[reach + 1 : -reach].any()


def test_a_new_network_writes_zero():
    fields = torch.randn(2, 2, 16)
    assert torch.equal(ResNet1d(2, 3, width=6)(fields), torch.zeros(2, 3, 16))


@pytest.mark.parametrize("options", [{"width": 0}, {"n_blocks": 0}, {"kernel_size": 4}, {"activation": "step"}])
def test_impossible_sizes_are_named(options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        ResNet1d(2, 3, **options)
