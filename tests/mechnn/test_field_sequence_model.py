import numpy as np
import pytest
import torch
from sequence_cases import N_POINTS, points, waves

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import WindowsSpec
from sciml_bench.mechnn.sequence_models.field_sequence_model import FieldSequenceModel
from sciml_bench.sequences.field_frames import FieldFrames, FieldSequenceResNet
from sciml_bench.training import composed

SMALL = {"width": 6, "n_blocks": 1, "kernel_size": 3}
MAKERS = {
    "block": lambda spec: FieldSequenceModel(spec, **SMALL),
    "shared": lambda spec: FieldSequenceModel(spec, **SMALL, shared_coefficients=True),
    "resnet": lambda spec: FieldSequenceResNet(spec, **SMALL, n_seen=2),
}


@pytest.fixture(scope="module")
def data():
    return waves(dtype="float64")


def random_model(name, spec, deviation=0.3):
    torch.manual_seed(0)
    model = MAKERS[name](spec).double()
    for parameter in model.network.parameters():
        torch.nn.init.normal_(parameter, std=deviation)
    return model


@pytest.mark.parametrize("name", MAKERS)
def test_before_training_the_last_frame_persists(name, data):
    inputs = data.starts("test")
    outputs = MAKERS[name](data.spec).double()(inputs)
    assert outputs.shape == (6, 4, N_POINTS)
    torch.testing.assert_close(outputs, inputs[:, -1:].expand_as(outputs))


@pytest.mark.parametrize("name", MAKERS)
def test_whatever_is_learned_mass_is_conserved_and_shifts_carry_over(name, data):
    model, inputs = random_model(name, data.spec), data.starts("test") + 0.3
    outputs = model(inputs)
    assert (outputs - inputs[:, -1:]).abs().max() > 0.05
    torch.testing.assert_close(outputs.sum(dim=2), inputs[:, -1:].sum(dim=2).expand(-1, 4))
    torch.testing.assert_close(model(inputs.roll(3, dims=2)), outputs.roll(3, dims=2))


class Written(torch.nn.Module):
    """In place of a network: the same quantities at every step, whatever it sees."""

    def __init__(self, n_channels, values):
        super().__init__()
        self.values = values.expand(1, n_channels, -1)

    def forward(self, features):
        return self.values


def flows_of(model, right_side, data):
    """What the block makes of a right side that does not change in time, (outputs, points)."""
    model.network = Written((model.order + 2) * model.n_steps, right_side)
    model.frames.outputs = lambda inputs, flows: flows
    with torch.no_grad():
        return model(data.starts("test")[:1])[0]


def test_the_flow_obeys_the_ode_that_the_network_writes(data):
    """w' = r with a right side that does not change in time: flows grow in proportion to the time."""
    model = FieldSequenceModel(data.spec, **SMALL, base_coefficients=(0.0, 1.0), coefficient_range=0.0).double()
    written = torch.linspace(-1, 1, N_POINTS, dtype=torch.float64)
    flows = flows_of(model, written, data)
    passed = torch.arange(1, 5, dtype=torch.float64)[:, None] / 4
    torch.testing.assert_close(flows, passed * written, atol=1e-8, rtol=0)


def test_the_flow_relaxes_towards_the_value_that_the_network_writes(data):
    """w + 0.2 w' = r: w = r (1 − exp(−t / 0.2)), up to what Taylor's formula of order 4 leaves out."""
    model = FieldSequenceModel(data.spec, **SMALL, base_coefficients=(1.0, 0.2), coefficient_range=0.0).double()
    flows = flows_of(model, torch.full((N_POINTS,), 0.7, dtype=torch.float64), data)[:, 0].numpy()
    times = np.arange(1, 5) / 4
    np.testing.assert_allclose(flows, 0.7 * (1 - np.exp(-times / 0.2)), atol=0.02)


@pytest.mark.parametrize("name", ["block", "shared"])
def test_the_gradient_reaches_every_parameter_and_is_that_of_finite_differences(name, data):
    model, inputs = random_model(name, data.spec), data.starts("test")[:2]
    target = torch.randn(2, 4, N_POINTS, dtype=torch.float64)

    def loss():
        return (model(inputs) - target).square().mean()

    loss().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in model.parameters())
    for parameter in (model.step_logarithm, model.network.head[1].bias):
        entry = parameter.data.view(-1)[:1]
        expected = []
        for sign in (1, -1):
            entry += sign * 1e-5
            expected.append(float(loss().detach()))
            entry -= sign * 1e-5
        found = float(parameter.grad.view(-1)[0])
        assert found == pytest.approx((expected[0] - expected[1]) / 2e-5, rel=1e-4, abs=1e-9)


def test_short_waves_are_taken_out_of_what_is_written(data):
    frames = FieldFrames(data.spec)
    points = np.arange(N_POINTS)
    inputs = torch.zeros(1, 3, N_POINTS, dtype=torch.float64)
    for n_waves, passes in ((1, True), (2, True), (8, False)):
        flows = torch.from_numpy(np.cos(2 * np.pi * n_waves * points / N_POINTS)).expand(1, 4, -1)
        changed = frames.outputs(inputs, flows)
        expected = frames.scale * frames.change * (flows.roll(-1, dims=2) - flows)
        torch.testing.assert_close(changed, expected if passes else torch.zeros_like(changed), rtol=1e-3, atol=1e-6)


def kdv_spec():
    one = np.ones(1)
    grid = 0.5 * np.arange(256)
    windows = {"n_inputs": 10, "n_outputs": 10, "increment_deviation": one, "dtype": torch.float32}
    return WindowsSpec((256,), 0.2, "time", ("u",), 0 * one, one, (140,), grid=grid, **windows)


def test_the_baseline_has_as_many_parameters_as_the_model_with_the_block(tmp_path):
    from sciml_bench.core.instantiate import instantiate

    sizes = []
    for name in ("block_resnet", "resnet"):
        config = composed("mechnn", ["experiment=kdv", f"model={name}"], tmp_path)
        make = instantiate({**config.model, "_partial_": True}, role="model")
        model = make(kdv_spec())
        sizes.append(sum(parameter.numel() for parameter in model.parameters()))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_coefficients": (1.0,)}, "model.base_coefficients"),
        ({"taylor_order": 1}, "model.taylor_order=1"),
        ({"n_seen": 4}, "model.n_seen=4"),
        ({"coefficient_range": -1.0}, "model.coefficient_range=-1.0"),
    ],
)
def test_values_out_of_range_are_named(options, message, data):
    with pytest.raises(ConfigurationError, match=message):
        FieldSequenceModel(data.spec, **SMALL, **options)


def test_states_that_are_no_fields_are_refused():
    with pytest.raises(ConfigurationError, match="needs fields on a line"):
        FieldSequenceModel(points().spec)
